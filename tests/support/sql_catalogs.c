#include "tests/support/sql_catalogs.h"

#include "tests/support/unit.h"

typedef struct spec {
    const char *name;
    sch_column_role role;
    sch_type type;
} spec;

static sch_data_set make_set(const char *name, sch_rows_per_person rows, const spec *column, size_t count)
{
    sch_data_set set = {.rows_per_person = rows,
                        .max_rows_a_person = rows == SCH_ONE_PER_PERSON ? 1 : 20,
                        .max_rows = 1000,
                        .unit = "person",
                        .column_count = count};
    snprintf(set.name, sizeof set.name, "%s", name);
    set.column = calloc(count, sizeof *set.column);
    assert_non_null(set.column);
    for (size_t i = 0; i < count; i++) {
        sch_column *c = &set.column[i];
        *c = (sch_column){.role = column[i].role, .type = column[i].type};
        snprintf(c->name, sizeof c->name, "%s", column[i].name);
        c->identifier = c->role == SCH_ROLE_IDENTIFIER ? SCH_IDENTIFIER_BSN : 0;
        c->bounded = c->role == SCH_ROLE_MEASURE || (c->role == SCH_ROLE_DIMENSION && c->type == SCH_TYPE_INTEGER);
        c->maximum = c->bounded ? 3000 : 0;
        c->decimals = c->type == SCH_TYPE_DECIMAL ? 2 : 0;
        if (c->role == SCH_ROLE_DIMENSION && c->type == SCH_TYPE_TEXT) {
            c->code = calloc(1, sizeof *c->code);
            assert_non_null(c->code);
            c->code[c->code_count++] = strdup("a");
        }
    }
    return set;
}

static const spec BIJSTAND[] = {
    {"bsn", SCH_ROLE_IDENTIFIER, SCH_TYPE_TEXT},      {"buurt", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT},
    {"traject", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT},   {"instroomjaar", SCH_ROLE_DIMENSION, SCH_TYPE_INTEGER},
    {"actief", SCH_ROLE_DIMENSION, SCH_TYPE_BOOLEAN}, {"naam", SCH_ROLE_ATTRIBUTE, SCH_TYPE_TEXT},
    {"instroom", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE},  {"bedrag", SCH_ROLE_MEASURE, SCH_TYPE_DECIMAL},
    {"schuld", SCH_ROLE_MEASURE, SCH_TYPE_INTEGER},   {"jaar", SCH_ROLE_DIMENSION, SCH_TYPE_INTEGER},
};
static const spec BANEN[] = {
    {"bsn", SCH_ROLE_IDENTIFIER, SCH_TYPE_TEXT},   {"jaar", SCH_ROLE_DIMENSION, SCH_TYPE_INTEGER},
    {"loon", SCH_ROLE_MEASURE, SCH_TYPE_DECIMAL},  {"werkt", SCH_ROLE_MEASURE, SCH_TYPE_INTEGER},
    {"sector", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT},
};
static const spec JEUGDHULP[] = {
    {"burgernummer", SCH_ROLE_IDENTIFIER, SCH_TYPE_TEXT},
    {"soort", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT},
};

static const spec WMO[] = {
    {"bsn", SCH_ROLE_IDENTIFIER, SCH_TYPE_TEXT},
    {"gebied", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT},
    {"uren", SCH_ROLE_MEASURE, SCH_TYPE_INTEGER},
    {"begin", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE},
};

#define SQL_COLUMNS(array) (sizeof(array) / sizeof((array)[0]))

static sch_catalog g_catalog[SQL_CATALOGS];
const sch_catalog *sql_catalogs[SQL_CATALOGS];

int sql_catalogs_make(void **state)
{
    (void)state;
    static const char *const node[SQL_CATALOGS] = {"gemeente", "cbs", "partner", "noord", "zuid"};
    for (size_t i = 0; i < SQL_CATALOGS; i++) {
        g_catalog[i] = (sch_catalog){.min_persons = 10};
        snprintf(g_catalog[i].node, SCH_NAME_BYTES, "%s", node[i]);
        g_catalog[i].data_set = calloc(2, sizeof *g_catalog[i].data_set);
        assert_non_null(g_catalog[i].data_set);
        sql_catalogs[i] = &g_catalog[i];
    }
    g_catalog[0].data_set[0] = make_set("bijstand", SCH_ONE_PER_PERSON, BIJSTAND, SQL_COLUMNS(BIJSTAND));
    g_catalog[1].data_set[0] = make_set("banen", SCH_MANY_PER_PERSON, BANEN, SQL_COLUMNS(BANEN));
    g_catalog[1].data_set[1] = make_set("personen", SCH_ONE_PER_PERSON, BANEN, SQL_COLUMNS(BANEN));
    g_catalog[2].data_set[0] = make_set("jeugdhulp", SCH_MANY_PER_PERSON, JEUGDHULP, SQL_COLUMNS(JEUGDHULP));
    g_catalog[2].data_set[1] = make_set("personen", SCH_ONE_PER_PERSON, JEUGDHULP, SQL_COLUMNS(JEUGDHULP));
    for (size_t i = 3; i < SQL_CATALOGS; i++) {
        g_catalog[i].data_set[0] = make_set("wmo", SCH_ONE_PER_PERSON, WMO, SQL_COLUMNS(WMO));
        g_catalog[i].data_set[1] = make_set("huur", SCH_ONE_PER_PERSON, WMO, i == 3 ? 3 : SQL_COLUMNS(WMO));
    }
    for (size_t i = 0; i < SQL_CATALOGS; i++) {
        g_catalog[i].data_set_count = i == 0 ? 1 : 2;
    }
    for (size_t i = 0; i < SQL_CATALOGS; i++) {
        unit_assert_ok(sch_catalog_check(&g_catalog[i], NULL));
    }
    return 0;
}

int sql_catalogs_clear(void **state)
{
    (void)state;
    for (size_t i = 0; i < SQL_CATALOGS; i++) {
        sch_catalog_clear(&g_catalog[i]);
    }
    return 0;
}
