/* clear_rows.h - local parts in the clear, for clear_query: a part's rows as its statement gives them, and which rows
 * of the spine link to which of a data owner. */
#ifndef SCH_TESTS_SUPPORT_CLEAR_ROWS_H
#define SCH_TESTS_SUPPORT_CLEAR_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/ident/identifier.h"
#include "node/query/plan.h"
#include "node/source/source.h"

/* What a row is linked by in one pass: the identifier, or the two numbers of a link key. */
typedef struct clear_key {
    uint8_t length; /* 0: it has none */
    uint8_t byte[SCH_MAX_IDENTIFIER_BYTES + 8];
} clear_key;

/* One row of a local part. */
typedef struct clear_row {
    clear_key key[SCH_MAX_LINK_PASSES];
    bool kept; /* the spine's conditions hold */
    uint32_t group;
    uint64_t occurrence;
    size_t value; /* where its values begin */
} clear_row;

typedef struct clear_part {
    const sch_local *local;
    bool spine;
    sch_identifier_kind kind;
    clear_row *row;
    size_t rows, room;
    uint64_t *value;
    size_t values, value_room;
} clear_part;

/* A sch_source_sink with a clear_part as context: identifiers are normalised. */
sch_err clear_part_take(void *context, const sch_source_chunk *chunk);

/* When all rows are there: one row a person, as far as the plan says so (SCH_BAD_INPUT); a link key that another row
 * has too is none. */
sch_err clear_part_settle(clear_part *part);

void clear_part_free(clear_part *part);

enum { NOBODY = -1 };

/* Where a row of the spine is linked to: the row of the data owner, and the pass. */
typedef struct clear_link {
    ptrdiff_t row; /* NOBODY: nowhere */
    size_t pass;
} clear_link;

/* One pass after the other, among the rows that none before it linked. link: of each row of the spine. Without passes a
 * person of the spine may have several rows, and all of them link. */
sch_err clear_link_rows(clear_link *link, const clear_part *spine, const clear_part *data);

#endif
