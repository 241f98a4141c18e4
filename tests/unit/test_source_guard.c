/* What the engine's process must not be able to do, even where a statement asks for it. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/source/child.h"
#include "node/source/restrict.h"
#include "tests/unit/test_source_fixture.h"

#define GOOD "111222333;A;2020;J;1,00;01-01-2020;goed\n"

static void assert_refused(fixture *f, const char *sql)
{
    sch_err err = fixture_run(f, sql, NULL, 0, 0);
    if (!sch_failed(err) || f->rows != 0) {
        fail_msg("was run: %s", sql);
    }
    assert_null(strstr(f->detail.text, "root:"));
    assert_null(strstr(f->detail.text, "Error"));
}

static void test_execute_statement_beyond_the_data_is_refused(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT content FROM read_text('/etc/passwd')",
        "SELECT filename FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd', auto_detect=false, header=false, delim=':', columns={'a': 'VARCHAR'})",
        "SELECT file FROM glob('/etc/*')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/proc/self/status')",
        "SELECT bsn FROM r0; SELECT bsn FROM r0",
        "COPY (SELECT bsn FROM r0) TO '%s/out.csv'",
        "COPY (SELECT bsn FROM r0) TO '%s/data.csv'",
        "EXPORT DATABASE '%s/export'",
        "ATTACH '%s/other.db' AS other",
        "CREATE TABLE t AS SELECT bsn FROM r0",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '%s/evil.duckdb_extension'",
        "SELECT content FROM read_text('http://127.0.0.1:9/')",
        "SELECT * FROM read_csv('https://127.0.0.1:9/x.csv')",
        "SET enable_external_access=true",
        "SET lock_configuration=false",
        "SET allowed_paths=['/etc/passwd']",
        "SET memory_limit='100GB'",
        "PRAGMA enable_external_access",
        "CALL pragma_version()",
        "SELECT $1",
        "",
    };
    fixture f;
    fixture_open(&f);
    size_t checked = 0;
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++, checked++) {
        char sql[256];
        fixture_persons(&f, "one per person", FIXTURE_HEADER GOOD);
        /* Each statement has at most one place for the folder. */
        const char *place = strstr(statements[i], "%s");
        int before = place == NULL ? (int)strlen(statements[i]) : (int)(place - statements[i]);
        (void)snprintf(sql, sizeof sql, "%.*s%s%s", before, statements[i], place == NULL ? "" : f.folder,
                       place == NULL ? "" : place + 2);
        f.options.spill_dir = i % 2 == 0 ? NULL : f.folder;
        assert_refused(&f, sql);
        struct stat about;
        assert_int_not_equal(stat(fixture_path(&f, "out.csv"), &about), 0);
        assert_int_equal(stat(fixture_path(&f, "data.csv"), &about), 0);
        assert_int_equal(about.st_size, strlen(FIXTURE_HEADER GOOD));
    }
    assert_int_equal(checked, 25);
    fixture_close(&f);
}

static void test_execute_wrong_columns_are_a_bug(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER GOOD);
    const char *const jaar[] = {"jaar"};
    assert_int_equal(fixture_run(&f, "SELECT bsn, jaar FROM r0", NULL, 0, 0).code, SCH_BUG);
    assert_int_equal(fixture_run(&f, "SELECT jaar FROM r0", NULL, 0, 0).code, SCH_BUG);
    assert_int_equal(fixture_run(&f, "SELECT bsn, buurt FROM r0", jaar, 1, 0).code, SCH_BUG);
    assert_int_equal(fixture_run(&f, "SELECT bsn, buurt FROM r0", NULL, 0, 1).code, SCH_BUG);
    assert_int_equal(fixture_run(&f, "SELECT bsn, NULL::BIGINT FROM r0", NULL, 0, 1).code, SCH_BUG);
    /* A key that is no dimension. */
    const sch_source_key loon = {.column = sch_data_set_find(&f.data_set, "loon")};
    const sch_source_query query = {.sql = "SELECT bsn, loon FROM r0", .key = &loon, .key_count = 1};
    const sch_source_relation relation = {&f.data_set, &f.file};
    sch_err err = sch_source_execute(&f.options, &relation, 1, &query, NULL, NULL, NULL, NULL, &f.detail);
    assert_int_equal(err.code, SCH_BUG);
    fixture_close(&f);
}

/* Runs `act` in a forked process that is confined as the engine is; its exit status. */
static int in_confinement(const char *spill_dir, int (*act)(const char *folder), const char *folder)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int own = open("/proc/self/exe", O_RDONLY);
        sch_err err = sch_restrict_start();
        err = sch_failed(err) ? err : sch_restrict_engine(&own, 1, spill_dir);
        _exit(sch_failed(err) ? 100 : act(folder));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Gives the number of the first thing that was allowed and should not be, 0 for none. */
