#include "tests/support/plan_builder.h"

static void *need(void *memory)
{
    assert_non_null(memory);
    return memory;
}

static void copy_name(char out[static SCH_NAME_BYTES], const char *name)
{
    unit_assert_ok(sch_text_copy(out, SCH_NAME_BYTES, name));
}

/* ---- catalogues ---- */

void build_catalog(sch_catalog *catalog, const char *node, uint32_t min_persons, bool show_zero)
{
    *catalog = (sch_catalog){.min_persons = min_persons, .show_zero = show_zero};
    copy_name(catalog->node, node);
    catalog->data_set = need(calloc(4, sizeof *catalog->data_set));
}

sch_data_set *build_data_set(sch_catalog *catalog, const char *name, sch_rows_per_person rows, uint64_t max_rows)
{
    assert_true(catalog->data_set_count < 4);
    sch_data_set *set = &catalog->data_set[catalog->data_set_count++];
    *set = (sch_data_set){.rows_per_person = rows, .max_rows = max_rows};
    copy_name(set->name, name);
    copy_name(set->unit, "person");
    set->column = need(calloc(32, sizeof *set->column));
    return set;
}

sch_column *build_column(sch_data_set *set, const char *name, sch_column_role role, sch_type type, bool required)
{
    assert_true(set->column_count < 32);
    sch_column *column = &set->column[set->column_count++];
    *column = (sch_column){.role = role, .type = type, .required = required};
    copy_name(column->name, name);
    return column;
}

sch_column *build_bounded(sch_data_set *set, const char *name, sch_column_role role, bool required, int64_t minimum,
                          int64_t maximum, uint8_t decimals)
{
    sch_column *column = build_column(set, name, role, decimals > 0 ? SCH_TYPE_DECIMAL : SCH_TYPE_INTEGER, required);
    column->bounded = true;
    column->minimum = minimum;
    column->maximum = maximum;
    column->decimals = decimals;
    return column;
}

sch_column *build_coded(sch_data_set *set, const char *name, bool required, const char *const *code, size_t count)
{
    sch_column *column = build_column(set, name, SCH_ROLE_DIMENSION, SCH_TYPE_TEXT, required);
    column->code = need(calloc(count, sizeof *column->code));
    for (size_t i = 0; i < count; i++) {
        column->code[i] = need(strdup(code[i]));
        column->code_count++;
    }
    return column;
}

sch_column *build_identifier(sch_data_set *set, const char *name)
{
    sch_column *column = build_column(set, name, SCH_ROLE_IDENTIFIER, SCH_TYPE_TEXT, true);
    column->identifier = SCH_IDENTIFIER_BSN;
    return column;
}

static void build_bijstand(sch_catalog *catalog)
{
    static const char *const buurt[] = {"Centrum", "Noord", "'t Zand", "Zuid"};
    static const char *const traject[] = {"werk", "zorg"};
    sch_data_set *set = build_data_set(catalog, "bijstand", SCH_ONE_PER_PERSON, 1000000);
    build_identifier(set, "bsn");
    build_coded(set, "buurt", false, buurt, 4);
    build_coded(set, "traject", true, traject, 2);
    build_bounded(set, "instroomjaar", SCH_ROLE_DIMENSION, true, 2020, 2025, 0);
    build_column(set, "actief", SCH_ROLE_DIMENSION, SCH_TYPE_BOOLEAN, false);
    build_bounded(set, "bedrag", SCH_ROLE_MEASURE, false, 0, 500000, 2);
    build_bounded(set, "dagen", SCH_ROLE_MEASURE, true, 0, 366, 0);
    build_bounded(set, "leeftijd", SCH_ROLE_ATTRIBUTE, true, 0, 120, 0);
    build_column(set, "toelichting", SCH_ROLE_ATTRIBUTE, SCH_TYPE_TEXT, false);
    build_column(set, "nummer", SCH_ROLE_ATTRIBUTE, SCH_TYPE_INTEGER, false);
    sch_column *born = build_column(set, "geboren", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE, false);
    born->bounded = true;
    born->minimum = -25567; /* 1900-01-01 */
    born->maximum = 20453;  /* 2025-12-31 */
}

static void build_banen(sch_catalog *catalog)
{
    static const char *const sector[] = {"A", "B", "C"};
    sch_data_set *set = build_data_set(catalog, "banen", SCH_MANY_PER_PERSON, 10000000);
    build_identifier(set, "bsn");
    build_bounded(set, "jaar", SCH_ROLE_DIMENSION, true, 2024, 2025, 0);
    build_coded(set, "sector", false, sector, 3);
    build_bounded(set, "loon", SCH_ROLE_MEASURE, false, -100000, 20000000, 2);
    build_bounded(set, "werkt", SCH_ROLE_MEASURE, true, 0, 1, 0);
    build_bounded(set, "uren", SCH_ROLE_MEASURE, true, 0, 60, 0);
    build_bounded(set, "groot", SCH_ROLE_MEASURE, true, 0, INT64_C(1) << 50, 0);
    build_column(set, "vast", SCH_ROLE_ATTRIBUTE, SCH_TYPE_BOOLEAN, true);
}

static void build_jeugdhulp(sch_catalog *catalog)
{
    static const char *const kind[] = {"licht", "middel", "zwaar"};
    sch_data_set *set = build_data_set(catalog, "jeugdhulp", SCH_ONE_PER_PERSON, 500000);
    build_identifier(set, "bsn");
    build_coded(set, "soort", true, kind, 3);
    build_bounded(set, "kosten", SCH_ROLE_MEASURE, true, 0, 9000000, 2);
    build_bounded(set, "gesprekken", SCH_ROLE_MEASURE, false, 0, 500, 0);
}

