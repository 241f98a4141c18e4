/* The configuration and the profile: every key, every default, every fault; and the examples in config/. */
#include "tests/support/unit.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/conf/conf.h"
#include "node/conf/psk.h"

/* Keys that differ in their first character. */
#define KEY(c) c "AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define CARD(name, a, b, c)                                                                                            \
    "  - name: " name "\n    identity: " KEY(a) "\n    exchange: " KEY(b) "\n    tls_pin: " KEY(c) "\n"
#define NODE(name, a, b, c) CARD(name, a, b, c) "    address: \"" name ".example:7300\"\n"
#define OPERATOR(name, a) "  - name: " name "\n    identity: " KEY(a) "\n"
#define MINIMUM "node: lv\nlisten: \"0.0.0.0:7300\"\nkeys: keys\n"

static sch_err parse(sch_conf *conf, const char *text, sch_detail *detail)
{
    *detail = (sch_detail){{0}};
    return sch_conf_parse(conf, (const uint8_t *)text, strlen(text), "/etc/schakel", "node.yaml", false, detail);
}

static sch_err parse_profile(sch_profile *profile, const char *text, sch_detail *detail)
{
    *detail = (sch_detail){{0}};
    return sch_profile_parse(profile, (const uint8_t *)text, strlen(text), "/home/a", "me.yaml", false, detail);
}

static void test_parse_least_configuration_takes_the_defaults(void **state)
{
    (void)state;
    sch_conf conf;
    sch_detail detail;
    unit_assert_ok(parse(&conf, MINIMUM, &detail));
    assert_string_equal(conf.node, "lv");
    assert_string_equal(conf.listen, "0.0.0.0:7300");
    assert_string_equal(conf.address, "0.0.0.0:7300");
    assert_string_equal(conf.keys, "/etc/schakel/keys");
    assert_string_equal(conf.state, "/etc/schakel/state");
    assert_string_equal(conf.socket, "/etc/schakel/state/control.sock");
    assert_int_equal(conf.data_set_count + conf.operator_count + conf.psk_count, 0);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    assert_int_equal(conf.workers, cores > 16 ? 16 : cores);
    assert_int_equal(conf.threads, conf.workers);
    assert_int_equal(conf.memory_mb, 256);
    assert_int_equal(conf.max_jobs, 4);
    assert_int_equal(conf.request_minutes, 60);
    assert_null(conf.spill_dir);
    assert_int_equal(conf.log_format, SCH_LOG_TEXT);
    assert_int_equal(conf.log_level, SCH_LOG_INFO);
    sch_conf_clear(&conf);
}

static void test_parse_full_configuration_gives_every_value(void **state)
{
    (void)state;
    static const char text[] = MINIMUM
        "address: \"lv.example:7300\"\nstate: /var/lib/schakel\nsocket: run/control.sock\n"
        "data_sets: [bijstand.yaml, /data/b.yaml]\n"
        "operators:\n" OPERATOR("jan", "B") "    user: jan.de-vries\n" OPERATOR(
            "piet", "C") "psk:\n  - peer: cbs\n    file: cbs.psk\n"
                         "limits:\n  workers: 3\n  memory_mb: 512\n  threads: 2\n  spill_dir: spill\n  max_jobs: 64\n"
                         "  request_minutes: 10080\nlog:\n  format: json\n  level: error\n";
    sch_conf conf;
    sch_detail detail;
    unit_assert_ok(parse(&conf, text, &detail));
    assert_string_equal(conf.address, "lv.example:7300");
    assert_int_equal(conf.data_set_count, 2);
    assert_string_equal(conf.data_set[0], "/etc/schakel/bijstand.yaml");
    assert_string_equal(conf.data_set[1], "/data/b.yaml");
    assert_string_equal(conf.state, "/var/lib/schakel");
    assert_string_equal(conf.socket, "/etc/schakel/run/control.sock");
    assert_int_equal(conf.operator_count, 2);
    assert_string_equal(conf.operator_[0].name, "jan");
    assert_string_equal(conf.operator_[0].user, "jan.de-vries");
    unit_assert_hex(conf.operator_[0].identity, 3, "040102");
    assert_string_equal(conf.operator_[1].name, "piet");
    assert_null(conf.operator_[1].user);
    unit_assert_hex(conf.operator_[1].identity, 3, "080102");
    assert_int_equal(conf.psk_count, 1);
    assert_string_equal(conf.psk[0].peer, "cbs");
    assert_string_equal(conf.psk[0].file, "/etc/schakel/cbs.psk");
    assert_null(conf.psk[0].key);
    assert_int_equal(conf.workers, 3);
    assert_int_equal(conf.memory_mb, 512);
    assert_int_equal(conf.threads, 2);
    assert_string_equal(conf.spill_dir, "/etc/schakel/spill");
    assert_int_equal(conf.max_jobs, 64);
    assert_int_equal(conf.request_minutes, 10080);
    assert_int_equal(conf.log_format, SCH_LOG_JSON);
    assert_int_equal(conf.log_level, SCH_LOG_ERROR);
    sch_conf_clear(&conf);
}

