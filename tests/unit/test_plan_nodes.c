/* Requests that are refused for their data sets, joins, records and nodes; and how many nodes can take part. */
#include "node/query/plan.h"
#include "tests/support/plan_check.h"
#include "tests/unit/plan_case.h"

static void two_owners(plan_case *f)
{
    plan_again(f);
    plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    build_count_rows(&f->request);
}

static void test_plan_make_without_third_node_says_try_again(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    unit_assert_code(sch_plan_make(&f->plan, &f->request, f->fixed.list, 2, &f->detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(f->detail.text, "three nodes are needed; besides gemeente and cbs none is connected"));
}

static void test_plan_make_with_absent_owner_says_try_again(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    unit_assert_code(sch_plan_make(&f->plan, &f->request, f->fixed.list, 1, &f->detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(f->detail.text, "the node cbs, which holds banen, is not connected; try again later"));
}

static void test_plan_make_unknown_data_set_names_the_nearest(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    memcpy(f->request.from[1].data_set, "bannen", sizeof "bannen");
    plan_refused(f, SCH_TRY_AGAIN, "cbs offers no data set bannen", "did you mean banen; fetch the catalogue again");
    memcpy(f->request.from[1].data_set, "voertuigen", sizeof "voertuigen");
    plan_refused(f, SCH_TRY_AGAIN, "cbs offers no data set voertuigen; fetch the catalogue again", "");
}

static void test_plan_make_changed_schema_says_try_again(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    fixed_column(&f->fixed, CBS, "banen", "werkt")->maximum = 2;
    unit_assert_code(sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, &f->detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(f->detail.text, "the data set banen of cbs changed; fetch the catalogue again"));
}

static void test_plan_make_members_of_two_schemas_say_try_again(void **state)
{
    plan_case *f = *state;
    plan_union(f, "b");
    plan_join(f, CBS, "banen", "c");
    build_count_rows(&f->request);
    fixed_column(&f->fixed, STAD, "bijstand", "dagen")->maximum = 365;
    plan_refused(f, SCH_TRY_AGAIN, "the data set bijstand of stad changed, or has another schema than at the others",
                 "fetch the catalogue again");
}

static void test_plan_make_join_on_another_column_is_refused(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    memcpy(f->request.from[1].join_column, "jaar", sizeof "jaar");
    plan_refused(f, SCH_BAD_INPUT, "JOIN links c by jaar, which is not its identifier", "join on bsn");
}

static void test_plan_make_identifiers_of_two_kinds_are_refused(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    fixed_column(&f->fixed, CBS, "banen", "bsn")->identifier = SCH_IDENTIFIER_TEXT;
    plan_refused(f, SCH_BAD_INPUT, "JOIN cannot link b and c: their identifiers are of different kinds",
                 "pick data sets of one kind");
}

static void test_plan_make_data_sets_about_other_units_are_refused(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    memcpy(fixed_set(&f->fixed, CBS, "banen")->unit, "household", sizeof "household");
    plan_refused(f, SCH_BAD_INPUT, "JOIN cannot link b and c: one is about a person, the other about a household", "");
}

static void test_plan_make_member_with_another_data_set_is_refused(void **state)
{
    plan_case *f = *state;
    plan_union(f, "b");
    plan_join(f, CBS, "banen", "c");
    plan_join(f, STAD, "wonen", "w");
    build_count_rows(&f->request);
    plan_refused(f, SCH_BAD_INPUT, "stad holds wonen, and is one of the organisations of b",
                 "leave it out of ALL(...), or join data of another node");
}

static void test_plan_make_data_sets_of_one_node_alone_are_refused(void **state)
{
    plan_case *f = *state;
    plan_join(f, CBS, "banen", "c");
    plan_join(f, CBS, "personen", "p");
    build_count_rows(&f->request);
    plan_refused(f, SCH_BAD_INPUT, "FROM names data sets of cbs alone", "join with one of another node");
}

static void test_plan_make_broken_structure_is_refused(void **state)
{
    plan_case *f = *state;
    plan_refused(f, SCH_BAD_INPUT, "the request is not valid", "");
    two_owners(f);
    f->request.where = 1;
    plan_refused(f, SCH_BAD_INPUT, "the request is not valid", "not marked");
}

static void test_plan_make_where_that_is_no_condition_is_refused(void **state)
{
    plan_case *f = *state;
    two_owners(f);
    build_where(&f->request, build_col(&f->request, 0, "dagen"));
    plan_refused(f, SCH_BAD_INPUT, "WHERE takes a condition, and b.dagen (position 2) is a number", "comparison");
}

static void test_plan_make_join_of_more_than_2_60_records_is_refused(void **state)
{
    plan_case *f = *state;
    plan_join(f, CBS, "banen", "c");
    plan_join(f, UWV, "perioden", "u");
    build_count_rows(&f->request);
    fixed_set(&f->fixed, CBS, "banen")->max_rows = 1000000000000;
    fixed_set(&f->fixed, UWV, "perioden")->max_rows = 1000000000000;
    fixed_set(&f->fixed, UWV, "perioden")->max_rows_a_person = 0;
    plan_refused(f, SCH_BAD_INPUT, "the join could have more than 2^60 rows, as the schemas declare",
                 "ask the owners to declare max_rows_per_person");
    fixed_set(&f->fixed, UWV, "perioden")->max_rows_a_person = 4;
    plan_make(f);
}

static void test_plan_make_persons_rows_without_bound_are_refused_where_they_are_sent_once_each(void **state)
{
    plan_case *f = *state;
    uint8_t c = plan_join(f, CBS, "banen", "c");
    plan_join(f, UWV, "perioden", "u");
    fixed_column(&f->fixed, CBS, "banen", "jaar")->minimum = 1000; /* 1026 years: a person may be in each */
    build_key(&f->request, c, "jaar");
    build_count_rows(&f->request);
    plan_refused(f, SCH_BAD_INPUT, "c has several rows a person, and each data set that is linked to it is sent once",
                 "its schema has to declare max_rows_per_person, at most 1000");
    fixed_set(&f->fixed, CBS, "banen")->max_rows_a_person = 20;
    plan_make(f);
    assert_int_equal(f->plan.local[0].occurrences, 20);
}

static void test_plan_make_two_data_sets_whose_records_are_needed_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t u = plan_join(f, UWV, "perioden", "u");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    build_count_rows(r);
    build_where(r, build_op2(r, SCH_OP_GREATER, build_col(r, u, "maanden"), build_col(r, c, "uren")));
    fixed_set(&f->fixed, CBS, "banen")->max_rows_a_person = 3;
    plan_refused(f, SCH_BAD_INPUT, "of which u has several rows a person and so has c",
                 "add it up in aggregates of its own instead");
}

static void test_plan_make_left_joined_records_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t u = plan_left_join(f, UWV, "perioden", "u");
    uint32_t months = build_op2(r, SCH_OP_COALESCE, build_col(r, u, "maanden"), build_number(r, 0, 0));
    build_aggregate(r, SCH_OP_SUM, build_op2(r, SCH_OP_ADD, build_col(r, b, "dagen"), months));
    plan_refused(f, SCH_BAD_INPUT, "of which u has several rows a person and is left joined",
                 "add it up in aggregates of its own instead");
}

