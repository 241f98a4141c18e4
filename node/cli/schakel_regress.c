/* schakel_regress.c - schakel regress: a linear regression over columns of several organisations. */
#include <argp.h>

#include "node/cli/ask_command.h"
#include "node/query/formula.h"

static const struct argp_option OPTIONS[] = {
    {"from", 'f', "DATA SETS", 0, "What stands behind FROM in a query: data sets, their joins, and a WHERE", 0},
    {"where", 'w', "CONDITION", 0, "A condition, or a further one", 0},
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
    "After --no-wait, 'schakel result ID --regression' prints the coefficients.\n"
    "\n" SCH_ASK_PASSES_DOC;

static void check(sch_ask_given *given, const struct argp_state *state)
{
    if (given->text == NULL || given->source == NULL) {
        argp_error(state, "give a formula in quotes, and the data sets with --from");
    }
    given->ask.print.analysis = SCH_ANALYSIS_REGRESSION;
}

static sch_err write_sql(sch_buf *out, const sch_ask_given *given, sch_detail *detail)
{
    return sch_formula_sql(out, given->text, given->source, given->where, detail);
}

sch_exit sch_schakel_regress(int argc, char **argv, const char *profile)
{
    static const sch_ask_command COMMAND = {.options = OPTIONS,
                                            .args_doc = "FORMULA",
                                            .doc = DOC,
                                            .one = "one formula at a time; put it in quotes",
                                            .check = check,
                                            .write_sql = write_sql};
    return sch_ask_command_run(&COMMAND, argc, argv, profile);
}
