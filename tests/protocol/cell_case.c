#include "tests/protocol/cell_case.h"

#include "tests/support/unit.h"

static size_t below(uint64_t *seed, size_t bound)
{
    return (size_t)(parties_random(seed) % bound);
}

/* ---- shapes ---- */

static uint32_t all_keys(const sch_cell_shape *shape)
{
    return (UINT32_C(1) << shape->key_count) - 1;
}

static bool keeps(uint32_t keys, size_t key)
{
    return (keys >> key & 1) == 1;
}

static uint32_t size_of_set(const sch_cell_shape *shape, uint32_t keys)
{
    uint32_t size = 1;
    for (size_t k = 0; k < shape->key_count; k++) {
        size *= keeps(keys, k) ? shape->domain[k] : 1;
    }
    return size;
}

static void draw_strides(sch_cell_shape *shape, uint64_t *seed)
{
    uint32_t stride = 1;
    uint32_t placed = 0;
    for (size_t n = 0; n < shape->key_count; n++) {
        size_t k = below(seed, shape->key_count);
        while (keeps(placed, k)) {
            k = (k + 1) % shape->key_count;
        }
        placed |= UINT32_C(1) << k;
        shape->stride[k] = stride;
        stride *= shape->domain[k];
    }
    shape->base = stride;
}

static bool is_wanted(const sch_cell_shape *shape, cell_sets sets, uint32_t keys, uint64_t *seed)
{
    switch (sets) {
    case CELLS_ALONE:
        return false;
    case CELLS_ROLLUP: /* the first keys */
        return (keys & (keys + 1)) == 0;
    case CELLS_CUBE:
        return true;
    default:
        return (keys == 0 && !shape->shows_base) || below(seed, 2) == 0;
    }
}

void cell_case_draw_shape(sch_cell_shape *shape, const uint32_t *domain, size_t keys, cell_sets sets, uint64_t *seed)
{
    *shape = (sch_cell_shape){.key_count = keys};
    memcpy(shape->domain, domain, keys * sizeof *domain);
    draw_strides(shape, seed);
    shape->cells = shape->base;
    shape->shows_base = keys == 0 || sets != CELLS_ANY_SETS || below(seed, 3) > 0;
    for (size_t kept = keys; kept-- > 0;) {
        for (uint32_t set = 0; set < all_keys(shape); set++) {
            if ((size_t)__builtin_popcount(set) == kept && is_wanted(shape, sets, set, seed)) {
                shape->set[shape->set_count] = set;
                shape->set_first[shape->set_count++] = shape->cells;
                shape->cells += size_of_set(shape, set);
            }
        }
    }
}

void cell_case_draw_rules(sch_cell_shape *shape, uint16_t columns, uint64_t *seed)
{
    shape->columns = columns;
    for (size_t j = 0; j < columns; j++) {
        shape->rule_count[j] = (uint8_t)(1 + below(seed, below(seed, 4) == 0 ? SCH_MAX_COLUMN_RULES : 3));
        for (size_t r = 0; r < shape->rule_count[j]; r++) {
            size_t counted = columns == 1 || j + r == 0 ? 0 : below(seed, 3); /* column 0 says where nobody is */
            shape->rule[j][r] = (sch_cell_rule){.count = counted == 1,
                                                .less = counted == 2 ? 1 : SCH_NO_COLUMN,
                                                .times = (uint32_t)(below(seed, 4) == 0 ? 2 : 1),
                                                .zero = below(seed, 2) == 0};
        }
        size_t other = j == 0 || below(seed, 3) > 0 ? 0 : 1 + below(seed, j);
        shape->shown_with[j] = (uint16_t)(other < j && shape->shown_with[other] == 0 ? other : 0);
    }
}

/* ---- clear text ---- */

