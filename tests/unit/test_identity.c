/* Keys in a folder: made, read back, mixed up, damaged, open to others. */
#include "tests/support/unit.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/identity/identity.h"

static const char *const names[] = {"identity.key", "tls.key", "tls.crt", "card.yaml"};
static char folder[] = "/tmp/schakel-test-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[2][256];
    static unsigned turn;
    turn ^= 1U;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static void remove_keys(const char *sub)
{
    for (size_t i = 0; i < 4; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s/%s", sub, names[i]);
        (void)unlink(in_folder(name));
    }
    (void)rmdir(in_folder(sub));
}

/* Copies one file over another, with the mode of a secret. */
static void copy_file(const char *from, const char *to)
{
    sch_buf data = {0};
    sch_detail detail;
    unit_assert_ok(sch_file_read(&data, in_folder(from), 100000, SCH_FILE_PUBLIC, &detail));
    unit_assert_ok(sch_file_write(in_folder(to), data.data, data.bytes, SCH_FILE_SECRET, true, &detail));
    sch_buf_clear(&data);
}

static sch_err ask_words(void *context, char *out, size_t room, sch_detail *detail)
{
    (void)detail;
    (void)snprintf(out, room, "%s", (const char *)context);
    return SCH_NONE;
}

static sch_passphrase words(const char *text)
{
    union {
        const char *in;
        void *out;
    } borrowed = {.in = text};
    return (sch_passphrase){ask_words, borrowed.out};
}

