/* The store as a file: opening, whose it is, transactions, copies out and in. */
#include "tests/support/unit.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/base/file.h"
#include "tests/support/store_fixture.h"

static store_fixture f;

static int set_up(void **state)
{
    (void)state;
    store_setup(&f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_teardown(&f);
    return 0;
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 0777;
}

/* ---- open ---- */

static void test_open_new_folder_is_private_and_empty(void **state)
{
    (void)state;
    sch_store *store = NULL;
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s", store_path(&f, "a/b"));
    unit_assert_ok(sch_store_open(&store, folder, "cbs", &f.detail));
    assert_string_equal(sch_store_node(store), "cbs");
    assert_int_equal(store_count_records(store), 0);
    sch_store_close(store);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(mode_of(store_path(&f, "a/b/state.db")), 0600);
    assert_int_equal(mode_of(store_path(&f, "a/b/state.lock")), 0600);
}

static void test_open_again_keeps_what_was_committed(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 3; i++) {
        unit_assert_ok(store_commit_one(f.store, i));
    }
    assert_int_equal(mode_of(store_path(&f, "state.db-wal")), 0600);
    assert_int_equal(store_file_bytes(store_path(&f, "state.db-shm")), -1);
    store_reopen(&f);
    assert_int_equal(store_count_records(f.store), 3);
    assert_true(store_has_request(f.store, 1) && store_has_request(f.store, 3));
    store_close(&f);
    assert_int_equal(store_file_bytes(store_path(&f, "state.db-wal")), -1);
}

static void test_open_file_open_to_others_is_narrowed(void **state)
{
    (void)state;
    store_close(&f);
    assert_int_equal(chmod(store_path(&f, "state.db"), 0644), 0);
    store_reopen(&f);
    assert_int_equal(mode_of(store_path(&f, "state.db")), 0600);
}

static void test_open_settings_are_those_promised(void **state)
{
    (void)state;
    unit_assert_ok(store_commit_one(f.store, 1));
    store_close(&f);
    const char *path = store_path(&f, "state.db");
    assert_int_equal(store_number(path, "PRAGMA user_version"), 1);
    assert_int_equal(store_number(path, "PRAGMA application_id"), 0x5363686B);
    assert_int_equal(store_number(path, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
    assert_int_equal(store_number(path,
                                  "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
                                  " AND strict = 0 AND name NOT LIKE 'sqlite%'"),
                     0);
    assert_true(store_number(path, "SELECT count(*) FROM pragma_table_list WHERE strict = 1") >= 13);
}

static void test_open_twice_is_try_again(void **state)
{
    (void)state;
    sch_store *second = NULL;
    unit_assert_code(sch_store_open(&second, f.folder, STORE_NODE, &f.detail), SCH_TRY_AGAIN);
    assert_null(second);
    assert_non_null(strstr(f.detail.text, "another process has this state open"));
    store_reopen(&f);
}

static void test_open_other_nodes_file_is_refused(void **state)
{
    (void)state;
    store_close(&f);
    unit_assert_code(sch_store_open(&f.store, f.folder, "cbs", &f.detail), SCH_BAD_INPUT);
    assert_null(f.store);
    assert_non_null(strstr(f.detail.text, "is the state of 'gemeente_lv', not of 'cbs'"));
    unit_assert_code(sch_store_open(&f.store, f.folder, "Not A Name", &f.detail), SCH_BUG);
    store_reopen(&f);
}

static void test_open_newer_version_is_refused(void **state)
{
    (void)state;
    store_close(&f);
    store_run_sql(&f, "PRAGMA user_version = 2");
    unit_assert_code(sch_store_open(&f.store, f.folder, STORE_NODE, &f.detail), SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "newer than this program's (1)"));
    unit_assert_code(sch_store_open_copy(&f.store, store_path(&f, "state.db"), &f.detail), SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "newer"));
    store_run_sql(&f, "PRAGMA user_version = 1");
    store_reopen(&f);
}

