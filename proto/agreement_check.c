/* DESIGN. One function a thing (party, column, data set, analyst, the whole), each a list of rules in the order of the
 * header. A broken rule is a literal text; place_... puts in front where it was broken, by name where the name is one,
 * else by number, since what is not a name is not shown. */
#include <stdio.h>
#include <string.h>

#include "crypto/prim/exchange.h"
#include "proto/agreement.h"

/* Gives the rule's text from the function where it does not hold. */
#define RULE(holds, text)                                                                                              \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            return text;                                                                                               \
        }                                                                                                              \
    } while (0)

enum { PLACE_BYTES = 4 * SCH_NAME_BYTES };

static const char NOT_A_NAME[] = "its name is not a name (a-z, 0-9, _; at most 63)";
static const char LOW_ORDER[] = "its exchange key is of low order: what is agreed with it is known to everybody";

static sch_err fail_at(const char *place, const char *broken, sch_detail *detail)
{
    sch_detail_set(detail, "%s: %s", place, broken);
    return sch_fail(SCH_BAD_INPUT, broken);
}

/* Writes "party cbs", or "party 2" where the name is not one. */
static void place_entry(char out[static PLACE_BYTES], const char *what, const char *name, size_t number)
{
    if (sch_text_is_name(name)) {
        (void)snprintf(out, PLACE_BYTES, "%s %s", what, name);
    } else {
        (void)snprintf(out, PLACE_BYTES, "%s %zu", what, number + 1);
    }
}

/* Writes "data set cbs.banen". */
static void place_set(char out[static PLACE_BYTES], const sch_agreement_data_set *set, size_t number)
{
    if (sch_text_is_name(set->party) && sch_text_is_name(set->name)) {
        (void)snprintf(out, PLACE_BYTES, "data set %s.%s", set->party, set->name);
    } else {
        (void)snprintf(out, PLACE_BYTES, "data set %zu", number + 1);
    }
}

/* ---- texts and keys ---- */

static bool is_text(const char *text)
{
    if (text == NULL) {
        return false;
    }
    size_t bytes = strnlen(text, SCH_MAX_TEXT_BYTES + 1);
    return bytes >= 1 && bytes <= SCH_MAX_TEXT_BYTES && sch_text_is_printable(text, bytes);
}

/* A scheme, a colon, and at least one character more; ASCII without blanks (RFC 3986, section 3). */
static bool is_uri(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (!is_text(text) || strspn(text, letters) == 0) {
        return false;
    }
    size_t scheme = strcspn(text, ":");
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
        bool tail = (text[i] >= '0' && text[i] <= '9') || text[i] == '+' || text[i] == '-' || text[i] == '.';
        if (i < scheme && strchr(letters, text[i]) == NULL && !tail) {
            return false;
        }
    }
    return text[scheme] == ':' && text[scheme + 1] != '\0';
}

