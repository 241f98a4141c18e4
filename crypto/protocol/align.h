/* align.h - ALIGN: the data owner's columns in the spine's row order, as shares of the spine and the helper.
 *
 * Input: the tags of S's n_S rows (S); the tags and the columns V of D's n_D rows (D). Output: W, n_S x columns, held
 * by S and H: row i of W is V's row with the same tag, or 0 where there is none. W's rows are in a random order that S
 * chose. The last column may be one of codes, which is shared bit by bit (XOR) where the others are added.
 *
 * Passes. A row has a tag for each pass, each under a key of its own. Rows with the same tag for the first pass match;
 * then, pass by pass, those with the same tag among the rows of either side that have no match yet. A row that has
 * nothing to go by in a pass has a random tag there.
 *
 * What each learns: S: distinct random positions and uniformly random words; D: nothing; H: tags under keys that it
 * lacks, in two random orders, so n_S, n_D and how many rows agree in which passes: the number of links in each pass,
 * and also in how many of them a later pass would have found the same row, another one, or none. Which rows these are H
 * cannot tell, nor whether a row without a match had anything to go by. The run plays with a = S, b = D, c = H.
 * Cost: SCH_ALIGN_STEPS messages in sequence; S sends 12 bytes a pass and row of S; D 12 bytes a pass and row of D and
 * 8 a column and row of both; H 4 bytes a row of S.
 * Errors of all: SCH_BAD_PEER for what cannot be right, SCH_BAD_INPUT for 2^32 - 1 rows or more, SCH_NO_MEMORY,
 * SCH_BUG (also for a number of passes out of range), and the link's.
 * Source: computation.md step 3; server-aided intersection with a keyed hash: Kamara, Mohassel, Raykova, Sadeghian 2014
 * ("Scaling private set intersection to billion-element sets"); the join by positions in permuted shares: Mohassel,
 * Rindal, Rosulek 2020 ("Fast database joins and PSI for secret shared data"). */
#ifndef SCH_CRYPTO_PROTOCOL_ALIGN_H
#define SCH_CRYPTO_PROTOCOL_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/ident/tag.h"
#include "crypto/protocol/seat.h"
#include "crypto/share/perm.h"

enum {
    SCH_ALIGN_STEPS = 4,
    SCH_MAX_LINK_PASSES = 5,
    SCH_SENT_TAG_BYTES = 12, /* of a tag; that two of n x m pairs of rows agree by chance has probability n m 2^-96 */
};

/* Public sizes. */
typedef struct sch_align_size {
    size_t spine_rows, data_rows;
    size_t columns; /* the column of codes included; at least 1 */
    bool has_code;  /* the last column is one of codes */
    size_t passes;  /* 1 to SCH_MAX_LINK_PASSES */
} sch_align_size;

/* S. tag: passes x spine_rows, those of all rows for the first pass, then for the next. w: spine_rows x columns words,
 * row-major, S's share of W. order: a uniformly random permutation that S alone knows; secret; S's row j stands at row
 * order(j) of W. One order serves all passes, and several alignments of the same rows, each with another helper and
 * other tag keys, and only those: whoever helped twice could tell rows apart. */
sch_err sch_align_spine(const sch_run *run, uint64_t *w, const sch_perm *order, const sch_align_size *size,
                        const sch_tag *tag);

/* D. tag: passes x data_rows, likewise; column: `columns` pointers to data_rows words each. */
sch_err sch_align_data(const sch_run *run, const sch_align_size *size, const sch_tag *tag,
                       const uint64_t *const *column);

/* H. w: spine_rows x columns words, H's share of W. links: `passes` numbers of rows that link. pass: spine_rows
 * numbers, by W's rows the pass in which each was matched, from 1, and 0 where it was not; may be NULL. join_ns: the
 * time that the join took, on the seat's clock. Of a tag that one side has twice in a
 * pass one row counts, and there is no error (join.h). */
sch_err sch_align_helper(const sch_run *run, uint64_t *w, size_t *links, uint8_t *pass, uint64_t *join_ns,
                         const sch_align_size *size);

#endif
