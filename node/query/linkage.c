#include "node/query/linkage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/typing.h"

static const char LINKED[] = "_linked";
static const char SHARE[] = "_share";

enum {
    EXPRESSIONS_A_DATA_SET = 3, /* of the first one: 2 */
    OUTPUTS_A_DATA_SET = 2,     /* of the first one: 1 */
    MAX_ALIAS_BYTES = SCH_NAME_BYTES - (int)sizeof LINKED,
};

static sch_err refuse(const char *text)
{
    return sch_fail(SCH_BAD_INPUT, text);
}

/* ---- what a report cannot be asked of ---- */

/* The column that a key is made of, or the organisation. */
static uint32_t source_of(const sch_request *r, uint32_t key)
{
    return r->expression[key].op == SCH_OP_BIN ? r->expression[key].argument[0] : key;
}

static sch_err check_keys(const sch_request *r, sch_detail *detail)
{
    for (size_t i = 0; i < r->group_by_count; i++) {
        uint32_t source = source_of(r, r->group_by[i]);
        if (r->expression[source].data_set != 0) {
            char what[SCH_DESCRIPTION_BYTES];
            sch_detail_set(
                detail,
                "LINKAGE() groups by columns of %s alone, the first data set in FROM, and %s is of another, of "
                "which those who are not linked have none; leave it out of GROUP BY",
                r->from[0].alias, sch_typing_describe(what, r, source));
            return refuse("a report of linkage groups by a column of another data set than the first");
        }
    }
    return SCH_NONE;
}

/* Columns in WHERE: from the condition down, an argument has a lower number than who uses it. */
static sch_err check_where(const sch_request *r, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    bool *in_where = calloc(r->expression_count + 1, sizeof *in_where);
    SCH_TRY(sch_check(in_where != NULL, SCH_NO_MEMORY, "no memory for the report of linkage"));
    in_where[r->where] = r->has_where;
    for (uint32_t i = (uint32_t)r->expression_count; i-- > 0;) {
        const sch_expression *e = &r->expression[i];
        for (size_t k = 0; in_where[i] && k < e->argument_count; k++) {
            in_where[e->argument[k]] = true;
        }
        if (in_where[i] && e->op == SCH_OP_COLUMN && e->data_set != 0) {
            char what[SCH_DESCRIPTION_BYTES];
            sch_detail_set(
                detail,
                "LINKAGE() takes conditions on %s alone, the first data set in FROM, and WHERE has %s; leave that "
                "condition out",
                r->from[0].alias, sch_typing_describe(what, r, i));
            SCH_TRY(refuse("a report of linkage has a condition on another data set than the first"));
        }
    }
out:
    free(in_where);
    return err;
}

/* Whether each row of the table is about one organisation. */
static bool keeps_organisations_apart(const sch_request *r)
{
    uint32_t key = 0;
    for (size_t i = 0; i < r->group_by_count; i++) {
        key |= r->expression[r->group_by[i]].op == SCH_OP_ORGANISATION ? UINT32_C(1) << i : 0;
    }
    bool apart = key != 0;
    for (size_t i = 0; i < r->set_count; i++) {
        apart = apart && (r->set[i] & key) != 0;
    }
    return apart;
}

static sch_err check_union(const sch_request *r, sch_detail *detail)
{
    for (size_t i = 1; i < r->from_count; i++) {
        if (r->from[i].node_count > 1) {
            sch_detail_set(detail,
                           "LINKAGE() is about the first data set in FROM, to which the others are LEFT joined, and "
                           "a union cannot be that; write the union %s first",
                           r->from[i].alias);
            return refuse("a report of linkage has a union that is not the first data set");
        }
    }
    if (r->from[0].node_count > 1 && !keeps_organisations_apart(r)) {
        sch_detail_set(
            detail,
            "LINKAGE() counts persons, and cannot tell that a person at two organisations of %s is one; group by "
            "ORGANISATION(%s) in every grouping set: then such a person counts at each of them",
            r->from[0].alias, r->from[0].alias);
        return refuse("a report of linkage brings organisations of a union together");
    }
    return SCH_NONE;
}

static sch_err check_bounds(const sch_request *r, sch_detail *detail)
{
    size_t outputs = r->from_count * OUTPUTS_A_DATA_SET - 1;
    size_t expressions = r->from_count * EXPRESSIONS_A_DATA_SET - 1;
    if (r->output_count + outputs > SCH_MAX_OUTPUTS) {
        sch_detail_set(detail,
                       "LINKAGE() stands for %zu outputs here, and with the others these are more than %d; leave some "
                       "out",
                       outputs, SCH_MAX_OUTPUTS);
        return refuse("a report of linkage has too many outputs");
    }
    if (r->expression_count + expressions > SCH_MAX_EXPRESSIONS) {
        sch_detail_set(detail,
                       "LINKAGE() stands for %zu expressions here, and with the others these are more than %d; ask a "
                       "shorter query",
                       expressions, SCH_MAX_EXPRESSIONS);
        return refuse("a report of linkage has too many expressions");
    }
    for (size_t i = 1; i < r->from_count; i++) {
        if (strlen(r->from[i].alias) > MAX_ALIAS_BYTES) {
            sch_detail_set(detail,
                           "LINKAGE() makes the heading %s%s, which is too long; give %s an alias of at most %d bytes",
                           r->from[i].alias, LINKED, r->from[i].data_set, MAX_ALIAS_BYTES);
            return refuse("a report of linkage has too long a heading");
        }
    }
    return SCH_NONE;
}

