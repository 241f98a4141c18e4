#include "tests/support/hand_plan.h"

static void *need(void *made)
{
    assert_non_null(made);
    return made;
}

hand_plan *hand_new(void)
{
    hand_plan *h = need(calloc(1, sizeof *h));
    static const char *const NAMES[2][3] = {{"gemeente", "bijstand", "b"}, {"cbs", "banen", "c"}};
    h->request.from_count = 2;
    for (size_t i = 0; i < 2; i++) {
        sch_from *from = &h->request.from[i];
        from->node_count = 1;
        unit_assert_ok(sch_text_copy(from->node[0], SCH_NAME_BYTES, NAMES[i][0]));
        unit_assert_ok(sch_text_copy(from->data_set, SCH_NAME_BYTES, NAMES[i][1]));
        unit_assert_ok(sch_text_copy(from->alias, SCH_NAME_BYTES, NAMES[i][2]));
    }
    h->request.expression = need(calloc(SCH_MAX_EXPRESSIONS, sizeof *h->request.expression));
    h->plan.rules = (sch_disclosure){.min_persons = 10, .show_zero = true};
    h->plan.cell.columns = 1;
    h->plan.cell.rule_count[0] = 1;
    h->plan.cell.rule[0][0] = (sch_cell_rule){.count = 0, .less = SCH_NO_COLUMN, .times = 1, .zero = true};
    return h;
}

void hand_free(hand_plan *h)
{
    sch_result_clear(&h->result);
    sch_request_clear(&h->request);
    for (size_t i = 0; i < h->column_count; i++) {
        for (size_t j = 0; j < h->column[i].code_count; j++) {
            free(h->column[i].code[j]);
        }
        free(h->column[i].code);
        free(h->column[i].bin_edge);
    }
    sch_buf_clear(&h->out);
    free(h->values);
    free(h->states);
    free(h);
}

/* ---- expressions ---- */

static uint32_t add(hand_plan *h, sch_expression e)
{
    assert_true(h->request.expression_count < SCH_MAX_EXPRESSIONS);
    h->request.expression[h->request.expression_count] = e;
    return (uint32_t)h->request.expression_count++;
}

uint32_t hand_op(hand_plan *h, sch_op op, size_t count, const uint32_t *argument)
{
    uint32_t *own = need(calloc(count + 1, sizeof *own));
    for (size_t i = 0; i < count; i++) {
        own[i] = argument[i];
    }
    return add(h, (sch_expression){.op = op, .argument = own, .argument_count = count});
}

uint32_t hand_column(hand_plan *h, const char *name)
{
    return add(h, (sch_expression){.op = SCH_OP_COLUMN, .text = need(strdup(name))});
}

uint32_t hand_number(hand_plan *h, int64_t number, uint8_t decimals)
{
    return add(h, (sch_expression){.op = SCH_OP_NUMBER, .number = number, .decimals = decimals});
}

uint32_t hand_text(hand_plan *h, const char *text)
{
    return add(h, (sch_expression){.op = SCH_OP_TEXT, .text = need(strdup(text))});
}

/* ---- the request ---- */

uint32_t hand_key(hand_plan *h, const char *name, size_t codes, const char *const *code, bool required)
{
    assert_true(h->column_count < HAND_COLUMNS);
    sch_column *column = &h->column[h->column_count++];
    *column = (sch_column){.role = SCH_ROLE_DIMENSION, .type = SCH_TYPE_TEXT, .required = required};
    unit_assert_ok(sch_text_copy(column->name, SCH_NAME_BYTES, name));
    column->code = need(calloc(codes, sizeof *column->code));
    for (size_t i = 0; i < codes; i++) {
        column->code[i] = need(strdup(code[i]));
    }
    column->code_count = (uint32_t)codes;
    uint32_t expression = hand_column(h, name);
    h->request.group_by[h->request.group_by_count++] = expression;
    h->plan.key[h->plan.key_count++] = (sch_plan_key){.place = SCH_KEY_SPINE,
                                                      .column = column,
                                                      .codes = column->code_count,
                                                      .domain = column->code_count + (required ? 0U : 1U)};
    return expression;
}

