/* schakelctl agreement check, sign, show and diff: agreements as files, before a node has anything to do with them. */
#include <argp.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/base/clock.h"
#include "node/base/file.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"
#include "node/govern/agreement_file.h"
#include "node/govern/agreement_words.h"

enum { MIN_WISE_PERSONS = 5, MAX_FILES = 2 };

typedef struct arguments {
    const char *file[MAX_FILES];
    int wanted, count;
    const char *keys, *out;
} arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *out = state->input;
    switch (key) {
    case 'k':
        out->keys = argument;
        return 0;
    case 'o':
        out->out = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (out->count == out->wanted) {
            argp_error(state, "there is a file too many");
        }
        out->file[out->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (out->count < out->wanted) {
            argp_error(state, out->wanted == 1 ? "a file is needed" : "two files are needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A command that takes files and no options. */
static bool take_files(arguments *given, int wanted, int argc, char **argv, const char *args_doc, const char *doc)
{
    const struct argp argp = {.parser = parse, .args_doc = args_doc, .doc = doc};
    *given = (arguments){.wanted = wanted};
    return argp_parse(&argp, argc, argv, 0, NULL, given) == 0;
}

static void print_hash(const sch_bundle *bundle)
{
    (void)printf("agreement %s, version %" PRIu32 "\nhash ", bundle->agreement.id, bundle->agreement.version);
    for (size_t i = 0; i < SCH_HASH_BYTES; i++) {
        (void)printf("%02x", bundle->hash[i]);
    }
    (void)putchar('\n');
}

/* ---- check ---- */

/* Lines so far. */
typedef struct warnings {
    sch_cli_style style;
    unsigned count;
} warnings;

__attribute__((format(printf, 2, 3))) static void warn(warnings *w, const char *format, ...)
{
    va_list values;
    (void)printf("%swarning:%s ", w->style.red, w->style.plain);
    va_start(values, format);
    (void)vprintf(format, values);
    va_end(values);
    (void)putchar('\n');
    w->count++;
}

static void warn_of_dates(warnings *w, const sch_agreement *a, sch_time_ms now)
{
    char text[SCH_TIME_TEXT_BYTES];
    if (now.value >= a->valid_until.value) {
        sch_time_text(text, a->valid_until);
        warn(w, "valid_until has passed: the agreement ended at %s", text);
    }
    for (size_t i = 0; i < a->analyst_count; i++) {
        if (now.value >= a->analyst[i].valid_until.value) {
            warn(w, "analyst %s: valid_until has passed", a->analyst[i].name);
        } else if (a->analyst[i].valid_until.value <= a->valid_from.value) {
            warn(w, "analyst %s: valid_until lies before the agreement's valid_from", a->analyst[i].name);
        }
    }
}

static void warn_of_parties(warnings *w, const sch_agreement *a)
{
    bool automatic = true;
    for (size_t i = 0; i < a->party_count; i++) {
        const sch_agreement_party *party = &a->party[i];
        automatic = automatic && party->approval == SCH_APPROVAL_AUTOMATIC;
        if (party->role == SCH_AGREEMENT_OWNER && party->min_persons < MIN_WISE_PERSONS) {
            warn(w, "party %s: min_persons is %" PRIu32 "; groups below %d persons are easily recognised", party->name,
                 party->min_persons, MIN_WISE_PERSONS);
        }
    }
    if (automatic) {
        warn(w, "approval is automatic everywhere: nobody looks at a request before it is answered");
    }
}

static void warn_of_data_set(warnings *w, const sch_agreement_data_set *set)
{
    bool groups = false;
    for (size_t i = 0; i < set->column_count; i++) {
        const sch_agreement_column *column = &set->column[i];
        bool groups_too = (column->uses & SCH_USE_GROUP) != 0;
        groups = groups || groups_too;
        if (groups_too && (column->uses & (SCH_USE_SUM | SCH_USE_AVG | SCH_USE_SPREAD)) != 0) {
            warn(w,
                 "column %s.%s.%s may be grouped on and summed or averaged: arithmetic on it can count a single group, "
                 "past min_persons",
                 set->party, set->name, column->name);
        }
    }
    if (!groups) {
        warn(w, "data set %s.%s has no column to group on", set->party, set->name);
    }
}

static unsigned print_warnings(const sch_agreement *a)
{
    warnings w = {sch_cli_style_of(stdout), 0};
    warn_of_dates(&w, a, sch_clock_now());
    warn_of_parties(&w, a);
    for (size_t i = 0; i < a->data_set_count; i++) {
        warn_of_data_set(&w, &a->data_set[i]);
    }
    if (a->case_rule == SCH_CASE_FREE) {
        warn(&w, "rules.case is free: min_persons then counts the whole cell, not those for whom a condition holds");
    }
    return w.count;
}

static void print_signatures(const sch_bundle *bundle)
{
    sch_detail missing = {{0}};
    if (sch_bundle_is_complete(bundle, &missing)) {
        (void)printf("all %zu parties have signed\n", bundle->agreement.party_count);
    } else {
        (void)printf("%s\n", missing.text);
    }
}

int sch_ctl_agreement_check(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_bundle bundle = {0};
    arguments given;
    if (!take_files(
            &given, 1, argc, argv, "FILE",
            "Checks an agreement: a YAML file that an official wrote, or a bundle with its signatures. Prints its "
            "hash, and warnings where something is allowed but perhaps not meant.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(sch_agreement_file_load(&bundle, given.file[0], &detail));
    sch_cli_style style = sch_cli_style_of(stdout);
    print_hash(&bundle);
    (void)printf("%swell-formed%s\n", style.green, style.plain);
    print_signatures(&bundle);
    (void)print_warnings(&bundle.agreement);
out:
    sch_bundle_clear(&bundle);
    return (int)sch_cli_report(err, &detail);
}

/* ---- show and diff ---- */

int sch_ctl_agreement_show(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_bundle bundle = {0};
    sch_buf text = {0};
    arguments given;
    if (!take_files(&given, 1, argc, argv, "FILE", "Prints an agreement in words, with its hash and who has signed.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(sch_agreement_file_load(&bundle, given.file[0], &detail));
    SCH_TRY(sch_agreement_show(&text, &bundle));
    (void)fwrite(text.data, 1, text.bytes, stdout);
out:
    sch_buf_clear(&text);
    sch_bundle_clear(&bundle);
    return (int)sch_cli_report(err, &detail);
}

int sch_ctl_agreement_diff(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_bundle before = {0}, after = {0};
    sch_buf text = {0};
    size_t count = 0;
    arguments given;
    if (!take_files(&given, 2, argc, argv, "OLD NEW",
                    "Tells in words what a new version of an agreement changes. The exit code is 0 whether there are "
                    "differences or none.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(sch_agreement_file_load(&before, given.file[0], &detail));
    SCH_TRY(sch_agreement_file_load(&after, given.file[1], &detail));
    SCH_TRY(sch_agreement_diff(&text, &count, &before.agreement, &after.agreement));
    (void)fwrite(text.data, 1, text.bytes, stdout);
out:
    sch_buf_clear(&text);
    sch_bundle_clear(&before);
    sch_bundle_clear(&after);
    return (int)sch_cli_report(err, &detail);
}

/* ---- sign ---- */

/* The keys in a folder that init made, or in the folder of keys itself. */
static sch_err load_keys(sch_identity *identity, const char *folder, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_passphrase passphrase = sch_cli_passphrase();
    char *keys = sch_file_join(folder, "keys");
    char *card = sch_file_join(folder, "keys/card.yaml");
    SCH_TRY(sch_check(keys != NULL && card != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_identity_load(identity, sch_file_exists(card) ? keys : folder, &passphrase, detail));
out:
    free(keys);
    free(card);
    return err;
}

/* FILE.agreement for FILE.yaml and FILE.yml; another name gets the ending, one that has it stays. Owned by the
 * caller. */
static char *default_out(const char *file)
{
    static const char *const endings[] = {".yaml", ".yml", ".agreement"};
    size_t bytes = strlen(file);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i]);
        if (bytes > ending && strcmp(file + bytes - ending, endings[i]) == 0) {
            bytes -= ending;
            break;
        }
    }
    char *out = malloc(bytes + sizeof ".agreement");
    if (out != NULL) {
        memcpy(out, file, bytes);
        memcpy(out + bytes, ".agreement", sizeof ".agreement");
    }
    return out;
}

static bool same_file(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* Whether OUT may be written over: it is FILE itself, and that is a bundle, which gets one signature more. */
static sch_err may_replace(bool *replace, const char *file, const char *out, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf data = {0};
    *replace = false;
    if (!sch_file_exists(out)) {
        return SCH_NONE;
    }
    if (same_file(file, out)) {
        SCH_TRY(sch_file_read(&data, file, SCH_MAX_AGREEMENT_FILE_BYTES, SCH_FILE_PUBLIC, detail));
        *replace = sch_agreement_file_is_bundle(data.data, data.bytes);
    }
    if (!*replace) {
        sch_detail_set(detail, "%s exists: name another file with -o, or sign the bundle that is there", out);
        SCH_TRY(sch_fail(SCH_DENIED, "a file exists"));
    }
out:
    sch_buf_clear(&data);
    return err;
}

/* The party whose identity these keys are, and whether the rest of its card is the same: what it signs would otherwise
 * never be activated. already: whether its signature is there. */
static sch_err find_self(bool *already, const sch_bundle *bundle, const sch_card *card, sch_detail *detail)
{
    const sch_agreement *a = &bundle->agreement;
    *already = false;
    for (size_t i = 0; i < a->party_count; i++) {
        const sch_agreement_party *party = &a->party[i];
        if (memcmp(party->identity, card->identity, SCH_CARD_KEY_BYTES) != 0) {
            continue;
        }
        *already = bundle->has_signature[i];
        const char *wrong = strcmp(party->name, card->name) != 0                               ? "the name"
                            : memcmp(party->exchange, card->exchange, SCH_CARD_KEY_BYTES) != 0 ? "the exchange key"
                            : memcmp(party->tls_pin, card->tls_pin, SCH_CARD_KEY_BYTES) != 0   ? "the TLS pin"
                                                                                               : NULL;
        if (wrong != NULL) {
            sch_detail_set(detail,
                           "party %s of the agreement has these keys' identity, but %s is not that of their card",
                           party->name, wrong);
            return sch_fail(SCH_BAD_INPUT, "the agreement has another card than these keys");
        }
    }
    return SCH_NONE; /* where there is none, signing says whose keys are wanted */
}

static sch_err sign(const arguments *given, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_bundle bundle = {0};
    sch_identity identity = {0};
    sch_buf bytes = {0};
    bool replace = false, already = false;
    SCH_TRY(sch_agreement_file_load(&bundle, given->file[0], detail));
    SCH_TRY(may_replace(&replace, given->file[0], path, detail));
    SCH_TRY(load_keys(&identity, given->keys, detail));
    SCH_TRY(find_self(&already, &bundle, &identity.card, detail));
    SCH_TRY(sch_bundle_sign(&bundle, identity.identity_secret, detail));
    SCH_TRY(sch_bundle_encode(&bytes, &bundle));
    SCH_TRY(sch_file_write(path, bytes.data, bytes.bytes, SCH_FILE_PUBLIC, replace, detail));
    print_hash(&bundle);
    (void)printf("%s %s; written to %s\n", identity.card.name, already ? "had signed already" : "has signed", path);
    print_signatures(&bundle);
    if (sch_bundle_is_complete(&bundle, NULL)) {
        (void)printf("next, at each node: schakelctl agreement activate %s\n", path);
    }
out:
    sch_identity_clear(&identity);
    sch_bundle_clear(&bundle);
    sch_buf_clear(&bytes);
    return err;
}

int sch_ctl_agreement_sign(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"keys", 'k', "DIR", 0, "The folder that init made, or the keys folder in it", 0},
        {"out", 'o', "OUT", 0, "Where the bundle goes; default: FILE with the ending .agreement", 0},
        {0},
    };
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FILE",
        .doc = "Signs an agreement for the party whose keys are in DIR. FILE is the YAML file, or a bundle that others "
               "have "
               "signed, which gets one signature more. Read it first: schakelctl agreement show FILE.",
    };
    sch_detail detail = {{0}};
    arguments given = {.wanted = 1};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0) {
        return SCH_EXIT_USAGE;
    }
    if (given.keys == NULL) {
        sch_cli_say("--keys DIR is needed");
        return SCH_EXIT_USAGE;
    }
    char *other = given.out == NULL ? default_out(given.file[0]) : NULL;
    const char *path = given.out != NULL ? given.out : other;
    sch_err err = path == NULL ? sch_fail(SCH_NO_MEMORY, "out of memory") : sign(&given, path, &detail);
    free(other);
    return (int)sch_cli_report(err, &detail);
}
