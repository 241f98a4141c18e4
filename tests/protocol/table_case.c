#include "tests/protocol/table_case.h"

#include "tests/support/unit.h"

static size_t below(uint64_t *seed, size_t bound)
{
    return (size_t)(parties_random(seed) % bound);
}

static uint64_t draw_value(const table_size *size, uint64_t *seed)
{
    uint64_t word = parties_random(seed);
    return size->largest == 0 ? word : word % (2 * size->largest + 1) - size->largest;
}

/* ---- the cast ---- */

static void swap_parties(sch_party *parties, size_t count, uint64_t *seed)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = below(seed, i);
        sch_party kept = parties[i - 1];
        parties[i - 1] = parties[other];
        parties[other] = kept;
    }
}

static void draw_cast(table_case *c, uint64_t *seed)
{
    sch_party all[SCH_MAX_PARTIES];
    bool fits = false;
    for (size_t tries = 0; !fits && tries < 1000; tries++) {
        for (size_t p = 0; p < c->size.parties && p < SCH_MAX_PARTIES; p++) {
            all[p] = (sch_party)p;
        }
        swap_parties(all, c->size.parties, seed);
        c->cast = (sch_cast){.spine = all[0], .second = all[1], .third = all[2]};
        swap_parties(all + 1, c->size.parties - 1, seed);
        memcpy(c->cast.data, all + 1, c->size.owners * sizeof *all);
        swap_parties(all + 1, c->size.parties - 1, seed);
        memcpy(c->cast.helper, all + 1, c->size.owners * sizeof *all);
        fits = !sch_failed(sch_cast_check(&c->cast, &c->shape));
    }
    assert_true(fits);
}

/* ---- the shape ---- */

/* A bound of what a step makes from what its registers come to; no bound is DBL_MAX-like large. */
static double bound_of_step(const sch_row_step *step, const double *bound)
{
    if (step->op == SCH_ROW_NEGATIVE) {
        return 1;
    }
    if (step->op == SCH_ROW_PRODUCT) {
        return bound[step->a] * bound[step->b];
    }
    double a = (double)step->factor_a * bound[step->a];
    double b = (double)step->factor_b * bound[step->b];
    double constant = (double)step->constant;
    return (a < 0 ? -a : a) + (b < 0 ? -b : b) + (constant < 0 ? -constant : constant);
}

static void draw_step(sch_row_step *step, size_t registers, const double *bound, uint64_t *seed)
{
    enum { FACTORS = 11 };
    *step = (sch_row_step){.op = (sch_row_op)(1 + below(seed, 3)),
                           .a = (uint16_t)below(seed, registers),
                           .b = (uint16_t)below(seed, registers)};
    if (step->op == SCH_ROW_PRODUCT) {
        return;
    }
    bool compares = step->op == SCH_ROW_NEGATIVE;
    step->factor_a = (int64_t)below(seed, FACTORS) - FACTORS / 2;
    step->factor_b = (int64_t)below(seed, FACTORS) - FACTORS / 2;
    step->constant = (int64_t)below(seed, FACTORS) - FACTORS / 2;
    if (below(seed, 4) == 0) {
        step->b = step->a;
        step->factor_b = 0;
    }
    step->op = SCH_ROW_LINEAR;
    if (compares && bound_of_step(step, bound) < 4e18) { /* 2^62 is 4.6e18 */
        step->op = SCH_ROW_NEGATIVE;
    }
}