static void test_plan_make_records_without_bound_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t p = plan_join(f, CBS, "personen", "p");
    plan_join(f, CBS, "banen", "c");
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    build_count_rows(r);
    build_where(r, build_op2(r, SCH_OP_GREATER, build_col(r, p, "inkomen"), build_col(r, b, "bedrag")));
    plan_refused(f, SCH_BAD_INPUT, "of which c has several rows a person, with no max_rows_per_person in its schema",
                 "ask its owner to declare one");
}

static void test_plan_make_union_beside_records_of_another_is_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_union(f, "b");
    uint8_t u = plan_join(f, UWV, "perioden", "u");
    build_count_rows(r);
    build_where(r, build_op2(r, SCH_OP_GREATER, build_col(r, u, "maanden"), build_col(r, b, "dagen")));
    plan_refused(f, SCH_BAD_INPUT, "u has several rows a person", "union");
}

/* ---- many nodes ---- */

enum { CROWD = 17 };

/* One data set of one column at each of CROWD nodes; the first `members` of them are a union. */
static void crowd(plan_case *f, sch_catalog catalog[CROWD], const sch_catalog *list[CROWD], size_t members,
                  size_t others)
{
    plan_again(f);
    for (size_t i = 0; i < CROWD; i++) {
        char name[SCH_NAME_BYTES];
        snprintf(name, sizeof name, "node%02zu", i);
        build_catalog(&catalog[i], name, 10, true);
        build_identifier(build_data_set(&catalog[i], "mensen", SCH_ONE_PER_PERSON, 1000), "bsn");
        list[i] = &catalog[i];
    }
    for (size_t i = 0; i < 1 + others; i++) {
        char alias[24];
        snprintf(alias, sizeof alias, "m%zu", i);
        build_from(&f->request, &catalog[i == 0 ? 0 : members + i - 1], "mensen", alias, SCH_JOIN_INNER);
    }
    for (size_t m = 1; m < members; m++) {
        build_member(&f->request, 0, &catalog[m]);
    }
    build_count_rows(&f->request);
}

