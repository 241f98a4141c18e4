/* The report of linkage: the query that it stands for, what it cannot be asked of, and its plan. */
#include "node/query/linkage.h"

#include "tests/unit/plan_case.h"

enum { BIG = SCH_MAX_OUTPUTS, OUTPUTS = 5 };

/* bijstand, banen and jeugdhulp, by traject. */
static void three_owners(plan_case *f)
{
    plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    plan_left_join(f, PARTNER, "jeugdhulp", "j");
    build_key(&f->request, 0, "traject");
    f->request.linkage = true;
}

static void expand(sch_request *out, const sch_request *request)
{
    sch_detail detail = {{0}};
    sch_err err = sch_linkage_expand(out, request, &detail);
    if (sch_failed(err)) {
        fail_msg("%s: %s", err.text, detail.text);
    }
}

static void expand_refused(plan_case *f, const char *text, const char *text2)
{
    static const sch_request empty;
    sch_request out;
    f->detail.text[0] = '\0';
    unit_assert_code(sch_linkage_expand(&out, &f->request, &f->detail), SCH_BAD_INPUT);
    if (strstr(f->detail.text, text) == NULL || strstr(f->detail.text, text2) == NULL) {
        fail_msg("%s", f->detail.text);
    }
    assert_memory_equal(&out, &empty, sizeof empty);
    plan_refused(f, SCH_BAD_INPUT, text, text2); /* the same sentence from who plans it */
}

/* ---- what it stands for ---- */

static void assert_count(const sch_request *r, uint32_t expression, uint8_t from)
{
    const sch_expression *count = &r->expression[expression];
    assert_int_equal(count->op, SCH_OP_COUNT_PERSONS);
    const sch_expression *column = &r->expression[count->argument[0]];
    assert_int_equal(column->op, SCH_OP_COLUMN);
    assert_int_equal(column->data_set, from);
    assert_string_equal(column->text, "bsn");
}

static void test_expand_of_a_report_counts_persons_and_those_who_link(void **state)
{
    plan_case *f = *state;
    static const char *const NAMES[] = {"traject", "persons", "c_linked", "c_share", "j_linked", "j_share"};
    sch_request out;
    three_owners(f);
    expand(&out, &f->request);
    unit_assert_ok(sch_request_check_query(&out, NULL));
    assert_false(out.linkage);
    assert_int_equal(out.output_count, OUTPUTS + 1);
    for (size_t i = 0; i < OUTPUTS + 1; i++) {
        assert_string_equal(out.output[i].name, NAMES[i]);
    }
    assert_count(&out, out.output[1].expression, 0);
    for (uint8_t d = 1; d < 3; d++) {
        uint32_t linked = out.output[2 * d].expression;
        const sch_expression *share = &out.expression[out.output[2 * d + 1].expression];
        assert_count(&out, linked, d);
        assert_int_equal(share->op, SCH_OP_DIVIDE);
        assert_int_equal(share->argument_count, 2);
        assert_int_equal(share->argument[0], linked);
        assert_int_equal(share->argument[1], out.output[1].expression);
        assert_int_equal(out.from[d].join, SCH_JOIN_LEFT);
    }
    assert_int_equal(out.from[0].join, SCH_JOIN_INNER);
    sch_request_clear(&out);
}

