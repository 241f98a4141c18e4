#include "tests/unit/policy_case.h"

#include "node/query/sql.h"
#include "tests/support/requests.h"
#include "tests/support/sample_agreement.h"
#include "tests/support/sql_catalogs.h"

enum { WEEK = 7 * 86400000 };

const uint8_t policy_hash[SCH_HASH_BYTES] = {1, 2, 3};
sch_agreement policy_agreement;
const sch_catalog *policy_offered[POLICY_OFFERED];
size_t policy_offered_count;

int policy_setup(void **state)
{
    sample_agreement_read(&policy_agreement, NULL, NULL);
    return sql_catalogs_make(state);
}

int policy_teardown(void **state)
{
    sch_agreement_clear(&policy_agreement);
    return sql_catalogs_clear(state);
}

void policy_copy_name(char out[static SCH_NAME_BYTES], const char *name)
{
    unit_assert_ok(sch_text_copy(out, SCH_NAME_BYTES, name));
}

void policy_make_request(sch_request *request, const char *sql)
{
    sch_detail detail = {{0}};
    sch_err err = sch_sql_parse(request, NULL, sql, sql_catalogs, SQL_CATALOGS, &detail);
    if (sch_failed(err)) {
        fail_msg("%s: %s", sql, sch_detail_or_text(&detail, err));
    }
    request_fill_envelope(request);
    policy_copy_name(request->analyst, "anna");
    policy_copy_name(request->agreement, "lv_2027");
    memcpy(request->agreement_hash, policy_hash, sizeof policy_hash);
    request->created = request->not_before = (sch_time_ms){POLICY_NOW};
    request->not_after = (sch_time_ms){POLICY_NOW + WEEK};
    request->recipient_count = 1;
    policy_copy_name(request->recipient[0], "anna");
    unit_assert_ok(sch_request_check(request, NULL));
}

static const sch_catalog *const *offered(void)
{
    return policy_offered_count == 0 ? NULL : policy_offered;
}

void policy_assert_kept(const sch_request *request, const sch_agreement *agreement, int64_t now, uint64_t cells)
{
    const char *rule = "none";
    sch_detail detail = {{0}};
    sch_err err = sch_policy_check(&rule, request, agreement, policy_hash, offered(), policy_offered_count,
                                   (sch_time_ms){now}, cells, &detail);
    if (sch_failed(err)) {
        fail_msg("%s", sch_detail_or_text(&detail, err));
    }
    assert_null(rule);
}

void policy_assert_broken(const sch_request *request, const sch_agreement *agreement, int64_t now, uint64_t cells,
                          const char *expected_rule, const char *sentence)
{
    const char *rule = NULL;
    sch_detail detail = {{0}};
    unit_assert_code(sch_policy_check(&rule, request, agreement, policy_hash, offered(), policy_offered_count,
                                      (sch_time_ms){now}, cells, &detail),
                     SCH_DENIED);
    assert_non_null(rule);
    assert_string_equal(rule, expected_rule);
    assert_string_equal(detail.text, sentence);
    assert_memory_equal(detail.text, rule, strlen(rule)); /* the sentence begins with the rule's name */
    unit_assert_code(sch_policy_check(NULL, request, agreement, policy_hash, offered(), policy_offered_count,
                                      (sch_time_ms){now}, cells, NULL),
                     SCH_DENIED);
}
