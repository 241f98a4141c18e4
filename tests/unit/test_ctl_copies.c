/* schakelctl audit verify, audit export and restore, as they are run, on states that this test makes and changes. */
#include "tests/support/unit.h"

#include <jansson.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "crypto/base/secret.h"
#include "crypto/prim/base64.h"
#include "node/audit/verify.h"
#include "node/base/file.h"
#include "tests/support/store_fixture.h"
#include "tests/unit/agreement_fixture.h"

#define NODE "gemeente"

enum { RECORDS = 50 };

static store_fixture f; /* its folder holds "state", "copy.db", "heads", "node.yaml" */
static sch_store *store;
static char output[100000];

/* Runs schakelctl in the folder; its output, also that to stderr, is in `output`. Gives its exit code. */
static int ctl(const char *arguments)
{
    char line[1000];
    (void)snprintf(line, sizeof line, "cd %s && exec %s %s 2>&1", f.folder, SCH_CTL_PROGRAM, arguments);
    FILE *program = popen(line, "r");
    assert_non_null(program);
    size_t bytes = fread(output, 1, sizeof output - 1, program);
    output[bytes] = '\0';
    int status = pclose(program);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void assert_says(const char *part)
{
    if (strstr(output, part) == NULL) {
        fail_msg("'%s' is not in: %s", part, output);
    }
}

/* ---- the state ---- */

static void append(const char *action, const char *object, uint8_t trace, const char *outcome)
{
    sch_audit_record record;
    store_record(&record, action);
    (void)snprintf(record.object, sizeof record.object, "%s", object);
    (void)snprintf(record.outcome, sizeof record.outcome, "%s", outcome);
    memset(record.trace, trace, sizeof record.trace);
    record.time.value += trace * 1000;
    unit_assert_ok(sch_store_append_audit(store, &record));
}

/* A head of the log as it ends now, signed by a party's key. */
static sch_stored_head make_head(size_t key)
{
    sch_stored_head head = {.head = {.node = NODE, .counter = 1, .time = {1800000000000}}};
    uint8_t secret_key[SCH_SIGN_SECRET_BYTES];
    fixture_secret(secret_key, key);
    memcpy(head.identity, secret_key + 32, sizeof head.identity);
    unit_assert_ok(sch_store_get_audit_end(store, &head.head.seq, head.head.hash));
    unit_assert_ok(sch_audit_head_sign(&head.head, secret_key));
    return head;
}

/* What another node kept: a file with heads of this one and of others. */
static void write_heads(const char *name, size_t key)
{
    sch_buf file = {0};
    sch_stored_head head = make_head(key), other = make_head(1);
    (void)snprintf(other.head.node, sizeof other.head.node, "cbs");
    unit_assert_ok(sch_audit_heads_print(&file, &other.head, other.identity));
    unit_assert_ok(sch_audit_heads_print(&file, &head.head, head.identity));
    unit_assert_ok(sch_file_write(store_path(&f, name), file.data, file.bytes, SCH_FILE_PUBLIC, true, &f.detail));
    sch_buf_clear(&file);
}

static void put_agreement(void)
{
    sch_bundle bundle = {0};
    sch_stored_agreement agreement = {.version = 3, .state = SCH_AGREEMENT_ACTIVE, .changed = {1}};
    fixture_bundle(&bundle, 7);
    memcpy(agreement.hash, bundle.hash, sizeof agreement.hash);
    (void)snprintf(agreement.id, sizeof agreement.id, "%s", bundle.agreement.id);
    unit_assert_ok(sch_bundle_encode(&agreement.bundle, &bundle));
    unit_assert_ok(sch_store_put_agreement(store, &agreement));
    sch_stored_request request;
    store_request(&request, 7);
    memcpy(request.agreement_hash, bundle.hash, sizeof request.agreement_hash);
    unit_assert_ok(sch_store_put_request(store, &request));
    sch_stored_request_clear(&request);
    sch_buf_clear(&agreement.bundle);
    sch_bundle_clear(&bundle);
}

static int set_up(void **state)
{
    (void)state;
    static const char conf[] = "node: gemeente\nlisten: '127.0.0.1:7300'\nkeys: keys\nstate: state\n";
    f = (store_fixture){.folder = "/tmp/schakel-copies-XXXXXX"};
    unit_assert_ok(sch_secret_start());
    assert_non_null(mkdtemp(f.folder));
    unit_assert_ok(
        sch_file_write(store_path(&f, "node.yaml"), conf, sizeof conf - 1, SCH_FILE_PUBLIC, true, &f.detail));
    unit_assert_ok(sch_store_open(&store, store_path(&f, "state"), NODE, &f.detail));
    unit_assert_ok(sch_store_begin(store));
    put_agreement();
    append("agreement.activate", "agreement:lv_cbs/3", 1, "ok");
    append("request.waiting", "request:7", 7, "ok"); /* its trace is the request's id */
    append("request.refused", "request:8", 8, "refused");
    while (RECORDS > store_count_records(store)) {
        append("login", "control", 9, "ok");
    }
    const sch_stored_head own = make_head(0);
    unit_assert_ok(sch_store_put_head(store, &own));
    unit_assert_ok(sch_store_commit(store));
    write_heads("heads", 0);
    unit_assert_ok(sch_store_backup(store, store_path(&f, "copy.db"), &f.detail));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sch_store_close(store);
    store = NULL;
    store_teardown(&f);
    return 0;
}

/* Statements on a file in the folder, by the sqlite3 program. */
static void tamper(const char *name, const char *sql)
{
    char line[1000];
    (void)snprintf(line, sizeof line, "sqlite3 %s \"%s\"", store_path(&f, name), sql);
    assert_int_equal(system(line), 0);
}

/* ---- verify ---- */

/* The hash of the first record that is given. */
static sch_err take_hash(void *context, uint64_t seq, const uint8_t *bytes, size_t count,
                         const uint8_t hash[static SCH_HASH_BYTES])
{
    (void)bytes;
    (void)count;
    if (seq == 30) {
        memcpy(context, hash, SCH_HASH_BYTES);
    }
    return SCH_NONE;
}

static void test_audit_verify_untouched_copy_is_intact(void **state)
{
    (void)state;
    assert_int_equal(ctl("audit verify copy.db"), 0);
    assert_string_equal(output,
                        "gemeente: the log is intact, 50 records; 1 head of its own and none of another node: a log "
                        "that was cut and signed anew would look the same; give --peer-head\n");
    assert_int_equal(ctl("audit verify copy.db --peer-head heads"), 0);
    assert_says(
        "50 records; 1 head of another node agrees, the newest of the last record; 1 of its own confirms nothing\n");
    /* Without own heads, and without the other node's. */
    tamper("copy.db", "DELETE FROM peer; DELETE FROM head");
    assert_int_equal(ctl("audit verify copy.db"), 0);
    assert_says("no head was compared: a log that was cut, or written anew, would look the same; give --peer-head");
}

static void test_audit_verify_tampered_copy_names_the_record(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *says;
    } act[] = {
        {"UPDATE audit SET bytes = CAST(substr(bytes, 1, 60) || x'41' || substr(bytes, 62) AS BLOB) WHERE seq = 20",
         "record 20 was edited"},
        {"DELETE FROM audit WHERE seq = 1", "record 1 was removed"},
        {"DELETE FROM audit WHERE seq = 30", "record 30 was removed"},
        {"DELETE FROM audit WHERE seq > 45", "record 46 was removed"},
        {"UPDATE audit SET seq = 1000 WHERE seq = 7; UPDATE audit SET seq = 7 WHERE seq = 40;"
         "UPDATE audit SET seq = 40 WHERE seq = 1000",
         "record 7 is not in its place"}};
    size_t found = 0;
    for (size_t i = 0; i < sizeof act / sizeof act[0]; i++, found++) {
        assert_int_equal(remove(store_path(&f, "copy.db")), 0);
        unit_assert_ok(sch_store_backup(store, store_path(&f, "copy.db"), &f.detail));
        tamper("copy.db", act[i].sql);
        assert_int_equal(ctl("audit verify copy.db --peer-head heads"), 1);
        assert_says(act[i].says);
    }
    assert_int_equal(found, 5);
}

