#include "tests/support/bend_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends an expression with these arguments; its number in *out. */
static sch_err append(sch_request *r, uint32_t *out, sch_op op, size_t count, const uint32_t *argument)
{
    sch_err err = SCH_NONE;
    uint32_t *copy = calloc(count + 1, sizeof *copy);
    sch_expression *grown = realloc(r->expression, (r->expression_count + 1) * sizeof *grown);
    r->expression = grown != NULL ? grown : r->expression;
    if (copy == NULL || grown == NULL) {
        free(copy);
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    memcpy(copy, argument, count * sizeof *copy);
    r->expression[r->expression_count] = (sch_expression){.op = op, .argument = copy, .argument_count = count};
    *out = (uint32_t)r->expression_count++;
    return err;
}

/* e as op(e, ...), `times` times; e is followed. */
static sch_err wrap(sch_request *r, uint32_t *e, sch_op op, size_t count, long times)
{
    sch_err err = SCH_NONE;
    for (long i = 0; i < times; i++) {
        const uint32_t argument[3] = {*e, *e, *e};
        SCH_TRY(append(r, e, op, count, argument));
    }
out:
    return err;
}

/* The first output that is an aggregate with an argument gets another argument, in an aggregate of its own. */
static sch_err wrap_argument(sch_request *r, sch_op op, size_t count, long times)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < r->output_count; i++) {
        const sch_expression *e = &r->expression[r->output[i].expression];
        if (sch_op_is_aggregate(e->op) && e->argument_count == 1) {
            sch_op aggregate = e->op;
            uint32_t argument = e->argument[0];
            SCH_TRY(wrap(r, &argument, op, count, times));
            SCH_TRY(append(r, &r->output[i].expression, aggregate, 1, &argument));
            return SCH_NONE;
        }
    }
    return sch_fail(SCH_BAD_INPUT, "no output is an aggregate of one argument");
out:
    return err;
}

static sch_err need(bool holds)
{
    return sch_check(holds, SCH_BAD_INPUT, "the query has no such part to bend");
}

/* ---- FROM ---- */

static sch_err add_members(sch_request *r, size_t count)
{
    sch_err err = SCH_NONE;
    sch_from *from = &r->from[0];
    SCH_TRY(need(from->node_count > 1));
    while (from->node_count < count) {
        (void)snprintf(from->node[from->node_count], sizeof from->node[0], "nergens%zu", from->node_count);
        from->node_count++;
    }
out:
    return err;
}

static sch_err bend_from(sch_request *r, const char *how, bool *known)
{
    sch_err err = SCH_NONE;
    sch_from *from = &r->from[0];
    *known = true;
    if (strcmp(how, "member") == 0) {
        SCH_TRY(add_members(r, from->node_count + 1));
    } else if (strcmp(how, "members") == 0) {
        SCH_TRY(add_members(r, SCH_MAX_MEMBERS));
    } else if (strcmp(how, "node") == 0) {
        (void)snprintf(from->node[0], sizeof from->node[0], "nergens");
    } else if (strcmp(how, "again") == 0) {
        SCH_TRY(need(r->from_count < SCH_MAX_FROM));
        r->from[r->from_count] = r->from[r->from_count - 1];
        (void)snprintf(r->from[r->from_count].alias, sizeof from->alias, "again");
        r->from_count++;
    } else {
        *known = false;
    }
out:
    return err;
}

/* ---- GROUP BY ---- */

static sch_err bend_keys(sch_request *r, const char *how, bool *known)
{
    sch_err err = SCH_NONE;
    *known = strncmp(how, "key", 3) == 0;
    if (!*known) {
        return SCH_NONE;
    }
    SCH_TRY(need(r->group_by_count > 0));
    uint32_t *key = &r->group_by[0];
    if (strncmp(how, "key:", 4) == 0) {
        SCH_TRY(append(r, key, (sch_op)strtol(how + 4, NULL, 10), 1, key));
    } else if (strcmp(how, "key_constant") == 0) {
        SCH_TRY(append(r, key, SCH_OP_NUMBER, 0, NULL));
    } else if (strcmp(how, "key_output") == 0) {
        *key = r->output[r->output_count - 1].expression;
    } else if (strcmp(how, "key_beyond") == 0) {
        *key = (uint32_t)r->expression_count;
    } else if (strcmp(how, "key_of_other") == 0) {
        r->expression[*key].data_set = (uint8_t)(r->from_count - 1);
    } else {
        *known = false;
    }
out:
    return err;
}

static sch_err bend_sets(sch_request *r, const char *how, bool *known)
{
    sch_err err = SCH_NONE;
    *known = strncmp(how, "set_", 4) == 0;
    if (!*known) {
        return SCH_NONE;
    }
    SCH_TRY(need(r->set_count > 1));
    if (strcmp(how, "set_beyond") == 0) {
        r->set[1] |= UINT32_C(1) << r->group_by_count;
    } else if (strcmp(how, "set_twice") == 0) {
        r->set[1] = r->set[0];
    } else if (strcmp(how, "set_lacking") == 0) {
        for (size_t i = 0; i < r->set_count; i++) {
            r->set[i] &= ~UINT32_C(1);
        }
    } else {
        *known = false;
    }
out:
    return err;
}

/* ---- expressions ---- */

static sch_err bend_where(sch_request *r, sch_op op, size_t count, long times)
{
    sch_err err = SCH_NONE;
    SCH_TRY(need(r->has_where));
    SCH_TRY(wrap(r, &r->where, op, count, times));
out:
    return err;
}

static sch_err bend_expressions(sch_request *r, const char *how, bool *known)
{
    sch_err err = SCH_NONE;
    const char *colon = strchr(how, ':');
    long times = colon != NULL ? strtol(colon + 1, NULL, 10) : 0;
    size_t length = colon != NULL ? (size_t)(colon - how) : strlen(how);
    *known = true;
    if (strncmp(how, "negate", length) == 0) {
        SCH_TRY(wrap_argument(r, SCH_OP_NEGATE, 1, times));
    } else if (strncmp(how, "share", length) == 0 && length == strlen("share")) {
        SCH_TRY(wrap_argument(r, SCH_OP_COALESCE, 2, times));
    } else if (strncmp(how, "share_and", length) == 0) {
        SCH_TRY(bend_where(r, SCH_OP_AND, 2, times));
    } else if (strncmp(how, "share_case", length) == 0) {
        SCH_TRY(bend_where(r, SCH_OP_CASE, 3, times));
    } else if (strncmp(how, "share_after", length) == 0) {
        SCH_TRY(wrap(r, &r->output[0].expression, SCH_OP_ADD, 2, times));
    } else if (strcmp(how, "output_beyond") == 0) {
        r->output[0].expression = (uint32_t)r->expression_count;
    } else if (strcmp(how, "self") == 0) {
        sch_expression *last = &r->expression[r->expression_count - 1];
        SCH_TRY(need(last->argument_count > 0));
        last->argument[0] = (uint32_t)r->expression_count - 1;
    } else {
        *known = false;
    }
out:
    return err;
}

sch_err bend_request(sch_request *request, const char *how, bool *known)
{
    sch_err err = SCH_NONE;
    sch_err (*const bends[])(sch_request *, const char *, bool *) = {bend_from, bend_keys, bend_sets, bend_expressions};
    *known = false;
    for (size_t i = 0; i < sizeof bends / sizeof bends[0] && !*known; i++) {
        SCH_TRY(bends[i](request, how, known));
    }
out:
    return err;
}