static void draw_shape(table_case *c, uint64_t *seed)
{
    const table_size *size = &c->size;
    sch_table_shape *shape = &c->shape;
    double bound[SCH_MAX_REGISTERS];
    *shape = (sch_table_shape){.spine_groups = size->spine_groups,
                               .groups = size->spine_groups,
                               .spine_columns = size->spine_columns,
                               .data_owners = (uint16_t)size->owners,
                               .passes = size->passes == 0 ? 1 : size->passes,
                               .steps = size->steps};
    for (size_t d = 0; d < size->owners; d++) {
        shape->data[d] = (sch_data_shape){size->owner[d].columns, size->owner[d].codes,
                                          size->indicators[d] ? shape->passes : 0, size->ones[d]};
        shape->groups *= size->owner[d].codes;
    }
    size_t registers = sch_table_register(shape, size->owners);
    for (size_t r = 0; r < registers; r++) {
        bound[r] = size->largest == 0 ? 2e19 : (double)size->largest;
    }
    for (size_t s = 0; s < size->steps; s++, registers++) {
        draw_step(&shape->step[s], registers, bound, seed);
        bound[registers] = bound_of_step(&shape->step[s], bound);
    }
    shape->columns = size->columns == 0 ? size->owner[0].columns : size->columns;
    for (size_t j = 0; j < shape->columns; j++) {
        /* Mostly what the steps make. */
        bool step = size->steps > 0 && below(seed, 3) > 0;
        size_t any = step ? registers - 1 - below(seed, size->steps) : below(seed, registers);
        shape->column[j] = (uint16_t)(size->columns == 0 ? size->spine_columns + j : any);
    }
}

/* ---- the rows ---- */

static size_t rows_of(const table_size *size, size_t owner)
{
    return owner == 0 ? size->spine_rows : size->owner[owner - 1].rows;
}

/* Numbers below `rows` in a random order. */
static size_t *draw_order(size_t rows, uint64_t *seed)
{
    size_t *place = calloc(rows + 1, sizeof *place);
    assert_non_null(place);
    for (size_t j = 0; j < rows; j++) {
        size_t other = below(seed, j + 1);
        place[j] = place[other];
        place[other] = j;
    }
    return place;
}

/* Which rows of the spine and the data owner agree in one pass: `links` of them, each with another. */
static void draw_partners(size_t *partner, size_t spine_rows, size_t data_rows, size_t links, uint64_t *seed)
{
    size_t taken = 0;
    size_t *place = draw_order(data_rows, seed);
    for (size_t i = 0; i < spine_rows; i++) {
        bool is_linked = below(seed, spine_rows - i) < links - taken;
        partner[i] = is_linked ? place[taken] : SIZE_MAX;
        taken += is_linked;
    }
    assert_int_equal(taken, links);
    free(place);
}

/* Has about half of the rows that are matched agree in this pass as they did before. */
static void repeat_matches(size_t *partner, const table_case *c, size_t d, uint64_t *seed)
{
    size_t *with = calloc(c->size.owner[d].rows + 1, sizeof *with); /* who has a row of the data owner, from 1 */
    assert_non_null(with);
    for (size_t i = 0; i < c->size.spine_rows; i++) {
        if (partner[i] != SIZE_MAX) {
            with[partner[i]] = i + 1;
        }
    }
    for (size_t i = 0; i < c->size.spine_rows; i++) {
        size_t match = c->match[d][i];
        if (match == SIZE_MAX || partner[i] == match || below(seed, 2) == 0) {
            continue;
        }
        size_t other = with[match];
        if (other > 0) {
            partner[other - 1] = partner[i];
        }
        if (partner[i] != SIZE_MAX) {
            with[partner[i]] = other;
        }
        partner[i] = match;
        with[match] = i + 1;
    }
    free(with);
}

/* Tags of one pass: those of partners are the same. */
static void make_tags(table_case *c, size_t d, size_t pass, const size_t *partner, uint64_t base)
{
    size_t rows = c->size.owner[d].rows;
    size_t kinds = (size_t)TABLE_MAX_OWNERS * 2 * SCH_MAX_LINK_PASSES;
    size_t kind = (pass * TABLE_MAX_OWNERS + d) * 2;
    sch_tag *spine = c->tag[0][d] + pass * c->size.spine_rows;
    sch_tag *data = c->tag[1 + d][d] + pass * rows;
    for (size_t j = 0; j < rows; j++) {
        data[j] = parties_tag((base + j) * kinds + kind + 1);
    }
    for (size_t i = 0; i < c->size.spine_rows; i++) {
        spine[i] = parties_tag((base + i) * kinds + kind);
        if (partner[i] != SIZE_MAX) {
            data[partner[i]] = spine[i];
        }
    }
}

