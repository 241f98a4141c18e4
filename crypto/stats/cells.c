#include "crypto/stats/cells.h"

#include <string.h>

#include "crypto/protocol/reshare.h"
#include "crypto/share/ring.h"
#include "crypto/stats/cell_sets.h"

enum { FIRST_STEP = 1 };

/* ---- sets ---- */

uint32_t sch_cell_set_size(const sch_cell_shape *shape, uint32_t keys)
{
    uint32_t size = 1;
    for (size_t k = 0; k < shape->key_count; k++) {
        size *= keys >> k & 1 ? shape->domain[k] : 1;
    }
    return size;
}

uint32_t sch_cell_project(const sch_cell_shape *shape, uint32_t from, uint32_t to, uint32_t cell)
{
    bool is_base = from == sch_cell_all_keys(shape); /* numbered by strides */
    uint32_t part = 0;
    uint32_t weight = 1;
    for (size_t k = shape->key_count; k-- > 0;) {
        if ((from >> k & 1) == 0) {
            continue;
        }
        uint32_t code = is_base ? cell / shape->stride[k] % shape->domain[k] : cell % shape->domain[k];
        cell = is_base ? cell : cell / shape->domain[k];
        if ((to >> k & 1) == 1) {
            part += weight * code;
            weight *= shape->domain[k];
        }
    }
    return part;
}

/* ---- the shape ---- */

/* Strides make a number of each combination of codes: in some order of the keys each stride is the product of the
 * domains before it. Keys of one code have no say. */
static sch_err check_keys(const sch_cell_shape *shape)
{
    sch_err err = SCH_NONE;
    uint64_t cells = 1;
    uint32_t placed = 0;
    SCH_TRY(sch_check(shape->key_count <= SCH_MAX_KEYS, SCH_BUG, "a table's number of keys is out of range"));
    for (size_t k = 0; k < shape->key_count; k++) {
        SCH_TRY(sch_check(shape->domain[k] >= 1 && shape->domain[k] <= SCH_MAX_GROUPS && shape->stride[k] >= 1, SCH_BUG,
                          "a key has no codes or no stride"));
        placed |= (uint32_t)(shape->domain[k] == 1) << k;
    }
    for (size_t turn = 0; turn < shape->key_count; turn++) {
        for (size_t k = 0; k < shape->key_count; k++) {
            if ((placed >> k & 1) == 0 && shape->stride[k] == cells) {
                cells *= shape->domain[k];
                placed |= UINT32_C(1) << k;
                SCH_TRY(sch_check(cells <= SCH_MAX_GROUPS, SCH_BUG, "a table has more cells than it can have"));
            }
        }
    }
    SCH_TRY(sch_check(placed == sch_cell_all_keys(shape) && cells == shape->base, SCH_BUG,
                      "strides do not number the cells"));
out:
    return err;
}

static sch_err check_sets(const sch_cell_shape *shape)
{
    sch_err err = SCH_NONE;
    uint64_t cells = shape->base;
    SCH_TRY(sch_check(shape->set_count <= SCH_MAX_GROUPING_SETS && (shape->shows_base || shape->set_count > 0), SCH_BUG,
                      "a table's number of grouping sets is out of range"));
    for (size_t i = 0; i < shape->set_count; i++) {
        uint32_t keys = shape->set[i];
        SCH_TRY(sch_check((keys & ~sch_cell_all_keys(shape)) == 0 && keys != sch_cell_all_keys(shape), SCH_BUG,
                          "a margin keeps keys that the table lacks, or all"));
        for (size_t j = 0; j < i; j++) {
            SCH_TRY(sch_check(shape->set[j] != keys && (shape->set[j] & keys) != shape->set[j], SCH_BUG,
                              "a grouping set stands before one that keeps its keys and more"));
        }
        SCH_TRY(sch_check(shape->set_first[i] == cells, SCH_BUG, "a margin's cells do not follow those before it"));
        cells += sch_cell_set_size(shape, keys);
        SCH_TRY(sch_check(cells <= SCH_MAX_GROUPS, SCH_BUG, "a table has more cells than it can have"));
    }
    SCH_TRY(sch_check(cells == shape->cells, SCH_BUG, "a table's cells are not those of its sets"));
out:
    return err;
}