typedef struct fault {
    const char *text, *detail;
} fault;

#define MOVED " now belongs in the agreement that the parties sign (schakelctl agreement): take it out here"

static const fault conf_faults[] = {
    {MINIMUM "colour: red\n", "node.yaml, line 4: colour is an unknown key"},
    {MINIMUM "limits:\n  worker: 1\n", "node.yaml, line 5: limits.worker is an unknown key"},
    {"node: lv\nkeys: keys\n", "node.yaml: lacks the key 'listen'"},
    {MINIMUM "node: b\n", "node.yaml, line 1: node is given twice"},
    {MINIMUM "limits:\n  workers: 0\n", "node.yaml, line 5: limits.workers has to be a whole number from 1 to 64"},
    {MINIMUM "limits: {workers: 65}\n", "node.yaml, line 4: limits.workers has to be a whole number from 1 to 64"},
    {MINIMUM "limits:\n  max_jobs: 1e1\n", "node.yaml, line 5: limits.max_jobs has to be a whole number from 1 to 64"},
    {MINIMUM "limits:\n  threads:\n", "node.yaml, line 5: limits.threads has to be a whole number from 1 to 64"},
    {MINIMUM "limits:\n  memory_mb: -256\n",
     "node.yaml, line 5: limits.memory_mb has to be a whole number from 64 to 1048576"},
    {MINIMUM "limits:\n  request_minutes: 99999999999999999999\n",
     "node.yaml, line 5: limits.request_minutes has to be a whole number from 1 to 10080"},
    {MINIMUM "log: {format: xml}\n", "node.yaml, line 4: log.format has to be one of: text, json"},
    {MINIMUM "log:\n  level: loud\n", "node.yaml, line 5: log.level has to be one of: debug, info, warning, error"},
    {MINIMUM "log: loud\n", "node.yaml, line 4: log has to hold keys of its own"},
    {MINIMUM "data_sets: a.yaml\n", "node.yaml, line 4: data_sets has to be a list"},
    {MINIMUM "data_sets: ['']\n", "node.yaml, line 4: data_sets has to be a path"},
    {"node: lv\nlisten: 7300\nkeys: keys\n", "node.yaml, line 2: listen has to be an address: host:port"},
    {"node: lv\nlisten: '*:7300'\nkeys: keys\n",
     "node.yaml, line 2: listen names no host, so the key 'address' is needed"},
    {MINIMUM "address: ':7300'\n", "node.yaml, line 4: address has to be an address: host:port"},
    {MINIMUM "state: ''\n", "node.yaml, line 4: state has to be a path"},
    {MINIMUM "socket: ''\n", "node.yaml, line 4: socket has to be a path"},
    {MINIMUM "operators:\n" OPERATOR("a", "B") "    color: x\n",
     "node.yaml, line 7: operators[1].color is an unknown key"},
    {MINIMUM "operators:\n" OPERATOR("a", "B") "  - name: b\n",
     "node.yaml, line 7: operators[2] lacks the key 'identity'"},
    {MINIMUM "operators:\n" OPERATOR("A", "B"),
     "node.yaml, line 5: operators[1].name has to be a name: a small letter, then small letters, digits and _"},
    {MINIMUM "operators:\n" OPERATOR("a", "B") "    user: 'a b'\n",
     "node.yaml, line 7: operators[1].user has to be the name of a system account"},
    {MINIMUM "operators:\n" OPERATOR("a", "B*"),
     "node.yaml, line 6: operators[1].identity has to be 32 bytes in base64: 44 characters as schakelctl operator new "
     "prints them"},
    {MINIMUM "operators:\n" OPERATOR("a", "B") OPERATOR("a", "C"),
     "node.yaml, line 7: operators[2] has the name of an entry before it"},
    {MINIMUM "operators:\n" OPERATOR("a", "B") OPERATOR("b", "C") OPERATOR("c", "B"),
     "node.yaml, line 9: operators[3] has the key of an entry before it"},
    {MINIMUM "psk:\n  - peer: cbs\n", "node.yaml, line 5: psk[1] lacks the key 'file'"},
    {MINIMUM "psk:\n  - peer: CBS\n    file: x\n",
     "node.yaml, line 5: psk[1].peer has to be a name: a small letter, then small letters, digits and _"},
    {MINIMUM "psk:\n  - peer: cbs\n    file: ''\n", "node.yaml, line 6: psk[1].file has to be a path"},
    {MINIMUM "psk:\n  - peer: lv\n    file: x\n", "node.yaml, line 5: psk[1] names this node itself"},
    {MINIMUM "psk:\n  - {peer: a, file: x}\n  - {peer: a, file: y}\n",
     "node.yaml, line 6: psk[2] names the peer of an entry before it"},
    {MINIMUM "peers: []\n", "node.yaml, line 4: peers" MOVED},
    {MINIMUM "analysts:\n" CARD("a", "B", "C", "D"), "node.yaml, line 4: analysts" MOVED},
    {MINIMUM "disclosure: {min_persons: 10}\n", "node.yaml, line 4: disclosure" MOVED},
    {MINIMUM "limits: {peers: 1}\n", "node.yaml, line 4: limits.peers is an unknown key"},
};