void hand_output(hand_plan *h, const char *name, uint32_t expression)
{
    sch_output *output = &h->request.output[h->request.output_count++];
    output->expression = expression;
    unit_assert_ok(sch_text_copy(output->name, SCH_NAME_BYTES, name));
}

/* A column under the rule of `count`. */
static sch_plan_sum add_sum(hand_plan *h, uint16_t count)
{
    uint16_t column = h->plan.cell.columns++;
    assert_true(column < SCH_MAX_TABLE_COLUMNS);
    h->plan.cell.rule_count[column] = 1;
    h->plan.cell.rule[column][0] = (sch_cell_rule){
        .count = count == SCH_NO_COLUMN ? column : count, .less = SCH_NO_COLUMN, .times = 1, .zero = true};
    return (sch_plan_sum){.limbs = 1, .column = {column}};
}

uint32_t hand_aggregate(hand_plan *h, sch_op op, uint8_t decimals_x, uint8_t decimals_y)
{
    bool two = op >= SCH_OP_COVAR_SAMP && op <= SCH_OP_REGR_AVGY;
    uint32_t y = two ? hand_column(h, "y") : 0;
    uint32_t x = op == SCH_OP_COUNT_ROWS ? 0 : hand_column(h, "x");
    uint32_t e = op == SCH_OP_COUNT_ROWS ? hand_op(h, op, 0, NULL) : two ? HAND_OP(h, op, y, x) : HAND_OP(h, op, x);
    sch_plan_aggregate *a = &h->plan.aggregate[h->plan.aggregate_count++];
    *a = (sch_plan_aggregate){.expression = e, .op = op, .decimals_x = decimals_x, .decimals_y = decimals_y};
    a->count = add_sum(h, SCH_NO_COLUMN);
    uint16_t count = a->count.column[0];
    if (op > SCH_OP_COUNT_PERSONS) {
        a->x = add_sum(h, count);
        a->xx = add_sum(h, count);
    }
    if (two) {
        a->y = add_sum(h, count);
        a->yy = add_sum(h, count);
        a->xy = add_sum(h, count);
    }
    return e;
}

void hand_set(hand_plan *h, uint32_t keys)
{
    h->request.set[h->request.set_count++] = keys;
}

/* ---- the table ---- */

void hand_lay(hand_plan *h)
{
    sch_cell_shape *cell = &h->plan.cell;
    uint32_t all = (1U << h->plan.key_count) - 1;
    cell->base = 1;
    cell->key_count = h->plan.key_count;
    for (size_t k = h->plan.key_count; k-- > 0;) {
        h->plan.key[k].stride = cell->base;
        cell->stride[k] = cell->base;
        cell->domain[k] = h->plan.key[k].domain;
        cell->base *= h->plan.key[k].domain;
    }
    cell->cells = cell->base;
    cell->shows_base = h->request.set_count == 0;
    for (size_t i = 0; i < h->request.set_count; i++) {
        uint32_t keys = h->request.set[i];
        uint32_t size = 1;
        if (keys == all) {
            cell->shows_base = true;
            continue;
        }
        for (size_t k = 0; k < h->plan.key_count; k++) {
            size *= (keys >> k & 1) != 0 ? h->plan.key[k].domain : 1;
        }
        cell->set[cell->set_count] = keys;
        cell->set_first[cell->set_count++] = cell->cells;
        cell->cells += size;
    }
    size_t words = (size_t)cell->columns * cell->cells;
    h->values = need(calloc(words, sizeof *h->values));
    h->states = need(calloc(words, sizeof *h->states));
}

void hand_put(hand_plan *h, uint16_t column, uint32_t cell, int64_t value)
{
    assert_true(column < h->plan.cell.columns && cell < h->plan.cell.cells);
    h->values[(size_t)column * h->plan.cell.cells + cell] = (uint64_t)value;
}

