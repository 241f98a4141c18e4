/* base64.h - the standard alphabet with padding (RFC 4648, 4), in time that does not depend on the bytes: for public
 * keys in cards and secret keys in files. */
#ifndef SCH_CRYPTO_PRIM_BASE64_H
#define SCH_CRYPTO_PRIM_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"

enum { SCH_BASE64_KEY_CHARS = 44 }; /* 32 bytes, without the closing zero */

/* Writes the text of `bytes` bytes with a closing zero. text_room: at least ((bytes + 2) / 3) * 4 + 1.
 * Errors: SCH_BUG where there is no room. */
sch_err sch_base64_encode(char *text, size_t text_room, const uint8_t *data, size_t bytes);

/* Reads a text of text_bytes characters that stands for exactly `bytes` bytes. out: bytes bytes, wiped on failure.
 * Errors: SCH_BAD_INPUT for other characters, wrong padding or another length. */
sch_err sch_base64_decode(uint8_t *out, size_t bytes, const char *text, size_t text_bytes);

#endif
