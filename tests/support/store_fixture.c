#include "tests/support/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/unit.h"

extern char **environ;

void store_setup(store_fixture *f)
{
    *f = (store_fixture){.folder = "/tmp/schakel-store-XXXXXX"};
    assert_non_null(mkdtemp(f->folder));
    store_reopen(f);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void store_teardown(store_fixture *f)
{
    store_close(f);
    assert_int_equal(nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void store_reopen(store_fixture *f)
{
    store_close(f);
    sch_err err = sch_store_open(&f->store, f->folder, STORE_NODE, &f->detail);
    if (sch_failed(err)) {
        fail_msg("%s", sch_detail_or_text(&f->detail, err));
    }
}

void store_close(store_fixture *f)
{
    sch_store_close(f->store);
    f->store = NULL;
}

const char *store_path(store_fixture *f, const char *name)
{
    (void)snprintf(f->path, sizeof f->path, "%s/%s", f->folder, name);
    return f->path;
}

void store_run_sql(store_fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    assert_null(f->store);
    assert_int_equal(sqlite3_open(store_path(f, "state.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int64_t store_number(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *handle = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &handle, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(handle), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(handle, 0);
    assert_int_equal(sqlite3_finalize(handle), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

void store_damage(const char *path, long offset, size_t bytes, uint8_t value)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    for (size_t i = 0; i < bytes; i++) {
        assert_int_equal(fseek(file, offset + (long)i, SEEK_SET), 0);
        int byte = fgetc(file);
        assert_true(byte >= 0);
        assert_int_equal(fseek(file, offset + (long)i, SEEK_SET), 0);
        assert_true(fputc(byte ^ value, file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
}

off_t store_file_bytes(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : -1;
}

sch_request_id store_request_id(uint8_t number)
{
    sch_request_id id;
    memset(id.byte, number, sizeof id.byte);
    return id;
}

void store_request(sch_stored_request *out, uint8_t number)
{
    *out = (sch_stored_request){.id = store_request_id(number),
                                .agreement = "lv_2027",
                                .analyst = "anna",
                                .coordinator = STORE_NODE,
                                .party = {"gemeente_lv", "cbs", "duo", "uwv", "partner"},
                                .party_count = 5,
                                .holder = {0, 4},
                                .state = SCH_REQUEST_WAITING,
                                .created = {1000 + number},
                                .not_after = {900000 + number},
                                .changed = {2000 + number}};
    memset(out->signature, number ^ 0x11, sizeof out->signature);
    memset(out->request_hash, number ^ 0x22, sizeof out->request_hash);
    memset(out->plan_hash, number ^ 0x33, sizeof out->plan_hash);
    memset(out->agreement_hash, number ^ 0x44, sizeof out->agreement_hash);
    unit_assert_ok(sch_buf_printf(&out->bytes, "the bytes of request %u", number));
    unit_assert_ok(sch_buf_printf(&out->preview, "{\"number\":%u}", number));
}

void store_put_request(sch_store *store, uint8_t number)
{
    sch_stored_request request;
    store_request(&request, number);
    unit_assert_ok(sch_store_put_request(store, &request));
    sch_stored_request_clear(&request);
}

void store_record(sch_audit_record *out, const char *action)
{
    *out = (sch_audit_record){
        .time = {1800000000000}, .actor = "system", .object = "request:1", .outcome = "ok", .trace = {7}, .span = {9}};
    (void)snprintf(out->action, sizeof out->action, "%s", action);
}

void store_append(sch_store *store, const char *action)
{
    sch_audit_record record;
    store_record(&record, action);
    unit_assert_ok(sch_store_append_audit(store, &record));
}

sch_err store_commit_one(sch_store *store, uint8_t number)
{
    sch_err err = SCH_NONE;
    sch_stored_request request;
    sch_audit_record record;
    store_request(&request, number);
    store_record(&record, "request.waiting");
    SCH_TRY(sch_store_begin(store));
    SCH_TRY(sch_store_put_request(store, &request));
    SCH_TRY(sch_store_append_audit(store, &record));
    SCH_TRY(sch_store_commit(store));
out:
    if (sch_failed(err)) {
        sch_store_rollback(store);
    }
    sch_stored_request_clear(&request);
    return err;
}

typedef struct chain {
    uint64_t records;
    uint8_t last[SCH_HASH_BYTES];
} chain;

static sch_err follow(void *context, uint64_t seq, const uint8_t *bytes, size_t count,
                      const uint8_t hash[static SCH_HASH_BYTES])
{
    chain *c = context;
    sch_audit_record record;
    uint8_t again[SCH_HASH_BYTES];
    c->records++;
    assert_int_equal(seq, c->records);
    unit_assert_ok(sch_audit_record_decode(&record, bytes, count));
    assert_int_equal(record.seq, seq);
    assert_memory_equal(record.previous, c->last, sizeof c->last);
    unit_assert_ok(sch_audit_record_hash(again, bytes, count));
    assert_memory_equal(again, hash, sizeof again);
    memcpy(c->last, hash, sizeof c->last);
    return SCH_NONE;
}

uint64_t store_count_records(sch_store *store)
{
    chain c = {0};
    uint64_t end = 0;
    uint8_t hash[SCH_HASH_BYTES];
    unit_assert_ok(sch_store_each_audit(store, 1, follow, &c));
    unit_assert_ok(sch_store_get_audit_end(store, &end, hash));
    assert_int_equal(end, c.records);
    assert_memory_equal(hash, c.last, sizeof hash);
    return c.records;
}

bool store_has_request(sch_store *store, uint8_t number)
{
    sch_stored_request got;
    bool found = false;
    const sch_request_id id = store_request_id(number);
    unit_assert_ok(sch_store_get_request(store, &found, &got, &id));
    sch_stored_request_clear(&got);
    return found;
}

int store_run_child(const char *argument, const char *folder, const char *const *setting, size_t settings)
{
    enum { MOST = 500 };
    char *variable[MOST];
    size_t count = 0;
    for (char **at = environ; *at != NULL && count + settings + 1 < MOST; at++) {
        variable[count++] = *at;
    }
    char *copy[8] = {strdup(argument), strdup(folder)};
    for (size_t i = 0; i < settings; i++) {
        assert_true(i + 2 < sizeof copy / sizeof copy[0]);
        copy[i + 2] = strdup(setting[i]);
        variable[count++] = copy[i + 2];
    }
    variable[count] = NULL;
    char self[] = "/proc/self/exe";
    char *const argv[] = {self, copy[0], copy[1], NULL};
    pid_t child = 0;
    int status = 0;
    assert_int_equal(posix_spawn(&child, self, NULL, NULL, argv, variable), 0);
    while (waitpid(child, &status, 0) < 0) {
        assert_int_equal(errno, EINTR);
    }
    for (size_t i = 0; i < sizeof copy / sizeof copy[0]; i++) {
        free(copy[i]);
    }
    return status;
}
