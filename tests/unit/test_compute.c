/* The secure part over a mesh in one process, with three parties and with five: every cell as on the pooled rows,
 * whatever is grouped by; and what ends it. */
#include <pthread.h>
#include <time.h>

#include "tests/unit/compute_case.h"

enum { MOST_CELLS = 64, COLUMNS = 3, CHUNK = 10000 };

/* Who has which persons: spine m those from first[m] on, each data owner every step[d]-th of all. */
typedef struct setting {
    size_t parties, members, owners;
    uint32_t first[3]; /* of members; behind the last, the number of all persons */
    uint32_t step[2];
    uint32_t spine_groups, codes; /* of the spine; of data owner 0 with the one for empty, or 1 */
    uint32_t occurrences;         /* rows of each person at the spine */
    bool by_organisation;
    uint32_t min_persons;
    sch_cast cast[2];
} setting;

static const setting THREE = {.parties = 3,
                              .members = 1,
                              .owners = 1,
                              .first = {0, 120000},
                              .step = {3},
                              .spine_groups = 4,
                              .codes = 1,
                              .occurrences = 1,
                              .cast = {{.spine = 0, .data = {1}, .helper = {2}, .second = 2, .third = 1}}};

/* Party 0 helps in the other member's run; the second member's sums have to be moved. */
static const setting FIVE = {.parties = 5,
                             .members = 2,
                             .owners = 2,
                             .first = {0, 100000, 120000},
                             .step = {2, 3},
                             .spine_groups = 4,
                             .codes = 1,
                             .occurrences = 1,
                             .cast = {{.spine = 0, .data = {2, 3}, .helper = {3, 2}, .second = 4, .third = 3},
                                      {.spine = 1, .data = {2, 3}, .helper = {3, 4}, .second = 2, .third = 0}}};

static const uint32_t STRIDE[1] = {1};

/* ---- the plan ---- */

static void add_key(sch_key_place place, uint16_t part, uint32_t domain, uint32_t stride)
{
    compute_plan.cell.domain[compute_plan.key_count] = domain;
    compute_plan.cell.stride[compute_plan.key_count] = stride;
    compute_plan.key[compute_plan.key_count++] =
        (sch_plan_key){.place = place, .part = part, .codes = domain, .domain = domain, .stride = stride, .inner = 1};
}

/* Columns: persons, the spine's value, the first data owner's value; all of those who link with every owner. */
static void make_shape(const setting *s)
{
    sch_table_shape *shape = &compute_plan.shape;
    shape->spine_groups = s->spine_groups;
    shape->groups = s->spine_groups * s->codes;
    shape->passes = 1;
    shape->spine_columns = 1;
    shape->data_owners = (uint16_t)s->owners;
    shape->data[0] = (sch_data_shape){.columns = 2, .codes = s->codes};
    shape->data[1] = (sch_data_shape){.columns = 1, .codes = 1};
    shape->columns = COLUMNS;
    if (s->owners == 1) {
        shape->steps = 1;
        shape->step[0] = (sch_row_step){.op = SCH_ROW_PRODUCT, .a = 0, .b = 1};
        memcpy(shape->column, (uint16_t[]){1, 3, 2}, COLUMNS * sizeof(uint16_t));
        return;
    }
    shape->steps = 3;
    shape->step[0] = (sch_row_step){.op = SCH_ROW_PRODUCT, .a = 1, .b = 3};
    shape->step[1] = (sch_row_step){.op = SCH_ROW_PRODUCT, .a = 0, .b = 4};
    shape->step[2] = (sch_row_step){.op = SCH_ROW_PRODUCT, .a = 2, .b = 4};
    memcpy(shape->column, (uint16_t[]){4, 5, 6}, COLUMNS * sizeof(uint16_t));
}