static void test_open_file_of_something_else_is_refused(void **state)
{
    (void)state;
    store_close(&f);
    store_run_sql(&f, "PRAGMA application_id = 0");
    unit_assert_code(sch_store_open(&f.store, f.folder, STORE_NODE, &f.detail), SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "is no node's state"));
    unit_assert_code(sch_store_open_copy(&f.store, store_path(&f, "state.db"), &f.detail), SCH_BAD_INPUT);
    store_run_sql(&f, "PRAGMA application_id = 0x5363686B; DELETE FROM node");
    unit_assert_code(sch_store_open(&f.store, f.folder, STORE_NODE, &f.detail), SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "names no node"));
    assert_int_equal(unlink(store_path(&f, "state.db")), 0);
    unit_assert_ok(sch_file_write(store_path(&f, "state.db"), "no database at all, but a text of some length", 45,
                                  SCH_FILE_SECRET, false, &f.detail));
    unit_assert_code(sch_store_open(&f.store, f.folder, STORE_NODE, &f.detail), SCH_BAD_INPUT);
}

static void test_open_damaged_file_says_restore(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 60; i++) {
        unit_assert_ok(store_commit_one(f.store, i));
    }
    store_close(&f);
    const char *path = store_path(&f, "state.db");
    off_t bytes = store_file_bytes(path);
    size_t found = 0;
    /* The first bytes of a page tell its kind and shape. */
    for (off_t page = 4096; page < bytes; page += 8192, found++) {
        store_damage(path, (long)page, 8, 0x5A);
        unit_assert_code(sch_store_open(&f.store, f.folder, STORE_NODE, &f.detail), SCH_BAD_INPUT);
        assert_non_null(strstr(f.detail.text, "restore a backup"));
        path = store_path(&f, "state.db");
        unit_assert_code(sch_store_open_copy(&f.store, path, &f.detail), SCH_BAD_INPUT);
        store_damage(path, (long)page, 8, 0x5A);
    }
    assert_true(found >= 10);
    store_reopen(&f);
    assert_int_equal(store_count_records(f.store), 60);
}

static void test_open_planted_trigger_is_not_run(void **state)
{
    (void)state;
    store_close(&f);
    store_run_sql(&f, "CREATE TRIGGER planted AFTER INSERT ON audit BEGIN DELETE FROM request; END");
    store_reopen(&f);
    unit_assert_ok(store_commit_one(f.store, 1));
    assert_true(store_has_request(f.store, 1));
}

static void test_open_where_no_folder_can_be_is_io(void **state)
{
    (void)state;
    sch_store *store = NULL;
    unit_assert_code(sch_store_open(&store, store_path(&f, "state.lock"), "cbs", &f.detail), SCH_IO);
    assert_null(store);
    assert_int_equal(mkdir(store_path(&f, "x"), 0700), 0);
    assert_int_equal(mkdir(store_path(&f, "x/state.lock"), 0700), 0);
    unit_assert_code(sch_store_open(&store, store_path(&f, "x"), "cbs", &f.detail), SCH_IO);
    assert_int_equal(rmdir(store_path(&f, "x/state.lock")), 0);
    assert_int_equal(mkdir(store_path(&f, "x/state.db"), 0700), 0);
    unit_assert_code(sch_store_open(&store, store_path(&f, "x"), "cbs", &f.detail), SCH_IO);
}

