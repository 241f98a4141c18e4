/* codes.h - from the text of a code to its number, by a hash table. */
#ifndef SCH_NODE_SOURCE_CODES_H
#define SCH_NODE_SOURCE_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"

typedef struct sch_codes {
    char *const *code; /* borrowed */
    uint8_t *length;   /* owned; of each code */
    uint32_t *slot;    /* owned; 0, or the number of a code plus 1 */
    uint32_t mask;     /* slots - 1 */
} sch_codes;

/* Indexes `count` texts of at most 255 bytes each, borrowed for the index's life. The caller clears it, also on
 * failure. Errors: SCH_NO_MEMORY; SCH_BAD_INPUT where a text is longer or occurs twice. */
sch_err sch_codes_init(sch_codes *codes, char *const *code, uint32_t count);

/* The number of a text; false where it is none of the codes. Cost: about 5 ns. */
bool sch_codes_find(const sch_codes *codes, uint32_t *number, const char *text, size_t bytes);

/* Accepts a zeroed one. */
void sch_codes_clear(sch_codes *codes);

#endif
