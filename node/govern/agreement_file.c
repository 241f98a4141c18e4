/* DESIGN. libcyaml gives the structure with every scalar as a text (agreement_texts.h), in which the functions below
 * check and convert one key after another, so that each complaint has its key's line. What concerns several keys is
 * said by sch_agreement_check; check_whole puts its sentence at the key that it is about. */
#include "node/govern/agreement_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/base/file.h"
#include "node/govern/agreement_texts.h"
#include "node/govern/terms.h"

enum { PATH_BYTES = 96, FIRST_YEAR = 2000, LAST_YEAR = 2999 };

/* What all steps need; borrowed. */
typedef struct reading {
    const sch_yaml *yaml;
    sch_detail *detail;
} reading;

/* Paths are far shorter than their room; one that were not would be that of the whole file. */
static const char *path_of(char out[static PATH_BYTES], const char *where, const char *key)
{
    const char *dot = where[0] != '\0' && key[0] != '\0' ? "." : "";
    if (snprintf(out, PATH_BYTES, "%s%s%s", where, dot, key) >= PATH_BYTES) {
        out[0] = '\0';
    }
    return out;
}

static const char *path_of_entry(char out[static PATH_BYTES], const char *where, const char *list, size_t index)
{
    if (snprintf(out, PATH_BYTES, "%s%s%s[%zu]", where, where[0] != '\0' ? "." : "", list, index + 1) >= PATH_BYTES) {
        out[0] = '\0';
    }
    return out;
}

/* ---- single values ---- */

static sch_err take_text(char **out, const reading *r, const char *where, const char *key, const char *text)
{
    char path[PATH_BYTES];
    size_t bytes = strlen(text);
    if (bytes == 0 || bytes > SCH_MAX_TEXT_BYTES || !sch_text_is_printable(text, bytes)) {
        return sch_yaml_fail(r->yaml, path_of(path, where, key),
                             "has to be a text of 1 to 1000 bytes in one line; one that is folded with >- becomes that",
                             r->detail);
    }
    *out = strdup(text);
    return sch_check(*out != NULL, SCH_NO_MEMORY, "out of memory");
}

static sch_err take_name(char out[static SCH_NAME_BYTES], const reading *r, const char *path, const char *text)
{
    if (!sch_card_name_is_valid(text)) {
        return sch_yaml_fail(r->yaml, path, "has to be a name: a small letter, then small letters, digits and _",
                             r->detail);
    }
    memcpy(out, text, strlen(text) + 1);
    return SCH_NONE;
}

static sch_err take_oin(char out[static SCH_OIN_BYTES], const reading *r, const char *where, const char *text)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char path[PATH_BYTES];
    if (strlen(text) != SCH_OIN_BYTES - 1 || strspn(text, letters) != SCH_OIN_BYTES - 1) {
        return sch_yaml_fail(r->yaml, path_of(path, where, "oin"), "has to be 20 digits or letters", r->detail);
    }
    memcpy(out, text, SCH_OIN_BYTES);
    return SCH_NONE;
}

static bool read_digits(int *out, const char *text, size_t count)
{
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *out = *out * 10 + (text[i] - '0');
    }
    return true;
}

/* The first moment of a day as YYYY-MM-DD, or of the day after it. */
static sch_err take_date(sch_time_ms *out, const reading *r, const char *path, const char *text, bool day_after)
{
    int year = 0, month = 0, day = 0;
    bool taken = strlen(text) == 10 && text[4] == '-' && text[7] == '-' && read_digits(&year, text, 4) &&
                 read_digits(&month, text + 5, 2) && read_digits(&day, text + 8, 2) && year >= FIRST_YEAR &&
                 year <= LAST_YEAR;
    struct tm utc = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    int64_t seconds = taken ? (int64_t)timegm(&utc) : 0;
    /* timegm carries what overflows: 31 February has become another day by now. */
    if (!taken || utc.tm_year != year - 1900 || utc.tm_mon != month - 1 || utc.tm_mday != day) {
        return sch_yaml_fail(r->yaml, path, "has to be a date as 2027-12-31, of the years 2000 to 2999", r->detail);
    }
    out->value = seconds * 1000 + (day_after ? SCH_DAY_MS : 0);
    return SCH_NONE;
}

