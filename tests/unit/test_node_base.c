/* The log, the clocks, files and ids. */
#include "tests/support/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/file.h"
#include "node/base/id.h"
#include "node/base/log.h"

static char folder[] = "/tmp/schakel-test-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void test_write_then_read_keeps_bytes_and_mode(void **state)
{
    (void)state;
    const char *path = in_folder("secret");
    struct stat status;
    sch_buf out = {0};
    sch_detail detail;
    unit_assert_ok(sch_file_write(path, "a\0b", 3, SCH_FILE_SECRET, false, &detail));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    unit_assert_ok(sch_buf_append_text(&out, "front"));
    unit_assert_ok(sch_file_read(&out, path, 3, SCH_FILE_SECRET, &detail));
    assert_int_equal(out.bytes, 8);
    assert_memory_equal(out.data, "fronta\0b", 8);
    unit_assert_ok(sch_file_write(path, "new", 3, SCH_FILE_PUBLIC, true, &detail));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    sch_buf_clear(&out);
}

static void test_write_existing_file_is_denied_and_left_alone(void **state)
{
    (void)state;
    const char *path = in_folder("kept");
    sch_buf out = {0};
    sch_detail detail;
    unit_assert_ok(sch_file_write(path, "old", 3, SCH_FILE_PUBLIC, false, &detail));
    unit_assert_code(sch_file_write(path, "new", 3, SCH_FILE_PUBLIC, false, &detail), SCH_DENIED);
    unit_assert_ok(sch_file_read(&out, path, 10, SCH_FILE_PUBLIC, &detail));
    assert_memory_equal(out.data, "old", 3);
    sch_buf_clear(&out);
    unit_assert_code(sch_file_write(in_folder("none/file"), "x", 1, SCH_FILE_PUBLIC, true, &detail), SCH_IO);
}

static void test_read_secret_open_to_others_is_denied(void **state)
{
    (void)state;
    const char *path = in_folder("open");
    sch_buf out = {0};
    sch_detail detail;
    unit_assert_ok(sch_file_write(path, "key", 3, SCH_FILE_SECRET, false, &detail));
    static const mode_t modes[] = {0640, 0604, 0620, 0601, 0666};
    size_t refused = 0;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++, refused++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        unit_assert_code(sch_file_read(&out, path, 10, SCH_FILE_SECRET, &detail), SCH_DENIED);
        assert_int_equal(out.bytes, 0);
    }
    assert_int_equal(refused, 5);
    assert_int_equal(chmod(path, 0400), 0);
    unit_assert_ok(sch_file_read(&out, path, 10, SCH_FILE_SECRET, &detail));
    sch_buf_clear(&out);
}

static void test_read_wrong_files_fail_each_in_its_way(void **state)
{
    (void)state;
    sch_buf out = {0};
    sch_detail detail = {{0}};
    unit_assert_code(sch_file_read(&out, in_folder("missing"), 10, SCH_FILE_PUBLIC, &detail), SCH_IO);
    assert_non_null(strstr(detail.text, "missing: No such file or directory"));
    unit_assert_code(sch_file_read(&out, folder, 10, SCH_FILE_PUBLIC, &detail), SCH_IO);
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    unit_assert_code(sch_file_read(&out, in_folder("pipe"), 10, SCH_FILE_PUBLIC, &detail), SCH_IO);
    unit_assert_ok(sch_file_write(in_folder("large"), "0123456789a", 11, SCH_FILE_PUBLIC, false, &detail));
    unit_assert_code(sch_file_read(&out, in_folder("large"), 10, SCH_FILE_PUBLIC, &detail), SCH_BAD_INPUT);
    assert_int_equal(out.bytes, 0);
    sch_buf_clear(&out);
}

