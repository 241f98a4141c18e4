/* The secure part with several passes of linking, over a mesh in one process: sums, and what helpers learn, as linking
 * the files in the clear gives them. */
#include "crypto/base/secret.h"
#include "tests/unit/compute_case.h"

enum { PASSES = 2, LINKINGS = 1 + PASSES, PERSONS = 900, MOST_CELLS = 16, COLUMNS = 3 + LINKINGS, NOTHING = -1 };

typedef struct setting {
    size_t parties, members, owners;
    uint32_t spine_groups, codes; /* of the spine; of data owner 0 */
    unsigned held_percent;        /* of the spine's rows, whose conditions hold */
    sch_cast cast[2];
} setting;

static const setting THREE = {.parties = 3,
                              .members = 1,
                              .owners = 1,
                              .spine_groups = 3,
                              .codes = 1,
                              .held_percent = 60,
                              .cast = {{.spine = 0, .data = {1}, .helper = {2}, .second = 2, .third = 1}}};

/* Two data owners, each of which helps the other. */
static const setting RING = {.parties = 3,
                             .members = 1,
                             .owners = 2,
                             .spine_groups = 3,
                             .codes = 1,
                             .held_percent = 60,
                             .cast = {{.spine = 0, .data = {1, 2}, .helper = {2, 1}, .second = 2, .third = 1}}};

static const setting UNION = {.parties = 5,
                              .members = 2,
                              .owners = 2,
                              .spine_groups = 3,
                              .codes = 1,
                              .held_percent = 60,
                              .cast = {{.spine = 0, .data = {2, 3}, .helper = {3, 2}, .second = 4, .third = 3},
                                       {.spine = 1, .data = {2, 3}, .helper = {3, 4}, .second = 2, .third = 0}}};

/* ---- the files ---- */

/* A row of a file. Rows have an identifier that nobody else of the file has, or none that is valid. */
typedef struct record {
    char identifier[16];
    int64_t number[PASSES]; /* NOTHING: no key */
    uint64_t value;
    bool holds; /* the conditions of its part */
    uint32_t key;
} record;

typedef struct file {
    record row[PERSONS];
    size_t rows;
} file;

static file files[COMPUTE_NODES]; /* by party */

static unsigned percent(void)
{
    return (unsigned)rand() % 100;
}

/* Three in four persons of all, each with its own identifier and keys, with gaps, slips and keys that several have. */
static void make_file(file *f, const setting *s, size_t part)
{
    f->rows = 0;
    for (unsigned person = 0; person < PERSONS; person++) {
        if (percent() >= 75) {
            continue;
        }
        record *r = &f->row[f->rows++];
        unsigned luck = percent();
        *r = (record){.value = (unsigned)rand() % 1000,
                      .holds = percent() < (part == 0 ? s->held_percent : 80),
                      .key = (unsigned)rand() % (part == 0 ? s->spine_groups : s->codes)};
        if (luck < 92) { /* the right one; one that is invalid; that of nobody else; the rest have none */
            (void)snprintf(r->identifier, sizeof r->identifier, "%s%u",
                           luck < 60   ? "p"
                           : luck < 75 ? "\xE4\xB8\xAD"
                                       : "q",
                           luck < 75 ? person : (unsigned)(1000 * part + person));
        }
        for (size_t p = 0; p < PASSES; p++) {
            luck = percent();
            r->number[p] = luck < 65 ? 1000 + (int64_t)person : luck < 85 ? (int64_t)(person % 200) : NOTHING;
        }
    }
}

static bool is_valid(const record *r)
{
    return r->identifier[0] == 'p' || r->identifier[0] == 'q';
}

/* ---- linking them in the clear ---- */

static bool have_one_key(const record *a, const record *b, size_t linking)
{
    return linking == 0 ? is_valid(a) && is_valid(b) && strcmp(a->identifier, b->identifier) == 0
                        : a->number[linking - 1] != NOTHING && a->number[linking - 1] == b->number[linking - 1];
}

/* Whether a row has a key in a pass that no other row of its file has. */
static bool has_own_key(const file *f, size_t row, size_t linking)
{
    size_t alike = 0;
    for (size_t i = 0; i < f->rows; i++) {
        alike += have_one_key(&f->row[row], &f->row[i], linking);
    }
    return alike == 1;
}