/* The cards of this agreement's parties and analysts have the same three keys. */
static void copy_keys(uint8_t identity[static SCH_CARD_KEY_BYTES], uint8_t exchange[static SCH_CARD_KEY_BYTES],
                      uint8_t tls_pin[static SCH_CARD_KEY_BYTES], const sch_card *card)
{
    memcpy(identity, card->identity, SCH_CARD_KEY_BYTES);
    memcpy(exchange, card->exchange, SCH_CARD_KEY_BYTES);
    memcpy(tls_pin, card->tls_pin, SCH_CARD_KEY_BYTES);
}

/* ---- parties ---- */

/* What only an owner has. */
static sch_err take_owner(sch_agreement_party *out, const reading *r, const char *where, const sch_texts_party *texts)
{
    sch_err err = SCH_NONE;
    char path[PATH_BYTES];
    unsigned approval = 0, zero = 0;
    const char *missing = texts->approval == NULL      ? "lacks the key 'approval', which an owner needs"
                          : texts->min_persons == NULL ? "lacks the key 'min_persons', which an owner needs"
                          : texts->zero_cells == NULL  ? "lacks the key 'zero_cells', which an owner needs"
                                                       : NULL;
    if (missing != NULL) {
        return sch_yaml_fail(r->yaml, where, missing, r->detail);
    }
    SCH_TRY(sch_yaml_word(&approval, r->yaml, path_of(path, where, "approval"), texts->approval, sch_terms_approval, 3,
                          r->detail));
    SCH_TRY(sch_yaml_number(&out->min_persons, r->yaml, path_of(path, where, "min_persons"), texts->min_persons, 1,
                            SCH_MAX_MIN_PERSONS, r->detail));
    SCH_TRY(sch_yaml_word(&zero, r->yaml, path_of(path, where, "zero_cells"), texts->zero_cells, sch_terms_zero, 2,
                          r->detail));
    out->approval = (sch_approval)(approval + 1);
    out->show_zero = zero == 1;
out:
    return err;
}

static sch_err take_helper(sch_agreement_party *out, const reading *r, const char *where, const sch_texts_party *texts)
{
    char path[PATH_BYTES];
    const char *key = texts->min_persons != NULL ? "min_persons" : texts->zero_cells != NULL ? "zero_cells" : NULL;
    if (key != NULL) {
        return sch_yaml_fail(r->yaml, path_of(path, where, key), "is for owners only; a helper has no data", r->detail);
    }
    if (texts->approval != NULL && strcmp(texts->approval, sch_terms_approval[0]) != 0) {
        return sch_yaml_fail(r->yaml, path_of(path, where, "approval"), "has to be automatic, or left out, of a helper",
                             r->detail);
    }
    out->approval = SCH_APPROVAL_AUTOMATIC;
    return SCH_NONE;
}

static sch_err take_party(sch_agreement_party *out, const reading *r, const char *where, const sch_texts_party *texts)
{
    sch_err err = SCH_NONE;
    char path[PATH_BYTES];
    sch_card card = {0};
    unsigned role = 0;
    if (texts->card.address == NULL) {
        return sch_yaml_fail(r->yaml, where, "lacks the key 'address'", r->detail);
    }
    SCH_TRY(sch_card_from_texts(&card, &texts->card, r->yaml, where, r->detail));
    memcpy(out->name, card.name, sizeof out->name);
    memcpy(out->address, card.address, sizeof out->address);
    copy_keys(out->identity, out->exchange, out->tls_pin, &card);
    SCH_TRY(take_text(&out->organisation, r, where, "organisation", texts->organisation));
    SCH_TRY(take_oin(out->oin, r, where, texts->oin));
    SCH_TRY(sch_yaml_word(&role, r->yaml, path_of(path, where, "role"), texts->role, sch_terms_role, 2, r->detail));
    out->role = (sch_agreement_role)(role + 1);
    SCH_TRY(take_text(&out->processing_activity, r, where, "processing_activity", texts->processing_activity));
    SCH_TRY(out->role == SCH_AGREEMENT_OWNER ? take_owner(out, r, where, texts) : take_helper(out, r, where, texts));
out:
    return err;
}

