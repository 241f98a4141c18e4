#include "node/job/keys.h"

#include <string.h>

#include "crypto/prim/kdf.h"

enum { KEY_COUNT = 2 * SCH_PARTIES + 1 };

static sch_err derive(uint8_t *out, size_t bytes, const uint8_t *input, size_t input_bytes,
                      const uint8_t request_hash[static SCH_HASH_BYTES], const char *info)
{
    return sch_kdf_derive(out, bytes, input, input_bytes, request_hash, SCH_HASH_BYTES, info, strlen(info));
}

static sch_err make_tag_key(sch_job_keys *keys, const uint8_t *epoch, const uint8_t *exporter,
                            const uint8_t request_hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    uint8_t input[2 * SCH_KEY_BYTES];
    memcpy(input, epoch, SCH_KEY_BYTES);
    memcpy(input + SCH_KEY_BYTES, exporter, SCH_KEY_BYTES);
    keys->tag = keys->memory + (size_t)(KEY_COUNT - 1) * SCH_KEY_BYTES;
    SCH_TRY(derive(keys->tag, SCH_KEY_BYTES, input, sizeof input, request_hash, "schakel tag 2 pass 1"));
    SCH_TRY(derive(keys->tag_check, SCH_CHECK_BYTES, input, sizeof input, request_hash, "schakel tag check 2 pass 1"));
out:
    sch_secret_wipe(input, sizeof input);
    return err;
}

sch_err sch_job_keys_make(sch_job_keys *keys, sch_party self, const uint8_t *const standing[static SCH_PARTIES],
                          const uint8_t *exporter, const uint8_t *epoch,
                          const uint8_t request_hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    *keys = (sch_job_keys){0};
    keys->memory = sch_secret_new((size_t)KEY_COUNT * SCH_KEY_BYTES);
    SCH_TRY(sch_check(keys->memory != NULL, SCH_NO_MEMORY, "no locked memory is left for a job's keys"));
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        if (p == (unsigned)self) {
            continue;
        }
        keys->pair[p] = keys->memory + (size_t)(2 * p) * SCH_KEY_BYTES;
        keys->end[p] = keys->memory + (size_t)(2 * p + 1) * SCH_KEY_BYTES;
        SCH_TRY(derive(keys->pair[p], SCH_KEY_BYTES, standing[p], SCH_KEY_BYTES, request_hash, "schakel pair 1"));
        SCH_TRY(derive(keys->end[p], SCH_KEY_BYTES, standing[p], SCH_KEY_BYTES, request_hash, "schakel end 1"));
        SCH_TRY(
            derive(keys->pair_check[p], SCH_CHECK_BYTES, standing[p], SCH_KEY_BYTES, request_hash, "schakel check 1"));
    }
    if (self != SCH_HELPER) {
        SCH_TRY(sch_check(exporter != NULL && epoch != NULL, SCH_BUG, "the owners' secrets are missing"));
        SCH_TRY(make_tag_key(keys, epoch, exporter, request_hash));
    }
out:
    return err;
}

void sch_job_keys_clear(sch_job_keys *keys)
{
    sch_secret_free(keys->memory);
    *keys = (sch_job_keys){0};
}
