/* What the store keeps of requests: themselves, decisions, the ledger, results. */
#include "tests/support/unit.h"

#include "tests/support/store_fixture.h"

static store_fixture f;

static int set_up(void **state)
{
    (void)state;
    store_setup(&f);
    unit_assert_ok(sch_store_begin(f.store));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_teardown(&f);
    return 0;
}

/* What was put has to come back from the disk. */
static void commit_and_reopen(void)
{
    unit_assert_ok(sch_store_commit(f.store));
    store_reopen(&f);
    unit_assert_ok(sch_store_begin(f.store));
}

static const uint8_t *filled(uint8_t value)
{
    static uint8_t bytes[8][SCH_EPOCH_SEALED_BYTES];
    static unsigned next;
    uint8_t *out = bytes[next++ % 8];
    memset(out, value, SCH_EPOCH_SEALED_BYTES);
    return out;
}

/* Counts, remembers the last, and fails at a number. */
typedef struct walk {
    size_t seen, fail_at;
    char order[256];
} walk;

static sch_err step(walk *w, const char *what)
{
    size_t used = strlen(w->order);
    (void)snprintf(w->order + used, sizeof w->order - used, "%s ", what);
    w->seen++;
    return sch_check(w->seen != w->fail_at, SCH_DENIED, "enough");
}

/* ---- requests ---- */

static void assert_request(const sch_stored_request *got, const sch_stored_request *want)
{
    sch_stored_request a = *got, b = *want;
    assert_int_equal(a.bytes.bytes, b.bytes.bytes);
    assert_true(a.bytes.bytes == 0 || memcmp(a.bytes.data, b.bytes.data, b.bytes.bytes) == 0);
    assert_int_equal(a.preview.bytes, b.preview.bytes);
    assert_true(a.preview.bytes == 0 || memcmp(a.preview.data, b.preview.data, b.preview.bytes) == 0);
    assert_memory_equal(&a.id, &b.id, sizeof a.id);
    assert_memory_equal(a.signature, b.signature, sizeof a.signature);
    assert_memory_equal(a.request_hash, b.request_hash, sizeof a.request_hash);
    assert_memory_equal(a.plan_hash, b.plan_hash, sizeof a.plan_hash);
    assert_memory_equal(a.agreement_hash, b.agreement_hash, sizeof a.agreement_hash);
    assert_string_equal(a.agreement, b.agreement);
    assert_string_equal(a.analyst, b.analyst);
    assert_string_equal(a.coordinator, b.coordinator);
    assert_int_equal(a.party_count, b.party_count);
    assert_memory_equal(a.holder, b.holder, sizeof a.holder);
    for (size_t i = 0; i < SCH_MAX_PARTIES; i++) {
        assert_string_equal(a.party[i], b.party[i]);
    }
    assert_int_equal(a.state, b.state);
    assert_int_equal(a.code, b.code);
    assert_string_equal(a.text.text, b.text.text);
    assert_int_equal(a.created.value, b.created.value);
    assert_int_equal(a.not_after.value, b.not_after.value);
    assert_int_equal(a.changed.value, b.changed.value);
    assert_int_equal(a.expires.value, b.expires.value);
    assert_int_equal(a.part_done, b.part_done);
}

static void test_put_request_replaces_all_but_id_and_bytes(void **state)
{
    (void)state;
    sch_stored_request request, got;
    bool found = false;
    store_request(&request, 1);
    unit_assert_ok(sch_store_put_request(f.store, &request));
    unit_assert_ok(sch_store_get_request(f.store, &found, &got, &request.id));
    assert_true(found);
    assert_request(&got, &request);
    sch_stored_request_clear(&got);
    request.state = SCH_REQUEST_FAILED;
    request.code = SCH_BAD_PEER;
    (void)snprintf(request.text.text, sizeof request.text.text, "%0511d", 7); /* as long as a detail can be */
    request.part_done = true;
    request.changed.value = SCH_MAX_TIME_MS;
    request.expires.value = 77;
    memset(request.plan_hash, 0, sizeof request.plan_hash);
    memset(request.party, 0, sizeof request.party);
    request.party_count = 0;
    request.holder[1] = SCH_MAX_PARTIES - 1;
    sch_buf_clear(&request.preview);
    request.bytes.data[0] ^= 1;
    unit_assert_ok(sch_store_put_request(f.store, &request));
    request.bytes.data[0] ^= 1;
    commit_and_reopen();
    unit_assert_ok(sch_store_get_request(f.store, &found, &got, &request.id));
    assert_true(found);
    assert_request(&got, &request);
    sch_stored_request_clear(&got);
    request.id.byte[0] ^= 1;
    unit_assert_ok(sch_store_get_request(f.store, &found, &got, &request.id));
    assert_false(found);
    sch_stored_request_clear(&got);
    sch_stored_request_clear(&request);
    sch_stored_request_clear(&request);
}