static sch_err take_parties(sch_agreement *out, const reading *r, const sch_texts_agreement *texts)
{
    sch_err err = SCH_NONE;
    char where[PATH_BYTES];
    out->party = calloc(texts->parties_count, sizeof *out->party);
    SCH_TRY(sch_check(out->party != NULL, SCH_NO_MEMORY, "out of memory"));
    out->party_count = texts->parties_count;
    for (size_t i = 0; i < out->party_count; i++) {
        SCH_TRY(take_party(&out->party[i], r, path_of_entry(where, "", "parties", i), &texts->parties[i]));
    }
out:
    return err;
}

/* ---- data sets ---- */

static sch_err take_uses(uint32_t *out, const reading *r, const char *where, const sch_texts_column *texts)
{
    static const char *const words[SCH_TERMS_USES + 1] = {"link", "group",  "filter",   "count", "sum",
                                                          "avg",  "spread", "quantile", "never"}; /* never: last */
    sch_err err = SCH_NONE;
    char path[PATH_BYTES];
    for (size_t i = 0; i < texts->uses_count; i++) {
        unsigned word = 0;
        path_of_entry(path, where, "uses", i);
        SCH_TRY(sch_yaml_word(&word, r->yaml, path, texts->uses[i], words, SCH_TERMS_USES + 1, r->detail));
        if (word == SCH_TERMS_USES && texts->uses_count > 1) {
            SCH_TRY(sch_yaml_fail(r->yaml, path, "has to stand alone: never allows no other use", r->detail));
        }
        uint32_t bit = word < SCH_TERMS_USES ? sch_terms_use_of[word].bit : 0;
        if ((*out & bit) != 0) {
            SCH_TRY(sch_yaml_fail(r->yaml, path, "is a use that is there already", r->detail));
        }
        *out |= bit;
    }
out:
    return err;
}

static sch_err take_column(sch_agreement_column *out, const reading *r, const char *where,
                           const sch_texts_column *texts)
{
    sch_err err = SCH_NONE;
    char path[PATH_BYTES];
    SCH_TRY(take_name(out->name, r, path_of(path, where, "name"), texts->name));
    SCH_TRY(take_uses(&out->uses, r, where, texts));
    if (texts->analysts_count > 0) {
        out->analyst = calloc(texts->analysts_count, sizeof *out->analyst);
        SCH_TRY(sch_check(out->analyst != NULL, SCH_NO_MEMORY, "out of memory"));
    }
    for (size_t i = 0; i < texts->analysts_count; i++) {
        out->analyst_count = i + 1;
        SCH_TRY(take_name(out->analyst[i], r, path_of_entry(path, where, "analysts", i), texts->analysts[i]));
    }
out:
    return err;
}

static sch_err take_data_set(sch_agreement_data_set *out, const reading *r, const char *where,
                             const sch_texts_data_set *texts)
{
    sch_err err = SCH_NONE;
    char path[PATH_BYTES];
    SCH_TRY(take_name(out->party, r, path_of(path, where, "party"), texts->party));
    SCH_TRY(take_name(out->name, r, path_of(path, where, "name"), texts->name));
    out->column = calloc(texts->columns_count, sizeof *out->column);
    SCH_TRY(sch_check(out->column != NULL, SCH_NO_MEMORY, "out of memory"));
    out->column_count = texts->columns_count;
    for (size_t i = 0; i < out->column_count; i++) {
        SCH_TRY(take_column(&out->column[i], r, path_of_entry(path, where, "columns", i), &texts->columns[i]));
    }
out:
    return err;
}

