/* The policy's rules about columns: for every use requests that keep it and requests that break it, written as SQL. */
#include "node/govern/policy.h"

#include "tests/support/sample_agreement.h"
#include "tests/support/unit.h"
#include "tests/unit/policy_case.h"

#define FROM " FROM bijstand b JOIN banen c USING (bsn)"
#define UNDER "under agreement lv_2027 (version 3)"

/* sentence: NULL where the request is kept; else the rule is the sentence's first word. */
typedef struct query {
    const char *sql, *sentence;
} query;

static const query link_queries[] = {
    {"SELECT COUNT(DISTINCT b.bsn)" FROM, NULL},
    {"SELECT COUNT(c.bsn)" FROM, NULL}, /* count, which cbs allows */
    {"SELECT COUNT(b.bsn)" FROM,
     "column bsn of gemeente.bijstand may not be counted " UNDER "; it may be used to link; leave it out of COUNT"},
    {"SELECT COUNT(*) FROM bijstand b JOIN jeugdhulp j ON b.bsn = j.burgernummer",
     "column burgernummer of partner.jeugdhulp may not be linked on " UNDER
     "; it may be used to filter; join on a column that may be, and count records with COUNT(*)"},
};

static const query group_queries[] = {
    {"SELECT c.jaar, b.buurt, COUNT(*)" FROM " GROUP BY 1, 2", NULL},
    {"SELECT COUNT(*)" FROM " GROUP BY b.traject", NULL}, /* grouped on, not shown */
    {"SELECT c.sector, COUNT(*)" FROM " GROUP BY c.sector",
     "column sector of cbs.banen may not be grouped on " UNDER
     "; it may be used to filter, count and average; leave it out of GROUP BY"},
    {"SELECT COUNT(*)" FROM " GROUP BY b.actief", "column actief of gemeente.bijstand may not be grouped on " UNDER
                                                  "; it may be used to filter; leave it out of GROUP BY"},
};

#define NOT_FILTER(column, uses)                                                                                       \
    "column " column " may not be filtered on " UNDER "; it may be used to " uses                                      \
    "; leave it out of WHERE and of conditions"

static const query filter_queries[] = {
    {"SELECT COUNT(*)" FROM " WHERE b.buurt = 'a' AND NOT b.instroomjaar IN (1, 2)", NULL},
    {"SELECT COUNT(*)" FROM " WHERE b.actief", NULL},
    {"SELECT COUNT(*)" FROM " WHERE b.traject = 'a'", NOT_FILTER("traject of gemeente.bijstand", "group")},
    {"SELECT COUNT(*)" FROM " WHERE b.buurt = 'a' OR b.schuld BETWEEN 1 AND 2",
     NOT_FILTER("schuld of gemeente.bijstand", "count")},
    {"SELECT COUNT(*)" FROM " WHERE CASE WHEN b.buurt = 'a' THEN b.bedrag END > 3",
     NOT_FILTER("bedrag of gemeente.bijstand", "count, sum and average")},
    {"SELECT COUNT(*)" FROM " WHERE ABS(c.loon) > 3", NOT_FILTER("loon of cbs.banen", "sum")},
    {"SELECT COUNT(*)" FROM " WHERE c.loon IS NOT NULL", NOT_FILTER("loon of cbs.banen", "sum")},
    /* conditions inside CASE, inside an aggregate */
    {"SELECT SUM(CASE WHEN c.sector = 'a' THEN c.loon END)" FROM, NULL},
    {"SELECT SUM(CASE WHEN c.werkt = 1 THEN 1 END), SUM(c.werkt)" FROM, NULL},
    {"SELECT SUM(CASE WHEN c.loon > 1 THEN c.loon END)" FROM, NOT_FILTER("loon of cbs.banen", "sum")},
    {"SELECT SUM(CASE WHEN b.actief THEN 1 END)" FROM, NULL},
    {"SELECT SUM(CASE b.traject WHEN 'a' THEN 1 END)" FROM, NOT_FILTER("traject of gemeente.bijstand", "group")},
    /* conditions inside an aggregate without CASE */
    {"SELECT COUNT(b.instroomjaar = 3 OR NULL)" FROM, NULL},
    {"SELECT COUNT(b.schuld = 3 OR NULL)" FROM, NOT_FILTER("schuld of gemeente.bijstand", "count")},
    {"SELECT COUNT(NOT (b.schuld LIKE 'a'))" FROM, NOT_FILTER("schuld of gemeente.bijstand", "count")},
};

