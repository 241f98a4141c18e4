/* Functions before aggregation: of dates, of texts, and those that make keys. */
#include "node/query/typing_rules.h"

enum {
    /* The engine's dates lie between the years -5877641 and 5881580. */
    MIN_YEAR = -5877641,
    MAX_YEAR = 5881580,
    MAX_CONSTANT_LENGTH = INT32_MAX,
};

/* ---- dates ---- */

/* The year of a day number (proleptic Gregorian), by Howard Hinnant's days-from-civil turned around: eras of 400 years,
 * each 146097 days, counted from 0000-03-01. */
static int64_t year_of(int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day = z - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    return year + era * 400 + (day_of_year >= 306 ? 1 : 0); /* January and February end the year that began in March */
}

sch_err sch_rule_date_part(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = sch_scope_own(s);
    SCH_TRY(sch_scope_need_type(s, 0, SCH_TYPE_DATE, "takes a date"));
    SCH_TRY(sch_scope_need_one_node(s, "takes a date of one node; take it of each node's date by itself"));
    const sch_typed *date = sch_scope_typed_argument(s, 0);
    own->type = SCH_TYPE_INTEGER;
    /* A date without bounds may be infinite, and then has no year. */
    own->nullable = own->nullable || !date->bounded;
    own->own_nullable = own->own_nullable || !date->bounded;
    sch_range r = {1, 12};
    if (sch_scope_self_of(s)->op == SCH_OP_YEAR) {
        bool known = date->bounded && date->minimum >= SCH_MIN_DATE && date->maximum <= SCH_MAX_DATE;
        r.minimum = known ? year_of(date->minimum) : MIN_YEAR;
        r.maximum = known ? year_of(date->maximum) : MAX_YEAR;
    }
    SCH_TRY(sch_scope_set_range(s, r));
out:
    return err;
}

static bool is_date(const sch_scope *s, size_t i)
{
    return sch_scope_typed_argument(s, i)->type == SCH_TYPE_DATE;
}

/* The days between two dates. */
static sch_err type_duration(const sch_scope *s, sch_range a, sch_range b)
{
    sch_scope_own(s)->type = SCH_TYPE_INTEGER;
    return sch_scope_set_range(s, (sch_range){a.minimum - b.maximum, a.maximum - b.minimum});
}

/* A date moved by days. */
static sch_err type_moved_date(const sch_scope *s, sch_range a, sch_range b)
{
    sch_range r = {a.minimum + b.minimum, a.maximum + b.maximum};
    if (sch_scope_self_of(s)->op == SCH_OP_SUBTRACT) {
        r = (sch_range){a.minimum - b.maximum, a.maximum - b.minimum};
    }
    if (r.minimum < SCH_MIN_DATE || r.maximum > SCH_MAX_DATE) {
        return sch_scope_refuse(s, s->self,
                                "could leave the years 1 to 9999 within the declared ranges; move the date by fewer "
                                "days");
    }
    sch_scope_own(s)->type = SCH_TYPE_DATE;
    return sch_scope_set_range(s, r);
}

sch_err sch_rule_date_arithmetic(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    bool add = sch_scope_self_of(s)->op == SCH_OP_ADD;
    bool both = is_date(s, 0) && is_date(s, 1);
    if (both && add) {
        return sch_scope_refuse(s, s->self, "adds a date to a date; subtract one from the other, or add days to one");
    }
    if (!add && !is_date(s, 0)) {
        return sch_scope_refuse(s, s->self, "subtracts a date from what is none; write the date first");
    }
    for (size_t i = 0; i < 2; i++) {
        const sch_typed *argument = sch_scope_typed_argument(s, i);
        if (!is_date(s, i) && argument->type != SCH_TYPE_NONE && argument->type != SCH_TYPE_INTEGER) {
            return sch_scope_refuse(s, s->self, "moves a date by a whole number of days only");
        }
        SCH_TRY(sch_scope_need_bounds(s, i));
    }
    sch_scope_own(s)->operand_type = SCH_TYPE_DATE;
    sch_range a = sch_scope_range_of(sch_scope_typed_argument(s, 0), 0);
    sch_range b = sch_scope_range_of(sch_scope_typed_argument(s, 1), 0);
    err = both ? type_duration(s, a, b) : type_moved_date(s, a, b);
out:
    return err;
}

/* ---- texts ---- */

/* Start and length are whole constants (sch_request_check). */
static sch_err type_substring(const sch_scope *s)
{
    sch_typed *own = sch_scope_own(s);
    int64_t start = s->request->expression[sch_scope_argument_of(s, 1)].number;
    int64_t length = s->request->expression[sch_scope_argument_of(s, 2)].number;
    if (start > MAX_CONSTANT_LENGTH || length > MAX_CONSTANT_LENGTH) {
        return sch_scope_refuse(s, s->self, "takes a start and a length below 2^31");
    }
    own->characters = (uint64_t)length < own->characters ? (uint32_t)length : own->characters;
    return SCH_NONE;
}

sch_err sch_rule_text_function(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = sch_scope_own(s);
    SCH_TRY(sch_scope_need_type(s, 0, SCH_TYPE_TEXT, "takes text"));
    SCH_TRY(sch_scope_need_one_node(s, "takes a text of one node; take it of each node's text by itself"));
    own->operand_type = SCH_TYPE_TEXT;
    own->characters = sch_scope_typed_argument(s, 0)->characters;
    if (sch_scope_self_of(s)->op == SCH_OP_LENGTH) {
        own->type = SCH_TYPE_INTEGER;
        SCH_TRY(sch_scope_set_range(s, (sch_range){0, own->characters}));
    } else {
        own->type = SCH_TYPE_TEXT;
        sch_scope_set_unbounded(own);
        if (sch_scope_self_of(s)->op == SCH_OP_SUBSTRING) {
            SCH_TRY(type_substring(s));
        }
    }
out:
    return err;
}

/* ---- keys ---- */

sch_err sch_rule_bin(const sch_scope *s)
{
    sch_typed *own = sch_scope_own(s);
    const sch_column *column = sch_scope_typed_argument(s, 0)->column;
    if (column == NULL || column->bin_count == 0) {
        return sch_scope_refuse(s, s->self,
                                "takes a column with declared bins; ask its owner for the key bins of that column in "
                                "the schema");
    }
    if ((own->stands & SCH_STANDS_BEFORE) != 0) {
        return sch_scope_refuse(s, s->self, "is for GROUP BY; compare the column itself here");
    }
    own->type = SCH_TYPE_INTEGER;
    return sch_scope_set_range(s, (sch_range){0, (__int128)column->bin_count - 1});
}

sch_err sch_rule_organisation(const sch_scope *s)
{
    sch_typed *own = sch_scope_own(s);
    uint8_t from = sch_scope_self_of(s)->data_set;
    if (s->request->from[from].node_count < 2) {
        return sch_scope_refuse(s, s->self,
                                "is of one organisation only; ORGANISATION takes the alias of a union, as in FROM "
                                "ALL(...)");
    }
    if ((own->stands & SCH_STANDS_BEFORE) != 0) {
        return sch_scope_refuse(s, s->self, "is for GROUP BY; name the organisations that you want in FROM");
    }
    own->type = SCH_TYPE_TEXT;
    own->characters = SCH_NAME_BYTES - 1;
    own->owners = (uint16_t)(1U << from);
    own->parts = (uint16_t)(1U << sch_typing_node_of(s->request, from));
    sch_scope_set_unbounded(own);
    return SCH_NONE;
}
