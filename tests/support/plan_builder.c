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
    set->max_rows_a_person = rows == SCH_ONE_PER_PERSON ? 1 : 0;
    copy_name(set->name, name);
    copy_name(set->unit, "person");
    set->column = need(calloc(32, sizeof *set->column));
    set->link_key = need(calloc(SCH_MAX_LINK_KEYS, sizeof *set->link_key));
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

void build_link_key(sch_data_set *set, const char *name, size_t parts, const char *const *column, const uint8_t *first)
{
    assert_true(set->link_key_count < SCH_MAX_LINK_KEYS && parts <= SCH_MAX_LINK_PARTS);
    sch_link_key *key = &set->link_key[set->link_key_count++];
    *key = (sch_link_key){.part_count = parts};
    copy_name(key->name, name);
    for (size_t i = 0; i < parts; i++) {
        copy_name(key->part[i].column, column[i]);
        key->part[i].first = first[i];
    }
}

/* One text; and a date with it, where there is one. */
static void build_link_keys(sch_data_set *set, const char *text, const char *date)
{
    build_link_key(set, "tekst", 1, &text, (const uint8_t[]){0});
    if (date != NULL) {
        build_link_key(set, "geboorte", 2, (const char *const[]){date, text}, (const uint8_t[]){0, 4});
    }
}

void build_bins(sch_column *column, size_t bins, const int64_t *edge)
{
    column->bin_edge = need(calloc(bins + 1, sizeof *column->bin_edge));
    memcpy(column->bin_edge, edge, (bins + 1) * sizeof *edge);
    column->bin_count = (uint32_t)bins;
}

