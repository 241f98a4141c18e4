/* The policy: for every rule that is not about columns, requests that keep it and requests that break it; and the
 * budget's periods. */
#include "node/govern/policy.h"

#include <time.h>

#include "tests/support/sample_agreement.h"
#include "tests/support/unit.h"
#include "tests/unit/policy_case.h"

enum { SECOND = 1000, DAY = 86400000 };

#define FROM " FROM bijstand b JOIN banen c USING (bsn)"
#define SIMPLE "SELECT b.traject, COUNT(*) FROM bijstand b JOIN banen c USING (bsn) GROUP BY b.traject"

static void make_simple(sch_request *request)
{
    policy_make_request(request, SIMPLE);
}

/* ---- agreement ---- */

static void test_check_own_agreement_is_kept(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    policy_assert_kept(&request, &policy_agreement, POLICY_NOW, 0);
    sch_request_clear(&request);
}

static void test_check_other_agreement_is_denied(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    policy_copy_name(request.agreement, "lv_2026");
    policy_assert_broken(
        &request, &policy_agreement, POLICY_NOW, 0, "agreement",
        "agreement lv_2026 is what the request names, and it was checked against agreement lv_2027; ask again under "
        "one that is active here");
    sch_request_clear(&request);
}

static void test_check_other_version_is_denied(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    request.agreement_hash[SCH_HASH_BYTES - 1] ^= 1;
    policy_assert_broken(
        &request, &policy_agreement, POLICY_NOW, 0, "agreement",
        "agreement lv_2027 is active here as version 3, and the request was made under another version of it; make "
        "the request again under this one");
    sch_request_clear(&request);
}

/* ---- validity ---- */

/* A request made at a moment, valid for a while; both in ms. */
static void move_request(sch_request *request, int64_t moment, int64_t span)
{
    request->created = request->not_before = (sch_time_ms){moment};
    request->not_after = (sch_time_ms){moment + span};
}

static void test_check_within_the_agreements_dates_is_kept(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    move_request(&request, policy_agreement.valid_from.value, DAY);
    policy_assert_kept(&request, &policy_agreement, policy_agreement.valid_from.value, 0);
    /* anna's own entry ends a day before the agreement. */
    move_request(&request, policy_agreement.valid_until.value - DAY - 1, DAY + 1);
    policy_assert_kept(&request, &policy_agreement, policy_agreement.valid_until.value - DAY - 1, 0);
    sch_request_clear(&request);
}

static void test_check_before_the_agreement_is_denied(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    move_request(&request, policy_agreement.valid_from.value - 1, DAY);
    policy_assert_broken(&request, &policy_agreement, policy_agreement.valid_from.value - 1, 0, "validity",
                         "validity: agreement lv_2027 (version 3) is valid from 2027-01-01 on; ask again then");
    sch_request_clear(&request);
}

static void test_check_after_the_agreement_is_denied(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    move_request(&request, policy_agreement.valid_until.value - SECOND, 2 * SECOND);
    policy_assert_broken(
        &request, &policy_agreement, policy_agreement.valid_until.value, 0, "validity",
        "validity: agreement lv_2027 (version 3) was valid until 2027-12-31; the parties have to sign a new version "
        "first");
    sch_request_clear(&request);
}

static void test_check_request_that_outlives_the_agreement_is_denied(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    request.not_after = (sch_time_ms){policy_agreement.valid_until.value};
    policy_assert_kept(&request, &policy_agreement, POLICY_NOW, 0);
    request.not_after.value++;
    policy_assert_broken(
        &request, &policy_agreement, POLICY_NOW, 0, "validity",
        "validity: the request is valid until 2028-01-01T00:00:00.001Z, and agreement lv_2027 (version 3) until "
        "2027-12-31; ask for a shorter time");
    sch_request_clear(&request);
}

/* ---- analyst ---- */

static void test_check_unlisted_analyst_is_denied(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    policy_copy_name(request.analyst, "carla");
    policy_assert_broken(
        &request, &policy_agreement, POLICY_NOW, 0, "analyst",
        "analyst carla is not listed in agreement lv_2027 (version 3); the parties have to list this analyst in a new "
        "version first");
    sch_request_clear(&request);
}

