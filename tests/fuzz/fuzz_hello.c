/* HELLO and ACK from anyone: decoding never fails hard, and what is taken encodes to the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sch_hello hello;
    if (sch_failed(sch_hello_decode(&hello, data, size))) {
        return 0;
    }
    sch_buf bytes = {0};
    if (sch_failed(sch_hello_encode(&bytes, &hello)) || bytes.bytes != size || memcmp(bytes.data, data, size) != 0) {
        abort();
    }
    sch_buf_clear(&bytes);
    return 0;
}
