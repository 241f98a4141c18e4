/* The policy over two to five relations of up to five owners, a union among them: each rule kept and broken. */
#include "node/govern/policy.h"
#include "node/govern/policy_columns.h"
#include "tests/support/plan_builder.h"
#include "tests/unit/policy_case.h"

/* from[]: the union wonen w of stad_a and stad_b, cbs.banen c, cbs.personen p, LEFT JOIN partner.jeugdhulp j,
 * duo.studie s. */
enum { W = 0, C = 1, P = 2, J = 3, S = 4, RELATIONS = 5, SETS = 6, COLUMNS = 4 };

enum {
    LINK = SCH_USE_LINK,
    GROUP = SCH_USE_GROUP,
    FILTER = SCH_USE_FILTER,
    COUNT = SCH_USE_COUNT,
    SUM = SCH_USE_SUM,
    AVG = SCH_USE_AVG,
    SPREAD = SCH_USE_SPREAD,
    QUANTILE = SCH_USE_QUANTILE,
};

#define UNDER "under agreement proef (version 2)"

static const struct {
    const char *party, *name;
    struct {
        const char *name;
        uint32_t uses;
    } column[COLUMNS];
} AGREED[SETS] = {
    {"stad_a", "wonen", {{"bsn", LINK}, {"soort", GROUP}, {"huur", FILTER | SUM | SPREAD}, {"m2", QUANTILE | GROUP}}},
    {"stad_b", "wonen", {{"bsn", LINK}, {"soort", GROUP}, {"huur", FILTER | SUM | SPREAD}, {"m2", QUANTILE | GROUP}}},
    {"cbs", "banen", {{"bsn", LINK}, {"sector", GROUP}, {"loon", FILTER | SUM | AVG | SPREAD}, {"uren", FILTER}}},
    {"cbs", "personen", {{"bsn", LINK}, {"start", SUM | COUNT}, {"inkomen", QUANTILE}, {"leeftijd", SPREAD}}},
    {"partner", "jeugdhulp", {{"bsn", LINK}, {"einde", SUM}, {"kosten", SPREAD | COUNT}, {"soort", GROUP}}},
    {"duo", "studie", {{"bsn", LINK}, {"niveau", GROUP | FILTER}, {"schuld", SUM}, {"punten", AVG}}},
};

typedef struct fixture {
    sch_agreement agreement;
    sch_agreement_data_set set[SETS];
    sch_agreement_column column[SETS][COLUMNS];
    sch_agreement_analyst analyst[2]; /* anna, bram */
    sch_request request;
} fixture;

static void fill_agreement(fixture *f)
{
    sch_agreement *a = &f->agreement;
    policy_copy_name(a->id, "proef");
    a->version = 2;
    a->valid_until = (sch_time_ms){POLICY_NOW * 2};
    a->case_rule = SCH_CASE_GUARDED;
    a->max_cells = 100;
    a->data_set = f->set;
    a->data_set_count = SETS;
    a->analyst = f->analyst;
    a->analyst_count = 2;
    for (size_t i = 0; i < SETS; i++) {
        policy_copy_name(f->set[i].party, AGREED[i].party);
        policy_copy_name(f->set[i].name, AGREED[i].name);
        f->set[i].column = f->column[i];
        f->set[i].column_count = COLUMNS;
        for (size_t j = 0; j < COLUMNS; j++) {
            policy_copy_name(f->column[i][j].name, AGREED[i].column[j].name);
            f->column[i][j].uses = AGREED[i].column[j].uses;
        }
    }
    policy_copy_name(f->analyst[0].name, "anna");
    policy_copy_name(f->analyst[1].name, "bram");
    f->analyst[0].valid_until = f->analyst[1].valid_until = a->valid_until;
}

static void fill_from(sch_request *r, size_t i, const char *node, const char *set, const char *alias)
{
    sch_from *from = &r->from[i];
    policy_copy_name(from->node[0], node);
    from->node_count = 1;
    policy_copy_name(from->data_set, set);
    policy_copy_name(from->alias, alias);
    policy_copy_name(from->join_column, "bsn");
    from->join = i == J ? SCH_JOIN_LEFT : SCH_JOIN_INNER;
}