static void test_make_folder_makes_those_above(void **state)
{
    (void)state;
    struct stat status;
    sch_detail detail;
    unit_assert_ok(sch_file_make_folder(in_folder("a/b/c"), &detail));
    assert_int_equal(stat(in_folder("a/b/c"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    unit_assert_ok(sch_file_make_folder(in_folder("a/b/c/"), &detail));
    unit_assert_ok(sch_file_write(in_folder("a/file"), "", 0, SCH_FILE_PUBLIC, false, &detail));
    unit_assert_code(sch_file_make_folder(in_folder("a/file"), &detail), SCH_IO);
    unit_assert_code(sch_file_make_folder(in_folder("a/file/x"), &detail), SCH_IO);
    assert_true(sch_file_exists(in_folder("a/file")) && !sch_file_exists(in_folder("a/nothing")));
}

static void check_path(char *got, const char *want)
{
    assert_non_null(got);
    assert_string_equal(got, want);
    free(got);
}

static void test_join_and_folder_follow_the_rules_of_paths(void **state)
{
    (void)state;
    check_path(sch_file_join("/etc/schakel", "keys"), "/etc/schakel/keys");
    check_path(sch_file_join("/etc/schakel/", "keys"), "/etc/schakel/keys");
    check_path(sch_file_join("/etc", "/var/keys"), "/var/keys");
    check_path(sch_file_join(".", "keys"), "keys");
    check_path(sch_file_folder("/etc/schakel.yaml"), "/etc");
    check_path(sch_file_folder("/schakel.yaml"), "/");
    check_path(sch_file_folder("schakel.yaml"), ".");
}

static void test_id_new_has_version_and_time_and_survives_as_text(void **state)
{
    (void)state;
    const sch_time_ms now = {1740000000123};
    sch_request_id id = sch_id_new(now), other = sch_id_new(now), back;
    char text[SCH_ID_TEXT_BYTES];
    assert_true(sch_id_is_valid(id));
    assert_int_equal(sch_id_time(id).value, now.value);
    assert_memory_not_equal(&id, &other, sizeof id);
    sch_id_to_text(text, id);
    assert_int_equal(strlen(text), 36);
    assert_true(sch_id_from_text(&back, text));
    assert_memory_equal(&back, &id, sizeof id);
}

static void test_id_from_text_takes_the_example_of_rfc9562_and_refuses_others(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "017F22E279B07CC398C4DC0C0C07398F",
                                        "017F22E2-79B0-7CC3-98C4-DC0C0C07398",
                                        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F0",
                                        "017F22E2-79B0-7CC3-98C4-DC0C0C07398G",
                                        "017F22E2279B0-7CC3-98C4-DC0C0C07398F",
                                        "{017F22E2-79B0-7CC3-98C4-DC0C0C07398"};
    sch_request_id id;
    char text[SCH_ID_TEXT_BYTES];
    assert_true(sch_id_from_text(&id, "017F22E2-79B0-7CC3-98C4-DC0C0C07398F")); /* RFC 9562, A.6 */
    assert_true(sch_id_is_valid(id));
    assert_int_equal(sch_id_time(id).value, 1645557742000);
    sch_id_to_text(text, id);
    assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    size_t refused = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, refused++) {
        assert_false(sch_id_from_text(&id, wrong[i]));
    }
    assert_int_equal(refused, 7);
    assert_true(sch_id_from_text(&id, "919108f7-52d1-4320-9bac-f847db4148a8")); /* version 4 */
    assert_false(sch_id_is_valid(id));
}

static void test_time_text_known_moments_agree(void **state)
{
    (void)state;
    char text[SCH_TIME_TEXT_BYTES];
    static const struct {
        int64_t value;
        const char *text;
    } moment[] = {{0, "1970-01-01T00:00:00.000Z"},
                  {-1, "1969-12-31T23:59:59.999Z"},
                  {1645557742000, "2022-02-22T19:22:22.000Z"},
                  {951782400007, "2000-02-29T00:00:00.007Z"},
                  {INT64_MAX, "9999-12-31T23:59:59.999Z"},
                  {INT64_MIN, "0000-01-01T00:00:00.000Z"}};
    size_t done = 0;
    for (size_t i = 0; i < sizeof moment / sizeof moment[0]; i++, done++) {
        sch_time_text(text, (sch_time_ms){moment[i].value});
        assert_string_equal(text, moment[i].text);
    }
    assert_int_equal(done, 6);
    assert_true(sch_clock_now().value > 1740000000000);
    uint64_t first = sch_clock_ns();
    assert_true(sch_clock_ns() >= first);
}

static void test_time_from_text_takes_days_and_moments_and_refuses_others(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"1970-01-01", 0},
                {"2027-01-31", 1801353600000},
                {"2022-02-22T19:22:22Z", 1645557742000},
                {"2000-02-29T00:00:00.007Z", 951782400007},
                {"1969-12-31T23:59:59.999Z", -1},
                {"0000-01-01", -62167219200000},
                {"9999-12-31T23:59:59.999Z", 253402300799999}};
    static const char *const bad[] = {"",
                                      "2027",
                                      "2027-1-31",
                                      "2027-01-31 ",
                                      " 2027-01-31",
                                      "2027-02-29",
                                      "2027-00-01",
                                      "2027-13-01",
                                      "2027-01-00",
                                      "2027-01-31T",
                                      "2027-01-31T24:00:00Z",
                                      "2027-01-31T23:60:00Z",
                                      "2016-12-31T23:59:60Z",
                                      "2027-01-31T12:00:00",
                                      "2027-01-31T12:00:00.1Z",
                                      "2027-01-31T12:00:00.1234Z",
                                      "2027-01-31T12:00:00+01:00",
                                      "-027-01-31",
                                      "+027-01-31"};
    sch_time_ms time = {5};
    size_t done = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++, done++) {
        assert_true(sch_time_from_text(&time, good[i].text));
        assert_int_equal(time.value, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++, done++) {
        time.value = 5;
        assert_false(sch_time_from_text(&time, bad[i]));
        assert_int_equal(time.value, 0);
    }
    assert_int_equal(done, 26);
}