static void test_parse_faults_are_told_with_line_and_key(void **state)
{
    (void)state;
    size_t told = 0;
    for (size_t i = 0; i < sizeof conf_faults / sizeof conf_faults[0]; i++, told++) {
        sch_conf conf;
        sch_detail detail;
        unit_assert_code(parse(&conf, conf_faults[i].text, &detail), SCH_BAD_INPUT);
        assert_string_equal(detail.text, conf_faults[i].detail);
        assert_null(conf.keys);
    }
    assert_int_equal(told, 36);
}

static void test_parse_lists_at_their_bound_are_taken_and_one_more_is_not(void **state)
{
    (void)state;
    sch_buf text = {0};
    sch_conf conf;
    sch_detail detail;
    unit_assert_ok(sch_buf_append_text(&text, MINIMUM "data_sets:\n"));
    for (int i = 0; i < SCH_MAX_DATA_SETS; i++) {
        unit_assert_ok(sch_buf_printf(&text, "  - d%d.yaml\n", i));
    }
    unit_assert_ok(parse(&conf, sch_buf_text(&text), &detail));
    assert_int_equal(conf.data_set_count, SCH_MAX_DATA_SETS);
    sch_conf_clear(&conf);
    unit_assert_ok(sch_buf_append_text(&text, "  - more.yaml\n"));
    unit_assert_code(parse(&conf, sch_buf_text(&text), &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "is one entry too many"));
    sch_buf_clear(&text);
}

/* Keys have to differ, so they are told apart by two characters. */
static void test_parse_operators_at_their_bound_are_taken_and_one_more_is_not(void **state)
{
    (void)state;
    sch_buf text = {0};
    sch_conf conf;
    sch_detail detail;
    unit_assert_ok(sch_buf_append_text(&text, MINIMUM "operators:\n"));
    for (int i = 0; i <= SCH_MAX_OPERATORS; i++) {
        if (i == SCH_MAX_OPERATORS) {
            unit_assert_ok(parse(&conf, sch_buf_text(&text), &detail));
            assert_int_equal(conf.operator_count, SCH_MAX_OPERATORS);
            sch_conf_clear(&conf);
        }
        unit_assert_ok(sch_buf_printf(&text,
                                      "  - {name: o%d, identity: %c%cECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=}\n", i,
                                      'A' + i / 10, 'a' + i % 10));
    }
    unit_assert_code(parse(&conf, sch_buf_text(&text), &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "is one entry too many"));
    sch_buf_clear(&text);
}

static void test_profile_calls_the_first_or_the_named_node(void **state)
{
    (void)state;
    static const char text[] = "analyst: anna\nkeys: keys\nnodes:\n" NODE("a", "B", "C", "D") NODE("b", "E", "F", "G");
    char named[2048];
    sch_profile profile;
    sch_detail detail;
    unit_assert_ok(parse_profile(&profile, text, &detail));
    assert_string_equal(profile.analyst, "anna");
    assert_string_equal(profile.keys, "/home/a/keys");
    assert_int_equal(profile.node_count, 2);
    assert_int_equal(profile.call, 0);
    sch_profile_clear(&profile);
    (void)snprintf(named, sizeof named, "%snode: b\n", text);
    unit_assert_ok(parse_profile(&profile, named, &detail));
    assert_int_equal(profile.call, 1);
    sch_profile_clear(&profile);
    (void)snprintf(named, sizeof named, "%snode: c\n", text);
    unit_assert_code(parse_profile(&profile, named, &detail), SCH_BAD_INPUT);
    assert_string_equal(detail.text, "me.yaml, line 14: node has to be the name of one of the nodes");
}

