/* Arbitrary bytes as a catalog: refused, or the one encoding of what they mean. */
#include <stdlib.h>
#include <string.h>

#include "proto/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    sch_catalog value;
    sch_buf again = {0};
    sch_detail detail = {{0}};
    sch_err err = sch_catalog_decode(&value, data, bytes, &detail);
    if (!sch_failed(err)) {
        err = sch_catalog_encode(&again, &value);
        if (sch_failed(err) || again.bytes != bytes || memcmp(again.data, data, bytes) != 0) {
            abort();
        }
    }
    sch_buf_clear(&again);
    sch_catalog_clear(&value);
    return 0;
}