static void test_expand_keeps_the_rest_of_the_query(void **state)
{
    plan_case *f = *state;
    sch_request out;
    sch_request *r = &f->request;
    three_owners(f);
    uint32_t code = build_text(r, "werk");
    build_where(r, build_op2(r, SCH_OP_NOT_EQUAL, build_col(r, 0, "traject"), code));
    r->has_having = true;
    r->having = build_op1(r, SCH_OP_IS_NOT_NULL, r->group_by[0]);
    r->order[r->order_count++] = (sch_order){.expression = r->group_by[0], .descending = true};
    r->has_limit = true;
    r->limit = 3;
    expand(&out, r);
    assert_int_equal(out.where, r->where);
    assert_int_equal(out.having, r->having);
    assert_true(out.has_where && out.has_having && out.has_limit && out.order[0].descending);
    assert_int_equal(out.limit, 3);
    assert_int_equal(out.output[0].expression, r->output[0].expression);
    assert_true(out.expression_count > r->expression_count);
    for (size_t i = 0; i < r->expression_count; i++) {
        const sch_expression *a = &r->expression[i], *b = &out.expression[i];
        assert_int_equal(a->op, b->op);
        assert_int_equal(a->position, b->position);
        assert_true(a->text == NULL ? b->text == NULL : a->text != b->text && strcmp(a->text, b->text) == 0);
        assert_int_equal(a->argument_count, b->argument_count);
        assert_true(a->argument_count == 0 || a->argument != b->argument);
        for (size_t k = 0; k < a->argument_count; k++) {
            assert_int_equal(a->argument[k], b->argument[k]);
        }
    }
    assert_true(r->linkage && r->from[1].join == SCH_JOIN_INNER && r->output_count == 1);
    sch_request_clear(&out);
}

static void test_expand_without_keys_has_the_report_alone(void **state)
{
    plan_case *f = *state;
    sch_request out;
    plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    f->request.linkage = true;
    expand(&out, &f->request);
    assert_int_equal(out.output_count, 3);
    assert_string_equal(out.output[0].name, "persons");
    sch_request_clear(&out);
    plan_make(f);
    assert_int_equal(f->plan.aggregate_count, 2);
}

/* personen, and bijstand and jeugdhulp by a text after the BSN. */
static void three_owners_in_passes(plan_case *f)
{
    plan_join(f, CBS, "personen", "p");
    plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, PARTNER, "jeugdhulp", "j");
    build_pass(&f->request, "tekst");
    f->request.linkage = true;
}

static void test_expand_with_passes_counts_those_of_each(void **state)
{
    plan_case *f = *state;
    static const struct {
        const char *name;
        int64_t number; /* of a count; -1 of a share */
        uint8_t from;
    } is[] = {{"persons", 0, 0},  {"b_linked", 0, 1}, {"b_share", -1, 1}, {"b_by_bsn", 1, 1},  {"b_by_tekst", 2, 1},
              {"j_linked", 0, 2}, {"j_share", -1, 2}, {"j_by_bsn", 1, 2}, {"j_by_tekst", 2, 2}};
    sch_request out;
    three_owners_in_passes(f);
    expand(&out, &f->request);
    unit_assert_ok(sch_request_check_query(&out, NULL));
    assert_int_equal(out.output_count, sizeof is / sizeof is[0]);
    assert_int_equal(out.expression_count, 2 + 2 * (3 + 2));
    assert_int_equal(out.pass_count, 1);
    size_t counts = 0;
    for (size_t i = 0; i < out.output_count; i++) {
        assert_string_equal(out.output[i].name, is[i].name);
        if (is[i].number >= 0) {
            assert_count(&out, out.output[i].expression, is[i].from);
            assert_int_equal(out.expression[out.output[i].expression].number, is[i].number);
            counts++;
        }
    }
    assert_int_equal(counts, 7);
    sch_request_clear(&out);
}

/* ---- what it cannot be asked of ---- */

static void test_expand_keys_of_another_data_set_are_refused(void **state)
{
    plan_case *f = *state;
    three_owners(f);
    build_key(&f->request, 1, "sector");
    expand_refused(f, "LINKAGE() groups by columns of b alone", "c.sector (position 2) is of another");
    plan_again(f);
    plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, STAD, "wonen", "w");
    build_bin_key(&f->request, 1, "huur");
    f->request.linkage = true;
    expand_refused(f, "LINKAGE() groups by columns of b alone", "w.huur");
}

