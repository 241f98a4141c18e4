#include "node/query/op_name.h"

static const char *leaf_or_arithmetic_name(sch_op op)
{
    switch (op) {
    case SCH_OP_COLUMN:
        return "column";
    case SCH_OP_NUMBER:
        return "number";
    case SCH_OP_TEXT:
        return "text";
    case SCH_OP_BOOLEAN:
        return "boolean";
    case SCH_OP_DATE:
        return "date";
    case SCH_OP_NULL:
        return "NULL";
    case SCH_OP_ORGANISATION:
        return "ORGANISATION";
    case SCH_OP_ADD:
        return "+";
    case SCH_OP_SUBTRACT:
    case SCH_OP_NEGATE:
        return "-";
    case SCH_OP_MULTIPLY:
        return "*";
    case SCH_OP_MODULO:
        return "%";
    case SCH_OP_DIVIDE:
        return "/";
    default:
        return NULL;
    }
}

static const char *comparison_name(sch_op op)
{
    switch (op) {
    case SCH_OP_EQUAL:
        return "=";
    case SCH_OP_NOT_EQUAL:
        return "<>";
    case SCH_OP_LESS:
        return "<";
    case SCH_OP_LESS_EQUAL:
        return "<=";
    case SCH_OP_GREATER:
        return ">";
    case SCH_OP_GREATER_EQUAL:
        return ">=";
    case SCH_OP_IN:
        return "IN";
    case SCH_OP_NOT_IN:
        return "NOT IN";
    case SCH_OP_BETWEEN:
        return "BETWEEN";
    case SCH_OP_NOT_BETWEEN:
        return "NOT BETWEEN";
    case SCH_OP_IS_NULL:
        return "IS NULL";
    case SCH_OP_IS_NOT_NULL:
        return "IS NOT NULL";
    case SCH_OP_LIKE:
        return "LIKE";
    case SCH_OP_NOT_LIKE:
        return "NOT LIKE";
    default:
        return NULL;
    }
}

static const char *function_name(sch_op op)
{
    switch (op) {
    case SCH_OP_AND:
        return "AND";
    case SCH_OP_OR:
        return "OR";
    case SCH_OP_NOT:
        return "NOT";
    case SCH_OP_CASE:
        return "CASE";
    case SCH_OP_ABS:
        return "ABS";
    case SCH_OP_COALESCE:
        return "COALESCE";
    case SCH_OP_LOWER:
        return "LOWER";
    case SCH_OP_UPPER:
        return "UPPER";
    case SCH_OP_LENGTH:
        return "LENGTH";
    case SCH_OP_SUBSTRING:
        return "SUBSTRING";
    case SCH_OP_YEAR:
        return "YEAR";
    case SCH_OP_MONTH:
        return "MONTH";
    case SCH_OP_BIN:
        return "BIN";
    case SCH_OP_ROUND:
        return "ROUND";
    case SCH_OP_SQRT:
        return "SQRT";
    case SCH_OP_LN:
        return "LN";
    case SCH_OP_EXP:
        return "EXP";
    case SCH_OP_POWER:
        return "POWER";
    case SCH_OP_NULLIF:
        return "NULLIF";
    case SCH_OP_GROUPING:
        return "GROUPING";
    default:
        return NULL;
    }
}

static const char *aggregate_name(sch_op op)
{
    switch (op) {
    case SCH_OP_COUNT_ROWS:
        return "COUNT(*)";
    case SCH_OP_COUNT:
        return "COUNT";
    case SCH_OP_COUNT_PERSONS:
        return "COUNT(DISTINCT)";
    case SCH_OP_SUM:
        return "SUM";
    case SCH_OP_AVG:
        return "AVG";
    case SCH_OP_VAR_SAMP:
        return "VAR_SAMP";
    case SCH_OP_VAR_POP:
        return "VAR_POP";
    case SCH_OP_STDDEV_SAMP:
        return "STDDEV_SAMP";
    case SCH_OP_STDDEV_POP:
        return "STDDEV_POP";
    case SCH_OP_COVAR_SAMP:
        return "COVAR_SAMP";
    case SCH_OP_COVAR_POP:
        return "COVAR_POP";
    case SCH_OP_CORR:
        return "CORR";
    case SCH_OP_REGR_COUNT:
        return "REGR_COUNT";
    case SCH_OP_REGR_SLOPE:
        return "REGR_SLOPE";
    case SCH_OP_REGR_INTERCEPT:
        return "REGR_INTERCEPT";
    case SCH_OP_REGR_R2:
        return "REGR_R2";
    case SCH_OP_REGR_AVGX:
        return "REGR_AVGX";
    case SCH_OP_REGR_AVGY:
        return "REGR_AVGY";
    case SCH_OP_PERCENTILE_CONT:
        return "PERCENTILE_CONT";
    case SCH_OP_PERCENTILE_DISC:
        return "PERCENTILE_DISC";
    default:
        return NULL;
    }
}

const char *sch_op_name(sch_op op)
{
    const char *name = leaf_or_arithmetic_name(op);
    if (name == NULL) {
        name = comparison_name(op);
    }
    if (name == NULL) {
        name = function_name(op);
    }
    if (name == NULL) {
        name = aggregate_name(op);
    }
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