/* The base cells, and one of all of them where nothing is suppressed. */
static void make_cells(const setting *s)
{
    sch_cell_shape *cell = &compute_plan.cell;
    uint32_t organisations = s->by_organisation ? (uint32_t)s->members : 1;
    cell->columns = COLUMNS;
    compute_plan.summed = COLUMNS;
    cell->shows_base = true;
    add_key(SCH_KEY_SPINE, 0, s->spine_groups, s->codes * organisations);
    if (s->codes > 1) {
        add_key(SCH_KEY_CODE, 1, s->codes, organisations);
    }
    if (s->by_organisation) {
        add_key(SCH_KEY_MEMBER, 0, organisations, 1);
    }
    cell->key_count = compute_plan.key_count;
    cell->base = s->spine_groups * s->codes * organisations;
    cell->cells = cell->base;
    if (s->min_persons == 0) {
        cell->set_count = 1;
        cell->set_first[0] = cell->base;
        cell->cells++;
    }
    for (size_t j = 0; j < COLUMNS; j++) {
        cell->rule_count[j] = 1;
        cell->rule[j][0] = (sch_cell_rule){.count = 0, .less = SCH_NO_COLUMN, .times = 1, .zero = true};
    }
    assert_true(cell->cells <= MOST_CELLS);
}

static void make_plan(const setting *s)
{
    compute_plan =
        (sch_plan){.party_count = s->parties, .member_count = s->members, .part_count = 1 + s->owners, .wide = 1};
    memcpy(compute_plan.member, s->cast, sizeof s->cast);
    compute_plan.rules = (sch_disclosure){.min_persons = s->min_persons, .show_zero = true};
    compute_plan.local[0] = (sch_local){.value_count = 1, .codes = s->spine_groups, .occurrences = s->occurrences};
    compute_plan.local[1] = (sch_local){.value_count = 2, .codes = s->codes, .occurrences = 1};
    compute_plan.local[2] = (sch_local){.value_count = 1, .codes = 1, .occurrences = 1};
    make_shape(s);
    make_cells(s);
}

/* ---- rows ---- */

static int64_t spine_value(uint32_t person)
{
    return (int64_t)person * 7 - 100;
}

static uint64_t data_value(uint32_t person)
{
    return (uint64_t)person * 3 + 1;
}

typedef struct feed {
    uint8_t identifiers[CHUNK * 8], length[CHUNK];
    uint32_t key[CHUNK];
    uint64_t value[2][CHUNK];
    size_t rows, bytes;
    sch_rows *to;
} feed;

static void flush(feed *f)
{
    const uint32_t *key[1] = {f->key};
    const uint64_t *value[2] = {f->value[0], f->value[1]};
    sch_source_chunk chunk = {f->rows, f->identifiers, f->length, key, value};
    unit_assert_ok(f->rows == 0 ? SCH_NONE : sch_rows_take(f->to, &chunk));
    f->rows = f->bytes = 0;
}

static void put(feed *f, uint32_t person, uint32_t code, uint64_t first, uint64_t second)
{
    int bytes = snprintf((char *)f->identifiers + f->bytes, 9, "p%u", person);
    f->length[f->rows] = (uint8_t)bytes;
    f->bytes += (size_t)bytes;
    f->key[f->rows] = code;
    f->value[0][f->rows] = first;
    f->value[1][f->rows] = second;
    f->rows++;
    if (f->rows == CHUNK) {
        flush(f);
    }
}

/* The code of a person at data owner 0, the last one being empty. */
static uint32_t code_of(const setting *s, uint32_t person)
{
    return s->codes == 1 ? 0 : person / 6 % s->codes;
}

static void put_rows(const setting *s, feed *f, size_t part, sch_party party)
{
    if (part == 0) {
        size_t m = compute_plan.member[0].spine == party ? 0 : 1;
        for (uint32_t person = s->first[m]; person < s->first[m + 1]; person++) {
            for (uint32_t n = 0; n < s->occurrences; n++) {
                put(f, person, person % s->spine_groups, (uint64_t)spine_value(person), n);
            }
        }
        return;
    }
    for (uint32_t person = 0; person < s->first[s->members]; person += s->step[part - 1]) {
        put(f, person, code_of(s, person), 1, data_value(person));
    }
}

