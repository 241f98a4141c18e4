/* One pass over the expressions: arguments come before those who use them. Each rule reads its arguments' typed entries
 * and fills its own. */
#include "node/query/typing.h"

#include <stdio.h>
#include <string.h>

#include "node/query/nearest.h"
#include "node/query/op_name.h"
#include "node/query/typing_rules.h"

int64_t sch_power_of_ten(unsigned exponent)
{
    int64_t power = 1;
    for (unsigned i = 0; i < exponent && i < SCH_MAX_SCALE; i++) {
        power *= 10;
    }
    return power;
}

uint64_t sch_typed_magnitude(const sch_typed *typed)
{
    uint64_t low = typed->minimum < 0 ? -(uint64_t)typed->minimum : (uint64_t)typed->minimum;
    uint64_t high = typed->maximum < 0 ? -(uint64_t)typed->maximum : (uint64_t)typed->maximum;
    return low > high ? low : high;
}

const char *sch_typing_describe(char out[static SCH_DESCRIPTION_BYTES], const sch_request *request, uint32_t expression)
{
    const sch_expression *e = &request->expression[expression];
    uint64_t position = (uint64_t)e->position + 1;
    if (e->op == SCH_OP_COLUMN) {
        snprintf(out, SCH_DESCRIPTION_BYTES, "%.*s.%.*s (position %llu)", SCH_NAME_BYTES - 1,
                 request->from[e->data_set].alias, SCH_NAME_BYTES - 1, e->text, (unsigned long long)position);
    } else if (e->op == SCH_OP_ORGANISATION) {
        snprintf(out, SCH_DESCRIPTION_BYTES, "ORGANISATION(%.*s) (position %llu)", SCH_NAME_BYTES - 1,
                 request->from[e->data_set].alias, (unsigned long long)position);
    } else {
        snprintf(out, SCH_DESCRIPTION_BYTES, "%s (position %llu)", sch_op_name(e->op), (unsigned long long)position);
    }
    return out;
}

/* ---- nodes ---- */

/* The first relation of the same node. */
static size_t first_of_node(const sch_request *request, size_t from)
{
    const sch_from *own = &request->from[from];
    for (size_t i = 0; i < from && own->node_count == 1; i++) {
        if (request->from[i].node_count == 1 && strcmp(request->from[i].node[0], own->node[0]) == 0) {
            return i;
        }
    }
    return from;
}

unsigned sch_typing_node_of(const sch_request *request, size_t from)
{
    unsigned number = 0;
    size_t first = first_of_node(request, from);
    for (size_t i = 0; i < first; i++) {
        number += first_of_node(request, i) == i;
    }
    return number;
}

/* ---- what an expression has from its surroundings ---- */

/* Fills in where each expression stands. */
static void place(const sch_scope *s)
{
    const sch_request *r = s->request;
    for (size_t i = 0; i < r->output_count; i++) {
        s->typed[r->output[i].expression].stands |= SCH_STANDS_AFTER;
    }
    for (size_t i = 0; i < r->order_count; i++) {
        s->typed[r->order[i].expression].stands |= SCH_STANDS_AFTER;
    }
    for (size_t i = 0; i < r->group_by_count; i++) {
        s->typed[r->group_by[i]].stands |= SCH_STANDS_KEY;
    }
    if (r->has_where) {
        s->typed[r->where].stands |= SCH_STANDS_BEFORE;
    }
    if (r->has_having) {
        s->typed[r->having].stands |= SCH_STANDS_AFTER;
    }
    for (size_t i = r->expression_count; i-- > 0;) {
        const sch_expression *e = &r->expression[i];
        unsigned stands = s->typed[i].stands & (SCH_STANDS_BEFORE | SCH_STANDS_AFTER);
        if (sch_op_is_aggregate(e->op) || e->op == SCH_OP_BIN) {
            stands = SCH_STANDS_BEFORE;
        }
        for (size_t j = 0; j < e->argument_count; j++) {
            s->typed[e->argument[j]].stands |= (uint8_t)stands;
        }
    }
}

static void inherit(const sch_scope *s)
{
    sch_typed *own = sch_scope_own(s);
    const sch_expression *e = sch_scope_self_of(s);
    uint64_t nodes = 1;
    own->after = sch_op_is_aggregate(e->op) || sch_op_is_after(e->op) || own->stands == SCH_STANDS_AFTER;
    for (size_t i = 0; i < e->argument_count; i++) {
        const sch_typed *argument = sch_scope_typed_argument(s, i);
        own->owners |= argument->owners;
        own->parts |= argument->parts;
        own->nullable = own->nullable || argument->nullable;
        own->own_nullable = own->own_nullable || argument->own_nullable;
        own->after = own->after || argument->after;
        nodes += argument->nodes;
    }
    own->nodes = nodes > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)nodes;
}