static void test_check_analyst_is_valid_until_the_last_day(void **state)
{
    (void)state;
    sch_request request;
    int64_t end = policy_agreement.analyst[1].valid_until.value;
    make_simple(&request);
    policy_copy_name(request.analyst, "bram");
    move_request(&request, end - 1, DAY);
    policy_assert_kept(&request, &policy_agreement, end - 1, 0);
    policy_assert_broken(
        &request, &policy_agreement, end, 0, "analyst",
        "analyst bram is listed in agreement lv_2027 (version 3) until 2027-06-30; the parties have to list this "
        "analyst in a new version first");
    sch_request_clear(&request);
}

static void test_check_recipients_have_to_be_listed_and_valid(void **state)
{
    (void)state;
    sch_request request;
    int64_t end = policy_agreement.analyst[1].valid_until.value;
    make_simple(&request);
    request.recipient_count = 2;
    policy_copy_name(request.recipient[1], "bram");
    policy_assert_kept(&request, &policy_agreement, POLICY_NOW, 0);
    move_request(&request, end, DAY);
    policy_assert_broken(
        &request, &policy_agreement, end, 0, "analyst",
        "analyst bram, a recipient of the result, is listed in agreement lv_2027 (version 3) until 2027-06-30; leave "
        "this recipient out");
    policy_copy_name(request.recipient[1], "carla");
    policy_assert_broken(
        &request, &policy_agreement, end, 0, "analyst",
        "analyst carla, a recipient of the result, is not listed in agreement lv_2027 (version 3); leave this "
        "recipient out");
    sch_request_clear(&request);
}

/* ---- time ---- */

static void test_check_clocks_within_two_minutes_are_kept(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    move_request(&request, POLICY_NOW + SCH_CLOCK_SKEW_MS, DAY);
    policy_assert_kept(&request, &policy_agreement, POLICY_NOW, 0);
    move_request(&request, POLICY_NOW - DAY, DAY - SCH_CLOCK_SKEW_MS);
    policy_assert_kept(&request, &policy_agreement, POLICY_NOW, 0);
    sch_request_clear(&request);
}

static void test_check_request_from_the_future_names_the_clocks(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    move_request(&request, POLICY_NOW + SCH_CLOCK_SKEW_MS + 1, DAY);
    policy_assert_broken(
        &request, &policy_agreement, POLICY_NOW, 0, "time",
        "time: the request was made at 2027-06-01T12:02:00.001Z by the analyst's clock, and here it is "
        "2027-06-01T12:00:00.000Z: the clocks of the two machines differ by more than 2 minutes; set them right and "
        "ask again");
    sch_request_clear(&request);
}

static void test_check_before_not_before_is_denied(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    request.not_before.value = POLICY_NOW + SCH_CLOCK_SKEW_MS;
    policy_assert_kept(&request, &policy_agreement, POLICY_NOW, 0);
    request.not_before.value++;
    policy_assert_broken(&request, &policy_agreement, POLICY_NOW, 0, "time",
                         "time: the request may be answered from 2027-06-01T12:02:00.001Z on, and here it is "
                         "2027-06-01T12:00:00.000Z; wait until then");
    sch_request_clear(&request);
}

static void test_check_after_not_after_is_denied(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    move_request(&request, POLICY_NOW - DAY, DAY - SCH_CLOCK_SKEW_MS - 1);
    policy_assert_broken(
        &request, &policy_agreement, POLICY_NOW, 0, "time",
        "time: the request was valid until 2027-06-01T11:57:59.999Z, and here it is 2027-06-01T12:00:00.000Z; make it "
        "again");
    sch_request_clear(&request);
}

/* ---- data set ---- */

static void test_check_unlisted_data_set_is_denied(void **state)
{
    (void)state;
    sch_request request;
    policy_make_request(&request, "SELECT COUNT(*) FROM bijstand b JOIN partner.personen p ON b.bsn = p.burgernummer");
    policy_assert_broken(
        &request, &policy_agreement, POLICY_NOW, 0, "data set",
        "data set partner.personen is not part of agreement lv_2027 (version 3); use one of: gemeente.bijstand, "
        "cbs.banen, cbs.personen, partner.jeugdhulp");
    sch_request_clear(&request);
}

static void test_check_data_sets_of_one_owner_alone_are_denied(void **state)
{
    (void)state;
    sch_request request;
    policy_make_request(&request, "SELECT COUNT(*) FROM bijstand b JOIN cbs.personen p USING (bsn)");
    policy_assert_kept(&request, &policy_agreement, POLICY_NOW, 0);
    policy_copy_name(request.from[0].node[0], "cbs");
    policy_copy_name(request.from[0].data_set, "banen");
    policy_assert_broken(
        &request, &policy_agreement, POLICY_NOW, 0, "data set",
        "data sets of cbs alone are in the query, and agreement lv_2027 (version 3) links those of different owners; "
        "use one of another owner too");
    sch_request_clear(&request);
}

