/* Expressions. The statement around them is in local_statement.c. */
#include "node/query/local_sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct printer {
    sch_buf *out;
    const sch_request *request;
    const sch_typed *typed;
    const sch_part *part;
} printer;

static sch_err print(const printer *p, uint32_t expression, sch_type want_type, uint8_t want_decimals);

sch_err sch_local_sql_check(const sch_buf *out)
{
    return sch_check(out->bytes <= SCH_MAX_LOCAL_SQL_BYTES, SCH_BAD_INPUT,
                     "the query is too long when written out for an owner's engine; use fewer or shorter expressions");
}

/* ---- leaves ---- */

sch_err sch_local_sql_text(sch_buf *out, const char *text)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append(out, "'", 1));
    for (const char *c = text; *c != '\0'; c++) {
        SCH_TRY(sch_buf_append(out, "''", *c == '\'' ? 2 : 0));
        SCH_TRY(sch_buf_append(out, c, *c == '\'' ? 0 : 1));
    }
    SCH_TRY(sch_buf_append(out, "'", 1));
out:
    return err;
}

/* Days since 1970-01-01 to a proleptic Gregorian date: eras of 400 years of 146097 days, counted from 0000-03-01, so
 * that the leap day ends a year (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
sch_err sch_local_sql_date(sch_buf *out, int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    return sch_buf_printf(out, "DATE '%04" PRId64 "-%02" PRId64 "-%02" PRId64 "'", year, month, day);
}

static const char *engine_type(sch_type type)
{
    switch (type) {
    case SCH_TYPE_TEXT:
        return "VARCHAR";
    case SCH_TYPE_BOOLEAN:
        return "BOOLEAN";
    case SCH_TYPE_DATE:
        return "DATE";
    default:
        return "BIGINT";
    }
}

/* A number, scaled up by 10^scale. Past 64 bits the engine reads it as a HUGEINT, which only a comparison can meet. */
static sch_err print_number(sch_buf *out, int64_t number, unsigned scale)
{
    unsigned __int128 magnitude = number < 0 ? -(unsigned __int128)number : (unsigned __int128)number;
    magnitude *= (unsigned __int128)sch_power_of_ten(scale);
    char digits[48];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + (int)(magnitude % 10));
        magnitude /= 10;
    } while (magnitude > 0);
    const char *type = sizeof digits - 1 - at > 18 ? "HUGEINT" : "BIGINT";
    return sch_buf_printf(out, "CAST(%s%s AS %s)", number < 0 ? "-" : "", digits + at, type);
}

/* ---- operations ---- */

static const char *infix(sch_op op)
{
    switch (op) {
    case SCH_OP_ADD:
        return " + ";
    case SCH_OP_SUBTRACT:
        return " - ";
    case SCH_OP_MULTIPLY:
        return " * ";
    case SCH_OP_MODULO:
        return " % ";
    case SCH_OP_EQUAL:
        return " = ";
    case SCH_OP_NOT_EQUAL:
        return " <> ";
    case SCH_OP_LESS:
        return " < ";
    case SCH_OP_LESS_EQUAL:
        return " <= ";
    case SCH_OP_GREATER:
        return " > ";
    case SCH_OP_GREATER_EQUAL:
        return " >= ";
    case SCH_OP_LIKE:
        return " LIKE ";
    case SCH_OP_NOT_LIKE:
        return " NOT LIKE ";
    case SCH_OP_AND:
        return " AND ";
    case SCH_OP_OR:
        return " OR ";
    default:
        return NULL;
    }
}

/* before, arguments first to last with separators between them, after. */
static sch_err print_list(const printer *p, const sch_expression *e, size_t first, const char *before,
                          const char *between, const char *after, sch_type want_type, uint8_t want_decimals)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(p->out, before));
    for (size_t i = first; i < e->argument_count; i++) {
        SCH_TRY(sch_buf_append_text(p->out, i > first ? between : ""));
        SCH_TRY(print(p, e->argument[i], want_type, want_decimals));
    }
    SCH_TRY(sch_buf_append_text(p->out, after));
out:
    return err;
}

static sch_err print_membership(const printer *p, const sch_expression *e, const sch_typed *t)
{
    sch_err err = SCH_NONE;
    bool between = e->op == SCH_OP_BETWEEN || e->op == SCH_OP_NOT_BETWEEN;
    bool negated = e->op == SCH_OP_NOT_IN || e->op == SCH_OP_NOT_BETWEEN;
    SCH_TRY(sch_buf_append_text(p->out, "("));
    SCH_TRY(print(p, e->argument[0], t->operand_type, t->operand_decimals));
    SCH_TRY(sch_buf_append_text(p->out, negated ? " NOT" : ""));
    SCH_TRY(print_list(p, e, 1, between ? " BETWEEN " : " IN (", between ? " AND " : ", ", between ? ")" : "))",
                       t->operand_type, t->operand_decimals));
out:
    return err;
}