sch_err sch_linkage_check_margins(const sch_request *r, const sch_data_set *first, sch_detail *detail)
{
    if (r->linkage && r->set_count > 0 && first->rows_per_person != SCH_ONE_PER_PERSON) {
        sch_detail_set(
            detail,
            "LINKAGE() counts persons, who may have several rows in %s and stand in a margin more than once; "
            "leave out ROLLUP, CUBE and GROUPING SETS, and ask for the totals by themselves",
            r->from[0].alias);
        return refuse("a report of linkage has margins over several rows a person");
    }
    return SCH_NONE;
}

/* ---- what it stands for ---- */

static sch_err copy_expression(sch_expression *out, const sch_expression *e)
{
    *out = *e;
    out->argument = NULL;
    out->text = NULL;
    if (e->argument_count > 0) {
        out->argument = malloc(e->argument_count * sizeof *e->argument);
    }
    if (out->argument != NULL) {
        memcpy(out->argument, e->argument, e->argument_count * sizeof *e->argument);
    }
    if (e->text != NULL) {
        out->text = strdup(e->text);
    }
    bool whole = (out->argument != NULL) == (e->argument_count > 0) && (out->text != NULL) == (e->text != NULL);
    return sch_check(whole, SCH_NO_MEMORY, "no memory for the report of linkage");
}

/* Appends an expression; there is room. */
static sch_err add(sch_request *r, uint32_t *number, const sch_expression *e)
{
    *number = (uint32_t)r->expression_count++;
    return copy_expression(&r->expression[*number], e);
}

/* COUNT(DISTINCT identifier) of a data set. */
static sch_err add_count(sch_request *r, uint32_t *number, size_t from)
{
    sch_err err = SCH_NONE;
    uint32_t column;
    const sch_expression identifier = {
        .op = SCH_OP_COLUMN, .data_set = (uint8_t)from, .text = r->from[from].join_column};
    SCH_TRY(add(r, &column, &identifier));
    SCH_TRY(add(r, number, &(sch_expression){.op = SCH_OP_COUNT_PERSONS, .argument = &column, .argument_count = 1}));
out:
    return err;
}

static void add_output(sch_request *r, uint32_t expression, const char *alias, const char *ending)
{
    sch_output *output = &r->output[r->output_count++];
    *output = (sch_output){.expression = expression};
    (void)snprintf(output->name, sizeof output->name, "%.*s%s", MAX_ALIAS_BYTES, alias, ending);
}

static sch_err add_report(sch_request *r)
{
    sch_err err = SCH_NONE;
    uint32_t persons, linked, share;
    SCH_TRY(add_count(r, &persons, 0));
    add_output(r, persons, "", "persons");
    for (size_t i = 1; i < r->from_count; i++) {
        SCH_TRY(add_count(r, &linked, i));
        uint32_t ratio[] = {linked, persons};
        SCH_TRY(add(r, &share, &(sch_expression){.op = SCH_OP_DIVIDE, .argument = ratio, .argument_count = 2}));
        add_output(r, linked, r->from[i].alias, LINKED);
        add_output(r, share, r->from[i].alias, SHARE);
        r->from[i].join = SCH_JOIN_LEFT;
    }
out:
    return err;
}

sch_err sch_linkage_expand(sch_request *out, const sch_request *request, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint32_t number;
    memset(out, 0, sizeof *out);
    SCH_TRY(sch_check(request->linkage, SCH_BUG, "the request is no report of linkage"));
    SCH_TRY(sch_request_check_query(request, detail));
    SCH_TRY(check_union(request, detail));
    SCH_TRY(check_keys(request, detail));
    SCH_TRY(check_where(request, detail));
    SCH_TRY(check_bounds(request, detail));
    *out = *request;
    out->linkage = false;
    out->expression_count = 0;
    out->expression =
        calloc(request->expression_count + request->from_count * EXPRESSIONS_A_DATA_SET, sizeof *out->expression);
    SCH_TRY(sch_check(out->expression != NULL, SCH_NO_MEMORY, "no memory for the report of linkage"));
    for (size_t i = 0; i < request->expression_count; i++) {
        SCH_TRY(add(out, &number, &request->expression[i]));
    }
    SCH_TRY(add_report(out));
out:
    if (sch_failed(err)) {
        sch_request_clear(out);
    }
    return err;
}
