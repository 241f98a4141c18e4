/* join.h - the helper's join of two columns of tags, or of several columns one after the other.
 *
 * Each tag of the spine is looked for among the tags of the data owner. The tags are pseudo-random to the helper, so
 * nothing here needs to be hidden from it. The spine's go into an open-addressing table under a random hash function,
 * so that no choice of tags makes it slow; the data owner's, often many more, are looked up. */
#ifndef SCH_CRYPTO_PROTOCOL_JOIN_H
#define SCH_CRYPTO_PROTOCOL_JOIN_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/ident/tag.h"

#define SCH_JOIN_NONE UINT32_MAX

/* match[i] = the row of the data owner whose tag equals the spine's tag i, or SCH_JOIN_NONE. match: spine_rows words.
 * links: how many have one. Cost: a look-up a row of both, 5 to 25 ns as the table fits a cache or not; 12 to 24 bytes
 * of memory a row of the spine.
 * Owners see to it that no tag occurs twice on their side. Where one does, the first row of either side has the match,
 * and there is no error: it would tell a dishonest owner, who sends a tag twice, whether that has a match.
 * Errors: SCH_BAD_INPUT for more rows than can be joined, SCH_NO_MEMORY.
 * Source: computation.md step 3.2; hashing by multiplication (Dietzfelbinger and others 1997). */
sch_err sch_join_tags(uint32_t *match, size_t *links, const sch_tag *spine, size_t spine_rows, const sch_tag *data,
                      size_t data_rows);

/* The same in several passes. spine, data: the tags of all rows for the first pass, then for the next; they are
 * changed. All rows are joined by their tags for the first pass; by those for each later one the rows of either side
 * that no pass before it has matched. pass: spine_rows numbers, the pass in which each row was matched, from 1, and 0
 * where it was not; may be NULL. links: `passes` numbers, how many were matched in each. With one pass as
 * sch_join_tags; each later one costs as much for the rows that are left, and 12 bytes of memory a row of the spine, 5
 * of the data owner. Errors: as above. */
sch_err sch_join_passes(uint32_t *match, uint8_t *pass, size_t *links, sch_tag *spine, size_t spine_rows, sch_tag *data,
                        size_t data_rows, size_t passes);

#endif