sch_err sch_cell_shape_check(const sch_cell_shape *shape)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(shape->columns >= 1 && shape->columns <= SCH_MAX_TABLE_COLUMNS, SCH_BUG,
                      "a table's number of columns is out of range"));
    SCH_TRY(check_keys(shape));
    SCH_TRY(check_sets(shape));
    for (size_t j = 0; j < shape->columns; j++) {
        SCH_TRY(sch_check(shape->rule_count[j] >= 1 && shape->rule_count[j] <= SCH_MAX_COLUMN_RULES, SCH_BUG,
                          "a column's number of rules is out of range"));
        uint16_t other = shape->shown_with[j];
        SCH_TRY(sch_check(other == 0 || (other < shape->columns && other != j && shape->shown_with[other] == 0),
                          SCH_BUG, "a column is shown with one that cannot be"));
        for (size_t r = 0; r < shape->rule_count[j]; r++) {
            const sch_cell_rule *rule = &shape->rule[j][r];
            SCH_TRY(sch_check(rule->count < shape->columns &&
                                  (rule->less < shape->columns || rule->less == SCH_NO_COLUMN) && rule->times >= 1,
                              SCH_BUG, "a rule's column is out of range"));
        }
    }
out:
    return err;
}

/* ---- margins ---- */

void sch_cells_add_margins(uint64_t *values, const sch_cell_shape *shape)
{
    for (size_t j = 0; j < shape->columns; j++) {
        memset(values + j * shape->cells + shape->base, 0, (shape->cells - shape->base) * sizeof *values);
    }
    for (size_t i = 0; i < shape->set_count; i++) {
        for (uint32_t cell = 0; cell < shape->base; cell++) {
            uint32_t margin = sch_cell_project(shape, sch_cell_all_keys(shape), shape->set[i], cell);
            uint64_t *to = values + shape->set_first[i] + margin;
            const uint64_t *from = values + cell;
            for (size_t j = 0; j < shape->columns; j++) {
                to[j * shape->cells] += from[j * shape->cells];
            }
        }
    }
}

/* ---- sums that move ---- */

static bool holds(const sch_cast *cast, sch_party party)
{
    return party == cast->spine || party == cast->second;
}

/* What `from` holds passes to the holders of `to`. */
static sch_err move_share(const sch_seat *seat, uint64_t *total, const uint64_t *sums, size_t words, sch_party from,
                          const sch_cast *to, uint16_t step)
{
    const sch_run run = {seat, to->spine, to->second, from, step};
    sch_party self = seat->link->self;
    if (self == run.a) {
        return sch_reshare_a(&run, total, words, false);
    }
    if (self == run.b) {
        return sch_reshare_b(&run, total, words, false);
    }
    return self == run.c ? sch_reshare_c(&run, sums, words, false) : SCH_NONE;
}

sch_err sch_cells_move(const sch_seat *seat, uint64_t *total, const uint64_t *sums, size_t words, const sch_cast *from,
                       const sch_cast *to)
{
    sch_err err = SCH_NONE;
    sch_party self = seat->link->self;
    const sch_party holder[2] = {from->spine, from->second};
    SCH_TRY(sch_check(from->spine != from->second && to->spine != to->second, SCH_BUG, "sums are held by one party"));
    SCH_TRY(sch_check((sums != NULL || !holds(from, self)) && (total != NULL || !holds(to, self)), SCH_BUG,
                      "a holder lacks its share"));
    for (size_t h = 0; h < 2; h++) {
        if (!holds(to, holder[h])) {
            SCH_TRY(move_share(seat, total, sums, words, holder[h], to, (uint16_t)(FIRST_STEP + h)));
        } else if (self == holder[h]) { /* a share that stays */
            sch_ring_add(total, total, sums, words);
        }
    }
out:
    return err;
}