/* A request that asks nothing yet. */
static void start_request(fixture *f)
{
    sch_request *r = &f->request;
    sch_request_clear(r);
    policy_copy_name(r->analyst, "anna");
    policy_copy_name(r->recipient[0], "anna");
    r->recipient_count = 1;
    policy_copy_name(r->agreement, "proef");
    memcpy(r->agreement_hash, policy_hash, sizeof policy_hash);
    r->created = r->not_before = (sch_time_ms){POLICY_NOW};
    r->not_after = (sch_time_ms){POLICY_NOW + 1000};
    r->expression = calloc(SCH_MAX_EXPRESSIONS, sizeof *r->expression);
    assert_non_null(r->expression);
    fill_from(r, W, "stad_a", "wonen", "w");
    policy_copy_name(r->from[W].node[1], "stad_b");
    r->from[W].node_count = 2;
    fill_from(r, C, "cbs", "banen", "c");
    fill_from(r, P, "cbs", "personen", "p");
    fill_from(r, J, "partner", "jeugdhulp", "j");
    fill_from(r, S, "duo", "studie", "s");
    r->from_count = RELATIONS;
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fill_agreement(f);
    start_request(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    sch_request_clear(&f->request);
    free(f);
    return 0;
}

/* What a data set's column may be used for from now on. */
static void allow(fixture *f, const char *party, const char *set, const char *column, uint32_t uses)
{
    size_t found = 0;
    for (size_t i = 0; i < SETS; i++) {
        for (size_t j = 0; j < COLUMNS; j++) {
            if (strcmp(f->set[i].party, party) == 0 && strcmp(f->set[i].name, set) == 0 &&
                strcmp(f->column[i][j].name, column) == 0) {
                f->column[i][j].uses = uses;
                found++;
            }
        }
    }
    assert_int_equal(found, 1);
}

static void assert_kept(fixture *f)
{
    policy_assert_kept(&f->request, &f->agreement, POLICY_NOW, 0);
}

static void assert_broken(fixture *f, const char *rule, const char *sentence)
{
    policy_assert_broken(&f->request, &f->agreement, POLICY_NOW, 0, rule, sentence);
}

static uint32_t column(fixture *f, uint8_t from, const char *name)
{
    return build_col(&f->request, from, name);
}

static void add_output(fixture *f, uint32_t expression)
{
    f->request.output[f->request.output_count++].expression = expression;
}

static uint32_t add_key(fixture *f, uint32_t expression)
{
    f->request.group_by[f->request.group_by_count++] = expression;
    return expression;
}

/* ---- data set ---- */

static void test_check_two_to_five_relations_are_kept(void **state)
{
    fixture *f = *state;
    size_t checked = 0;
    for (size_t count = 2; count <= RELATIONS; count++, checked++) {
        f->request.from_count = count;
        assert_kept(f);
    }
    assert_int_equal(checked, 4);
}

static void test_check_each_relation_has_to_be_listed(void **state)
{
    fixture *f = *state;
    static const char *const name[RELATIONS] = {"stad_a.iets", "cbs.iets", "cbs.iets", "partner.iets", "duo.iets"};
    size_t checked = 0;
    for (size_t i = 0; i < RELATIONS; i++, checked++) {
        char sentence[300];
        (void)snprintf(sentence, sizeof sentence,
                       "data set %s is not part of agreement proef (version 2); use one of: stad_a.wonen, "
                       "stad_b.wonen, cbs.banen, cbs.personen, partner.jeugdhulp, duo.studie",
                       name[i]);
        start_request(f);
        policy_copy_name(f->request.from[i].data_set, "iets");
        assert_broken(f, "data set", sentence);
    }
    assert_int_equal(checked, 5);
}

static void test_check_each_member_of_a_union_has_to_be_listed(void **state)
{
    fixture *f = *state;
    policy_copy_name(f->request.from[W].node[2], "stad_c");
    assert_kept(f); /* not counted in */
    f->request.from[W].node_count = 3;
    assert_broken(f, "data set",
                  "data set stad_c.wonen is not part of agreement proef (version 2); use one of: stad_a.wonen, "
                  "stad_b.wonen, cbs.banen, cbs.personen, partner.jeugdhulp, duo.studie");
}

static void test_check_data_sets_of_one_owner_alone_are_denied(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    fill_from(r, 0, "cbs", "banen", "c");
    fill_from(r, 1, "cbs", "personen", "p");
    r->from_count = 2;
    assert_broken(f, "data set",
                  "data sets of cbs alone are in the query, and agreement proef (version 2) links those of different "
                  "owners; use one of another owner too");
    fill_from(r, 2, "duo", "studie", "s");
    r->from_count = 3;
    assert_kept(f);
}

/* ---- link, group ---- */

static void test_check_each_join_column_has_to_be_linked(void **state)
{
    fixture *f = *state;
    static const char *const set[SETS][2] = {{"stad_a", "wonen"}, {"stad_b", "wonen"},      {"cbs", "banen"},
                                             {"cbs", "personen"}, {"partner", "jeugdhulp"}, {"duo", "studie"}};
    size_t checked = 0;
    for (size_t i = 0; i < SETS; i++, checked++) {
        char sentence[300];
        (void)snprintf(sentence, sizeof sentence,
                       "column bsn of %s.%s may not be linked on " UNDER
                       "; it may be used to count; join on a column that may be, and count records with COUNT(*)",
                       set[i][0], set[i][1]);
        allow(f, set[i][0], set[i][1], "bsn", COUNT);
        assert_broken(f, "column", sentence);
        allow(f, set[i][0], set[i][1], "bsn", LINK);
        assert_kept(f);
    }
    assert_int_equal(checked, 6);
}

static void test_check_keys_of_several_owners_have_to_be_grouped(void **state)
{
    fixture *f = *state;
    add_output(f, add_key(f, column(f, W, "soort")));
    add_output(f, add_key(f, column(f, C, "sector")));
    add_output(f, add_key(f, column(f, J, "soort")));
    add_output(f, add_key(f, column(f, S, "niveau")));
    assert_kept(f);
    allow(f, "stad_b", "wonen", "soort", FILTER);
    assert_broken(f, "column",
                  "column soort of stad_b.wonen may not be grouped on " UNDER
                  "; it may be used to filter; leave it out of GROUP BY");
    allow(f, "stad_b", "wonen", "soort", GROUP);
    allow(f, "partner", "jeugdhulp", "soort", COUNT);
    assert_broken(f, "column",
                  "column soort of partner.jeugdhulp may not be grouped on " UNDER
                  "; it may be used to count; leave it out of GROUP BY");
}

static void test_check_organisation_needs_no_column(void **state)
{
    fixture *f = *state;
    add_output(f, add_key(f, build_op(&f->request, SCH_OP_ORGANISATION, 0, NULL)));
    add_output(f, build_op(&f->request, SCH_OP_COUNT_ROWS, 0, NULL));
    assert_kept(f);
}

static void test_check_linkage_needs_link_and_group(void **state)
{
    fixture *f = *state;
    f->request.linkage = true;
    assert_kept(f);
    add_output(f, add_key(f, column(f, S, "niveau")));
    assert_kept(f);
    add_output(f, add_key(f, column(f, C, "uren")));
    assert_broken(f, "column",
                  "column uren of cbs.banen may not be grouped on " UNDER
                  "; it may be used to filter; leave it out of GROUP BY");
    start_request(f);
    f->request.linkage = true;
    allow(f, "duo", "studie", "bsn", GROUP);
    assert_broken(f, "column",
                  "column bsn of duo.studie may not be linked on " UNDER
                  "; it may be used to group; join on a column that may be, and count records with COUNT(*)");
}

/* ---- spread, quantile ---- */

static void test_check_spread_is_a_use_of_its_own(void **state)
{
    fixture *f = *state;
    size_t checked = 0;
    for (int op = SCH_OP_VAR_SAMP; op <= SCH_OP_REGR_AVGY; op++, checked++) {
        start_request(f);
        uint32_t cost = column(f, J, "kosten"), age = column(f, P, "leeftijd");
        bool two = op >= SCH_OP_COVAR_SAMP;
        add_output(f, two ? build_op2(&f->request, (sch_op)op, age, cost) : build_op1(&f->request, (sch_op)op, cost));
        assert_kept(f);
        allow(f, "partner", "jeugdhulp", "kosten", COUNT | SUM | AVG);
        assert_broken(f, "column",
                      "column kosten of partner.jeugdhulp may not be used for spread " UNDER
                      "; it may be used to count, sum and average; leave it out of VAR, STDDEV, COVAR, CORR and REGR");
        allow(f, "partner", "jeugdhulp", "kosten", SPREAD);
    }
    assert_int_equal(checked, 4 + 9);
    allow(f, "cbs", "personen", "leeftijd", SUM); /* the other one of two */
    assert_broken(f, "column",
                  "column leeftijd of cbs.personen may not be used for spread " UNDER
                  "; it may be used to sum; leave it out of VAR, STDDEV, COVAR, CORR and REGR");
}

static void test_check_spread_does_not_allow_sums(void **state)
{
    fixture *f = *state;
    add_output(f, build_op1(&f->request, SCH_OP_SUM, column(f, J, "kosten")));
    assert_broken(f, "column",
                  "column kosten of partner.jeugdhulp may not be summed " UNDER
                  "; it may be used to count and measure spread; leave it out of SUM");
}

static void test_check_spread_over_union_is_asked_of_each_member(void **state)
{
    fixture *f = *state;
    add_output(f, build_op2(&f->request, SCH_OP_CORR, column(f, W, "huur"), column(f, C, "loon")));
    assert_kept(f);
    allow(f, "stad_b", "wonen", "huur", QUANTILE);
    assert_broken(f, "column",
                  "column huur of stad_b.wonen may not be used for spread " UNDER
                  "; it may be used to take quantiles; leave it out of VAR, STDDEV, COVAR, CORR and REGR");
}

static void test_check_quantile_is_a_use_of_its_own(void **state)
{
    fixture *f = *state;
    const sch_op op[] = {SCH_OP_PERCENTILE_CONT, SCH_OP_PERCENTILE_DISC};
    size_t checked = 0;
    for (size_t i = 0; i < 2; i++, checked++) {
        start_request(f);
        uint32_t income = column(f, P, "inkomen");
        add_output(f, build_op2(&f->request, op[i], income, build_number(&f->request, 5, 1)));
        assert_kept(f);
        allow(f, "cbs", "personen", "inkomen", SPREAD | AVG);
        assert_broken(f, "column",
                      "column inkomen of cbs.personen may not be used for quantiles " UNDER
                      "; it may be used to average and measure spread; leave it out of PERCENTILE and BIN");
        allow(f, "cbs", "personen", "inkomen", QUANTILE);
    }
    assert_int_equal(checked, 2);
}

static void test_check_bin_needs_group_and_quantile(void **state)
{
    fixture *f = *state;
    add_output(f, add_key(f, build_op1(&f->request, SCH_OP_BIN, column(f, W, "m2"))));
    assert_kept(f);
    allow(f, "stad_a", "wonen", "m2", QUANTILE);
    assert_broken(f, "column",
                  "column m2 of stad_a.wonen may not be grouped on " UNDER
                  "; it may be used to take quantiles; leave it out of GROUP BY");
    allow(f, "stad_a", "wonen", "m2", GROUP);
    assert_broken(f, "column",
                  "column m2 of stad_a.wonen may not be used for quantiles " UNDER
                  "; it may be used to group; leave it out of PERCENTILE and BIN");
}

/* ---- expressions over several owners ---- */

static void test_check_condition_across_owners_filters_every_column(void **state)
{
    fixture *f = *state;
    uint32_t wage = column(f, C, "loon");
    build_where(&f->request, build_op2(&f->request, SCH_OP_GREATER, wage, column(f, W, "huur")));
    assert_kept(f);
    allow(f, "stad_b", "wonen", "huur", SUM);
    assert_broken(f, "column",
                  "column huur of stad_b.wonen may not be filtered on " UNDER
                  "; it may be used to sum; leave it out of WHERE and of conditions");
    allow(f, "stad_b", "wonen", "huur", FILTER);
    allow(f, "cbs", "banen", "loon", SUM);
    assert_broken(f, "column",
                  "column loon of cbs.banen may not be filtered on " UNDER
                  "; it may be used to sum; leave it out of WHERE and of conditions");
}

/* SUM(j.einde - p.start): the days between the dates of two owners. */
static void test_check_arithmetic_across_owners_is_summed(void **state)
{
    fixture *f = *state;
    uint32_t end = column(f, J, "einde");
    add_output(f,
               build_op1(&f->request, SCH_OP_SUM, build_op2(&f->request, SCH_OP_SUBTRACT, end, column(f, P, "start"))));
    assert_kept(f);
    allow(f, "cbs", "personen", "start", COUNT);
    assert_broken(f, "column",
                  "column start of cbs.personen may not be summed " UNDER
                  "; it may be used to count; leave it out of SUM");
}

/* aggregate(CASE WHEN c.uren > s.niveau THEN x END): how FILTER (WHERE ...) comes too. */
static void add_guarded(fixture *f, sch_op op, uint8_t from, const char *name)
{
    uint32_t hours = column(f, C, "uren");
    uint32_t more = build_op2(&f->request, SCH_OP_GREATER, hours, column(f, S, "niveau"));
    uint32_t value = column(f, from, name);
    add_output(f,
               build_op1(&f->request, op, build_op3(&f->request, SCH_OP_CASE, more, value, build_null(&f->request))));
}

static void test_check_case_across_owners_filters_and_uses_its_values(void **state)
{
    fixture *f = *state;
    add_guarded(f, SCH_OP_SUM, S, "schuld");
    add_guarded(f, SCH_OP_VAR_POP, P, "leeftijd");
    add_guarded(f, SCH_OP_AVG, C, "loon");
    assert_kept(f);
    allow(f, "duo", "studie", "niveau", GROUP);
    assert_broken(f, "column",
                  "column niveau of duo.studie may not be filtered on " UNDER
                  "; it may be used to group; leave it out of WHERE and of conditions");
    allow(f, "duo", "studie", "niveau", FILTER);
    allow(f, "duo", "studie", "schuld", FILTER);
    assert_broken(f, "column",
                  "column schuld of duo.studie may not be summed " UNDER
                  "; it may be used to filter; leave it out of SUM");
}

static void test_check_guarded_case_over_several_owners_has_no_else(void **state)
{
    fixture *f = *state;
    const sch_op op[] = {SCH_OP_SUM, SCH_OP_AVG, SCH_OP_STDDEV_SAMP};
    size_t checked = 0;
    for (size_t i = 0; i < 3; i++, checked++) {
        start_request(f);
        f->agreement.case_rule = SCH_CASE_GUARDED;
        add_guarded(f, op[i], C, "loon");
        sch_expression *otherwise = &f->request.expression[f->request.expression_count - 3];
        assert_int_equal(otherwise->op, SCH_OP_NULL);
        assert_kept(f);
        *otherwise = (sch_expression){.op = SCH_OP_NUMBER, .number = 0};
        assert_broken(f, "case",
                      "case: inside an aggregate a CASE has one WHEN and no ELSE " UNDER
                      "; write an aggregate of its own for each WHEN, and leave out ELSE (position 6)");
        f->agreement.case_rule = SCH_CASE_FREE;
        assert_kept(f);
    }
    assert_int_equal(checked, 3);
}

static void test_check_guarded_coalesce_in_two_arguments_is_denied(void **state)
{
    fixture *f = *state;
    uint32_t cost = column(f, J, "kosten");
    uint32_t filled = build_op2(&f->request, SCH_OP_COALESCE, cost, build_number(&f->request, 0, 0));
    add_output(f, build_op2(&f->request, SCH_OP_CORR, column(f, P, "leeftijd"), filled));
    assert_broken(f, "case",
                  "case: there is no COALESCE inside an aggregate " UNDER
                  "; leave it out, so that who has no value is not counted in (position 3)");
}

/* ---- on released cells ---- */

static void test_check_having_and_order_by_need_no_more_than_their_aggregates(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    uint32_t key = add_key(f, column(f, W, "soort")); /* group alone */
    uint32_t mean = build_op1(r, SCH_OP_AVG, column(f, S, "punten"));
    uint32_t above = build_op2(r, SCH_OP_GREATER, mean, build_number(r, 6, 0));
    uint32_t rent = build_op2(r, SCH_OP_EQUAL, key, build_text(r, "huur"));
    r->has_having = true;
    r->having = build_op2(r, SCH_OP_AND, above, rent);
    r->order[r->order_count++].expression = build_op2(r, SCH_OP_COALESCE, mean, build_number(r, 0, 0));
    uint32_t one = build_number(r, 1, 0);
    add_output(f, build_op3(r, SCH_OP_CASE, rent, one, build_number(r, 0, 0))); /* also where CASE is guarded */
    assert_kept(f);
    allow(f, "duo", "studie", "punten", FILTER | SUM);
    assert_broken(f, "column",
                  "column punten of duo.studie may not be averaged " UNDER
                  "; it may be used to filter and sum; leave it out of AVG");
}

static void test_check_aggregate_in_order_by_alone_is_checked(void **state)
{
    fixture *f = *state;
    f->request.order[0].expression = build_op1(&f->request, SCH_OP_SUM, column(f, S, "punten"));
    f->request.order_count = 1;
    add_output(f, build_op(&f->request, SCH_OP_COUNT_ROWS, 0, NULL));
    assert_broken(f, "column",
                  "column punten of duo.studie may not be summed " UNDER
                  "; it may be used to average; leave it out of SUM");
}

static void test_check_condition_shared_by_having_and_where_filters(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    uint32_t key = add_key(f, column(f, C, "sector"));
    r->has_having = true;
    r->having = build_op2(r, SCH_OP_EQUAL, key, build_text(r, "A"));
    assert_kept(f);
    build_where(r, r->having);
    assert_broken(f, "column",
                  "column sector of cbs.banen may not be filtered on " UNDER
                  "; it may be used to group; leave it out of WHERE and of conditions");
}

/* ---- analysts, cells ---- */

static void test_check_column_of_one_members_other_analyst_is_denied(void **state)
{
    fixture *f = *state;
    char bram[1][SCH_NAME_BYTES] = {"bram"};
    add_key(f, column(f, W, "soort"));
    f->column[1][1].analyst = bram; /* stad_b.wonen.soort */
    f->column[1][1].analyst_count = 1;
    assert_broken(f, "column",
                  "column soort of stad_b.wonen may not be used by anna " UNDER
                  "; leave it out, or ask an analyst whom the agreement names for it");
    policy_copy_name(f->request.analyst, "bram");
    policy_copy_name(f->request.recipient[0], "bram");
    assert_kept(f);
}

static void test_check_cells_of_many_owners_are_bounded(void **state)
{
    fixture *f = *state;
    policy_assert_kept(&f->request, &f->agreement, POLICY_NOW, 100);
    policy_assert_broken(&f->request, &f->agreement, POLICY_NOW, 101, "cells",
                         "cells: the table has 101 numbers (cells times aggregates), and agreement proef (version 2) "
                         "allows at most 100; group on fewer columns, or on columns with fewer values");
}

/* ---- preview ---- */

typedef struct seen {
    char text[600];
} seen;

static void note_use(void *context, size_t from, const char *name, uint32_t uses)
{
    seen *s = context;
    size_t used = strlen(s->text);
    (void)snprintf(s->text + used, sizeof s->text - used, "%zu.%s:%u ", from, name, (unsigned)uses);
}

static void test_each_use_lists_each_column_once(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    seen s = {{0}};
    add_key(f, column(f, W, "soort"));
    add_guarded(f, SCH_OP_VAR_POP, P, "leeftijd");
    add_output(f, build_op1(r, SCH_OP_COUNT_PERSONS, column(f, W, "bsn")));
    add_output(f, build_op1(r, SCH_OP_SUM, column(f, P, "leeftijd")));
    add_key(f, build_op1(r, SCH_OP_BIN, column(f, W, "m2")));
    unit_assert_ok(sch_policy_each_use(r, &(sch_policy_catalogs){NULL, 0}, note_use, &s));
    assert_string_equal(s.text, "0.bsn:1 1.bsn:1 2.bsn:1 3.bsn:1 4.bsn:1 0.soort:2 1.uren:4 4.niveau:4 "
                                "2.leeftijd:80 0.m2:130 ");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_check_two_to_five_relations_are_kept),
        WITH(test_check_each_relation_has_to_be_listed),
        WITH(test_check_each_member_of_a_union_has_to_be_listed),
        WITH(test_check_data_sets_of_one_owner_alone_are_denied),
        WITH(test_check_each_join_column_has_to_be_linked),
        WITH(test_check_keys_of_several_owners_have_to_be_grouped),
        WITH(test_check_organisation_needs_no_column),
        WITH(test_check_linkage_needs_link_and_group),
        WITH(test_check_spread_is_a_use_of_its_own),
        WITH(test_check_spread_does_not_allow_sums),
        WITH(test_check_spread_over_union_is_asked_of_each_member),
        WITH(test_check_quantile_is_a_use_of_its_own),
        WITH(test_check_bin_needs_group_and_quantile),
        WITH(test_check_condition_across_owners_filters_every_column),
        WITH(test_check_arithmetic_across_owners_is_summed),
        WITH(test_check_case_across_owners_filters_and_uses_its_values),
        WITH(test_check_guarded_case_over_several_owners_has_no_else),
        WITH(test_check_guarded_coalesce_in_two_arguments_is_denied),
        WITH(test_check_having_and_order_by_need_no_more_than_their_aggregates),
        WITH(test_check_aggregate_in_order_by_alone_is_checked),
        WITH(test_check_condition_shared_by_having_and_where_filters),
        WITH(test_check_column_of_one_members_other_analyst_is_denied),
        WITH(test_check_cells_of_many_owners_are_bounded),
        WITH(test_each_use_lists_each_column_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