static void test_audit_verify_log_written_anew_is_found_by_the_peers_head(void **state)
{
    (void)state;
    /* Whoever has the node's keys writes another log, with a head of its own. */
    sch_store_close(store);
    tamper("state/state.db", "DELETE FROM peer; DELETE FROM head; DELETE FROM audit WHERE seq > 10");
    unit_assert_ok(sch_store_open(&store, store_path(&f, "state"), NODE, &f.detail));
    unit_assert_ok(sch_store_begin(store));
    while (RECORDS > store_count_records(store)) {
        append("logout", "control", 9, "ok");
    }
    const sch_stored_head own = make_head(0);
    unit_assert_ok(sch_store_put_head(store, &own));
    unit_assert_ok(sch_store_commit(store));
    unit_assert_ok(sch_store_backup(store, store_path(&f, "forged.db"), &f.detail));
    assert_int_equal(ctl("audit verify forged.db"), 0);
    assert_says("1 head of its own and none of another node: a log that was cut and signed anew would look the same");
    assert_int_equal(ctl("audit verify forged.db -p heads"), 1);
    assert_says("the log was written anew at record 50 or before");
}

static void test_audit_verify_cut_log_without_its_later_own_heads_warns(void **state)
{
    (void)state;
    static const char warning[] = "40 records; 1 head of its own and none of another node: a log that was cut and "
                                  "signed anew would look the same; give --peer-head";
    sch_stored_head early = {.head = {.node = NODE, .seq = 30, .counter = 1, .time = {1800000000000}}};
    uint8_t secret_key[SCH_SIGN_SECRET_BYTES];
    fixture_secret(secret_key, 0);
    memcpy(early.identity, secret_key + 32, sizeof early.identity);
    unit_assert_ok(sch_store_each_audit(store, 30, take_hash, early.head.hash));
    unit_assert_ok(sch_audit_head_sign(&early.head, secret_key));
    unit_assert_ok(sch_store_begin(store));
    unit_assert_ok(sch_store_put_head(store, &early));
    unit_assert_ok(sch_store_commit(store));
    unit_assert_ok(sch_store_backup(store, store_path(&f, "cut.db"), &f.detail));
    tamper("cut.db", "DELETE FROM audit WHERE seq > 40");
    assert_int_equal(ctl("audit verify cut.db"), 1);
    assert_says("record 41 was removed");
    tamper("cut.db", "DELETE FROM head WHERE seq > 40; DELETE FROM peer");
    assert_int_equal(ctl("audit verify cut.db"), 0);
    assert_says(warning);
    assert_int_equal(ctl("audit verify cut.db --peer-head heads"), 1);
    assert_says("record 41 was removed");
}