static sch_err take_data_sets(sch_agreement *out, const reading *r, const sch_texts_agreement *texts)
{
    sch_err err = SCH_NONE;
    char where[PATH_BYTES];
    out->data_set = calloc(texts->data_sets_count, sizeof *out->data_set);
    SCH_TRY(sch_check(out->data_set != NULL, SCH_NO_MEMORY, "out of memory"));
    out->data_set_count = texts->data_sets_count;
    for (size_t i = 0; i < out->data_set_count; i++) {
        SCH_TRY(take_data_set(&out->data_set[i], r, path_of_entry(where, "", "data_sets", i), &texts->data_sets[i]));
    }
out:
    return err;
}

/* ---- analysts ---- */

static sch_err take_analyst(sch_agreement_analyst *out, const reading *r, const char *where,
                            const sch_texts_analyst *texts)
{
    sch_err err = SCH_NONE;
    char path[PATH_BYTES];
    sch_card card = {0};
    if (texts->card.address != NULL) {
        return sch_yaml_fail(r->yaml, path_of(path, where, "address"), "is for parties; an analyst has none",
                             r->detail);
    }
    SCH_TRY(sch_card_from_texts(&card, &texts->card, r->yaml, where, r->detail));
    memcpy(out->name, card.name, sizeof out->name);
    copy_keys(out->identity, out->exchange, out->tls_pin, &card);
    SCH_TRY(take_text(&out->organisation, r, where, "organisation", texts->organisation));
    SCH_TRY(take_oin(out->oin, r, where, texts->oin));
    SCH_TRY(take_date(&out->valid_until, r, path_of(path, where, "valid_until"), texts->valid_until, true));
out:
    return err;
}

static sch_err take_analysts(sch_agreement *out, const reading *r, const sch_texts_agreement *texts)
{
    sch_err err = SCH_NONE;
    char where[PATH_BYTES];
    out->analyst = calloc(texts->analysts_count, sizeof *out->analyst);
    SCH_TRY(sch_check(out->analyst != NULL, SCH_NO_MEMORY, "out of memory"));
    out->analyst_count = texts->analysts_count;
    for (size_t i = 0; i < out->analyst_count; i++) {
        SCH_TRY(take_analyst(&out->analyst[i], r, path_of_entry(where, "", "analysts", i), &texts->analysts[i]));
    }
out:
    return err;
}

/* ---- the whole ---- */

/* Where the key is not there the version is the first one for ever, so that a file does not change its meaning with the
 * program. */
static sch_err take_normalisation(uint32_t *out, const reading *r, const char *text)
{
    sch_err err = SCH_NONE;
    *out = 1;
    if (text != NULL) {
        SCH_TRY(sch_yaml_number(out, r->yaml, "normalisation", text, 1, UINT32_MAX, r->detail));
    }
    if (*out > SCH_NORMALISATION_VERSION) {
        SCH_TRY(sch_yaml_fail(r->yaml, "normalisation", "is a version that this program does not know; it knows 1",
                              r->detail));
    }
out:
    return err;
}

static sch_err take_numbers(sch_agreement *out, const reading *r, const sch_texts_agreement *texts)
{
    sch_err err = SCH_NONE;
    const struct {
        uint32_t *out;
        const char *path, *text;
        uint32_t maximum;
    } number[] = {
        {&out->version, "version", texts->version, UINT32_MAX},
        {&out->retention_days, "retention_days", texts->retention_days, SCH_MAX_RETENTION_DAYS},
        {&out->epoch, "linkage_epoch", texts->linkage_epoch, UINT32_MAX},
        {&out->budget, "budget.requests", texts->budget.requests, SCH_MAX_BUDGET},
        {&out->max_cells, "rules.max_cells", texts->rules.max_cells, SCH_MAX_AGREEMENT_CELLS},
    };
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++) {
        SCH_TRY(
            sch_yaml_number(number[i].out, r->yaml, number[i].path, number[i].text, 1, number[i].maximum, r->detail));
    }
out:
    return err;
}

