/* Linking in several passes: what a plan has then, which data sets and link keys are refused, what is counted. */
#include "crypto/stats/table_shape.h"
#include "tests/support/plan_check.h"
#include "tests/support/random_request.h"
#include "tests/unit/plan_case.h"

/* personen, which has most rows, and bijstand, by a text after the BSN. */
static void two_owners(plan_case *f)
{
    plan_join(f, CBS, "personen", "p");
    plan_join(f, GEMEENTE, "bijstand", "b");
    build_pass(&f->request, "geboorte");
    build_pass(&f->request, "tekst");
}

/* ---- the plan ---- */

static void test_plan_make_passes_are_those_of_the_request(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    build_sum(&f->request, 1, "bedrag");
    plan_make(f);
    assert_int_equal(f->plan.pass_count, 2);
    assert_string_equal(f->plan.pass[0], "geboorte");
    assert_string_equal(f->plan.pass[1], "tekst");
    assert_string_equal(f->plan.link_key[0][0]->part[1].column, "woonbuurt");
    assert_int_equal(f->plan.shape.passes, 3);
    assert_int_equal(f->plan.shape.data[0].indicators, 0);
    for (size_t p = 0; p < 2; p++) {
        assert_int_equal(f->plan.local[p].passes, 2);
        assert_int_equal(f->plan.local[p].occurrences, 1);
    }
    assert_int_equal(f->plan.local[0].max_rows, 17000000);
    assert_int_equal(f->plan.local[1].max_rows, 1000000);
}

/* Without passes that one is it with which least is sent. */
static void test_plan_make_passes_link_to_the_first_data_set(void **state)
{
    plan_case *f = *state;
    static const struct {
        size_t node;
        const char *name;
    } set[] = {{CBS, "personen"}, {GEMEENTE, "bijstand"}, {PARTNER, "jeugdhulp"}};
    size_t others = 0;
    for (size_t first = 0; first < 3; first++) {
        plan_again(f);
        for (size_t i = 0; i < 3; i++) {
            size_t n = (first + i) % 3;
            plan_join(f, set[n].node, set[n].name, set[n].name);
        }
        build_key(
            &f->request, 1,
            sch_catalog_find(&f->fixed.catalog[set[(first + 1) % 3].node], set[(first + 1) % 3].name)->column[1].name);
        build_count_rows(&f->request);
        plan_make(f);
        others += strcmp(f->plan.party[0], f->request.from[0].node[0]) != 0;
        build_pass(&f->request, "tekst");
        plan_make(f);
        plan_assert_node(f, f->plan.member[0].spine, f->request.from[0].node[0]);
    }
    assert_true(others > 0);
}

static void test_plan_make_passes_of_a_union_link_to_each_member(void **state)
{
    plan_case *f = *state;
    plan_union(f, "b");
    plan_join(f, CBS, "personen", "p");
    build_pass(&f->request, "geboorte");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.member_count, 2);
    assert_int_equal(f->plan.part_count, 2);
    plan_assert_node(f, f->plan.member[1].spine, "stad");
}

static void test_plan_shards_of_passes_are_one(void **state)
{
    plan_case *f = *state;
    const uint64_t rows[SCH_MAX_FROM] = {UINT64_C(1) << 26, UINT64_C(1) << 26};
    plan_join(f, CBS, "personen", "p");
    plan_join(f, GEMEENTE, "bijstand", "b");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(sch_plan_shards(&f->plan, rows), 1 << 10);
    build_pass(&f->request, "tekst");
    plan_make(f);
    assert_int_equal(sch_plan_shards(&f->plan, rows), 1);
}

/* Plans of random requests with passes: plan_check holds of each, and each node comes to the same. */
static void test_plan_make_random_requests_with_passes_are_sound(void **state)
{
    plan_case *f = *state;
    random_source source = {.state = UINT64_C(0x9E3779B97F4A7C15)};
    size_t planned = 0, reports = 0, refused = 0;
    for (size_t i = 0; i < 6000; i++) {
        sch_request_clear(&f->request);
        random_request(&f->request, &source, &f->fixed);
        if (f->request.pass_count == 0) {
            continue;
        }
        f->detail.text[0] = '\0';
        sch_err err = sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, &f->detail);
        if (sch_failed(err)) {
            assert_true(err.code == SCH_BAD_INPUT && f->detail.text[0] != '\0');
            refused++;
            continue;
        }
        const char *broken = plan_check(&f->plan, &f->request, 200);
        if (broken != NULL) {
            fail_msg("request %zu: %s", i, broken);
        }
        planned++;
        reports += f->request.linkage;
        sch_plan_clear(&f->plan);
    }
    assert_true(planned > 100 && reports > 10 && refused > 100);
}

