#include "crypto/prim/base64.h"

#include <sodium.h>

#include "crypto/base/secret.h"

sch_err sch_base64_encode(char *text, size_t text_room, const uint8_t *data, size_t bytes)
{
    if (bytes > SIZE_MAX / 4 || text_room < sodium_base64_ENCODED_LEN(bytes, sodium_base64_VARIANT_ORIGINAL)) {
        return sch_fail(SCH_BUG, "there is no room for a text in base64"); /* libsodium would abort */
    }
    (void)sodium_bin2base64(text, text_room, data, bytes, sodium_base64_VARIANT_ORIGINAL);
    return SCH_NONE;
}

sch_err sch_base64_decode(uint8_t *out, size_t bytes, const char *text, size_t text_bytes)
{
    size_t written = 0;
    const char *end = NULL;
    int status = sodium_base642bin(out, bytes, text, text_bytes, NULL, &written, &end, sodium_base64_VARIANT_ORIGINAL);
    if (status != 0 || written != bytes || end != text + text_bytes) {
        sch_secret_wipe(out, bytes);
        return sch_fail(SCH_BAD_INPUT, "a text is not base64 of the right length");
    }
    return SCH_NONE;
}