static sch_err take_head(sch_agreement *out, const reading *r, const sch_texts_agreement *texts)
{
    sch_err err = SCH_NONE;
    unsigned period = 0, case_rule = 0;
    SCH_TRY(take_name(out->id, r, "id", texts->id));
    SCH_TRY(take_numbers(out, r, texts));
    SCH_TRY(take_normalisation(&out->normalisation, r, texts->normalisation));
    SCH_TRY(take_text(&out->title, r, "", "title", texts->title));
    SCH_TRY(take_text(&out->purpose, r, "", "purpose", texts->purpose));
    SCH_TRY(take_text(&out->legal_basis, r, "", "legal_basis", texts->legal_basis));
    SCH_TRY(take_text(&out->dpia, r, "", "dpia", texts->dpia));
    SCH_TRY(take_text(&out->authorisation, r, "cbs", "authorisation", texts->cbs.authorisation));
    SCH_TRY(take_text(&out->project, r, "cbs", "project", texts->cbs.project));
    SCH_TRY(take_date(&out->valid_from, r, "valid_from", texts->valid_from, false));
    SCH_TRY(take_date(&out->valid_until, r, "valid_until", texts->valid_until, true));
    if (out->valid_from.value >= out->valid_until.value) {
        SCH_TRY(sch_yaml_fail(r->yaml, "valid_until", "lies before valid_from", r->detail));
    }
    SCH_TRY(sch_yaml_word(&period, r->yaml, "budget.period", texts->budget.period, sch_terms_period, 4, r->detail));
    SCH_TRY(sch_yaml_word(&case_rule, r->yaml, "rules.case", texts->rules.case_rule, sch_terms_case, 2, r->detail));
    out->budget_period = (sch_period)(period + 1);
    out->case_rule = (sch_case_rule)(case_rule + 1);
out:
    return err;
}

static sch_err take_agreement(sch_agreement *out, const reading *r, const sch_texts_agreement *texts)
{
    sch_err err = SCH_NONE;
    SCH_TRY(take_head(out, r, texts));
    SCH_TRY(take_parties(out, r, texts));
    SCH_TRY(take_data_sets(out, r, texts));
    SCH_TRY(take_analysts(out, r, texts));
out:
    return err;
}

/* ---- rules over several keys ---- */

/* Whether a sentence is about the place that start names, and then what it says. */
static const char *rest_of(const char *sentence, const char *start)
{
    size_t bytes = strlen(start);
    return strncmp(sentence, start, bytes) == 0 && strncmp(sentence + bytes, ": ", 2) == 0 ? sentence + bytes + 2
                                                                                           : NULL;
}

/* Finds the entry that a sentence is about, from the last, which is the one to change where two are alike. */
static const char *find_entry(char path[static PATH_BYTES], const sch_agreement *a, const char *sentence)
{
    char start[4 * SCH_NAME_BYTES];
    const char *rest = NULL;
    for (size_t i = a->party_count; i-- > 0 && rest == NULL;) {
        (void)snprintf(start, sizeof start, "party %s", a->party[i].name);
        rest = rest_of(sentence, start);
        path_of_entry(path, "", "parties", i);
    }
    for (size_t i = a->analyst_count; i-- > 0 && rest == NULL;) {
        (void)snprintf(start, sizeof start, "analyst %s", a->analyst[i].name);
        rest = rest_of(sentence, start);
        path_of_entry(path, "", "analysts", i);
    }
    for (size_t i = a->data_set_count; i-- > 0 && rest == NULL;) {
        const sch_agreement_data_set *set = &a->data_set[i];
        (void)snprintf(start, sizeof start, "data set %s.%s", set->party, set->name);
        rest = rest_of(sentence, start);
        path_of_entry(path, "", "data_sets", i);
        for (size_t j = set->column_count; j-- > 0 && rest == NULL;) {
            char where[PATH_BYTES];
            (void)snprintf(start, sizeof start, "data set %s.%s, column %s", set->party, set->name,
                           set->column[j].name);
            rest = rest_of(sentence, start);
            path_of_entry(path, path_of_entry(where, "", "data_sets", i), "columns", j);
        }
    }
    return rest;
}

