#include "node/cli/ctl_client.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/cli/common.h"
#include "node/control/client.h"
#include "proto/text.h"

/* ---- arguments ---- */

static void check_given(const sch_ctl_given *given, struct argp_state *state)
{
    if ((given->takes & SCH_CTL_TAKES_ARGUMENT) != 0 && given->argument == NULL) {
        argp_error(state, "an argument is needed");
    }
    if ((given->takes & SCH_CTL_TAKES_REASON) != 0 && (given->reason == NULL || given->reason[0] == '\0')) {
        argp_error(state, "--reason is needed: one sentence that stays on record");
    }
    if ((given->takes & SCH_CTL_TAKES_OUTPUT) != 0 && given->output == NULL) {
        argp_error(state, "-o FILE is needed");
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    sch_ctl_given *out = state->input;
    switch (key) {
    case 'c':
        out->config = argument;
        return 0;
    case 'k':
        out->operator_folder = argument;
        return 0;
    case 'r':
        out->reason = argument;
        return 0;
    case 'o':
        out->output = argument;
        return 0;
    case 'a':
        out->all = true;
        return 0;
    case 'y':
        out->yes = true;
        return 0;
    case ARGP_KEY_ARG:
        if ((out->takes & (SCH_CTL_TAKES_ARGUMENT | SCH_CTL_MAY_ARGUMENT)) == 0 || out->argument != NULL) {
            argp_error(state, "'%s' is one argument too many", argument);
        }
        out->argument = argument;
        return 0;
    case ARGP_KEY_END:
        check_given(out, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

bool sch_ctl_parse(sch_ctl_given *out, int argc, char **argv, unsigned takes, const char *args_doc, const char *doc)
{
    static const struct argp_option always[] = {
        {"config", 'c', "FILE", 0, "The node's configuration; default $SCHAKEL_CONFIG, else /etc/schakel/schakel.yaml",
         0},
        {"operator", 'k', "DIR", 0, "Your keys; default $SCHAKEL_OPERATOR, else ~/.config/schakel/operator", 0},
    };
    static const struct {
        unsigned takes;
        struct argp_option option;
    } some[] = {
        {SCH_CTL_TAKES_REASON, {"reason", 'r', "TEXT", 0, "Why, in one sentence; it stays on record", 0}},
        {SCH_CTL_TAKES_OUTPUT | SCH_CTL_MAY_OUTPUT,
         {"output", 'o', "FILE", 0, "Write to FILE, which must not exist", 0}},
        {SCH_CTL_MAY_ALL, {"all", 'a', NULL, 0, "Also those that have ended", 0}},
        {SCH_CTL_MAY_YES, {"yes", 'y', NULL, 0, "Do not ask", 0}},
    };
    enum { ALWAYS = sizeof always / sizeof always[0], SOME = sizeof some / sizeof some[0] };
    struct argp_option options[ALWAYS + SOME + 1] = {{0}};
    size_t count = ALWAYS;
    memcpy(options, always, sizeof always);
    for (size_t i = 0; i < SOME; i++) {
        if ((takes & some[i].takes) != 0) {
            options[count++] = some[i].option;
        }
    }
    const struct argp argp = {.options = options, .parser = parse, .args_doc = args_doc, .doc = doc};
    *out = (sch_ctl_given){.takes = takes};
    return argp_parse(&argp, argc, argv, 0, NULL, out) == 0;
}

sch_err sch_ctl_ask(const char *question, const char *no_terminal, const char *declined)
{
    char line[16] = {0};
    if (isatty(STDIN_FILENO) != 1) {
        return sch_fail(SCH_DENIED, no_terminal);
    }
    (void)printf("\n%s [y/N] ", question);
    (void)fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) {
        (void)printf("\n");
    }
    bool yes = strcmp(line, "y\n") == 0 || strcmp(line, "Y\n") == 0 || strcmp(line, "yes\n") == 0;
    return sch_check(yes, SCH_DENIED, declined);
}

/* ---- the node ---- */

/* Owned by the caller; NULL where memory is lacking. */
static char *config_path(const sch_ctl_given *given)
{
    const char *path = given->config != NULL ? given->config : getenv("SCHAKEL_CONFIG");
    return strdup(path == NULL || path[0] == '\0' ? "/etc/schakel/schakel.yaml" : path);
}

static char *operator_path(const sch_ctl_given *given)
{
    const char *path = given->operator_folder != NULL ? given->operator_folder : getenv("SCHAKEL_OPERATOR");
    const char *home = getenv("HOME");
    if (path != NULL && path[0] != '\0') {
        return strdup(path);
    }
    return sch_file_join(home == NULL || home[0] == '\0' ? "/" : home, ".config/schakel/operator");
}

static sch_err load_conf(sch_conf *conf, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf data = {0};
    char *folder = sch_file_folder(path);
    SCH_TRY(sch_check(folder != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_file_read(&data, path, SCH_MAX_CONF_BYTES, SCH_FILE_PUBLIC, detail));
    SCH_TRY(sch_conf_parse(conf, data.data, data.bytes, folder, path, false, detail));
out:
    sch_buf_clear(&data);
    free(folder);
    return err;
}

sch_err sch_ctl_client_open(sch_ctl_client *client, const sch_ctl_given *given, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_passphrase passphrase = sch_cli_passphrase();
    char *config = config_path(given), *keys = operator_path(given);
    *client = (sch_ctl_client){0};
    SCH_TRY(sch_check(config != NULL && keys != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(load_conf(&client->conf, config, detail));
    if (!sch_file_exists(keys)) {
        sch_detail_set(detail,
                       "%s: holds no operator's keys: make them with schakelctl operator new, or name their "
                       "folder with --operator",
                       keys);
        SCH_TRY(sch_fail(SCH_IO, "there are no operator's keys"));
    }
    SCH_TRY(sch_identity_load(&client->identity, keys, &passphrase, detail));
out:
    free(config);
    free(keys);
    return err;
}

void sch_ctl_client_close(sch_ctl_client *client)
{
    sch_conf_clear(&client->conf);
    sch_identity_clear(&client->identity);
}

sch_err sch_ctl_client_run(const sch_ctl_client *client, json_t **answer, const sch_command *command,
                           sch_detail *detail)
{
    return sch_control_client_run(answer, client->conf.socket, client->conf.node, &client->identity, command, detail);
}

sch_err sch_ctl_run(json_t **answer, const sch_ctl_given *given, const sch_command *command, sch_detail *detail)
{
    sch_ctl_client client;
    *answer = NULL;
    sch_err err = sch_ctl_client_open(&client, given, detail);
    if (!sch_failed(err)) {
        err = sch_ctl_client_run(&client, answer, command, detail);
    }
    sch_ctl_client_close(&client);
    return err;
}

/* ---- answers ---- */

static const char *shown(const char *text)
{
    return text == NULL ? "" : sch_text_is_printable(text, strlen(text)) ? text : "?";
}

const char *sch_ctl_text(const json_t *object, const char *key)
{
    return shown(json_string_value(json_object_get(object, key)));
}

sch_err sch_ctl_append_texts(sch_buf *out, const json_t *object, const char *key)
{
    sch_err err = SCH_NONE;
    const json_t *value = json_object_get(object, key);
    if (!json_is_array(value)) {
        return sch_buf_append_text(out, sch_ctl_text(object, key));
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        SCH_TRY(sch_buf_printf(out, "%s%s", i == 0 ? "" : ", ", shown(json_string_value(json_array_get(value, i)))));
    }
out:
    return err;
}

long long sch_ctl_number(const json_t *object, const char *key)
{
    return (long long)json_number_value(json_object_get(object, key));
}

const char *sch_ctl_time(char out[static SCH_CTL_TIME_BYTES], const char *text)
{
    size_t bytes = strnlen(text, SCH_CTL_TIME_BYTES - 1);
    memcpy(out, text, bytes);
    out[bytes] = '\0';
    if (bytes > 10 && out[10] == 'T') {
        out[10] = ' ';
    }
    return out;
}

void sch_ctl_table_add(sch_ctl_table *table, const char *text)
{
    char **larger = reallocarray(table->cell, table->count + 1, sizeof *larger);
    char *copy = strdup(text);
    if (larger != NULL) {
        table->cell = larger;
    }
    if (larger == NULL || copy == NULL) {
        free(copy);
        table->failed = true;
        return;
    }
    larger[table->count++] = copy;
}

/* Characters, not bytes: continuation bytes of UTF-8 do not count. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0U) != 0x80U;
    }
    return width;
}

static void print_row(const sch_ctl_table *table, size_t first, const size_t *width, unsigned indent,
                      const sch_cli_style *style)
{
    size_t last = table->columns; /* that holds something: no blanks at the end of a line */
    while (last > 1 && table->cell[first + last - 1][0] == '\0') {
        last--;
    }
    (void)printf("%*s%s", (int)indent, "", first == 0 ? style->bold : "");
    for (size_t c = 0; c < last; c++) {
        const char *text = table->cell[first + c];
        size_t blanks = c + 1 == last ? 0 : width[c] - width_of(text) + 2;
        (void)printf("%s%*s", text, (int)blanks, "");
    }
    (void)printf("%s\n", first == 0 ? style->plain : "");
}

sch_err sch_ctl_table_print(sch_ctl_table *table, unsigned indent)
{
    const sch_cli_style style = sch_cli_style_of(stdout);
    size_t *width = calloc(table->columns + 1, sizeof *width);
    bool well = width != NULL && !table->failed && table->columns > 0;
    for (size_t i = 0; well && i < table->count; i++) {
        size_t own = width_of(table->cell[i]), *most = &width[i % table->columns];
        *most = own > *most ? own : *most;
    }
    for (size_t i = 0; well && i + table->columns <= table->count; i += table->columns) {
        print_row(table, i, width, indent, &style);
    }
    for (size_t i = 0; i < table->count; i++) {
        free(table->cell[i]);
    }
    free(table->cell);
    free(width);
    *table = (sch_ctl_table){.columns = table->columns};
    return sch_check(well, SCH_NO_MEMORY, "out of memory");
}
