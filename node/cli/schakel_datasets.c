/* schakel_datasets.c - schakel datasets: what the nodes offer. */
#include <argp.h>
#include <inttypes.h>
#include <string.h>

#include "node/cli/schakel.h"
#include "node/cli/session.h"

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

static const char *type_name(sch_type type)
{
    static const char *const NAMES[] = {"", "integer", "decimal", "text", "boolean", "date"};
    return type >= SCH_TYPE_INTEGER && type <= SCH_TYPE_DATE ? NAMES[type] : "";
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

static void print_column(const sch_column *column, bool all_codes)
{
    (void)printf("    %-24s %-10s %-8s", column->name, role_name(column->role),
                 column->role != SCH_ROLE_IDENTIFIER        ? type_name(column->type)
                 : column->identifier == SCH_IDENTIFIER_BSN ? "bsn"
                                                            : "text");
    if (column->bounded && column->type != SCH_TYPE_DATE) {
        (void)printf(" ");
        print_scaled(column->minimum, column->decimals);
        (void)printf(" to ");
        print_scaled(column->maximum, column->decimals);
    }
    if (!column->required && column->role != SCH_ROLE_IDENTIFIER) {
        (void)printf(" may be empty");
    }
    if (column->code_count > 0) {
        (void)printf(" %" PRIu32 " codes:", column->code_count);
        uint32_t shown = all_codes || column->code_count <= CODES_SHOWN ? column->code_count : CODES_SHOWN;
        for (uint32_t i = 0; i < shown; i++) {
            (void)printf(" %s", column->code[i]);
        }
        (void)printf("%s", shown < column->code_count ? " ..." : "");
    }
    (void)printf("%s%s\n", column->description == NULL ? "" : "  # ",
                 column->description == NULL ? "" : column->description);
}

static void print_data_set(const sch_data_set *set, bool all_codes)
{
    (void)printf("  %s: %s a %s%s%s\n", set->name, set->rows_per_person == SCH_ONE_PER_PERSON ? "one row" : "many rows",
                 set->unit, set->description == NULL ? "" : "  # ", set->description == NULL ? "" : set->description);
    for (size_t c = 0; c < set->column_count; c++) {
        print_column(&set->column[c], all_codes);
    }
}

static size_t print_node(const sch_catalog *catalog, const char *name)
{
    size_t printed = 0;
    for (size_t d = 0; d < catalog->data_set_count; d++) {
        if (name != NULL && strcmp(catalog->data_set[d].name, name) != 0) {
            continue;
        }
        if (printed++ == 0) {
            (void)printf("%s  (cells of fewer than %" PRIu32 " persons are suppressed)\n", catalog->node,
                         catalog->min_persons);
        }
        print_data_set(&catalog->data_set[d], name != NULL);
    }
    if (name == NULL && catalog->data_set_count == 0) {
        (void)printf("%s  offers no data sets; it can help with others'\n", catalog->node);
    }
    return printed;
}

/* Nodes of the profile that the called node has no catalogue of. */
static void print_missing(const sch_session *session)
{
    for (size_t n = 0; n < session->profile.node_count; n++) {
        const char *name = session->profile.node[n].card.name;
        bool known = false;
        for (size_t c = 0; c < session->catalog_count; c++) {
            known = known || strcmp(session->catalog[c].node, name) == 0;
        }
        if (!known) {
            (void)printf("%s  is not connected to %s now\n", name,
                         session->profile.node[session->profile.call].card.name);
        }
    }
}

sch_exit sch_schakel_datasets(int argc, char **argv, const char *profile)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_session session = {0};
    arguments given = {0};
    size_t printed = 0;
    const struct argp argp = {
        .parser = parse_option,
        .args_doc = "[DATA_SET]",
        .doc = "Shows what the nodes offer: names, columns and codes, never values. With a name, that data "
               "set with all its codes."};
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    SCH_TRY(sch_session_open(&session, profile, &sch_schakel_stop, &detail));
    for (size_t c = 0; c < session.catalog_count; c++) {
        printed += print_node(&session.catalog[c], given.name);
    }
    if (given.name == NULL) {
        print_missing(&session);
    } else if (printed == 0) {
        sch_detail_set(&detail, "no node offers a data set called %.63s; 'schakel datasets' lists them", given.name);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "there is no such data set"));
    }
out:
    sch_session_close(&session);
    return sch_cli_report(err, &detail);
}