static void test_open_while_a_program_reads_the_file_is_try_again(void **state)
{
    (void)state;
    store_close(&f);
    char program[256];
    (void)snprintf(
        program, sizeof program,
        "sqlite3 %s 'PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;' '.shell touch %s/held; read line' >/dev/null",
        store_path(&f, "state.db"), f.folder);
    FILE *reader = popen(program, "w");
    assert_non_null(reader);
    for (int i = 0; i < 1000 && !sch_file_exists(store_path(&f, "held")); i++) {
        (void)usleep(10000);
    }
    assert_true(sch_file_exists(store_path(&f, "held")));
    unit_assert_code(sch_store_open(&f.store, f.folder, STORE_NODE, &f.detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(f.detail.text, "another program has it open"));
    assert_true(fputs("\n", reader) >= 0);
    assert_int_equal(pclose(reader), 0);
    store_reopen(&f);
}

/* ---- transactions ---- */

static void test_begin_and_commit_in_wrong_order_are_bugs(void **state)
{
    (void)state;
    unit_assert_code(sch_store_commit(f.store), SCH_BUG);
    unit_assert_ok(sch_store_begin(f.store));
    unit_assert_code(sch_store_begin(f.store), SCH_BUG);
    unit_assert_code(sch_store_forget(f.store), SCH_BUG);
    unit_assert_code(sch_store_backup(f.store, store_path(&f, "copy"), &f.detail), SCH_BUG);
    unit_assert_ok(sch_store_commit(f.store));
    unit_assert_code(sch_store_commit(f.store), SCH_BUG);
    sch_store_rollback(f.store);
    unit_assert_ok(store_commit_one(f.store, 1));
}

static void test_change_outside_a_transaction_is_a_bug(void **state)
{
    (void)state;
    const sch_request_id id = store_request_id(1);
    const uint8_t zeros[SCH_EPOCH_SEALED_BYTES] = {0};
    const sch_stored_agreement agreement = {.id = "a", .version = 1, .state = SCH_AGREEMENT_ACTIVE};
    const sch_consent consent = {.node = "cbs"};
    const sch_stored_word word = {.operator_name = "jan"};
    const sch_stored_head head = {.head = {.node = "cbs", .seq = 1}};
    sch_stored_request request;
    sch_audit_record record;
    size_t count = 0;
    store_request(&request, 1);
    store_record(&record, "login");
    unit_assert_code(sch_store_put_agreement(f.store, &agreement), SCH_BUG);
    unit_assert_code(sch_store_put_revocation(f.store, zeros, "cbs", zeros, 1), SCH_BUG);
    unit_assert_code(sch_store_put_epoch(f.store, "a", 1, zeros, zeros), SCH_BUG);
    unit_assert_code(sch_store_put_epoch_peer(f.store, "a", 1, "cbs", zeros), SCH_BUG);
    unit_assert_code(sch_store_destroy_epochs(f.store, "a", 0), SCH_BUG);
    unit_assert_code(sch_store_put_request(f.store, &request), SCH_BUG);
    unit_assert_code(sch_store_expire_results(f.store, (sch_time_ms){1}, &count), SCH_BUG);
    unit_assert_code(sch_store_put_consent(f.store, &id, &consent), SCH_BUG);
    unit_assert_code(sch_store_put_word(f.store, &id, &word), SCH_BUG);
    unit_assert_code(sch_store_reserve(f.store, &id, "a", "anna", (sch_time_ms){1}), SCH_BUG);
    unit_assert_code(sch_store_settle(f.store, &id, SCH_LEDGER_SPENT), SCH_BUG);
    unit_assert_code(sch_store_put_result(f.store, &id, "anna", zeros, 1, zeros, (sch_time_ms){1}), SCH_BUG);
    unit_assert_code(sch_store_drop_results(f.store, &id), SCH_BUG);
    unit_assert_code(sch_store_append_audit(f.store, &record), SCH_BUG);
    unit_assert_code(sch_store_put_head(f.store, &head), SCH_BUG);
    unit_assert_code(sch_store_put_peer_counter(f.store, "cbs", 1), SCH_BUG);
    unit_assert_code(sch_store_reset_peer(f.store, "cbs"), SCH_BUG);
    sch_stored_request_clear(&request);
    assert_int_equal(store_count_records(f.store), 0);
}

static void test_rollback_undoes_all_and_reads_see_their_own_writes(void **state)
{
    (void)state;
    unit_assert_ok(store_commit_one(f.store, 1));
    unit_assert_ok(sch_store_begin(f.store));
    store_put_request(f.store, 2);
    store_append(f.store, "request.waiting");
    assert_true(store_has_request(f.store, 2));
    assert_int_equal(store_count_records(f.store), 2);
    sch_store_rollback(f.store);
    assert_false(store_has_request(f.store, 2));
    assert_int_equal(store_count_records(f.store), 1);
    unit_assert_ok(sch_store_begin(f.store));
    store_put_request(f.store, 3);
    store_reopen(&f); /* closing rolls back too */
    assert_false(store_has_request(f.store, 3));
    sch_store_close(NULL);
}

static void test_begin_after_many_commits_keeps_the_wal_small(void **state)
{
    (void)state;
    static uint8_t payload[100000];
    off_t most = 0;
    const sch_request_id id = store_request_id(1);
    unit_assert_ok(store_commit_one(f.store, 1));
    for (int i = 0; i < 400; i++) {
        memset(payload, i, sizeof payload);
        unit_assert_ok(sch_store_begin(f.store));
        unit_assert_ok(sch_store_drop_results(f.store, &id));
        unit_assert_ok(sch_store_put_result(f.store, &id, "anna", payload, sizeof payload, payload, (sch_time_ms){1}));
        unit_assert_ok(sch_store_commit(f.store));
        off_t bytes = store_file_bytes(store_path(&f, "state.db-wal"));
        most = bytes > most ? bytes : most;
    }
    assert_true(most > 100000 && most < 6000000); /* 40 MB were written */
}

static void test_forget_leaves_deleted_bytes_in_no_file(void **state)
{
    (void)state;
    static const char canary[] = "canary-3b1f9a-sealed-epoch-secret-canary-3b1f9a-sealed-epoch-secret-xxxxx";
    static const char *const names[] = {"state.db", "state.db-wal"};
    const uint8_t public_key[32] = {1};
    size_t seen = 0;
    _Static_assert(sizeof canary > SCH_EPOCH_SEALED_BYTES, "the canary fills the column");
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 0) {
            unit_assert_ok(sch_store_begin(f.store));
            unit_assert_ok(sch_store_put_epoch(f.store, "lv_2027", 3, public_key, (const uint8_t *)canary));
            unit_assert_ok(sch_store_commit(f.store));
            unit_assert_ok(sch_store_forget(f.store)); /* so that it is in the file, too */
            unit_assert_ok(sch_store_begin(f.store));
            unit_assert_ok(sch_store_put_epoch(f.store, "lv_2027", 4, public_key, (const uint8_t *)canary));
            unit_assert_ok(sch_store_commit(f.store));
        } else {
            unit_assert_ok(sch_store_begin(f.store));
            unit_assert_ok(sch_store_destroy_epochs(f.store, "lv_2027", 0));
            unit_assert_ok(sch_store_commit(f.store));
            unit_assert_ok(sch_store_forget(f.store));
        }
        for (size_t i = 0; i < 2; i++) {
            sch_buf bytes = {0};
            unit_assert_ok(sch_file_read(&bytes, store_path(&f, names[i]), 1 << 24, SCH_FILE_SECRET, &f.detail));
            bool there = bytes.bytes > 0 && memmem(bytes.data, bytes.bytes, "canary-3b1f9a", 13) != NULL;
            assert_int_equal(there, pass == 0);
            seen += there ? 1 : 0;
            sch_buf_clear(&bytes);
        }
    }
    assert_int_equal(seen, 2);
}

