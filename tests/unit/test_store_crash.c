/* The store when its process is killed, and when its disk fails. Each case runs in a child: this program once more,
 * with the name of the case and the folder as arguments. */
#include "tests/support/unit.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/store/seam.h"
#include "tests/support/store_fixture.h"

/* ---- the seam of this program: SCH_TEST_KILL=place:number, and a function for where a backup was made ---- */

static void (*when_backup_is_made)(void);

void sch_seam_reached(const char *place)
{
    static unsigned long reached;
    if (when_backup_is_made != NULL && strcmp(place, "backup.made") == 0) {
        when_backup_is_made();
    }
    const char *where = getenv("SCH_TEST_KILL");
    size_t length = strlen(place);
    if (where != NULL && strncmp(where, place, length) == 0 && where[length] == ':' &&
        ++reached == strtoul(where + length + 1, NULL, 10)) {
        (void)kill(getpid(), SIGKILL);
        for (;;) {
            (void)pause();
        }
    }
}

bool sch_seam_agrees(void)
{
    return false;
}

/* ---- children ---- */

enum {
    COMMITS = 30,
    RESULT_BYTES = 300000, /* of each commit, so that the WAL goes into the file on the way */
    /* How a child ends: one of these and the number of commits. */
    ENDED_WELL = 0,
    ENDED_IO = 64,
    NOT_OPENED = 128,
    WRONG = 255,
};

/* A request, a record and a large result; the store's answer. */
static sch_err commit_large(sch_store *store, uint8_t number)
{
    static uint8_t payload[RESULT_BYTES];
    sch_err err = SCH_NONE;
    const sch_request_id id = store_request_id(number);
    sch_stored_request request;
    sch_audit_record record;
    memset(payload, number, sizeof payload);
    store_request(&request, number);
    store_record(&record, "request.released");
    SCH_TRY(sch_store_begin(store));
    SCH_TRY(sch_store_put_request(store, &request));
    SCH_TRY(sch_store_put_result(store, &id, "anna", payload, sizeof payload, payload, (sch_time_ms){1}));
    SCH_TRY(sch_store_append_audit(store, &record));
    SCH_TRY(sch_store_commit(store));
out:
    if (sch_failed(err)) {
        sch_store_rollback(store);
    }
    sch_stored_request_clear(&request);
    return err;
}

/* Whether everything says SCH_IO. */
static bool is_dead(sch_store *store, const char *folder)
{
    sch_stored_request got;
    uint64_t number = 0;
    uint8_t hash[SCH_HASH_BYTES];
    bool found = false;
    char copy[200];
    sch_detail detail;
    sch_stored_head head = {.head = {.node = "cbs", .seq = 1}};
    const sch_request_id id = store_request_id(1);
    (void)snprintf(copy, sizeof copy, "%s/copy.db", folder);
    const sch_err answer[] = {
        sch_store_begin(store),
        sch_store_put_head(store, &head),
        sch_store_commit(store),
        sch_store_forget(store),
        sch_store_backup(store, copy, &detail),
        sch_store_get_request(store, &found, &got, &id),
        sch_store_get_counter(store, &number),
        sch_store_get_audit_end(store, &number, hash),
    };
    sch_store_rollback(store);
    size_t refused = 0;
    for (size_t i = 0; i < sizeof answer / sizeof answer[0]; i++) {
        refused += answer[i].code == SCH_IO ? 1 : 0;
    }
    return refused == sizeof answer / sizeof answer[0];
}

/* Commits until the disk fails; what failed for a full disk is done once more. */
static int child_commits(const char *folder)
{
    sch_store *store = NULL;
    sch_detail detail;
    sch_err err = sch_store_open(&store, folder, STORE_NODE, &detail);
    if (sch_failed(err)) {
        return NOT_OPENED + (int)err.code;
    }
    int done = 0, ended = ENDED_WELL;
    while (done < COMMITS && ended == ENDED_WELL) {
        err = commit_large(store, (uint8_t)(done + 1));
        if (err.code == SCH_TRY_AGAIN) {
            err = commit_large(store, (uint8_t)(done + 1));
        }
        if (!sch_failed(err)) {
            done++;
        } else if (err.code == SCH_IO && is_dead(store, folder)) {
            ended = ENDED_IO;
        } else {
            (void)fprintf(stderr, "commit %d: %s\n", done + 1, err.text);
            ended = WRONG;
        }
    }
    sch_store_close(store);
    return ended == WRONG ? WRONG : ended + done;
}

