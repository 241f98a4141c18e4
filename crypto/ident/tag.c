/* The notation of NIST SP 800-38B, 6.2: a message of n blocks M_1 .. M_n; C_i = AES(C_(i-1) + M_i), C_0 = 0; the last
 * block, complete, is added to K1; incomplete, it gets a one bit and zero bits behind it and is added to K2. The tag is
 * C_n.
 *
 * A column is hashed in chunks: block i of all the chunk's rows at a time, so that AES works on many blocks a call. */
#include "crypto/ident/tag.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>

enum { CHUNK_ROWS = 1024 };

/* How the last block is made from 16 bytes of input of which `length` count: (input AND keep) XOR pad. Secret. */
typedef struct last_block {
    uint64_t keep[SCH_TAG_BYTES + 1][2];
    uint64_t pad[SCH_TAG_BYTES + 1][2];
} last_block;

static sch_err encrypt_blocks(EVP_CIPHER_CTX *cipher, void *blocks, size_t count)
{
    int written = 0;
    int bytes = (int)(count * SCH_TAG_BYTES);
    bool done = EVP_EncryptUpdate(cipher, blocks, &written, blocks, bytes) == 1 && written == bytes;
    return sch_check(done, SCH_BUG, "AES-256 failed");
}

/* SP 800-38B, 6.1: the double of a block in the field of 2^128 elements. Without a branch, since it is secret. */
static void double_block(uint8_t out[static SCH_TAG_BYTES], const uint8_t in[static SCH_TAG_BYTES])
{
    uint8_t top = (uint8_t)(in[0] >> 7);
    for (size_t i = 0; i < SCH_TAG_BYTES - 1; i++) {
        out[i] = (uint8_t)((in[i] << 1) | (in[i + 1] >> 7));
    }
    out[SCH_TAG_BYTES - 1] = (uint8_t)((in[SCH_TAG_BYTES - 1] << 1) ^ (0x87 & (uint8_t)-top));
}

sch_err sch_tagger_init(sch_tagger *tagger, const uint8_t key[static SCH_KEY_BYTES])
{
    sch_err err = SCH_NONE;
    uint8_t zero[SCH_TAG_BYTES] = {0}; /* secret once encrypted: L */
    *tagger = (sch_tagger){0};
    tagger->cipher = EVP_CIPHER_CTX_new();
    SCH_TRY(sch_check(tagger->cipher != NULL, SCH_NO_MEMORY, "no memory for a tagger"));
    SCH_TRY(sch_check(EVP_EncryptInit_ex(tagger->cipher, EVP_aes_256_ecb(), NULL, key, NULL) == 1 &&
                          EVP_CIPHER_CTX_set_padding(tagger->cipher, 0) == 1,
                      SCH_BUG, "AES-256 cannot be started"));
    SCH_TRY(encrypt_blocks(tagger->cipher, zero, 1));
    double_block(tagger->subkey[0], zero);
    double_block(tagger->subkey[1], tagger->subkey[0]);
out:
    sch_secret_wipe(zero, sizeof zero);
    if (sch_failed(err)) {
        sch_tagger_clear(tagger);
    }
    return err;
}

static void prepare_last_blocks(last_block *last, const sch_tagger *tagger)
{
    for (size_t length = 0; length <= SCH_TAG_BYTES; length++) {
        uint8_t keep[SCH_TAG_BYTES] = {0}, pad[SCH_TAG_BYTES];
        bool complete = length == SCH_TAG_BYTES;
        memset(keep, 0xff, length);
        memcpy(pad, tagger->subkey[complete ? 0 : 1], SCH_TAG_BYTES);
        if (!complete) {
            pad[length] ^= 0x80;
        }
        memcpy(last->keep[length], keep, sizeof keep);
        memcpy(last->pad[length], pad, sizeof pad);
        sch_secret_wipe(pad, sizeof pad);
    }
}

/* state = state + M_n, of which `length` bytes (1 to 16) are at `from`, with `readable` bytes that may be read
 * there. */