/* A file's rows linked to the spine's, by its rows: the other's row, or NOTHING, and in which pass. */
typedef struct links {
    int row[PERSONS];
    size_t linking[PERSONS];
    size_t count[LINKINGS];
} links;

static void link_files(links *l, const file *spine, const file *data)
{
    static bool taken[PERSONS];
    *l = (links){.count = {0}};
    memset(taken, 0, sizeof taken);
    for (size_t i = 0; i < spine->rows; i++) {
        l->row[i] = NOTHING;
    }
    for (size_t linking = 0; linking < LINKINGS; linking++) {
        for (size_t i = 0; i < spine->rows; i++) {
            for (size_t j = 0; l->row[i] == NOTHING && j < data->rows; j++) {
                if (!taken[j] && have_one_key(&spine->row[i], &data->row[j], linking) &&
                    has_own_key(spine, i, linking) && has_own_key(data, j, linking)) {
                    l->row[i] = (int)j;
                    l->linking[i] = linking;
                    l->count[linking]++;
                    taken[j] = true;
                }
            }
        }
    }
}

/* ---- the plan ---- */

/* Columns: persons who link with every owner, the spine's value and the first data owner's of those; then by pass the
 * rows that link with the first data owner. */
static void make_shape(const setting *s)
{
    sch_table_shape *shape = &compute_plan.shape;
    shape->spine_groups = s->spine_groups;
    shape->groups = s->spine_groups * s->codes;
    shape->passes = LINKINGS;
    shape->spine_columns = 1;
    shape->data_owners = (uint16_t)s->owners;
    shape->data[0] = (sch_data_shape){.columns = 2, .codes = s->codes, .indicators = LINKINGS};
    shape->data[1] = (sch_data_shape){.columns = 1, .codes = 1};
    uint16_t other = s->owners == 1 ? 1 : sch_table_register(shape, 1); /* a factor of 1 or 0 */
    uint16_t made = sch_table_register(shape, s->owners);
    shape->steps = 3;
    shape->step[0] = (sch_row_step){.op = SCH_ROW_PRODUCT, .a = 1, .b = other};
    shape->step[1] = (sch_row_step){.op = SCH_ROW_PRODUCT, .a = 0, .b = made};
    shape->step[2] = (sch_row_step){.op = SCH_ROW_PRODUCT, .a = 2, .b = other};
    shape->columns = COLUMNS;
    for (uint16_t j = 0; j < COLUMNS; j++) {
        shape->column[j] = (uint16_t)(j < 3 ? made + j : j);
    }
}

static void add_key(sch_key_place place, uint16_t part, uint32_t domain, uint32_t stride)
{
    sch_cell_shape *cell = &compute_plan.cell;
    cell->domain[cell->key_count] = domain;
    cell->stride[cell->key_count++] = stride;
    compute_plan.key[compute_plan.key_count++] =
        (sch_plan_key){.place = place, .part = part, .codes = domain, .domain = domain, .stride = stride, .inner = 1};
}

static void make_plan(const setting *s)
{
    sch_cell_shape *cell = &compute_plan.cell;
    compute_plan = (sch_plan){.party_count = s->parties,
                              .member_count = s->members,
                              .part_count = 1 + s->owners,
                              .pass_count = PASSES,
                              .wide = 1,
                              .summed = COLUMNS,
                              .rules = {.min_persons = 1, .show_zero = true}};
    memcpy(compute_plan.member, s->cast, sizeof s->cast);
    compute_plan.local[0] = (sch_local){.value_count = 1, .codes = s->spine_groups};
    compute_plan.local[1] = (sch_local){.value_count = 2, .codes = s->codes};
    compute_plan.local[2] = (sch_local){.value_count = 1, .codes = 1};
    for (size_t part = 0; part <= s->owners; part++) {
        compute_plan.local[part].occurrences = 1;
        compute_plan.local[part].passes = PASSES;
    }
    make_shape(s);
    add_key(SCH_KEY_SPINE, 0, s->spine_groups, s->codes);
    if (s->codes > 1) {
        add_key(SCH_KEY_CODE, 1, s->codes, 1);
    }
    cell->columns = COLUMNS;
    cell->shows_base = true;
    cell->base = cell->cells = s->spine_groups * s->codes;
    for (size_t j = 0; j < COLUMNS; j++) {
        cell->rule_count[j] = 1;
        cell->rule[j][0] = (sch_cell_rule){.count = 0, .less = SCH_NO_COLUMN, .times = 1, .zero = true};
    }
    assert_true(cell->cells <= MOST_CELLS);
}