/* Opens, and gives the code of the error. */
static int child_opens(const char *folder)
{
    sch_store *store = NULL;
    sch_err err = sch_store_open(&store, folder, STORE_NODE, NULL);
    sch_store_close(store);
    return (int)err.code;
}

static bool says_full(sch_err err)
{
    return err.code == SCH_TRY_AGAIN && strcmp(err.text, "the disk is full") == 0;
}

/* A disk that is full while a file is there. Gives 0, or the line that was wrong. */
static int child_full(const char *folder)
{
#define WANT(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            return __LINE__ % 200 + 1;                                                                                 \
        }                                                                                                              \
    } while (0)
    static uint8_t large[8 << 20]; /* more than SQLite keeps in memory: written before the commit */
    sch_store *store = NULL;
    sch_stored_request got;
    bool found = false;
    const char *full = getenv("SCH_FAIL_IO_WHILE");
    const sch_request_id id = store_request_id(1);
    WANT(!sch_failed(sch_store_open(&store, folder, STORE_NODE, NULL)));
    WANT(!sch_failed(store_commit_one(store, 1)));
    WANT(!sch_failed(sch_file_write(full, "", 0, SCH_FILE_PUBLIC, true, NULL)));
    /* At the commit. */
    WANT(says_full(store_commit_one(store, 2)));
    WANT(!sch_failed(sch_store_get_request(store, &found, &got, &id)) && found);
    sch_stored_request_clear(&got);
    /* Before it. */
    WANT(!sch_failed(sch_store_begin(store)));
    WANT(says_full(sch_store_put_result(store, &id, "anna", large, sizeof large, large, (sch_time_ms){1})));
    WANT(says_full(sch_store_drop_results(store, &id)));
    WANT(says_full(sch_store_get_request(store, &found, &got, &id)));
    WANT(says_full(sch_store_commit(store)));
    WANT(sch_store_commit(store).code == SCH_BUG);
    WANT(!sch_failed(sch_store_begin(store)));
    WANT(says_full(sch_store_put_result(store, &id, "anna", large, sizeof large, large, (sch_time_ms){1})));
    sch_store_rollback(store);
    WANT(!sch_failed(sch_store_get_request(store, &found, &got, &id)) && found);
    sch_stored_request_clear(&got);
    /* Space again. */
    WANT(unlink(full) == 0);
    WANT(!sch_failed(store_commit_one(store, 3)));
    sch_store_close(store);
    return 0;
#undef WANT
}

/* The copy's disk is full, or fails: the store goes on. */
static int child_backs_up(const char *folder)
{
    sch_store *store = NULL;
    sch_detail detail;
    char copy[200];
    (void)snprintf(copy, sizeof copy, "%s/copy.db", folder);
    sch_err err = sch_store_open(&store, folder, STORE_NODE, &detail);
    if (sch_failed(err)) {
        return WRONG;
    }
    err = sch_store_backup(store, copy, &detail);
    sch_err after = store_commit_one(store, 2);
    sch_store_close(store);
    return sch_failed(after) || sch_file_exists(copy) ? WRONG : (int)err.code;
}

/* ---- parents ---- */

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

/* A fresh store that is closed. */
static void start_anew(void)
{
    store_teardown(&f);
    store_setup(&f);
    store_close(&f);
}

