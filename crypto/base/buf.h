/* buf.h - a growable array of bytes, and little-endian words in it.
 *
 * A zeroed sch_buf is an empty one. Growth wipes the memory that it leaves, and clear wipes everything, so a buffer may
 * hold what must not stay behind; long-lived keys belong in secret.h all the same. */
#ifndef SCH_CRYPTO_BASE_BUF_H
#define SCH_CRYPTO_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"

typedef struct sch_buf {
    uint8_t *data; /* owned */
    size_t bytes;  /* in use */
    size_t room;   /* allocated */
} sch_buf;

/* Makes room for at least `more` further bytes. Errors: SCH_NO_MEMORY (also where the size would overflow). */
sch_err sch_buf_reserve(sch_buf *buf, size_t more);

/* Appends a copy of bytes. data may be NULL where bytes is 0. Errors: SCH_NO_MEMORY. */
sch_err sch_buf_append(sch_buf *buf, const void *data, size_t bytes);

/* Appends text without its closing zero. Errors: SCH_NO_MEMORY. */
sch_err sch_buf_append_text(sch_buf *buf, const char *text);

/* Appends printf-formatted text without its closing zero. Errors: SCH_NO_MEMORY, SCH_BUG for a format that fails. */
sch_err sch_buf_printf(sch_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends the bytes with a zero that does not count and gives them as text, borrowed until the next change. NULL where
 * memory is lacking. */
const char *sch_buf_text(sch_buf *buf);

/* Wipes and frees; the buffer is then empty and can be used again. Accepts a zeroed buffer. */
void sch_buf_clear(sch_buf *buf);

/* Little-endian words at any alignment. */
static inline void sch_put_u16(uint8_t out[static 2], uint16_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static inline void sch_put_u32(uint8_t out[static 4], uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8U * i));
    }
}

static inline void sch_put_u64(uint8_t out[static 8], uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (8U * i));
    }
}

static inline uint16_t sch_get_u16(const uint8_t in[static 2])
{
    return (uint16_t)(in[0] | (in[1] << 8));
}

static inline uint32_t sch_get_u32(const uint8_t in[static 4])
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++) {
        value |= (uint32_t)in[i] << (8U * i);
    }
    return value;
}

static inline uint64_t sch_get_u64(const uint8_t in[static 8])
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++) {
        value |= (uint64_t)in[i] << (8U * i);
    }
    return value;
}

#endif