/* ---- copies ---- */

static void test_backup_holds_the_same_and_reads_as_a_copy(void **state)
{
    (void)state;
    sch_store *copy = NULL;
    for (uint8_t i = 1; i <= 100; i++) {
        unit_assert_ok(store_commit_one(f.store, i));
    }
    const char *path = store_path(&f, "copy ?#%41.db");
    unit_assert_ok(sch_store_backup(f.store, path, &f.detail));
    assert_int_equal(mode_of(path), 0600);
    unit_assert_ok(store_commit_one(f.store, 101));
    unit_assert_ok(sch_store_open_copy(&copy, path, &f.detail));
    assert_string_equal(sch_store_node(copy), STORE_NODE);
    assert_int_equal(store_count_records(copy), 100);
    assert_true(store_has_request(copy, 100) && !store_has_request(copy, 101));
    unit_assert_code(sch_store_begin(copy), SCH_BUG);
    unit_assert_code(sch_store_forget(copy), SCH_BUG);
    sch_store_close(copy);
    char beside[160];
    (void)snprintf(beside, sizeof beside, "%s-wal", path);
    assert_false(sch_file_exists(beside));
    (void)snprintf(beside, sizeof beside, "%s-shm", path);
    assert_false(sch_file_exists(beside));
    assert_int_equal(store_count_records(f.store), 101);
}

static size_t files_in(const char *folder)
{
    DIR *listing = opendir(folder);
    size_t count = 0;
    assert_non_null(listing);
    while (readdir(listing) != NULL) {
        count++;
    }
    assert_int_equal(closedir(listing), 0);
    return count;
}

static void test_backup_over_a_file_is_denied_and_elsewhere_io(void **state)
{
    (void)state;
    unit_assert_ok(store_commit_one(f.store, 1));
    unit_assert_ok(sch_store_backup(f.store, store_path(&f, "copy.db"), &f.detail));
    size_t files = files_in(f.folder);
    unit_assert_code(sch_store_backup(f.store, store_path(&f, "copy.db"), &f.detail), SCH_DENIED);
    assert_non_null(strstr(f.detail.text, "exists already"));
    unit_assert_code(sch_store_backup(f.store, store_path(&f, "none/copy.db"), &f.detail), SCH_IO);
    assert_int_equal(files_in(f.folder), files);
    unit_assert_ok(store_commit_one(f.store, 2));
}