/* How many requests there are: 1 to that number, each with its record and its result, no other. */
static int count_whole(void)
{
    int count = 0;
    store_reopen(&f); /* runs quick_check */
    while (store_has_request(f.store, (uint8_t)(count + 1))) {
        sch_buf sealed = {0};
        uint8_t signature[SCH_SIGN_BYTES];
        bool found = false;
        const sch_request_id id = store_request_id((uint8_t)(count + 1));
        unit_assert_ok(sch_store_get_result(f.store, &found, &id, "anna", &sealed, signature));
        assert_true(found && sealed.bytes == RESULT_BYTES && sealed.data[RESULT_BYTES - 1] == count + 1);
        sch_buf_clear(&sealed);
        count++;
    }
    assert_int_equal(store_count_records(f.store), count);
    store_close(&f);
    assert_int_equal(store_number(store_path(&f, "state.db"), "SELECT count(*) FROM request"), count);
    assert_int_equal(store_number(store_path(&f, "state.db"), "SELECT count(*) FROM pragma_integrity_check"
                                                              " WHERE integrity_check = 'ok'"),
                     1);
    return count;
}

static void test_commit_killed_at_its_places_leaves_all_or_nothing(void **state)
{
    (void)state;
    static const int numbers[] = {1, 2, 5, 14, 29};
    size_t killed = 0;
    for (size_t i = 0; i < 10; i++) {
        char setting[64];
        const char *const settings[] = {setting};
        bool before = i % 2 == 0;
        int number = numbers[i / 2];
        start_anew();
        (void)snprintf(setting, sizeof setting, "SCH_TEST_KILL=commit.%s:%d", before ? "before" : "after", number);
        int status = store_run_child("commits", f.folder, settings, 1);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_int_equal(count_whole(), before ? number - 1 : number);
        /* And it goes on from there. */
        assert_int_equal(store_run_child("opens", f.folder, NULL, 0), 0);
        killed++;
    }
    assert_int_equal(killed, 10);
}

static void test_open_killed_while_it_makes_the_tables_can_be_repeated(void **state)
{
    (void)state;
    size_t killed = 0;
    for (int i = 0; i < 2; i++, killed++) {
        const char *const settings[] = {i == 0 ? "SCH_TEST_KILL=commit.before:1" : "SCH_TEST_KILL=commit.after:1"};
        char folder[128];
        sch_store *store = NULL;
        (void)snprintf(folder, sizeof folder, "%s", store_path(&f, i == 0 ? "new-0" : "new-1"));
        int status = store_run_child("opens", folder, settings, 1);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        unit_assert_ok(sch_store_open(&store, folder, STORE_NODE, &f.detail));
        assert_int_equal(store_count_records(store), 0);
        sch_store_close(store);
    }
    assert_int_equal(killed, 2);
}

static void test_open_in_a_second_process_is_try_again(void **state)
{
    (void)state;
    int status = store_run_child("opens", f.folder, NULL, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), SCH_TRY_AGAIN);
    store_close(&f);
    assert_int_equal(store_run_child("opens", f.folder, NULL, 0), 0);
}

/* Runs a child on a failing disk; gives how it exited. */
static int run_failing(const char *child, const char *what, unsigned long number, const char *error, const char *file)
{
    char failing[96], of[96], during[128];
    (void)snprintf(failing, sizeof failing, "SCH_FAIL_IO=%s:%lu:%s", what, number, error);
    (void)snprintf(of, sizeof of, "SCH_FAIL_IO_FILE=%s", file);
    (void)snprintf(during, sizeof during, "SCH_FAIL_IO_WHILE=%s", store_path(&f, "full"));
    const char *const settings[] = {failing, of, "LD_PRELOAD=" SCH_FAIL_IO_LIBRARY,
                                    "ASAN_OPTIONS=verify_asan_link_order=0", during};
    bool by_file = strcmp(child, "full") == 0;
    int status = store_run_child(child, f.folder, settings, by_file ? 5 : 4);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), WRONG);
    return WEXITSTATUS(status);
}

typedef struct tally {
    size_t unopened, failed, unharmed;
} tally;