static void test_expand_conditions_on_another_data_set_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    three_owners(f);
    uint32_t own = build_op1(r, SCH_OP_IS_NOT_NULL, build_col(r, 0, "traject"));
    uint32_t year = build_col(r, 1, "jaar");
    uint32_t other = build_op2(r, SCH_OP_EQUAL, year, build_number(r, 2025, 0));
    build_where(r, build_op2(r, SCH_OP_AND, own, build_op1(r, SCH_OP_NOT, other)));
    expand_refused(f, "LINKAGE() takes conditions on b alone",
                   "WHERE has c.jaar (position 4); leave that condition out");
    build_where(r, own); /* what stands outside WHERE is none */
    plan_make(f);
}

static void test_expand_union_that_is_not_first_is_refused(void **state)
{
    plan_case *f = *state;
    plan_join(f, CBS, "banen", "c");
    plan_union(f, "b");
    f->request.linkage = true;
    expand_refused(f, "a union cannot be that", "write the union b first");
}

static void test_expand_union_without_organisation_is_refused(void **state)
{
    plan_case *f = *state;
    plan_union(f, "b");
    plan_join(f, CBS, "banen", "c");
    f->request.linkage = true;
    expand_refused(f, "cannot tell that a person at two organisations of b is one", "group by ORGANISATION(b)");
    build_key(&f->request, 0, "traject");
    expand_refused(f, "cannot tell that a person at two organisations of b is one", "in every grouping set");
    build_organisation_key(&f->request, 0);
    build_set(&f->request, 3);
    build_set(&f->request, 1);
    expand_refused(f, "cannot tell that a person at two organisations of b is one", "in every grouping set");
    f->request.set[1] = 2;
    plan_make(f);
    assert_int_equal(f->plan.member_count, 2);
}

static void test_expand_several_rows_a_person_take_no_margins(void **state)
{
    plan_case *f = *state;
    plan_join(f, UWV, "perioden", "p");
    plan_join(f, CBS, "banen", "c");
    build_key(&f->request, 0, "wet");
    f->request.linkage = true;
    plan_make(f);
    assert_int_equal(f->plan.cell.rule[f->plan.persons][0].times, 1);
    build_set(&f->request, 1);
    build_set(&f->request, 0);
    plan_refused(f, SCH_BAD_INPUT, "may have several rows in p", "leave out ROLLUP, CUBE and GROUPING SETS");
    unit_assert_code(sch_linkage_check_margins(&f->request, fixed_set(&f->fixed, UWV, "perioden"), NULL),
                     SCH_BAD_INPUT);
    unit_assert_ok(sch_linkage_check_margins(&f->request, fixed_set(&f->fixed, GEMEENTE, "bijstand"), NULL));
    f->request.linkage = false;
    unit_assert_ok(sch_linkage_check_margins(&f->request, fixed_set(&f->fixed, UWV, "perioden"), NULL));
}

static void test_expand_too_many_outputs_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request out;
    three_owners(f);
    while (f->request.output_count + OUTPUTS < BIG) {
        build_output(&f->request, "nog_eens", f->request.group_by[0]);
    }
    expand(&out, &f->request);
    assert_int_equal(out.output_count, BIG);
    sch_request_clear(&out);
    build_output(&f->request, "te_veel", f->request.group_by[0]);
    expand_refused(f, "LINKAGE() stands for 5 outputs here", "more than 64");
}

static void test_expand_too_many_expressions_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request out;
    three_owners(f);
    while (f->request.expression_count + 8 < SCH_MAX_EXPRESSIONS) {
        build_null(&f->request);
    }
    expand(&out, &f->request);
    assert_int_equal(out.expression_count, SCH_MAX_EXPRESSIONS);
    sch_request_clear(&out);
    build_null(&f->request);
    expand_refused(f, "LINKAGE() stands for 8 expressions here", "more than 2000");
}

static void test_expand_too_long_an_alias_is_refused(void **state)
{
    plan_case *f = *state;
    sch_request out;
    three_owners(f);
    memset(f->request.from[1].alias, 'c', 56);
    expand(&out, &f->request);
    assert_int_equal(strlen(out.output[2].name), SCH_NAME_BYTES - 1);
    assert_string_equal(out.output[2].name + 56, "_linked");
    sch_request_clear(&out);
    f->request.from[1].alias[56] = 'c';
    expand_refused(f, "which is too long", "give banen an alias of at most 56 bytes");
}

