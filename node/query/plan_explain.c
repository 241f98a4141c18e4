/* The text of --explain. */
#include <inttypes.h>

#include "node/query/plan.h"

static sch_err print_names(sch_buf *out, const sch_plan *plan, const sch_request *request, const sch_local *local)
{
    sch_err err = SCH_NONE;
    (void)plan;
    for (size_t i = 0; i < local->from_count; i++) {
        const sch_from *from = &request->from[local->from[i]];
        bool left = request->linkage ? local->from[i] > 0 : from->join == SCH_JOIN_LEFT;
        SCH_TRY(sch_buf_printf(out, "%s%s (r%zu, %s in the query%s)", i > 0 ? ", " : "", from->data_set, i, from->alias,
                               left ? ", left joined" : ""));
    }
out:
    return err;
}

static sch_err explain_part(sch_buf *out, const sch_plan *plan, const sch_request *request, size_t part)
{
    sch_err err = SCH_NONE;
    const sch_local *local = &plan->local[part];
    SCH_TRY(sch_buf_append_text(out, "      reads "));
    SCH_TRY(print_names(out, plan, request, local));
    SCH_TRY(sch_buf_printf(out, ", at most %" PRIu64 " rows%s, as\n      %s\n", local->max_rows,
                           local->passes > 0 ? ", all of the file whatever the conditions" : "", local->sql));
    if (part == 0 && local->occurrences > 1) {
        SCH_TRY(sch_buf_printf(
            out, "      a person has up to %" PRIu32 " rows here: each data owner sends its rows once for each\n",
            local->occurrences));
    }
out:
    return err;
}

static sch_err explain_parties(sch_buf *out, const sch_plan *plan, const sch_request *request)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "Who does what\n"));
    for (size_t p = 0; p < plan->party_count; p++) {
        size_t part;
        bool owner = sch_plan_part(plan, (sch_party)p, &part);
        const char *role = !owner                   ? "helper"
                           : part > 0               ? "data owner"
                           : plan->member_count > 1 ? "spine of its own rows"
                                                    : "spine";
        SCH_TRY(sch_buf_printf(out, "  %s (%s)\n", plan->party[p], role));
        if (!owner) {
            SCH_TRY(sch_buf_append_text(out, "      reads nothing\n"));
        } else if (part > 0 || p == 0) {
            SCH_TRY(explain_part(out, plan, request, part));
        } else {
            SCH_TRY(sch_buf_printf(out, "      reads the same of its own as %s\n", plan->party[0]));
        }
    }
    for (size_t m = 0; m < plan->member_count; m++) {
        const sch_cast *cast = &plan->member[m];
        for (size_t d = 0; d + 1 < plan->part_count; d++) {
            SCH_TRY(sch_buf_printf(out, "  %s helps link %s to %s\n", plan->party[cast->helper[d]],
                                   plan->party[cast->data[d]], plan->party[cast->spine]));
        }
    }
    SCH_TRY(sch_buf_printf(out, "  %s and %s end with shares of the table, which only the analyst can add up\n\n",
                           plan->party[plan->member[0].spine], plan->party[plan->member[0].second]));
out:
    return err;
}

/* By which columns, one key after the other. */
static sch_err explain_passes(sch_buf *out, const sch_plan *plan, const sch_request *request)
{
    sch_err err = SCH_NONE;
    if (plan->pass_count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_buf_printf(out, "How rows are linked\n  to %s, by %s", request->from[0].alias,
                           request->from[0].join_column));
    for (size_t i = 0; i < plan->pass_count; i++) {
        SCH_TRY(sch_buf_printf(out, "\n  then by %s: ", plan->pass[i]));
        SCH_TRY(sch_plan_text_key(out, plan, request, i));
    }
    SCH_TRY(sch_buf_append_text(
        out, "\n  A row is linked once, and only by a key that no other row of its file has. Whole files are "
             "aligned:\n  conditions act on what is linked.\n\n"));
out:
    return err;
}

static sch_err explain_learning(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "Who learns what\n"));
    for (sch_party p = 0; p < plan->party_count; p++) {
        SCH_TRY(sch_buf_printf(out, "  %-16s ", plan->party[p]));
        SCH_TRY(sch_plan_text_learns(out, plan, p));
        SCH_TRY(sch_buf_append_text(out, "\n"));
    }
    SCH_TRY(sch_buf_printf(out, "  %-16s %s\n\n", "the analyst", SCH_PLAN_RESULT_LEARNS));
out:
    return err;
}