/* ---- what cannot be linked in passes ---- */

static void test_plan_make_passes_with_several_rows_a_person_are_refused(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    plan_join(f, UWV, "perioden", "u");
    build_count_rows(&f->request);
    plan_refused(f, SCH_BAD_INPUT, "--pass links data sets with one row a person, and u has several",
                 "leave --pass out, or use a data set with one row a person");
    plan_again(f);
    plan_join(f, CBS, "banen", "c");
    plan_join(f, GEMEENTE, "bijstand", "b");
    build_pass(&f->request, "tekst");
    build_count_rows(&f->request);
    plan_refused(f, SCH_BAD_INPUT, "and c has several", "");
}

static void test_plan_make_passes_with_two_data_sets_of_a_node_are_refused(void **state)
{
    plan_case *f = *state;
    plan_join(f, STAD, "bijstand", "b");
    plan_join(f, CBS, "personen", "p");
    plan_join(f, STAD, "wonen", "w");
    build_pass(&f->request, "tekst");
    build_count_rows(&f->request);
    plan_refused(f, SCH_BAD_INPUT, "--pass takes one data set of each node, and b and w are both of stad",
                 "leave one of them out, or --pass");
    f->request.pass_count = 0;
    plan_make(f);
}

static void test_plan_make_passes_with_a_union_that_is_not_first_are_refused(void **state)
{
    plan_case *f = *state;
    plan_join(f, CBS, "personen", "p");
    plan_union(f, "b");
    build_pass(&f->request, "tekst");
    build_count_rows(&f->request);
    plan_refused(f, SCH_BAD_INPUT, "--pass links to the first data set in FROM", "write the union b first");
}

static void test_plan_make_link_keys_that_are_not_offered_are_refused_with_those_that_are(void **state)
{
    plan_case *f = *state;
    sch_data_set *set = fixed_set(&f->fixed, GEMEENTE, "bijstand");
    plan_join(f, CBS, "personen", "p");
    plan_join(f, GEMEENTE, "bijstand", "b");
    build_count_rows(&f->request);
    build_pass(&f->request, "geborte");
    plan_refused(f, SCH_BAD_INPUT,
                 "p offers no link key geborte under this agreement: its owner has to declare it, and",
                 "the agreement to give each of its columns the use link; did you mean geboorte?");
    unit_assert_ok(sch_text_copy(f->request.pass[0], SCH_NAME_BYTES, "adres"));
    plan_refused(f, SCH_BAD_INPUT, "p offers no link key adres under this agreement:", "; it offers: tekst, geboorte");
    unit_assert_ok(sch_text_copy(f->request.pass[0], SCH_NAME_BYTES, "geboorte"));
    set->link_key_count = 1;
    plan_refused(f, SCH_BAD_INPUT, "b offers no link key geboorte under this agreement:", "; it offers: tekst");
    set->link_key_count = 0;
    plan_refused(f, SCH_BAD_INPUT, "b offers no link key geboorte under this agreement:", "; it offers none");
    set->link_key_count = 2;
    plan_make(f);
}