/* ---- leaves ---- */

static sch_err unknown_column(const sch_scope *s)
{
    const sch_expression *e = sch_scope_self_of(s);
    const sch_data_set *set = s->data_set[e->data_set];
    const char *alias = s->request->from[e->data_set].alias;
    const char *names[SCH_MAX_COLUMNS];
    size_t count = set->column_count < SCH_MAX_COLUMNS ? set->column_count : SCH_MAX_COLUMNS;
    for (size_t i = 0; i < count; i++) {
        names[i] = set->column[i].name;
    }
    char what[SCH_DESCRIPTION_BYTES];
    sch_typing_describe(what, s->request, s->self);
    const char *nearest = sch_nearest_name(e->text, names, count);
    if (nearest != NULL) {
        sch_detail_set(s->detail, "%s does not exist; did you mean %s.%s?", what, alias, nearest);
    } else {
        char list[256] = "";
        size_t used = 0;
        for (size_t i = 0; i < count && used < sizeof list - SCH_NAME_BYTES - 8; i++) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", names[i]);
            if (used >= sizeof list - SCH_NAME_BYTES - 8 && i + 1 < count) {
                snprintf(list + used, sizeof list - used, ", ...");
            }
        }
        sch_detail_set(s->detail, "%s does not exist; %s has %s", what, alias, list);
    }
    return sch_fail(SCH_BAD_INPUT, "a column does not exist");
}

static uint32_t code_characters(const sch_column *column)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < column->code_count; i++) {
        uint32_t characters = 0;
        for (const char *c = column->code[i]; *c != '\0'; c++) {
            characters += ((unsigned char)*c & 0xC0U) != 0x80U;
        }
        most = characters > most ? characters : most;
    }
    return most;
}

static sch_err type_column(const sch_scope *s)
{
    const sch_expression *e = sch_scope_self_of(s);
    sch_typed *own = &s->typed[s->self];
    const sch_column *column = sch_data_set_find(s->data_set[e->data_set], e->text);
    if (column == NULL) {
        return unknown_column(s);
    }
    own->column = column;
    own->type = column->type;
    own->decimals = column->type == SCH_TYPE_DECIMAL ? column->decimals : 0;
    own->own_nullable = !column->required;
    own->nullable = own->own_nullable || s->request->from[e->data_set].join == SCH_JOIN_LEFT;
    own->owners = (uint16_t)(1U << e->data_set);
    own->parts = (uint16_t)(1U << sch_typing_node_of(s->request, e->data_set));
    own->identifier = column->role == SCH_ROLE_IDENTIFIER;
    own->characters = column->code_count > 0 ? code_characters(column) : UINT32_MAX;
    sch_scope_set_unbounded(own);
    if (column->bounded && column->minimum >= -SCH_MAX_VALUE && column->maximum <= SCH_MAX_VALUE) {
        own->bounded = true;
        own->minimum = column->minimum;
        own->maximum = column->maximum;
    }
    return SCH_NONE;
}

static sch_err type_constant(const sch_scope *s)
{
    const sch_expression *e = sch_scope_self_of(s);
    sch_typed *own = &s->typed[s->self];
    switch (e->op) {
    case SCH_OP_NUMBER:
        if (e->decimals > SCH_MAX_SCALE || e->number > SCH_MAX_VALUE || e->number < -SCH_MAX_VALUE) {
            return sch_scope_refuse(s, s->self, "has too many digits; use at most 18");
        }
        own->type = e->decimals > 0 ? SCH_TYPE_DECIMAL : SCH_TYPE_INTEGER;
        own->decimals = e->decimals;
        break;
    case SCH_OP_DATE:
        own->type = SCH_TYPE_DATE;
        break;
    case SCH_OP_BOOLEAN:
        own->type = SCH_TYPE_BOOLEAN;
        return SCH_NONE;
    case SCH_OP_TEXT:
        own->type = SCH_TYPE_TEXT;
        own->characters = (uint32_t)strnlen(e->text, SCH_MAX_LITERAL_BYTES);
        return SCH_NONE;
    default: /* NULL */
        own->nullable = true;
        own->own_nullable = true;
        return SCH_NONE;
    }
    own->bounded = true;
    own->minimum = e->number;
    own->maximum = e->number;
    return SCH_NONE;
}

