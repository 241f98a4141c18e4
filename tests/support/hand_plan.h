/* hand_plan.h - a request and a plan of it by hand, with the opened words of its table, for the tests of what the
 * analyst's program makes of them.
 *
 * The plan has what results rest on and nothing else: keys, cells, rules and aggregates. Cell column 0 counts
 * persons; each aggregate has a count of its own and the sums that it needs, each in one limb, all under the count's
 * rule. Every function fails the test where it cannot do its work. */
#ifndef SCH_TESTS_SUPPORT_HAND_PLAN_H
#define SCH_TESTS_SUPPORT_HAND_PLAN_H

#include "node/query/result.h"
#include "tests/support/unit.h"

enum { HAND_COLUMNS = 8 };

typedef struct hand_plan {
    sch_request request;
    sch_plan plan;
    sch_column column[HAND_COLUMNS];
    size_t column_count;
    uint64_t *values, *states;
    sch_result result;
    sch_buf out;
} hand_plan;

/* min_persons 10, zeros are told. Two data sets: bijstand (alias b) of gemeente, banen (alias c) of cbs. */
hand_plan *hand_new(void);
void hand_free(hand_plan *h);

/* ---- expressions ---- */

uint32_t hand_op(hand_plan *h, sch_op op, size_t count, const uint32_t *argument);
#define HAND_OP(h, op, ...)                                                                                            \
    hand_op(h, op, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), (const uint32_t[]){__VA_ARGS__})
uint32_t hand_column(hand_plan *h, const char *name);
uint32_t hand_number(hand_plan *h, int64_t number, uint8_t decimals);
uint32_t hand_text(hand_plan *h, const char *text);

/* ---- the request ---- */

/* Groups on a column with `codes` texts, and an empty one where it is not required; gives the key's expression. */
uint32_t hand_key(hand_plan *h, const char *name, size_t codes, const char *const *code, bool required);
void hand_output(hand_plan *h, const char *name, uint32_t expression);
/* An aggregate of column "x" (and, of two arguments, of "y" before it), with so many decimals; gives its expression. */
uint32_t hand_aggregate(hand_plan *h, sch_op op, uint8_t decimals_x, uint8_t decimals_y);
/* A grouping set that keeps these keys. Without any call there is the one of all keys. */
void hand_set(hand_plan *h, uint32_t keys);

/* ---- the table ---- */

/* Lays cells out; all words are 0. */
void hand_lay(hand_plan *h);
void hand_put(hand_plan *h, uint16_t column, uint32_t cell, int64_t value);
/* Puts persons, the aggregate's count and, as far as it has them, S_x, S_y, S_xx, S_yy, S_xy. */
void hand_fill(hand_plan *h, uint32_t aggregate, uint32_t cell, int64_t persons, int64_t count, const int64_t *sums);
/* The plan's aggregate of an expression. */
sch_plan_aggregate *hand_find(hand_plan *h, uint32_t expression);
/* Margins are summed and every column gets the state that its first rule asks for, as the protocol does but for what
 * margins protect. */
void hand_disclose(hand_plan *h);

/* Makes the result. */
sch_err hand_make(hand_plan *h, bool show_empty);
/* The first printed row's value of an output as text, "." where it is suppressed and "NULL" where it is that.
 * Borrowed until the next call. */
const char *hand_shown(hand_plan *h, size_t row, size_t output);

#endif
