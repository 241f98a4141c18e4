/* Who is who: spine, data owners and helpers; what is left to each of them. */
#include "node/query/plan.h"
#include "tests/unit/plan_case.h"

/* ---- two owners ---- */

static void test_plan_make_two_owners_get_a_helper(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.party_count, 3);
    assert_int_equal(f->plan.member_count, 1);
    plan_assert_node(f, f->plan.member[0].spine, "gemeente");
    plan_assert_node(f, f->plan.member[0].data[0], "cbs");
    plan_assert_node(f, f->plan.member[0].helper[0], "partner"); /* the first other one by name */
    assert_int_equal(f->plan.member[0].second, f->plan.member[0].helper[0]);
    assert_int_equal(f->plan.member[0].third, f->plan.member[0].data[0]);
    assert_int_equal(plan_part_of(f, b), 0);
    assert_int_equal(plan_part_of(f, c), 1);
    assert_int_equal(f->plan.local[0].max_rows, 1000000);
    assert_int_equal(f->plan.local[1].max_rows, 10000000);
    assert_true(sch_plan_is_holder(&f->plan, 0) && sch_plan_is_holder(&f->plan, f->plan.member[0].second));
    assert_false(sch_plan_is_holder(&f->plan, f->plan.member[0].third));
}

static void test_plan_make_order_of_from_and_of_nodes_does_not_choose_the_spine(void **state)
{
    plan_case *f = *state;
    plan_join(f, CBS, "banen", "c");
    plan_join(f, GEMEENTE, "bijstand", "b");
    build_count_rows(&f->request);
    plan_make(f);
    plan_assert_node(f, f->plan.member[0].spine, "gemeente");
    assert_int_equal(f->plan.local[0].from[0], 1);
    assert_int_equal(f->plan.local[1].from[0], 0);
}

static void test_plan_make_spine_is_where_the_codes_are(void **state)
{
    plan_case *f = *state;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t j = plan_join(f, PARTNER, "jeugdhulp", "j");
    fixed_set(&f->fixed, PARTNER, "jeugdhulp")->max_rows = 200000; /* as wonen */
    build_count_rows(&f->request);
    plan_make(f);
    plan_assert_node(f, f->plan.member[0].spine, "stad"); /* alike: the first */
    build_key(&f->request, j, "soort");
    plan_make(f);
    plan_assert_node(f, f->plan.member[0].spine, "partner"); /* 3 codes against none */
    assert_int_equal(f->plan.grouping, SCH_GROUPING_KNOWN);
    build_key(&f->request, w, "wijk");
    plan_make(f);
    plan_assert_node(f, f->plan.member[0].spine, "stad"); /* 40 against 3 */
}

static void test_plan_make_rules_are_the_strictest_of_the_owners(void **state)
{
    plan_case *f = *state;
    plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.rules.min_persons, 15); /* cbs */
    assert_true(f->plan.rules.show_zero);            /* both owners; the helper's does not count */
    plan_again(f);
    plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, PARTNER, "jeugdhulp", "j");
    build_count_rows(&f->request);
    plan_make(f);
    plan_assert_node(f, f->plan.member[0].helper[0], "cbs");
    assert_int_equal(f->plan.rules.min_persons, 10); /* gemeente */
    assert_false(f->plan.rules.show_zero);           /* partner does not */
}

static void test_plan_make_members_rules_count_too(void **state)
{
    plan_case *f = *state;
    plan_union(f, "b");
    plan_join(f, UWV, "perioden", "u");
    f->fixed.catalog[STAD].min_persons = 30;
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.rules.min_persons, 30);
    assert_true(f->plan.rules.show_zero);
    f->fixed.catalog[STAD].show_zero = false;
    plan_make(f);
    assert_false(f->plan.rules.show_zero);
}

/* ---- more owners ---- */