/* What the log wrote while `write` ran. */
static void capture(char *out, size_t room, void (*write)(void))
{
    int descriptor = open(in_folder("log"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    assert_true(descriptor >= 0);
    sch_log_to(descriptor);
    write();
    sch_log_to(STDERR_FILENO);
    ssize_t bytes = pread(descriptor, out, room - 1, 0);
    assert_true(bytes >= 0);
    out[bytes] = '\0';
    assert_int_equal(close(descriptor), 0);
}

static void write_two(void)
{
    sch_log(SCH_LOG_DEBUG, "net", NULL, "not wanted");
    sch_log(SCH_LOG_INFO, "job", "the-id", "a \"%s\"\nrow\\ %d", "name", 7);
    const sch_detail detail = {"the file is gone"};
    sch_log_error(SCH_LOG_ERROR, "net", NULL, "the job ended", sch_fail(SCH_IO, "read failed"), &detail);
}

static void test_log_text_record_is_one_line(void **state)
{
    (void)state;
    char got[4096];
    sch_log_setup(SCH_LOG_TEXT, SCH_LOG_INFO);
    capture(got, sizeof got, write_two);
    assert_int_equal(got[23], 'Z');
    static const char first[] = " info    job      the-id a \"name\"?row\\ 7\n";
    assert_memory_equal(got + 24, first, sizeof first - 1);
    assert_non_null(strstr(got, "Z error   net      the job ended: the file is gone (io)\n"));
    assert_null(strstr(got, "not wanted"));
}

static void test_log_json_record_is_escaped(void **state)
{
    (void)state;
    char got[4096];
    sch_log_setup(SCH_LOG_JSON, SCH_LOG_INFO);
    capture(got, sizeof got, write_two);
    assert_non_null(strstr(got, "Z\",\"level\":\"info\",\"component\":\"job\",\"job\":\"the-id\","
                                "\"text\":\"a \\\"name\\\"?row\\\\ 7\"}\n{\"time\":\""));
    assert_non_null(strstr(got, "\"level\":\"error\",\"component\":\"net\",\"text\":"
                                "\"the job ended: the file is gone (io)\"}\n"));
    assert_null(strstr(got, "not wanted"));
    sch_log_setup(SCH_LOG_TEXT, SCH_LOG_INFO);
}

enum { THREADS = 4, RECORDS = 500 };

static void *write_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < RECORDS; i++) {
        sch_log(SCH_LOG_INFO, "net", NULL, "%0200d", i);
    }
    return NULL;
}

static void write_from_threads(void)
{
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, write_many, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    }
}

static void test_log_from_several_threads_keeps_lines_whole(void **state)
{
    (void)state;
    enum { LINE = 24 + 18 + 200 + 1, ROOM = 2 * THREADS * RECORDS * LINE };
    char *got = malloc(ROOM);
    assert_non_null(got);
    capture(got, ROOM, write_from_threads);
    assert_int_equal(strlen(got), THREADS * RECORDS * LINE);
    size_t lines = 0;
    for (const char *at = got; *at != '\0'; at += LINE, lines++) {
        assert_int_equal(at[LINE - 1], '\n');
        assert_int_equal(strcspn(at, "\n"), LINE - 1);
    }
    assert_int_equal(lines, THREADS * RECORDS);
    free(got);
}

static int start(void **state)
{
    (void)state;
    return sch_failed(sch_secret_start()) || mkdtemp(folder) == NULL ? -1 : 0;
}

static int finish(void **state)
{
    (void)state;
    static const char *const names[] = {"secret", "kept", "open", "pipe", "large", "log", "a/file"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)unlink(in_folder(names[i]));
    }
    (void)rmdir(in_folder("a/b/c"));
    (void)rmdir(in_folder("a/b"));
    (void)rmdir(in_folder("a"));
    return rmdir(folder); /* fails where a temporary file was left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_then_read_keeps_bytes_and_mode),
        cmocka_unit_test(test_write_existing_file_is_denied_and_left_alone),
        cmocka_unit_test(test_read_secret_open_to_others_is_denied),
        cmocka_unit_test(test_read_wrong_files_fail_each_in_its_way),
        cmocka_unit_test(test_make_folder_makes_those_above),
        cmocka_unit_test(test_join_and_folder_follow_the_rules_of_paths),
        cmocka_unit_test(test_id_new_has_version_and_time_and_survives_as_text),
        cmocka_unit_test(test_id_from_text_takes_the_example_of_rfc9562_and_refuses_others),
        cmocka_unit_test(test_time_text_known_moments_agree),
        cmocka_unit_test(test_time_from_text_takes_days_and_moments_and_refuses_others),
        cmocka_unit_test(test_log_text_record_is_one_line),
        cmocka_unit_test(test_log_json_record_is_escaped),
        cmocka_unit_test(test_log_from_several_threads_keeps_lines_whole),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
