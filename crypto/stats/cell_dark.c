#include "crypto/stats/cell_dark.h"

#include <string.h>

static void add_count(sch_cell_dark *d, sch_dark_count count)
{
    if (count.rule != NULL) {
        d->turns = count.turn + 1 > d->turns ? count.turn + 1 : d->turns;
        d->rules_of[count.turn]++;
        d->rules++;
    }
    d->count[d->counts++] = count;
}

static void find_counts_of(sch_cell_dark *d, size_t l)
{
    const sch_cell_list *list = &d->c->plan->list[l];
    size_t first = d->counts;
    size_t before = d->untold;
    for (size_t r = 0; r < list->rules; r++) {
        if (list->bound[r] > 1) {
            bool told = list->none[r] != SCH_CELL_NO_COMPARISON;
            d->untold += !told;
            add_count(d, (sch_dark_count){.list = l,
                                          .rule = &list->rule[r],
                                          .bound = list->bound[r],
                                          .turn = d->counts - first,
                                          .none = told ? d->counts : SCH_DARK_MAX_COUNTS});
        }
    }
    if (d->untold == before) {
        return;
    }
    for (size_t q = first; q < d->counts; q++) {
        d->count[q].none = d->count[q].none == SCH_DARK_MAX_COUNTS ? d->counts : d->count[q].none;
    }
    add_count(d, (sch_dark_count){.list = l, .none = d->counts});
}

/* L of the cells of all sets, as far as no finer set is shown: N. */
static void count_cells(sch_cell_dark *d)
{
    const sch_cell_plan *plan = d->c->plan;
    const uint64_t *nobody = plan->tells_zero ? d->c->zero.word + plan->list_of[0] * plan->shown : NULL;
    for (size_t q = 0; q < d->counts; q++) {
        const sch_cell_rule *rule = d->count[q].rule;
        uint64_t *least = d->least.word + q * plan->shown;
        if (rule != NULL) {
            sch_cell_check_count(least, d->c, rule->count, rule->less, plan->first, plan->shown);
            continue;
        }
        for (size_t i = 0; i < plan->shown; i++) {
            least[i] = d->c->one - (nobody == NULL ? 0 : nobody[i]);
        }
    }
}

/* ---- sets and pairs ---- */

static void find_sets(sch_cell_dark *d)
{
    const sch_cell_shape *shape = d->c->plan->shape;
    if (shape->shows_base) {
        d->set[d->sets++] = (sch_shown_set){sch_cell_all_keys(shape), 0, shape->base};
    }
    for (size_t i = 0; i < shape->set_count; i++) {
        d->set[d->sets++] = (sch_shown_set){shape->set[i], shape->set_first[i] - d->c->plan->first,
                                            sch_cell_set_size(shape, shape->set[i])};
    }
}

void sch_cell_dark_add_pair(sch_cell_dark *d, size_t a, size_t b, uint32_t keys, size_t rank_a, size_t rank_b)
{
    size_t cells = sch_cell_set_size(d->c->plan->shape, keys);
    d->pair[d->pairs++] = (sch_set_pair){a, b, keys, cells, d->pair_cells, {rank_a, rank_b}};
    d->pair_cells += cells;
    d->ranks = rank_a + 1 > d->ranks ? rank_a + 1 : d->ranks;
    d->ranks = rank_b + 1 > d->ranks ? rank_b + 1 : d->ranks;
}

void sch_cell_dark_drop_pairs(sch_cell_dark *d)
{
    d->pairs = d->pair_cells = d->ranks = 0;
}

void sch_cell_dark_sort_sides(sch_cell_dark *d, size_t sides)
{
    size_t next[SCH_DARK_MAX_SETS];
    memset(d->rank_first, 0, sizeof d->rank_first);
    memset(d->rank_cells, 0, sizeof d->rank_cells);
    for (size_t i = 0; i < d->pairs * sides; i++) {
        const sch_set_pair *p = &d->pair[i / sides];
        size_t side = i % sides;
        d->rank_first[p->rank[side] + 1]++;
        d->rank_cells[p->rank[side]] += d->set[side == 0 ? p->a : p->b].cells;
    }
    for (size_t rank = 0; rank < d->ranks; rank++) {
        next[rank] = d->rank_first[rank];
        d->rank_first[rank + 1] += d->rank_first[rank];
    }
    for (size_t i = 0; i < d->pairs * sides; i++) {
        size_t rank = d->pair[i / sides].rank[i % sides];
        d->side[next[rank]++] = (sch_pair_side){(uint16_t)(i / sides), (uint16_t)(i % sides)};
    }
}

/* ---- sums of what is in the dark ---- */