static bool is_oin(const char oin[static SCH_OIN_BYTES])
{
    for (size_t i = 0; i < SCH_OIN_BYTES - 1; i++) {
        char c = oin[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return oin[SCH_OIN_BYTES - 1] == '\0';
}

static bool is_key(const uint8_t key[static SCH_AGREEMENT_KEY_BYTES])
{
    static const uint8_t none[SCH_AGREEMENT_KEY_BYTES] = {0};
    return memcmp(key, none, sizeof none) != 0;
}

/* Whether secrets can be agreed with an X25519 key: with one of low order everybody gets the same point, zero, whatever
 * their secret key (RFC 7748, section 6.1; https://cr.yp.to/ecdh.html lists them). So any scalar tells. */
static bool is_exchange_key(const uint8_t key[static SCH_AGREEMENT_KEY_BYTES])
{
    static const uint8_t scalar[SCH_EXCHANGE_SECRET_BYTES] = {8};
    uint8_t point[SCH_EXCHANGE_PUBLIC_BYTES];
    return !sch_failed(sch_exchange_point(point, scalar, key));
}

static bool same_key(const uint8_t a[static SCH_AGREEMENT_KEY_BYTES], const uint8_t b[static SCH_AGREEMENT_KEY_BYTES])
{
    return memcmp(a, b, SCH_AGREEMENT_KEY_BYTES) == 0;
}

/* ---- parties ---- */

static const char *check_role(const sch_agreement_party *p)
{
    RULE(p->role == SCH_AGREEMENT_OWNER || p->role == SCH_AGREEMENT_HELPER, "its role is neither owner nor helper");
    RULE(p->approval >= SCH_APPROVAL_AUTOMATIC && p->approval <= SCH_APPROVAL_TWO_OPERATORS,
         "its approval is neither automatic, operator nor two operators");
    if (p->role == SCH_AGREEMENT_OWNER) {
        RULE(p->min_persons >= 1 && p->min_persons <= SCH_MAX_MIN_PERSONS, "its min_persons is not 1 to 1,000,000");
        return NULL;
    }
    RULE(p->approval == SCH_APPROVAL_AUTOMATIC, "a helper's approval is automatic");
    RULE(p->min_persons == 0, "a helper has no min_persons");
    RULE(!p->show_zero, "a helper does not say whether empty cells may be known");
    return NULL;
}

static const char *check_party(const sch_agreement *a, size_t number)
{
    const sch_agreement_party *p = &a->party[number];
    RULE(sch_text_is_name(p->name), NOT_A_NAME);
    RULE(is_text(p->organisation), "its organisation is missing, longer than 1000 bytes, or not printable UTF-8");
    RULE(is_oin(p->oin), "its OIN is not 20 letters and digits");
    RULE(memchr(p->address, '\0', sizeof p->address) != NULL && sch_text_is_address(p->address),
         "its address is not host:port");
    RULE(is_key(p->identity) && is_key(p->exchange) && is_key(p->tls_pin), "one of its keys is missing");
    RULE(is_exchange_key(p->exchange), LOW_ORDER);
    const char *broken = check_role(p);
    RULE(broken == NULL, broken);
    RULE(is_uri(p->processing_activity), "its processing activity is missing, or is not a URI");
    for (size_t i = 0; i < number; i++) {
        RULE(strcmp(a->party[i].name, p->name) != 0, "there are two parties of this name");
        RULE(!same_key(a->party[i].identity, p->identity), "an earlier party has the same identity");
        RULE(!same_key(a->party[i].tls_pin, p->tls_pin), "an earlier party has the same TLS pin");
    }
    return NULL;
}

static sch_err check_parties(const sch_agreement *a, sch_detail *detail)
{
    size_t owners = 0;
    for (size_t i = 0; i < a->party_count; i++) {
        const char *broken = check_party(a, i);
        if (broken != NULL) {
            char place[PLACE_BYTES];
            place_entry(place, "party", a->party[i].name, i);
            return fail_at(place, broken, detail);
        }
        owners += a->party[i].role == SCH_AGREEMENT_OWNER;
    }
    return owners >= 2 ? SCH_NONE : fail_at("the agreement", "it has fewer than 2 owners", detail);
}

/* ---- analysts ---- */

static const char *check_analyst_keys(const sch_agreement *a, size_t number)
{
    const sch_agreement_analyst *n = &a->analyst[number];
    for (size_t i = 0; i < number; i++) {
        const sch_agreement_analyst *other = &a->analyst[i];
        RULE(strcmp(other->name, n->name) != 0, "there are two analysts of this name");
        RULE(!same_key(other->identity, n->identity) && !same_key(other->exchange, n->exchange) &&
                 !same_key(other->tls_pin, n->tls_pin),
             "an earlier analyst has one of the same keys");
    }
    for (size_t i = 0; i < a->party_count; i++) {
        const sch_agreement_party *party = &a->party[i];
        RULE(strcmp(party->name, n->name) != 0, "a party has this name too");
        RULE(!same_key(party->identity, n->identity) && !same_key(party->exchange, n->exchange) &&
                 !same_key(party->tls_pin, n->tls_pin),
             "a party has one of the same keys");
    }
    return NULL;
}

static const char *check_analyst(const sch_agreement *a, size_t number)
{
    const sch_agreement_analyst *n = &a->analyst[number];
    RULE(sch_text_is_name(n->name), NOT_A_NAME);
    RULE(is_text(n->organisation), "the organisation is missing, longer than 1000 bytes, or not printable UTF-8");
    RULE(is_oin(n->oin), "the OIN is not 20 letters and digits");
    RULE(is_key(n->identity) && is_key(n->exchange) && is_key(n->tls_pin), "one of the keys is missing");
    RULE(is_exchange_key(n->exchange), LOW_ORDER);
    RULE(n->valid_until.value > 0 && n->valid_until.value <= SCH_MAX_TIME_MS, "valid_until is missing or out of range");
    return check_analyst_keys(a, number);
}

static sch_err check_analysts(const sch_agreement *a, sch_detail *detail)
{
    for (size_t i = 0; i < a->analyst_count; i++) {
        const char *broken = check_analyst(a, i);
        if (broken != NULL) {
            char place[PLACE_BYTES];
            place_entry(place, "analyst", a->analyst[i].name, i);
            return fail_at(place, broken, detail);
        }
    }
    return SCH_NONE;
}

/* ---- data sets ---- */

/* By whom a column may be used. */
static const char *check_column_analysts(const sch_agreement *a, const sch_agreement_column *c)
{
    bool listed[SCH_MAX_AGREEMENT_ANALYSTS] = {false};
    RULE(c->analyst_count <= SCH_MAX_AGREEMENT_ANALYSTS, "it lists more than 200 analysts");
    RULE(c->analyst_count == 0 || c->analyst != NULL, "its analysts are missing");
    for (size_t i = 0; i < c->analyst_count; i++) {
        RULE(sch_text_is_name(c->analyst[i]), "one of its analysts' names is not a name");
        const sch_agreement_analyst *analyst = sch_agreement_find_analyst(a, c->analyst[i]);
        RULE(analyst != NULL, "it lists an analyst who is not in the agreement");
        size_t number = (size_t)(analyst - a->analyst);
        RULE(!listed[number], "it lists an analyst twice");
        listed[number] = true;
    }
    return NULL;
}

static const char *check_column(const sch_agreement *a, const sch_agreement_data_set *set, size_t number)
{
    const sch_agreement_column *c = &set->column[number];
    RULE(sch_text_is_name(c->name), NOT_A_NAME);
    RULE((c->uses & ~(uint32_t)SCH_USE_ALL) == 0, "it has a use that this version does not know");
    for (size_t i = 0; i < number; i++) {
        RULE(strcmp(set->column[i].name, c->name) != 0, "there are two columns of this name");
    }
    return check_column_analysts(a, c);
}

static const char *check_set(const sch_agreement *a, size_t number)
{
    const sch_agreement_data_set *set = &a->data_set[number];
    RULE(sch_text_is_name(set->name), NOT_A_NAME);
    RULE(sch_text_is_name(set->party), "its party's name is not a name");
    const sch_agreement_party *party = sch_agreement_find_party(a, set->party);
    RULE(party != NULL, "its party is not in the agreement");
    RULE(party->role == SCH_AGREEMENT_OWNER, "its party is not an owner");
    for (size_t i = 0; i < number; i++) {
        RULE(strcmp(a->data_set[i].party, set->party) != 0 || strcmp(a->data_set[i].name, set->name) != 0,
             "the party has two data sets of this name");
    }
    RULE(set->column_count >= 1 && set->column_count <= SCH_MAX_COLUMNS, "it has no columns, or more than 256");
    RULE(set->column != NULL, "its columns are missing");
    bool links = false;
    for (size_t i = 0; i < set->column_count; i++) {
        links = links || (set->column[i].uses & SCH_USE_LINK) != 0;
    }
    RULE(links, "none of its columns may be used to link");
    return NULL;
}

static sch_err check_data_set(const sch_agreement *a, size_t number, sch_detail *detail)
{
    const sch_agreement_data_set *set = &a->data_set[number];
    char place[PLACE_BYTES];
    place_set(place, set, number);
    const char *broken = check_set(a, number);
    if (broken != NULL) {
        return fail_at(place, broken, detail);
    }
    for (size_t i = 0; i < set->column_count; i++) {
        broken = check_column(a, set, i);
        if (broken != NULL) {
            char column[PLACE_BYTES];
            place_entry(column, "column", set->column[i].name, i);
            sch_detail_set(detail, "%s, %s: %s", place, column, broken);
            return sch_fail(SCH_BAD_INPUT, broken);
        }
    }
    return SCH_NONE;
}

/* ---- the whole ---- */

static const char *check_texts(const sch_agreement *a)
{
    RULE(is_text(a->title), "its title is missing, longer than 1000 bytes, or not printable UTF-8");
    RULE(is_text(a->purpose), "its purpose is missing, longer than 1000 bytes, or not printable UTF-8");
    RULE(is_text(a->legal_basis), "its legal basis is missing, longer than 1000 bytes, or not printable UTF-8");
    RULE(is_text(a->dpia), "its DPIA's reference is missing, longer than 1000 bytes, or not printable UTF-8");
    RULE(is_text(a->authorisation), "its authorisation is missing, longer than 1000 bytes, or not printable UTF-8");
    RULE(is_text(a->project), "its project is missing, longer than 1000 bytes, or not printable UTF-8");
    return NULL;
}

static const char *check_numbers(const sch_agreement *a)
{
    RULE(a->valid_from.value >= 0 && a->valid_from.value < a->valid_until.value &&
             a->valid_until.value <= SCH_MAX_TIME_MS,
         "it is not valid from one moment until a later one");
    RULE(a->retention_days >= 1 && a->retention_days <= SCH_MAX_RETENTION_DAYS, "its retention is not 1 to 3650 days");
    RULE(a->epoch >= 1, "its epoch is not 1 or more");
    RULE(a->normalisation == SCH_NORMALISATION_VERSION,
         "its normalisation of identifiers is not one that this version knows: 1");
    RULE(a->budget >= 1 && a->budget <= SCH_MAX_BUDGET, "its budget is not 1 to 1,000,000 requests");
    RULE(a->budget_period >= SCH_PERIOD_DAY && a->budget_period <= SCH_PERIOD_YEAR,
         "its budget's period is neither day, week, month nor year");
    RULE(a->case_rule == SCH_CASE_GUARDED || a->case_rule == SCH_CASE_FREE,
         "its rule for CASE is neither guarded nor free");
    RULE(a->max_cells >= 1 && a->max_cells <= SCH_MAX_AGREEMENT_CELLS, "its max_cells is not 1 to 100,000");
    return NULL;
}

static const char *check_counts(const sch_agreement *a)
{
    RULE(a->party_count >= 3 && a->party_count <= SCH_MAX_AGREEMENT_PARTIES, "it has fewer than 3 parties, or over 16");
    RULE(a->party != NULL, "its parties are missing");
    RULE(a->data_set_count >= 1 && a->data_set_count <= SCH_MAX_AGREEMENT_DATA_SETS,
         "it has no data sets, or more than 64");
    RULE(a->data_set != NULL, "its data sets are missing");
    RULE(a->analyst_count >= 1 && a->analyst_count <= SCH_MAX_AGREEMENT_ANALYSTS,
         "it has no analysts, or more than 200");
    RULE(a->analyst != NULL, "its analysts are missing");
    return NULL;
}

static const char *check_whole(const sch_agreement *a)
{
    RULE(sch_text_is_name(a->id), "its id is not a name (a-z, 0-9, _; at most 63)");
    RULE(a->version >= 1, "its version is not 1 or more");
    const char *broken = check_texts(a);
    broken = broken != NULL ? broken : check_numbers(a);
    return broken != NULL ? broken : check_counts(a);
}

sch_err sch_agreement_check(const sch_agreement *agreement, sch_detail *detail)
{
    const char *broken = check_whole(agreement);
    if (broken != NULL) {
        return fail_at("the agreement", broken, detail);
    }
    sch_err err = check_parties(agreement, detail);
    if (!sch_failed(err)) {
        err = check_analysts(agreement, detail);
    }
    for (size_t i = 0; i < agreement->data_set_count && !sch_failed(err); i++) {
        err = check_data_set(agreement, i, detail);
    }
    return err;
}