/* One run of COMMITS commits with one fault, and what is there afterwards. fresh: it makes the file, too. */
static void check_one_fault(tally *t, const char *what, unsigned long number, const char *error, bool fresh)
{
    start_anew();
    assert_true(!fresh || unlink(store_path(&f, "state.db")) == 0);
    int ended = run_failing("commits", what, number, error, "state.db");
    int there = count_whole();
    if (ended >= NOT_OPENED) {
        assert_int_equal(ended - NOT_OPENED, strcmp(error, "EIO") == 0 ? SCH_IO : SCH_TRY_AGAIN);
        assert_int_equal(there, 0);
        t->unopened++;
    } else if (ended >= ENDED_IO) {
        /* The commit that failed may be there: whole, as count_whole saw. */
        int done = ended - ENDED_IO;
        assert_string_equal(error, "EIO");
        assert_true(done < COMMITS && (there == done || there == done + 1));
        t->failed++;
    } else {
        assert_int_equal(ended, COMMITS);
        assert_int_equal(there, COMMITS);
        t->unharmed++;
    }
}

static void test_sync_that_fails_ends_the_store_and_leaves_what_was_committed(void **state)
{
    (void)state;
    tally t = {0};
    for (unsigned long number = 1; number <= COMMITS + 5; number++) {
        check_one_fault(&t, "fsync", number, "EIO", false);
    }
    assert_true(t.unopened == 0 && t.failed > COMMITS);
    for (unsigned long number = 1; number <= 5; number++) {
        check_one_fault(&t, "fsync", number, "EIO", true);
    }
    assert_true(t.unopened >= 1);
    print_message("fsync: %zu not opened, %zu ended, %zu unharmed\n", t.unopened, t.failed, t.unharmed);
}

static void test_write_that_fails_ends_the_store_and_leaves_what_was_committed(void **state)
{
    (void)state;
    tally t = {0};
    for (unsigned long number = 1; number <= 4000; number = number * 4 / 3 + 1) {
        check_one_fault(&t, "pwrite", number, "EIO", number % 2 == 1);
    }
    assert_true(t.unopened >= 1 && t.failed >= 15 && t.unharmed <= 5);
    print_message("pwrite: %zu not opened, %zu ended, %zu unharmed\n", t.unopened, t.failed, t.unharmed);
}

static void test_write_on_a_full_disk_is_rolled_back_and_can_be_repeated(void **state)
{
    (void)state;
    tally t = {0};
    for (unsigned long number = 1; number <= 4000; number = number * 4 / 3 + 1) {
        check_one_fault(&t, "pwrite", number, "ENOSPC", number % 2 == 1);
    }
    assert_true(t.unopened >= 1 && t.failed == 0 && t.unharmed >= 15);
    print_message("full: %zu not opened, %zu repeated\n", t.unopened, t.unharmed);
}

static void test_transaction_on_a_full_disk_is_lost_until_there_is_space(void **state)
{
    (void)state;
    start_anew();
    assert_int_equal(run_failing("full", "pwrite", 1, "ENOSPC+", "state.db"), 0);
    store_reopen(&f);
    assert_true(store_has_request(f.store, 1) && !store_has_request(f.store, 2) && store_has_request(f.store, 3));
    assert_int_equal(store_count_records(f.store), 2);
}

static void test_backup_to_a_bad_disk_fails_and_the_store_goes_on(void **state)
{
    (void)state;
    static const struct {
        const char *what, *error;
        unsigned long number;
        sch_code code;
    } fault[] = {{"pwrite", "ENOSPC+", 1, SCH_TRY_AGAIN},
                 {"pwrite", "ENOSPC+", 3, SCH_TRY_AGAIN},
                 {"pwrite", "EIO", 2, SCH_IO},
                 {"fsync", "EIO", 1, SCH_IO}};
    size_t done = 0;
    for (size_t i = 0; i < sizeof fault / sizeof fault[0]; i++, done++) {
        start_anew();
        store_reopen(&f);
        unit_assert_ok(store_commit_one(f.store, 1));
        store_close(&f);
        assert_int_equal(run_failing("backs_up", fault[i].what, fault[i].number, fault[i].error, "copy.db"),
                         fault[i].code);
        store_reopen(&f);
        assert_int_equal(store_count_records(f.store), 2);
    }
    assert_int_equal(done, 4);
}

