#include "node/query/linkage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/typing.h"

static const char LINKED[] = "_linked";
static const char SHARE[] = "_share";
static const char BY[] = "_by_";

enum {
    EXPRESSIONS_A_DATA_SET = 3, /* of the first one: 2; without those of passes */
    OUTPUTS_A_DATA_SET = 2,     /* of the first one: 1 */
    MAX_ALIAS_BYTES = SCH_NAME_BYTES - (int)sizeof LINKED,
};

/* Counts of passes that a further data set has: none where it is linked by the identifier alone. */
static size_t pass_counts(const sch_request *r)
{
    return r->pass_count > 0 ? 1 + r->pass_count : 0;
}

/* What the rows that pass p linked were linked by, p <= pass_count: the identifier's name, or the link key's. */
static const char *pass_name(const sch_request *r, size_t from, size_t p)
{
    return p == 0 ? r->from[from].join_column : r->pass[p - 1];
}

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

/* What a report adds. */
static size_t count_outputs(const sch_request *r)
{
    return r->from_count * OUTPUTS_A_DATA_SET - 1 + (r->from_count - 1) * pass_counts(r);
}

static size_t count_expressions(const sch_request *r)
{
    return r->from_count * EXPRESSIONS_A_DATA_SET - 1 + (r->from_count - 1) * pass_counts(r);
}

static sch_err check_headings(const sch_request *r, sch_detail *detail)
{
    for (size_t i = 1; i < r->from_count; i++) {
        const sch_from *from = &r->from[i];
        if (strlen(from->alias) > MAX_ALIAS_BYTES) {
            sch_detail_set(detail,
                           "LINKAGE() makes the heading %s%s, which is too long; give %s an alias of at most %d bytes",
                           from->alias, LINKED, from->data_set, MAX_ALIAS_BYTES);
            return refuse("a report of linkage has too long a heading");
        }
        for (size_t p = 0; p < pass_counts(r); p++) {
            size_t ending = strlen(BY) + strlen(pass_name(r, i, p));
            if (strlen(from->alias) + ending >= SCH_NAME_BYTES) {
                sch_detail_set(detail,
                               "LINKAGE() makes the heading %s%s%s, which is too long: it has %zu bytes, and at most "
                               "%d are possible; give %s a shorter alias, or leave a --pass with so long a name out",
                               from->alias, BY, pass_name(r, i, p), strlen(from->alias) + ending, SCH_NAME_BYTES - 1,
                               from->data_set);
                return refuse("a report of linkage has too long a heading");
            }
        }
    }
    return SCH_NONE;
}

static sch_err check_bounds(const sch_request *r, sch_detail *detail)
{
    size_t outputs = count_outputs(r);
    size_t expressions = count_expressions(r);
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
    return check_headings(r, detail);
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

static sch_err add_identifier(sch_request *r, uint32_t *number, size_t from)
{
    const sch_expression identifier = {
        .op = SCH_OP_COLUMN, .data_set = (uint8_t)from, .text = r->from[from].join_column};
    return add(r, number, &identifier);
}

/* COUNT(DISTINCT identifier): of all who link, or with 1 + p of those whom pass p linked. */
static sch_err add_count(sch_request *r, uint32_t *number, uint32_t identifier, size_t of_pass)
{
    const sch_expression count = {
        .op = SCH_OP_COUNT_PERSONS, .argument = &identifier, .argument_count = 1, .number = (int64_t)of_pass};
    return add(r, number, &count);
}

static sch_err add_output(sch_request *r, uint32_t expression, const char *alias, const char *ending, const char *name)
{
    char heading[3 * SCH_NAME_BYTES];
    sch_output *output = &r->output[r->output_count++];
    *output = (sch_output){.expression = expression};
    (void)snprintf(heading, sizeof heading, "%s%s%s", alias, ending, name);
    return sch_text_copy(output->name, sizeof output->name, heading);
}

static sch_err add_data_set(sch_request *r, size_t from, uint32_t persons)
{
    sch_err err = SCH_NONE;
    uint32_t identifier, linked, share, of_pass;
    const char *alias = r->from[from].alias;
    SCH_TRY(add_identifier(r, &identifier, from));
    SCH_TRY(add_count(r, &linked, identifier, 0));
    uint32_t ratio[] = {linked, persons};
    SCH_TRY(add(r, &share, &(sch_expression){.op = SCH_OP_DIVIDE, .argument = ratio, .argument_count = 2}));
    SCH_TRY(add_output(r, linked, alias, LINKED, ""));
    SCH_TRY(add_output(r, share, alias, SHARE, ""));
    for (size_t p = 0; p < pass_counts(r); p++) {
        SCH_TRY(add_count(r, &of_pass, identifier, 1 + p));
        SCH_TRY(add_output(r, of_pass, alias, BY, pass_name(r, from, p)));
    }
    r->from[from].join = SCH_JOIN_LEFT;
out:
    return err;
}

static sch_err add_report(sch_request *r)
{
    sch_err err = SCH_NONE;
    uint32_t identifier, persons;
    SCH_TRY(add_identifier(r, &identifier, 0));
    SCH_TRY(add_count(r, &persons, identifier, 0));
    SCH_TRY(add_output(r, persons, "", "persons", ""));
    for (size_t i = 1; i < r->from_count; i++) {
        SCH_TRY(add_data_set(r, i, persons));
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
    out->expression = calloc(request->expression_count + count_expressions(request), sizeof *out->expression);
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