sch_err sch_cell_dark_find(sch_cell_dark *d, const sch_shown_set *set)
{
    sch_err err = SCH_NONE;
    size_t shown = d->c->plan->shown;
    sch_ring dark = {0};
    sch_ring hidden = {0};
    SCH_TRY(sch_cell_check_room(d->c, &dark, d->counts, set->cells));
    SCH_TRY(sch_cell_check_room(d->c, &hidden, d->counts, set->cells));
    for (size_t q = 0; q < d->counts && d->c->holds; q++) {
        const uint64_t *keep = sch_cell_dark_keep(d, q) + set->first;
        for (size_t cell = 0; cell < set->cells; cell++) {
            hidden.word[q * set->cells + cell] = d->c->one - keep[cell];
        }
        memcpy(dark.word + q * set->cells, d->least.word + q * shown + set->first, set->cells * sizeof *dark.word);
    }
    SCH_TRY(sch_cell_check_multiply(d->c, &dark, &hidden, d->counts * set->cells));
    for (size_t q = 0; q < d->counts && d->c->holds; q++) {
        memcpy(d->dark.word + q * shown + set->first, dark.word + q * set->cells, set->cells * sizeof *dark.word);
    }
out:
    sch_ring_clear(&hidden);
    sch_ring_clear(&dark);
    return err;
}

sch_err sch_cell_dark_sum(sch_cell_dark *d, sch_ring *sums, bool over_b)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_cell_check_room(d->c, sums, d->counts, d->pair_cells));
    if (!d->c->holds) {
        return SCH_NONE;
    }
    memset(sums->word, 0, sch_ring_bytes(sums));
    for (size_t i = 0; i < d->pairs; i++) {
        const sch_set_pair *p = &d->pair[i];
        const sch_shown_set *from = &d->set[over_b ? p->b : p->a];
        for (uint32_t cell = 0; cell < from->cells; cell++) {
            size_t to = p->at + sch_cell_project(d->c->plan->shape, from->keys, p->keys, cell);
            for (size_t q = 0; q < d->counts; q++) {
                sums->word[q * d->pair_cells + to] += d->dark.word[q * d->c->plan->shown + from->first + cell];
            }
        }
    }
out:
    return err;
}

/* Numbers the comparisons: [< t] by each rule, [< 1] by each count, or by those alone that `none` of one is. */
static void number_spans(sch_cell_dark *d, bool all)
{
    d->spans = 0;
    for (size_t q = 0; q < d->counts; q++) {
        d->count[q].few_at = sch_cell_dark_is_rule(d, q) ? d->spans++ : SIZE_MAX;
        d->count[q].none_at = all || sch_cell_dark_tells_zero(d, q) ? d->spans++ : SIZE_MAX;
    }
}

static void put_span(const sch_cell_dark *d, sch_ring *below, uint64_t *bound, size_t span, uint64_t value,
                     const uint64_t *sums)
{
    if (span == SIZE_MAX) {
        return;
    }
    bound[span] = value;
    if (d->c->holds) {
        memcpy(below->word + span * d->pair_cells, sums, d->pair_cells * sizeof *sums);
    }
}

sch_err sch_cell_dark_compare(sch_cell_dark *d, sch_ring *below, const sch_ring *sums, bool all)
{
    sch_err err = SCH_NONE;
    uint64_t bound[2 * SCH_DARK_MAX_COUNTS];
    number_spans(d, all);
    SCH_TRY(sch_cell_check_room(d->c, below, d->spans, d->pair_cells));
    for (size_t q = 0; q < d->counts; q++) {
        const uint64_t *of_count = d->c->holds ? sums->word + q * d->pair_cells : NULL;
        put_span(d, below, bound, d->count[q].few_at, d->count[q].bound, of_count);
        put_span(d, below, bound, d->count[q].none_at, 1, of_count);
    }
    SCH_TRY(sch_cell_check_compare(d->c, below, bound, d->spans, d->pair_cells));
out:
    return err;
}

/* ---- begin and end ---- */

sch_err sch_cell_dark_init(sch_cell_dark *d)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = d->c->plan;
    find_sets(d);
    for (size_t g = 0; g < plan->guarded; g++) {
        find_counts_of(d, plan->guarded_list[g]);
    }
    SCH_TRY(sch_cell_check_room(d->c, &d->least, d->counts, plan->shown));
    SCH_TRY(sch_cell_check_room(d->c, &d->dark, d->counts, plan->shown));
    if (d->c->holds) {
        count_cells(d);
    }
out:
    return err;
}

void sch_cell_dark_clear(sch_cell_dark *d)
{
    sch_ring_clear(&d->dark);
    sch_ring_clear(&d->least);
}