#define NOT_IN(column, may, uses, name)                                                                                \
    "column " column " may not be " may " " UNDER "; it may be used to " uses "; leave it out of " name

static const query aggregate_queries[] = {
    {"SELECT COUNT(b.schuld), COUNT(b.bedrag + 1), SUM(b.bedrag), AVG(-b.bedrag)" FROM, NULL},
    {"SELECT SUM(c.loon * c.werkt), COUNT(LOWER(b.buurt)), AVG(c.sector)" FROM, NULL},
    {"SELECT COUNT(c.loon)" FROM, NOT_IN("loon of cbs.banen", "counted", "sum", "COUNT")},
    {"SELECT AVG(c.loon)" FROM, NOT_IN("loon of cbs.banen", "averaged", "sum", "AVG")},
    {"SELECT SUM(b.schuld)" FROM, NOT_IN("schuld of gemeente.bijstand", "summed", "count", "SUM")},
    {"SELECT SUM(c.loon + b.schuld)" FROM, NOT_IN("schuld of gemeente.bijstand", "summed", "count", "SUM")},
    {"SELECT SUM(ABS(c.loon - c.jaar % 2))" FROM, NOT_IN("jaar of cbs.banen", "summed", "group and filter", "SUM")},
    {"SELECT COUNT(b.traject)" FROM, NOT_IN("traject of gemeente.bijstand", "counted", "group", "COUNT")},
    /* what a CASE gives is summed, what it asks is filtered */
    {"SELECT SUM(CASE WHEN b.instroomjaar = 1 THEN c.loon END)" FROM, NULL},
    {"SELECT AVG(CASE WHEN b.instroomjaar = 1 THEN c.loon END)" FROM,
     NOT_IN("loon of cbs.banen", "averaged", "sum", "AVG")},
    {"SELECT SUM(CASE WHEN c.werkt = 1 THEN b.schuld END)" FROM,
     NOT_IN("schuld of gemeente.bijstand", "summed", "count", "SUM")},
    {"SELECT SUM(CASE WHEN c.werkt = 1 THEN CASE WHEN b.actief THEN b.schuld END END)" FROM,
     NOT_IN("schuld of gemeente.bijstand", "summed", "count", "SUM")},
    /* the column is fine in the first output and not in the second */
    {"SELECT SUM(c.loon), AVG(c.loon)" FROM, NOT_IN("loon of cbs.banen", "averaged", "sum", "AVG")},
};

static const query listing_queries[] = {
    {"SELECT COUNT(*)" FROM " WHERE b.instroom > DATE '2025-01-01'",
     "column instroom of gemeente.bijstand is not part of agreement lv_2027 (version 3); leave it out, or use one of: "
     "bsn, "
     "buurt, traject, instroomjaar, actief, bedrag, schuld, jaar"},
    {"SELECT COUNT(b.naam)" FROM, "column naam of gemeente.bijstand may never be used " UNDER "; leave it out"},
    {"SELECT b.jaar, COUNT(*)" FROM " WHERE b.jaar = 1 GROUP BY b.jaar", NULL}, /* for anna, who asks */
};

#define ONE_WHEN                                                                                                       \
    "case: inside an aggregate a CASE has one WHEN and no ELSE " UNDER                                                 \
    "; write an aggregate of its own for each WHEN, and leave out ELSE (position "
#define NO_COALESCE                                                                                                    \
    "case: there is no COALESCE inside an aggregate " UNDER                                                            \
    "; leave it out, so that who has no value is not counted in (position "