/* One thing at a time makes the keys differ; each is named. */
static void test_plan_make_link_keys_that_do_not_fit_are_refused(void **state)
{
    plan_case *f = *state;
    sch_data_set *persons = fixed_set(&f->fixed, CBS, "personen"),
                 *support = fixed_set(&f->fixed, GEMEENTE, "bijstand");
    const uint8_t whole[] = {0, 0};
    build_link_key(persons, "a", 1, (const char *const[]){"inkomen"}, whole);
    build_link_key(support, "a", 1, (const char *const[]){"bedrag"}, whole);
    build_link_key(persons, "b", 1, (const char *const[]){"inkomen"}, whole);
    build_link_key(support, "b", 1, (const char *const[]){"nummer"}, whole);
    build_link_key(persons, "c", 2, (const char *const[]){"geboren", "woonbuurt"}, whole);
    build_link_key(support, "c", 2, (const char *const[]){"toelichting", "geboren"}, whole);
    build_link_key(persons, "d", 2, (const char *const[]){"geboren", "woonbuurt"}, (const uint8_t[]){0, 4});
    build_link_key(support, "d", 2, (const char *const[]){"geboren", "toelichting"}, (const uint8_t[]){0, 6});
    build_link_key(persons, "e", 2, (const char *const[]){"geboren", "woonbuurt"}, whole);
    build_link_key(support, "e", 1, (const char *const[]){"geboren"}, whole);
    plan_join(f, CBS, "personen", "p");
    plan_join(f, GEMEENTE, "bijstand", "b");
    build_count_rows(&f->request);
    build_pass(&f->request, "a");
    plan_make(f);
    fixed_column(&f->fixed, GEMEENTE, "bijstand", "bedrag")->decimals = 3;
    plan_refused(
        f, SCH_BAD_INPUT, "the link keys a of p and b do not fit together",
        "inkomen is a decimal with 2 digits after the point, bedrag a decimal with 3 digits after the point. Leave");
    static const struct {
        const char *key, *why;
    } other[] = {{"b", "inkomen is a decimal with 2 digits after the point, nummer an integer"},
                 {"c", "geboren is a date, toelichting a whole text"},
                 {"d", "woonbuurt is the first 4 characters of a text, toelichting the first 6 characters of a text"},
                 {"e", "the one has 2 columns, the other 1"}};
    size_t refused = 0;
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++, refused++) {
        unit_assert_ok(sch_text_copy(f->request.pass[0], SCH_NAME_BYTES, other[i].key));
        plan_refused(f, SCH_BAD_INPUT, "do not fit together: ", other[i].why);
    }
    assert_int_equal(refused, 4);
}

/* ---- conditions ---- */

/* What lets rows without a link through is decided on shares; else its join is an inner one. So no row of a left joined
 * owner that is linked counts as if it were not. */
static void test_plan_make_left_joined_owner_with_passes_has_no_conditions_of_its_own(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    plan_join(f, CBS, "personen", "p");
    plan_left_join(f, GEMEENTE, "bijstand", "b");
    build_pass(r, "tekst");
    build_count_rows(r);
    uint32_t days = build_col(r, 1, "dagen");
    uint32_t more = build_op2(r, SCH_OP_GREATER, days, build_number(r, 5, 0));
    uint32_t none = build_op1(r, SCH_OP_IS_NULL, days);
    build_where(r, build_op2(r, SCH_OP_OR, more, none));
    plan_make(f);
    assert_null(strstr(plan_sql(f, 1), "#kept"));
    assert_true(f->plan.shape.steps > 0);
    plan_row(f); /* a row without a link stays */
    plan_put_none(f, 1);
    plan_run(f);
    assert_int_equal(plan_column(f, f->plan.persons), 1);
    r->where = more;
    plan_make(f);
    assert_non_null(strstr(plan_sql(f, 1), "#kept"));
    plan_row(f); /* and here it does not */
    plan_put_none(f, 1);
    plan_run(f);
    assert_int_equal(plan_column(f, f->plan.persons), 0);
}

/* All columns come to 0 for a data owner's row whose values are 0, whatever its code: inner joined, sorted and wide. */
static void test_plan_make_rows_that_break_an_owners_conditions_count_nowhere(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    size_t columns = 0;
    for (unsigned keys = 0; keys < 3; keys++) {
        plan_again(f);
        plan_join(f, CBS, "personen", "p");
        plan_join(f, GEMEENTE, "bijstand", "b");
        plan_left_join(f, PARTNER, "jeugdhulp", "j");
        build_pass(r, "tekst");
        if (keys > 0) {
            build_key(r, 1, keys == 1 ? "traject" : "instroomjaar");
        }
        build_count_rows(r);
        build_sum(r, 0, "punten");
        build_sum(r, 1, "dagen");
        build_aggregate(r, SCH_OP_AVG, build_col(r, 2, "kosten"));
        build_aggregate2(r, SCH_OP_CORR, build_col(r, 0, "inkomen"), build_col(r, 1, "bedrag"));
        uint32_t age = build_col(r, 1, "leeftijd");
        build_where(r, build_op2(r, SCH_OP_LESS, age, build_number(r, 30, 0)));
        plan_make(f);
        plan_row(f);
        for (size_t v = 0; v < SCH_MAX_REGISTERS; v++) { /* spine and jeugdhulp have something */
            f->reg[v] = v % 7 + 1;
            f->put[v] = true;
        }
        size_t part = plan_part_of(f, 1);
        memset(f->reg + sch_table_register(&f->plan.shape, part - 1), 0,
               f->plan.shape.data[part - 1].columns * sizeof f->reg[0]);
        plan_run(f);
        for (uint32_t w = 0; w < f->plan.wide; w++) {
            for (uint16_t j = 0; j < f->plan.summed; j++, columns++) {
                assert_int_equal(plan_column_of(f, w, j), 0);
            }
        }
    }
    assert_true(columns > 30);
}