static void test_audit_verify_heads_of_unknown_keys_want_the_key(void **state)
{
    (void)state;
    char key[45], own_key[45], line[200];
    uint8_t secret_key[SCH_SIGN_SECRET_BYTES];
    write_heads("other", 2);
    assert_int_equal(ctl("audit verify copy.db --peer-head other"), 1);
    assert_says("a head of record 50 is not signed by a key of 'gemeente'");
    assert_says("give the node's identity key with --key");
    fixture_secret(secret_key, 2);
    unit_assert_ok(sch_base64_encode(key, sizeof key, secret_key + 32, 32));
    (void)snprintf(line, sizeof line, "audit verify copy.db --peer-head other --key %s", key);
    assert_int_equal(ctl(line),
                     1); /* the copy's own heads are under the key of its agreement, which does not count now */
    fixture_secret(secret_key, 0);
    unit_assert_ok(sch_base64_encode(own_key, sizeof own_key, secret_key + 32, 32));
    (void)snprintf(line, sizeof line, "audit verify copy.db --peer-head other --key %s --key %s", key, own_key);
    assert_int_equal(ctl(line), 0);
    /* The agreement's keys are what a copy without own heads is verified by. */
    tamper("copy.db", "DELETE FROM agreement");
    assert_int_equal(ctl("audit verify copy.db"), 1);
    assert_says("is not signed by a key of 'gemeente'");
}