static const query case_queries[] = {
    {"SELECT SUM(CASE WHEN c.werkt = 1 THEN 1 ELSE NULL END)" FROM, NULL},
    {"SELECT SUM(CASE WHEN c.werkt = 1 THEN CASE WHEN b.actief THEN 1 END END)" FROM, NULL},
    {"SELECT COUNT(*)" FROM " WHERE CASE WHEN b.actief THEN 1 WHEN c.werkt = 1 THEN 2 ELSE 0 END = 1", NULL},
    {"SELECT COUNT(*)" FROM " WHERE COALESCE(b.buurt, 'a') = 'a'", NULL},
    {"SELECT SUM(CASE WHEN c.werkt = 1 THEN 1 ELSE 0 END)" FROM, NULL},
    {"SELECT SUM(CASE WHEN c.werkt = 1 THEN 2 ELSE 0 END)" FROM, ONE_WHEN "12)"},
    {"SELECT SUM(CASE WHEN c.werkt = 1 THEN 1 WHEN b.actief THEN 1 ELSE 0 END)" FROM, ONE_WHEN "12)"},
    {"SELECT COUNT(CASE WHEN b.actief THEN 1 WHEN c.werkt = 1 THEN 2 END)" FROM, ONE_WHEN "14)"},
    {"SELECT AVG(1 + CASE WHEN b.actief THEN 1 ELSE 0 END)" FROM, ONE_WHEN "16)"},
    {"SELECT SUM(CASE WHEN b.actief THEN CASE WHEN c.werkt = 1 THEN 1 ELSE 0 END END)" FROM, ONE_WHEN "36)"},
    /* in a condition of another one */
    {"SELECT SUM(CASE WHEN CASE WHEN b.actief THEN 1 ELSE 0 END = 1 THEN 1 END)" FROM, ONE_WHEN "22)"},
    {"SELECT COUNT(CASE WHEN b.actief THEN 1 ELSE 0 END = 1 OR NULL)" FROM, ONE_WHEN "14)"},
    /* an ELSE that is always NULL but does not say so */
    {"SELECT SUM(CASE WHEN b.actief THEN 1 ELSE CASE WHEN b.actief THEN 1 END END)" FROM, ONE_WHEN "12)"},
    {"SELECT SUM(COALESCE(c.loon, 0))" FROM, NO_COALESCE "12)"},
    {"SELECT SUM(CASE WHEN COALESCE(c.werkt, 0) = 1 THEN 1 END)" FROM, NO_COALESCE "22)"},
};

static size_t check_queries(const query *list, size_t count, const sch_agreement *agreement, bool all_kept)
{
    size_t ran = 0;
    for (size_t i = 0; i < count; i++, ran++) {
        sch_request request;
        policy_make_request(&request, list[i].sql);
        const char *rule = NULL;
        sch_detail detail = {{0}};
        sch_err err =
            sch_policy_check(&rule, &request, agreement, policy_hash, NULL, 0, (sch_time_ms){POLICY_NOW}, 0, &detail);
        const char *sentence = all_kept ? NULL : list[i].sentence;
        if (err.code != (sentence == NULL ? SCH_OK : SCH_DENIED) ||
            strcmp(detail.text, sentence == NULL ? "" : sentence) != 0) {
            fail_msg("%s\n gave %s: %s\n not %s", list[i].sql, sch_code_name(err.code), detail.text,
                     sentence == NULL ? "ok" : sentence);
        }
        if (sentence != NULL) {
            assert_memory_equal(sentence, rule, strlen(rule));
            unit_assert_code(
                sch_policy_check(NULL, &request, agreement, policy_hash, NULL, 0, (sch_time_ms){POLICY_NOW}, 0, NULL),
                SCH_DENIED);
        }
        sch_request_clear(&request);
    }
    return ran;
}

#define CHECK(list) check_queries(list, sizeof(list) / sizeof((list)[0]), &policy_agreement, false)

static void test_check_each_use_of_a_column_has_to_be_listed(void **state)
{
    (void)state;
    assert_int_equal(CHECK(link_queries), 4);
    assert_int_equal(CHECK(group_queries), 4);
    assert_int_equal(CHECK(filter_queries), 15);
    assert_int_equal(CHECK(aggregate_queries), 13);
    assert_int_equal(CHECK(listing_queries), 3);
}

static void test_check_guarded_case_has_one_when_and_no_else(void **state)
{
    (void)state;
    assert_int_equal(CHECK(case_queries), 15);
}

static void test_check_free_case_may_be_anything(void **state)
{
    (void)state;
    sch_agreement agreement;
    sample_agreement_read(&agreement, "case: guarded", "case: free");
    assert_int_equal(check_queries(case_queries, sizeof case_queries / sizeof case_queries[0], &agreement, true), 15);
    sch_agreement_clear(&agreement);
}