/* ---- the rows, as an engine gives them ---- */

enum { VALUES = 2 + 1 + 2 * PASSES };

static void feed_rows(sch_rows *rows, const file *f)
{
    static uint8_t identifiers[16 * PERSONS], length[PERSONS];
    static uint32_t key[PERSONS];
    static uint64_t value[VALUES][PERSONS];
    const sch_row_shape *shape = &rows->shape;
    size_t bytes = 0;
    for (size_t i = 0; i < f->rows; i++) {
        const record *r = &f->row[i];
        size_t v = 0;
        length[i] = (uint8_t)strlen(r->identifier);
        memcpy(identifiers + bytes, r->identifier, length[i]);
        bytes += length[i];
        key[i] = r->key;
        if (shape->is_spine) { /* values only where its conditions hold, as the plan has it; here they are just 7 */
            value[v++][i] = r->holds ? r->value : 7;
            value[v++][i] = r->holds;
        } else {
            value[v++][i] = r->holds;
            if (shape->value_count > 1) {
                value[v++][i] = r->holds ? r->value : 0;
            }
        }
        for (size_t p = 0; p < PASSES; p++) {
            bool none = r->number[p] == NOTHING;
            value[v++][i] = (uint64_t)r->number[p];
            value[v++][i] = none ? UINT64_MAX : 77;
        }
        assert_int_equal(v, sch_row_shape_values(shape));
    }
    const uint32_t *keys[1] = {key};
    const uint64_t *values[VALUES];
    for (size_t v = 0; v < VALUES; v++) {
        values[v] = value[v];
    }
    const sch_source_chunk chunk = {f->rows, identifiers, length, keys, values};
    unit_assert_ok(sch_rows_take(rows, &chunk));
}

static void make_rows(compute_node *node, size_t part, const void *context)
{
    static const uint32_t STRIDE[1] = {1};
    const sch_local *local = &compute_plan.local[part];
    const sch_row_shape shape = {.kind = SCH_IDENTIFIER_TEXT,
                                 .stride = STRIDE,
                                 .key_count = part == 0 || local->codes > 1 ? 1 : 0,
                                 .value_count = local->value_count,
                                 .is_spine = part == 0,
                                 .codes = local->codes,
                                 .occurrences = 1,
                                 .passes = PASSES};
    make_file(&files[node->party], context, part);
    node->rows = compute_new_rows(node, &shape);
    feed_rows(node->rows, &files[node->party]);
    unit_assert_ok(sch_rows_check_doubles(node->rows));
    unit_assert_ok(sch_rows_settle_passes(node->rows));
}

/* ---- what should come out ---- */

typedef struct expected {
    uint64_t value[COLUMNS][MOST_CELLS];
    size_t links[COMPUTE_NODES][LINKINGS]; /* what each node learns, as helper */
} expected;

static void expect_member(expected *out, const setting *s, size_t member)
{
    static links l[2];
    const sch_cast *cast = &s->cast[member];
    const file *spine = &files[cast->spine], *data[2] = {&files[cast->data[0]], &files[cast->data[1]]};
    for (size_t d = 0; d < s->owners; d++) {
        link_files(&l[d], spine, data[d]);
        for (size_t k = 0; k < LINKINGS; k++) {
            out->links[cast->helper[d]][k] += l[d].count[k];
        }
    }
    for (size_t i = 0; i < spine->rows; i++) {
        const record *r = &spine->row[i];
        const record *first = l[0].row[i] == NOTHING ? NULL : &data[0]->row[l[0].row[i]];
        bool all = first != NULL && first->holds;
        if (!r->holds) {
            continue;
        }
        uint32_t cell = r->key * s->codes + (first == NULL ? s->codes - 1 : first->key); /* the last is empty */
        for (size_t d = 1; d < s->owners; d++) {
            all = all && l[d].row[i] != NOTHING && data[d]->row[l[d].row[i]].holds;
        }
        out->value[0][cell] += all;
        out->value[1][cell] += all ? r->value : 0;
        out->value[2][cell] += all ? first->value : 0;
        if (first != NULL) {
            out->value[3 + l[0].linking[i]][cell]++;
        }
    }
}