sch_plan_aggregate *hand_find(hand_plan *h, uint32_t expression)
{
    for (size_t i = 0; i < h->plan.aggregate_count; i++) {
        if (h->plan.aggregate[i].expression == expression) {
            return &h->plan.aggregate[i];
        }
    }
    fail_msg("there is no such aggregate");
    return NULL;
}

void hand_fill(hand_plan *h, uint32_t aggregate, uint32_t cell, int64_t persons, int64_t count, const int64_t *sums)
{
    const sch_plan_aggregate *a = hand_find(h, aggregate);
    const sch_plan_sum *const sum[] = {&a->x, &a->y, &a->xx, &a->yy, &a->xy};
    hand_put(h, 0, cell, persons);
    hand_put(h, a->count.column[0], cell, count);
    for (size_t i = 0; sums != NULL && i < sizeof sum / sizeof sum[0]; i++) {
        if (sum[i]->limbs > 0) {
            hand_put(h, sum[i]->column[0], cell, sums[i]);
        }
    }
}

/* Whether a base cell is summed in a margin. */
static bool is_in(const hand_plan *h, uint32_t base, uint32_t margin)
{
    bool in = true;
    for (size_t k = 0; k < h->plan.key_count; k++) {
        uint32_t code = sch_plan_code(&h->plan, margin, k);
        in = in && (code == SCH_CODE_ALL || code == sch_plan_code(&h->plan, base, k));
    }
    return in;
}

void hand_disclose(hand_plan *h)
{
    const sch_cell_shape *cell = &h->plan.cell;
    for (uint16_t j = 0; j < cell->columns; j++) {
        uint64_t *values = h->values + (size_t)j * cell->cells;
        for (uint32_t m = cell->base; m < cell->cells; m++) {
            values[m] = 0;
            for (uint32_t b = 0; b < cell->base; b++) {
                values[m] += is_in(h, b, m) ? values[b] : 0;
            }
        }
    }
    for (uint16_t j = 0; j < cell->columns; j++) {
        const uint64_t *count = h->values + (size_t)cell->rule[j][0].count * cell->cells;
        for (uint32_t c = 0; c < cell->cells; c++) {
            bool none = count[c] == 0 && h->plan.rules.show_zero;
            bool few = count[c] < h->plan.rules.min_persons || count[c] == 0 || (c < cell->base && !cell->shows_base);
            h->states[(size_t)j * cell->cells + c] = none  ? SCH_CELL_ZERO
                                                     : few ? SCH_CELL_SUPPRESSED
                                                           : SCH_CELL_RELEASED;
        }
    }
    for (size_t i = 0; i < (size_t)cell->columns * cell->cells; i++) {
        bool hidden = i % cell->cells < cell->base && !cell->shows_base;
        h->states[i] = hidden ? SCH_CELL_SUPPRESSED : h->states[i];
    }
    for (size_t i = 0; i < (size_t)cell->columns * cell->cells; i++) {
        h->values[i] *= h->states[i] == SCH_CELL_RELEASED;
    }
}

sch_err hand_make(hand_plan *h, bool show_empty)
{
    sch_result_clear(&h->result);
    return sch_result_make(&h->result, &h->plan, &h->request, h->values, h->states, &(sch_result_options){show_empty});
}

const char *hand_shown(hand_plan *h, size_t row, size_t output)
{
    size_t printed = 0;
    for (size_t i = 0; i < h->result.row_count; i++) {
        if (!h->result.row[i].printed || printed++ < row) {
            continue;
        }
        const sch_value *value = &h->result.row[i].value[output];
        h->out.bytes = 0;
        unit_assert_ok(sch_value_print(&h->out, value));
        const char *other = value->kind == SCH_VALUE_SUPPRESSED ? "."
                            : value->kind == SCH_VALUE_NULL     ? "NULL"
                            : value->kind == SCH_VALUE_ALL      ? "(all)"
                                                                : NULL;
        return other != NULL ? other : need((void *)(uintptr_t)sch_buf_text(&h->out));
    }
    fail_msg("there is no row %zu", row);
    return NULL;
}