static inline void add_last_block(sch_tag *state, const last_block *last, const uint8_t *from, size_t length,
                                  size_t readable)
{
    uint64_t block[2] = {0, 0}, sum[2];
    memcpy(sum, state->byte, sizeof sum);
    if (readable >= SCH_TAG_BYTES) {
        memcpy(block, from, SCH_TAG_BYTES);
    } else {
        memcpy(block, from, length);
    }
    for (size_t i = 0; i < 2; i++) {
        sum[i] ^= (block[i] & last->keep[length][i]) ^ last->pad[length][i];
    }
    memcpy(state->byte, sum, sizeof sum);
}

static void add_whole_block(sch_tag *state, const uint8_t *from)
{
    for (size_t i = 0; i < SCH_TAG_BYTES; i++) {
        state->byte[i] ^= from[i];
    }
}

/* One chunk of identifiers of one block each, the usual case: the tags are made in place. */
static sch_err hash_short_chunk(const sch_tagger *tagger, const last_block *last, sch_tag *out, const uint8_t *bytes,
                                const uint8_t *end, const uint8_t *length, size_t rows)
{
    memset(out, 0, rows * sizeof *out);
    for (size_t i = 0; i < rows; i++) {
        add_last_block(&out[i], last, bytes, length[i], (size_t)(end - bytes));
        bytes += length[i];
    }
    return encrypt_blocks(tagger->cipher, out, rows);
}

/* One chunk of any identifiers. bytes: where its identifiers begin; end: behind the whole column. */
static sch_err hash_long_chunk(const sch_tagger *tagger, const last_block *last, sch_tag *out, const uint8_t *bytes,
                               const uint8_t *end, const uint8_t *length, size_t rows)
{
    sch_err err = SCH_NONE;
    sch_tag scratch[CHUNK_ROWS];
    bool more = true;
    memset(out, 0, rows * sizeof *out);
    for (size_t block = 0; more; block++) {
        const uint8_t *from = bytes;
        size_t begin = block * SCH_TAG_BYTES, active = 0;
        more = false;
        for (size_t i = 0; i < rows; from += length[i], i++) {
            if (length[i] <= begin) {
                continue; /* its tag is ready */
            }
            sch_tag *state = &scratch[active++];
            *state = out[i];
            if (length[i] - begin > SCH_TAG_BYTES) {
                add_whole_block(state, from + begin);
                more = true;
            } else {
                add_last_block(state, last, from + begin, length[i] - begin, (size_t)(end - from) - begin);
            }
        }
        SCH_TRY(encrypt_blocks(tagger->cipher, scratch, active));
        active = 0;
        for (size_t i = 0; i < rows; i++) {
            if (length[i] > begin) {
                out[i] = scratch[active++];
            }
        }
    }
out:
    sch_secret_wipe(scratch, sizeof scratch);
    return err;
}

sch_err sch_tagger_hash(sch_tagger *tagger, sch_tag *out, const uint8_t *bytes, const uint8_t *length, size_t rows)
{
    sch_err err = SCH_NONE;
    last_block last;
    size_t total = 0;
    bool wrong = false, is_long = false;
    SCH_TRY(sch_check(tagger->cipher != NULL, SCH_BUG, "a tagger is used before its start"));
    for (size_t i = 0; i < rows; i++) {
        total += length[i];
        wrong |= (length[i] == 0) | (length[i] > SCH_MAX_IDENTIFIER_BYTES);
        is_long |= length[i] > SCH_TAG_BYTES;
    }
    SCH_TRY(sch_check(!wrong, SCH_BAD_INPUT, "an identifier is empty or longer than 64 bytes"));
    prepare_last_blocks(&last, tagger);
    const uint8_t *from = bytes;
    for (size_t begin = 0; begin < rows; begin += CHUNK_ROWS) {
        size_t count = rows - begin < CHUNK_ROWS ? rows - begin : CHUNK_ROWS;
        SCH_TRY((is_long ? hash_long_chunk : hash_short_chunk)(tagger, &last, out + begin, from, bytes + total,
                                                               length + begin, count));
        for (size_t i = begin; i < begin + count; i++) {
            from += length[i];
        }
    }
out:
    sch_secret_wipe(&last, sizeof last);
    return err;
}

void sch_tagger_clear(sch_tagger *tagger)
{
    EVP_CIPHER_CTX_free(tagger->cipher); /* wipes the key schedule */
    sch_secret_wipe(tagger, sizeof *tagger);
}
