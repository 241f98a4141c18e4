#include "tests/protocol/table_case.h"

#include "tests/support/unit.h"

static sch_tag make_tag(uint64_t name)
{
    sch_tag tag;
    sch_put_u64(tag.byte, three_random(&name));
    sch_put_u64(tag.byte + 8, three_random(&name));
    return tag;
}

static uint64_t draw_value(const table_size *size, uint64_t *seed)
{
    uint64_t word = three_random(seed);
    return size->largest == 0 ? word : word % (2 * size->largest + 1) - size->largest;
}

static void draw_shape(table_case *c, uint64_t *seed)
{
    sch_table_shape *shape = &c->shape;
    *shape = (sch_table_shape){.groups = c->size.groups,
                               .data_columns = c->size.data_columns,
                               .spine_columns = c->size.spine_columns,
                               .products = c->size.products};
    for (size_t p = 0; p < shape->products; p++) {
        shape->product[p].spine_column = (uint16_t)(three_random(seed) % shape->spine_columns);
        shape->product[p].data_column = (uint16_t)(three_random(seed) % shape->data_columns);
    }
    for (size_t j = 0; j < sch_table_columns(shape); j++) {
        bool choice = shape->data_columns > 1 && j > 0;
        shape->guard[j] = (uint16_t)(!choice ? 0 : j == 1 ? 1 : three_random(seed) % 2);
        shape->tells_zero[j] = three_random(seed) % 2 == 0;
    }
}

/* Rows i < links of both sides are the same persons. */
static void draw_rows(table_case *c, uint64_t *seed)
{
    const table_size *size = &c->size;
    uint64_t base = three_random(seed);
    for (size_t i = 0; i < size->spine_rows; i++) {
        c->tag[0][i] = make_tag(base + 2 * i);
        c->group[i] = (uint32_t)(three_random(seed) % size->groups);
    }
    for (size_t i = 0; i < size->data_rows; i++) {
        c->tag[1][i] = make_tag(base + 2 * i + (i < size->links ? 0 : 1));
    }
    for (size_t i = 0; i < c->column[0].count; i++) {
        c->column[0].word[i] = draw_value(size, seed);
    }
    for (size_t i = 0; i < c->column[1].count; i++) {
        size_t column = i / size->data_rows;
        uint64_t value = draw_value(size, seed);
        c->column[1].word[i] = column == 0 ? 1 : column == 1 ? value % 2 : value;
    }
}

/* The same persons at other places: swaps rows of the data owner. */
static void shuffle_data_rows(table_case *c, uint64_t *seed)
{
    for (size_t i = c->size.data_rows; i > 1; i--) {
        size_t other = (size_t)(three_random(seed) % i);
        sch_tag tag = c->tag[1][i - 1];
        c->tag[1][i - 1] = c->tag[1][other];
        c->tag[1][other] = tag;
        for (size_t k = 0; k < c->size.data_columns; k++) {
            uint64_t *column = c->column[1].word + k * c->size.data_rows;
            uint64_t value = column[i - 1];
            column[i - 1] = column[other];
            column[other] = value;
        }
    }
}

static void sum_links(table_case *c)
{
    const table_size *size = &c->size;
    memset(c->expected.word, 0, sch_ring_bytes(&c->expected));
    for (size_t i = 0; i < size->links; i++) { /* before the shuffle row i of both is the same person */
        for (size_t j = 0; j < sch_table_columns(&c->shape); j++) {
            const sch_product *product = j < size->data_columns ? NULL : &c->shape.product[j - size->data_columns];
            uint64_t value = product == NULL
                                 ? c->data_column[j][i]
                                 : c->spine_column[product->spine_column][i] * c->data_column[product->data_column][i];
            c->expected.word[j * size->groups + c->group[i]] += value;
        }
    }
}

void table_case_draw(table_case *c, uint64_t *seed)
{
    draw_rows(c, seed);
    sum_links(c);
    shuffle_data_rows(c, seed);
}

void table_case_init(table_case *c, table_size size, uint64_t *seed)
{
    *c = (table_case){.size = size, .rules = {0, true}, .with_table = true, .with_disclosure = true};
    assert_true(size.links <= size.spine_rows && size.links <= size.data_rows);
    assert_true(size.data_columns <= TABLE_MAX_COLUMNS && size.spine_columns <= TABLE_MAX_COLUMNS);
    draw_shape(c, seed);
    unit_assert_ok(sch_table_shape_check(&c->shape));
    c->tag[0] = calloc(size.spine_rows + 1, sizeof *c->tag[0]);
    c->tag[1] = calloc(size.data_rows + 1, sizeof *c->tag[1]);
    c->group = calloc(size.spine_rows + 1, sizeof *c->group);
    assert_true(c->tag[0] != NULL && c->tag[1] != NULL && c->group != NULL);
    unit_assert_ok(sch_ring_init(&c->column[0], size.spine_rows, size.spine_columns));
    unit_assert_ok(sch_ring_init(&c->column[1], size.data_rows, size.data_columns));
    for (size_t k = 0; k < size.spine_columns; k++) {
        c->spine_column[k] = c->column[0].count == 0 ? NULL : c->column[0].word + k * size.spine_rows;
    }
    for (size_t k = 0; k < size.data_columns; k++) {
        c->data_column[k] = c->column[1].count == 0 ? NULL : c->column[1].word + k * size.data_rows;
    }
    unit_assert_ok(sch_ring_init_zero(&c->expected, sch_table_columns(&c->shape), size.groups));
    for (size_t p = 0; p < 2; p++) {
        unit_assert_ok(sch_ring_init_zero(&c->values[p], c->expected.count, 1));
        unit_assert_ok(sch_ring_init_zero(&c->states[p], c->expected.count, 1));
    }
    table_case_draw(c, seed);
}

