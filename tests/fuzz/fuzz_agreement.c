/* Arbitrary bytes as a bundle, as an agreement and as a revocation: refused, or the one encoding of what they mean. */
#include <stdlib.h>
#include <string.h>

#include "proto/agreement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require_same(sch_err err, sch_buf *again, const uint8_t *data, size_t bytes)
{
    if (sch_failed(err) || again->bytes != bytes || memcmp(again->data, data, bytes) != 0) {
        abort();
    }
    sch_buf_clear(again);
}

static void try_bundle(const uint8_t *data, size_t bytes)
{
    sch_bundle bundle;
    sch_buf again = {0};
    sch_detail detail = {{0}};
    if (!sch_failed(sch_bundle_decode(&bundle, data, bytes, &detail))) {
        require_same(sch_bundle_encode(&again, &bundle), &again, data, bytes);
        (void)sch_bundle_is_complete(&bundle, &detail);
    }
    sch_bundle_clear(&bundle);
}

static void try_agreement(const uint8_t *data, size_t bytes)
{
    sch_agreement agreement;
    sch_buf again = {0};
    sch_detail detail = {{0}};
    if (!sch_failed(sch_agreement_decode(&agreement, data, bytes, &detail))) {
        require_same(sch_agreement_encode(&again, &agreement), &again, data, bytes);
    }
    sch_agreement_clear(&agreement);
}

static void try_revocation(const uint8_t *data, size_t bytes)
{
    sch_revocation revocation;
    sch_buf again = {0};
    if (!sch_failed(sch_revocation_decode(&revocation, data, bytes))) {
        require_same(sch_revocation_encode(&again, &revocation), &again, data, bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    try_bundle(data, bytes);
    try_agreement(data, bytes);
    try_revocation(data, bytes);
    return 0;
}