/* The code of a key in a cell of a set that keeps it. */
static uint32_t code_of(const sch_cell_shape *shape, uint32_t keys, uint32_t cell, size_t key)
{
    if (keys == all_keys(shape)) {
        return cell / shape->stride[key] % shape->domain[key];
    }
    for (size_t k = shape->key_count; k-- > key + 1;) {
        cell /= keeps(keys, k) ? shape->domain[k] : 1;
    }
    return cell % shape->domain[key];
}

/* Whether a finer cell is part of a coarser one. */
static bool is_part(const sch_cell_shape *shape, uint32_t finer, uint32_t part, uint32_t keys, uint32_t cell)
{
    bool is = true;
    for (size_t k = 0; k < shape->key_count; k++) {
        is = is && (!keeps(keys, k) || code_of(shape, finer, part, k) == code_of(shape, keys, cell, k));
    }
    return is;
}

static uint64_t *clear_at(const cell_case *c, size_t column, size_t cell)
{
    return c->clear.word + column * c->shape.cells + cell;
}

static void sum_margins(cell_case *c)
{
    const sch_cell_shape *shape = &c->shape;
    for (size_t i = 0; i < shape->set_count; i++) {
        for (uint32_t cell = 0; cell < size_of_set(shape, shape->set[i]); cell++) {
            for (size_t j = 0; j < shape->columns; j++) {
                *clear_at(c, j, shape->set_first[i] + cell) = 0;
            }
            for (uint32_t part = 0; part < shape->base; part++) {
                bool is = is_part(shape, all_keys(shape), part, shape->set[i], cell);
                for (size_t j = 0; j < shape->columns && is; j++) {
                    *clear_at(c, j, shape->set_first[i] + cell) += *clear_at(c, j, part);
                }
            }
        }
    }
}

static uint64_t persons(const cell_case *c, const sch_cell_rule *rule, size_t cell)
{
    return *clear_at(c, rule->count, cell) - (rule->less == SCH_NO_COLUMN ? 0 : *clear_at(c, rule->less, cell));
}

static uint64_t asked(const cell_case *c, const sch_cell_rule *rule)
{
    uint64_t bound = (uint64_t)c->rules.min_persons * rule->times;
    return bound < 1 ? 1 : bound;
}

/* By its own rules alone. */
static sch_cell_state state_of(const cell_case *c, size_t column, size_t cell)
{
    sch_cell_state state = SCH_CELL_RELEASED;
    for (size_t r = 0; r < c->shape.rule_count[column]; r++) {
        const sch_cell_rule *rule = &c->shape.rule[column][r];
        uint64_t counted = persons(c, rule, cell);
        bool zero = counted == 0 && rule->zero && c->rules.show_zero;
        if (counted < asked(c, rule) && !zero) {
            return SCH_CELL_SUPPRESSED;
        }
        state = zero && r == 0 ? SCH_CELL_ZERO : state;
    }
    return state;
}

/* ---- margins in clear text ---- */

/* The sets that are shown, the base cells among them, in the order of the table. */
typedef struct set_list {
    size_t sets;
    uint32_t keys[SCH_MAX_GROUPING_SETS + 1];
    size_t first[SCH_MAX_GROUPING_SETS + 1];
} set_list;

static set_list list_sets(const sch_cell_shape *shape)
{
    set_list list = {0};
    if (shape->shows_base) {
        list.keys[list.sets++] = all_keys(shape);
    }
    for (size_t i = 0; i < shape->set_count; i++) {
        list.keys[list.sets] = shape->set[i];
        list.first[list.sets++] = shape->set_first[i];
    }
    return list;
}

static bool is_finer(uint32_t finer, uint32_t keys)
{
    return finer != keys && (finer & keys) == keys;
}

static bool is_nearest(const set_list *list, uint32_t finer, uint32_t keys)
{
    bool nearest = is_finer(finer, keys);
    for (size_t i = 0; i < list->sets; i++) {
        nearest = nearest && !(is_finer(finer, list->keys[i]) && is_finer(list->keys[i], keys));
    }
    return nearest;
}

