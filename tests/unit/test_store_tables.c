/* What the store keeps beside requests: agreements and their keys, the audit log, heads. */
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

/* ---- agreements ---- */

static void put_agreement(const char *id, uint32_t version, sch_agreement_state state, int64_t changed, uint8_t hash)
{
    sch_stored_agreement a = {.version = version, .state = state, .changed = {changed}};
    (void)snprintf(a.id, sizeof a.id, "%s", id);
    memset(a.hash, hash, sizeof a.hash);
    unit_assert_ok(sch_buf_printf(&a.bundle, "bundle of %s/%u", id, version));
    unit_assert_ok(sch_store_put_agreement(f.store, &a));
    sch_buf_clear(&a.bundle);
}

static sch_err see_agreement(void *context, const sch_stored_agreement *a)
{
    char text[200], bundle[100];
    (void)snprintf(bundle, sizeof bundle, "bundle of %s/%u", a->id, a->version);
    assert_int_equal(a->bundle.bytes, strlen(bundle));
    assert_memory_equal(a->bundle.data, bundle, a->bundle.bytes);
    (void)snprintf(text, sizeof text, "%s/%u:%d@%lld#%u", a->id, a->version, (int)a->state, (long long)a->changed.value,
                   a->hash[31]);
    return step(context, text);
}

static void test_put_agreement_inserts_then_changes_state_only(void **state)
{
    (void)state;
    walk w = {0}, some = {.fail_at = 2};
    put_agreement("b", 1, SCH_AGREEMENT_ACTIVE, 10, 1);
    put_agreement("a", 10, SCH_AGREEMENT_ACTIVE, 11, 2);
    put_agreement("a", 9, SCH_AGREEMENT_ACTIVE, 12, 3);
    put_agreement("a", 9, SCH_AGREEMENT_SUPERSEDED, 13, 3);
    commit_and_reopen();
    unit_assert_ok(sch_store_each_agreement(f.store, see_agreement, &w));
    assert_string_equal(w.order, "a/9:2@13#3 a/10:1@11#2 b/1:1@10#1 ");
    unit_assert_code(sch_store_each_agreement(f.store, see_agreement, &some), SCH_DENIED);
    assert_int_equal(some.seen, 2);
}

static void test_put_agreement_out_of_range_is_a_bug(void **state)
{
    (void)state;
    sch_stored_agreement a = {.id = "a", .version = 0, .state = SCH_AGREEMENT_ACTIVE};
    unit_assert_code(sch_store_put_agreement(f.store, &a), SCH_BUG);
    a.version = 1;
    a.state = (sch_agreement_state)4;
    unit_assert_code(sch_store_put_agreement(f.store, &a), SCH_BUG);
    a.state = SCH_AGREEMENT_ACTIVE;
    unit_assert_ok(sch_store_put_agreement(f.store, &a)); /* the transaction goes on */
}

static sch_err see_bytes(void *context, const uint8_t *bytes, size_t count)
{
    char text[100];
    (void)snprintf(text, sizeof text, "%.*s", (int)count, (const char *)bytes);
    return step(context, text);
}

static void test_put_revocation_of_one_party_is_kept_once(void **state)
{
    (void)state;
    walk w = {0}, some = {.fail_at = 1};
    unit_assert_ok(sch_store_put_revocation(f.store, filled(2), "cbs", (const uint8_t *)"first", 5));
    unit_assert_ok(sch_store_put_revocation(f.store, filled(1), "cbs", (const uint8_t *)"second", 6));
    unit_assert_ok(sch_store_put_revocation(f.store, filled(2), "cbs", (const uint8_t *)"again", 5));
    unit_assert_ok(sch_store_put_revocation(f.store, filled(2), "partner", (const uint8_t *)"third", 5));
    commit_and_reopen();
    unit_assert_ok(sch_store_each_revocation(f.store, see_bytes, &w));
    assert_string_equal(w.order, "first second third ");
    unit_assert_code(sch_store_each_revocation(f.store, see_bytes, &some), SCH_DENIED);
}

