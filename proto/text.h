/* text.h - what a name and a printable text are; every text of a message is one or the other. */
#ifndef SCH_PROTO_TEXT_H
#define SCH_PROTO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"

enum { SCH_NAME_BYTES = 64 }; /* a name with its closing zero: [a-z][a-z0-9_]* */

/* Whether a text is a name: 1 to SCH_NAME_BYTES - 1 bytes, [a-z][a-z0-9_]*. Reads at most SCH_NAME_BYTES bytes, so that
 * a fixed array may lack its closing zero. */
bool sch_text_is_name(const char *text);

/* Whether bytes are UTF-8 (RFC 3629) without zero bytes. */
bool sch_text_is_utf8(const void *data, size_t bytes);

/* Whether bytes are UTF-8 that a terminal, a log and a page show as one line in reading order, with nothing in it that
 * cannot be seen: no control characters (C0, DEL, C1), no line or paragraph separators, no format characters (general
 * categories Zl, Zp and Cf of Unicode 15: controls of writing direction, joiners, blanks without width, tags, soft
 * hyphens). An empty text is printable. */
bool sch_text_is_printable(const void *data, size_t bytes);

/* Whether a text is host:port with a port from 1 to 65535; the host a name, an IPv4 address, or an IPv6 address in
 * brackets. */
bool sch_text_is_address(const char *text);

/* Copies a text into a fixed array with its closing zero. Errors: SCH_BAD_INPUT where it does not fit. */
sch_err sch_text_copy(char *out, size_t out_bytes, const char *text);

#endif