static void test_audit_verify_what_cannot_be_read_is_said(void **state)
{
    (void)state;
    assert_int_equal(ctl("audit verify none.db"), 1);
    assert_says("none.db: No such file");
    assert_int_equal(ctl("audit verify node.yaml"), 1);
    assert_int_equal(ctl("audit verify copy.db --peer-head node.yaml"), 1);
    assert_says("node.yaml: line 1: ");
    sch_buf file = {0};
    sch_stored_head other = make_head(1);
    (void)snprintf(other.head.node, sizeof other.head.node, "cbs");
    unit_assert_ok(sch_audit_heads_print(&file, &other.head, other.identity));
    unit_assert_ok(sch_file_write(store_path(&f, "strange"), file.data, file.bytes, SCH_FILE_PUBLIC, true, &f.detail));
    sch_buf_clear(&file);
    assert_int_equal(ctl("audit verify copy.db --peer-head strange"), 1);
    assert_says("strange: holds no head of 'gemeente'");
    assert_int_equal(ctl("audit verify state/state.db"), 4); /* the node runs */
    tamper("copy.db", "UPDATE agreement SET bundle = x'00'");
    assert_int_equal(ctl("audit verify copy.db"), 1);
    assert_says("copy.db: holds an agreement that cannot be read");
}

static void test_audit_commands_wrong_lines_are_usage(void **state)
{
    (void)state;
    static const char *const wrong[] = {"audit verify",
                                        "audit verify copy.db copy.db",
                                        "audit verify copy.db --key short",
                                        "audit export",
                                        "audit export copy.db --format csv",
                                        "audit export copy.db --since yesterday",
                                        "audit export copy.db copy.db",
                                        "restore",
                                        "restore copy.db copy.db"};
    size_t refused = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, refused++) {
        assert_int_equal(ctl(wrong[i]), 2);
    }
    assert_int_equal(refused, 9);
}

/* ---- export ---- */