static sch_err see_request(void *context, const sch_stored_request *request)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", request->id.byte[0]);
    assert_true(request->bytes.bytes > 10);
    return step(context, text);
}

static void test_each_request_filters_orders_and_stops(void **state)
{
    (void)state;
    static const struct {
        const char *analyst;
        bool unfinished;
        size_t most;
        const char *order;
    } ask[] = {{NULL, false, 100, "6 5 4 3 2 1 "}, {NULL, true, 100, "5 3 1 "}, {"anna", false, SIZE_MAX, "5 3 1 "},
               {"bert", false, 100, "6 4 2 "},     {"bert", true, 100, ""},     {"anna", true, 2, "5 3 "},
               {"none", false, 100, ""},           {NULL, false, 0, ""}};
    size_t asked = 0;
    for (uint8_t i = 1; i <= 6; i++) {
        sch_stored_request request;
        store_request(&request, i);
        (void)snprintf(request.analyst, sizeof request.analyst, "%s", i % 2 == 0 ? "bert" : "anna");
        /* Every end state but CANCELLED for the even ones; every other state for the odd ones. */
        request.state = i % 2 == 0 ? (sch_request_state)(SCH_REQUEST_RELEASED + i / 2) : (sch_request_state)i;
        unit_assert_ok(sch_store_put_request(f.store, &request));
        sch_stored_request_clear(&request);
    }
    for (size_t i = 0; i < sizeof ask / sizeof ask[0]; i++, asked++) {
        walk w = {0};
        unit_assert_ok(
            sch_store_each_request(f.store, ask[i].analyst, ask[i].unfinished, ask[i].most, see_request, &w));
        assert_string_equal(w.order, ask[i].order);
    }
    assert_int_equal(asked, 8);
    walk w = {.fail_at = 2};
    unit_assert_code(sch_store_each_request(f.store, NULL, false, 100, see_request, &w), SCH_DENIED);
    assert_int_equal(w.seen, 2);
}

static sch_err change_while_walking(void *context, const sch_stored_request *request)
{
    sch_stored_request got;
    bool found = false;
    unit_assert_ok(sch_store_get_request(f.store, &found, &got, &request->id));
    assert_true(found);
    sch_stored_request_clear(&got);
    store_append(f.store, "request.expired");
    return step(context, "x");
}

static void test_each_request_sink_may_read_and_change_other_tables(void **state)
{
    (void)state;
    walk w = {0};
    for (uint8_t i = 1; i <= 50; i++) {
        store_put_request(f.store, i);
    }
    unit_assert_ok(sch_store_each_request(f.store, NULL, true, 100, change_while_walking, &w));
    assert_int_equal(w.seen, 50);
    assert_int_equal(store_count_records(f.store), 50);
}

/* ---- decisions ---- */

static void test_put_consent_keeps_the_latest_of_a_node(void **state)
{
    (void)state;
    const sch_request_id id = store_request_id(1), other = store_request_id(2);
    sch_consent consent = {.node = "cbs", .counter = 7, .time = {8}}, got;
    bool found = true;
    memset(consent.request_hash, 1, sizeof consent.request_hash);
    memset(consent.plan_hash, 2, sizeof consent.plan_hash);
    memset(consent.signature, 3, sizeof consent.signature);
    store_put_request(f.store, 1);
    unit_assert_ok(sch_store_put_consent(f.store, &id, &consent));
    consent.counter = INT64_MAX;
    consent.time.value = 9;
    unit_assert_ok(sch_store_put_consent(f.store, &id, &consent));
    unit_assert_code(sch_store_put_consent(f.store, &other, &consent), SCH_BAD_INPUT);
    consent.counter = (uint64_t)INT64_MAX + 1;
    unit_assert_code(sch_store_put_consent(f.store, &id, &consent), SCH_BAD_INPUT);
    consent.counter = INT64_MAX;
    commit_and_reopen();
    unit_assert_ok(sch_store_get_consent(f.store, &found, &got, &id, "cbs"));
    assert_true(found);
    assert_string_equal(got.node, "cbs");
    assert_true(got.counter == INT64_MAX && got.time.value == 9);
    assert_memory_equal(got.request_hash, consent.request_hash, sizeof got.request_hash);
    assert_memory_equal(got.plan_hash, consent.plan_hash, sizeof got.plan_hash);
    assert_memory_equal(got.signature, consent.signature, sizeof got.signature);
    unit_assert_ok(sch_store_get_consent(f.store, &found, &got, &id, "partner"));
    assert_false(found);
}