/* What is counted in the dark of one column, by cell: the persons of each of its rules, and the cells themselves. */
enum { CELLS_COUNT = SCH_MAX_COLUMN_RULES, DARK_COUNTS };

typedef struct dark {
    size_t column;
    uint64_t *least[DARK_COUNTS];
} dark;

static bool is_guarded(const cell_case *c, const sch_cell_rule *rule)
{
    return asked(c, rule) > 1;
}

/* What the cells of a set leave in the dark of a cell of some of its keys, by one count. */
static uint64_t left_of(const cell_case *c, const dark *d, size_t count, uint32_t from, size_t first, uint32_t keys,
                        uint32_t cell)
{
    uint64_t left = 0;
    for (uint32_t part = 0; part < size_of_set(&c->shape, from); part++) {
        uint64_t state = c->expected_states.word[d->column * c->shape.cells + first + part];
        bool hidden = state != (uint64_t)SCH_CELL_RELEASED;
        left += hidden && is_part(&c->shape, from, part, keys, cell) ? d->least[count][first + part] : 0;
    }
    return left;
}

static void suppress(cell_case *c, size_t column, size_t cell)
{
    uint64_t *state = c->expected_states.word + column * c->shape.cells + cell;
    if (*state == (uint64_t)SCH_CELL_RELEASED) {
        *state = SCH_CELL_SUPPRESSED;
        c->given_away++;
    }
}

/* Whether so much in the dark by rule r, of so many cells, would give too few away. */
static bool is_too_few(const cell_case *c, size_t column, size_t r, uint64_t left, uint64_t left_cells)
{
    const sch_cell_rule *rule = &c->shape.rule[column][r];
    bool told = rule->zero && c->rules.show_zero;
    return is_guarded(c, rule) && left < asked(c, rule) && (told ? left > 0 : left_cells > 0);
}

/* A cell of set i against its nearest finer sets. */
static void check_margin(cell_case *c, dark *d, const set_list *list, size_t i, uint32_t cell)
{
    size_t at = list->first[i] + cell;
    bool is_finest = true;
    uint64_t lowest[DARK_COUNTS];
    memset(lowest, 0xff, sizeof lowest);
    for (size_t f = 0; f < i; f++) {
        uint64_t left[DARK_COUNTS] = {0};
        if (!is_nearest(list, list->keys[f], list->keys[i])) {
            continue;
        }
        is_finest = false;
        for (size_t q = 0; q < DARK_COUNTS; q++) {
            left[q] = left_of(c, d, q, list->keys[f], list->first[f], list->keys[i], cell);
            lowest[q] = left[q] < lowest[q] ? left[q] : lowest[q];
        }
        for (size_t r = 0; r < c->shape.rule_count[d->column]; r++) {
            if (is_too_few(c, d->column, r, left[r], left[CELLS_COUNT])) {
                c->by_later_rules +=
                    r > 0 && c->expected_states.word[d->column * c->shape.cells + at] == (uint64_t)SCH_CELL_RELEASED;
                suppress(c, d->column, at);
            }
        }
    }
    for (size_t q = 0; q < DARK_COUNTS; q++) {
        bool has = q < c->shape.rule_count[d->column];
        bool nobody = c->expected_states.word[at] == (uint64_t)SCH_CELL_ZERO; /* column 0 */
        uint64_t own = q == CELLS_COUNT ? !nobody : has ? persons(c, &c->shape.rule[d->column][q], at) : 0;
        d->least[q][at] = is_finest ? own : lowest[q];
    }
}

/* Whether what set a shows of a cell that it shares with b tells what b leaves in the dark of it. */
static bool tells_other(const cell_case *c, const dark *d, const set_list *list, size_t a, size_t b, uint32_t cell)
{
    const size_t set[2] = {a, b};
    uint64_t left[2][DARK_COUNTS];
    bool tells = false;
    for (size_t i = 0; i < 2 * DARK_COUNTS; i++) {
        left[i % 2][i / 2] =
            left_of(c, d, i / 2, list->keys[set[i % 2]], list->first[set[i % 2]], list->keys[a] & list->keys[b], cell);
    }
    for (size_t r = 0; r < c->shape.rule_count[d->column]; r++) {
        bool few = is_too_few(c, d->column, r, left[1][r], left[1][CELLS_COUNT]);
        tells = tells || (few && left[1][r] > 0 && left[0][r] == 0) ||
                (few && left[1][r] == 0 && left[0][CELLS_COUNT] == 0);
    }
    return tells;
}

