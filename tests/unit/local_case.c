#include "tests/unit/local_case.h"

#include <duckdb.h>

#include "tests/support/plan_check.h"

enum { TEXT_BYTES = 8000 };

int local_setup(void **state)
{
    local_case *f = calloc(1, sizeof *f);
    void *plan = NULL;
    assert_non_null(f);
    assert_int_equal(plan_setup(&plan), 0);
    f->plan = plan;
    f->db = duck_open();
    duck_run(f->db, "CREATE MACRO sch_text_number(t) AS CAST(CAST('0x' || substr(sha256(t), 1, 16) AS UBIGINT) "
                    ">> 3 AS BIGINT)");
    duck_run(f->db, "CREATE MACRO sch_link_text(t) AS NULLIF(LOWER(REPLACE(REPLACE(t, ' ', ''), '-', '')), '')");
    *state = f;
    return 0;
}

int local_teardown(void **state)
{
    local_case *f = *state;
    void *plan = f->plan;
    duck_close(f->db);
    free(f);
    return plan_teardown(&plan);
}

static const char *engine_type(const sch_column *column)
{
    if (column->role == SCH_ROLE_IDENTIFIER) {
        return "VARCHAR";
    }
    switch (column->type) {
    case SCH_TYPE_TEXT:
        return "VARCHAR";
    case SCH_TYPE_BOOLEAN:
        return "BOOLEAN";
    case SCH_TYPE_DATE:
        return "DATE";
    default:
        return "BIGINT";
    }
}

void local_table(local_case *f, size_t node, const char *name, const char *rows)
{
    sch_buf sql = {0};
    const sch_data_set *set = fixed_set(&f->plan->fixed, node, name);
    unit_assert_ok(sch_buf_printf(&sql, "CREATE OR REPLACE TABLE %s (", name));
    for (size_t i = 0; i < set->column_count; i++) {
        unit_assert_ok(
            sch_buf_printf(&sql, "%s\"%s\" %s", i > 0 ? ", " : "", set->column[i].name, engine_type(&set->column[i])));
    }
    unit_assert_ok(sch_buf_append_text(&sql, ")"));
    if (rows != NULL) {
        unit_assert_ok(sch_buf_printf(&sql, "; INSERT INTO %s VALUES %s", name, rows));
    }
    duck_run(f->db, sch_buf_text(&sql));
    sch_buf_clear(&sql);
}

static void make_relations(local_case *f, const sch_local *local)
{
    for (size_t r = 0; r < local->from_count; r++) {
        char sql[200];
        snprintf(sql, sizeof sql, "CREATE OR REPLACE VIEW r%zu AS SELECT * FROM %s", r,
                 f->plan->request.from[local->from[r]].data_set);
        duck_run(f->db, sql);
    }
}

static void assert_types(local_case *f, const sch_local *local, size_t columns)
{
    bool spine = local == &f->plan->plan.local[0];
    size_t values = local->value_count + (local->occurrences > 1 ? 1 : 0) + (local->most_records > 0 ? 1 : 0) +
                    (local->passes > 0 && spine ? 1 : 0) + (size_t)2 * local->passes;
    assert_int_equal(columns, 1 + local->key_count + values);
    assert_int_equal(plan_check_items(local->sql), columns);
    for (size_t i = 0; i < columns; i++) {
        int type = duck_column_type(f->db, local->sql, i);
        int expected = DUCKDB_TYPE_BIGINT;
        if (i == 0) {
            expected = DUCKDB_TYPE_VARCHAR;
        } else if (i <= local->key_count && !local->key[i - 1].bin) {
            const char *name = engine_type(local->key[i - 1].column);
            expected = strcmp(name, "VARCHAR") == 0   ? DUCKDB_TYPE_VARCHAR
                       : strcmp(name, "BOOLEAN") == 0 ? DUCKDB_TYPE_BOOLEAN
                                                      : DUCKDB_TYPE_BIGINT;
        }
        assert_int_equal(type, expected);
    }
}

void local_run(local_case *f, duck_table *table, uint8_t from)
{
    const sch_local *local = &f->plan->plan.local[plan_part_of(f->plan, from)];
    sch_buf sql = {0};
    make_relations(f, local);
    unit_assert_ok(sch_buf_printf(&sql, "SELECT * FROM (%s) ORDER BY ALL", local->sql));
    duck_query(f->db, table, sch_buf_text(&sql));
    assert_types(f, local, table->columns);
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            bool may_be_null = j <= local->key_count && (j > 0 || local->passes > 0);
            assert_true(may_be_null || duck_text(table, i, j) != NULL);
        }
    }
    sch_buf_clear(&sql);
}

void local_assert_row(const duck_table *table, size_t row, size_t count, const char *const *expected)
{
    assert_true(row < table->rows);
    assert_int_equal(table->columns, count);
    for (size_t i = 0; i < count; i++) {
        const char *text = duck_text(table, row, i);
        assert_string_equal(text != NULL ? text : "NULL", expected[i]);
    }
}

static int64_t number_of(const duck_table *table, size_t row, size_t column)
{
    char *end = NULL;
    int64_t number = strtoll(duck_text(table, row, column), &end, 10);
    assert_true(*end == '\0');
    return number;
}

int64_t local_value(local_case *f, const duck_table *table, size_t row, uint8_t from, const char *text)
{
    const sch_local *local = &f->plan->plan.local[plan_part_of(f->plan, from)];
    char item[TEXT_BYTES];
    for (size_t i = 0; plan_check_item(item, sizeof item, local->sql, i); i++) {
        if (strcmp(item, text) == 0) {
            return number_of(table, row, i);
        }
    }
    fail_msg("%s is not in %s", text, local->sql);
    return 0;
}

void local_put(local_case *f, const duck_table *table, size_t row, uint8_t from)
{
    size_t part = plan_part_of(f->plan, from);
    const sch_local *local = &f->plan->plan.local[part];
    size_t first = part == 0 ? 0 : sch_table_register(&f->plan->plan.shape, part - 1);
    for (size_t v = 0; v < local->value_count; v++) {
        f->plan->reg[first + v] = (uint64_t)number_of(table, row, 1 + local->key_count + v);
        f->plan->put[first + v] = true;
    }
}
