/* The secure part over a mesh in one process, with three parties and with five: every cell as on the pooled rows,
 * whatever is grouped by; and what ends it. */
#include "node/job/compute.h"

#include <pthread.h>
#include <time.h>

#include "crypto/base/secret.h"
#include "tests/support/test_mesh.h"
#include "tests/support/unit.h"

enum { NODES = 5, MOST_CELLS = 64, COLUMNS = 3, CHUNK = 10000, WORKERS = 2 };

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

typedef struct node_run {
    size_t party;
    sch_compute compute;
    sch_rows *rows;
    sch_job_keys keys;
    sch_mesh_job *job;
    sch_err err;
    unsigned progress;
} node_run;

static sch_test_net net;
static sch_plan plan;
static node_run run[NODES];

static const uint32_t STRIDE[1] = {1};

/* ---- the plan ---- */

static void add_key(sch_key_place place, uint16_t part, uint32_t domain, uint32_t stride)
{
    plan.cell.domain[plan.key_count] = domain;
    plan.cell.stride[plan.key_count] = stride;
    plan.key[plan.key_count++] =
        (sch_plan_key){.place = place, .part = part, .codes = domain, .domain = domain, .stride = stride, .inner = 1};
}

/* Columns: persons, the spine's value, the first data owner's value; all of those who link with every owner. */
static void make_shape(const setting *s)
{
    sch_table_shape *shape = &plan.shape;
    shape->spine_groups = s->spine_groups;
    shape->groups = s->spine_groups * s->codes;
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
    sch_cell_shape *cell = &plan.cell;
    uint32_t organisations = s->by_organisation ? (uint32_t)s->members : 1;
    cell->columns = COLUMNS;
    plan.summed = COLUMNS;
    cell->shows_base = true;
    add_key(SCH_KEY_SPINE, 0, s->spine_groups, s->codes * organisations);
    if (s->codes > 1) {
        add_key(SCH_KEY_CODE, 1, s->codes, organisations);
    }
    if (s->by_organisation) {
        add_key(SCH_KEY_MEMBER, 0, organisations, 1);
    }
    cell->key_count = plan.key_count;
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
    plan = (sch_plan){.party_count = s->parties, .member_count = s->members, .part_count = 1 + s->owners, .wide = 1};
    memcpy(plan.member, s->cast, sizeof s->cast);
    plan.rules = (sch_disclosure){.min_persons = s->min_persons, .show_zero = true};
    plan.local[0] = (sch_local){.value_count = 1, .codes = s->spine_groups, .occurrences = s->occurrences};
    plan.local[1] = (sch_local){.value_count = 2, .codes = s->codes, .occurrences = 1};
    plan.local[2] = (sch_local){.value_count = 1, .codes = 1, .occurrences = 1};
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
        size_t m = plan.member[0].spine == party ? 0 : 1;
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

static void make_rows(const setting *s, node_run *r)
{
    size_t part = 0;
    if (!sch_plan_part(&plan, (sch_party)r->party, &part)) {
        return;
    }
    const sch_row_shape shape = {.kind = SCH_IDENTIFIER_TEXT,
                                 .stride = STRIDE,
                                 .key_count = part == 0 || plan.local[part].codes > 1 ? 1 : 0,
                                 .value_count = plan.local[part].value_count,
                                 .is_spine = part == 0,
                                 .codes = plan.local[part].codes,
                                 .occurrences = s->occurrences};
    feed *f = calloc(1, sizeof *f);
    r->rows = calloc(1, sizeof *r->rows);
    assert_true(f != NULL && r->rows != NULL);
    unit_assert_ok(sch_rows_init(r->rows, r->keys.base, &shape));
    f->to = r->rows;
    put_rows(s, f, part, (sch_party)r->party);
    flush(f);
    free(f);
}

/* ---- running ---- */

static void on_progress(void *context, unsigned per_mille)
{
    node_run *r = context;
    r->progress = per_mille;
}

/* Secrets that depend on the pair alone. */
static void make_keys(node_run *r, size_t parties)
{
    static uint8_t secret[NODES][NODES][SCH_KEY_BYTES];
    sch_job_secrets secrets = {.linkage_epoch = 1};
    static const uint8_t HASH[SCH_HASH_BYTES] = {4};
    for (size_t p = 0; p < parties; p++) {
        memset(secret[r->party][p], (int)(1 + r->party + p + 10 * r->party * p), SCH_KEY_BYTES);
        secrets.standing[p] = secrets.exporter[p] = secrets.epoch[p] = secret[r->party][p];
    }
    unit_assert_ok(sch_job_keys_make(&r->keys, (sch_party)r->party, &plan, &secrets, HASH));
}

static void open_run(const setting *s)
{
    uint64_t rows[SCH_MAX_PARTIES] = {0};
    unit_assert_ok(sch_secret_start());
    make_plan(s);
    sch_test_net_open_count(&net, s->parties);
    for (size_t p = 0; p < s->parties; p++) {
        run[p] = (node_run){.party = p};
        make_keys(&run[p], s->parties);
        make_rows(s, &run[p]);
        rows[p] = run[p].rows == NULL ? 0 : run[p].rows->rows;
        unit_assert_ok(sch_test_job_open(&net, p, &run[p].job, 1));
    }
    for (size_t p = 0; p < s->parties; p++) {
        run[p].compute = (sch_compute){.mesh_job = run[p].job,
                                       .keys = &run[p].keys,
                                       .plan = &plan,
                                       .self = (sch_party)p,
                                       .rows = run[p].rows,
                                       .workers = WORKERS,
                                       .on_progress = on_progress,
                                       .progress_context = &run[p]};
        memcpy(run[p].compute.party_rows, rows, sizeof rows);
    }
}

static void close_run(const setting *s)
{
    for (size_t p = 0; p < s->parties; p++) {
        sch_compute_clear(&run[p].compute);
        sch_mesh_job_close(run[p].job);
        sch_job_keys_clear(&run[p].keys);
        if (run[p].rows != NULL) {
            sch_rows_clear(run[p].rows);
        }
        free(run[p].rows);
    }
    sch_test_net_clear(&net);
}

/* As a node does: where it fails, the others hear of it. */
static void *work(void *context)
{
    node_run *r = context;
    sch_detail detail = {{0}};
    r->err = sch_compute_run(&r->compute, &detail);
    for (size_t p = 0; sch_failed(r->err) && p < net.count; p++) {
        if (run[p].job != NULL) {
            sch_mesh_job_cancel(run[p].job);
        }
    }
    return NULL;
}

static void run_all(const setting *s)
{
    pthread_t thread[NODES];
    for (size_t p = 0; p < s->parties; p++) {
        assert_int_equal(pthread_create(&thread[p], NULL, work, &run[p]), 0);
    }
    for (size_t p = 0; p < s->parties; p++) {
        assert_int_equal(pthread_join(thread[p], NULL), 0);
    }
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
        for (uint32_t cell = 0; cell < plan.cell.base && plan.cell.set_count > 0; cell++) {
            out->value[j][plan.cell.base] += out->value[j][cell];
        }
    }
}

