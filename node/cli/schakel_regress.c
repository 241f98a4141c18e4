/* schakel_regress.c - schakel regress: a linear regression over columns of several organisations. */
#include <argp.h>
#include <string.h>

#include "node/cli/ask.h"
#include "node/query/formula.h"
#include "node/query/sql.h"

typedef struct arguments {
    const char *formula;
    const char *from;
    const char *where;
    sch_ask ask;
} arguments;

static const struct argp_option OPTIONS[] = {
    {"from", 'f', "DATA SETS", 0, "What stands behind FROM in a query: data sets, their joins, and a WHERE", 0},
    {"where", 'w', "CONDITION", 0, "A condition, or a further one", 0},
    SCH_ASK_OPTIONS,
    {"format", 'F', "FORMAT", 0, "table (default), csv or json", 0},
    {"output", 'o', "FILE", 0, "Write the result to FILE instead of standard output", 0},
    {0},
};

static const char DOC[] =
    "Asks for the sums that a linear regression needs, waits until they have been approved and computed, and prints "
    "the coefficients.\v"
    "Example:\n"
    "  schakel regress \"c.loon ~ b.leeftijd + b.dagen\" --from \"bijstand b JOIN banen c USING (bsn)\" "
    "--where \"c.jaar = 2025\" --purpose \"evaluation of the 2027 programme\"\n"
    "\n"
    "Terms are columns, or expressions of them: a plus sign of their own stands between parentheses, and AS names "
    "them, as in \"CASE WHEN b.traject = 'werk' THEN 1 ELSE 0 END AS werk\". Records in which one of them is NULL are "
    "left out. At most 8 explanatory columns.\n"
    "\n"
    "After --no-wait, 'schakel result ID --regression' prints the coefficients.";

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    arguments *given = state->input;
    switch (key) {
    case 'f':
        given->from = argument;
        return 0;
    case 'w':
        given->where = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (given->formula != NULL) {
            argp_error(state, "one formula at a time; put it in quotes");
        }
        given->formula = argument;
        return 0;
    case ARGP_KEY_END:
        if (given->formula == NULL || given->from == NULL) {
            argp_error(state, "give a formula in quotes, and the data sets with --from");
        }
        given->ask.print.analysis = SCH_ANALYSIS_REGRESSION;
        sch_print_check_options(&given->ask.print, state);
        return 0;
    default:
        return sch_ask_option(&given->ask, key, argument, state);
    }
}

sch_exit sch_schakel_regress(int argc, char **argv, const char *profile)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    arguments given = {.ask.patience_s = SCH_PATIENCE_S};
    sch_buf sql = {0};
    size_t position = SCH_SQL_NO_POSITION;
    const struct argp argp = {.options = OPTIONS, .parser = parse_option, .args_doc = "FORMULA", .doc = DOC};
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    SCH_TRY(sch_formula_sql(&sql, given.formula, given.from, given.where, &detail));
    SCH_TRY(sch_check(sch_buf_text(&sql) != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_ask_run(&given.ask, profile, sch_buf_text(&sql), &position, &detail));
out:;
    sch_exit code = sch_cli_report(err, &detail);
    if (sch_failed(err) && sql.bytes > 0) {
        sch_ask_point_at(sch_buf_text(&sql), position);
    }
    sch_buf_clear(&sql);
    return code;
}