static void test_load_created_keys_belong_together(void **state)
{
    (void)state;
    sch_detail detail = {{0}};
    sch_identity node, analyst;
    struct stat status;
    unit_assert_ok(sch_identity_create(in_folder("n"), "cbs", "localhost:7300", NULL, &detail));
    unit_assert_ok(sch_identity_create(in_folder("a"), "anna", NULL, NULL, &detail));
    unit_assert_ok(sch_identity_load(&node, in_folder("n"), NULL, &detail));
    unit_assert_ok(sch_identity_load(&analyst, in_folder("a"), NULL, &detail));
    assert_string_equal(node.card.name, "cbs");
    assert_string_equal(node.card.address, "localhost:7300");
    assert_string_equal(analyst.card.address, "");
    assert_int_equal(stat(node.tls_key_file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(in_folder("n/identity.key"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, 132);

    uint8_t signature[SCH_SIGN_BYTES], secret[2][SCH_KEY_BYTES];
    unit_assert_ok(sch_sign_message(signature, "x", 1, node.identity_secret));
    unit_assert_ok(sch_sign_verify(signature, "x", 1, node.card.identity));
    unit_assert_ok(sch_identity_pair_secret(secret[0], &node, analyst.card.exchange, NULL));
    unit_assert_ok(sch_identity_pair_secret(secret[1], &analyst, node.card.exchange, NULL));
    assert_memory_equal(secret[0], secret[1], SCH_KEY_BYTES);
    unit_assert_ok(sch_identity_pair_secret(secret[1], &analyst, node.card.exchange, signature));
    assert_memory_not_equal(secret[0], secret[1], SCH_KEY_BYTES);
    unit_assert_code(sch_identity_pair_secret(secret[0], &node, node.card.exchange, NULL), SCH_BAD_PEER);
    sch_identity_clear(&node);
    sch_identity_clear(&analyst);
    unit_assert_code(sch_identity_pair_secret(secret[0], &node, node.card.exchange, NULL), SCH_BUG);
    remove_keys("n");
    remove_keys("a");
}

static void test_create_existing_file_is_denied_and_leaves_nothing_else(void **state)
{
    (void)state;
    sch_detail detail = {{0}};
    size_t denied = 0;
    for (size_t i = 0; i < 4; i++, denied++) {
        char name[64];
        (void)snprintf(name, sizeof name, "n/%s", names[i]);
        unit_assert_ok(sch_file_make_folder(in_folder("n"), &detail));
        unit_assert_ok(sch_file_write(in_folder(name), "mine", 4, SCH_FILE_SECRET, false, &detail));
        unit_assert_code(sch_identity_create(in_folder("n"), "cbs", "h:1", NULL, &detail), SCH_DENIED);
        sch_buf data = {0};
        unit_assert_ok(sch_file_read(&data, in_folder(name), 4, SCH_FILE_SECRET, &detail));
        assert_memory_equal(data.data, "mine", 4);
        sch_buf_clear(&data);
        assert_int_equal(unlink(in_folder(name)), 0);
        assert_int_equal(rmdir(in_folder("n")), 0); /* nothing else is there */
    }
    assert_int_equal(denied, 4);
}

static void test_create_wrong_name_address_or_passphrase_is_bad_input(void **state)
{
    (void)state;
    sch_detail detail;
    unit_assert_code(sch_identity_create(in_folder("n"), "CBS", "h:1", NULL, &detail), SCH_BAD_INPUT);
    unit_assert_code(sch_identity_create(in_folder("n"), "cbs", "h", NULL, &detail), SCH_BAD_INPUT);
    unit_assert_code(sch_identity_create(in_folder("n"), "cbs", "h:1", "eleven char", &detail), SCH_BAD_INPUT);
    assert_false(sch_file_exists(in_folder("n")));
    unit_assert_code(sch_identity_create("/proc/none", "cbs", "h:1", NULL, &detail), SCH_IO);
}

static void test_load_passphrase_opens_and_a_wrong_one_is_denied(void **state)
{
    (void)state;
    sch_detail detail = {{0}};
    sch_identity identity;
    const sch_passphrase right = words("correct horse"), wrong = words("correct hoarse"), none = words("");
    unit_assert_ok(sch_identity_create(in_folder("n"), "cbs", "h:1", "correct horse", &detail));
    unit_assert_ok(sch_identity_load(&identity, in_folder("n"), &right, &detail));
    sch_identity_clear(&identity);
    unit_assert_code(sch_identity_load(&identity, in_folder("n"), &wrong, &detail), SCH_DENIED);
    assert_null(identity.identity_secret);
    unit_assert_code(sch_identity_load(&identity, in_folder("n"), &none, &detail), SCH_DENIED);
    unit_assert_code(sch_identity_load(&identity, in_folder("n"), NULL, &detail), SCH_DENIED);
    remove_keys("n");
}

static void test_load_missing_or_open_files_fail(void **state)
{
    (void)state;
    sch_detail detail = {{0}};
    sch_identity identity;
    size_t failed = 0;
    for (size_t i = 0; i < 4; i++, failed++) {
        char name[64];
        (void)snprintf(name, sizeof name, "n/%s", names[i]);
        unit_assert_ok(sch_identity_create(in_folder("n"), "cbs", "h:1", NULL, &detail));
        if (i < 2) {
            assert_int_equal(chmod(in_folder(name), 0640), 0);
            unit_assert_code(sch_identity_load(&identity, in_folder("n"), NULL, &detail), SCH_DENIED);
        }
        assert_int_equal(unlink(in_folder(name)), 0);
        unit_assert_code(sch_identity_load(&identity, in_folder("n"), NULL, &detail), SCH_IO);
        assert_non_null(strstr(detail.text, names[i]));
        remove_keys("n");
    }
    assert_int_equal(failed, 4);
}

static void test_load_files_of_another_folder_are_bad_input(void **state)
{
    (void)state;
    sch_detail detail = {{0}};
    sch_identity identity;
    size_t refused = 0;
    unit_assert_ok(sch_identity_create(in_folder("o"), "cbs", "h:1", NULL, &detail));
    for (size_t i = 0; i < 4; i++, refused++) {
        char from[64], to[64];
        (void)snprintf(from, sizeof from, "o/%s", names[i]);
        (void)snprintf(to, sizeof to, "n/%s", names[i]);
        unit_assert_ok(sch_identity_create(in_folder("n"), "cbs", "h:1", NULL, &detail));
        copy_file(from, to);
        unit_assert_code(sch_identity_load(&identity, in_folder("n"), NULL, &detail), SCH_BAD_INPUT);
        remove_keys("n");
    }
    assert_int_equal(refused, 4);
    remove_keys("o");
}

static void test_decode_key_file_any_altered_or_missing_byte_is_refused(void **state)
{
    (void)state;
    uint8_t secrets[SCH_IDENTITY_SECRETS_BYTES], back[SCH_IDENTITY_SECRETS_BYTES];
    sch_buf file = {0};
    sch_detail detail;
    sch_random_fill(secrets, sizeof secrets);
    unit_assert_ok(sch_identity_encode_key_file(&file, secrets, NULL));
    assert_int_equal(file.bytes, 132);
    unit_assert_ok(sch_identity_decode_key_file(back, file.data, file.bytes, NULL, &detail));
    assert_memory_equal(back, secrets, sizeof secrets);
    size_t refused = 0;
    for (size_t i = 0; i < file.bytes; i++, refused++) {
        file.data[i] ^= 1;
        assert_true(sch_failed(sch_identity_decode_key_file(back, file.data, file.bytes, NULL, &detail)));
        file.data[i] ^= 1;
        unit_assert_code(sch_identity_decode_key_file(back, file.data, i, NULL, &detail), SCH_BAD_INPUT);
    }
    assert_int_equal(refused, 132);
    sch_buf_clear(&file);
}

static void test_decode_key_file_wild_cost_is_bad_input(void **state)
{
    (void)state;
    uint8_t back[SCH_IDENTITY_SECRETS_BYTES];
    uint8_t file[SCH_MAX_KEY_FILE_BYTES] = "SCHAKEY1\1";
    sch_detail detail;
    const sch_passphrase any = words("any passphrase");
    sch_put_u32(file + 12, 1);
    sch_put_u32(file + 16, UINT32_MAX);
    unit_assert_code(sch_identity_decode_key_file(back, file, sizeof file, &any, &detail), SCH_BAD_INPUT);
    sch_put_u32(file + 12, UINT32_MAX);
    sch_put_u32(file + 16, 8);
    unit_assert_code(sch_identity_decode_key_file(back, file, sizeof file, &any, &detail), SCH_BAD_INPUT);
    sch_put_u32(file + 12, 1);
    unit_assert_code(sch_identity_decode_key_file(back, file, sizeof file, &any, &detail), SCH_DENIED);
}

static void test_tls_pin_of_no_certificate_is_bad_input(void **state)
{
    (void)state;
    uint8_t pin[SCH_CARD_KEY_BYTES];
    static const char text[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    unit_assert_code(sch_identity_tls_pin(pin, (const uint8_t *)text, sizeof text - 1), SCH_BAD_INPUT);
    unit_assert_code(sch_identity_tls_pin(pin, (const uint8_t *)"", 0), SCH_BAD_INPUT);
}

static int start(void **state)
{
    (void)state;
    return sch_failed(sch_secret_start()) || mkdtemp(folder) == NULL ? -1 : 0;
}

static int finish(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_created_keys_belong_together),
        cmocka_unit_test(test_create_existing_file_is_denied_and_leaves_nothing_else),
        cmocka_unit_test(test_create_wrong_name_address_or_passphrase_is_bad_input),
        cmocka_unit_test(test_load_passphrase_opens_and_a_wrong_one_is_denied),
        cmocka_unit_test(test_load_missing_or_open_files_fail),
        cmocka_unit_test(test_load_files_of_another_folder_are_bad_input),
        cmocka_unit_test(test_decode_key_file_any_altered_or_missing_byte_is_refused),
        cmocka_unit_test(test_decode_key_file_wild_cost_is_bad_input),
        cmocka_unit_test(test_tls_pin_of_no_certificate_is_bad_input),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
