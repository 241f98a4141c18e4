#include "crypto/prim/stream.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

/* A call of the cipher costs about 50 ns, so small reads are served from a buffer that is filled at once. Reads of
 * the buffer's size and more are made in place: zeros are written and encrypted while they are in cache. */
enum { BUFFER_BYTES = 4096, PIECE_BYTES = 16384 };

typedef struct stream_state {
    EVP_CIPHER_CTX *context;
    size_t used;                  /* bytes of the buffer that were given out */
    uint8_t buffer[BUFFER_BYTES]; /* secret */
} stream_state;

sch_err sch_stream_init(sch_stream *stream, const uint8_t key[static SCH_KEY_BYTES])
{
    static const uint8_t zero_counter[16];
    sch_err err = SCH_NONE;
    stream->cipher = NULL;
    stream_state *state = calloc(1, sizeof *state);
    SCH_TRY(sch_check(state != NULL, SCH_NO_MEMORY, "no memory for a stream"));
    state->used = BUFFER_BYTES;
    state->context = EVP_CIPHER_CTX_new();
    SCH_TRY(sch_check(state->context != NULL, SCH_NO_MEMORY, "no memory for a stream"));
    SCH_TRY(sch_check(EVP_EncryptInit_ex(state->context, EVP_aes_256_ctr(), NULL, key, zero_counter) == 1, SCH_BUG,
                      "AES-256-CTR cannot be started"));
    stream->cipher = state;
    state = NULL;
out:
    if (state != NULL) {
        EVP_CIPHER_CTX_free(state->context);
        free(state);
    }
    return err;
}

static sch_err generate(EVP_CIPHER_CTX *context, uint8_t *out, size_t bytes)
{
    while (bytes > 0) {
        size_t piece = bytes < PIECE_BYTES ? bytes : PIECE_BYTES;
        int written = 0;
        memset(out, 0, piece);
        if (EVP_EncryptUpdate(context, out, &written, out, (int)piece) != 1 || (size_t)written != piece) {
            return sch_fail(SCH_BUG, "AES-256-CTR failed");
        }
        out += piece;
        bytes -= piece;
    }
    return SCH_NONE;
}

sch_err sch_stream_read(sch_stream *stream, void *out, size_t bytes)
{
    stream_state *state = stream->cipher;
    uint8_t *to = out;
    if (bytes == 0) {
        return SCH_NONE;
    }
    if (state == NULL) {
        return sch_fail(SCH_BUG, "a stream is read before its start");
    }
    size_t kept = BUFFER_BYTES - state->used;
    size_t piece = bytes < kept ? bytes : kept;
    memcpy(to, state->buffer + state->used, piece);
    state->used += piece;
    to += piece;
    bytes -= piece;
    if (bytes == 0) {
        return SCH_NONE;
    }
    if (bytes >= BUFFER_BYTES) {
        return generate(state->context, to, bytes);
    }
    sch_err err = generate(state->context, state->buffer, BUFFER_BYTES);
    if (!sch_failed(err)) {
        memcpy(to, state->buffer, bytes);
        state->used = bytes;
    }
    return err;
}

void sch_stream_clear(sch_stream *stream)
{
    stream_state *state = stream->cipher;
    if (state != NULL) {
        EVP_CIPHER_CTX_free(state->context); /* wipes the key schedule */
        sch_secret_wipe(state, sizeof *state);
        free(state);
        stream->cipher = NULL;
    }
}