/* What one pass matches, of rows that agree. taken: the data owner's rows that are matched. */
static void match_partners(table_case *c, size_t d, size_t pass, const size_t *partner, bool *taken)
{
    c->links[d][pass] = 0;
    for (size_t i = 0; i < c->size.spine_rows; i++) {
        if (partner[i] == SIZE_MAX) {
            continue;
        }
        if (c->pass[d][i] == 0 && !taken[partner[i]]) {
            c->match[d][i] = partner[i];
            c->pass[d][i] = (uint8_t)(pass + 1);
            taken[partner[i]] = true;
            c->links[d][pass]++;
        } else if (c->match[d][i] == partner[i]) {
            c->agree[d]++;
        } else {
            c->clash[d]++;
        }
    }
}

/* Tags and matches with data owner d. */
static void draw_owner(table_case *c, size_t d, uint64_t base, uint64_t *seed)
{
    size_t rows = c->size.owner[d].rows;
    size_t spine_rows = c->size.spine_rows;
    size_t smaller = rows < spine_rows ? rows : spine_rows;
    size_t *partner = calloc(spine_rows + 1, sizeof *partner);
    bool *taken = calloc(rows + 1, sizeof *taken);
    assert_true(partner != NULL && taken != NULL);
    c->agree[d] = c->clash[d] = 0;
    for (size_t i = 0; i < spine_rows; i++) {
        c->match[d][i] = SIZE_MAX;
        c->pass[d][i] = 0;
    }
    for (size_t p = 0; p < c->shape.passes; p++) {
        draw_partners(partner, spine_rows, rows, p == 0 ? c->size.owner[d].links : below(seed, smaller + 1), seed);
        if (p > 0) {
            repeat_matches(partner, c, d, seed);
        }
        make_tags(c, d, p, partner, base);
        match_partners(c, d, p, partner, taken);
    }
    for (size_t j = 0; j < rows; j++) {
        c->group[1 + d][j] = (uint32_t)below(seed, c->size.owner[d].codes);
    }
    free(taken);
    free(partner);
}

/* Which of the spine's rows are in no group. */
static void draw_outside(table_case *c, uint64_t *seed)
{
    size_t rows = c->size.spine_rows;
    size_t *place = draw_order(rows, seed);
    for (size_t i = 0; i < rows && c->shape.passes > 1; i++) {
        if (place[i] < c->size.outside) {
            c->group[0][i] = c->shape.spine_groups;
        }
    }
    free(place);
}

static size_t columns_of(const table_size *size, size_t owner)
{
    return owner == 0 ? size->spine_columns : size->owner[owner - 1].columns;
}

void table_case_draw(table_case *c, uint64_t *seed)
{
    uint64_t base = parties_random(seed) >> 8;
    for (size_t i = 0; i < c->size.spine_rows; i++) {
        c->group[0][i] = (uint32_t)below(seed, c->size.spine_groups);
    }
    for (size_t d = 0; d < c->size.owners; d++) {
        draw_owner(c, d, base, seed);
    }
    draw_outside(c, seed);
    for (size_t owner = 0; owner <= c->size.owners; owner++) {
        for (size_t k = 0; k < columns_of(&c->size, owner); k++) {
            for (size_t i = 0; i < rows_of(&c->size, owner); i++) {
                c->column[owner][k][i] = owner > 0 && k == 0 ? 1 : draw_value(&c->size, seed);
            }
        }
    }
    table_case_sum(c);
}

/* ---- the sums ---- */