/* ---- cells ---- */

static void test_check_too_many_cells_are_denied(void **state)
{
    (void)state;
    sch_request request;
    make_simple(&request);
    policy_assert_kept(&request, &policy_agreement, POLICY_NOW, 500);
    policy_assert_broken(&request, &policy_agreement, POLICY_NOW, 501, "cells",
                         "cells: the table has 501 numbers (cells times aggregates), and agreement lv_2027 (version 3) "
                         "allows at most 500; group on fewer "
                         "columns, or on columns with fewer values");
    policy_assert_broken(&request, &policy_agreement, POLICY_NOW, UINT64_MAX, "cells",
                         "cells: the table has 18446744073709551615 numbers (cells times aggregates), and agreement "
                         "lv_2027 (version 3) allows at most 500; "
                         "group on fewer columns, or on columns with fewer values");
    sch_request_clear(&request);
}

/* ---- order ---- */

/* A request that breaks every rule is told of them one by one, in the header's order. */
static void test_check_names_the_first_broken_rule(void **state)
{
    (void)state;
    static const char *const order[] = {"agreement", "validity", "analyst", "time",
                                        "data set",  "column",   "case",    "cells"};
    sch_request request, other;
    policy_make_request(&request, "SELECT SUM(CASE WHEN c.loon = 1 THEN 2 ELSE 0 END)" FROM);
    policy_make_request(&other, "SELECT SUM(CASE WHEN c.werkt = 1 THEN 2 ELSE 0 END)" FROM);
    policy_copy_name(request.agreement, "lv_2026");
    move_request(&request, POLICY_NOW + DAY, 400 * (int64_t)DAY);
    policy_copy_name(request.analyst, "carla");
    policy_copy_name(request.from[1].data_set, "lonen");
    size_t seen = 0;
    for (const char *rule = NULL; seen < 8; seen++) {
        unit_assert_code(sch_policy_check(&rule, &request, &policy_agreement, policy_hash, NULL, 0,
                                          (sch_time_ms){POLICY_NOW}, 501, NULL),
                         SCH_DENIED);
        assert_string_equal(rule, order[seen]);
        switch (seen) {
        case 0:
            policy_copy_name(request.agreement, "lv_2027");
            break;
        case 1:
            move_request(&request, POLICY_NOW + DAY, DAY);
            break;
        case 2:
            policy_copy_name(request.analyst, "anna");
            break;
        case 3:
            move_request(&request, POLICY_NOW, DAY);
            break;
        case 4:
            policy_copy_name(request.from[1].data_set, "banen");
            break;
        case 5:
            sch_request_clear(&request);
            request = other;
            break;
        case 6:
            sch_request_clear(&request);
            make_simple(&request);
            break;
        default:
            break;
        }
    }
    assert_int_equal(seen, 8);
    policy_assert_kept(&request, &policy_agreement, POLICY_NOW, 500);
    sch_request_clear(&request);
}

/* ---- budget ---- */

/* 2027-03-05T06:07:08.009Z -> ms. */
static int64_t ms(const char *text)
{
    struct tm utc = {0};
    int year = 0, month = 0, thousandth = 0;
    assert_int_equal(sscanf(text, "%d-%d-%dT%d:%d:%d.%dZ", &year, &month, &utc.tm_mday, &utc.tm_hour, &utc.tm_min,
                            &utc.tm_sec, &thousandth),
                     7);
    utc.tm_year = year - 1900;
    utc.tm_mon = month - 1;
    return (int64_t)timegm(&utc) * 1000 + thousandth;
}

typedef struct period_case {
    sch_period period;
    const char *moment, *start;
} period_case;