static void test_epoch_keys_are_kept_guarded_and_destroyed(void **state)
{
    (void)state;
    uint8_t public_key[32], sealed[SCH_EPOCH_SEALED_BYTES];
    bool found = true;
    unit_assert_ok(sch_store_get_epoch(f.store, &found, "a", 1, public_key, sealed));
    assert_false(found);
    unit_assert_ok(sch_store_put_epoch(f.store, "a", 1, filled(1), filled(2)));
    unit_assert_ok(sch_store_put_epoch(f.store, "a", 2, filled(3), filled(4)));
    unit_assert_code(sch_store_put_epoch(f.store, "a", 1, filled(9), filled(5)), SCH_DENIED);
    unit_assert_ok(sch_store_put_epoch(f.store, "a", 1, filled(1), filled(6))); /* sealed anew */
    unit_assert_ok(sch_store_put_epoch_peer(f.store, "a", 1, "cbs", filled(7)));
    unit_assert_ok(sch_store_put_epoch_peer(f.store, "a", 1, "cbs", filled(8)));
    unit_assert_ok(sch_store_put_epoch_peer(f.store, "a", 2, "cbs", filled(9)));
    commit_and_reopen();
    unit_assert_ok(sch_store_get_epoch(f.store, &found, "a", 1, public_key, sealed));
    assert_true(found);
    assert_memory_equal(public_key, filled(1), 32);
    assert_memory_equal(sealed, filled(6), sizeof sealed);
    unit_assert_ok(sch_store_get_epoch_peer(f.store, &found, "a", 1, "cbs", public_key));
    assert_true(found);
    assert_memory_equal(public_key, filled(8), 32);
    unit_assert_ok(sch_store_get_epoch_peer(f.store, &found, "a", 1, "partner", public_key));
    assert_false(found);
    unit_assert_ok(sch_store_destroy_epochs(f.store, "a", 2));
    unit_assert_ok(sch_store_destroy_epochs(f.store, "none", 0));
    unit_assert_ok(sch_store_get_epoch(f.store, &found, "a", 1, public_key, sealed));
    assert_false(found);
    unit_assert_ok(sch_store_get_epoch_peer(f.store, &found, "a", 1, "cbs", public_key));
    assert_false(found);
    unit_assert_ok(sch_store_get_epoch(f.store, &found, "a", 2, public_key, sealed));
    assert_true(found);
    unit_assert_ok(sch_store_get_epoch_peer(f.store, &found, "a", 2, "cbs", public_key));
    assert_true(found);
}

/* ---- audit ---- */

static sch_err see_record(void *context, uint64_t seq, const uint8_t *bytes, size_t count,
                          const uint8_t hash[static SCH_HASH_BYTES])
{
    char text[100];
    (void)bytes;
    (void)snprintf(text, sizeof text, "%llu:%zu:%d", (unsigned long long)seq, count, hash[0] != 0 || hash[1] != 0);
    return step(context, text);
}

static void test_append_audit_numbers_and_chains(void **state)
{
    (void)state;
    sch_audit_record record;
    walk w = {0}, some = {.fail_at = 2};
    assert_int_equal(store_count_records(f.store), 0);
    for (int i = 0; i < 5; i++) {
        store_record(&record, "login");
        record.seq = 77; /* the store's to set */
        memset(record.previous, 5, sizeof record.previous);
        unit_assert_ok(sch_store_append_audit(f.store, &record));
        assert_int_equal(record.seq, i + 1);
    }
    store_record(&record, "UPPER CASE");
    unit_assert_code(sch_store_append_audit(f.store, &record), SCH_BUG);
    commit_and_reopen();
    assert_int_equal(store_count_records(f.store), 5);
    unit_assert_ok(sch_store_each_audit(f.store, 4, see_record, &w));
    assert_int_equal(w.seen, 2);
    assert_memory_equal(w.order, "4:", 2);
    unit_assert_code(sch_store_each_audit(f.store, 1, see_record, &some), SCH_DENIED);
}

