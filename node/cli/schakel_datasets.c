/* schakel_datasets.c - schakel datasets: what the nodes offer. */
#include <argp.h>
#include <inttypes.h>
#include <string.h>

#include "node/cli/offers.h"
#include "node/cli/schakel.h"
#include "node/govern/terms.h"

enum { CODES_SHOWN = 12 };

typedef struct arguments {
    const char *name; /* one data set; NULL for all */
} arguments;

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    arguments *given = state->input;
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    if (given->name != NULL) {
        argp_error(state, "one data set at a time");
    }
    given->name = argument;
    return 0;
}

static const char *role_name(sch_column_role role)
{
    static const char *const NAMES[] = {"", "identifier", "dimension", "measure", "attribute"};
    return role >= SCH_ROLE_IDENTIFIER && role <= SCH_ROLE_ATTRIBUTE ? NAMES[role] : "";
}

static void print_scaled(int64_t value, unsigned decimals)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++) {
        unit *= 10;
    }
    (void)printf("%s%" PRIu64, value < 0 ? "-" : "", magnitude / unit);
    if (decimals > 0) {
        (void)printf(".%0*" PRIu64, (int)decimals, magnitude % unit);
    }
}

/* What the agreement lets this analyst use a column for. */
static void print_uses(const sch_agreement_column *column, const char *analyst)
{
    bool theirs = column->analyst_count == 0;
    for (size_t i = 0; i < column->analyst_count; i++) {
        theirs = theirs || strcmp(column->analyst[i], analyst) == 0;
    }
    if (!theirs || column->uses == 0) {
        (void)printf(" [%s]", theirs ? "never" : "not for you");
        return;
    }
    const char *before = " [";
    for (size_t i = 0; i < SCH_TERMS_USES; i++) {
        if ((column->uses & sch_terms_use_of[i].bit) != 0) {
            (void)printf("%s%s", before, sch_terms_use_of[i].word);
            before = ", ";
        }
    }
    (void)printf("]");
}

static void print_codes(const sch_column *column, bool all)
{
    uint32_t shown = all || column->code_count <= CODES_SHOWN ? column->code_count : CODES_SHOWN;
    (void)printf(" %" PRIu32 " codes:", column->code_count);
    for (uint32_t i = 0; i < shown; i++) {
        (void)printf(" %s", column->code[i]);
    }
    (void)printf("%s", shown < column->code_count ? " ..." : "");
}

static void print_column(const sch_column *column, const sch_agreement_column *agreed, const char *analyst,
                         bool all_codes)
{
    (void)printf("    %-24s %-10s %-8s", column->name, role_name(column->role),
                 column->role != SCH_ROLE_IDENTIFIER ? sch_type_word(column->type)
                                                     : sch_identifier_word(column->identifier));
    print_uses(agreed, analyst);
    if (column->bounded && column->type != SCH_TYPE_DATE) {
        (void)printf(" ");
        print_scaled(column->minimum, column->decimals);
        (void)printf(" to ");
        print_scaled(column->maximum, column->decimals);
    }
    if (!column->required && column->role != SCH_ROLE_IDENTIFIER) {
        (void)printf(" may be empty");
    }
    if (column->bin_count > 0) {
        (void)printf(", %u bins: BIN(%s), PERCENTILE", (unsigned)column->bin_count, column->name);
    }
    if (column->code_count > 0) {
        print_codes(column, all_codes);
    }
    (void)printf("%s%s\n", column->description == NULL ? "" : "  # ",
                 column->description == NULL ? "" : column->description);
}

/* Both are there: the catalogue was checked against the agreement. */
static void print_data_set(const sch_data_set *set, const sch_agreement_data_set *agreed, const char *analyst,
                           bool all_codes)
{
    (void)printf("  %s: %s a %s", set->name, set->rows_per_person == SCH_ONE_PER_PERSON ? "one row" : "many rows",
                 set->unit);
    if (set->rows_per_person != SCH_ONE_PER_PERSON && set->max_rows_a_person > 0) {
        (void)printf(", at most %u", (unsigned)set->max_rows_a_person);
    }
    (void)printf("%s%s\n", set->description == NULL ? "" : "  # ", set->description == NULL ? "" : set->description);
    for (size_t c = 0; c < set->column_count; c++) {
        const sch_agreement_column *column = sch_agreement_find_column(agreed, set->column[c].name);
        if (column != NULL) {
            print_column(&set->column[c], column, analyst, all_codes);
        }
    }
    for (size_t k = 0; k < set->link_key_count; k++) {
        char columns[SCH_LINK_KEY_TEXT_BYTES];
        sch_link_key_text(columns, &set->link_key[k]);
        (void)printf("    --pass %-17s link key of %s\n", set->link_key[k].name, columns);
    }
}