static void make_rows(compute_node *node, size_t part, const void *context)
{
    const setting *s = context;
    const sch_row_shape shape = {.kind = SCH_IDENTIFIER_TEXT,
                                 .stride = STRIDE,
                                 .key_count = part == 0 || compute_plan.local[part].codes > 1 ? 1 : 0,
                                 .value_count = compute_plan.local[part].value_count,
                                 .is_spine = part == 0,
                                 .codes = compute_plan.local[part].codes,
                                 .occurrences = s->occurrences};
    feed *f = calloc(1, sizeof *f);
    assert_non_null(f);
    node->rows = compute_new_rows(node, &shape);
    f->to = node->rows;
    put_rows(s, f, part, (sch_party)node->party);
    flush(f);
    free(f);
}

static void open_run(const setting *s)
{
    make_plan(s);
    compute_open(make_rows, s);
}

/* ---- what should come out ---- */

typedef struct expected {
    uint64_t value[COLUMNS][MOST_CELLS];
} expected;

static uint32_t cell_of(const setting *s, size_t member, uint32_t person)
{
    uint32_t organisations = s->by_organisation ? (uint32_t)s->members : 1;
    uint32_t cell = person % s->spine_groups * s->codes + code_of(s, person);
    return cell * organisations + (s->by_organisation ? (uint32_t)member : 0);
}

static void expect(const setting *s, expected *out)
{
    *out = (expected){{{0}}};
    for (size_t m = 0; m < s->members; m++) {
        for (uint32_t person = s->first[m]; person < s->first[m + 1]; person++) {
            if (person % s->step[0] != 0 || (s->owners > 1 && person % s->step[1] != 0)) {
                continue;
            }
            uint32_t cell = cell_of(s, m, person);
            out->value[0][cell] += s->occurrences;
            out->value[1][cell] += s->occurrences * (uint64_t)spine_value(person);
            out->value[2][cell] += s->occurrences * data_value(person);
        }
    }
    for (size_t j = 0; j < COLUMNS; j++) {
        for (uint32_t cell = 0; cell < compute_plan.cell.base && compute_plan.cell.set_count > 0; cell++) {
            out->value[j][compute_plan.cell.base] += out->value[j][cell];
        }
    }
}

/* The two holders' shares together, against the pooled rows; gives how many cells were released. */
static size_t compare(const setting *s)
{
    expected wanted;
    size_t released = 0, compared = 0;
    expect(s, &wanted);
    for (size_t j = 0; j < COLUMNS; j++) {
        for (uint32_t cell = 0; cell < compute_plan.cell.cells; cell++, compared++) {
            uint64_t persons = wanted.value[0][cell];
            bool keeps = persons >= (s->min_persons == 0 ? 1 : s->min_persons);
            uint64_t state = keeps ? SCH_CELL_RELEASED : persons == 0 ? SCH_CELL_ZERO : SCH_CELL_SUPPRESSED;
            assert_int_equal(compute_state(j, cell), state);
            assert_true(compute_value(j, cell) == (keeps ? wanted.value[j][cell] : 0));
            released += keeps ? 1 : 0;
        }
    }
    assert_int_equal(compared, COLUMNS * compute_plan.cell.cells);
    return released;
}

static void check_run(const setting *s, size_t released)
{
    open_run(s);
    compute_run_all();
    compute_assert_ran();
    assert_int_equal(compare(s), released);
    compute_close();
}

static void test_compute_run_three_parties_in_several_shards_gives_the_pooled_table(void **state)
{
    (void)state;
    check_run(&THREE, 3 * 5);
}

static void test_compute_run_union_of_five_parties_adds_members_up(void **state)
{
    (void)state;
    check_run(&FIVE, 3 * 3); /* of four groups, no multiple of 6 is odd */
}

static void test_compute_run_union_by_organisation_sets_members_side_by_side(void **state)
{
    (void)state;
    setting s = FIVE;
    s.by_organisation = true;
    check_run(&s, 3 * 5);
}

static void test_compute_run_grouped_by_secret_codes_gives_the_pooled_table(void **state)
{
    (void)state;
    setting s = FIVE;
    s.first[1] = 3000;
    s.first[2] = 5000;
    s.spine_groups = 5;
    s.codes = 4;
    s.by_organisation = true;
    check_run(&s, 3 * 41);
}

