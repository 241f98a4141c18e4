/* Arbitrary bytes as a control: refused, or the one encoding of what they mean. */
#include <stdlib.h>
#include <string.h>

#include "proto/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    sch_control value;
    sch_buf again = {0};
    sch_err err = sch_control_decode(&value, data, bytes);
    if (!sch_failed(err)) {
        err = sch_control_encode(&again, &value);
        if (sch_failed(err) || again.bytes != bytes || memcmp(again.data, data, bytes) != 0) {
            abort();
        }
    }
    sch_buf_clear(&again);
    sch_control_clear(&value);
    return 0;
}
