/* stream.h - pseudo-random bytes from a key: AES-256-CTR with a zero counter block to start with.
 *
 * Two parties with the same key read the same bytes in the same order, however they cut their reads. A key is used for
 * one stream only. Cost: about 0.2 ns a byte with AES instructions. Source: NIST SP 800-38A, 6.5. */
#ifndef SCH_CRYPTO_PRIM_STREAM_H
#define SCH_CRYPTO_PRIM_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"

typedef struct sch_stream {
    void *cipher; /* owned; secret */
} sch_stream;

/* Starts the stream of a secret key. The stream is the caller's to clear. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_stream_init(sch_stream *stream, const uint8_t key[static SCH_KEY_BYTES]);

/* The next `bytes` bytes of the stream. Errors: SCH_BUG where the cipher fails. */
sch_err sch_stream_read(sch_stream *stream, void *out, size_t bytes);

/* Wipes and frees; accepts a zeroed stream. */
void sch_stream_clear(sch_stream *stream);

#endif
