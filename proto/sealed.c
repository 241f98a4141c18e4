#include "proto/sealed.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "crypto/prim/hash.h"
#include "crypto/prim/seal.h"
#include "crypto/stats/table_shape.h"
#include "proto/signed.h"

static const char REQUEST_CONTEXT[] = "schakel request 1";
static const char RESULT_CONTEXT[] = "schakel result 1";
static const char SHARES_MAGIC[] = "SCHSHR01";

enum { HEADER_BYTES = 8 + 2 * SCH_HASH_BYTES + 1 + 1 + 2 + 4 + 4 + 4 };

sch_err sch_request_bytes_hash(uint8_t out[static SCH_HASH_BYTES], const uint8_t *bytes, size_t count)
{
    return sch_signed_hash(out, REQUEST_CONTEXT, bytes, count);
}

sch_err sch_request_bytes_sign(uint8_t signature[static SCH_SIGN_BYTES], const uint8_t *bytes, size_t count,
                               const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES])
{
    return sch_signed_sign(signature, REQUEST_CONTEXT, bytes, count, secret_key);
}

sch_err sch_request_bytes_verify(const uint8_t signature[static SCH_SIGN_BYTES], const uint8_t *bytes, size_t count,
                                 const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES])
{
    return sch_signed_verify(signature, REQUEST_CONTEXT, bytes, count, public_key,
                             "the request's signature is not this analyst's: it was altered, or made with another key");
}

static sch_err message_of_result(sch_buf *out, const uint8_t request_hash[static SCH_HASH_BYTES], const uint8_t *sealed,
                                 size_t sealed_bytes)
{
    sch_err err = SCH_NONE;
    uint8_t hash[SCH_HASH_BYTES];
    SCH_TRY(sch_hash_bytes(hash, sealed, sealed_bytes));
    SCH_TRY(sch_buf_append(out, RESULT_CONTEXT, sizeof RESULT_CONTEXT));
    SCH_TRY(sch_buf_append(out, request_hash, SCH_HASH_BYTES));
    SCH_TRY(sch_buf_append(out, hash, sizeof hash));
out:
    return err;
}

static sch_err append_words(sch_buf *out, const uint64_t *word, size_t count)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_reserve(out, count * 8));
    for (size_t i = 0; i < count; i++) {
        sch_put_u64(out->data + out->bytes + 8 * i, word[i]);
    }
    out->bytes += count * 8;
out:
    return err;
}

static sch_err encode_shares(sch_buf *out, const sch_shares *shares)
{
    sch_err err = SCH_NONE;
    uint8_t header[HEADER_BYTES] = {0};
    memcpy(header, SHARES_MAGIC, 8);
    memcpy(header + 8, shares->request_hash, SCH_HASH_BYTES);
    memcpy(header + 40, shares->plan_hash, SCH_HASH_BYTES);
    header[72] = shares->holder;
    header[73] = shares->show_zero ? 1 : 0;
    sch_put_u16(header + 74, shares->columns);
    sch_put_u32(header + 76, shares->cells);
    sch_put_u32(header + 80, shares->min_persons);
    SCH_TRY(sch_buf_append(out, header, sizeof header));
    size_t words = (size_t)shares->columns * shares->cells;
    SCH_TRY(append_words(out, shares->values, words));
    SCH_TRY(append_words(out, shares->states, words));
out:
    return err;
}

size_t sch_shares_bytes(size_t columns, size_t cells)
{
    return HEADER_BYTES + 16 * columns * cells + SCH_SEAL_EXTRA_BYTES;
}

sch_err sch_shares_seal(sch_buf *sealed, uint8_t signature[static SCH_SIGN_BYTES], const sch_shares *shares,
                        const uint8_t analyst_exchange[static SCH_EXCHANGE_PUBLIC_BYTES],
                        const uint8_t holder_secret[static SCH_SIGN_SECRET_BYTES])
{
    sch_err err = SCH_NONE;
    sch_buf plain = {0};
    sch_buf message = {0};
    size_t before = sealed->bytes;
    SCH_TRY(encode_shares(&plain, shares));
    SCH_TRY(sch_seal_message(sealed, plain.data, plain.bytes, analyst_exchange));
    SCH_TRY(message_of_result(&message, shares->request_hash, sealed->data + before, sealed->bytes - before));
    SCH_TRY(sch_sign_message(signature, message.data, message.bytes, holder_secret));
out:
    sch_buf_clear(&plain);
    sch_buf_clear(&message);
    return err;
}