static void test_expand_too_many_outputs_of_passes_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request out;
    three_owners_in_passes(f);
    build_key(&f->request, 0, "geslacht");
    while (f->request.output_count + 9 < BIG) {
        build_output(&f->request, "nog_eens", f->request.group_by[0]);
    }
    expand(&out, &f->request);
    assert_int_equal(out.output_count, BIG);
    sch_request_clear(&out);
    build_output(&f->request, "te_veel", f->request.group_by[0]);
    expand_refused(f, "LINKAGE() stands for 9 outputs here", "more than 64");
}

static void test_expand_too_many_expressions_of_passes_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request out;
    three_owners_in_passes(f);
    while (f->request.expression_count + 12 < SCH_MAX_EXPRESSIONS) {
        build_null(&f->request);
    }
    expand(&out, &f->request);
    assert_int_equal(out.expression_count, SCH_MAX_EXPRESSIONS);
    sch_request_clear(&out);
    build_null(&f->request);
    expand_refused(f, "LINKAGE() stands for 12 expressions here", "more than 2000");
}

static void test_expand_too_long_a_heading_of_a_pass_is_refused(void **state)
{
    plan_case *f = *state;
    sch_request out;
    three_owners_in_passes(f);
    memset(f->request.from[1].alias, 'b', 54); /* and _by_tekst is 63 */
    expand(&out, &f->request);
    assert_int_equal(strlen(out.output[4].name), SCH_NAME_BYTES - 1);
    assert_string_equal(out.output[4].name + 54, "_by_tekst");
    sch_request_clear(&out);
    f->request.from[1].alias[54] = 'b';
    expand_refused(f, "_by_tekst, which is too long: it has 64 bytes, and at most 63 are possible",
                   "give bijstand a shorter alias, or leave a --pass with so long a name out");
    f->request.pass_count = 0;
    expand(&out, &f->request);
    sch_request_clear(&out);
}

static void test_expand_broken_or_other_requests_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request out;
    three_owners(f);
    f->request.group_by[0] = 77;
    expand_refused(f, "the request is not valid", "");
    f->request.linkage = false;
    unit_assert_code(sch_linkage_expand(&out, &f->request, NULL), SCH_BUG);
    assert_null(out.expression);
}

/* ---- its plan ---- */

static bool has_rule(const plan_case *f, uint16_t column, uint16_t count, uint16_t less, bool zero)
{
    const sch_cell_shape *cell = &f->plan.cell;
    for (uint8_t r = 0; r < cell->rule_count[column]; r++) {
        const sch_cell_rule *rule = &cell->rule[column][r];
        if (rule->count == count && rule->less == less && rule->zero == zero && rule->times == 1) {
            return true;
        }
    }
    return false;
}

static void test_plan_make_report_guards_those_who_link_and_those_who_do_not(void **state)
{
    plan_case *f = *state;
    three_owners(f);
    plan_make(f);
    uint16_t persons = f->plan.persons;
    assert_int_equal(f->plan.aggregate_count, 3);
    assert_int_equal(f->plan.aggregate[0].count.column[0], persons);
    for (size_t i = 1; i < 3; i++) {
        uint16_t linked = f->plan.aggregate[i].count.column[0];
        assert_true(linked != persons);
        assert_true(has_rule(f, linked, linked, SCH_NO_COLUMN, false));
        assert_true(has_rule(f, linked, persons, linked, true));
        assert_false(f->plan.hidden[linked]);
    }
    assert_int_equal(f->plan.rules.min_persons, 15);
    assert_int_equal(sch_plan_numbers(&f->plan, &f->request), 3 * (uint64_t)f->plan.cell.cells);
}