static void test_plan_make_owners_help_each_other_in_a_ring(void **state)
{
    plan_case *f = *state;
    static const struct {
        size_t node;
        const char *set, *alias;
    } set[] = {{GEMEENTE, "bijstand", "b"},
               {PARTNER, "jeugdhulp", "j"},
               {STAD, "wonen", "w"},
               {UWV, "perioden", "u"},
               {CBS, "banen", "c"}};
    size_t checked = 0;
    for (size_t owners = 3; owners <= 5; owners++) {
        plan_again(f);
        for (size_t i = 0; i < owners; i++) {
            plan_join(f, set[i].node, set[i].set, set[i].alias);
        }
        build_count_rows(&f->request);
        plan_make(f);
        const sch_cast *cast = &f->plan.member[0];
        assert_int_equal(f->plan.party_count, owners); /* nobody else is needed */
        assert_int_equal(f->plan.part_count, owners);
        for (size_t d = 0; d + 1 < owners; d++) {
            assert_int_equal(cast->helper[d], cast->data[(d + 1) % (owners - 1)]);
            checked++;
        }
        assert_int_equal(cast->second, cast->helper[0]);
        assert_int_equal(cast->third, cast->data[0]);
        unit_assert_ok(sch_cast_check(cast, &f->plan.shape));
        size_t part;
        for (size_t p = 0; p < owners; p++) {
            assert_true(sch_plan_part(&f->plan, (sch_party)p, &part));
        }
        assert_false(sch_plan_part(&f->plan, (sch_party)owners, &part));
    }
    assert_int_equal(checked, 2 + 3 + 4);
}

static void test_plan_make_data_sets_of_one_node_are_one_part(void **state)
{
    plan_case *f = *state;
    uint8_t c = plan_join(f, CBS, "banen", "c");
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    build_sum(&f->request, c, "uren");
    build_sum(&f->request, p, "punten");
    plan_make(f);
    size_t part = plan_part_of(f, c);
    assert_int_equal(f->plan.part_count, 2);
    assert_int_not_equal(plan_part_of(f, b), part);
    assert_int_equal(plan_part_of(f, p), part);
    assert_int_equal(f->plan.local[part].from_count, 2);
    assert_int_equal(f->plan.local[part].from[0], c); /* r0 */
    assert_int_equal(f->plan.local[part].from[1], p); /* r1 */
    assert_non_null(strstr(f->plan.local[part].sql, "FROM r0 INNER JOIN r1 ON r0.\"bsn\" = r1.\"bsn\""));
    assert_int_equal(f->plan.local[part].max_rows, 10000000); /* a person of r1 for each record of r0 */
}

static void test_plan_make_union_members_are_spines_and_help_the_next(void **state)
{
    plan_case *f = *state;
    plan_union(f, "b");
    plan_join(f, CBS, "banen", "c");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.party_count, 3);
    assert_int_equal(f->plan.member_count, 2);
    plan_assert_node(f, 0, "gemeente");
    plan_assert_node(f, 1, "stad");
    plan_assert_node(f, 2, "cbs");
    for (sch_party m = 0; m < 2; m++) {
        assert_int_equal(f->plan.member[m].spine, m);
        assert_int_equal(f->plan.member[m].data[0], 2);
        assert_int_equal(f->plan.member[m].helper[0], 1 - m);
        assert_int_equal(f->plan.member[m].second, 1 - m);
        assert_int_equal(f->plan.member[m].third, 2);
    }
    plan_again(f);
    plan_union(f, "b");
    plan_join(f, CBS, "banen", "c");
    plan_join(f, UWV, "perioden", "u");
    build_count_rows(&f->request);
    plan_make(f);
    for (sch_party m = 0; m < 2; m++) { /* owners help each other */
        assert_int_equal(f->plan.member[m].helper[0], f->plan.member[m].data[1]);
        assert_int_equal(f->plan.member[m].helper[1], f->plan.member[m].data[0]);
    }
}

/* The union is the spine though the other file is far smaller and has all the keys. */
static void test_plan_make_union_is_the_spine(void **state)
{
    plan_case *f = *state;
    uint8_t j = plan_join(f, PARTNER, "jeugdhulp", "j");
    uint8_t b = plan_union(f, "b");
    fixed_set(&f->fixed, PARTNER, "jeugdhulp")->max_rows = 100;
    build_key(&f->request, j, "soort");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(plan_part_of(f, b), 0);
    assert_int_equal(f->plan.member_count, 2);
}

static void test_plan_make_left_joined_data_set_is_not_the_spine(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t j = plan_left_join(f, PARTNER, "jeugdhulp", "j");
    fixed_set(&f->fixed, PARTNER, "jeugdhulp")->max_rows = 100;
    build_key(&f->request, j, "soort");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(plan_part_of(f, b), 0);
    assert_int_equal(f->plan.key[0].domain, 4); /* three kinds, and those whom it does not know */
    f->request.from[j].join = SCH_JOIN_INNER;
    plan_make(f);
    assert_int_equal(plan_part_of(f, b), 1);
    assert_int_equal(f->plan.key[0].domain, 3);
}

