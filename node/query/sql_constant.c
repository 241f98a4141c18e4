#include <stdio.h>
#include <string.h>

#include "node/query/sql_state.h"

/* ---- numbers ---- */

/* Reads [-]digits[.digits] exactly as written. Gives false where it is not of that form or does not fit. */
static bool read_number(const char *text, int64_t *number, uint8_t *decimals)
{
    bool negative = text[0] == '-';
    bool fraction = false;
    size_t digits = 0;
    int64_t value = 0;
    *decimals = 0;
    for (const char *c = text + negative; *c != '\0'; c++) {
        if (*c == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (*c < '0' || *c > '9') {
            return false;
        }
        int64_t digit = negative ? -(*c - '0') : *c - '0';
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value)) {
            return false;
        }
        *decimals = (uint8_t)(*decimals + fraction);
        if (*decimals > SCH_MAX_NUMBER_DECIMALS) {
            return false;
        }
        digits++;
    }
    *number = value;
    return digits > 0;
}

static sch_err add_decimal(sch_sql *sql, uint32_t *out, const char *text, size_t position)
{
    int64_t number = 0;
    uint8_t decimals = 0;
    if (text == NULL || !read_number(text, &number, &decimals)) {
        return sch_sql_fail(
            sql, position,
            "a number is written in full and fits in 64 bits, decimals included, with at most %d decimals",
            SCH_MAX_NUMBER_DECIMALS);
    }
    return sch_sql_add_number(sql, out, SCH_OP_NUMBER, position, number, decimals);
}

sch_err sch_sql_constant(sch_sql *sql, uint32_t *out, const PgQuery__AConst *constant, size_t near)
{
    size_t position = sch_sql_place(sql, constant->location, near);
    if (constant->isnull) {
        return sch_sql_add(sql, out, SCH_OP_NULL, position, NULL, 0);
    }
    switch (constant->val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
        return sch_sql_add_number(sql, out, SCH_OP_NUMBER, position, constant->ival->ival, 0);
    case PG_QUERY__A__CONST__VAL_FVAL:
        return add_decimal(sql, out, constant->fval->fval, position);
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
        return sch_sql_add_number(sql, out, SCH_OP_BOOLEAN, position, constant->boolval->boolval != 0, 0);
    case PG_QUERY__A__CONST__VAL_SVAL:
        return sch_sql_add_text(sql, out, position, constant->sval->sval == NULL ? "" : constant->sval->sval);
    default:
        return sch_sql_fail(sql, position, "bit strings are not supported: write a number or a text");
    }
}

/* ---- dates ---- */

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar; year 1 to 9999. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t past = year - 1; /* years that are over, and their leap days */
    int64_t days = past * 365 + past / 4 - past / 100 + past / 400;
    days += before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
    return days + SCH_MIN_DATE;
}

/* Reads exactly YYYY-MM-DD. */
static bool read_date(const char *text, int64_t *days)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const char form[] = "dddd-dd-dd";
    if (strlen(text) != sizeof form - 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof form - 1; i++) {
        bool fits = form[i] == '-' ? text[i] == '-' : text[i] >= '0' && text[i] <= '9';
        if (!fits) {
            return false;
        }
    }
    int year = 0, month = 0, day = 0;
    if (sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3 || year < 1 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    if (day > length[month - 1] + (month == 2 && is_leap(year))) {
        return false;
    }
    *days = days_since_1970(year, month, day);
    return true;
}

static bool is_date_type(const PgQuery__TypeName *type)
{
    if (type == NULL || type->n_names < 1 || type->n_names > 2 || type->n_typmods > 0 || type->n_array_bounds > 0) {
        return false;
    }
    bool system = type->n_names == 1 || strcmp(sch_sql_string(type->names[0]), "pg_catalog") == 0;
    return system && !type->setof && strcmp(sch_sql_string(type->names[type->n_names - 1]), "date") == 0;
}

/* Whether an expression is a date as it is: a constant, or a column of dates. */
static bool is_date(const sch_sql *sql, const sch_expression *e)
{
    const sch_column *column = e->op == SCH_OP_COLUMN ? sch_data_set_find(sql->data_set[e->data_set], e->text) : NULL;
    return e->op == SCH_OP_DATE || (column != NULL && column->type == SCH_TYPE_DATE);
}

/* A text as a date; or date::date, which is the date itself. */
sch_err sch_sql_cast(sch_sql *sql, uint32_t *out, const PgQuery__TypeCast *cast, unsigned depth, size_t near)
{
    sch_err err = SCH_NONE;
    size_t position = cast->type_name == NULL ? near : sch_sql_place(sql, cast->type_name->location, near);
    position = sch_sql_place(sql, cast->location, position);
    const PgQuery__Node *argument = cast->arg;
    bool text = argument != NULL && argument->node_case == PG_QUERY__NODE__NODE_A_CONST &&
                argument->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL && !argument->a_const->isnull &&
                argument->a_const->sval->sval != NULL;
    bool date = is_date_type(cast->type_name);
    int64_t days = 0;
    if (date && text) {
        return read_date(argument->a_const->sval->sval, &days)
                   ? sch_sql_add_number(sql, out, SCH_OP_DATE, position, days, 0)
                   : sch_sql_fail(sql, position,
                                  "this is not a date: write year, month and day, as in DATE '2025-01-31'");
    }
    if (date) {
        SCH_TRY(sch_sql_expression(sql, out, argument, depth + 1, position));
    }
    if (!date || !is_date(sql, &sql->request->expression[*out])) {
        return sch_sql_fail(sql, position,
                            "conversions to another type are not supported, but for dates, DATE '2025-01-31'; numbers "
                            "keep their decimals without one");
    }
out:
    return err;
}
