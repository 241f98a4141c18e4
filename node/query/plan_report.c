/* What is said of a plan: its hash, its bytes, its explanation. */
#include <inttypes.h>
#include <string.h>

#include "crypto/prim/hash.h"
#include "node/query/plan.h"

/* ---- hash ---- */

static sch_err put_word(sch_buf *out, uint64_t word)
{
    uint8_t bytes[8];
    sch_put_u64(bytes, word);
    return sch_buf_append(out, bytes, sizeof bytes);
}

/* With its length before it, so that two texts cannot be read as two others. */
static sch_err put_text(sch_buf *out, const char *text)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, strlen(text)));
    SCH_TRY(sch_buf_append_text(out, text));
out:
    return err;
}

static sch_err put_column(sch_buf *out, const sch_column *column)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_text(out, column->name));
    SCH_TRY(put_word(out, column->type));
    SCH_TRY(put_word(out, column->required));
    SCH_TRY(put_word(out, (uint64_t)column->minimum));
    SCH_TRY(put_word(out, (uint64_t)column->maximum));
    SCH_TRY(put_word(out, column->code_count));
    for (uint32_t i = 0; i < column->code_count; i++) {
        SCH_TRY(put_text(out, column->code[i]));
    }
out:
    return err;
}

static sch_err put_parties(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < SCH_PARTIES; i++) {
        SCH_TRY(put_text(out, plan->node[i]));
    }
    for (size_t i = 0; i < 2; i++) {
        const sch_local *local = &plan->local[i];
        SCH_TRY(put_word(out, plan->from[i]));
        SCH_TRY(put_word(out, plan->max_rows[i]));
        SCH_TRY(put_text(out, local->sql));
        SCH_TRY(put_word(out, local->value_count));
        SCH_TRY(put_word(out, local->key_count));
        for (size_t k = 0; k < local->key_count; k++) {
            SCH_TRY(put_text(out, local->key[k]->name));
        }
    }
    SCH_TRY(put_word(out, plan->key_count));
    for (size_t i = 0; i < plan->key_count; i++) {
        SCH_TRY(put_word(out, plan->key[i].owner));
        SCH_TRY(put_word(out, plan->key[i].domain));
        SCH_TRY(put_word(out, plan->key[i].stride));
        SCH_TRY(put_column(out, plan->key[i].column));
    }
out:
    return err;
}

static sch_err put_table(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    const sch_table_shape *shape = &plan->shape;
    SCH_TRY(put_word(out, plan->wide));
    SCH_TRY(put_word(out, shape->groups));
    SCH_TRY(put_word(out, shape->data_columns));
    SCH_TRY(put_word(out, shape->spine_columns));
    SCH_TRY(put_word(out, shape->products));
    for (size_t i = 0; i < shape->products; i++) {
        SCH_TRY(put_word(out, shape->product[i].spine_column));
        SCH_TRY(put_word(out, shape->product[i].data_column));
    }
    for (size_t i = 0; i < sch_table_columns(shape); i++) {
        SCH_TRY(put_word(out, shape->guard[i]));
        SCH_TRY(put_word(out, shape->tells_zero[i]));
    }
    SCH_TRY(put_word(out, plan->output_count));
    for (size_t i = 0; i < plan->output_count; i++) {
        const sch_plan_output *output = &plan->output[i];
        SCH_TRY(put_word(out, output->kind));
        SCH_TRY(put_word(out, output->key));
        SCH_TRY(put_word(out, output->decimals));
        for (size_t w = 0; w < plan->wide; w++) {
            SCH_TRY(put_word(out, output->sum[w]));
            SCH_TRY(put_word(out, output->present[w]));
        }
    }
    for (size_t w = 0; w < plan->wide; w++) {
        SCH_TRY(put_word(out, plan->persons[w]));
    }
    SCH_TRY(put_word(out, plan->rules.min_persons));
    SCH_TRY(put_word(out, plan->rules.show_zero));
out:
    return err;
}