/* The registers of one row of the spine. */
static void compute_row(const table_case *c, uint64_t *reg, size_t i)
{
    const sch_table_shape *shape = &c->shape;
    size_t r = 0;
    for (size_t k = 0; k < shape->spine_columns; k++) {
        reg[r++] = c->column[0][k][i];
    }
    for (size_t d = 0; d < shape->data_owners; d++) {
        for (size_t k = 0; k < shape->data[d].columns; k++) {
            reg[r++] = c->match[d][i] == SIZE_MAX ? 0 : c->column[1 + d][k][c->match[d][i]];
        }
        for (size_t p = 0; p < shape->data[d].indicators; p++) {
            reg[r++] = c->pass[d][i] == p + 1;
        }
    }
    for (size_t s = 0; s < shape->steps; s++) {
        const sch_row_step *step = &shape->step[s];
        uint64_t linear = (uint64_t)step->factor_a * reg[step->a] + (uint64_t)step->factor_b * reg[step->b] +
                          (uint64_t)step->constant;
        reg[r++] = step->op == SCH_ROW_PRODUCT  ? reg[step->a] * reg[step->b]
                   : step->op == SCH_ROW_LINEAR ? linear
                                                : (int64_t)linear < 0;
    }
}

bool table_case_is_grouped(const table_case *c, size_t row)
{
    return c->group[0][row] < c->shape.spine_groups;
}

void table_case_sum(table_case *c)
{
    const sch_table_shape *shape = &c->shape;
    uint64_t reg[SCH_MAX_REGISTERS];
    memset(c->expected.word, 0, sch_ring_bytes(&c->expected));
    for (size_t i = 0; i < c->size.spine_rows; i++) {
        if (!table_case_is_grouped(c, i)) {
            continue;
        }
        compute_row(c, reg, i);
        uint32_t w = 0;
        for (size_t d = shape->data_owners; d-- > 0;) {
            uint32_t code = c->match[d][i] == SIZE_MAX ? 0 : c->group[1 + d][c->match[d][i]];
            w = w * shape->data[d].codes + code;
        }
        size_t group = c->group[0][i] + (size_t)shape->spine_groups * w;
        for (size_t j = 0; j < shape->columns; j++) {
            c->expected.word[j * shape->groups + group] += reg[shape->column[j]];
        }
    }
}

/* ---- the case ---- */

void table_case_init(table_case *c, const table_size *size, uint64_t *seed)
{
    *c = (table_case){.size = *size};
    draw_shape(c, seed);
    unit_assert_ok(sch_table_shape_check(&c->shape));
    draw_cast(c, seed);
    c->shard_size.spine_rows = size->spine_rows;
    assert_true(size->outside <= size->spine_rows);
    for (size_t owner = 0; owner <= size->owners; owner++) {
        size_t rows = rows_of(size, owner);
        assert_true(columns_of(size, owner) <= TABLE_MAX_OWN_COLUMNS);
        c->group[owner] = calloc(rows + 1, sizeof *c->group[owner]);
        assert_non_null(c->group[owner]);
        for (size_t k = 0; k < columns_of(size, owner); k++) {
            c->column[owner][k] = calloc(rows + 1, sizeof *c->column[owner][k]);
            assert_non_null(c->column[owner][k]);
        }
        c->rows[owner] = (sch_table_rows){
            .rows = rows, .group = c->group[owner], .column = (const uint64_t *const *)c->column[owner]};
        if (owner > 0 && size->owner[owner - 1].codes == 1) {
            c->rows[owner].group = NULL;
        }
    }
    for (size_t d = 0; d < size->owners; d++) {
        size_t passes = c->shape.passes;
        assert_true(size->owner[d].links <= size->spine_rows && size->owner[d].links <= size->owner[d].rows);
        c->shard_size.data_rows[d] = size->owner[d].rows;
        c->match[d] = calloc(size->spine_rows + 1, sizeof *c->match[d]);
        c->pass[d] = calloc(size->spine_rows + 1, sizeof *c->pass[d]);
        c->tag[0][d] = calloc(passes * size->spine_rows + 1, sizeof *c->tag[0][d]);
        c->tag[1 + d][d] = calloc(passes * size->owner[d].rows + 1, sizeof *c->tag[1 + d][d]);
        assert_true(c->match[d] != NULL && c->pass[d] != NULL && c->tag[0][d] != NULL && c->tag[1 + d][d] != NULL);
        c->rows[0].tag[d] = c->tag[0][d];
        c->rows[1 + d].tag[d] = c->tag[1 + d][d];
    }
    unit_assert_ok(sch_ring_init_zero(&c->expected, c->shape.columns, c->shape.groups));
    for (size_t p = 0; p < 2; p++) {
        unit_assert_ok(sch_ring_init_zero(&c->sums[p], c->expected.count, 1));
    }
    table_case_draw(c, seed);
}