static void test_open_copy_of_a_running_node_is_try_again(void **state)
{
    (void)state;
    sch_store *copy = NULL;
    unit_assert_ok(store_commit_one(f.store, 1));
    unit_assert_code(sch_store_open_copy(&copy, store_path(&f, "state.db"), &f.detail), SCH_TRY_AGAIN);
    assert_null(copy);
    assert_non_null(strstr(f.detail.text, "a node has it open; make a copy of it: schakelctl backup"));
}

static void test_open_copy_that_is_none_is_refused(void **state)
{
    (void)state;
    sch_store *copy = NULL;
    unit_assert_code(sch_store_open_copy(&copy, store_path(&f, "missing"), &f.detail), SCH_IO);
    unit_assert_code(sch_store_open_copy(&copy, f.folder, &f.detail), SCH_BAD_INPUT);
    unit_assert_code(sch_store_open_copy(&copy, store_path(&f, "state.lock"), &f.detail), SCH_BAD_INPUT);
    unit_assert_ok(sch_file_write(store_path(&f, "text"), "not a database", 14, SCH_FILE_PUBLIC, false, &f.detail));
    unit_assert_code(sch_store_open_copy(&copy, store_path(&f, "text"), &f.detail), SCH_BAD_INPUT);
    assert_null(copy);
}

static void test_open_copy_lacking_a_table_is_bad_input(void **state)
{
    (void)state;
    uint64_t counter = 0;
    store_close(&f);
    store_run_sql(&f, "DROP TABLE ledger");
    unit_assert_ok(sch_store_open_copy(&f.store, store_path(&f, "state.db"), &f.detail));
    unit_assert_code(sch_store_get_counter(f.store, &counter), SCH_BAD_INPUT);
    assert_int_equal(store_count_records(f.store), 0);
}

/* ---- restore ---- */

static sch_store *make_copy(uint8_t requests)
{
    sch_store *copy = NULL;
    for (uint8_t i = 1; i <= requests; i++) {
        unit_assert_ok(store_commit_one(f.store, i));
    }
    unit_assert_ok(sch_store_backup(f.store, store_path(&f, "copy.db"), &f.detail));
    unit_assert_ok(sch_store_open_copy(&copy, store_path(&f, "copy.db"), &f.detail));
    return copy;
}

static void test_restore_into_a_new_folder_adds_the_record(void **state)
{
    (void)state;
    sch_store *copy = make_copy(5), *restored = NULL;
    sch_audit_record record;
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s", store_path(&f, "new"));
    store_record(&record, "state.restore");
    unit_assert_ok(sch_store_restore(copy, folder, false, &record, &f.detail));
    assert_int_equal(record.seq, 6);
    unit_assert_ok(sch_store_open(&restored, folder, STORE_NODE, &f.detail));
    assert_int_equal(store_count_records(restored), 6);
    assert_true(store_has_request(restored, 5));
    sch_store_close(restored);
    assert_int_equal(mode_of(store_path(&f, "new/state.db")), 0600);
    assert_int_equal(files_in(folder), 4); /* with . and .. */
    assert_int_equal(store_count_records(copy), 5);
    sch_store_close(copy);
}

static void test_restore_over_a_state_needs_replace_and_keeps_the_former(void **state)
{
    (void)state;
    sch_store *copy = make_copy(5), *former = NULL;
    sch_audit_record record;
    unit_assert_ok(store_commit_one(f.store, 6));
    store_record(&record, "state.restore");
    unit_assert_code(sch_store_restore(copy, f.folder, true, &record, &f.detail), SCH_TRY_AGAIN);
    store_close(&f);
    unit_assert_code(sch_store_restore(copy, f.folder, false, &record, &f.detail), SCH_DENIED);
    assert_non_null(strstr(f.detail.text, "there is a state already"));
    for (int i = 0; i < 2; i++) {
        unit_assert_ok(sch_store_restore(copy, f.folder, true, &record, &f.detail));
    }
    store_reopen(&f);
    assert_int_equal(store_count_records(f.store), 6);
    assert_false(store_has_request(f.store, 6));
    unit_assert_ok(sch_store_open_copy(&former, store_path(&f, "state.db.replaced"), &f.detail));
    assert_int_equal(store_count_records(former), 6); /* what the first restore put there */
    sch_store_close(former);
    sch_store_close(copy);
}

