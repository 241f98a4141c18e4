#include "node/query/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/aggregate.h"
#include "node/query/evaluate.h"
#include "node/query/linkage.h"

/* ---- rows ---- */

static sch_row_state row_state(const sch_opened *o, const sch_row *row, sch_cell_state *persons)
{
    bool grouped = false;
    for (size_t k = 0; k < o->plan->key_count; k++) {
        grouped = grouped || row->code[k] != SCH_CODE_ALL;
    }
    *persons = sch_opened_state(o, o->plan->persons, row->cell);
    if (*persons == SCH_CELL_SUPPRESSED) {
        return SCH_ROW_SUPPRESSED;
    }
    return *persons == SCH_CELL_ZERO && grouped ? SCH_ROW_EMPTY : SCH_ROW_SHOWN;
}

/* An output: a quotient, unless it is beyond the largest double. */
static sch_err take_output(sch_value *out, const sch_value *value)
{
    bool quotient = value->kind == SCH_VALUE_EXACT && value->decimals == SCH_ANY_DECIMALS;
    if (quotient && !isfinite(sch_value_double(value))) {
        out->kind = SCH_VALUE_NULL;
        return SCH_NONE;
    }
    return sch_value_copy(out, value);
}

static bool passes_having(sch_result *result, const sch_value *having)
{
    result->withheld_count += having->kind == SCH_VALUE_SUPPRESSED;
    return having->kind == SCH_VALUE_BOOLEAN && having->of.truth;
}

static sch_err make_row(sch_result *result, sch_evaluator *e, sch_row *row, const sch_result_options *options)
{
    sch_err err = SCH_NONE;
    const sch_request *request = result->request;
    sch_cell_state persons = SCH_CELL_SUPPRESSED;
    row->state = row_state(e->opened, row, &persons);
    SCH_TRY(sch_evaluator_run(e, row->cell, persons));
    for (size_t i = 0; i < request->output_count; i++) {
        if (result->is_key[i] && row->code[result->key[i]] == SCH_CODE_ALL) {
            row->value[i].kind = SCH_VALUE_ALL;
        } else {
            SCH_TRY(take_output(&row->value[i], sch_evaluator_value(e, request->output[i].expression)));
        }
    }
    for (size_t i = 0; i < request->order_count; i++) {
        SCH_TRY(sch_value_copy(&row->order[i], sch_evaluator_value(e, request->order[i].expression)));
    }
    if (row->state == SCH_ROW_EMPTY && !options->show_empty) {
        result->empty_count++;
    } else {
        row->printed = !request->has_having || passes_having(result, sch_evaluator_value(e, request->having));
    }
out:
    return err;
}

/* ---- order ---- */

/* How two rows stand by one expression of ORDER BY: suppressed ones last in any case, NULLs where the request says. */
static int compare_order(const sch_order *order, const sch_value *a, const sch_value *b)
{
    bool no_a = a->kind == SCH_VALUE_SUPPRESSED;
    bool no_b = b->kind == SCH_VALUE_SUPPRESSED;
    if (no_a || no_b) {
        return (int)no_a - (int)no_b;
    }
    bool null_a = a->kind == SCH_VALUE_NULL;
    bool null_b = b->kind == SCH_VALUE_NULL;
    if (null_a || null_b) {
        int after = (int)null_a - (int)null_b;
        return order->nulls_first ? -after : after;
    }
    bool alike = a->kind == b->kind || (sch_value_is_number(a) && sch_value_is_number(b));
    int way = alike ? sch_value_compare(a, b) : (int)a->kind - (int)b->kind;
    return order->descending ? -way : way;
}

/* What the order of rows without ORDER BY goes by. */
typedef struct arrangement {
    const sch_result *result;
    bool rollup;
} arrangement;

static int compare_rows(const void *first, const void *second, void *context)
{
    const arrangement *how = context;
    const sch_row *a = first;
    const sch_row *b = second;
    const sch_request *request = how->result->request;
    for (size_t i = 0; i < request->order_count; i++) {
        int way = compare_order(&request->order[i], &a->order[i], &b->order[i]);
        if (way != 0) {
            return way;
        }
    }
    if (!how->rollup) {
        int set_a = sch_opened_set(how->result->plan, a->cell);
        int set_b = sch_opened_set(how->result->plan, b->cell);
        if (set_a != set_b) {
            return set_a - set_b;
        }
    }
    for (size_t k = 0; k < how->result->plan->key_count; k++) {
        if (a->code[k] != b->code[k]) {
            return a->code[k] < b->code[k] ? -1 : 1; /* SCH_CODE_ALL is the largest */
        }
    }
    return 0;
}

/* Each set keeps the first few keys. */
static bool is_rollup(const sch_cell_shape *shape)
{
    bool rollup = true;
    for (size_t i = 0; i < shape->set_count; i++) {
        rollup = rollup && (shape->set[i] & (shape->set[i] + 1)) == 0;
    }
    return rollup;
}

static void arrange(sch_result *result)
{
    arrangement how = {result, is_rollup(&result->plan->cell)};
    qsort_r(result->row, result->row_count, sizeof *result->row, compare_rows, &how);
    for (size_t i = 0; i < result->row_count; i++) {
        sch_row *row = &result->row[i];
        if (row->printed && result->request->has_limit && result->printed_count >= result->request->limit) {
            row->printed = false;
            result->cut_count++;
        }
        result->printed_count += row->printed;
        result->suppressed_count += row->printed && row->state == SCH_ROW_SUPPRESSED;
    }
}

