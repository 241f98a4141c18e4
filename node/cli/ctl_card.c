/* schakelctl card, fingerprint and psk new: what nodes tell each other before they trust each other. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/file.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"
#include "node/conf/conf.h"
#include "node/conf/psk.h"

/* The one argument of each of these commands. */
static error_t parse(int key, char *argument, struct argp_state *state)
{
    const char **out = state->input;
    if (key == ARGP_KEY_ARG && *out == NULL) {
        *out = argument;
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "one argument is enough");
    }
    if (key == ARGP_KEY_NO_ARGS) {
        argp_error(state, "an argument is needed");
    }
    return ARGP_ERR_UNKNOWN;
}

static const char *one_argument(int argc, char **argv, const char *args_doc, const char *doc)
{
    const struct argp argp = {.parser = parse, .args_doc = args_doc, .doc = doc};
    const char *argument = NULL;
    return argp_parse(&argp, argc, argv, 0, NULL, &argument) == 0 ? argument : NULL;
}

/* The card of a folder that init made, or of the folder of keys itself. */
static sch_err read_card(sch_card *card, const char *folder, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    char *path = sch_file_join(folder, "keys/card.yaml");
    if (path != NULL && !sch_file_exists(path)) {
        free(path);
        path = sch_file_join(folder, "card.yaml");
    }
    SCH_TRY(sch_check(path != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_card_read(card, path, detail));
out:
    free(path);
    return err;
}

int sch_ctl_card(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_card card;
    sch_buf text = {0};
    char fingerprint[SCH_FINGERPRINT_TEXT_BYTES];
    const char *folder =
        one_argument(argc, argv, "DIR",
                     "Prints the public card of the node in DIR, to be pasted under \"parties:\" in an "
                     "agreement and under \"nodes:\" in the profiles of analysts.");
    if (folder == NULL) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(read_card(&card, folder, &detail));
    SCH_TRY(sch_card_fingerprint(fingerprint, &card));
    SCH_TRY(sch_buf_printf(&text, "  # fingerprint %s\n", fingerprint));
    SCH_TRY(sch_card_print(&text, &card, 2, true));
    (void)fwrite(text.data, 1, text.bytes, stdout);
out:
    sch_buf_clear(&text);
    return (int)sch_cli_report(err, &detail);
}

static sch_err print_fingerprint(const char *kind, const sch_card *card)
{
    char fingerprint[SCH_FINGERPRINT_TEXT_BYTES];
    sch_err err = sch_card_fingerprint(fingerprint, card);
    if (!sch_failed(err)) {
        (void)printf("%s  %-8s %s\n", fingerprint, kind, card->name);
    }
    return err;
}

/* The card in a file, or all cards of an analyst's profile, so that both ends can read them out. */
static sch_err print_fingerprints(const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_profile profile = {0};
    sch_card card;
    sch_buf data = {0};
    SCH_TRY(sch_file_read(&data, path, SCH_MAX_CONF_BYTES, SCH_FILE_PUBLIC, detail));
    if (!sch_failed(sch_card_parse(&card, data.data, data.bytes, path, NULL))) {
        SCH_TRY(print_fingerprint("card", &card));
        goto out;
    }
    SCH_TRY(sch_profile_parse(&profile, data.data, data.bytes, ".", path, false, detail));
    for (size_t i = 0; i < profile.node_count; i++) {
        SCH_TRY(print_fingerprint("node", &profile.node[i].card));
    }
out:
    sch_profile_clear(&profile);
    sch_buf_clear(&data);
    return err;
}

int sch_ctl_fingerprint(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_card card;
    const char *path =
        one_argument(argc, argv, "DIR|FILE",
                     "Prints the fingerprint of the node in DIR, of a card, or those of all nodes in an analyst's "
                     "profile: read them to each other by telephone.");
    if (path == NULL) {
        return SCH_EXIT_USAGE;
    }
    size_t bytes = strlen(path);
    if (bytes > 5 && strcmp(path + bytes - 5, ".yaml") == 0) {
        SCH_TRY(print_fingerprints(path, &detail));
    } else {
        SCH_TRY(read_card(&card, path, &detail));
        SCH_TRY(print_fingerprint("own", &card));
    }
out:
    return (int)sch_cli_report(err, &detail);
}

int sch_ctl_psk(int argc, char **argv)
{
    sch_detail detail = {{0}};
    const char *path =
        one_argument(argc, argv, "FILE",
                     "Makes a pre-shared key of 32 random bytes in FILE, which must not exist. Bring a copy to "
                     "the other organisation by another way than this network; both name it under \"psk:\".");
    if (path == NULL) {
        return SCH_EXIT_USAGE;
    }
    return (int)sch_cli_report(sch_psk_create(path, &detail), &detail);
}