static int try_everything(const char *folder)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/made", folder);
    char *const arguments[] = {NULL};
    int tried = 1;
    if (syscall(SYS_socket, 2, 1, 0) >= 0) {
        return tried;
    }
    tried++;
    if (syscall(SYS_socketpair, 1, 1, 0, path) >= 0) {
        return tried;
    }
    tried++;
    if (syscall(SYS_execve, "/bin/true", arguments, arguments) >= 0) {
        return tried;
    }
    tried++;
    if (syscall(SYS_kill, getppid(), 0) >= 0) {
        return tried;
    }
    tried++;
    if (open("/etc/passwd", O_RDONLY) >= 0) {
        return tried;
    }
    tried++;
    if (open("/etc/passwd", O_WRONLY) >= 0) {
        return tried;
    }
    tried++;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : tried;
}

static int make_file(const char *folder)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/made", folder);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    return fd >= 0 && write(fd, "x", 1) == 1 && unlink(path) == 0 ? 0 : 1;
}

static void test_restrict_engine_refuses_network_programs_and_files(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    assert_int_equal(in_confinement("", try_everything, f.folder), 0);
    assert_int_equal(in_confinement(f.folder, try_everything, f.folder), 0);
    assert_int_equal(in_confinement("", make_file, f.folder), 1);
    assert_int_equal(in_confinement(f.folder, make_file, f.folder), 0);
    assert_int_equal(in_confinement("/no/such/folder", make_file, f.folder), 100);
    fixture_close(&f);
}

static void sleep_ms(long ms)
{
    const struct timespec moment = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&moment, NULL);
}

static void test_child_dies_with_its_parent(void **state)
{
    (void)state;
    int report[2];
    assert_int_equal(pipe(report), 0);
    pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        /* Starts the program, which waits for the rest of a job that does not come. */
        sch_child child;
        sch_err err = sch_child_start(&child, SCH_SOURCE_PROGRAM);
        ssize_t wrote = write(report[1], &child.pid, sizeof child.pid);
        sleep_ms(sch_failed(err) || wrote < 0 ? 0 : 60000);
        _exit(0);
    }
    pid_t child = 0;
    assert_int_equal(read(report[0], &child, sizeof child), sizeof child);
    assert_true(child > 0);
    sleep_ms(200); /* long enough for it to be on its way */
    assert_int_equal(kill(child, 0), 0);
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    bool gone = false;
    for (size_t i = 0; i < 100 && !gone; i++) {
        /* An orphan that has died may stay as a zombie until somebody waits for it. */
        char path[64];
        char text[256] = "";
        (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
        FILE *in = fopen(path, "r");
        size_t got = in == NULL ? 0 : fread(text, 1, sizeof text - 1, in);
        if (in != NULL) {
            (void)fclose(in);
        }
        gone = got == 0 || strstr(text, ") Z ") != NULL;
        sleep_ms(20);
    }
    assert_true(gone);
    close(report[0]);
    close(report[1]);
}

static void test_execute_child_that_is_no_engine_is_an_io_error(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER GOOD);
    f.options.program = "/bin/true";
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "ended before its work was done");
    fixture_write_text(&f, "noise", "#!/bin/sh\nexec cat /bin/sh >&4\n");
    assert_int_equal(chmod(fixture_path(&f, "noise"), 0700), 0);
    char program[128];
    (void)snprintf(program, sizeof program, "%s", fixture_path(&f, "noise"));
    f.options.program = program;
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "not a frame");
    fixture_write_text(&f, "noise", "#!/bin/sh\nkill -9 $$\n");
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "it was killed; does the machine have enough memory?");
    fixture_write_text(&f, "noise", "#!/bin/sh\nexit 127\n");
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "can it find libduckdb.so?");
    fixture_close(&f);
}

static void test_child_sees_no_environment_and_no_descriptors(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER GOOD);
    char program[128];
    char script[512];
    (void)snprintf(program, sizeof program, "%s", fixture_path(&f, "look"));
    (void)snprintf(script, sizeof script,
                   "#!/bin/bash\ntr '\\0' '\\n' < /proc/$$/environ > %s/environ\nls /proc/$$/fd > %s/fds\n", f.folder,
                   f.folder);
    fixture_write_text(&f, "look", script);
    assert_int_equal(chmod(program, 0700), 0);
    assert_int_equal(setenv("SCH_TEST_SECRET", "canary", 1), 0);
    int extra = open("/etc/passwd", O_RDONLY); /* without close-on-exec */
    assert_true(extra >= 0);
    f.options.program = program;
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "ended before its work was done");
    close(extra);
    char text[1024] = "";
    FILE *in = fopen(fixture_path(&f, "environ"), "r");
    assert_non_null(in);
    assert_int_equal(fread(text, 1, sizeof text - 1, in), 0);
    (void)fclose(in);
    in = fopen(fixture_path(&f, "fds"), "r");
    assert_non_null(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    (void)fclose(in);
    /* 255 is bash's own script. */
    assert_string_equal(text, "0\n1\n2\n255\n3\n4\n");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_execute_statement_beyond_the_data_is_refused),
        cmocka_unit_test(test_execute_wrong_columns_are_a_bug),
        cmocka_unit_test(test_restrict_engine_refuses_network_programs_and_files),
        cmocka_unit_test(test_child_dies_with_its_parent),
        cmocka_unit_test(test_execute_child_that_is_no_engine_is_an_io_error),
        cmocka_unit_test(test_child_sees_no_environment_and_no_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