static void test_restore_over_a_damaged_state_with_a_wal_works(void **state)
{
    (void)state;
    sch_store *copy = make_copy(3);
    sch_audit_record record;
    store_record(&record, "state.restore");
    store_close(&f);
    store_damage(store_path(&f, "state.db"), 0, 100, 0xFF);
    unit_assert_ok(sch_file_write(store_path(&f, "state.db-wal"), "left over", 9, SCH_FILE_SECRET, false, &f.detail));
    unit_assert_ok(sch_store_restore(copy, f.folder, true, &record, &f.detail));
    store_reopen(&f);
    assert_int_equal(store_count_records(f.store), 4);
    assert_true(sch_file_exists(store_path(&f, "state.db.replaced")));
    sch_store_close(copy);
}

static void test_restore_keeps_what_the_former_states_wal_held(void **state)
{
    (void)state;
    sch_store *copy = make_copy(1), *former = NULL;
    sch_audit_record record;
    store_record(&record, "state.restore");
    unit_assert_ok(store_commit_one(f.store, 2));
    /* As a node that was killed leaves it: files without their process. */
    char other[128];
    (void)snprintf(other, sizeof other, "%s", store_path(&f, "killed"));
    assert_int_equal(mkdir(other, 0700), 0);
    static const char *const names[] = {"state.db", "state.db-wal"};
    for (size_t i = 0; i < 2; i++) {
        sch_buf bytes = {0};
        char to[192];
        (void)snprintf(to, sizeof to, "%s/%s", other, names[i]);
        unit_assert_ok(sch_file_read(&bytes, store_path(&f, names[i]), 1 << 24, SCH_FILE_SECRET, &f.detail));
        unit_assert_ok(sch_file_write(to, bytes.data, bytes.bytes, SCH_FILE_SECRET, false, &f.detail));
        sch_buf_clear(&bytes);
    }
    unit_assert_ok(sch_store_open_copy(&former, store_path(&f, "killed/state.db"), &f.detail));
    assert_int_equal(store_count_records(former), 2); /* the WAL counts */
    sch_store_close(former);
    assert_false(sch_file_exists(store_path(&f, "killed/state.db-shm")));
    unit_assert_ok(sch_store_restore(copy, other, true, &record, &f.detail));
    unit_assert_ok(sch_store_open_copy(&former, store_path(&f, "killed/state.db.replaced"), &f.detail));
    assert_int_equal(store_count_records(former), 2);
    assert_true(store_has_request(former, 2));
    assert_false(sch_file_exists(store_path(&f, "killed/state.db.replaced-wal"))); /* it is in the file */
    sch_store_close(former);
    sch_store_close(copy);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_open_new_folder_is_private_and_empty),
        TEST(test_open_again_keeps_what_was_committed),
        TEST(test_open_file_open_to_others_is_narrowed),
        TEST(test_open_settings_are_those_promised),
        TEST(test_open_twice_is_try_again),
        TEST(test_open_other_nodes_file_is_refused),
        TEST(test_open_newer_version_is_refused),
        TEST(test_open_file_of_something_else_is_refused),
        TEST(test_open_damaged_file_says_restore),
        TEST(test_open_planted_trigger_is_not_run),
        TEST(test_open_where_no_folder_can_be_is_io),
        TEST(test_open_while_a_program_reads_the_file_is_try_again),
        TEST(test_begin_and_commit_in_wrong_order_are_bugs),
        TEST(test_change_outside_a_transaction_is_a_bug),
        TEST(test_rollback_undoes_all_and_reads_see_their_own_writes),
        TEST(test_begin_after_many_commits_keeps_the_wal_small),
        TEST(test_forget_leaves_deleted_bytes_in_no_file),
        TEST(test_backup_holds_the_same_and_reads_as_a_copy),
        TEST(test_backup_over_a_file_is_denied_and_elsewhere_io),
        TEST(test_open_copy_of_a_running_node_is_try_again),
        TEST(test_open_copy_that_is_none_is_refused),
        TEST(test_open_copy_lacking_a_table_is_bad_input),
        TEST(test_restore_into_a_new_folder_adds_the_record),
        TEST(test_restore_over_a_state_needs_replace_and_keeps_the_former),
        TEST(test_restore_over_a_damaged_state_with_a_wal_works),
        TEST(test_restore_keeps_what_the_former_states_wal_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