static void test_each_audit_of_a_changed_file_hands_over_what_there_is(void **state)
{
    (void)state;
    walk w = {0};
    store_append(f.store, "login");
    store_append(f.store, "login");
    unit_assert_ok(sch_store_commit(f.store));
    store_close(&f);
    /* Who owns the file can take the table's place. */
    store_run_sql(
        &f, "DROP TABLE audit; CREATE TABLE audit (seq INTEGER PRIMARY KEY, bytes, hash);"
            "INSERT INTO audit VALUES (1, x'0102', x'01'), (2, 'text', NULL), (7, zeroblob(4000), randomblob(32))");
    unit_assert_ok(sch_store_open_copy(&f.store, store_path(&f, "state.db"), &f.detail));
    unit_assert_ok(sch_store_each_audit(f.store, 1, see_record, &w));
    assert_string_equal(w.order, "1:2:0 2:0:0 7:4000:1 ");
}

/* ---- heads ---- */

static sch_stored_head make_head(const char *node, uint64_t seq, uint64_t count, uint8_t value)
{
    sch_stored_head head = {.head = {.seq = seq, .counter = count, .time = {(int64_t)(seq % 1000) * 10}}};
    (void)snprintf(head.head.node, sizeof head.head.node, "%s", node);
    memset(head.head.hash, value, sizeof head.head.hash);
    memset(head.head.signature, value + 1, sizeof head.head.signature);
    memset(head.identity, value + 2, sizeof head.identity);
    return head;
}

static void put_head(const char *node, uint64_t seq, uint64_t count, uint8_t value)
{
    const sch_stored_head head = make_head(node, seq, count, value);
    unit_assert_ok(sch_store_put_head(f.store, &head));
}

static void assert_newest(const char *node, uint64_t seq, uint64_t count)
{
    sch_stored_head got;
    bool found = false;
    unit_assert_ok(sch_store_get_newest_head(f.store, &found, &got, node));
    assert_int_equal(found, seq != 0);
    assert_int_equal(got.head.seq, seq);
    assert_int_equal(got.head.counter, count);
}

static sch_err see_head(void *context, const sch_stored_head *head)
{
    char text[100];
    const sch_stored_head want = make_head(head->head.node, head->head.seq, head->head.counter, head->head.hash[0]);
    assert_memory_equal(head, &want, sizeof want);
    (void)snprintf(text, sizeof text, "%s/%llu", head->head.node, (unsigned long long)head->head.seq);
    return step(context, text);
}

static void test_put_head_keeps_all_and_knows_the_newest(void **state)
{
    (void)state;
    walk w = {0}, cbs = {0}, some = {.fail_at = 1};
    assert_newest("cbs", 0, 0);
    put_head("cbs", 5, 1, 1);
    put_head("cbs", 9, 2, 2);
    put_head("cbs", 9, 2, 2); /* the same once more */
    put_head("cbs", 7, 2, 3);
    put_head("partner", 6, 9, 4);
    put_head(STORE_NODE, 1, 0, 5);
    commit_and_reopen();
    unit_assert_ok(sch_store_each_head(f.store, NULL, see_head, &w));
    assert_string_equal(w.order, "gemeente_lv/1 cbs/5 partner/6 cbs/7 cbs/9 ");
    unit_assert_ok(sch_store_each_head(f.store, "cbs", see_head, &cbs));
    assert_string_equal(cbs.order, "cbs/5 cbs/7 cbs/9 ");
    unit_assert_code(sch_store_each_head(f.store, "cbs", see_head, &some), SCH_DENIED);
    assert_newest("cbs", 9, 2);
    put_head("cbs", 9, 3, 2);
    assert_newest("cbs", 9, 3);
    put_head("cbs", 9, 2, 8);
    assert_newest("cbs", 9, 3);
    assert_newest("partner", 6, 9);
    assert_newest("none", 0, 0);
}