/* ---- persons ---- */

/* Whom a later pass links may have no identifier. */
static void test_plan_make_persons_of_a_left_joined_owner_are_all_who_link(void **state)
{
    plan_case *f = *state;
    plan_join(f, CBS, "personen", "p");
    plan_left_join(f, GEMEENTE, "bijstand", "b");
    build_count_persons(&f->request, 1);
    plan_make(f);
    assert_non_null(strstr(plan_sql(f, 1), "(r0.\"bsn\" IS NOT NULL)"));
    build_pass(&f->request, "tekst");
    plan_make(f);
    assert_null(strstr(plan_sql(f, 1), "IS NOT NULL"));
    uint16_t linked = f->plan.aggregate[0].count.column[0];
    assert_true(linked != f->plan.persons);
    plan_row(f);
    plan_put_text(f, 1, "CAST(1 AS BIGINT)", 1);
    plan_run(f);
    assert_int_equal(plan_column(f, linked), 1);
    plan_row(f);
    plan_put_none(f, 1);
    plan_run(f);
    assert_int_equal(plan_column(f, linked), 0);
    assert_int_equal(plan_column(f, f->plan.persons), 1);
}

/* A count of one pass stands in what a report is written out as. */
static void test_plan_make_count_of_a_pass_is_of_who_is_linked(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    build_count_persons(&f->request, 1);
    f->request.expression[f->request.output[0].expression].number = 3;
    plan_make(f);
    assert_int_equal(f->plan.shape.data[0].indicators, 3);
    uint16_t column = f->plan.aggregate[0].count.column[0];
    uint16_t first = (uint16_t)(sch_table_register(&f->plan.shape, 0) + f->plan.shape.data[0].columns);
    size_t ones = 0;
    for (uint16_t pass = 0; pass < 3; pass++) {
        plan_row(f);
        plan_put_text(f, 1, "CAST(1 AS BIGINT)", 1);
        f->reg[first + pass] = 1;
        plan_run(f);
        assert_int_equal(plan_column(f, column), pass == 2);
        ones += pass == 2;
    }
    assert_int_equal(ones, 1);
    f->request.expression[f->request.output[0].expression].number = 4;
    plan_refused(f, SCH_BAD_INPUT, "the request is not valid", "a pass that is not there");
}

static void test_plan_make_count_of_a_pass_of_the_first_data_set_is_refused(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    build_count_persons(&f->request, 0);
    f->request.expression[f->request.output[0].expression].number = 2;
    plan_refused(f, SCH_BAD_INPUT, "COUNT(DISTINCT)", "is of a pass, and all others are linked to this data set");
}

/* ---- what is said of it ---- */

static void assert_other_hash(const sch_plan *changed, const uint8_t whole[static SCH_HASH_BYTES])
{
    uint8_t other[SCH_HASH_BYTES];
    unit_assert_ok(sch_plan_hash(other, changed));
    assert_memory_not_equal(whole, other, SCH_HASH_BYTES);
}