void fixed_init(fixed_catalogs *fixed)
{
    build_catalog(&fixed->catalog[0], "gemeente", 10, true);
    build_catalog(&fixed->catalog[1], "cbs", 15, true);
    build_catalog(&fixed->catalog[2], "partner", 5, false);
    build_bijstand(&fixed->catalog[0]);
    build_banen(&fixed->catalog[1]);
    build_jeugdhulp(&fixed->catalog[2]);
    for (size_t i = 0; i < FIXED_CATALOGS; i++) {
        unit_assert_ok(sch_catalog_check(&fixed->catalog[i], NULL));
        fixed->list[i] = &fixed->catalog[i];
    }
}

void fixed_clear(fixed_catalogs *fixed)
{
    for (size_t i = 0; i < FIXED_CATALOGS; i++) {
        sch_catalog_clear(&fixed->catalog[i]);
    }
}

/* ---- requests ---- */

static void build_from(sch_request *request, size_t i, const sch_catalog *catalog, const char *name, const char *alias)
{
    sch_from *from = &request->from[i];
    const sch_data_set *set = sch_catalog_find(catalog, name);
    assert_non_null(set);
    copy_name(from->node, catalog->node);
    copy_name(from->data_set, name);
    copy_name(from->alias, alias);
    unit_assert_ok(sch_data_set_hash(from->schema_hash, set));
    copy_name(request->join_column[i], sch_data_set_identifier(set)->name);
}

void build_request(sch_request *request, const sch_catalog *first, const char *first_set, const char *first_alias,
                   const sch_catalog *second, const char *second_set, const char *second_alias)
{
    *request = (sch_request){.id.byte = {1}, .created = {1}, .not_after = {2}, .from_count = 2};
    copy_name(request->analyst, "analist");
    request->expression = need(calloc(SCH_MAX_EXPRESSIONS, sizeof *request->expression));
    build_from(request, 0, first, first_set, first_alias);
    build_from(request, 1, second, second_set, second_alias);
}

static uint32_t add(sch_request *request, sch_expression expression)
{
    assert_true(request->expression_count < SCH_MAX_EXPRESSIONS);
    expression.position = (uint32_t)request->expression_count;
    request->expression[request->expression_count] = expression;
    return (uint32_t)request->expression_count++;
}

uint32_t build_col(sch_request *request, uint8_t data_set, const char *name)
{
    return add(request, (sch_expression){.op = SCH_OP_COLUMN, .data_set = data_set, .text = need(strdup(name))});
}

uint32_t build_number(sch_request *request, int64_t number, uint8_t decimals)
{
    return add(request, (sch_expression){.op = SCH_OP_NUMBER, .number = number, .decimals = decimals});
}

uint32_t build_text(sch_request *request, const char *text)
{
    return add(request, (sch_expression){.op = SCH_OP_TEXT, .text = need(strdup(text))});
}

uint32_t build_boolean(sch_request *request, bool value)
{
    return add(request, (sch_expression){.op = SCH_OP_BOOLEAN, .number = value});
}

uint32_t build_date(sch_request *request, int64_t days)
{
    return add(request, (sch_expression){.op = SCH_OP_DATE, .number = days});
}

uint32_t build_null(sch_request *request)
{
    return add(request, (sch_expression){.op = SCH_OP_NULL});
}

uint32_t build_op(sch_request *request, sch_op op, size_t argument_count, const uint32_t *argument)
{
    uint32_t *own = NULL;
    if (argument_count > 0) {
        own = need(calloc(argument_count, sizeof *own));
        memcpy(own, argument, argument_count * sizeof *own);
    }
    return add(request, (sch_expression){.op = op, .argument = own, .argument_count = argument_count});
}

uint32_t build_op1(sch_request *request, sch_op op, uint32_t a)
{
    return build_op(request, op, 1, (const uint32_t[]){a});
}

uint32_t build_op2(sch_request *request, sch_op op, uint32_t a, uint32_t b)
{
    return build_op(request, op, 2, (const uint32_t[]){a, b});
}

uint32_t build_op3(sch_request *request, sch_op op, uint32_t a, uint32_t b, uint32_t c)
{
    return build_op(request, op, 3, (const uint32_t[]){a, b, c});
}

void build_where(sch_request *request, uint32_t condition)
{
    request->has_where = true;
    request->where = condition;
}

void build_key(sch_request *request, uint8_t data_set, const char *name)
{
    uint32_t column = build_col(request, data_set, name);
    request->group_by[request->group_by_count++] = column;
    build_output(request, name, column);
    request->output[request->output_count - 1].grouped = true;
}

void build_output(sch_request *request, const char *name, uint32_t aggregate)
{
    assert_true(request->output_count < SCH_MAX_OUTPUTS);
    sch_output *output = &request->output[request->output_count++];
    *output = (sch_output){.expression = aggregate};
    copy_name(output->name, name);
}

void build_count_rows(sch_request *request)
{
    build_output(request, "records", build_op(request, SCH_OP_COUNT_ROWS, 0, NULL));
}

void build_count_persons(sch_request *request, uint8_t data_set)
{
    uint32_t column = build_col(request, data_set, request->join_column[data_set]);
    build_output(request, "personen", build_op1(request, SCH_OP_COUNT_PERSONS, column));
}