static void bound(sch_column *column, int64_t minimum, int64_t maximum)
{
    column->bounded = true;
    column->minimum = minimum;
    column->maximum = maximum;
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
    bound(build_column(set, "geboren", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE, false), -25567, 20453); /* 1900 to 2025 */
    build_link_keys(set, "toelichting", "geboren");
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

static void build_personen(sch_catalog *catalog)
{
    static const char *const geslacht[] = {"man", "vrouw"};
    sch_data_set *set = build_data_set(catalog, "personen", SCH_ONE_PER_PERSON, 17000000);
    build_identifier(set, "bsn");
    build_coded(set, "geslacht", true, geslacht, 2);
    build_bins(build_bounded(set, "inkomen", SCH_ROLE_MEASURE, false, 0, 9999999, 2), 3,
               (const int64_t[]){0, 2000000, 4000000, 10000000});
    build_bounded(set, "punten", SCH_ROLE_MEASURE, true, 1, 10, 0);
    bound(build_column(set, "geboren", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE, true), -25567, 20453);
    build_column(set, "woonbuurt", SCH_ROLE_ATTRIBUTE, SCH_TYPE_TEXT, false);
    build_link_keys(set, "woonbuurt", "geboren");
}

static void build_jeugdhulp(sch_catalog *catalog)
{
    static const char *const kind[] = {"licht", "middel", "zwaar"};
    sch_data_set *set = build_data_set(catalog, "jeugdhulp", SCH_ONE_PER_PERSON, 500000);
    build_identifier(set, "bsn");
    build_coded(set, "soort", true, kind, 3);
    build_bounded(set, "kosten", SCH_ROLE_MEASURE, true, 0, 9000000, 2);
    build_bounded(set, "gesprekken", SCH_ROLE_MEASURE, false, 0, 500, 0);
    build_link_keys(set, "soort", NULL);
}

static void build_wonen(sch_catalog *catalog)
{
    static const char *const bezit[] = {"huur", "koop"};
    sch_data_set *set = build_data_set(catalog, "wonen", SCH_ONE_PER_PERSON, 200000);
    build_identifier(set, "bsn");
    build_coded(set, "bezit", true, bezit, 2);
    build_bounded(set, "wijk", SCH_ROLE_DIMENSION, true, 1, 40, 0);
    build_bins(build_bounded(set, "huur", SCH_ROLE_MEASURE, true, 0, 299999, 2), 4,
               (const int64_t[]){0, 50000, 100000, 150000, 300000});
    build_bounded(set, "kamers", SCH_ROLE_MEASURE, false, 1, 20, 0);
    build_link_keys(set, "bezit", NULL);
}

static void build_perioden(sch_catalog *catalog)
{
    static const char *const wet[] = {"WW", "WIA", "ZW"};
    sch_data_set *set = build_data_set(catalog, "perioden", SCH_MANY_PER_PERSON, 3000000);
    set->max_rows_a_person = 4;
    build_identifier(set, "bsn");
    build_coded(set, "wet", true, wet, 3);
    build_bounded(set, "maanden", SCH_ROLE_MEASURE, false, -12, 60, 0);
    build_bounded(set, "daguitkering", SCH_ROLE_MEASURE, true, 100, 25000, 2);
    bound(build_column(set, "begin", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE, true), 10957, 20453); /* 2000 to 2025 */
    build_column(set, "verlengd", SCH_ROLE_ATTRIBUTE, SCH_TYPE_BOOLEAN, false);
}

void fixed_init(fixed_catalogs *fixed)
{
    build_catalog(&fixed->catalog[GEMEENTE], "gemeente", 10, true);
    build_catalog(&fixed->catalog[CBS], "cbs", 15, true);
    build_catalog(&fixed->catalog[PARTNER], "partner", 5, false);
    build_catalog(&fixed->catalog[STAD], "stad", 10, true);
    build_catalog(&fixed->catalog[UWV], "uwv", 10, true);
    build_bijstand(&fixed->catalog[GEMEENTE]);
    build_banen(&fixed->catalog[CBS]);
    build_personen(&fixed->catalog[CBS]);
    build_jeugdhulp(&fixed->catalog[PARTNER]);
    build_bijstand(&fixed->catalog[STAD]);
    build_wonen(&fixed->catalog[STAD]);
    build_perioden(&fixed->catalog[UWV]);
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

sch_data_set *fixed_set(fixed_catalogs *fixed, size_t node, const char *name)
{
    sch_catalog *catalog = &fixed->catalog[node];
    size_t i = 0;
    while (i < catalog->data_set_count && strcmp(catalog->data_set[i].name, name) != 0) {
        i++;
    }
    assert_true(i < catalog->data_set_count);
    return &catalog->data_set[i];
}

sch_column *fixed_column(fixed_catalogs *fixed, size_t node, const char *name, const char *column)
{
    sch_data_set *set = fixed_set(fixed, node, name);
    size_t i = 0;
    while (i < set->column_count && strcmp(set->column[i].name, column) != 0) {
        i++;
    }
    assert_true(i < set->column_count);
    return &set->column[i];
}

/* ---- requests ---- */

void build_request(sch_request *request)
{
    *request = (sch_request){.id.byte = {1}, .created = {1}, .not_before = {1}, .not_after = {2}};
    copy_name(request->analyst, "analist");
    request->expression = need(calloc(SCH_MAX_EXPRESSIONS, sizeof *request->expression));
}

uint8_t build_from(sch_request *request, const sch_catalog *catalog, const char *name, const char *alias, sch_join join)
{
    assert_true(request->from_count < SCH_MAX_FROM);
    sch_from *from = &request->from[request->from_count];
    const sch_data_set *set = sch_catalog_find(catalog, name);
    assert_non_null(set);
    copy_name(from->node[0], catalog->node);
    from->node_count = 1;
    copy_name(from->data_set, name);
    copy_name(from->alias, alias);
    from->join = join;
    unit_assert_ok(sch_data_set_hash(from->schema_hash, set));
    copy_name(from->join_column, sch_data_set_identifier(set)->name);
    return (uint8_t)request->from_count++;
}

static void hash(sch_from *from, const sch_data_set *set)
{
    unit_assert_ok(from->node_count > 1 ? sch_data_set_form_hash(from->schema_hash, set)
                                        : sch_data_set_hash(from->schema_hash, set));
}

void build_member(sch_request *request, uint8_t from, const sch_catalog *catalog)
{
    sch_from *f = &request->from[from];
    assert_true(f->node_count < SCH_MAX_MEMBERS);
    copy_name(f->node[f->node_count++], catalog->node);
    hash(f, sch_catalog_find(catalog, f->data_set));
}

void build_pass(sch_request *request, const char *link_key)
{
    assert_true(request->pass_count < SCH_MAX_PASSES);
    copy_name(request->pass[request->pass_count++], link_key);
}

void build_hashes(sch_request *request, const fixed_catalogs *fixed)
{
    for (size_t i = 0; i < request->from_count; i++) {
        for (size_t n = 0; n < FIXED_CATALOGS; n++) {
            const sch_data_set *set = sch_catalog_find(&fixed->catalog[n], request->from[i].data_set);
            if (set != NULL && strcmp(fixed->catalog[n].node, request->from[i].node[0]) == 0) {
                hash(&request->from[i], set);
            }
        }
    }
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

uint32_t build_organisation(sch_request *request, uint8_t data_set)
{
    return add(request, (sch_expression){.op = SCH_OP_ORGANISATION, .data_set = data_set});
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

static void group_on(sch_request *request, uint32_t expression, const char *name)
{
    assert_true(request->group_by_count < SCH_MAX_GROUP_BY);
    request->group_by[request->group_by_count++] = expression;
    build_output(request, name, expression);
}

void build_key(sch_request *request, uint8_t data_set, const char *name)
{
    group_on(request, build_col(request, data_set, name), name);
}

void build_bin_key(sch_request *request, uint8_t data_set, const char *name)
{
    group_on(request, build_op1(request, SCH_OP_BIN, build_col(request, data_set, name)), name);
}

void build_organisation_key(sch_request *request, uint8_t data_set)
{
    group_on(request, build_organisation(request, data_set), "organisatie");
}

void build_set(sch_request *request, uint32_t keys)
{
    assert_true(request->set_count < SCH_MAX_SETS);
    request->set[request->set_count++] = keys;
}

void build_output(sch_request *request, const char *name, uint32_t expression)
{
    assert_true(request->output_count < SCH_MAX_OUTPUTS);
    sch_output *output = &request->output[request->output_count++];
    *output = (sch_output){.expression = expression};
    copy_name(output->name, name);
}

void build_count_rows(sch_request *request)
{
    build_output(request, "records", build_op(request, SCH_OP_COUNT_ROWS, 0, NULL));
}

void build_count_persons(sch_request *request, uint8_t data_set)
{
    uint32_t column = build_col(request, data_set, request->from[data_set].join_column);
    build_output(request, "personen", build_op1(request, SCH_OP_COUNT_PERSONS, column));
}

uint32_t build_aggregate(sch_request *request, sch_op op, uint32_t argument)
{
    uint32_t aggregate = build_op1(request, op, argument);
    build_output(request, "x", aggregate);
    return aggregate;
}

uint32_t build_aggregate2(sch_request *request, sch_op op, uint32_t y, uint32_t x)
{
    uint32_t aggregate = build_op2(request, op, y, x);
    build_output(request, "xy", aggregate);
    return aggregate;
}

uint32_t build_sum(sch_request *request, uint8_t data_set, const char *column)
{
    return build_aggregate(request, SCH_OP_SUM, build_col(request, data_set, column));
}
