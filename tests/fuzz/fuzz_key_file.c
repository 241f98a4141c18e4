/* Arbitrary bytes as a key file: refused, or a file that encodes again to the same bytes. The passphrase is asked for
 * only where its cost is small, so that a run is not spent in Argon2. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/buf.h"
#include "node/identity/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { AT_MEMORY = 16, HEADER_BYTES = 36 };

static sch_err ask(void *context, char *out, size_t room, sch_detail *detail)
{
    const bool *cheap = context;
    (void)detail;
    if (!*cheap) {
        return sch_fail(SCH_DENIED, "not in this test");
    }
    (void)snprintf(out, room, "correct horse");
    return SCH_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    uint8_t secrets[SCH_IDENTITY_SECRETS_BYTES];
    sch_detail detail = {{0}};
    sch_buf again = {0};
    bool cheap =
        bytes >= HEADER_BYTES && (sch_get_u32(data + AT_MEMORY) <= 64 || sch_get_u32(data + AT_MEMORY) > 1 << 20);
    const sch_passphrase passphrase = {ask, &cheap};
    if (sch_failed(sch_secret_start())) {
        abort();
    }
    sch_err err = sch_identity_decode_key_file(secrets, data, bytes, &passphrase, &detail);
    if (err.code == SCH_BUG) {
        abort();
    }
    if (!sch_failed(err) && data[8] == 0) {
        err = sch_identity_encode_key_file(&again, secrets, NULL);
        if (sch_failed(err) || again.bytes != bytes || memcmp(again.data, data, bytes) != 0) {
            abort();
        }
    }
    sch_buf_clear(&again);
    return 0;
}