static sch_err print_case(const printer *p, const sch_expression *e, const sch_typed *t)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(p->out, "(CASE"));
    for (size_t i = 0; i + 1 < e->argument_count; i += 2) {
        SCH_TRY(sch_buf_append_text(p->out, " WHEN "));
        SCH_TRY(print(p, e->argument[i], SCH_TYPE_BOOLEAN, 0));
        SCH_TRY(sch_buf_append_text(p->out, " THEN "));
        SCH_TRY(print(p, e->argument[i + 1], t->operand_type, t->operand_decimals));
    }
    SCH_TRY(sch_buf_append_text(p->out, " ELSE "));
    SCH_TRY(print(p, e->argument[e->argument_count - 1], t->operand_type, t->operand_decimals));
    SCH_TRY(sch_buf_append_text(p->out, " END)"));
out:
    return err;
}

static sch_err print_substring(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(p->out, "SUBSTRING("));
    SCH_TRY(print(p, e->argument[0], SCH_TYPE_TEXT, 0));
    for (size_t i = 1; i < e->argument_count; i++) {
        SCH_TRY(sch_buf_printf(p->out, ", %" PRId64, p->request->expression[e->argument[i]].number));
    }
    SCH_TRY(sch_buf_append_text(p->out, ")"));
out:
    return err;
}

static sch_err print_function(const printer *p, const sch_expression *e, const sch_typed *t)
{
    switch (e->op) {
    case SCH_OP_NEGATE:
        return print_list(p, e, 0, "(-", "", ")", SCH_TYPE_INTEGER, t->decimals);
    case SCH_OP_ABS:
        return print_list(p, e, 0, "ABS(", "", ")", SCH_TYPE_INTEGER, t->decimals);
    case SCH_OP_IS_NULL:
        return print_list(p, e, 0, "(", "", " IS NULL)", t->operand_type, t->operand_decimals);
    case SCH_OP_IS_NOT_NULL:
        return print_list(p, e, 0, "(", "", " IS NOT NULL)", t->operand_type, t->operand_decimals);
    case SCH_OP_NOT:
        return print_list(p, e, 0, "(NOT ", "", ")", SCH_TYPE_BOOLEAN, 0);
    case SCH_OP_COALESCE:
        return print_list(p, e, 0, "COALESCE(", ", ", ")", t->operand_type, t->operand_decimals);
    case SCH_OP_LOWER:
        return print_list(p, e, 0, "LOWER(", "", ")", SCH_TYPE_TEXT, 0);
    case SCH_OP_UPPER:
        return print_list(p, e, 0, "UPPER(", "", ")", SCH_TYPE_TEXT, 0);
    case SCH_OP_LENGTH:
        return print_list(p, e, 0, "CAST(LENGTH(", "", ") AS BIGINT)", SCH_TYPE_TEXT, 0);
    case SCH_OP_YEAR:
        return print_list(p, e, 0, "CAST(YEAR(", "", ") AS BIGINT)", SCH_TYPE_DATE, 0);
    case SCH_OP_MONTH:
        return print_list(p, e, 0, "CAST(MONTH(", "", ") AS BIGINT)", SCH_TYPE_DATE, 0);
    case SCH_OP_SUBSTRING:
        return print_substring(p, e);
    default:
        return sch_fail(SCH_BUG, "an operation has no form in the engine's SQL");
    }
}

/* The factors of a product and the sides of a remainder keep their own decimals. */
static sch_err print_factors(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    const sch_typed *a = &p->typed[e->argument[0]];
    const sch_typed *b = &p->typed[e->argument[1]];
    SCH_TRY(sch_buf_append_text(p->out, "("));
    SCH_TRY(print(p, e->argument[0], SCH_TYPE_INTEGER, a->decimals));
    SCH_TRY(sch_buf_append_text(p->out, infix(e->op)));
    SCH_TRY(print(p, e->argument[1], SCH_TYPE_INTEGER, b->decimals));
    SCH_TRY(sch_buf_append_text(p->out, ")"));
out:
    return err;
}