sch_err sch_plan_hash(uint8_t out[static SCH_HASH_BYTES], const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    SCH_TRY(put_text(&bytes, "schakel plan 1"));
    SCH_TRY(put_parties(&bytes, plan));
    SCH_TRY(put_table(&bytes, plan));
    SCH_TRY(sch_hash_bytes(out, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

/* ---- bytes ---- */

static uint64_t count_guards(const sch_table_shape *shape)
{
    uint64_t guards = 0;
    for (uint16_t i = 0; i < sch_table_columns(shape); i++) {
        guards += shape->guard[i] == i;
    }
    return guards;
}

uint64_t sch_plan_bytes(const sch_plan *plan, uint64_t spine_rows, uint64_t data_rows)
{
    typedef unsigned __int128 wide;
    const wide shard_rows = 1 << 17; /* computation.md step 2 */
    wide n_s = spine_rows;
    wide n_d = data_rows;
    wide k = plan->shape.data_columns;
    wide p = plan->shape.products;
    wide m = k + p;
    wide g = plan->shape.groups;
    wide z = (n_s + n_d + shard_rows - 1) / shard_rows;
    wide comparisons = plan->rules.show_zero && plan->rules.min_persons > 1 ? 2 : 1;
    wide bytes = n_s * (24 + 8 * (3 * m - 2 * p) + 24 * p) + n_d * (16 + 8 * k) + z * g * (8 + 16 * m);
    bytes += g * (96 * count_guards(&plan->shape) * comparisons + 40 * m);
    bytes += 32 * m * g;
    return bytes > UINT64_MAX ? UINT64_MAX : (uint64_t)bytes;
}

/* ---- explanation ---- */

static sch_err explain_parties(sch_buf *out, const sch_plan *plan, const sch_request *request)
{
    sch_err err = SCH_NONE;
    static const char *const role[2] = {"spine, one row a person", "data owner"};
    SCH_TRY(sch_buf_append_text(out, "Who does what\n"));
    for (size_t i = 0; i < 2; i++) {
        const sch_from *from = &request->from[plan->from[i]];
        SCH_TRY(
            sch_buf_printf(out, "  %s (%s)\n      reads %s (%s in the query), at most %" PRIu64 " rows, as\n      %s\n",
                           plan->node[i], role[i], from->data_set, from->alias, plan->max_rows[i], plan->local[i].sql));
    }
    SCH_TRY(sch_buf_printf(out, "  %s (helper)\n      reads nothing\n\n", plan->node[SCH_HELPER]));
out:
    return err;
}

static sch_err explain_learning(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    static const char *const what[SCH_PARTIES] = {
        "the numbers of rows that both local parts give; no match, no value of the other, no cell",
        "the numbers of rows that both local parts give; no match, no value of the other, no cell",
        "the numbers of rows that both local parts give and how many link; no identifier, no value, no cell",
    };
    SCH_TRY(sch_buf_append_text(out, "Who learns what\n"));
    for (size_t i = 0; i < SCH_PARTIES; i++) {
        SCH_TRY(sch_buf_printf(out, "  %-16s %s\n", plan->node[i], what[i]));
    }
    SCH_TRY(sch_buf_printf(
        out, "  %-16s the released cells of this query, and the sums and counts that they rest on\n\n", "the analyst"));
out:
    return err;
}

static sch_err explain_table(sch_buf *out, const sch_plan *plan, const sch_request *request)
{
    sch_err err = SCH_NONE;
    const sch_table_shape *shape = &plan->shape;
    SCH_TRY(sch_buf_printf(out, "The table\n  %" PRIu64 " cells", (uint64_t)shape->groups * plan->wide));
    for (size_t i = 0; i < plan->key_count; i++) {
        const sch_plan_key *key = &plan->key[i];
        SCH_TRY(sch_buf_printf(out, "%s%s.%s (%" PRIu32 " of %s)", i == 0 ? ": " : " x ",
                               request->from[plan->from[key->owner]].alias, key->column->name, key->domain,
                               plan->node[key->owner]));
    }
    SCH_TRY(sch_buf_printf(out, "\n  %u columns: %u of %s, %u products with columns of %s\n", sch_table_columns(shape),
                           shape->data_columns, plan->node[SCH_DATA], shape->products, plan->node[SCH_SPINE]));
    SCH_TRY(sch_buf_printf(out, "  at most %.1f MB over the wire in all, where both files are as large as declared\n\n",
                           (double)sch_plan_bytes(plan, plan->max_rows[0], plan->max_rows[1]) / 1e6));
out:
    return err;
}

static sch_err explain_rules(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "The rules\n"));
    if (plan->rules.min_persons > 1) {
        SCH_TRY(sch_buf_printf(out,
                               "  a cell with fewer than %" PRIu32 " linked persons is suppressed before anything is "
                               "opened;\n  an aggregate over a column that can be empty counts the persons who have a "
                               "value\n",
                               plan->rules.min_persons));
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
    SCH_TRY(explain_learning(out, plan));
    SCH_TRY(explain_table(out, plan, request));
    SCH_TRY(explain_rules(out, plan));
out:
    return err;
}