void table_case_clear(table_case *c)
{
    for (size_t owner = 0; owner <= c->size.owners; owner++) {
        free(c->group[owner]);
        for (size_t k = 0; k < TABLE_MAX_OWN_COLUMNS; k++) {
            free(c->column[owner][k]);
        }
        for (size_t d = 0; d < c->size.owners; d++) {
            free(c->tag[owner][d]);
        }
    }
    for (size_t d = 0; d < c->size.owners; d++) {
        free(c->match[d]);
        free(c->pass[d]);
    }
    sch_ring_clear(&c->expected);
    sch_ring_clear(&c->sums[0]);
    sch_ring_clear(&c->sums[1]);
    *c = (table_case){0};
}

sch_err table_case_play(const sch_seat *seat, void *context)
{
    table_case *c = context;
    sch_party self = seat->link->self;
    const sch_cast *cast = &c->cast;
    const sch_table_rows *rows = self == cast->spine ? &c->rows[0] : NULL;
    for (size_t d = 0; d < c->size.owners; d++) {
        rows = self == cast->data[d] ? &c->rows[1 + d] : rows;
    }
    uint64_t *sums = self == cast->spine ? c->sums[0].word : self == cast->second ? c->sums[1].word : NULL;
    if (!sch_cast_has(cast, &c->shape, self)) {
        return SCH_NONE;
    }
    return sch_linked_table_run(seat, sums, &c->facts[self], &c->times[self], &c->shape, cast, &c->shard_size, rows);
}

sch_err table_case_run(table_case *c, size_t window, uint64_t seed)
{
    local_net *net = local_net_new(window, c->size.parties);
    assert_non_null(net);
    test_parties parties;
    parties_init(&parties, net, c->size.parties, seed, c->shard, local_thread_ns);
    sch_err err = parties_run(&parties, table_case_play, c);
    c->bytes_sent = 0;
    for (size_t p = 0; p < c->size.parties; p++) {
        c->bytes_sent += local_net_bytes_sent(net, (sch_party)p);
    }
    local_net_free(net);
    return err;
}

uint64_t table_case_bytes(const table_case *c)
{
    uint64_t data_rows[TABLE_MAX_OWNERS] = {0};
    for (size_t d = 0; d < c->size.owners; d++) {
        data_rows[d] = c->size.owner[d].rows;
    }
    return sch_table_bytes(&c->shape, &c->cast, c->size.spine_rows, data_rows);
}

void table_case_assert_sums(const table_case *c)
{
    size_t wrong = 0;
    for (size_t i = 0; i < c->expected.count; i++) {
        wrong += c->sums[0].word[i] + c->sums[1].word[i] != c->expected.word[i];
    }
    assert_int_equal(wrong, 0);
}

void table_case_assert_links(const table_case *c)
{
    for (size_t p = 0; p < c->size.parties; p++) {
        for (size_t pass = 0; pass < SCH_MAX_LINK_PASSES; pass++) {
            size_t links = 0;
            for (size_t d = 0; d < c->size.owners; d++) {
                links += c->cast.helper[d] == p ? c->links[d][pass] : 0;
            }
            assert_int_equal(c->facts[p].links[pass], links);
        }
    }
}