static void test_check_column_of_other_analysts_is_denied(void **state)
{
    (void)state;
    sch_request request;
    policy_make_request(&request, "SELECT b.jaar, COUNT(*)" FROM " GROUP BY b.jaar");
    policy_copy_name(request.analyst, "bram");
    policy_assert_broken(&request, &policy_agreement, POLICY_NOW, 0, "column",
                         "column jaar of gemeente.bijstand may not be used by bram " UNDER
                         "; leave it out, or ask an analyst whom the agreement names for it");
    policy_copy_name(request.analyst, "anna");
    request.recipient_count = 2;
    policy_copy_name(request.recipient[1], "bram");
    policy_assert_broken(&request, &policy_agreement, POLICY_NOW, 0, "column",
                         "column jaar of gemeente.bijstand may not be used for bram, a recipient of the result, " UNDER
                         "; leave out the column or this recipient");
    sch_request_clear(&request);
}

/* What no output refers to is not computed, but it is not let through either. */
static void test_check_column_that_is_named_and_not_used_has_to_be_listed(void **state)
{
    (void)state;
    sch_request request;
    policy_make_request(&request, "SELECT COUNT(b.schuld)" FROM);
    assert_int_equal(request.output_count, 1);
    uint32_t last = (uint32_t)request.expression_count;
    sch_expression *grown = realloc(request.expression, (last + 1) * sizeof *grown);
    assert_non_null(grown);
    request.expression = grown;
    grown[last] = (sch_expression){.op = SCH_OP_COLUMN, .text = strdup("traject")};
    assert_non_null(grown[last].text);
    request.expression_count++;
    unit_assert_ok(sch_request_check(&request, NULL));
    policy_assert_kept(&request, &policy_agreement, POLICY_NOW, 0);
    free(grown[last].text);
    grown[last].text = strdup("naam");
    policy_assert_broken(&request, &policy_agreement, POLICY_NOW, 0, "column",
                         "column naam of gemeente.bijstand may never be used " UNDER "; leave it out");
    sch_request_clear(&request);
}

/* One expression that is reached by GROUP BY, WHERE and two aggregates: each of the uses counts. */
static void test_check_shared_expression_counts_for_all_its_uses(void **state)
{
    (void)state;
    static const struct {
        const char *uses, *sentence;
    } cases[] = {
        {"[group, filter, count, sum]", NULL},
        {"[filter, count, sum]", "column loon of cbs.banen may not be grouped on " UNDER
                                 "; it may be used to filter, count and sum; leave it out of GROUP BY"},
        {"[group, count, sum]", NOT_FILTER("loon of cbs.banen", "group, count and sum")},
        {"[group, filter, sum]", NOT_IN("loon of cbs.banen", "counted", "group, filter and sum", "COUNT")},
        {"[group, filter, count]", NOT_IN("loon of cbs.banen", "summed", "group, filter and count", "SUM")},
    };
    sch_request request;
    size_t ran = 0;
    policy_make_request(&request, "SELECT c.loon, COUNT(c.loon), SUM(c.loon)" FROM " WHERE c.loon > 1 GROUP BY c.loon");
    uint32_t shared = request.group_by[0];
    for (uint32_t i = shared + 1; i < request.expression_count; i++) {
        for (size_t j = 0; j < request.expression[i].argument_count; j++) {
            if (request.expression[request.expression[i].argument[j]].op == SCH_OP_COLUMN) {
                request.expression[i].argument[j] = shared;
            }
        }
    }
    unit_assert_ok(sch_request_check(&request, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++, ran++) {
        sch_agreement agreement;
        char put[64];
        (void)snprintf(put, sizeof put, "{name: loon, uses: %s}", cases[i].uses);
        sample_agreement_read(&agreement, "{name: loon, uses: [sum]}", put);
        if (cases[i].sentence == NULL) {
            policy_assert_kept(&request, &agreement, POLICY_NOW, 0);
        } else {
            policy_assert_broken(&request, &agreement, POLICY_NOW, 0, "column", cases[i].sentence);
        }
        sch_agreement_clear(&agreement);
    }
    assert_int_equal(ran, 5);
    sch_request_clear(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_each_use_of_a_column_has_to_be_listed),
        cmocka_unit_test(test_check_guarded_case_has_one_when_and_no_else),
        cmocka_unit_test(test_check_free_case_may_be_anything),
        cmocka_unit_test(test_check_column_of_other_analysts_is_denied),
        cmocka_unit_test(test_check_column_that_is_named_and_not_used_has_to_be_listed),
        cmocka_unit_test(test_check_shared_expression_counts_for_all_its_uses),
    };
    return cmocka_run_group_tests(tests, policy_setup, policy_teardown);
}