static sch_err see_word(void *context, const sch_stored_word *word)
{
    char text[100];
    assert_memory_equal(word->signature, filled(5), sizeof word->signature);
    (void)snprintf(text, sizeof text, "%s:%d:%zu@%lld", word->operator_name, word->approve, strlen(word->reason),
                   (long long)word->time.value);
    return step(context, text);
}

static void test_put_word_twice_by_one_operator_is_denied(void **state)
{
    (void)state;
    const sch_request_id id = store_request_id(1), second = store_request_id(2), none = store_request_id(3);
    sch_stored_word word = {.operator_name = "piet", .approve = true, .time = {1}};
    walk w = {0}, empty = {0};
    memset(word.signature, 5, sizeof word.signature);
    store_put_request(f.store, 1);
    store_put_request(f.store, 2);
    unit_assert_ok(sch_store_put_word(f.store, &id, &word));
    word.approve = false;
    sch_err err = sch_store_put_word(f.store, &id, &word);
    unit_assert_code(err, SCH_DENIED);
    assert_string_equal(err.text, "this operator has spoken already");
    unit_assert_ok(sch_store_put_word(f.store, &second, &word));
    unit_assert_code(sch_store_put_word(f.store, &none, &word), SCH_BAD_INPUT);
    (void)snprintf(word.operator_name, sizeof word.operator_name, "%s", "jan");
    memset(word.reason, 'r', SCH_MAX_REASON_BYTES);
    word.time.value = 2;
    unit_assert_ok(sch_store_put_word(f.store, &id, &word));
    commit_and_reopen();
    unit_assert_ok(sch_store_each_word(f.store, &id, see_word, &w));
    assert_string_equal(w.order, "piet:1:0@1 jan:0:500@2 ");
    unit_assert_ok(sch_store_each_word(f.store, &none, see_word, &empty));
    assert_int_equal(empty.seen, 0);
    walk some = {.fail_at = 1};
    unit_assert_code(sch_store_each_word(f.store, &id, see_word, &some), SCH_DENIED);
}

/* ---- the ledger ---- */

static uint64_t used(const char *analyst, int64_t period)
{
    uint64_t count = 0;
    unit_assert_ok(sch_store_get_used(f.store, &count, "lv_2027", analyst, (sch_time_ms){period}));
    return count;
}

static uint64_t counter(void)
{
    uint64_t count = 0;
    unit_assert_ok(sch_store_get_counter(f.store, &count));
    return count;
}

static sch_ledger_state state_of(uint8_t number)
{
    const sch_request_id id = store_request_id(number);
    bool found = false;
    sch_ledger_state state = (sch_ledger_state)0;
    unit_assert_ok(sch_store_get_ledger_state(f.store, &found, &state, &id));
    return found ? state : (sch_ledger_state)0;
}

static void reserve(uint8_t number, const char *analyst, int64_t period)
{
    const sch_request_id id = store_request_id(number);
    store_put_request(f.store, number);
    unit_assert_ok(sch_store_reserve(f.store, &id, "lv_2027", analyst, (sch_time_ms){period}));
}

static void settle(uint8_t number, sch_ledger_state state)
{
    const sch_request_id id = store_request_id(number);
    unit_assert_ok(sch_store_settle(f.store, &id, state));
}

static void test_reserve_counts_each_request_once(void **state)
{
    (void)state;
    const sch_request_id none = store_request_id(9);
    assert_int_equal(counter(), 0);
    reserve(1, "anna", 100);
    reserve(1, "anna", 100);
    reserve(2, "anna", 100);
    reserve(3, "anna", 200);
    reserve(4, "bert", 100);
    reserve(1, "anna", 200); /* changes nothing, also not the period */
    unit_assert_code(sch_store_reserve(f.store, &none, "lv_2027", "anna", (sch_time_ms){100}), SCH_BAD_INPUT);
    commit_and_reopen();
    assert_int_equal(counter(), 4);
    assert_int_equal(used("anna", 100), 2);
    assert_int_equal(used("anna", 200), 1);
    assert_int_equal(used("bert", 100), 1);
    assert_int_equal(used("carl", 100), 0);
    assert_int_equal(state_of(1), SCH_LEDGER_RESERVED);
    assert_int_equal(state_of(9), 0);
}