static void test_plan_make_records_needed_make_the_spine(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t u = plan_join(f, UWV, "perioden", "u");
    build_count_rows(r);
    plan_make(f);
    assert_int_equal(plan_part_of(f, b), 0);
    build_where(r, build_op2(r, SCH_OP_GREATER, build_col(r, u, "maanden"), build_col(r, b, "dagen")));
    plan_make(f);
    assert_int_equal(plan_part_of(f, u), 0);
    assert_int_equal(f->plan.local[0].occurrences, 4);
    assert_null(strstr(f->plan.local[0].sql, "GROUP BY"));
}

/* Nodes have their catalogues in any order, and must come to one plan. */
static void test_plan_make_order_of_catalogues_does_not_matter(void **state)
{
    plan_case *f = *state;
    uint8_t first[SCH_HASH_BYTES], other[SCH_HASH_BYTES];
    const sch_catalog *turned[FIXED_CATALOGS];
    plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, UWV, "perioden", "u");
    build_count_rows(&f->request);
    plan_make(f);
    unit_assert_ok(sch_plan_hash(first, &f->plan));
    for (size_t i = 0; i < FIXED_CATALOGS; i++) {
        turned[i] = f->fixed.list[FIXED_CATALOGS - 1 - i];
    }
    sch_plan_clear(&f->plan);
    unit_assert_ok(sch_plan_make(&f->plan, &f->request, turned, FIXED_CATALOGS, NULL));
    unit_assert_ok(sch_plan_hash(other, &f->plan));
    assert_memory_equal(first, other, sizeof first);
}

/* ---- conditions, and joins that turn out to be inner ones ---- */

static void test_plan_make_conditions_go_to_their_owners(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    uint32_t b1 = build_op2(r, SCH_OP_GREATER_EQUAL, build_col(r, b, "instroomjaar"), build_number(r, 2023, 0));
    uint32_t c1 = build_op2(r, SCH_OP_EQUAL, build_col(r, c, "jaar"), build_number(r, 2025, 0));
    uint32_t b2 = build_op1(r, SCH_OP_NOT, build_col(r, b, "actief"));
    uint32_t constant = build_boolean(r, true);
    uint32_t three = build_op3(r, SCH_OP_AND, b1, c1, constant);
    build_where(r, build_op2(r, SCH_OP_AND, three, build_op2(r, SCH_OP_AND, b2, b1)));
    build_count_rows(r);
    plan_make(f);
    assert_string_equal(plan_sql(f, b), "SELECT r0.\"bsn\" FROM r0 WHERE (r0.\"instroomjaar\" >= CAST(2023 AS BIGINT)) "
                                        "AND TRUE AND (NOT r0.\"actief\")");
    assert_string_equal(plan_sql(f, c), "SELECT r0.\"bsn\", CAST(1 AS BIGINT), COUNT(*) FROM r0 WHERE (r0.\"jaar\" = "
                                        "CAST(2025 AS BIGINT)) GROUP BY r0.\"bsn\"");
    assert_int_equal(f->plan.shape.steps, 0);
}

/* What a condition makes of a left join. */
static void assert_left(plan_case *f, uint8_t j, uint32_t condition, bool inner)
{
    build_where(&f->request, condition);
    plan_make(f);
    bool at_owner = strstr(plan_sql(f, j), " WHERE ") != NULL;
    if (at_owner != inner) {
        fail_msg("%s", plan_sql(f, j));
    }
    assert_int_equal(f->plan.shape.steps == 0, inner); /* else it is decided on shares */
}