void table_case_clear(table_case *c)
{
    for (size_t p = 0; p < 2; p++) {
        free(c->tag[p]);
        sch_ring_clear(&c->column[p]);
        sch_ring_clear(&c->values[p]);
        sch_ring_clear(&c->states[p]);
    }
    free(c->group);
    sch_ring_clear(&c->expected);
    *c = (table_case){0};
}

static sch_err play_table(const sch_trio *trio, table_case *c)
{
    const sch_spine_rows spine = {c->size.spine_rows, c->tag[0], c->group, c->spine_column};
    const sch_data_rows data = {c->size.data_rows, c->tag[1], c->data_column};
    sch_party self = trio->link->self;
    if (self == SCH_SPINE) {
        return sch_linked_table_spine(trio, c->values[0].word, &c->shape, &spine, data.rows, &c->times[self]);
    }
    if (self == SCH_DATA) {
        return sch_linked_table_data(trio, &c->shape, &data, spine.rows, NULL);
    }
    return sch_linked_table_helper(trio, c->values[1].word, &c->facts, &c->shape, spine.rows, data.rows,
                                   &c->times[self]);
}

static sch_err play_disclosure(const sch_trio *trio, table_case *c)
{
    sch_trio cells = *trio;
    cells.shard = SCH_SHARD_CELLS;
    if (trio->link->self == SCH_SPINE) {
        return sch_disclosure_spine(&cells, c->values[0].word, c->states[0].word, &c->shape, &c->rules);
    }
    if (trio->link->self == SCH_DATA) {
        return sch_disclosure_data(&cells, &c->shape, &c->rules);
    }
    return sch_disclosure_helper(&cells, c->values[1].word, c->states[1].word, &c->shape, &c->rules);
}

sch_err table_case_play(const sch_trio *trio, void *context)
{
    table_case *c = context;
    sch_err err = SCH_NONE;
    if (c->with_table) {
        SCH_TRY(play_table(trio, c));
    }
    if (c->with_disclosure) {
        SCH_TRY(play_disclosure(trio, c));
    }
out:
    return err;
}

sch_err table_case_run(table_case *c, size_t window, uint64_t seed)
{
    local_net *net = local_net_new(window);
    assert_non_null(net);
    three_parties parties;
    three_init(&parties, net, seed, c->shard, local_thread_ns);
    sch_err err = three_run(&parties, table_case_play, c);
    local_net_free(net);
    return err;
}

uint64_t table_case_value(const table_case *c, size_t j, size_t g)
{
    return c->values[0].word[j * c->size.groups + g] + c->values[1].word[j * c->size.groups + g];
}

uint64_t table_case_state(const table_case *c, size_t j, size_t g)
{
    return c->states[0].word[j * c->size.groups + g] + c->states[1].word[j * c->size.groups + g];
}

void table_case_assert_sums(const table_case *c)
{
    size_t wrong = 0;
    for (size_t j = 0; j < sch_table_columns(&c->shape); j++) {
        for (size_t g = 0; g < c->size.groups; g++) {
            wrong += table_case_value(c, j, g) != c->expected.word[j * c->size.groups + g];
        }
    }
    assert_int_equal(wrong, 0);
}

void table_case_assert_disclosed(const table_case *c)
{
    size_t wrong = 0;
    for (size_t j = 0; j < sch_table_columns(&c->shape); j++) {
        for (size_t g = 0; g < c->size.groups; g++) {
            uint64_t persons = c->expected.word[c->shape.guard[j] * c->size.groups + g];
            bool seen = persons > 0 && persons >= c->rules.min_persons;
            uint64_t state = seen ? SCH_CELL_RELEASED
                             : persons == 0 && c->rules.show_zero && c->shape.tells_zero[c->shape.guard[j]]
                                 ? SCH_CELL_ZERO
                                 : SCH_CELL_SUPPRESSED;
            uint64_t value = seen ? c->expected.word[j * c->size.groups + g] : 0;
            wrong += table_case_value(c, j, g) != value || table_case_state(c, j, g) != state;
        }
    }
    assert_int_equal(wrong, 0);
}