static void test_compute_run_persons_with_several_rows_all_count(void **state)
{
    (void)state;
    setting s = FIVE;
    s.first[1] = 2000;
    s.first[2] = 3000;
    s.occurrences = 3;
    check_run(&s, 3 * 3);
}

static void test_compute_run_cells_below_the_threshold_are_zero(void **state)
{
    (void)state;
    setting s = FIVE;
    s.first[1] = 60; /* five linked persons in each of two cells of the first, two or one of the second */
    s.first[2] = 78;
    s.by_organisation = true;
    s.min_persons = 5;
    check_run(&s, 3 * 2); /* of four that count somebody */
}

/* ---- what ends it ---- */

static void test_compute_run_more_rows_than_told_is_bad_peer(void **state)
{
    (void)state;
    unsigned bad = 0;
    setting s = FIVE;
    s.first[1] = 2000;
    s.first[2] = 3000;
    open_run(&s);
    for (size_t p = 0; p < s.parties; p++) {
        if (p != 3) {
            compute_at[p].compute.party_rows[3]--; /* what data owner 1 told before */
        }
    }
    compute_run_all();
    for (size_t p = 0; p < s.parties; p++) {
        assert_true(compute_at[p].err.code == SCH_BAD_PEER || compute_at[p].err.code == SCH_TRY_AGAIN);
        bad += compute_at[p].err.code == SCH_BAD_PEER ? 1 : 0;
    }
    assert_true(bad >= 1);
    compute_close();
}

static void test_compute_run_one_of_five_goes_ends_it_at_all_others(void **state)
{
    (void)state;
    enum { GONE = 3 };
    pthread_t thread[COMPUTE_NODES];
    struct timespec pause = {.tv_nsec = 300000000};
    unsigned ended = 0;
    open_run(&FIVE);
    for (size_t p = 0; p < COMPUTE_NODES; p++) {
        if (p != GONE) {
            assert_int_equal(pthread_create(&thread[p], NULL, compute_work, &compute_at[p]), 0);
        }
    }
    (void)nanosleep(&pause, NULL);
    sch_mesh_job_close(compute_at[GONE].job); /* as when it is killed: nothing is said */
    compute_at[GONE].job = NULL;
    sch_test_node_close(&compute_net, GONE);
    for (size_t p = 0; p < COMPUTE_NODES; p++) {
        if (p != GONE) {
            assert_int_equal(pthread_join(thread[p], NULL), 0);
            unit_assert_code(compute_at[p].err, SCH_TRY_AGAIN);
            ended++;
        }
    }
    assert_int_equal(ended, COMPUTE_NODES - 1);
    compute_close();
}

static void test_compute_run_cast_that_cannot_be_is_a_bug(void **state)
{
    (void)state;
    setting s = THREE;
    unsigned refused = 0;
    s.first[1] = 10;
    s.cast[0].third = 0;
    open_run(&s);
    compute_run_all();
    for (size_t p = 0; p < s.parties; p++) {
        unit_assert_code(compute_at[p].err, SCH_BUG);
        refused++;
    }
    assert_int_equal(refused, 3);
    compute_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compute_run_three_parties_in_several_shards_gives_the_pooled_table),
        cmocka_unit_test(test_compute_run_union_of_five_parties_adds_members_up),
        cmocka_unit_test(test_compute_run_union_by_organisation_sets_members_side_by_side),
        cmocka_unit_test(test_compute_run_grouped_by_secret_codes_gives_the_pooled_table),
        cmocka_unit_test(test_compute_run_persons_with_several_rows_all_count),
        cmocka_unit_test(test_compute_run_cells_below_the_threshold_are_zero),
        cmocka_unit_test(test_compute_run_more_rows_than_told_is_bad_peer),
        cmocka_unit_test(test_compute_run_one_of_five_goes_ends_it_at_all_others),
        cmocka_unit_test(test_compute_run_cast_that_cannot_be_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