/* The n-th line of the output, from 0; NULL after the last. */
static json_t *line_of(size_t number)
{
    const char *at = output;
    for (; number > 0 && at != NULL; number--) {
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    if (at == NULL || *at == '\0') {
        return NULL;
    }
    json_t *line = json_loadb(at, (size_t)(strchr(at, '\n') - at), 0, NULL);
    assert_non_null(line);
    return line;
}

static const char *activity_of(json_t *line)
{
    return json_string_value(json_object_get(json_object_get(line, "attributes"), "dpl.core.processing_activity_id"));
}

static void test_audit_export_prints_each_record_with_its_activity(void **state)
{
    (void)state;
    static const char activity[] = "https://register.example/activiteit/42";
    size_t lines = 0;
    assert_int_equal(ctl("audit export copy.db --format jsonl"), 0);
    for (json_t *line; (line = line_of(lines)) != NULL; json_decref(line), lines++) {
        /* By its object, by its request; others have none. */
        const char *got = activity_of(line);
        if (lines < 2) {
            assert_non_null(got);
            assert_string_equal(got, activity);
        } else {
            assert_null(got);
        }
        assert_int_equal(json_integer_value(json_object_get(json_object_get(line, "schakel"), "seq")), lines + 1);
    }
    assert_int_equal(lines, RECORDS);
}

static void test_audit_export_since_leaves_out_what_was_before(void **state)
{
    (void)state;
    /* 1800000000 is 2027-01-15T08:00:00Z; the records are 1, 7, 8 and 9 seconds later. */
    static const struct {
        const char *since;
        size_t lines;
    } ask[] = {{"2027-01-15", 50},
               {"2027-01-16", 0},
               {"2027-01-15T08:00:07.001Z", 48},
               {"2027-01-15T08:00:07Z", 49},
               {"2027-01-15T08:00:10Z", 0}};
    size_t asked = 0;
    for (size_t i = 0; i < sizeof ask / sizeof ask[0]; i++, asked++) {
        char line[200];
        size_t lines = 0;
        (void)snprintf(line, sizeof line, "audit export copy.db --since %s", ask[i].since);
        assert_int_equal(ctl(line), 0);
        for (const char *at = output; (at = strchr(at, '\n')) != NULL; at++) {
            lines++;
        }
        assert_int_equal(lines, ask[i].lines);
    }
    assert_int_equal(asked, 5);
}

static void test_audit_export_unreadable_record_is_named(void **state)
{
    (void)state;
    tamper("copy.db", "UPDATE audit SET bytes = x'00' WHERE seq = 3");
    assert_int_equal(ctl("audit export copy.db"), 1);
    assert_says("copy.db: record 3 cannot be read");
    json_t *line = line_of(1);
    assert_non_null(line);
    json_decref(line);
}

/* ---- restore ---- */

static void test_restore_puts_a_backup_in_place_with_a_record(void **state)
{
    (void)state;
    sch_store_close(store);
    store = NULL;
    assert_int_equal(ctl("restore copy.db -c node.yaml"), 3);
    assert_says("there is a state already; --replace keeps it");
    assert_int_equal(ctl("restore copy.db -c node.yaml --replace"), 0);
    assert_says("gemeente is restored to state; it ends with audit record 51");
    assert_says("schakelctl peer accept gemeente");
    assert_int_equal(ctl("audit verify state/state.db --peer-head heads"), 0);
    assert_says("51 records; 1 head of another node agrees, the newest of record 50: ");
    assert_int_equal(ctl("audit export state/state.db"), 0);
    json_t *line = line_of(50);
    assert_string_equal(json_string_value(json_object_get(line, "name")), "state.restore");
    const json_t *own = json_object_get(line, "schakel");
    assert_string_equal(json_string_value(json_object_get(own, "actor")), "system");
    /* The backup's hash, as anyone can make it. */
    char decided_on[65], command[200];
    (void)snprintf(decided_on, sizeof decided_on, "%s", json_string_value(json_object_get(own, "decided_on")));
    (void)snprintf(command, sizeof command, "sha256sum %s | grep -q ^%s", store_path(&f, "copy.db"), decided_on);
    assert_int_equal(system(command), 0);
    json_decref(line);
    unit_assert_ok(sch_store_open(&store, store_path(&f, "state"), NODE, &f.detail));
    assert_int_equal(store_count_records(store), RECORDS + 1);
}

static void test_restore_while_the_node_runs_is_try_again(void **state)
{
    (void)state;
    assert_int_equal(ctl("restore copy.db -c node.yaml --replace"), 4);
    assert_says("another process has this state open");
    unit_assert_ok(sch_store_begin(store));
    append("login", "control", 9, "ok");
    unit_assert_ok(sch_store_commit(store));
}

static void test_restore_of_what_is_no_sound_backup_of_this_node_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *says;
    } act[] = {{"UPDATE node SET name = 'cbs'", "is the state of 'cbs', not of 'gemeente'"},
               {"DELETE FROM audit WHERE seq = 30", "copy.db: is not restored: record 30 was removed"},
               {"DELETE FROM audit WHERE seq > 45", "copy.db: is not restored: record 46 was removed"},
               {"PRAGMA user_version = 99", "newer"}};
    size_t refused = 0;
    sch_store_close(store);
    store = NULL;
    for (size_t i = 0; i < sizeof act / sizeof act[0]; i++, refused++) {
        sch_store *sound = NULL;
        (void)remove(store_path(&f, "copy.db"));
        unit_assert_ok(sch_store_open(&sound, store_path(&f, "state"), NODE, &f.detail));
        unit_assert_ok(sch_store_backup(sound, store_path(&f, "copy.db"), &f.detail));
        sch_store_close(sound);
        tamper("copy.db", act[i].sql);
        assert_int_equal(ctl("restore copy.db -c node.yaml --replace"), 1);
        assert_says(act[i].says);
    }
    assert_int_equal(refused, 4);
    assert_int_equal(ctl("restore none.db -c node.yaml --replace"), 1);
    assert_int_equal(ctl("restore copy.db -c none.yaml --replace"), 1);
    unit_assert_ok(sch_store_open(&store, store_path(&f, "state"), NODE, &f.detail));
    assert_int_equal(store_count_records(store), RECORDS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_audit_verify_untouched_copy_is_intact),
        TEST(test_audit_verify_tampered_copy_names_the_record),
        TEST(test_audit_verify_log_written_anew_is_found_by_the_peers_head),
        TEST(test_audit_verify_cut_log_without_its_later_own_heads_warns),
        TEST(test_audit_verify_heads_of_unknown_keys_want_the_key),
        TEST(test_audit_verify_what_cannot_be_read_is_said),
        TEST(test_audit_commands_wrong_lines_are_usage),
        TEST(test_audit_export_prints_each_record_with_its_activity),
        TEST(test_audit_export_since_leaves_out_what_was_before),
        TEST(test_audit_export_unreadable_record_is_named),
        TEST(test_restore_puts_a_backup_in_place_with_a_record),
        TEST(test_restore_while_the_node_runs_is_try_again),
        TEST(test_restore_of_what_is_no_sound_backup_of_this_node_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
