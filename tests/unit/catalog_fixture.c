#include "tests/unit/catalog_fixture.h"

#include "tests/support/unit.h"

sch_column *fixture_column(sch_data_set *set, const char *name, sch_column_role role, sch_type type)
{
    set->column = realloc(set->column, (set->column_count + 1) * sizeof *set->column);
    assert_non_null(set->column);
    sch_column *column = &set->column[set->column_count++];
    *column = (sch_column){.role = role, .type = type};
    snprintf(column->name, sizeof column->name, "%s", name);
    return column;
}

void fixture_code(sch_column *column, const char *code)
{
    column->code = realloc(column->code, (column->code_count + 1) * sizeof *column->code);
    assert_non_null(column->code);
    column->code[column->code_count++] = strdup(code);
}

void fixture_bins(sch_column *column, const int64_t *edge, uint32_t bins)
{
    free(column->bin_edge);
    column->bin_edge = calloc(bins + 1, sizeof *column->bin_edge);
    assert_non_null(column->bin_edge);
    for (uint32_t i = 0; i <= bins && bins > 0; i++) {
        column->bin_edge[i] = edge[i];
    }
    column->bin_count = bins;
}

sch_link_key *fixture_link_key(sch_data_set *set, const char *name)
{
    set->link_key = realloc(set->link_key, (set->link_key_count + 1) * sizeof *set->link_key);
    assert_non_null(set->link_key);
    sch_link_key *key = &set->link_key[set->link_key_count++];
    *key = (sch_link_key){.part_count = 0};
    snprintf(key->name, sizeof key->name, "%s", name);
    return key;
}

void fixture_link_part(sch_link_key *key, const char *column, uint8_t first)
{
    assert_true(key->part_count < SCH_MAX_LINK_PARTS);
    sch_link_part *part = &key->part[key->part_count++];
    snprintf(part->column, sizeof part->column, "%s", column);
    part->first = first;
}

static void add_link_keys(sch_data_set *set)
{
    sch_link_key *key = fixture_link_key(set, "adres");
    fixture_link_part(key, "instroom", 0);
    fixture_link_part(key, "buurt", 4);
    fixture_link_part(key, "bedrag", 0);
    key = fixture_link_key(set, "begin");
    fixture_link_part(key, "instroomjaar", 0);
    fixture_link_part(key, "actief", 0);
}

void fixture_catalog(sch_catalog *catalog)
{
    *catalog = (sch_catalog){.min_persons = 10, .show_zero = true, .data_set_count = 2};
    snprintf(catalog->node, sizeof catalog->node, "gemeente");
    catalog->data_set = calloc(2, sizeof *catalog->data_set);
    sch_data_set *set = &catalog->data_set[0];
    snprintf(set->name, sizeof set->name, "bijstand");
    snprintf(set->unit, sizeof set->unit, "person");
    set->description = strdup("bijstandsuitkeringen, één rij per persoon");
    set->rows_per_person = SCH_ONE_PER_PERSON;
    set->max_rows = 100000;
    set->max_rows_a_person = 1;
    sch_column *column = fixture_column(set, "bsn", SCH_ROLE_IDENTIFIER, SCH_TYPE_TEXT);
    column->identifier = SCH_IDENTIFIER_BSN;
    column->required = true;
    column = fixture_column(set, "buurt", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT);
    fixture_code(column, "BU19160102");
    fixture_code(column, "BU19160101");
    fixture_code(column, "Prinsenhof é");
    column = fixture_column(set, "instroomjaar", SCH_ROLE_DIMENSION, SCH_TYPE_INTEGER);
    column->bounded = true;
    column->minimum = -2;
    column->maximum = 3;
    column->required = true;
    fixture_column(set, "actief", SCH_ROLE_DIMENSION, SCH_TYPE_BOOLEAN);
    column = fixture_column(set, "bedrag", SCH_ROLE_MEASURE, SCH_TYPE_DECIMAL);
    column->bounded = true;
    column->minimum = -100000;
    column->maximum = 5000000;
    column->decimals = 2;
    fixture_bins(column, (const int64_t[]){-100000, 0, 250000, 5000001}, 3);
    fixture_column(set, "instroom", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE);
    add_link_keys(set);
    set = &catalog->data_set[1];
    snprintf(set->name, sizeof set->name, "leeg");
    snprintf(set->unit, sizeof set->unit, "person");
    set->rows_per_person = SCH_MANY_PER_PERSON;
    set->max_rows = 1;
    set->max_rows_a_person = 12;
    column = fixture_column(set, "id", SCH_ROLE_IDENTIFIER, SCH_TYPE_INTEGER);
    column->identifier = SCH_IDENTIFIER_TEXT;
}