/* A date and days: the engine adds an INTEGER to a date, and the difference of two is a BIGINT. */
static sch_err print_date_arithmetic(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < 2; i++) {
        const sch_typed *t = &p->typed[e->argument[i]];
        SCH_TRY(sch_buf_append_text(p->out, i == 0 ? "(" : infix(e->op)));
        SCH_TRY(sch_buf_append_text(p->out, t->type == SCH_TYPE_DATE ? "" : "CAST("));
        SCH_TRY(print(p, e->argument[i], t->type, t->decimals));
        SCH_TRY(sch_buf_append_text(p->out, t->type == SCH_TYPE_DATE ? "" : " AS INTEGER)"));
    }
    SCH_TRY(sch_buf_append_text(p->out, ")"));
out:
    return err;
}

static bool is_date_arithmetic(const printer *p, const sch_expression *e)
{
    return (e->op == SCH_OP_ADD || e->op == SCH_OP_SUBTRACT) &&
           (p->typed[e->argument[0]].type == SCH_TYPE_DATE || p->typed[e->argument[1]].type == SCH_TYPE_DATE);
}

static sch_err print_column(const printer *p, const sch_expression *e)
{
    size_t r = 0;
    while (r < p->part->from_count && p->part->from[r] != e->data_set) {
        r++;
    }
    if (r == p->part->from_count) {
        return sch_fail(SCH_BUG, "a local part uses a column of another");
    }
    return sch_buf_printf(p->out, "r%zu.\"%s\"", r, e->text);
}

static sch_err print_own(const printer *p, uint32_t expression)
{
    const sch_expression *e = &p->request->expression[expression];
    const sch_typed *t = &p->typed[expression];
    switch (e->op) {
    case SCH_OP_COLUMN:
        return print_column(p, e);
    case SCH_OP_TEXT:
        return sch_local_sql_text(p->out, e->text);
    case SCH_OP_BOOLEAN:
        return sch_buf_append_text(p->out, e->number != 0 ? "TRUE" : "FALSE");
    case SCH_OP_DATE:
        return sch_local_sql_date(p->out, e->number);
    case SCH_OP_CASE:
        return print_case(p, e, t);
    case SCH_OP_IN:
    case SCH_OP_NOT_IN:
    case SCH_OP_BETWEEN:
    case SCH_OP_NOT_BETWEEN:
        return print_membership(p, e, t);
    case SCH_OP_MULTIPLY:
    case SCH_OP_MODULO:
        return print_factors(p, e);
    case SCH_OP_ADD:
    case SCH_OP_SUBTRACT:
        if (is_date_arithmetic(p, e)) {
            return print_date_arithmetic(p, e);
        }
        return print_list(p, e, 0, "(", infix(e->op), ")", t->operand_type, t->operand_decimals);
    default:
        return infix(e->op) != NULL ? print_list(p, e, 0, "(", infix(e->op), ")", t->operand_type, t->operand_decimals)
                                    : print_function(p, e, t);
    }
}

/* Scales up to the wanted decimals: within 64 bits where the bounds allow it (arithmetic was checked to), else, in a
 * comparison, as a HUGEINT: 2^63 x 10^18 is below 2^127. */
static sch_err print(const printer *p, uint32_t expression, sch_type want_type, uint8_t want_decimals)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &p->request->expression[expression];
    const sch_typed *t = &p->typed[expression];
    unsigned scale = want_decimals > t->decimals ? (unsigned)(want_decimals - t->decimals) : 0;
    SCH_TRY(sch_local_sql_check(p->out));
    if (e->op == SCH_OP_NULL) {
        SCH_TRY(sch_buf_printf(p->out, "CAST(NULL AS %s)", engine_type(want_type)));
    } else if (e->op == SCH_OP_NUMBER) {
        SCH_TRY(print_number(p->out, e->number, scale));
    } else if (scale == 0 || t->type == SCH_TYPE_NONE) {
        SCH_TRY(print_own(p, expression));
    } else {
        uint64_t room = (uint64_t)SCH_MAX_VALUE / (uint64_t)sch_power_of_ten(scale);
        bool fits = t->bounded && sch_typed_magnitude(t) <= room;
        SCH_TRY(sch_buf_append_text(p->out, fits ? "(" : "(CAST("));
        SCH_TRY(print_own(p, expression));
        SCH_TRY(sch_buf_append_text(p->out, fits ? " * " : " AS HUGEINT) * "));
        SCH_TRY(print_number(p->out, sch_power_of_ten(scale), 0));
        SCH_TRY(sch_buf_append_text(p->out, ")"));
    }
out:
    return err;
}

sch_err sch_local_sql_expression(sch_buf *out, const sch_part *part, uint32_t expression, sch_type want_type,
                                 uint8_t want_decimals)
{
    const printer p = {out, part->request, part->typed, part};
    return print(&p, expression, want_type, want_decimals);
}