/* The two holders' shares together, against the pooled rows; gives how many cells were released. */
static size_t compare(const setting *s)
{
    expected wanted;
    const sch_compute *a = &run[plan.member[0].spine].compute, *b = &run[plan.member[0].second].compute;
    size_t released = 0, compared = 0;
    expect(s, &wanted);
    for (size_t j = 0; j < COLUMNS; j++) {
        for (uint32_t cell = 0; cell < plan.cell.cells; cell++, compared++) {
            size_t at = j * plan.cell.cells + cell;
            uint64_t persons = wanted.value[0][cell];
            bool keeps = persons >= (s->min_persons == 0 ? 1 : s->min_persons);
            uint64_t state = keeps ? SCH_CELL_RELEASED : persons == 0 ? SCH_CELL_ZERO : SCH_CELL_SUPPRESSED;
            assert_int_equal(a->states[at] + b->states[at], state);
            assert_true(a->values[at] + b->values[at] == (keeps ? wanted.value[j][cell] : 0));
            released += keeps ? 1 : 0;
        }
    }
    assert_int_equal(compared, COLUMNS * plan.cell.cells);
    return released;
}

static void check_run(const setting *s, size_t released)
{
    unsigned holders = 0;
    open_run(s);
    run_all(s);
    for (size_t p = 0; p < s->parties; p++) {
        if (sch_failed(run[p].err)) {
            fail_msg("party %zu: %s", p, run[p].err.text);
        }
        assert_int_equal(run[p].progress, 1000);
        holders += run[p].compute.values != NULL && run[p].compute.states != NULL ? 1 : 0;
    }
    assert_int_equal(holders, 2);
    assert_int_equal(compare(s), released);
    close_run(s);
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
            run[p].compute.party_rows[3]--; /* what data owner 1 told before */
        }
    }
    run_all(&s);
    for (size_t p = 0; p < s.parties; p++) {
        assert_true(run[p].err.code == SCH_BAD_PEER || run[p].err.code == SCH_TRY_AGAIN);
        bad += run[p].err.code == SCH_BAD_PEER ? 1 : 0;
    }
    assert_true(bad >= 1);
    close_run(&s);
}

static void test_compute_run_one_of_five_goes_ends_it_at_all_others(void **state)
{
    (void)state;
    enum { GONE = 3 };
    pthread_t thread[NODES];
    struct timespec pause = {.tv_nsec = 300000000};
    unsigned ended = 0;
    open_run(&FIVE);
    for (size_t p = 0; p < NODES; p++) {
        if (p != GONE) {
            assert_int_equal(pthread_create(&thread[p], NULL, work, &run[p]), 0);
        }
    }
    (void)nanosleep(&pause, NULL);
    sch_mesh_job_close(run[GONE].job); /* as when it is killed: nothing is said */
    run[GONE].job = NULL;
    sch_test_node_close(&net, GONE);
    for (size_t p = 0; p < NODES; p++) {
        if (p != GONE) {
            assert_int_equal(pthread_join(thread[p], NULL), 0);
            unit_assert_code(run[p].err, SCH_TRY_AGAIN);
            ended++;
        }
    }
    assert_int_equal(ended, NODES - 1);
    close_run(&FIVE);
}

static void test_compute_run_cast_that_cannot_be_is_a_bug(void **state)
{
    (void)state;
    setting s = THREE;
    unsigned refused = 0;
    s.first[1] = 10;
    s.cast[0].third = 0;
    open_run(&s);
    run_all(&s);
    for (size_t p = 0; p < s.parties; p++) {
        unit_assert_code(run[p].err, SCH_BUG);
        refused++;
    }
    assert_int_equal(refused, 3);
    close_run(&s);
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