static void test_plan_make_more_than_16_nodes_are_refused(void **state)
{
    plan_case *f = *state;
    sch_catalog catalog[CROWD];
    const sch_catalog *list[CROWD];
    size_t checked = 0;
    for (size_t others = 3; others <= 5; others++) {
        crowd(f, catalog, list, 12, others);
        sch_plan_clear(&f->plan);
        sch_err err = sch_plan_make(&f->plan, &f->request, list, CROWD, &f->detail);
        if (12 + others <= SCH_MAX_PARTIES) {
            unit_assert_ok(err);
            assert_int_equal(f->plan.party_count, 12 + others);
            assert_null(plan_check(&f->plan, &f->request, 100));
        } else {
            unit_assert_code(err, SCH_BAD_INPUT);
            assert_non_null(strstr(f->detail.text, "at most 16 nodes can take part in a query"));
        }
        for (size_t i = 0; i < CROWD; i++) {
            sch_catalog_clear(&catalog[i]);
        }
        checked++;
    }
    assert_int_equal(checked, 3);
}

/* Each member of a union with one data owner is helped by the next. */
static void test_plan_make_twelve_members_help_each_other(void **state)
{
    plan_case *f = *state;
    sch_catalog catalog[CROWD];
    const sch_catalog *list[CROWD];
    crowd(f, catalog, list, 12, 1);
    unit_assert_ok(sch_plan_make(&f->plan, &f->request, list, CROWD, &f->detail));
    assert_int_equal(f->plan.party_count, 13);
    assert_int_equal(f->plan.member_count, 12);
    for (sch_party m = 0; m < 12; m++) {
        assert_int_equal(f->plan.member[m].spine, m);
        assert_int_equal(f->plan.member[m].data[0], 12);
        assert_int_equal(f->plan.member[m].helper[0], (m + 1) % 12);
    }
    assert_null(plan_check(&f->plan, &f->request, 100));
    sch_plan_clear(&f->plan);
    for (size_t i = 0; i < CROWD; i++) {
        sch_catalog_clear(&catalog[i]);
    }
}

/* Twelve data sets of twelve nodes: as many as a request can name. */
static void test_plan_make_twelve_owners_are_planned(void **state)
{
    plan_case *f = *state;
    sch_catalog catalog[CROWD];
    const sch_catalog *list[CROWD];
    crowd(f, catalog, list, 1, 11);
    unit_assert_ok(sch_plan_make(&f->plan, &f->request, list, CROWD, &f->detail));
    assert_int_equal(f->plan.party_count, 12);
    assert_int_equal(f->plan.part_count, 12);
    assert_null(plan_check(&f->plan, &f->request, 100));
    sch_plan_clear(&f->plan);
    for (size_t i = 0; i < CROWD; i++) {
        sch_catalog_clear(&catalog[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_plan_make_without_third_node_says_try_again),
        PLAN_TEST(test_plan_make_with_absent_owner_says_try_again),
        PLAN_TEST(test_plan_make_unknown_data_set_names_the_nearest),
        PLAN_TEST(test_plan_make_changed_schema_says_try_again),
        PLAN_TEST(test_plan_make_members_of_two_schemas_say_try_again),
        PLAN_TEST(test_plan_make_join_on_another_column_is_refused),
        PLAN_TEST(test_plan_make_identifiers_of_two_kinds_are_refused),
        PLAN_TEST(test_plan_make_data_sets_about_other_units_are_refused),
        PLAN_TEST(test_plan_make_member_with_another_data_set_is_refused),
        PLAN_TEST(test_plan_make_data_sets_of_one_node_alone_are_refused),
        PLAN_TEST(test_plan_make_broken_structure_is_refused),
        PLAN_TEST(test_plan_make_where_that_is_no_condition_is_refused),
        PLAN_TEST(test_plan_make_join_of_more_than_2_60_records_is_refused),
        PLAN_TEST(test_plan_make_persons_rows_without_bound_are_refused_where_they_are_sent_once_each),
        PLAN_TEST(test_plan_make_two_data_sets_whose_records_are_needed_are_refused),
        PLAN_TEST(test_plan_make_left_joined_records_are_refused),
        PLAN_TEST(test_plan_make_records_without_bound_are_refused),
        PLAN_TEST(test_plan_make_union_beside_records_of_another_is_refused),
        PLAN_TEST(test_plan_make_more_than_16_nodes_are_refused),
        PLAN_TEST(test_plan_make_twelve_members_help_each_other),
        PLAN_TEST(test_plan_make_twelve_owners_are_planned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
