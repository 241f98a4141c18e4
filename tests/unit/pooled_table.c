#include "tests/unit/pooled_table.h"

#include <inttypes.h>

#include "tests/support/unit.h"

/* What an owner's engine hands to its node. */
typedef struct local_rows {
    duck_table table;
    const sch_local *local;
} local_rows;

static const char *identifier_of(const local_rows *rows, size_t row)
{
    return duck_text(&rows->table, row, 0);
}

static uint64_t value_of(const local_rows *rows, size_t row, size_t value)
{
    const char *text = duck_text(&rows->table, row, 1 + rows->local->key_count + value);
    assert_non_null(text); /* a local part never gives NULL as a value */
    char *end = NULL;
    int64_t number = strtoll(text, &end, 10);
    assert_true(*end == '\0');
    return (uint64_t)number;
}

/* The code of a key's text as the engine gives it. */
static uint32_t code_of(const sch_column *column, const char *text)
{
    uint32_t domain = sch_column_domain(column);
    for (uint32_t code = 0; code < domain; code++) {
        char name[SCH_MAX_CODE_BYTES + 1];
        bool named = sch_column_code_text(column, code, name, sizeof name);
        if (text == NULL ? !named : named && strcmp(name, text) == 0) {
            return code;
        }
    }
    fail_msg("a key of %s is outside its domain", column->name);
    return 0;
}

static uint32_t group_of(const sch_plan *plan, const local_rows *spine, size_t row)
{
    uint32_t group = 0;
    size_t column = 1;
    for (size_t i = 0; i < plan->key_count; i++) {
        if (plan->key[i].owner == SCH_SPINE) {
            group += code_of(plan->key[i].column, duck_text(&spine->table, row, column)) * plan->key[i].stride;
            column++;
        }
    }
    assert_int_equal(column, 1 + spine->local->key_count);
    assert_true(group < plan->shape.groups);
    return group;
}

static void add_link(pooled_table *table, const sch_plan *plan, const local_rows *spine, size_t i,
                     const local_rows *data, size_t j)
{
    const sch_table_shape *shape = &plan->shape;
    uint64_t *sum = table->values + group_of(plan, spine, i);
    for (size_t c = 0; c < shape->data_columns; c++, sum += shape->groups) {
        *sum += value_of(data, j, c);
    }
    for (size_t p = 0; p < shape->products; p++, sum += shape->groups) {
        const sch_product *product = &shape->product[p];
        *sum += value_of(spine, i, product->spine_column) * value_of(data, j, product->data_column);
    }
    table->links++;
}

static void check_once(const local_rows *rows)
{
    for (size_t i = 0; i < rows->table.rows; i++) {
        for (size_t j = 0; j < i && identifier_of(rows, i) != NULL; j++) {
            const char *other = identifier_of(rows, j);
            assert_true(other == NULL || strcmp(identifier_of(rows, i), other) != 0);
        }
    }
}

static void suppress(pooled_table *table, const sch_plan *plan)
{
    const sch_table_shape *shape = &plan->shape;
    uint64_t least = plan->rules.min_persons > 1 ? plan->rules.min_persons : 1;
    for (size_t j = 0; j < sch_table_columns(shape); j++) {
        assert_true(shape->guard[j] < sch_table_columns(shape));
        assert_int_equal(shape->guard[shape->guard[j]], shape->guard[j]);
        for (size_t g = 0; g < shape->groups; g++) {
            uint64_t persons = table->values[(size_t)shape->guard[j] * shape->groups + g];
            sch_cell_state small = persons == 0 && plan->rules.show_zero && shape->tells_zero[shape->guard[j]]
                                       ? SCH_CELL_ZERO
                                       : SCH_CELL_SUPPRESSED;
            table->states[j * shape->groups + g] = persons < least ? small : SCH_CELL_RELEASED;
        }
    }
    for (size_t i = 0; i < (size_t)sch_table_columns(shape) * shape->groups; i++) {
        table->values[i] *= table->states[i] == SCH_CELL_RELEASED;
    }
}

void pooled_table_make(pooled_table *table, duck *db, const sch_plan *plan, const char *const view[2])
{
    local_rows rows[2] = {{.local = &plan->local[0]}, {.local = &plan->local[1]}};
    size_t cells = (size_t)sch_table_columns(&plan->shape) * plan->shape.groups;
    *table = (pooled_table){calloc(cells, sizeof *table->values), calloc(cells, sizeof *table->states), 0};
    assert_non_null(table->values);
    assert_non_null(table->states);
    for (size_t party = 0; party < 2; party++) {
        duck_run(db, view[party]);
        duck_query(db, &rows[party].table, plan->local[party].sql);
        assert_int_equal(rows[party].table.columns, 1 + plan->local[party].key_count + plan->local[party].value_count);
        check_once(&rows[party]);
    }
    for (size_t i = 0; i < rows[SCH_SPINE].table.rows; i++) {
        const char *identifier = identifier_of(&rows[SCH_SPINE], i);
        for (size_t j = 0; j < rows[SCH_DATA].table.rows && identifier != NULL; j++) {
            const char *other = identifier_of(&rows[SCH_DATA], j);
            if (other != NULL && strcmp(identifier, other) == 0) {
                add_link(table, plan, &rows[SCH_SPINE], i, &rows[SCH_DATA], j);
            }
        }
    }
    suppress(table, plan);
    duck_table_clear(&rows[0].table);
    duck_table_clear(&rows[1].table);
}

void pooled_table_clear(pooled_table *table)
{
    free(table->values);
    free(table->states);
    *table = (pooled_table){0};
}
