#include "node/job/keys.h"

#include <string.h>

#include "crypto/ident/identifier.h"
#include "crypto/prim/kdf.h"

enum {
    KEYS_A_PARTY = 2 + SCH_MAX_LINK_PASSES,
    KEY_COUNT = KEYS_A_PARTY * SCH_MAX_PARTIES + 1,
    LINKAGE_PASS = 1, /* the identifier's; link keys have the numbers that follow */
    TAG_NUMBERS_BYTES = 16,
};

static const char TAG_LABEL[] = "schakel tag 3", TAG_CHECK_LABEL[] = "schakel tag check 4",
                  BASE_LABEL[] = "schakel base 1";

static sch_err derive(uint8_t *out, size_t bytes, const uint8_t *input,
                      const uint8_t request_hash[static SCH_HASH_BYTES], const char *info)
{
    return sch_kdf_derive(out, bytes, input, SCH_KEY_BYTES, request_hash, SCH_HASH_BYTES, info, strlen(info));
}

bool sch_job_keys_align(const sch_plan *plan, sch_party one, sch_party other, size_t *member, size_t *data_owner)
{
    for (size_t m = 0; m < plan->member_count; m++) {
        const sch_cast *cast = &plan->member[m];
        if (cast->spine != one && cast->spine != other) {
            continue;
        }
        for (size_t d = 0; d < plan->shape.data_owners; d++) {
            if (cast->data[d] != (cast->spine == one ? other : one)) {
                continue;
            }
            if (member != NULL) {
                *member = m;
            }
            if (data_owner != NULL) {
                *data_owner = d;
            }
            return true;
        }
    }
    return false;
}

/* A label, and the numbers that name an alignment and a pass. */
static size_t tag_info(uint8_t info[static sizeof TAG_CHECK_LABEL + TAG_NUMBERS_BYTES], const char *label, size_t pass,
                       size_t member, size_t data_owner)
{
    size_t bytes = strlen(label);
    memcpy(info, label, bytes);
    sch_put_u32(info + bytes, SCH_NORMALISATION_VERSION);
    sch_put_u32(info + bytes + 4, LINKAGE_PASS + (uint32_t)pass);
    sch_put_u32(info + bytes + 8, (uint32_t)member);
    sch_put_u32(info + bytes + 12, (uint32_t)data_owner);
    return bytes + TAG_NUMBERS_BYTES;
}

/* What shows the other owner that it has the same keys: made of all of them, and of how many there are. */
static sch_err make_tag_check(sch_job_keys *keys, sch_party other, size_t passes, size_t member, size_t data_owner,
                              const uint8_t request_hash[static SCH_HASH_BYTES])
{
    uint8_t info[sizeof TAG_CHECK_LABEL + TAG_NUMBERS_BYTES];
    size_t bytes = tag_info(info, TAG_CHECK_LABEL, passes, member, data_owner);
    return sch_kdf_derive(keys->tag_check[other], SCH_CHECK_BYTES, keys->tag[other], passes * SCH_KEY_BYTES,
                          request_hash, SCH_HASH_BYTES, info, bytes);
}

/* A key for each of `passes` passes. */
static sch_err make_tag_keys(sch_job_keys *keys, sch_party other, const sch_job_secrets *secrets, size_t passes,
                             size_t member, size_t data_owner, const uint8_t request_hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    uint8_t input[2 * SCH_KEY_BYTES] = {0}, info[sizeof TAG_CHECK_LABEL + TAG_NUMBERS_BYTES];
    SCH_TRY(sch_check(secrets->exporter[other] != NULL && secrets->epoch[other] != NULL, SCH_BUG,
                      "the owners' secrets are missing"));
    SCH_TRY(sch_check(passes <= SCH_MAX_LINK_PASSES, SCH_BUG, "there are more passes than keys"));
    memcpy(input, secrets->epoch[other], SCH_KEY_BYTES);
    memcpy(input + SCH_KEY_BYTES, secrets->exporter[other], SCH_KEY_BYTES);
    keys->tag[other] = keys->memory + (size_t)(KEYS_A_PARTY * other + 2) * SCH_KEY_BYTES;
    for (size_t p = 0; p < passes; p++) {
        size_t bytes = tag_info(info, TAG_LABEL, p, member, data_owner);
        SCH_TRY(sch_kdf_derive(keys->tag[other] + p * SCH_KEY_BYTES, SCH_KEY_BYTES, input, sizeof input, request_hash,
                               SCH_HASH_BYTES, info, bytes));
    }
    SCH_TRY(make_tag_check(keys, other, passes, member, data_owner, request_hash));
out:
    sch_secret_wipe(input, sizeof input);
    return err;
}

static sch_err make_pair_keys(sch_job_keys *keys, sch_party other, const uint8_t *standing,
                              const uint8_t request_hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(standing != NULL, SCH_BUG, "a pair's standing secret is missing"));
    keys->pair[other] = keys->memory + (size_t)(KEYS_A_PARTY * other) * SCH_KEY_BYTES;
    keys->end[other] = keys->memory + (size_t)(KEYS_A_PARTY * other + 1) * SCH_KEY_BYTES;
    SCH_TRY(derive(keys->pair[other], SCH_KEY_BYTES, standing, request_hash, "schakel pair 1"));
    SCH_TRY(derive(keys->end[other], SCH_KEY_BYTES, standing, request_hash, "schakel end 1"));
    SCH_TRY(derive(keys->pair_check[other], SCH_CHECK_BYTES, standing, request_hash, "schakel check 1"));
out:
    return err;
}

static sch_err make_base_key(sch_job_keys *keys, uint32_t linkage_epoch,
                             const uint8_t request_hash[static SCH_HASH_BYTES])
{
    uint8_t info[sizeof BASE_LABEL - 1 + 4];
    memcpy(info, BASE_LABEL, sizeof BASE_LABEL - 1);
    sch_put_u32(info + sizeof BASE_LABEL - 1, linkage_epoch);
    keys->base = keys->memory + (size_t)(KEY_COUNT - 1) * SCH_KEY_BYTES;
    return sch_kdf_derive(keys->base, SCH_KEY_BYTES, request_hash, SCH_HASH_BYTES, NULL, 0, info, sizeof info);
}

sch_err sch_job_keys_make(sch_job_keys *keys, sch_party self, const sch_plan *plan, const sch_job_secrets *secrets,
                          const uint8_t request_hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    size_t part = 0, member = 0, data_owner = 0;
    *keys = (sch_job_keys){0};
    keys->memory = sch_secret_new((size_t)KEY_COUNT * SCH_KEY_BYTES);
    SCH_TRY(sch_check(keys->memory != NULL, SCH_NO_MEMORY, "no locked memory is left for a job's keys"));
    for (sch_party p = 0; p < plan->party_count; p++) {
        if (p == self) {
            continue;
        }
        SCH_TRY(make_pair_keys(keys, p, secrets->standing[p], request_hash));
        if (sch_job_keys_align(plan, self, p, &member, &data_owner)) {
            SCH_TRY(make_tag_keys(keys, p, secrets, 1 + plan->pass_count, member, data_owner, request_hash));
        }
    }
    if (sch_plan_part(plan, self, &part)) {
        SCH_TRY(make_base_key(keys, secrets->linkage_epoch, request_hash));
    }
out:
    return err;
}

void sch_job_keys_clear(sch_job_keys *keys)
{
    sch_secret_free(keys->memory);
    *keys = (sch_job_keys){0};
}
