/* New keys take the place of old ones: as asked, again, after a crash between the two renames, and not when they are no
 * successors. */
#include "tests/support/unit.h"

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/identity/identity.h"

static const char *const names[] = {"identity.key", "tls.key", "tls.crt", "card.yaml"};
static char folder[] = "/tmp/schakel-test-XXXXXX";
static const sch_time_ms moment = {1772366400123}; /* 2026-03-01T12:00:00.123Z */

static const char *in_folder(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    turn = (turn + 1) % 4;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static void make(const char *sub, const char *name, sch_card *card)
{
    sch_detail detail = {{0}};
    char file[64];
    unit_assert_ok(sch_identity_create(in_folder(sub), name, "localhost:7300", NULL, &detail));
    (void)snprintf(file, sizeof file, "%s/card.yaml", sub);
    unit_assert_ok(sch_card_read(card, in_folder(file), &detail));
}

/* That a folder holds keys that belong together, with this card. */
static void check(const char *sub, const sch_card *card)
{
    sch_identity identity;
    sch_detail detail = {{0}};
    unit_assert_ok(sch_identity_load(&identity, in_folder(sub), NULL, &detail));
    assert_memory_equal(identity.card.identity, card->identity, sizeof card->identity);
    sch_identity_clear(&identity);
}

static void remove_keys(const char *sub)
{
    for (size_t i = 0; i < 4; i++) {
        char file[64];
        (void)snprintf(file, sizeof file, "%s/%s", sub, names[i]);
        (void)unlink(in_folder(file));
    }
    (void)rmdir(in_folder(sub));
}

static size_t count_folders(void)
{
    DIR *all = opendir(folder);
    size_t count = 0;
    assert_non_null(all);
    while (readdir(all) != NULL) {
        count++;
    }
    (void)closedir(all);
    return count - 2;
}

static void test_rotate_in_next_keys_take_the_place_and_old_ones_are_kept(void **state)
{
    (void)state;
    sch_card old, next, read;
    sch_detail detail = {{0}};
    bool found = true;
    make("keys", "cbs", &old);
    unit_assert_ok(sch_identity_next_card(&read, &found, in_folder("keys"), &detail));
    assert_false(found);
    assert_string_equal(read.name, "");
    make("keys.next", "cbs", &next);
    unit_assert_ok(sch_identity_next_card(&read, &found, in_folder("keys/"), &detail));
    assert_true(found);
    assert_memory_equal(&read, &next, sizeof next);
    unit_assert_ok(sch_identity_rotate_in(in_folder("keys"), moment, &detail));
    check("keys", &next);
    check("keys.old-20260301T120000Z", &old);
    assert_int_equal(count_folders(), 2);

    unit_assert_ok(sch_identity_rotate_in(in_folder("keys/"), moment, &detail)); /* was done before */
    check("keys", &next);
    assert_int_equal(count_folders(), 2);
    remove_keys("keys");
    remove_keys("keys.old-20260301T120000Z");
}

static void test_rotate_in_after_a_crash_between_the_renames_is_ended(void **state)
{
    (void)state;
    sch_card old, next;
    sch_detail detail = {{0}};
    make("keys", "cbs", &old);
    make("keys.next", "cbs", &next);
    assert_int_equal(rename(in_folder("keys"), in_folder("keys.old-x")), 0);
    unit_assert_ok(sch_identity_rotate_in(in_folder("keys"), moment, &detail));
    check("keys", &next);
    check("keys.old-x", &old);
    assert_int_equal(count_folders(), 2);
    remove_keys("keys");
    remove_keys("keys.old-x");
}

static void test_rotate_in_keys_of_another_name_or_incomplete_are_bad_input(void **state)
{
    (void)state;
    sch_card old, next, read;
    sch_detail detail = {{0}};
    bool found = false;
    size_t refused = 0;
    make("keys", "cbs", &old);
    make("keys.next", "lv", &next);
    unit_assert_code(sch_identity_rotate_in(in_folder("keys"), moment, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "are the keys of 'lv', not of 'cbs'"));
    remove_keys("keys.next");
    make("keys.next", "cbs", &next);
    for (size_t i = 0; i < 4; i++, refused++) {
        char file[64];
        (void)snprintf(file, sizeof file, "keys.next/%s", names[i]);
        assert_int_equal(rename(in_folder(file), in_folder("aside")), 0);
        unit_assert_code(sch_identity_rotate_in(in_folder("keys"), moment, &detail), i == 3 ? SCH_IO : SCH_BAD_INPUT);
        assert_non_null(strstr(detail.text, names[i]));
        unit_assert_code(sch_identity_next_card(&read, &found, in_folder("keys"), &detail), i == 3 ? SCH_IO : SCH_OK);
        assert_int_equal(found, i != 3);
        assert_int_equal(rename(in_folder("aside"), in_folder(file)), 0);
        check("keys", &old);
    }
    assert_int_equal(refused, 4);
    unit_assert_ok(sch_file_write(in_folder("keys.next/card.yaml"), "name: 1\n", 8, SCH_FILE_PUBLIC, true, &detail));
    unit_assert_code(sch_identity_rotate_in(in_folder("keys"), moment, &detail), SCH_BAD_INPUT);
    unit_assert_code(sch_identity_next_card(&read, &found, in_folder("keys"), &detail), SCH_BAD_INPUT);
    assert_int_equal(count_folders(), 2);
    remove_keys("keys");
    remove_keys("keys.next");
}

static void test_rotate_in_twice_in_a_second_is_try_again_and_loses_no_keys(void **state)
{
    (void)state;
    sch_card old, next;
    sch_detail detail = {{0}};
    make("keys", "cbs", &old);
    make("keys.next", "cbs", &next);
    assert_int_equal(mkdir(in_folder("keys.old-20260301T120000Z"), 0700), 0);
    unit_assert_code(sch_identity_rotate_in(in_folder("keys"), moment, &detail), SCH_TRY_AGAIN);
    check("keys", &old);
    check("keys.next", &next);
    unit_assert_ok(sch_identity_rotate_in(in_folder("keys"), (sch_time_ms){moment.value + 1000}, &detail));
    check("keys", &next);
    check("keys.old-20260301T120001Z", &old);
    remove_keys("keys");
    remove_keys("keys.old-20260301T120000Z");
    remove_keys("keys.old-20260301T120001Z");
}

static void test_rotate_in_without_any_keys_is_io(void **state)
{
    (void)state;
    sch_detail detail = {{0}};
    unit_assert_code(sch_identity_rotate_in(in_folder("keys"), moment, &detail), SCH_IO);
    assert_non_null(strstr(detail.text, "does not exist"));
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
        cmocka_unit_test(test_rotate_in_next_keys_take_the_place_and_old_ones_are_kept),
        cmocka_unit_test(test_rotate_in_after_a_crash_between_the_renames_is_ended),
        cmocka_unit_test(test_rotate_in_keys_of_another_name_or_incomplete_are_bad_input),
        cmocka_unit_test(test_rotate_in_twice_in_a_second_is_try_again_and_loses_no_keys),
        cmocka_unit_test(test_rotate_in_without_any_keys_is_io),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