/* So that none follows from the others and the total: all are shown or none. */
static void test_plan_make_report_of_passes_guards_each_count_by_all(void **state)
{
    plan_case *f = *state;
    three_owners_in_passes(f);
    plan_make(f);
    uint16_t persons = f->plan.persons;
    assert_int_equal(f->plan.aggregate_count, 7);
    size_t guarded = 0;
    for (size_t d = 0; d < 2; d++) {
        uint16_t linked = f->plan.aggregate[1 + 3 * d].count.column[0];
        uint16_t by[] = {f->plan.aggregate[2 + 3 * d].count.column[0], f->plan.aggregate[3 + 3 * d].count.column[0]};
        assert_true(linked != by[0] && linked != by[1] && by[0] != by[1]);
        assert_int_equal(f->plan.cell.rule_count[linked], 2);
        assert_int_equal(f->plan.shape.data[d].indicators, 2);
        for (size_t i = 0; i < 2; i++, guarded++) {
            assert_int_equal(f->plan.cell.rule_count[by[i]], 4);
            assert_int_equal(f->plan.cell.rule[by[i]][0].count, linked);
            assert_true(has_rule(f, by[i], linked, SCH_NO_COLUMN, false));
            assert_true(has_rule(f, by[i], persons, linked, true));
            assert_true(has_rule(f, by[i], by[0], SCH_NO_COLUMN, true));
            assert_true(has_rule(f, by[i], by[1], SCH_NO_COLUMN, true));
            assert_false(f->plan.hidden[by[i]]);
        }
    }
    assert_int_equal(guarded, 4);
}

/* Without a threshold a count needs nobody but somebody who links. */
static void test_plan_make_report_of_passes_without_threshold_has_no_guards(void **state)
{
    plan_case *f = *state;
    three_owners_in_passes(f);
    for (size_t n = 0; n < FIXED_CATALOGS; n++) {
        f->fixed.catalog[n].min_persons = 1;
    }
    plan_make(f);
    for (size_t i = 1; i < 7; i++) {
        assert_int_equal(f->plan.cell.rule_count[f->plan.aggregate[i].count.column[0]], 1);
    }
}

/* A row that one pass links to bijstand and another one, or none, to jeugdhulp. */
static void test_plan_make_report_of_passes_counts_a_row_in_its_pass(void **state)
{
    plan_case *f = *state;
    size_t rows = 0;
    three_owners_in_passes(f);
    plan_make(f);
    for (size_t b = 0; b <= 2; b++) { /* 2: not linked */
        for (size_t j = 0; j <= 2; j++, rows++) {
            const size_t pass[] = {b, j};
            plan_row(f);
            for (uint8_t d = 0; d < 2; d++) {
                size_t first = sch_table_register(&f->plan.shape, d);
                plan_put_none(f, 1 + d);
                if (pass[d] < 2) {
                    plan_put_text(f, 1 + d, "CAST(1 AS BIGINT)", 1);
                    f->reg[first + f->plan.shape.data[d].columns + pass[d]] = 1;
                }
            }
            plan_run(f);
            assert_int_equal(plan_column(f, f->plan.persons), 1);
            for (size_t d = 0; d < 2; d++) {
                assert_int_equal(plan_count_of(f, &f->plan.aggregate[1 + 3 * d].count), pass[d] < 2);
                assert_int_equal(plan_count_of(f, &f->plan.aggregate[2 + 3 * d].count), pass[d] == 0);
                assert_int_equal(plan_count_of(f, &f->plan.aggregate[3 + 3 * d].count), pass[d] == 1);
            }
        }
    }
    assert_int_equal(rows, 9);
}

static void test_plan_make_report_counts_who_has_no_record_among_the_persons(void **state)
{
    plan_case *f = *state;
    three_owners(f);
    plan_make(f);
    plan_assert_node(f, f->plan.member[0].spine, "gemeente");
    assert_int_equal(f->plan.cell.shows_base, true);
    plan_row(f);
    plan_put_none(f, 1);
    plan_put_none(f, 2);
    plan_run(f);
    assert_int_equal(plan_column(f, f->plan.persons), 1);
    assert_int_equal(plan_sum_of(f, &f->plan.aggregate[1].count), 0);
    assert_int_equal(plan_sum_of(f, &f->plan.aggregate[2].count), 0);
}