static size_t print_node(const sch_offer *offer, const sch_catalog *catalog, const char *analyst, const char *name)
{
    size_t printed = 0;
    for (size_t d = 0; d < catalog->data_set_count; d++) {
        const sch_data_set *set = &catalog->data_set[d];
        const sch_agreement_data_set *agreed =
            sch_agreement_find_data_set(&offer->bundle.agreement, catalog->node, set->name);
        if (agreed == NULL || (name != NULL && strcmp(set->name, name) != 0)) {
            continue;
        }
        if (printed++ == 0) {
            (void)printf("%s  (cells of fewer than %" PRIu32 " persons are suppressed)\n", catalog->node,
                         catalog->min_persons);
        }
        print_data_set(set, agreed, analyst, name != NULL);
    }
    if (name == NULL && catalog->data_set_count == 0) {
        (void)printf("%s  offers no data sets; it can help with others'\n", catalog->node);
    }
    return printed;
}

/* Parties that the called node has no catalogue of. */
static void print_missing(const sch_offer *offer, const sch_session *session)
{
    const sch_agreement *agreement = &offer->bundle.agreement;
    for (size_t p = 0; p < agreement->party_count; p++) {
        if (!sch_offer_has_catalog(offer, agreement->party[p].name)) {
            (void)printf("%s  is not connected to %s now\n", agreement->party[p].name, sch_session_node(session));
        }
    }
}

static bool has_data_set(const sch_offer *offer, const char *name)
{
    bool found = name == NULL;
    for (size_t c = 0; c < offer->catalog_count; c++) {
        found = found || sch_catalog_find(&offer->catalog[c], name) != NULL;
    }
    return found;
}

static size_t print_offer(const sch_offer *offer, const sch_session *session, const char *name)
{
    const sch_agreement *agreement = &offer->bundle.agreement;
    char until[SCH_TERMS_TIME_BYTES];
    size_t printed = 0;
    sch_terms_last(until, agreement->valid_until);
    (void)printf("Agreement %s, version %" PRIu32 ", valid until %s: %s\n", agreement->id, agreement->version, until,
                 agreement->title);
    for (size_t c = 0; c < offer->catalog_count; c++) {
        printed += print_node(offer, &offer->catalog[c], session->profile.analyst, name);
    }
    if (name == NULL) {
        print_missing(offer, session);
    }
    return printed;
}

static sch_err print_offers(const sch_offers *offers, const sch_session *session, const char *name, sch_detail *detail)
{
    size_t printed = 0, agreements = 0;
    for (size_t i = 0; i < offers->count; i++) {
        if (has_data_set(offers->offer[i], name)) {
            (void)printf("%s", agreements++ == 0 ? "" : "\n");
            printed += print_offer(offers->offer[i], session, name);
        }
    }
    if (name != NULL && printed == 0) {
        sch_detail_set(detail, "no node offers a data set called %.63s; 'schakel datasets' lists them", name);
        return sch_fail(SCH_BAD_INPUT, "there is no such data set");
    }
    return SCH_NONE;
}

sch_exit sch_schakel_datasets(int argc, char **argv, const char *profile)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_session session = {0};
    sch_offers offers = {0};
    const sch_offer *first = NULL;
    arguments given = {0};
    const struct argp argp = {
        .parser = parse_option,
        .args_doc = "[DATA_SET]",
        .doc = "Shows what your agreements let you ask of: names, columns, codes, what each column may be used for, "
               "and the link keys for --pass, never values. With a name, that data set with all its codes."};
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    SCH_TRY(sch_session_open(&session, profile, &sch_schakel_stop, &detail));
    SCH_TRY(sch_offers_fetch(&offers, &session, &detail));
    if (offers.count == 0) {
        SCH_TRY(sch_offers_choose(&first, &offers, &session, NULL, &detail)); /* says what that means */
    }
    SCH_TRY(print_offers(&offers, &session, given.name, &detail));
out:
    sch_offers_clear(&offers);
    sch_session_close(&session);
    return sch_cli_report(err, &detail);
}