/* Sets that cross. */
static void check_crossing(cell_case *c, const dark *d, const set_list *list)
{
    bool *hides = calloc(c->shape.cells, sizeof *hides);
    assert_non_null(hides);
    for (size_t n = 0; n < list->sets * list->sets; n++) {
        size_t a = n / list->sets;
        size_t b = n % list->sets;
        uint32_t both = list->keys[a] & list->keys[b];
        for (uint32_t cell = 0; both != list->keys[a] && both != list->keys[b] && cell < size_of_set(&c->shape, both);
             cell++) {
            bool tells = tells_other(c, d, list, a, b, cell);
            for (uint32_t i = 0; tells && i < size_of_set(&c->shape, list->keys[a]); i++) {
                hides[list->first[a] + i] |= is_part(&c->shape, list->keys[a], i, both, cell);
            }
        }
    }
    for (size_t cell = 0; cell < c->shape.cells; cell++) {
        if (hides[cell]) {
            suppress(c, d->column, cell);
        }
    }
    free(hides);
}

static void check_sets(cell_case *c, size_t column)
{
    const set_list list = list_sets(&c->shape);
    dark d = {.column = column};
    for (size_t q = 0; q < DARK_COUNTS; q++) {
        d.least[q] = calloc(c->shape.cells, sizeof *d.least[q]);
        assert_non_null(d.least[q]);
    }
    for (size_t i = 0; i < list.sets; i++) {
        for (uint32_t cell = 0; cell < size_of_set(&c->shape, list.keys[i]); cell++) {
            check_margin(c, &d, &list, i, cell);
        }
    }
    check_crossing(c, &d, &list);
    for (size_t q = 0; q < DARK_COUNTS; q++) {
        free(d.least[q]);
    }
}

/* A column that is shown with another one. */
static void show_together(cell_case *c, size_t column)
{
    uint16_t other = c->shape.shown_with[column];
    for (size_t cell = 0; other != 0 && cell < c->shape.cells; cell++) {
        uint64_t *state = c->expected_states.word + column * c->shape.cells + cell;
        if (*state != c->expected_states.word[other * c->shape.cells + cell]) {
            c->by_other_columns += *state == (uint64_t)SCH_CELL_RELEASED;
            *state = SCH_CELL_SUPPRESSED;
        }
    }
}

static void expect(cell_case *c)
{
    const sch_cell_shape *shape = &c->shape;
    sum_margins(c);
    c->seen = c->zeros = c->suppressed = c->given_away = c->by_later_rules = c->by_other_columns = 0;
    for (size_t j = 0; j < shape->columns; j++) {
        for (size_t cell = 0; cell < shape->cells; cell++) {
            bool hidden = cell < shape->base && !shape->shows_base;
            c->expected_states.word[j * shape->cells + cell] = hidden ? SCH_CELL_SUPPRESSED : state_of(c, j, cell);
        }
        check_sets(c, j);
    }
    for (size_t j = 0; j < shape->columns; j++) {
        show_together(c, j);
        for (size_t cell = 0; cell < shape->cells; cell++) {
            uint64_t state = c->expected_states.word[j * shape->cells + cell];
            bool seen = state == (uint64_t)SCH_CELL_RELEASED;
            c->expected_values.word[j * shape->cells + cell] = seen ? *clear_at(c, j, cell) : 0;
            c->seen += seen;
            c->zeros += state == (uint64_t)SCH_CELL_ZERO;
            c->suppressed += state == (uint64_t)SCH_CELL_SUPPRESSED;
        }
    }
}