/* Another owner's data set as first one: the roles follow. */
static void test_plan_make_report_has_the_first_data_set_as_its_spine(void **state)
{
    plan_case *f = *state;
    plan_join(f, CBS, "personen", "p");
    plan_join(f, STAD, "wonen", "w");
    plan_join(f, GEMEENTE, "bijstand", "b");
    build_key(&f->request, 0, "geslacht");
    f->request.linkage = true;
    plan_make(f);
    plan_assert_node(f, f->plan.member[0].spine, "cbs");
    assert_int_equal(f->plan.grouping, SCH_GROUPING_KNOWN);
    assert_int_equal(f->plan.wide, 1);
}

static void test_plan_make_report_links_data_sets_of_one_node_there(void **state)
{
    plan_case *f = *state;
    plan_join(f, STAD, "wonen", "w");
    plan_join(f, STAD, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    f->request.linkage = true;
    plan_make(f);
    assert_int_equal(f->plan.part_count, 2);
    assert_non_null(strstr(plan_sql(f, 0), "LEFT JOIN"));
    uint16_t linked = f->plan.aggregate[1].count.column[0];
    assert_true(has_rule(f, linked, f->plan.persons, linked, true));
}

static void test_plan_explain_report_says_that_joins_are_left(void **state)
{
    plan_case *f = *state;
    sch_buf out = {0};
    three_owners(f);
    plan_make(f);
    unit_assert_ok(sch_plan_explain(&out, &f->plan, &f->request));
    assert_non_null(strstr(sch_buf_text(&out), "banen (r0, c in the query, left joined)"));
    assert_non_null(strstr(sch_buf_text(&out), "bijstand (r0, b in the query),"));
    sch_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_expand_of_a_report_counts_persons_and_those_who_link),
        PLAN_TEST(test_expand_keeps_the_rest_of_the_query),
        PLAN_TEST(test_expand_without_keys_has_the_report_alone),
        PLAN_TEST(test_expand_with_passes_counts_those_of_each),
        PLAN_TEST(test_expand_keys_of_another_data_set_are_refused),
        PLAN_TEST(test_expand_conditions_on_another_data_set_are_refused),
        PLAN_TEST(test_expand_union_that_is_not_first_is_refused),
        PLAN_TEST(test_expand_union_without_organisation_is_refused),
        PLAN_TEST(test_expand_several_rows_a_person_take_no_margins),
        PLAN_TEST(test_expand_too_many_outputs_are_refused),
        PLAN_TEST(test_expand_too_many_expressions_are_refused),
        PLAN_TEST(test_expand_too_long_an_alias_is_refused),
        PLAN_TEST(test_expand_too_many_outputs_of_passes_are_refused),
        PLAN_TEST(test_expand_too_many_expressions_of_passes_are_refused),
        PLAN_TEST(test_expand_too_long_a_heading_of_a_pass_is_refused),
        PLAN_TEST(test_expand_broken_or_other_requests_are_refused),
        PLAN_TEST(test_plan_make_report_guards_those_who_link_and_those_who_do_not),
        PLAN_TEST(test_plan_make_report_of_passes_guards_each_count_by_all),
        PLAN_TEST(test_plan_make_report_of_passes_without_threshold_has_no_guards),
        PLAN_TEST(test_plan_make_report_of_passes_counts_a_row_in_its_pass),
        PLAN_TEST(test_plan_make_report_counts_who_has_no_record_among_the_persons),
        PLAN_TEST(test_plan_make_report_has_the_first_data_set_as_its_spine),
        PLAN_TEST(test_plan_make_report_links_data_sets_of_one_node_there),
        PLAN_TEST(test_plan_explain_report_says_that_joins_are_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