static void test_put_head_out_of_range_is_refused(void **state)
{
    (void)state;
    sch_stored_head head = make_head("cbs", (uint64_t)INT64_MAX + 1, 1, 1);
    unit_assert_code(sch_store_put_head(f.store, &head), SCH_BAD_INPUT);
    head = make_head("cbs", 1, UINT64_MAX, 1);
    unit_assert_code(sch_store_put_head(f.store, &head), SCH_BAD_INPUT);
    head = make_head("cbs", 0, 1, 1);
    unit_assert_code(sch_store_put_head(f.store, &head), SCH_BUG);
    assert_newest("cbs", 0, 0);
}

static void test_reset_peer_accepts_any_next_head(void **state)
{
    (void)state;
    put_head("cbs", 5, 1, 1);
    put_head("cbs", 9, 2, 2);
    unit_assert_ok(sch_store_reset_peer(f.store, "none"));
    unit_assert_ok(sch_store_reset_peer(f.store, "cbs"));
    assert_newest("cbs", 0, 0);
    put_head("cbs", 5, 1, 1); /* known from before */
    assert_newest("cbs", 5, 1);
    walk w = {0};
    unit_assert_ok(sch_store_each_head(f.store, "cbs", see_head, &w));
    assert_string_equal(w.order, "cbs/5 cbs/9 ");
}

static void test_peer_counter_never_goes_down_but_by_reset(void **state)
{
    (void)state;
    uint64_t got = 9;
    unit_assert_ok(sch_store_get_peer_counter(f.store, &got, "cbs"));
    assert_int_equal(got, 0);
    unit_assert_ok(sch_store_put_peer_counter(f.store, "cbs", 12));
    put_head("cbs", 5, 40, 1); /* has nothing to do with it */
    unit_assert_ok(sch_store_put_peer_counter(f.store, "cbs", 3));
    commit_and_reopen();
    unit_assert_ok(sch_store_get_peer_counter(f.store, &got, "cbs"));
    assert_int_equal(got, 12);
    unit_assert_ok(sch_store_reset_peer(f.store, "cbs"));
    unit_assert_ok(sch_store_get_peer_counter(f.store, &got, "cbs"));
    assert_int_equal(got, 0);
    unit_assert_ok(sch_store_put_peer_counter(f.store, "cbs", 3));
    unit_assert_ok(sch_store_get_peer_counter(f.store, &got, "cbs"));
    assert_int_equal(got, 3);
    unit_assert_code(sch_store_put_peer_counter(f.store, "cbs", UINT64_MAX), SCH_BAD_INPUT);
}

static void test_peer_refusal_is_kept_until_reset(void **state)
{
    (void)state;
    sch_detail why;
    unit_assert_ok(sch_store_get_peer_refusal(f.store, &why, "cbs"));
    assert_string_equal(why.text, "");
    unit_assert_ok(sch_store_put_peer_refusal(f.store, "cbs", "it shows an older state"));
    unit_assert_ok(sch_store_put_peer_counter(f.store, "cbs", 7));
    commit_and_reopen();
    unit_assert_ok(sch_store_get_peer_refusal(f.store, &why, "cbs"));
    assert_string_equal(why.text, "it shows an older state");
    unit_assert_ok(sch_store_reset_peer(f.store, "cbs"));
    unit_assert_ok(sch_store_get_peer_refusal(f.store, &why, "cbs"));
    assert_string_equal(why.text, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_put_agreement_inserts_then_changes_state_only),
        TEST(test_put_agreement_out_of_range_is_a_bug),
        TEST(test_put_revocation_of_one_party_is_kept_once),
        TEST(test_epoch_keys_are_kept_guarded_and_destroyed),
        TEST(test_append_audit_numbers_and_chains),
        TEST(test_each_audit_of_a_changed_file_hands_over_what_there_is),
        TEST(test_put_head_keeps_all_and_knows_the_newest),
        TEST(test_put_head_out_of_range_is_refused),
        TEST(test_reset_peer_accepts_any_next_head),
        TEST(test_peer_counter_never_goes_down_but_by_reset),
        TEST(test_peer_refusal_is_kept_until_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
