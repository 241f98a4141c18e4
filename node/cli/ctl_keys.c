/* schakelctl operator new and key rotate: keys that people and nodes get after the first ones. */
#include <argp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "crypto/prim/base64.h"
#include "node/base/file.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"

typedef struct arguments {
    const char *folder, *name;
    bool passphrase, wants_name;
} arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *out = state->input;
    switch (key) {
    case 'n':
        out->name = argument;
        return 0;
    case 'P':
        out->passphrase = true;
        return 0;
    case ARGP_KEY_ARG:
        if (out->folder != NULL) {
            argp_error(state, "one folder is enough");
        }
        out->folder = argument;
        return 0;
    case ARGP_KEY_END:
        if (out->folder == NULL || (out->wants_name && out->name == NULL)) {
            argp_error(state, out->wants_name ? "a folder and --name are needed" : "a folder is needed");
        }
        if (out->name != NULL && !sch_card_name_is_valid(out->name)) {
            argp_error(state, "--name has to be a small letter, then small letters, digits and _, 63 at most");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- operator new ---- */

static sch_err print_operator(const char *folder, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_card card;
    char identity[SCH_BASE64_KEY_CHARS + 1];
    const struct passwd *account = getpwuid(getuid());
    char *path = sch_file_join(folder, "card.yaml");
    SCH_TRY(sch_check(path != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_card_read(&card, path, detail));
    SCH_TRY(sch_base64_encode(identity, sizeof identity, card.identity, sizeof card.identity));
    (void)printf("  - name: %s\n", card.name);
    if (account != NULL) {
        (void)printf("    user: %s\n", account->pw_name);
    }
    (void)printf("    identity: \"%s\"\n", identity);
    sch_cli_say("put these lines under \"operators:\" in the node's configuration, then: schakelctl reload. Without "
                "\"user:\" any account that may write to the control socket will do");
out:
    free(path);
    return err;
}

int sch_ctl_operator_new(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"name", 'n', "NAME", 0, "The operator's name, as it stands in the audit log", 0},
        {"passphrase", 'P', NULL, 0, "Put the keys under a passphrase, asked for or in SCHAKEL_PASSPHRASE_FILE", 0},
        {0},
    };
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "DIR",
        .doc = "Makes an operator's keys in DIR and prints the lines that make the operator known to the node. What "
               "exists is "
               "not overwritten.",
    };
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    char *passphrase = NULL;
    arguments given = {.wants_name = true};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0) {
        return SCH_EXIT_USAGE;
    }
    if (given.passphrase) {
        SCH_TRY(sch_cli_new_passphrase(&passphrase, &detail));
    }
    SCH_TRY(sch_identity_create(given.folder, given.name, NULL, passphrase, &detail));
    SCH_TRY(print_operator(given.folder, &detail));
out:
    sch_secret_free(passphrase);
    return (int)sch_cli_report(err, &detail);
}

/* ---- key rotate ---- */

/* Whether the keys in a folder are under a passphrase: those that follow them are, too. */
static sch_err has_passphrase(bool *out, const char *keys, sch_detail *detail)
{
    enum { AT_PROTECTION = 8 }; /* identity.h */
    sch_err err = SCH_NONE;
    sch_buf data = {0};
    char *path = sch_file_join(keys, "identity.key");
    SCH_TRY(sch_check(path != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_file_read(&data, path, SCH_MAX_KEY_FILE_BYTES, SCH_FILE_SECRET, detail));
    *out = data.bytes > AT_PROTECTION && data.data[AT_PROTECTION] != 0;
out:
    sch_buf_clear(&data);
    free(path);
    return err;
}

static sch_err print_next(const char *keys, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_card card;
    bool found = false;
    sch_buf text = {0};
    char fingerprint[SCH_FINGERPRINT_TEXT_BYTES];
    SCH_TRY(sch_identity_next_card(&card, &found, keys, detail));
    SCH_TRY(sch_check(found, SCH_IO, "the new keys are gone"));
    SCH_TRY(sch_card_fingerprint(fingerprint, &card));
    SCH_TRY(sch_buf_printf(&text, "  # fingerprint %s\n", fingerprint));
    SCH_TRY(sch_card_print(&text, &card, 2, true));
    (void)fwrite(text.data, 1, text.bytes, stdout);
    (void)fflush(stdout);
    (void)fprintf(
        stderr,
        "\nNew keys were made in %s.next; the node goes on with the old ones. Next:\n"
        "  1. Compare the fingerprint with the other parties by telephone.\n"
        "  2. Put the card above in place of this node's in a new version of each agreement, with another "
        "linkage_epoch.\n"
        "  3. All parties sign it; this node signs with its new keys:\n"
        "         schakelctl agreement sign FILE --keys %s.next\n"
        "  4. Every node activates it (schakelctl agreement activate FILE). This one then takes the new keys, and\n"
        "     keeps the old ones as keys.old-TIME.\n"
        "  5. Give analysts the new card, for the profiles of theirs that name this node.\n"
        "Keep a copy of %s.next in a safe.\n",
        keys, keys, keys);
out:
    sch_buf_clear(&text);
    return err;
}

/* Makes keys.next beside keys, with the same name and address. */
static sch_err make_next(const char *keys, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_card card;
    bool locked = false;
    char *passphrase = NULL;
    char *path = sch_file_join(keys, "card.yaml");
    sch_buf next = {0};
    SCH_TRY(sch_buf_printf(&next, "%s.next", keys));
    SCH_TRY(sch_check(path != NULL && sch_buf_text(&next) != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_card_read(&card, path, detail));
    if (sch_file_exists(sch_buf_text(&next))) {
        sch_detail_set(detail, "%s: exists already: keys wait there for an agreement that bears them",
                       sch_buf_text(&next));
        SCH_TRY(sch_fail(SCH_DENIED, "there are new keys already"));
    }
    SCH_TRY(has_passphrase(&locked, keys, detail));
    if (locked) {
        SCH_TRY(sch_cli_new_passphrase(&passphrase, detail));
    }
    SCH_TRY(sch_identity_create(sch_buf_text(&next), card.name, card.address[0] == '\0' ? NULL : card.address,
                                passphrase, detail));
out:
    sch_secret_free(passphrase);
    sch_buf_clear(&next);
    free(path);
    return err;
}

int sch_ctl_key_rotate(int argc, char **argv)
{
    const struct argp argp = {
        .parser = parse,
        .args_doc = "DIR",
        .doc =
            "Makes the keys that are to follow those of the node in DIR, in DIR/keys.next, and prints their card. The "
            "node "
            "takes them when an agreement with this card is active. Keys under a passphrase are followed by keys under "
            "one.",
    };
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    arguments given = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0) {
        return SCH_EXIT_USAGE;
    }
    char *keys = sch_file_join(given.folder, "keys");
    SCH_TRY(sch_check(keys != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(make_next(keys, &detail));
    SCH_TRY(print_next(keys, &detail));
out:
    free(keys);
    return (int)sch_cli_report(err, &detail);
}