static const period_case period_cases[] = {
    {SCH_PERIOD_DAY, "2027-06-01T00:00:00.000Z", "2027-06-01T00:00:00.000Z"},
    {SCH_PERIOD_DAY, "2027-06-01T23:59:59.999Z", "2027-06-01T00:00:00.000Z"},
    {SCH_PERIOD_DAY, "2028-02-29T12:00:00.000Z", "2028-02-29T00:00:00.000Z"},
    {SCH_PERIOD_DAY, "1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.000Z"},
    /* 2027-05-31 is a Monday */
    {SCH_PERIOD_WEEK, "2027-05-31T00:00:00.000Z", "2027-05-31T00:00:00.000Z"},
    {SCH_PERIOD_WEEK, "2027-05-30T23:59:59.999Z", "2027-05-24T00:00:00.000Z"},
    {SCH_PERIOD_WEEK, "2027-06-06T23:59:59.999Z", "2027-05-31T00:00:00.000Z"},
    {SCH_PERIOD_WEEK, "2027-01-01T12:00:00.000Z", "2026-12-28T00:00:00.000Z"}, /* over the end of a year */
    {SCH_PERIOD_WEEK, "2028-03-01T12:00:00.000Z", "2028-02-28T00:00:00.000Z"}, /* over a leap day */
    {SCH_PERIOD_WEEK, "1970-01-05T00:00:00.000Z", "1970-01-05T00:00:00.000Z"},
    {SCH_PERIOD_WEEK, "1970-01-04T23:59:59.999Z", "1969-12-29T00:00:00.000Z"},
    {SCH_PERIOD_MONTH, "2027-06-01T00:00:00.000Z", "2027-06-01T00:00:00.000Z"},
    {SCH_PERIOD_MONTH, "2027-05-31T23:59:59.999Z", "2027-05-01T00:00:00.000Z"},
    {SCH_PERIOD_MONTH, "2028-02-29T23:59:59.999Z", "2028-02-01T00:00:00.000Z"},
    {SCH_PERIOD_MONTH, "2028-03-01T00:00:00.000Z", "2028-03-01T00:00:00.000Z"},
    {SCH_PERIOD_MONTH, "2027-12-31T23:59:59.999Z", "2027-12-01T00:00:00.000Z"},
    {SCH_PERIOD_YEAR, "2027-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"},
    {SCH_PERIOD_YEAR, "2027-12-31T23:59:59.999Z", "2027-01-01T00:00:00.000Z"},
    {SCH_PERIOD_YEAR, "2028-12-31T23:59:59.999Z", "2028-01-01T00:00:00.000Z"}, /* day 366 */
    {SCH_PERIOD_YEAR, "2100-12-31T23:59:59.999Z", "2100-01-01T00:00:00.000Z"}, /* no leap year */
    {SCH_PERIOD_YEAR, "2000-02-29T00:00:00.000Z", "2000-01-01T00:00:00.000Z"},
};

static void test_period_start_is_the_first_moment(void **state)
{
    (void)state;
    size_t ran = 0;
    for (size_t i = 0; i < sizeof period_cases / sizeof period_cases[0]; i++, ran++) {
        const period_case *c = &period_cases[i];
        assert_int_equal(sch_policy_period_start(c->period, (sch_time_ms){ms(c->moment)}).value, ms(c->start));
    }
    assert_int_equal(ran, 21);
}

/* Every day of 30 years: a period's start is in the period, and starts follow each other without a gap. */
static void test_period_start_runs_on_without_gaps(void **state)
{
    (void)state;
    static const struct {
        sch_period period;
        int64_t least, most; /* days */
    } cases[] = {
        {SCH_PERIOD_DAY, 1, 1}, {SCH_PERIOD_WEEK, 7, 7}, {SCH_PERIOD_MONTH, 28, 31}, {SCH_PERIOD_YEAR, 365, 366}};
    size_t days = 0, starts = 0;
    for (size_t i = 0; i < 4; i++) {
        int64_t begin = ms("2019-12-30T00:00:00.000Z");
        int64_t last = sch_policy_period_start(cases[i].period, (sch_time_ms){begin}).value;
        for (int64_t day = 0; day < 11000; day++, days++) {
            int64_t moment = begin + day * DAY;
            int64_t start = sch_policy_period_start(cases[i].period, (sch_time_ms){moment + DAY - 1}).value;
            assert_int_equal(sch_policy_period_start(cases[i].period, (sch_time_ms){moment}).value, start);
            assert_true(start <= moment);
            assert_int_equal(sch_policy_period_start(cases[i].period, (sch_time_ms){start}).value, start);
            if (start != last) {
                assert_int_equal(start, moment);
                assert_true((start - last) / DAY >= cases[i].least && (start - last) / DAY <= cases[i].most);
                last = start;
                starts++;
            }
        }
    }
    assert_int_equal(days, 44000);
    assert_int_equal(starts, 10999 + 1571 + 362 + 31); /* until 2050-02-09 */
}

static void test_period_start_of_moments_out_of_range_is_the_nearest(void **state)
{
    (void)state;
    sch_time_ms last = sch_policy_period_start(SCH_PERIOD_YEAR, (sch_time_ms){INT64_MAX});
    assert_int_equal(last.value, ms("9999-01-01T00:00:00.000Z"));
    assert_int_equal(sch_policy_period_start(SCH_PERIOD_MONTH, (sch_time_ms){INT64_MIN}).value, 0);
}