/* ---- somebody else who may write in the folder of a backup ---- */

/* What stands in the place of a backup's file when it has been made. */
static struct swap {
    bool keeps; /* the file gets another name, else it is removed */
    bool links; /* a link to the victim takes its place, else a file with the victim's bytes */
    size_t done;
} swap;

static const char VICTIM[] = "what belongs to somebody else";

static void swap_backup(void)
{
    char temporary[160] = "", away[160];
    (void)snprintf(away, sizeof away, "%s", store_path(&f, "away"));
    DIR *folder = opendir(f.folder);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strncmp(entry->d_name, "copy.db.", 8) == 0) {
            (void)snprintf(temporary, sizeof temporary, "%s", store_path(&f, entry->d_name));
        }
    }
    assert_int_equal(closedir(folder), 0);
    assert_true(temporary[0] != '\0');
    assert_int_equal(swap.keeps ? rename(temporary, away) : remove(temporary), 0);
    if (swap.links) {
        assert_int_equal(symlink("victim", temporary), 0);
    } else {
        unit_assert_ok(sch_file_write(temporary, VICTIM, sizeof VICTIM, SCH_FILE_SECRET, false, &f.detail));
    }
    swap.done++;
}

static void test_backup_swapped_while_it_is_made_writes_and_names_no_other_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        sch_store *copy = NULL;
        sch_buf bytes = {0};
        char path[160];
        swap.keeps = i % 2 == 0;
        swap.links = i / 2 == 0;
        start_anew();
        store_reopen(&f);
        unit_assert_ok(store_commit_one(f.store, 1));
        unit_assert_ok(
            sch_file_write(store_path(&f, "victim"), VICTIM, sizeof VICTIM, SCH_FILE_SECRET, false, &f.detail));
        when_backup_is_made = swap_backup;
        (void)snprintf(path, sizeof path, "%s", store_path(&f, "copy.db"));
        sch_err err = sch_store_backup(f.store, path, &f.detail);
        when_backup_is_made = NULL;
        unit_assert_ok(sch_file_read(&bytes, store_path(&f, "victim"), sizeof VICTIM, SCH_FILE_SECRET, &f.detail));
        assert_int_equal(bytes.bytes, sizeof VICTIM);
        assert_memory_equal(bytes.data, VICTIM, sizeof VICTIM);
        sch_buf_clear(&bytes);
        if (swap.keeps) {
            unit_assert_ok(err);
            unit_assert_ok(sch_store_open_copy(&copy, path, &f.detail));
            assert_true(store_has_request(copy, 1));
            sch_store_close(copy);
        } else {
            unit_assert_code(err, SCH_IO);
            assert_false(sch_file_exists(path));
        }
        unit_assert_ok(store_commit_one(f.store, 2));
    }
    assert_int_equal(swap.done, 4);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const char *folder);
    } child[] = {
        {"commits", child_commits}, {"opens", child_opens}, {"full", child_full}, {"backs_up", child_backs_up}};
    for (size_t i = 0; argc == 3 && i < sizeof child / sizeof child[0]; i++) {
        if (strcmp(argv[1], child[i].name) == 0) {
            return child[i].run(argv[2]);
        }
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_commit_killed_at_its_places_leaves_all_or_nothing),
        TEST(test_open_killed_while_it_makes_the_tables_can_be_repeated),
        TEST(test_open_in_a_second_process_is_try_again),
        TEST(test_sync_that_fails_ends_the_store_and_leaves_what_was_committed),
        TEST(test_write_that_fails_ends_the_store_and_leaves_what_was_committed),
        TEST(test_write_on_a_full_disk_is_rolled_back_and_can_be_repeated),
        TEST(test_transaction_on_a_full_disk_is_lost_until_there_is_space),
        TEST(test_backup_to_a_bad_disk_fails_and_the_store_goes_on),
        TEST(test_backup_swapped_while_it_is_made_writes_and_names_no_other_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