static void test_plan_hash_differs_where_passes_do(void **state)
{
    plan_case *f = *state;
    uint8_t whole[SCH_HASH_BYTES];
    sch_link_key key;
    two_owners(f);
    build_count_rows(&f->request);
    plan_make(f);
    unit_assert_ok(sch_plan_hash(whole, &f->plan));
    sch_plan *changed = malloc(sizeof *changed);
    assert_non_null(changed);
#define CHANGED(what)                                                                                                  \
    do {                                                                                                               \
        *changed = f->plan;                                                                                            \
        key = *f->plan.link_key[1][0];                                                                                 \
        changed->link_key[1][0] = &key;                                                                                \
        what;                                                                                                          \
        assert_other_hash(changed, whole);                                                                             \
    } while (0)
    CHANGED(changed->pass_count = 1);
    CHANGED(changed->pass[1][0] ^= 1);
    CHANGED(key.name[0] ^= 1);
    CHANGED(key.part_count = 0);
    CHANGED(key.part[0].column[0] ^= 1);
    CHANGED(key.part[0].first = 7);
    CHANGED(changed->link_key[1][0] = NULL);
    CHANGED(changed->link_key[1][1] = NULL);
    CHANGED(changed->local[1].passes = 0);
    CHANGED(changed->shape.passes = 1);
    CHANGED(changed->shape.data[0].indicators = 3);
    free(changed);
    f->request.pass_count = 1;
    plan_make(f);
    assert_other_hash(&f->plan, whole);
    f->request.pass_count = 0;
    plan_make(f);
    assert_other_hash(&f->plan, whole);
}

static void test_plan_explain_tells_how_rows_are_linked(void **state)
{
    plan_case *f = *state;
    static const char *const SAID[] = {
        "How rows are linked\n  to p, by bsn\n  then by geboorte: geboren, woonbuurt (first 4); in b: geboren, toelich",
        "toelichting (first 4)\n  then by tekst: woonbuurt; in b: toelichting\n  A row is linked once",
        "Whole files are aligned:\n  conditions act on what is linked",
        "at most 17000000 rows, all of the file whatever the conditions, as",
        "how many rows each file has, whatever the conditions; no match, no value of another, no cell",
        "how many rows each file has, whatever the conditions; how many link in each pass, and in how many rows",
        "in how many rows which passes agree, of cbs and gemeente; no identifier, no value, no cell",
    };
    sch_buf out = {0};
    two_owners(f);
    build_count_rows(&f->request);
    plan_make(f);
    unit_assert_ok(sch_plan_explain(&out, &f->plan, &f->request));
    size_t said = 0;
    for (size_t i = 0; i < sizeof SAID / sizeof SAID[0]; i++, said++) {
        if (strstr(sch_buf_text(&out), SAID[i]) == NULL) {
            fail_msg("%s is not in\n%s", SAID[i], sch_buf_text(&out));
        }
    }
    assert_int_equal(said, 7);
    f->request.pass_count = 0;
    plan_make(f);
    out.bytes = 0;
    unit_assert_ok(sch_plan_explain(&out, &f->plan, &f->request));
    assert_null(strstr(sch_buf_text(&out), "pass"));
    assert_null(strstr(sch_buf_text(&out), "How rows are linked"));
    sch_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_plan_make_passes_are_those_of_the_request),
        PLAN_TEST(test_plan_make_passes_link_to_the_first_data_set),
        PLAN_TEST(test_plan_make_passes_of_a_union_link_to_each_member),
        PLAN_TEST(test_plan_shards_of_passes_are_one),
        PLAN_TEST(test_plan_make_random_requests_with_passes_are_sound),
        PLAN_TEST(test_plan_make_passes_with_several_rows_a_person_are_refused),
        PLAN_TEST(test_plan_make_passes_with_two_data_sets_of_a_node_are_refused),
        PLAN_TEST(test_plan_make_passes_with_a_union_that_is_not_first_are_refused),
        PLAN_TEST(test_plan_make_link_keys_that_are_not_offered_are_refused_with_those_that_are),
        PLAN_TEST(test_plan_make_link_keys_that_do_not_fit_are_refused),
        PLAN_TEST(test_plan_make_left_joined_owner_with_passes_has_no_conditions_of_its_own),
        PLAN_TEST(test_plan_make_rows_that_break_an_owners_conditions_count_nowhere),
        PLAN_TEST(test_plan_make_persons_of_a_left_joined_owner_are_all_who_link),
        PLAN_TEST(test_plan_make_count_of_a_pass_is_of_who_is_linked),
        PLAN_TEST(test_plan_make_count_of_a_pass_of_the_first_data_set_is_refused),
        PLAN_TEST(test_plan_hash_differs_where_passes_do),
        PLAN_TEST(test_plan_explain_tells_how_rows_are_linked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