/* Runs it and compares; gives how many links there were by identifiers and by link keys. */
static void check_run(const setting *s, size_t *by_identifier, size_t *by_key)
{
    expected wanted = {.links = {{0}}};
    size_t compared = 0, released = 0;
    *by_identifier = *by_key = 0;
    make_plan(s);
    compute_open(make_rows, s);
    for (size_t m = 0; m < s->members; m++) {
        expect_member(&wanted, s, m);
    }
    compute_run_all();
    compute_assert_ran();
    for (size_t j = 0; j < COLUMNS; j++) {
        for (uint32_t cell = 0; cell < compute_plan.cell.cells; cell++, compared++) {
            bool some = wanted.value[0][cell] > 0;
            assert_int_equal(compute_state(j, cell), some ? SCH_CELL_RELEASED : SCH_CELL_ZERO);
            assert_int_equal(compute_value(j, cell), some ? wanted.value[j][cell] : 0);
            released += some;
        }
    }
    assert_int_equal(compared, COLUMNS * s->spine_groups * s->codes);
    assert_true(s->held_percent == 0 ? released == 0 : released > compared / 2);
    for (size_t p = 0; p < s->parties; p++) {
        for (size_t k = 0; k < LINKINGS; k++) {
            assert_int_equal(compute_at[p].compute.links[k], wanted.links[p][k]);
            *(k == 0 ? by_identifier : by_key) += wanted.links[p][k];
        }
    }
    compute_close();
}

/* So many links that each pass has some of them, whatever the random files are. */
static void check_usual(const setting *s)
{
    size_t by_identifier = 0, by_key = 0;
    check_run(s, &by_identifier, &by_key);
    assert_true(by_identifier > 100 && by_key > 100);
}

static void test_compute_run_with_passes_links_as_files_in_the_clear(void **state)
{
    (void)state;
    check_usual(&THREE);
}

static void test_compute_run_with_passes_and_three_owners_in_a_ring_gives_the_pooled_table(void **state)
{
    (void)state;
    check_usual(&RING);
}

static void test_compute_run_with_passes_of_a_union_adds_members_up(void **state)
{
    (void)state;
    check_usual(&UNION);
}

static void test_compute_run_with_passes_grouped_by_secret_codes_gives_the_pooled_table(void **state)
{
    (void)state;
    setting s = RING;
    s.codes = 4;
    check_usual(&s);
}

static void test_compute_run_with_passes_all_or_no_rows_in_a_group_links_the_same(void **state)
{
    (void)state;
    static const unsigned HELD[] = {0, 100};
    size_t checked = 0;
    for (; checked < 2; checked++) {
        setting s = RING;
        s.held_percent = HELD[checked];
        check_usual(&s);
    }
    assert_int_equal(checked, 2);
}

static int setup(void **state)
{
    (void)state;
    const char *given = getenv("SCH_TEST_SEED");
    uint32_t seed = 0;
    unit_assert_ok(sch_secret_start());
    sch_random_fill(&seed, sizeof seed);
    seed = given != NULL ? (uint32_t)strtoul(given, NULL, 10) : seed;
    print_message("seed %u (SCH_TEST_SEED)\n", seed);
    srand(seed);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compute_run_with_passes_links_as_files_in_the_clear),
        cmocka_unit_test(test_compute_run_with_passes_and_three_owners_in_a_ring_gives_the_pooled_table),
        cmocka_unit_test(test_compute_run_with_passes_of_a_union_adds_members_up),
        cmocka_unit_test(test_compute_run_with_passes_grouped_by_secret_codes_gives_the_pooled_table),
        cmocka_unit_test(test_compute_run_with_passes_all_or_no_rows_in_a_group_links_the_same),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