static void test_plan_make_left_join_that_no_absent_row_passes_is_an_inner_one(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t j = plan_left_join(f, PARTNER, "jeugdhulp", "j");
    build_count_rows(r);
    uint32_t cost = build_col(r, j, "kosten"), talks = build_col(r, j, "gesprekken");
    uint32_t kind = build_col(r, j, "soort"), zero = build_number(r, 0, 0);
    uint32_t active = build_col(r, b, "actief");
    uint32_t more = build_op2(r, SCH_OP_GREATER, cost, zero), less = build_op2(r, SCH_OP_LESS, talks, zero);
    uint32_t is_null = build_op1(r, SCH_OP_IS_NULL, cost), is_not_null = build_op1(r, SCH_OP_IS_NOT_NULL, talks);
    assert_left(f, j, more, true);
    assert_left(f, j, is_not_null, true);
    assert_left(f, j, build_op2(r, SCH_OP_OR, more, is_not_null), true);
    assert_left(f, j, build_op1(r, SCH_OP_NOT, less), true);
    assert_left(f, j, build_op3(r, SCH_OP_BETWEEN, cost, zero, build_number(r, 5, 0)), true);
    assert_left(f, j, build_op2(r, SCH_OP_NOT_IN, kind, build_text(r, "zwaar")), true);
    assert_left(f, j, build_op2(r, SCH_OP_LIKE, kind, build_text(r, "z%")), true);
    assert_left(f, j, build_op2(r, SCH_OP_GREATER, build_op2(r, SCH_OP_COALESCE, talks, cost), zero), true);
    assert_left(f, j, build_op3(r, SCH_OP_CASE, more, is_not_null, build_null(r)), true);
    /* true of a person without a record, too */
    assert_left(f, j, is_null, false);
    assert_left(f, j, build_op2(r, SCH_OP_OR, more, active), false);
    assert_left(f, j, build_op2(r, SCH_OP_OR, more, is_null), false);
    assert_left(f, j, build_op2(r, SCH_OP_EQUAL, build_op2(r, SCH_OP_COALESCE, talks, zero), zero), false);
    assert_left(f, j, build_op3(r, SCH_OP_CASE, more, build_boolean(r, false), build_boolean(r, true)), false);
    /* one of several suffices, and then the other is the owner's as well */
    build_where(r, build_op2(r, SCH_OP_AND, build_op2(r, SCH_OP_OR, less, is_null), more));
    plan_make(f);
    assert_int_equal(f->plan.shape.steps, 0);
    assert_non_null(strstr(plan_sql(f, j), "IS NULL)) AND ("));
}

/* COALESCE over two data sets that are both left joined: a person with one of them may pass, one with none does not. */
static void test_plan_make_left_joins_of_one_node_are_inner_together(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t w = plan_left_join(f, STAD, "wonen", "w");
    uint8_t s = plan_left_join(f, STAD, "bijstand", "s");
    uint32_t any = build_op2(r, SCH_OP_COALESCE, build_col(r, w, "huur"), build_col(r, s, "bedrag"));
    build_where(r, build_op2(r, SCH_OP_GREATER, any, build_number(r, 5, 0)));
    build_count_rows(r);
    plan_make(f);
    const sch_plan_aggregate *count = &f->plan.aggregate[0];
    plan_row(f);
    plan_put_none(f, w);
    plan_run(f);
    assert_int_equal(plan_column(f, count->count.column[0]), 0); /* no record, so the condition is not true */
    assert_int_equal(plan_column(f, f->plan.persons), 0);
    assert_non_null(strstr(plan_sql(f, w), "FULL OUTER JOIN"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_plan_make_two_owners_get_a_helper),
        PLAN_TEST(test_plan_make_order_of_from_and_of_nodes_does_not_choose_the_spine),
        PLAN_TEST(test_plan_make_spine_is_where_the_codes_are),
        PLAN_TEST(test_plan_make_rules_are_the_strictest_of_the_owners),
        PLAN_TEST(test_plan_make_members_rules_count_too),
        PLAN_TEST(test_plan_make_owners_help_each_other_in_a_ring),
        PLAN_TEST(test_plan_make_data_sets_of_one_node_are_one_part),
        PLAN_TEST(test_plan_make_union_members_are_spines_and_help_the_next),
        PLAN_TEST(test_plan_make_union_is_the_spine),
        PLAN_TEST(test_plan_make_left_joined_data_set_is_not_the_spine),
        PLAN_TEST(test_plan_make_records_needed_make_the_spine),
        PLAN_TEST(test_plan_make_order_of_catalogues_does_not_matter),
        PLAN_TEST(test_plan_make_conditions_go_to_their_owners),
        PLAN_TEST(test_plan_make_left_join_that_no_absent_row_passes_is_an_inner_one),
        PLAN_TEST(test_plan_make_left_joins_of_one_node_are_inner_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
