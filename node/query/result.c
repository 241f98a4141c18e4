#include "node/query/result.h"

#include <stdio.h>
#include <stdlib.h>

/* One table column in one group. */
typedef struct cell {
    sch_cell_state state;
    int64_t value;
} cell;

typedef struct opened {
    const sch_plan *plan;
    const uint64_t *values;
    const uint64_t *states;
} opened;

static uint64_t least_persons(const sch_plan *plan)
{
    return plan->rules.min_persons > 1 ? plan->rules.min_persons : 1;
}

static cell cell_of(const opened *o, uint16_t column, uint32_t group)
{
    size_t at = (size_t)column * o->plan->shape.groups + group;
    sch_cell_state state = (sch_cell_state)o->states[at];
    if (state == SCH_CELL_SUPPRESSED && o->plan->rules.min_persons <= 1) {
        state = SCH_CELL_ZERO; /* fewer than one person */
    }
    return (cell){state, (int64_t)o->values[at]};
}

/* What honest holders can have sent. */
static sch_err check_words(const opened *o)
{
    const sch_table_shape *shape = &o->plan->shape;
    size_t groups = shape->groups;
    for (size_t j = 0; j < sch_table_columns(shape); j++) {
        const uint64_t *state = o->states + j * groups;
        const uint64_t *guard_state = o->states + shape->guard[j] * groups;
        const uint64_t *guard_value = o->values + shape->guard[j] * groups;
        for (size_t g = 0; g < groups; g++) {
            bool known = state[g] == SCH_CELL_RELEASED || state[g] == SCH_CELL_SUPPRESSED ||
                         (state[g] == SCH_CELL_ZERO && o->plan->rules.show_zero && shape->tells_zero[shape->guard[j]]);
            if (!known || state[g] != guard_state[g]) {
                return sch_fail(SCH_BAD_PEER, "the result holds a cell in an impossible state");
            }
            bool small = guard_value[g] < least_persons(o->plan) || guard_value[g] > (uint64_t)INT64_MAX;
            if (state[g] == SCH_CELL_RELEASED && small) {
                return sch_fail(SCH_BAD_PEER, "the result holds a cell that should have been suppressed");
            }
        }
    }
    return SCH_NONE;
}

/* Of a cell without persons, or without persons who have a value: a count is 0, the rest is NULL. */
static sch_value_state state_of_nobody(const sch_plan_output *output)
{
    return output->kind == SCH_OUTPUT_COUNT ? SCH_STATE_NUMBER : SCH_STATE_NULL;
}

static sch_err make_value(const opened *o, sch_value *value, const sch_plan_output *output, uint32_t group, uint32_t w)
{
    cell sum = cell_of(o, output->sum[w], group);
    bool is_count = output->kind == SCH_OUTPUT_COUNT;
    *value = (sch_value){.decimals = output->decimals};
    if (sum.state == SCH_CELL_SUPPRESSED) {
        return SCH_NONE;
    }
    if (sum.state == SCH_CELL_ZERO) {
        value->state = state_of_nobody(output);
        return SCH_NONE;
    }
    value->state = SCH_STATE_NUMBER;
    value->numerator = sum.value;
    if (is_count) {
        return sch_check(sum.value >= 0, SCH_BAD_PEER, "the result holds a negative count");
    }
    cell present = cell_of(o, output->present[w], group);
    if (present.value < 1) {
        return sch_fail(SCH_BAD_PEER, "the result holds a sum over nothing");
    }
    value->denominator = output->kind == SCH_OUTPUT_AVG ? (uint64_t)present.value : 0;
    return SCH_NONE;
}

static void count_row(sch_result *result, sch_row_state state)
{
    result->shown_count += state == SCH_ROW_SHOWN;
    result->suppressed_count += state == SCH_ROW_SUPPRESSED;
    result->empty_count += state == SCH_ROW_EMPTY;
}

static sch_err make_row(sch_result *result, const opened *o, size_t row)
{
    sch_err err = SCH_NONE;
    const sch_plan *plan = o->plan;
    uint32_t number[2] = {0, 0};
    for (size_t k = 0; k < plan->key_count; k++) {
        number[plan->key[k].owner] += sch_result_code(result, row, k) * plan->key[k].stride;
    }
    uint32_t group = number[SCH_SPINE];
    uint32_t w = number[SCH_DATA];
    sch_cell_state persons = cell_of(o, plan->persons[w], group).state;
    sch_row_state state = SCH_ROW_SHOWN;
    if (persons == SCH_CELL_SUPPRESSED) {
        state = SCH_ROW_SUPPRESSED;
    } else if (persons == SCH_CELL_ZERO && plan->key_count > 0) {
        state = SCH_ROW_EMPTY;
    }
    result->row[row] = state;
    count_row(result, state);
    for (size_t i = 0; i < plan->output_count; i++) {
        const sch_plan_output *output = &plan->output[i];
        sch_value *value = &result->value[row * plan->output_count + i];
        if (output->kind != SCH_OUTPUT_KEY && persons == SCH_CELL_ZERO) {
            *value = (sch_value){.decimals = output->decimals, .state = state_of_nobody(output)};
        } else if (output->kind != SCH_OUTPUT_KEY && state != SCH_ROW_SUPPRESSED) {
            SCH_TRY(make_value(o, value, output, group, w));
        }
    }
out:
    return err;
}

sch_err sch_result_make(sch_result *result, const sch_plan *plan, const sch_request *request, const uint64_t *values,
                        const uint64_t *states)
{
    sch_err err = SCH_NONE;
    const opened o = {plan, values, states};
    *result = (sch_result){.plan = plan, .request = request};
    size_t rows = (size_t)plan->shape.groups * plan->wide;
    SCH_TRY(check_words(&o));
    result->row = calloc(rows, sizeof *result->row);
    result->value = calloc(rows * plan->output_count, sizeof *result->value);
    SCH_TRY(sch_check(result->row != NULL && result->value != NULL, SCH_NO_MEMORY, "no memory for the result"));
    result->row_count = rows;
    for (size_t row = 0; row < rows; row++) {
        SCH_TRY(make_row(result, &o, row));
    }
out:
    if (sch_failed(err)) {
        sch_result_clear(result);
    }
    return err;
}

void sch_result_clear(sch_result *result)
{
    free(result->row);
    free(result->value);
    *result = (sch_result){0};
}

uint32_t sch_result_code(const sch_result *result, size_t row, size_t key)
{
    for (size_t k = result->plan->key_count; k-- > key + 1;) {
        row /= result->plan->key[k].domain;
    }
    return (uint32_t)(row % result->plan->key[key].domain);
}

const char *sch_result_reason(char out[static SCH_REASON_BYTES], const sch_result *result)
{
    snprintf(out, SCH_REASON_BYTES, "fewer than %u persons", (unsigned)result->plan->rules.min_persons);
    return out;
}

bool sch_result_row_is_visible(const sch_result *result, size_t row, const sch_result_options *options)
{
    return result->row[row] != SCH_ROW_EMPTY || options->show_empty;
}