/* The key of an entry that a rule is about, told by a word of its text; "" for the entry. */
static const char *key_of_rule(const char *rule)
{
    static const struct {
        const char *word, *key;
    } keys[] = {{"processing activity", "processing_activity"},
                {"same identity", "identity"},
                {"exchange key", "exchange"},
                {"TLS pin", "tls_pin"},
                {"this name", "name"},
                {"its party", "party"},
                {"its columns", "columns"},
                {"lists an analyst", "analysts"}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strstr(rule, keys[i].word) != NULL) {
            return keys[i].key;
        }
    }
    return "";
}

static sch_err check_whole(const reading *r, const sch_agreement *a)
{
    sch_detail found = {{0}};
    char entry[PATH_BYTES], path[PATH_BYTES], what[SCH_DETAIL_BYTES + 16];
    sch_err err = sch_agreement_check(a, &found);
    if (err.code != SCH_BAD_INPUT) {
        return err;
    }
    const char *rest = find_entry(entry, a, found.text);
    if (rest == NULL) { /* what is left is about the number of parties and owners */
        rest = rest_of(found.text, "the agreement");
        path_of(path, "", rest == NULL ? "" : "parties");
    } else {
        path_of(path, entry, key_of_rule(rest));
    }
    (void)snprintf(what, sizeof what, "is not right: %s", rest == NULL ? found.text : rest);
    return sch_yaml_fail(r->yaml, path, what, r->detail);
}

/* ---- the file ---- */

sch_err sch_agreement_file_parse(sch_agreement *out, const uint8_t *data, size_t bytes, const char *label,
                                 sch_detail *detail)
{
    sch_err err = SCH_NONE;
    void *texts = NULL;
    const sch_yaml yaml = {data, bytes, label};
    const reading r = {&yaml, detail};
    *out = (sch_agreement){0};
    if (bytes > SCH_MAX_AGREEMENT_FILE_BYTES) {
        sch_detail_set(detail, "%s: is larger than %d bytes", label, SCH_MAX_AGREEMENT_FILE_BYTES);
        return sch_fail(SCH_BAD_INPUT, "an agreement's file is too large");
    }
    SCH_TRY(sch_yaml_load(&texts, &sch_texts_schema, &yaml, detail));
    SCH_TRY(take_agreement(out, &r, texts));
    SCH_TRY(check_whole(&r, out));
out:
    sch_yaml_free(&sch_texts_schema, texts);
    if (sch_failed(err)) {
        sch_agreement_clear(out);
    }
    return err;
}

/* A bundle's first field is the agreement, of 128 bytes and more: its tag is a line feed, and its length begins with a
 * byte that begins no key of YAML. */
bool sch_agreement_file_is_bundle(const uint8_t *data, size_t bytes)
{
    return bytes >= 2 && data[0] == 0x0A && data[1] >= 0x80;
}

static sch_err make_bundle(sch_bundle *out, const sch_buf *data, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_agreement agreement = {0};
    sch_buf bytes = {0};
    SCH_TRY(sch_agreement_file_parse(&agreement, data->data, data->bytes, path, detail));
    SCH_TRY(sch_agreement_encode(&bytes, &agreement));
    SCH_TRY(sch_bundle_make(out, bytes.data, bytes.bytes, detail));
out:
    sch_agreement_clear(&agreement);
    sch_buf_clear(&bytes);
    return err;
}

sch_err sch_agreement_file_load(sch_bundle *out, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf data = {0};
    *out = (sch_bundle){0};
    SCH_TRY(sch_file_read(&data, path, SCH_MAX_AGREEMENT_FILE_BYTES, SCH_FILE_PUBLIC, detail));
    if (sch_agreement_file_is_bundle(data.data, data.bytes)) {
        sch_detail found = {{0}};
        err = sch_bundle_decode(out, data.data, data.bytes, &found);
        if (sch_failed(err)) {
            sch_detail_set(detail, "%s: %s", path, sch_detail_or_text(&found, err));
        }
    } else {
        SCH_TRY(make_bundle(out, &data, path, detail));
    }
out:
    sch_buf_clear(&data);
    return err;
}