static void test_profile_without_nodes_or_address_is_bad_input(void **state)
{
    (void)state;
    sch_profile profile;
    sch_detail detail;
    unit_assert_code(parse_profile(&profile, "analyst: anna\nkeys: keys\nnodes: []\n", &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "line 3: nodes lists no nodes yet"));
    unit_assert_code(parse_profile(&profile, "analyst: anna\nkeys: keys\n", &detail), SCH_BAD_INPUT);
    unit_assert_code(parse_profile(&profile, "analyst: anna\nkeys: k\nnodes:\n" CARD("a", "B", "C", "D"), &detail),
                     SCH_BAD_INPUT);
    assert_string_equal(detail.text, "me.yaml, line 4: nodes[1] lacks the key 'address'");
}

#define PROFILE "analyst: anna\nkeys: keys\nnodes:\n" NODE("a", "B", "C", "D")

static void test_profile_agreement_and_purpose_are_taken_or_left_out(void **state)
{
    (void)state;
    sch_profile profile;
    sch_detail detail;
    unit_assert_ok(parse_profile(&profile, PROFILE, &detail));
    assert_string_equal(profile.agreement, "");
    assert_null(profile.purpose);
    sch_profile_clear(&profile);
    unit_assert_ok(parse_profile(&profile, PROFILE "agreement: lv_cbs\npurpose: \"Beleid \xc3\xa9n werk\"\n", &detail));
    assert_string_equal(profile.agreement, "lv_cbs");
    assert_string_equal(profile.purpose, "Beleid \xc3\xa9n werk");
    sch_profile_clear(&profile);
}

/* A purpose of the longest length is taken: one byte more is not. */
static void test_profile_faults_are_told_with_line_and_key(void **state)
{
    (void)state;
    static const fault faults[] = {
        {PROFILE "agreement: 'LV CBS'\n",
         "me.yaml, line 9: agreement has to be a name: a small letter, then small letters, digits and _"},
        {PROFILE "purpose: ''\n", "me.yaml, line 9: purpose has to be a text on one line of at most 500 bytes"},
        {PROFILE "purpose: \"a\\nb\"\n", "me.yaml, line 9: purpose has to be a text on one line of at most 500 bytes"},
        {PROFILE CARD("b", "E", "F", "G") "    address: \"b:1\"\n    color: x\n",
         "me.yaml, line 14: nodes[2].color is an unknown key"},
        {PROFILE "  - name: b\n", "me.yaml, line 9: nodes[2] lacks the key 'identity'"},
        {PROFILE NODE("a", "E", "F", "G"), "me.yaml, line 9: nodes[2] has the name of an entry before it"},
        {PROFILE NODE("b", "E", "F", "D"), "me.yaml, line 9: nodes[2] has a key of an entry before it"},
        {PROFILE "    psk_file: ''\n", "me.yaml, line 9: nodes[1].psk_file has to be a path"},
    };
    sch_profile profile;
    sch_detail detail;
    size_t told = 0;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++, told++) {
        unit_assert_code(parse_profile(&profile, faults[i].text, &detail), SCH_BAD_INPUT);
        assert_string_equal(detail.text, faults[i].detail);
    }
    assert_int_equal(told, 8);
    char text[2048], words[502];
    for (size_t bytes = 500; bytes <= 501; bytes++) {
        memset(words, 'x', bytes);
        words[bytes] = '\0';
        (void)snprintf(text, sizeof text, "%spurpose: %s\n", PROFILE, words);
        unit_assert_code(parse_profile(&profile, text, &detail), bytes == 500 ? SCH_OK : SCH_BAD_INPUT);
        sch_profile_clear(&profile);
    }
}

