/* schakel_keys.c - schakel keygen, schakel card. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/file.h"
#include "node/cli/keygen.h"
#include "node/cli/schakel.h"
#include "node/conf/conf.h"

typedef struct keygen_arguments {
    const char *name;
    const char *folder;
    bool passphrase;
} keygen_arguments;

static const struct argp_option KEYGEN_OPTIONS[] = {
    {"name", 'n', "NAME", 0, "Your name at the nodes: small letters, digits, underscores (required)", 0},
    {"passphrase", 'P', NULL, 0, "Ask for a passphrase that protects the keys", 0},
    {0},
};

static error_t parse_keygen(int key, char *argument, struct argp_state *state)
{
    keygen_arguments *given = state->input;
    switch (key) {
    case 'n':
        given->name = argument;
        return 0;
    case 'P':
        given->passphrase = true;
        return 0;
    case ARGP_KEY_ARG:
        if (given->folder != NULL) {
            argp_error(state, "one folder at a time");
        }
        given->folder = argument;
        return 0;
    case ARGP_KEY_END:
        if (given->name == NULL) {
            argp_error(state, "what is your name? For example: schakel keygen --name anna");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

sch_exit sch_schakel_keygen(int argc, char **argv, const char *profile)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    keygen_arguments given = {0};
    char *passphrase = NULL;
    char *path = NULL;
    char *folder = NULL;
    const struct argp argp = {.options = KEYGEN_OPTIONS,
                              .parser = parse_keygen,
                              .args_doc = "[FOLDER]",
                              .doc = "Makes your keys and a profile in FOLDER (default: the folder of your profile)."};
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    if (given.folder == NULL) {
        path = profile == NULL ? sch_profile_default_path() : strdup(profile);
        folder = path == NULL ? NULL : sch_file_folder(path);
        given.folder = folder;
    }
    SCH_TRY(sch_check(given.folder != NULL, SCH_BAD_INPUT,
                      "there is no home folder; name one: schakel keygen --name NAME FOLDER"));
    if (given.passphrase) {
        SCH_TRY(sch_cli_new_passphrase(&passphrase, &detail));
    }
    SCH_TRY(sch_keygen_create(given.folder, given.name, passphrase, &detail));
    (void)printf("Keys and profile are in %s.\n\n"
                 "Next:\n"
                 "  1. Give your card to who writes the agreement:      schakel --profile %s/schakel.yaml card\n"
                 "  2. Put the nodes' cards under nodes in the profile (schakelctl card prints one).\n"
                 "  3. Try it:                                          schakel --profile %s/schakel.yaml datasets\n",
                 given.folder, given.folder, given.folder);
out:
    sch_secret_free(passphrase);
    free(path);
    free(folder);
    return sch_cli_report(err, &detail);
}

static error_t parse_nothing(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "this command takes no arguments");
    }
    return key == ARGP_KEY_ARG ? 0 : ARGP_ERR_UNKNOWN;
}

sch_exit sch_schakel_card(int argc, char **argv, const char *profile)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_card card;
    sch_buf text = {0};
    char fingerprint[SCH_FINGERPRINT_TEXT_BYTES];
    char *path = profile == NULL ? sch_profile_default_path() : strdup(profile);
    char *folder = path == NULL ? NULL : sch_file_folder(path);
    char *card_path = folder == NULL ? NULL : sch_file_join(folder, "keys/card.yaml");
    const struct argp argp = {.parser = parse_nothing,
                              .doc = "Prints your public card: a block for 'analysts:' in an agreement."};
    (void)argp_parse(&argp, argc, argv, 0, NULL, NULL);
    SCH_TRY(sch_check(card_path != NULL, SCH_BAD_INPUT, "there is no home folder; say --profile FILE"));
    SCH_TRY(sch_card_read(&card, card_path, &detail));
    SCH_TRY(sch_card_fingerprint(fingerprint, &card));
    SCH_TRY(sch_card_print(&text, &card, 2, true));
    (void)printf("%s  # fingerprint %s\n", sch_buf_text(&text), fingerprint);
out:
    sch_buf_clear(&text);
    free(path);
    free(folder);
    free(card_path);
    return sch_cli_report(err, &detail);
}