static void test_settle_never_gives_back_what_is_spent(void **state)
{
    (void)state;
    const sch_request_id one = store_request_id(1);
    for (uint8_t i = 1; i <= 4; i++) {
        reserve(i, "anna", 100);
    }
    settle(1, SCH_LEDGER_SPENT);
    settle(1, SCH_LEDGER_RETURNED); /* too late */
    settle(2, SCH_LEDGER_RETURNED);
    settle(3, SCH_LEDGER_RETURNED);
    settle(3, SCH_LEDGER_SPENT); /* it computed all the same */
    settle(9, SCH_LEDGER_SPENT); /* no entry */
    unit_assert_code(sch_store_settle(f.store, &one, SCH_LEDGER_RESERVED), SCH_BUG);
    reserve(2, "anna", 100); /* is not reserved again */
    commit_and_reopen();
    assert_int_equal(state_of(1), SCH_LEDGER_SPENT);
    assert_int_equal(state_of(2), SCH_LEDGER_RETURNED);
    assert_int_equal(state_of(3), SCH_LEDGER_SPENT);
    assert_int_equal(state_of(4), SCH_LEDGER_RESERVED);
    assert_int_equal(used("anna", 100), 3);
    assert_int_equal(counter(), 4);
}

/* ---- results ---- */

static bool has_result(uint8_t number, const char *recipient, const char *want)
{
    const sch_request_id id = store_request_id(number);
    sch_buf sealed = {0};
    uint8_t signature[SCH_SIGN_BYTES] = {0};
    bool found = false;
    unit_assert_ok(sch_buf_append_text(&sealed, ">"));
    unit_assert_ok(sch_store_get_result(f.store, &found, &id, recipient, &sealed, signature));
    if (found && want != NULL) {
        assert_int_equal(sealed.bytes, strlen(want) + 1);
        assert_memory_equal(sealed.data + 1, want, strlen(want));
        assert_memory_equal(signature, filled(6), sizeof signature);
    }
    sch_buf_clear(&sealed);
    return found;
}

static void put_result(uint8_t number, const char *recipient, const char *text, int64_t expires)
{
    const sch_request_id id = store_request_id(number);
    unit_assert_ok(sch_store_put_result(f.store, &id, recipient, (const uint8_t *)text, strlen(text), filled(6),
                                        (sch_time_ms){expires}));
}

static void test_put_result_of_other_bytes_is_denied(void **state)
{
    (void)state;
    const sch_request_id id = store_request_id(1), none = store_request_id(2);
    const uint8_t *other = (const uint8_t *)"other";
    const sch_time_ms later = {200};
    store_put_request(f.store, 1);
    put_result(1, "anna", "sealed", 100);
    put_result(1, "bert", "sealed for bert", 100);
    put_result(1, "anna", "sealed", 200);
    unit_assert_code(sch_store_put_result(f.store, &id, "anna", other, 5, filled(6), later), SCH_DENIED);
    unit_assert_code(sch_store_put_result(f.store, &id, "anna", (const uint8_t *)"sealed", 6, filled(7), later),
                     SCH_DENIED);
    unit_assert_code(sch_store_put_result(f.store, &none, "anna", other, 5, filled(6), later), SCH_BAD_INPUT);
    commit_and_reopen();
    assert_true(has_result(1, "anna", "sealed") && has_result(1, "bert", "sealed for bert"));
    assert_false(has_result(1, "carl", NULL) || has_result(2, "anna", NULL));
    unit_assert_ok(sch_store_drop_results(f.store, &id));
    assert_false(has_result(1, "anna", NULL) || has_result(1, "bert", NULL));
    put_result(1, "anna", "anew", 100);
    assert_true(has_result(1, "anna", "anew"));
}

static void put_ended(uint8_t number, sch_request_state state, int64_t expires)
{
    sch_stored_request request;
    store_request(&request, number);
    request.state = state;
    request.expires.value = expires;
    unit_assert_ok(sch_store_put_request(f.store, &request));
    sch_stored_request_clear(&request);
}

static bool has_bytes(uint8_t number)
{
    const sch_request_id id = store_request_id(number);
    sch_stored_request got;
    bool found = false;
    unit_assert_ok(sch_store_get_request(f.store, &found, &got, &id));
    assert_true(found);
    assert_int_equal(got.bytes.bytes > 0, got.preview.bytes > 0);
    assert_memory_equal(got.request_hash, filled(number ^ 0x22), sizeof got.request_hash);
    bool there = got.bytes.bytes > 0;
    sch_stored_request_clear(&got);
    return there;
}

