/* psk.h - a pre-shared key of two nodes: 32 random bytes in base64 on one line, in a file of mode 0600.
 *
 * Two organisations that want their traffic safe from a later quantum computer make one, and bring it to each other by
 * another way than this network. */
#ifndef SCH_NODE_CONF_PSK_H
#define SCH_NODE_CONF_PSK_H

#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"

/* Draws a new key and writes it. Errors: SCH_DENIED where the file exists, SCH_IO, SCH_NO_MEMORY. */
sch_err sch_psk_create(const char *path, sch_detail *detail);

/* Reads a key into guarded memory: *out, SCH_KEY_BYTES, secret, which the caller gives to sch_secret_free; NULL on
 * failure. Errors: SCH_IO, SCH_DENIED where others may read the file, SCH_BAD_INPUT where it is not 32 bytes of base64,
 * SCH_NO_MEMORY. */
sch_err sch_psk_load(uint8_t **out, const char *path, sch_detail *detail);

#endif