static char folder[] = "/tmp/schakel-test-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void test_psk_is_made_once_and_read_back(void **state)
{
    (void)state;
    sch_detail detail = {{0}};
    uint8_t *key = NULL, *again = NULL;
    const char *path = in_folder("a.psk");
    unit_assert_ok(sch_psk_create(path, &detail));
    unit_assert_code(sch_psk_create(path, &detail), SCH_DENIED);
    unit_assert_ok(sch_psk_load(&key, path, &detail));
    unit_assert_ok(sch_psk_load(&again, path, &detail));
    assert_memory_equal(key, again, SCH_KEY_BYTES);
    sch_secret_free(key);
    sch_secret_free(again);
    assert_int_equal(chmod(path, 0644), 0);
    unit_assert_code(sch_psk_load(&key, path, &detail), SCH_DENIED);
    assert_null(key);
    unit_assert_ok(sch_file_write(path, "short\n", 6, SCH_FILE_SECRET, true, &detail));
    unit_assert_code(sch_psk_load(&key, path, &detail), SCH_BAD_INPUT);
    unit_assert_code(sch_psk_load(&key, "/nonexistent", &detail), SCH_IO);
    assert_int_equal(unlink(path), 0);
}

static void test_load_reads_pre_shared_keys_beside_the_file(void **state)
{
    (void)state;
    static const char text[] = MINIMUM "psk:\n  - peer: cbs\n    file: cbs.psk\n";
    sch_conf conf;
    sch_detail detail = {{0}};
    unit_assert_ok(sch_file_write(in_folder("n.yaml"), text, sizeof text - 1, SCH_FILE_PUBLIC, false, &detail));
    unit_assert_code(sch_conf_load(&conf, in_folder("n.yaml"), &detail), SCH_IO);
    assert_non_null(strstr(detail.text, "cbs.psk"));
    unit_assert_ok(sch_psk_create(in_folder("cbs.psk"), &detail));
    unit_assert_ok(sch_conf_load(&conf, in_folder("n.yaml"), &detail));
    assert_non_null(conf.psk[0].key);
    sch_conf_clear(&conf);
    assert_int_equal(chmod(in_folder("cbs.psk"), 0604), 0);
    unit_assert_code(sch_conf_load(&conf, in_folder("n.yaml"), &detail), SCH_DENIED);
    unit_assert_code(sch_conf_load(&conf, in_folder("none.yaml"), &detail), SCH_IO);
    assert_int_equal(unlink(in_folder("cbs.psk")), 0);
    assert_int_equal(unlink(in_folder("n.yaml")), 0);
}

/* Tests run from any folder: the path comes from the build. */
static void test_load_examples_are_valid(void **state)
{
    (void)state;
    sch_conf conf;
    sch_profile profile;
    sch_detail detail = {{0}};
    unit_assert_ok(sch_conf_load(&conf, SCH_CONFIG_FOLDER "/node.yaml", &detail));
    assert_true(conf.operator_count == 2 && conf.psk_count == 0 && conf.data_set_count == 1);
    sch_conf_clear(&conf);
    unit_assert_ok(sch_profile_load(&profile, SCH_CONFIG_FOLDER "/analyst.yaml", &detail));
    assert_int_equal(profile.node_count, 3);
    assert_true(profile.agreement[0] != '\0' && profile.purpose != NULL);
    sch_profile_clear(&profile);
}

static void test_profile_default_path_follows_the_environment(void **state)
{
    (void)state;
    assert_int_equal(setenv("XDG_CONFIG_HOME", "/x", 1), 0);
    char *path = sch_profile_default_path();
    assert_string_equal(path, "/x/schakel/schakel.yaml");
    free(path);
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    assert_int_equal(setenv("HOME", "/home/anna", 1), 0);
    path = sch_profile_default_path();
    assert_string_equal(path, "/home/anna/.config/schakel/schakel.yaml");
    free(path);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_null(sch_profile_default_path());
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
        cmocka_unit_test(test_parse_least_configuration_takes_the_defaults),
        cmocka_unit_test(test_parse_full_configuration_gives_every_value),
        cmocka_unit_test(test_parse_faults_are_told_with_line_and_key),
        cmocka_unit_test(test_parse_lists_at_their_bound_are_taken_and_one_more_is_not),
        cmocka_unit_test(test_parse_operators_at_their_bound_are_taken_and_one_more_is_not),
        cmocka_unit_test(test_profile_calls_the_first_or_the_named_node),
        cmocka_unit_test(test_profile_without_nodes_or_address_is_bad_input),
        cmocka_unit_test(test_profile_agreement_and_purpose_are_taken_or_left_out),
        cmocka_unit_test(test_profile_faults_are_told_with_line_and_key),
        cmocka_unit_test(test_psk_is_made_once_and_read_back),
        cmocka_unit_test(test_load_reads_pre_shared_keys_beside_the_file),
        cmocka_unit_test(test_load_examples_are_valid),
        cmocka_unit_test(test_profile_default_path_follows_the_environment),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
