/* Arbitrary bytes as an audit record: refused, or the one encoding of what they mean. */
#include <stdlib.h>
#include <string.h>

#include "proto/audit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    sch_audit_record record;
    sch_buf again = {0};
    sch_err err = sch_audit_record_decode(&record, data, bytes);
    if (!sch_failed(err)) {
        err = sch_audit_record_encode(&again, &record);
        if (sch_failed(err) || again.bytes != bytes || memcmp(again.data, data, bytes) != 0) {
            abort();
        }
    }
    sch_buf_clear(&again);
    return 0;
}