/* ---- the case ---- */

void cell_case_set(cell_case *c, const uint64_t *base, uint64_t *seed)
{
    for (size_t i = 0; i < c->clear.count; i++) {
        size_t cell = i % c->shape.cells;
        c->clear.word[i] = cell < c->shape.base ? base[i / c->shape.cells * c->shape.base + cell] : 0;
        c->values[0].word[i] = parties_random(seed); /* margins hold anything before they are added */
        c->values[1].word[i] = cell < c->shape.base ? c->clear.word[i] - c->values[0].word[i] : parties_random(seed);
    }
    expect(c);
}

void cell_case_init(cell_case *c, const sch_cell_shape *shape, sch_disclosure rules, uint64_t most, uint64_t *seed)
{
    *c = (cell_case){.shape = *shape, .rules = rules, .cast = {.spine = 0, .second = 1, .third = 2}};
    unit_assert_ok(sch_cell_shape_check(shape));
    size_t words = (size_t)shape->columns * shape->cells;
    sch_ring *rings[] = {&c->clear,     &c->values[0],       &c->values[1],      &c->states[0],
                         &c->states[1], &c->expected_values, &c->expected_states};
    for (size_t i = 0; i < sizeof rings / sizeof *rings; i++) {
        unit_assert_ok(sch_ring_init_zero(rings[i], words, 1));
    }
    sch_ring base = {0};
    unit_assert_ok(sch_ring_init(&base, shape->columns, shape->base));
    for (size_t i = 0; i < base.count; i++) {
        uint64_t word = parties_random(seed);
        size_t column = i / shape->base;
        bool few = parties_random(seed) % 3 == 0; /* many cells with nobody, or all of them in both counts */
        base.word[i] = column == 0   ? (few ? 0 : word % (most + 1))
                       : column == 1 ? (few ? base.word[i - shape->base] : word % (base.word[i - shape->base] + 1))
                                     : word;
    }
    cell_case_set(c, base.word, seed);
    sch_ring_clear(&base);
}

void cell_case_clear(cell_case *c)
{
    for (size_t p = 0; p < 2; p++) {
        sch_ring_clear(&c->values[p]);
        sch_ring_clear(&c->states[p]);
    }
    sch_ring_clear(&c->clear);
    sch_ring_clear(&c->expected_values);
    sch_ring_clear(&c->expected_states);
    *c = (cell_case){0};
}

sch_err cell_case_play(const sch_seat *seat, void *context)
{
    cell_case *c = context;
    sch_party self = seat->link->self;
    if (self > 2) {
        return SCH_NONE;
    }
    if (self == 2) {
        return sch_cells_disclose(seat, NULL, NULL, &c->shape, &c->rules, &c->cast);
    }
    sch_cells_add_margins(c->values[self].word, &c->shape);
    return sch_cells_disclose(seat, c->values[self].word, c->states[self].word, &c->shape, &c->rules, &c->cast);
}

sch_err cell_case_run(cell_case *c, size_t window, uint64_t seed)
{
    local_net *net = local_net_new(window, 3);
    assert_non_null(net);
    test_parties parties;
    parties_init(&parties, net, 3, seed, SCH_SHARD_CELLS, NULL);
    sch_err err = parties_run(&parties, cell_case_play, c);
    c->bytes_sent = 0;
    for (sch_party p = 0; p < 3; p++) {
        c->bytes_sent += local_net_bytes_sent(net, p);
    }
    local_net_free(net);
    return err;
}

void cell_case_assert_disclosed(const cell_case *c)
{
    size_t wrong = 0;
    for (size_t i = 0; i < c->clear.count; i++) {
        wrong += c->values[0].word[i] + c->values[1].word[i] != c->expected_values.word[i] ||
                 c->states[0].word[i] + c->states[1].word[i] != c->expected_states.word[i];
    }
    assert_int_equal(wrong, 0);
}
