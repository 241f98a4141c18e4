/* The opened contents of a holder's shares, bytes that a hostile holder chose. */
#include <stddef.h>
#include <stdint.h>

#include "proto/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sch_shares shares = {0};
    sch_err err = sch_shares_decode(&shares, data, size);
    (void)err;
    sch_shares_clear(&shares);
    return 0;
}
