#include "tests/unit/typing_case.h"

static void copy_name(char out[static SCH_NAME_BYTES], const char *name)
{
    unit_assert_ok(sch_text_copy(out, SCH_NAME_BYTES, name));
}

static void set_range(sch_column *column, int64_t minimum, int64_t maximum)
{
    column->bounded = true;
    column->minimum = minimum;
    column->maximum = maximum;
}

static void build_personen(sch_catalog *catalog)
{
    sch_data_set *set = build_data_set(catalog, "personen", SCH_ONE_PER_PERSON, 1000000);
    build_identifier(set, "bsn");
    set_range(build_column(set, "start", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE, true), 0, 18262); /* 1970 to 2020-01-01 */
    build_column(set, "einde", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE, false);                     /* no bounds */
    build_column(set, "naam", SCH_ROLE_ATTRIBUTE, SCH_TYPE_TEXT, false);
    build_column(set, "nummer", SCH_ROLE_ATTRIBUTE, SCH_TYPE_INTEGER, false); /* no bounds */
    sch_column *income = build_bounded(set, "inkomen", SCH_ROLE_MEASURE, true, 0, 999999, 2);
    income->bin_edge = calloc(4, sizeof *income->bin_edge);
    assert_non_null(income->bin_edge);
    memcpy(income->bin_edge, (const int64_t[]){0, 100000, 200000, 1000000}, 4 * sizeof *income->bin_edge);
    income->bin_count = 3;
}

static void build_wonen(sch_catalog *catalog)
{
    static const char *const kind[] = {"huur", "koop"};
    sch_data_set *set = build_data_set(catalog, "wonen", SCH_ONE_PER_PERSON, 200000);
    build_identifier(set, "bsn");
    build_coded(set, "soort", true, kind, 2);
    build_bounded(set, "huur", SCH_ROLE_MEASURE, true, 0, 300000, 2);
}

static void fill_from(typing_case *f, size_t i, const char *node, const sch_data_set *set, const char *alias)
{
    sch_from *from = &f->request.from[i];
    assert_non_null(set);
    copy_name(from->node[0], node);
    from->node_count = 1;
    copy_name(from->data_set, set->name);
    copy_name(from->alias, alias);
    copy_name(from->join_column, "bsn");
    from->join = i == J ? SCH_JOIN_LEFT : SCH_JOIN_INNER;
    f->set[i] = set;
    f->request.from_count = i + 1;
}

int typing_setup(void **state)
{
    typing_case *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fixed_init(&f->fixed);
    build_catalog(&f->more, "meer", 10, true);
    build_personen(&f->more);
    build_wonen(&f->more);
    unit_assert_ok(sch_catalog_check(&f->more, NULL));
    f->request.expression = calloc(SCH_MAX_EXPRESSIONS, sizeof *f->request.expression);
    assert_non_null(f->request.expression);
    fill_from(f, B, "gemeente", sch_catalog_find(&f->fixed.catalog[0], "bijstand"), "b");
    fill_from(f, C, "cbs", sch_catalog_find(&f->fixed.catalog[1], "banen"), "c");
    fill_from(f, J, "partner", sch_catalog_find(&f->fixed.catalog[2], "jeugdhulp"), "j");
    fill_from(f, P, "cbs", sch_catalog_find(&f->more, "personen"), "p");
    *state = f;
    return 0;
}

int typing_teardown(void **state)
{
    typing_case *f = *state;
    sch_request_clear(&f->request);
    sch_catalog_clear(&f->more);
    fixed_clear(&f->fixed);
    free(f);
    return 0;
}

void typing_with_union(typing_case *f)
{
    fill_from(f, W, "stad_a", sch_catalog_find(&f->more, "wonen"), "w");
    copy_name(f->request.from[W].node[1], "stad_b");
    f->request.from[W].node_count = 2;
}

sch_err typing_run(typing_case *f)
{
    f->detail.text[0] = '\0';
    return sch_typing_make(f->typed, &f->request, f->set, &f->detail);
}

const sch_typed *typing_of(typing_case *f, uint32_t expression)
{
    sch_err err = typing_run(f);
    if (sch_failed(err)) {
        fail_msg("%s", f->detail.text);
    }
    return &f->typed[expression];
}

void typing_assert_number(typing_case *f, uint32_t e, int64_t minimum, int64_t maximum, unsigned decimals,
                          bool nullable)
{
    const sch_typed *t = typing_of(f, e);
    assert_true(t->bounded);
    assert_int_equal(t->minimum, minimum);
    assert_int_equal(t->maximum, maximum);
    assert_int_equal(t->decimals, decimals);
    assert_int_equal(t->type, decimals > 0 ? SCH_TYPE_DECIMAL : SCH_TYPE_INTEGER);
    assert_int_equal(t->nullable, nullable);
}

void typing_assert_refused(typing_case *f, const char *part, const char *part2)
{
    unit_assert_code(typing_run(f), SCH_BAD_INPUT);
    if (strstr(f->detail.text, part) == NULL || strstr(f->detail.text, part2) == NULL) {
        fail_msg("%s", f->detail.text);
    }
}