/* ---- all ---- */

static sch_err check_identifiers(const sch_scope *s)
{
    const sch_expression *e = sch_scope_self_of(s);
    for (size_t i = 0; i < e->argument_count && e->op != SCH_OP_COUNT_PERSONS; i++) {
        if (sch_scope_typed_argument(s, i)->identifier) {
            return sch_scope_refuse(
                s, e->argument[i],
                "links the data sets and can only be counted; write COUNT(*) or COUNT(DISTINCT ...) of it");
        }
    }
    return SCH_NONE;
}

static sch_err type_leaf(const sch_scope *s)
{
    switch (sch_scope_self_of(s)->op) {
    case SCH_OP_COLUMN:
        return type_column(s);
    case SCH_OP_ORGANISATION:
        return sch_rule_organisation(s);
    default:
        return type_constant(s);
    }
}

static sch_err type_one(const sch_scope *s)
{
    sch_op op = sch_scope_self_of(s)->op;
    bool arithmetic = (op >= SCH_OP_ADD && op < SCH_OP_EQUAL) || op == SCH_OP_ABS;
    if (op < SCH_OP_ADD) {
        return type_leaf(s);
    }
    if (sch_op_is_aggregate(op)) {
        return sch_rule_aggregate(s);
    }
    if (sch_op_is_after(op) || (arithmetic && sch_scope_own(s)->after)) {
        return sch_rule_after(s);
    }
    if (arithmetic) {
        return sch_rule_arithmetic(s);
    }
    if (op < SCH_OP_AND) {
        return sch_rule_comparison(s);
    }
    if (op < SCH_OP_CASE) {
        return sch_rule_logic(s);
    }
    switch (op) {
    case SCH_OP_CASE:
        return sch_rule_case(s);
    case SCH_OP_COALESCE:
        return sch_rule_coalesce(s);
    case SCH_OP_YEAR:
    case SCH_OP_MONTH:
        return sch_rule_date_part(s);
    case SCH_OP_BIN:
        return sch_rule_bin(s);
    default:
        return sch_rule_text_function(s);
    }
}

static sch_err check_condition(const sch_scope *s, const char *clause, uint32_t expression)
{
    sch_type type = s->typed[expression].type;
    if (type == SCH_TYPE_BOOLEAN || type == SCH_TYPE_NONE) {
        return SCH_NONE;
    }
    char what[SCH_DESCRIPTION_BYTES];
    sch_detail_set(s->detail, "%s takes a condition, and %s is %s; write a comparison", clause,
                   sch_typing_describe(what, s->request, expression), sch_type_name(type));
    return sch_fail(SCH_BAD_INPUT, "WHERE and HAVING take conditions");
}

static sch_err check_length(const sch_scope *s)
{
    const sch_request *r = s->request;
    uint64_t written = r->has_where ? s->typed[r->where].nodes : 0;
    written += r->has_having ? s->typed[r->having].nodes : 0;
    for (size_t i = 0; i < r->output_count; i++) {
        written += s->typed[r->output[i].expression].nodes;
    }
    for (size_t i = 0; i < r->order_count; i++) {
        written += s->typed[r->order[i].expression].nodes;
    }
    if (written > SCH_MAX_WRITTEN_NODES) {
        sch_detail_set(s->detail,
                       "the query is too long: written out it has more than %d parts; use fewer or shorter expressions",
                       SCH_MAX_WRITTEN_NODES);
        return sch_fail(SCH_BAD_INPUT, "the request's expressions are too long");
    }
    return SCH_NONE;
}

sch_err sch_typing_make(sch_typed *typed, const sch_request *request, const sch_data_set *const data_set[SCH_MAX_FROM],
                        sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_scope s = {typed, request, data_set, detail, 0};
    for (size_t i = 0; i < request->expression_count; i++) {
        typed[i] = (sch_typed){.nodes = 1};
    }
    place(&s);
    for (uint32_t i = 0; i < request->expression_count; i++) {
        s.self = i;
        inherit(&s);
        SCH_TRY(check_identifiers(&s));
        SCH_TRY(sch_rule_check_after(&s));
        SCH_TRY(type_one(&s));
    }
    SCH_TRY(request->has_where ? check_condition(&s, "WHERE", request->where) : SCH_NONE);
    SCH_TRY(request->has_having ? check_condition(&s, "HAVING", request->having) : SCH_NONE);
    SCH_TRY(check_length(&s));
out:
    return err;
}