static void get_words(uint64_t *word, const uint8_t *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        word[i] = sch_get_u64(data + 8 * i);
    }
}

sch_err sch_shares_decode(sch_shares *out, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    *out = (sch_shares){0};
    SCH_TRY(sch_check(bytes >= HEADER_BYTES && memcmp(data, SHARES_MAGIC, 8) == 0, SCH_BAD_PEER,
                      "a holder's shares are of an unknown format"));
    memcpy(out->request_hash, data + 8, SCH_HASH_BYTES);
    memcpy(out->plan_hash, data + 40, SCH_HASH_BYTES);
    SCH_TRY(sch_check(data[72] <= 1 && data[73] <= 1 && sch_get_u32(data + 84) == 0, SCH_BAD_PEER,
                      "a holder's shares have a field out of range"));
    out->holder = data[72];
    out->show_zero = data[73] == 1;
    out->columns = sch_get_u16(data + 74);
    out->cells = sch_get_u32(data + 76);
    out->min_persons = sch_get_u32(data + 80);
    SCH_TRY(sch_check(out->columns >= 1 && out->columns <= SCH_MAX_TABLE_COLUMNS && out->cells >= 1 &&
                          out->cells <= SCH_MAX_GROUPS,
                      SCH_BAD_PEER, "a holder's shares are of an impossible shape"));
    size_t words = (size_t)out->columns * out->cells;
    SCH_TRY(sch_check(bytes == HEADER_BYTES + 16 * words, SCH_BAD_PEER, "a holder's shares are cut short or too long"));
    out->values = calloc(words, 8);
    out->states = calloc(words, 8);
    SCH_TRY(sch_check(out->values != NULL && out->states != NULL, SCH_NO_MEMORY, "out of memory"));
    get_words(out->values, data + HEADER_BYTES, words);
    get_words(out->states, data + HEADER_BYTES + 8 * words, words);
out:
    return err;
}

sch_err sch_shares_open(sch_shares *out, const uint8_t *sealed, size_t sealed_bytes,
                        const uint8_t signature[static SCH_SIGN_BYTES],
                        const uint8_t request_hash[static SCH_HASH_BYTES],
                        const uint8_t holder_identity[static SCH_SIGN_PUBLIC_BYTES],
                        const uint8_t exchange_public[static SCH_EXCHANGE_PUBLIC_BYTES],
                        const uint8_t exchange_secret[static SCH_EXCHANGE_SECRET_BYTES])
{
    sch_err err = SCH_NONE;
    sch_buf plain = {0};
    sch_buf message = {0};
    *out = (sch_shares){0};
    SCH_TRY(message_of_result(&message, request_hash, sealed, sealed_bytes));
    SCH_TRY(sch_sign_verify(signature, message.data, message.bytes, holder_identity));
    SCH_TRY(sch_seal_open(&plain, sealed, sealed_bytes, exchange_public, exchange_secret));
    SCH_TRY(sch_shares_decode(out, plain.data, plain.bytes));
    SCH_TRY(sch_check(memcmp(out->request_hash, request_hash, SCH_HASH_BYTES) == 0, SCH_BAD_PEER,
                      "a holder's shares answer another request"));
out:
    sch_buf_clear(&plain);
    sch_buf_clear(&message);
    return err;
}

void sch_shares_clear(sch_shares *shares)
{
    size_t words = (size_t)shares->columns * shares->cells;
    if (shares->values != NULL) {
        sch_secret_wipe(shares->values, words * 8);
    }
    if (shares->states != NULL) {
        sch_secret_wipe(shares->states, words * 8);
    }
    free(shares->values);
    free(shares->states);
    *shares = (sch_shares){0};
}