static const char *place_text(sch_key_place place)
{
    switch (place) {
    case SCH_KEY_SPINE:
        return "known to the spine";
    case SCH_KEY_CODE:
        return "sorted in secret";
    case SCH_KEY_WIDE:
        return "in columns";
    default:
        return "by organisation";
    }
}

static sch_err explain_grouping(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    if (plan->grouping == SCH_GROUPING_KNOWN) {
        return SCH_NONE;
    }
    bool sorted = plan->grouping == SCH_GROUPING_SORTED;
    uint64_t other = sorted ? plan->wide_bytes : plan->sorted_bytes;
    SCH_TRY(sch_buf_printf(out, "  groups of a data owner are %s",
                           sorted ? "made by sorting rows in secret" : "made by a column for each combination"));
    if (other > 0) {
        SCH_TRY(sch_buf_printf(out, "; %s would send %.1f MB",
                               sorted ? "columns for each combination" : "sorting in secret", (double)other / 1e6));
    } else {
        SCH_TRY(sch_buf_append_text(out, "; the other way is not possible here"));
    }
    SCH_TRY(sch_buf_append_text(out, "\n"));
out:
    return err;
}

static sch_err explain_table(sch_buf *out, const sch_plan *plan, const sch_request *request)
{
    sch_err err = SCH_NONE;
    uint64_t rows[SCH_MAX_PARTIES] = {0};
    SCH_TRY(sch_buf_printf(out, "The table\n  %" PRIu32 " cells", plan->cell.base));
    for (size_t i = 0; i < plan->key_count; i++) {
        const sch_plan_key *key = &plan->key[i];
        const sch_expression *e = &request->expression[request->group_by[i]];
        const char *name = key->column != NULL ? key->column->name : "organisation";
        SCH_TRY(
            sch_buf_printf(out, "%s%s.%s (%" PRIu32 ", %s)", i == 0 ? ": " : " x ",
                           request->from[key->bin ? request->expression[e->argument[0]].data_set : e->data_set].alias,
                           name, key->domain, place_text(key->place)));
    }
    if (plan->cell.set_count > 0) {
        SCH_TRY(sch_buf_printf(out, "\n  %" PRIu32 " margins%s", plan->cell.cells - plan->cell.base,
                               plan->cell.shows_base ? "" : "; the cells themselves are not shown"));
    }
    SCH_TRY(sch_buf_printf(out, "\n  %u columns a cell; %u steps a row on shares\n", plan->cell.columns,
                           plan->shape.steps));
    SCH_TRY(explain_grouping(out, plan));
    for (size_t p = 0; p < plan->party_count; p++) {
        size_t part;
        rows[p] = sch_plan_part(plan, (sch_party)p, &part) ? plan->local[part].max_rows : 0;
    }
    SCH_TRY(sch_buf_printf(out, "  at most %.1f MB over the wire in all, where all files are as large as declared\n\n",
                           (double)sch_plan_bytes(plan, rows) / 1e6));
out:
    return err;
}

static sch_err explain_rules(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "The rules\n"));
    if (plan->rules.min_persons > 1) {
        SCH_TRY(sch_buf_printf(out,
                               "  a cell with fewer than %" PRIu32
                               " linked persons is suppressed before anything is opened;\n  an aggregate over a "
                               "column that can be empty counts the persons who have a value,\n  a sum also those "
                               "whose value is not 0; a margin "
                               "that would give a suppressed cell away goes too\n",
                               plan->rules.min_persons));
        if (plan->cell.rule[plan->persons][0].times > 1) {
            SCH_TRY(sch_buf_printf(
                out, "  a person may stand in a cell up to %" PRIu32 " times: it takes %" PRIu64 " rows\n",
                plan->cell.rule[plan->persons][0].times,
                (uint64_t)plan->cell.rule[plan->persons][0].times * plan->rules.min_persons));
        }
    } else {
        SCH_TRY(sch_buf_append_text(out, "  no threshold: every cell that counts anybody is released\n"));
    }
    SCH_TRY(sch_buf_append_text(out, plan->rules.show_zero
                                         ? "  a cell with nobody in it is shown as empty\n"
                                         : "  a cell with nobody in it is suppressed like any small one\n"));
out:
    return err;
}

sch_err sch_plan_explain(sch_buf *out, const sch_plan *plan, const sch_request *request)
{
    sch_err err = SCH_NONE;
    SCH_TRY(explain_parties(out, plan, request));
    SCH_TRY(explain_passes(out, plan, request));
    SCH_TRY(explain_learning(out, plan));
    SCH_TRY(explain_table(out, plan, request));
    SCH_TRY(explain_rules(out, plan));
out:
    return err;
}
