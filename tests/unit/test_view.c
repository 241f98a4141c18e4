/* Which catalogues a node may offer under an agreement: the sample's, and what goes beyond it. */
#include "node/govern/view.h"

#include "tests/support/sample_agreement.h"
#include "tests/support/unit.h"

/* Columns of cbs.personen, which the sample agrees on: bsn to link, sector to group. */
enum { BSN, SECTOR, COLUMNS };

typedef struct fixture {
    sch_agreement agreement;
    sch_column column[COLUMNS + 1];
    sch_link_key key[2];
    sch_data_set set;
    sch_catalog catalog;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    sample_agreement_read(&f->agreement, "{name: sector, uses: [group]}", "{name: sector, uses: [group, link]}");
    unit_copy(f->column[BSN].name, sizeof f->column[BSN].name, "bsn");
    unit_copy(f->column[SECTOR].name, sizeof f->column[SECTOR].name, "sector");
    unit_copy(f->column[COLUMNS].name, sizeof f->column[COLUMNS].name, "loon");
    f->column[BSN].role = SCH_ROLE_IDENTIFIER;
    unit_copy(f->key[0].name, sizeof f->key[0].name, "werk");
    unit_copy(f->key[0].part[0].column, sizeof f->key[0].part[0].column, "sector");
    f->key[0].part_count = 1;
    unit_copy(f->set.name, sizeof f->set.name, "personen");
    f->set.column = f->column;
    f->set.column_count = COLUMNS;
    f->set.link_key = f->key;
    f->set.link_key_count = 1;
    unit_copy(f->catalog.node, sizeof f->catalog.node, "cbs");
    f->catalog.min_persons = 15;
    f->catalog.data_set = &f->set;
    f->catalog.data_set_count = 1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    sch_agreement_clear(&f->agreement);
    free(f);
    return 0;
}

static void assert_refused(const fixture *f, const char *sentence)
{
    sch_detail detail = {{0}};
    unit_assert_code(sch_view_check(&f->catalog, &f->agreement, &detail), SCH_BAD_PEER);
    assert_string_equal(detail.text, sentence);
    unit_assert_code(sch_view_check(&f->catalog, &f->agreement, NULL), SCH_BAD_PEER);
}

static void test_check_agreed_catalog_passes(void **state)
{
    fixture *f = *state;
    unit_assert_ok(sch_view_check(&f->catalog, &f->agreement, NULL));
    f->set.link_key_count = 0;
    unit_assert_ok(sch_view_check(&f->catalog, &f->agreement, NULL));
    f->catalog.data_set_count = 0;
    unit_assert_ok(sch_view_check(&f->catalog, &f->agreement, NULL));
}

static void test_check_party_or_rules_that_were_not_agreed_is_refused(void **state)
{
    fixture *f = *state;
    f->catalog.min_persons = 14;
    assert_refused(f, "");
    f->catalog.min_persons = 15;
    f->catalog.show_zero = true;
    assert_refused(f, "");
    f->catalog.show_zero = false;
    unit_copy(f->catalog.node, sizeof f->catalog.node, "anders");
    assert_refused(f, "");
}

static void test_check_data_set_or_column_beyond_the_agreed_is_refused(void **state)
{
    fixture *f = *state;
    f->set.column_count = COLUMNS + 1;
    assert_refused(f, "node cbs offers column loon of personen, which is not in the agreement");
    unit_copy(f->set.name, sizeof f->set.name, "lonen");
    assert_refused(f, "node cbs offers data set lonen, which is not in the agreement");
}

static void test_check_link_key_over_a_column_that_may_not_be_linked_on_is_refused(void **state)
{
    fixture *f = *state;
    static const char sentence[] =
        "node cbs offers link key werk of personen, whose column sector may not be linked on "
        "under the agreement";
    sch_agreement_data_set *set = NULL;
    for (size_t i = 0; i < f->agreement.data_set_count; i++) {
        set = strcmp(f->agreement.data_set[i].name, "personen") == 0 ? &f->agreement.data_set[i] : set;
    }
    assert_non_null(set);
    assert_int_equal(set->column_count, 2);
    set->column[SECTOR].uses = SCH_USE_ALL & ~SCH_USE_LINK;
    assert_refused(f, sentence);
    set->column[SECTOR].uses = SCH_USE_LINK;
    unit_assert_ok(sch_view_check(&f->catalog, &f->agreement, NULL));
    /* the second part of the second key */
    f->set.link_key_count = 2;
    unit_copy(f->key[1].name, sizeof f->key[1].name, "loon");
    unit_copy(f->key[1].part[0].column, sizeof f->key[1].part[0].column, "sector");
    unit_copy(f->key[1].part[1].column, sizeof f->key[1].part[1].column, "loon");
    f->key[1].part_count = 2;
    assert_refused(f, "node cbs offers link key loon of personen, whose column loon may not be linked on under the "
                      "agreement");
}

static void test_make_view_gives_stubs_for_parties_that_are_not_known(void **state)
{
    fixture *f = *state;
    sch_catalog stranger = {.node = "anders"};
    const sch_catalog *known[] = {&stranger, &f->catalog};
    static sch_view view;
    sch_view_make(&view, &f->agreement, known, 2);
    assert_int_equal(view.count, 4);
    size_t stubs = 0;
    for (size_t p = 0; p < view.count; p++) {
        assert_string_equal(view.catalog[p]->node, f->agreement.party[p].name);
        assert_int_equal(view.catalog[p]->min_persons, f->agreement.party[p].min_persons);
        stubs += view.catalog[p] == &view.stub[p];
    }
    assert_int_equal(stubs, 3);
    assert_ptr_equal(view.catalog[1], &f->catalog);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_check_agreed_catalog_passes),
        WITH(test_check_party_or_rules_that_were_not_agreed_is_refused),
        WITH(test_check_data_set_or_column_beyond_the_agreed_is_refused),
        WITH(test_check_link_key_over_a_column_that_may_not_be_linked_on_is_refused),
        WITH(test_make_view_gives_stubs_for_parties_that_are_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
