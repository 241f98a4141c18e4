#include "node/conf/psk.h"

#include <string.h>

#include "crypto/prim/base64.h"
#include "node/base/file.h"

enum { MAX_FILE_BYTES = 128 };

sch_err sch_psk_create(const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint8_t key[SCH_KEY_BYTES];
    char text[SCH_BASE64_KEY_CHARS + 2];
    sch_random_fill(key, sizeof key);
    SCH_TRY(sch_base64_encode(text, sizeof text, key, sizeof key));
    text[SCH_BASE64_KEY_CHARS] = '\n';
    SCH_TRY(sch_file_write(path, text, SCH_BASE64_KEY_CHARS + 1, SCH_FILE_SECRET, false, detail));
out:
    sch_secret_wipe(key, sizeof key);
    sch_secret_wipe(text, sizeof text);
    return err;
}

sch_err sch_psk_load(uint8_t **out, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    *out = NULL;
    uint8_t *key = sch_secret_new(SCH_KEY_BYTES);
    SCH_TRY(sch_check(key != NULL, SCH_NO_MEMORY, "no memory for a key"));
    SCH_TRY(sch_file_read(&text, path, MAX_FILE_BYTES, SCH_FILE_SECRET, detail));
    size_t bytes = text.bytes;
    while (bytes > 0 && (text.data[bytes - 1] == '\n' || text.data[bytes - 1] == '\r')) {
        bytes--;
    }
    err = sch_base64_decode(key, SCH_KEY_BYTES, (const char *)text.data, bytes);
    if (sch_failed(err)) {
        sch_detail_set(detail, "%s: has to hold 32 bytes in base64 on one line, as schakelctl psk new makes them",
                       path);
    }
    SCH_TRY(err);
    *out = key;
    key = NULL;
out:
    sch_secret_free(key);
    sch_buf_clear(&text);
    return err;
}