static void test_check_budget_within_is_kept(void **state)
{
    (void)state;
    sch_detail detail = {{0}};
    unit_assert_ok(sch_policy_check_budget(&policy_agreement, 0, (sch_time_ms){POLICY_NOW}, &detail));
    unit_assert_ok(sch_policy_check_budget(&policy_agreement, 39, (sch_time_ms){POLICY_NOW}, &detail));
    assert_string_equal(detail.text, "");
}

static void test_check_budget_used_up_names_the_next_period(void **state)
{
    (void)state;
    static const struct {
        const char *period, *moment, *next;
    } cases[] = {
        {"day", "2027-06-01T12:00:00.000Z", "2027-06-02"},   {"day", "2027-12-31T23:59:59.999Z", "2028-01-01"},
        {"week", "2027-06-01T12:00:00.000Z", "2027-06-07"},  {"week", "2027-12-31T12:00:00.000Z", "2028-01-03"},
        {"month", "2027-06-01T00:00:00.000Z", "2027-07-01"}, {"month", "2028-02-29T12:00:00.000Z", "2028-03-01"},
        {"month", "2027-01-01T00:00:00.000Z", "2027-02-01"}, {"month", "2027-12-31T12:00:00.000Z", "2028-01-01"},
        {"year", "2027-01-01T00:00:00.000Z", "2028-01-01"},  {"year", "2028-01-01T00:00:00.000Z", "2029-01-01"},
        {"year", "2028-12-31T12:00:00.000Z", "2029-01-01"}};
    size_t ran = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++, ran++) {
        sch_agreement agreement;
        sch_detail detail = {{0}};
        char put[32], expected[256];
        (void)snprintf(put, sizeof put, "period: %s", cases[i].period);
        sample_agreement_read(&agreement, "period: month", put);
        unit_assert_code(sch_policy_check_budget(&agreement, 40, (sch_time_ms){ms(cases[i].moment)}, &detail),
                         SCH_DENIED);
        (void)snprintf(
            expected, sizeof expected,
            "budget: agreement lv_2027 (version 3) allows an analyst 40 requests a %s, and they are used up; ask "
            "again from %s on",
            cases[i].period, cases[i].next);
        assert_string_equal(detail.text, expected);
        unit_assert_code(sch_policy_check_budget(&agreement, UINT64_MAX, (sch_time_ms){POLICY_NOW}, NULL), SCH_DENIED);
        sch_agreement_clear(&agreement);
    }
    assert_int_equal(ran, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_own_agreement_is_kept),
        cmocka_unit_test(test_check_other_agreement_is_denied),
        cmocka_unit_test(test_check_other_version_is_denied),
        cmocka_unit_test(test_check_within_the_agreements_dates_is_kept),
        cmocka_unit_test(test_check_before_the_agreement_is_denied),
        cmocka_unit_test(test_check_after_the_agreement_is_denied),
        cmocka_unit_test(test_check_request_that_outlives_the_agreement_is_denied),
        cmocka_unit_test(test_check_unlisted_analyst_is_denied),
        cmocka_unit_test(test_check_analyst_is_valid_until_the_last_day),
        cmocka_unit_test(test_check_recipients_have_to_be_listed_and_valid),
        cmocka_unit_test(test_check_clocks_within_two_minutes_are_kept),
        cmocka_unit_test(test_check_request_from_the_future_names_the_clocks),
        cmocka_unit_test(test_check_before_not_before_is_denied),
        cmocka_unit_test(test_check_after_not_after_is_denied),
        cmocka_unit_test(test_check_unlisted_data_set_is_denied),
        cmocka_unit_test(test_check_data_sets_of_one_owner_alone_are_denied),
        cmocka_unit_test(test_check_too_many_cells_are_denied),
        cmocka_unit_test(test_check_names_the_first_broken_rule),
        cmocka_unit_test(test_period_start_is_the_first_moment),
        cmocka_unit_test(test_period_start_runs_on_without_gaps),
        cmocka_unit_test(test_period_start_of_moments_out_of_range_is_the_nearest),
        cmocka_unit_test(test_check_budget_within_is_kept),
        cmocka_unit_test(test_check_budget_used_up_names_the_next_period),
    };
    return cmocka_run_group_tests(tests, policy_setup, policy_teardown);
}