static void test_expire_results_deletes_what_is_due_and_keeps_ids(void **state)
{
    (void)state;
    size_t count = 99;
    put_ended(1, SCH_REQUEST_RELEASED, 0);    /* its results are due */
    put_ended(2, SCH_REQUEST_RELEASED, 0);    /* one of two is due */
    put_ended(3, SCH_REQUEST_REFUSED, 0);     /* never had results: no moment is known */
    put_ended(4, SCH_REQUEST_REFUSED, 1000);  /* due by itself */
    put_ended(5, SCH_REQUEST_REFUSED, 1001);  /* not yet */
    put_ended(6, SCH_REQUEST_RUNNING, 1000);  /* not ended */
    put_ended(7, SCH_REQUEST_RELEASED, 1000); /* due, but a result is kept longer */
    put_result(1, "anna", "a", 1000);
    put_result(1, "bert", "b", 900);
    put_result(2, "anna", "a", 1000);
    put_result(2, "bert", "b", 1001);
    put_result(7, "anna", "a", 1001);
    unit_assert_ok(sch_store_expire_results(f.store, (sch_time_ms){899}, &count));
    assert_int_equal(count, 0);
    unit_assert_ok(sch_store_expire_results(f.store, (sch_time_ms){1000}, &count));
    assert_int_equal(count, 3);
    commit_and_reopen();
    assert_false(has_result(1, "anna", NULL) || has_result(1, "bert", NULL) || has_result(2, "anna", NULL));
    assert_true(has_result(2, "bert", "b") && has_result(7, "anna", "a"));
    assert_true(!has_bytes(1) && has_bytes(2) && has_bytes(3) && !has_bytes(4));
    assert_true(has_bytes(5) && has_bytes(6) && has_bytes(7));
    put_ended(1, SCH_REQUEST_RELEASED, 5000); /* bytes that are gone do not come back */
    sch_stored_request got;
    bool found = false;
    const sch_request_id id = store_request_id(1);
    unit_assert_ok(sch_store_get_request(f.store, &found, &got, &id));
    assert_int_equal(got.bytes.bytes, 0);
    sch_stored_request_clear(&got);
    unit_assert_ok(sch_store_expire_results(f.store, (sch_time_ms){1001}, &count));
    assert_int_equal(count, 2);
    assert_true(!has_bytes(2) && !has_bytes(5) && !has_bytes(7) && has_bytes(3));
}

/* ---- what no node writes ---- */

static void test_get_of_values_that_no_node_writes_is_bad_input(void **state)
{
    (void)state;
    static const char *const change[] = {"text = printf('%.600c', 'x')",
                                         "analyst = printf('%.64c', 'x')",
                                         "parties = 'a' || char(0) || 'b'",
                                         "parties = 'a  b'",
                                         "parties = ' a'",
                                         "parties = 'a '",
                                         "parties = printf('%.64c', 'x')",
                                         "parties = printf('%.1025c', 'x')",
                                         "parties = 'a b c d e f g h i j k l m n o p q'"};
    size_t refused = 0;
    const sch_request_id id = store_request_id(1);
    store_put_request(f.store, 1);
    unit_assert_ok(sch_store_commit(f.store));
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++, refused++) {
        char sql[200];
        sch_stored_request got;
        bool found = false;
        store_close(&f);
        (void)snprintf(sql, sizeof sql, "CREATE TABLE old AS SELECT * FROM request; UPDATE request SET %s", change[i]);
        store_run_sql(&f, sql);
        store_reopen(&f);
        unit_assert_code(sch_store_get_request(f.store, &found, &got, &id), SCH_BAD_INPUT);
        sch_stored_request_clear(&got);
        store_close(&f);
        store_run_sql(&f, "UPDATE request SET (text, analyst, parties) = (SELECT text, analyst, parties FROM old);"
                          "DROP TABLE old");
    }
    assert_int_equal(refused, 9);
    store_reopen(&f);
    assert_true(store_has_request(f.store, 1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_put_request_replaces_all_but_id_and_bytes),
        TEST(test_each_request_filters_orders_and_stops),
        TEST(test_each_request_sink_may_read_and_change_other_tables),
        TEST(test_put_consent_keeps_the_latest_of_a_node),
        TEST(test_put_word_twice_by_one_operator_is_denied),
        TEST(test_reserve_counts_each_request_once),
        TEST(test_settle_never_gives_back_what_is_spent),
        TEST(test_put_result_of_other_bytes_is_denied),
        TEST(test_expire_results_deletes_what_is_due_and_keeps_ids),
        TEST(test_get_of_values_that_no_node_writes_is_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
