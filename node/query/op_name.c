#include "node/query/op_name.h"

#include <stddef.h>

static const char *const NAME[] = {
    [SCH_OP_COLUMN] = "column",
    [SCH_OP_NUMBER] = "number",
    [SCH_OP_TEXT] = "text",
    [SCH_OP_BOOLEAN] = "boolean",
    [SCH_OP_DATE] = "date",
    [SCH_OP_NULL] = "NULL",
    [SCH_OP_ORGANISATION] = "ORGANISATION",
    [SCH_OP_ADD] = "+",
    [SCH_OP_SUBTRACT] = "-",
    [SCH_OP_MULTIPLY] = "*",
    [SCH_OP_NEGATE] = "-",
    [SCH_OP_MODULO] = "%",
    [SCH_OP_DIVIDE] = "/",
    [SCH_OP_EQUAL] = "=",
    [SCH_OP_NOT_EQUAL] = "<>",
    [SCH_OP_LESS] = "<",
    [SCH_OP_LESS_EQUAL] = "<=",
    [SCH_OP_GREATER] = ">",
    [SCH_OP_GREATER_EQUAL] = ">=",
    [SCH_OP_IN] = "IN",
    [SCH_OP_NOT_IN] = "NOT IN",
    [SCH_OP_BETWEEN] = "BETWEEN",
    [SCH_OP_NOT_BETWEEN] = "NOT BETWEEN",
    [SCH_OP_IS_NULL] = "IS NULL",
    [SCH_OP_IS_NOT_NULL] = "IS NOT NULL",
    [SCH_OP_LIKE] = "LIKE",
    [SCH_OP_NOT_LIKE] = "NOT LIKE",
    [SCH_OP_AND] = "AND",
    [SCH_OP_OR] = "OR",
    [SCH_OP_NOT] = "NOT",
    [SCH_OP_CASE] = "CASE",
    [SCH_OP_ABS] = "ABS",
    [SCH_OP_COALESCE] = "COALESCE",
    [SCH_OP_LOWER] = "LOWER",
    [SCH_OP_UPPER] = "UPPER",
    [SCH_OP_LENGTH] = "LENGTH",
    [SCH_OP_SUBSTRING] = "SUBSTRING",
    [SCH_OP_YEAR] = "YEAR",
    [SCH_OP_MONTH] = "MONTH",
    [SCH_OP_BIN] = "BIN",
    [SCH_OP_ROUND] = "ROUND",
    [SCH_OP_SQRT] = "SQRT",
    [SCH_OP_LN] = "LN",
    [SCH_OP_EXP] = "EXP",
    [SCH_OP_POWER] = "POWER",
    [SCH_OP_NULLIF] = "NULLIF",
    [SCH_OP_GROUPING] = "GROUPING",
    [SCH_OP_COUNT_ROWS] = "COUNT(*)",
    [SCH_OP_COUNT] = "COUNT",
    [SCH_OP_COUNT_PERSONS] = "COUNT(DISTINCT)",
    [SCH_OP_SUM] = "SUM",
    [SCH_OP_AVG] = "AVG",
    [SCH_OP_VAR_SAMP] = "VAR_SAMP",
    [SCH_OP_VAR_POP] = "VAR_POP",
    [SCH_OP_STDDEV_SAMP] = "STDDEV_SAMP",
    [SCH_OP_STDDEV_POP] = "STDDEV_POP",
    [SCH_OP_COVAR_SAMP] = "COVAR_SAMP",
    [SCH_OP_COVAR_POP] = "COVAR_POP",
    [SCH_OP_CORR] = "CORR",
    [SCH_OP_REGR_COUNT] = "REGR_COUNT",
    [SCH_OP_REGR_SLOPE] = "REGR_SLOPE",
    [SCH_OP_REGR_INTERCEPT] = "REGR_INTERCEPT",
    [SCH_OP_REGR_R2] = "REGR_R2",
    [SCH_OP_REGR_AVGX] = "REGR_AVGX",
    [SCH_OP_REGR_AVGY] = "REGR_AVGY",
    [SCH_OP_PERCENTILE_CONT] = "PERCENTILE_CONT",
    [SCH_OP_PERCENTILE_DISC] = "PERCENTILE_DISC",
};

const char *sch_op_name(sch_op op)
{
    const char *name = (int)op > 0 && (size_t)op < sizeof NAME / sizeof NAME[0] ? NAME[op] : NULL;
    return name == NULL ? "unknown" : name;
}

const char *sch_type_name(sch_type type)
{
    switch (type) {
    case SCH_TYPE_INTEGER:
    case SCH_TYPE_DECIMAL:
        return "a number";
    case SCH_TYPE_TEXT:
        return "text";
    case SCH_TYPE_BOOLEAN:
        return "a boolean";
    case SCH_TYPE_DATE:
        return "a date";
    }
    return "NULL";
}