/* ---- the whole ---- */

static sch_err allocate(sch_result *result)
{
    const sch_plan *plan = result->plan;
    uint32_t first = sch_opened_first_cell(plan);
    size_t rows = plan->cell.cells - first;
    size_t outputs = result->request->output_count;
    size_t values = outputs + result->request->order_count;
    result->row = calloc(rows + 1, sizeof *result->row);
    result->value = calloc(rows * values + 1, sizeof *result->value);
    result->code = calloc(rows * plan->key_count + 1, sizeof *result->code);
    if (result->row == NULL || result->value == NULL || result->code == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for the result");
    }
    result->row_count = rows;
    result->value_count = rows * values;
    for (size_t i = 0; i < rows; i++) {
        sch_row *row = &result->row[i];
        row->cell = first + (uint32_t)i;
        row->value = result->value + i * values;
        row->order = row->value + outputs;
        row->code = result->code + i * plan->key_count;
        for (size_t k = 0; k < plan->key_count; k++) {
            row->code[k] = sch_plan_code(plan, row->cell, k);
        }
    }
    return SCH_NONE;
}

/* A report of linkage is shown as the query that it stands for. */
static sch_err write_out(sch_result *result)
{
    sch_err err = SCH_NONE;
    if (!result->request->linkage) {
        return SCH_NONE;
    }
    result->report = calloc(1, sizeof *result->report);
    SCH_TRY(sch_check(result->report != NULL, SCH_NO_MEMORY, "no memory for the result"));
    SCH_TRY(sch_linkage_expand(result->report, result->request, NULL));
    result->request = result->report;
out:
    return err;
}

sch_err sch_result_make(sch_result *result, const sch_plan *plan, const sch_request *request, const uint64_t *values,
                        const uint64_t *states, const sch_result_options *options)
{
    sch_err err = SCH_NONE;
    sch_opened opened = {plan, request, values, states};
    sch_evaluator evaluator = {0};
    *result = (sch_result){.plan = plan, .request = request};
    SCH_TRY(write_out(result));
    opened.request = request = result->request;
    SCH_TRY(sch_opened_check(&opened));
    SCH_TRY(sch_evaluator_init(&evaluator, &opened));
    for (size_t i = 0; i < request->output_count; i++) {
        int key = sch_evaluator_key(&evaluator, request->output[i].expression);
        result->is_key[i] = key >= 0;
        result->key[i] = (uint8_t)(key >= 0 ? key : 0);
    }
    SCH_TRY(allocate(result));
    for (size_t i = 0; i < result->row_count; i++) {
        SCH_TRY(make_row(result, &evaluator, &result->row[i], options));
    }
    arrange(result);
out:
    sch_evaluator_clear(&evaluator);
    if (sch_failed(err)) {
        sch_result_clear(result);
    }
    return err;
}

void sch_result_clear(sch_result *result)
{
    for (size_t i = 0; i < result->value_count; i++) {
        sch_value_clear(&result->value[i]);
    }
    free(result->row);
    free(result->value);
    free(result->code);
    if (result->report != NULL) {
        sch_request_clear(result->report);
    }
    free(result->report);
    *result = (sch_result){0};
}

/* ---- words ---- */

const char *sch_result_reason(char out[static SCH_REASON_BYTES], const sch_result *result)
{
    const sch_plan *plan = result->plan;
    unsigned times = plan->cell.rule[plan->persons][0].times;
    if (times > 1) {
        snprintf(out, SCH_REASON_BYTES, "fewer than %llu rows (a person may have %u)",
                 (unsigned long long)times * plan->rules.min_persons, times);
    } else {
        snprintf(out, SCH_REASON_BYTES, "fewer than %u persons", (unsigned)plan->rules.min_persons);
    }
    return out;
}

bool sch_result_key_text(const sch_result *result, const sch_row *row, size_t key, char *text, size_t text_bytes)
{
    text[0] = '\0';
    return row->code[key] != SCH_CODE_ALL &&
           sch_plan_code_text(result->plan, result->request, key, row->code[key], text, text_bytes);
}

sch_err sch_result_print_reach(sch_buf *out, const sch_result *result)
{
    sch_err err = SCH_NONE;
    sch_value reach = {0};
    const sch_plan_aggregate *all = result->plan->aggregate;
    for (size_t i = 0; i < result->plan->aggregate_count; i++) {
        bool told = all[i].bin_column == NULL || all[i].op < SCH_OP_PERCENTILE_CONT;
        for (size_t j = 0; j < i; j++) {
            told = told || (all[j].op == all[i].op && all[j].bin_column == all[i].bin_column);
        }
        if (told) {
            continue;
        }
        sch_quantile_reach(&reach, all[i].op, all[i].bin_column);
        SCH_TRY(sch_buf_printf(out, "%s of %s come from bins: the true ones lie within ",
                               all[i].op == SCH_OP_PERCENTILE_CONT ? "interpolated quantiles" : "quantiles",
                               all[i].bin_column->name));
        SCH_TRY(sch_value_print(out, &reach));
        SCH_TRY(sch_buf_append_text(out, " of these\n"));
        sch_value_clear(&reach);
    }
out:
    sch_value_clear(&reach);
    return err;
}
