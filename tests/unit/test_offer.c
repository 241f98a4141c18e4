/* What a node offers under an agreement: the columns that it names, and the link keys all of whose columns it lets be
 * linked on. */
#include "node/job/job.h"

#include "tests/support/unit.h"
#include "tests/unit/catalog_fixture.h"

typedef struct fixture {
    sch_catalog catalog; /* the node's schemas */
    sch_conf conf;
    sch_jobs jobs;
    sch_agreement agreement;
    sch_agreement_party party;
    sch_agreement_data_set set;
    sch_agreement_column column[COLUMNS];
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fixture_catalog(&f->catalog);
    f->conf.data_set_count = f->catalog.data_set_count;
    unit_copy(f->conf.node, sizeof f->conf.node, "gemeente");
    f->jobs.options = (sch_jobs_options){.conf = &f->conf, .data_set = f->catalog.data_set};
    unit_copy(f->party.name, sizeof f->party.name, "gemeente");
    f->party.min_persons = 10;
    f->agreement.party = &f->party;
    f->agreement.party_count = 1;
    unit_copy(f->set.party, sizeof f->set.party, "gemeente");
    unit_copy(f->set.name, sizeof f->set.name, "bijstand");
    f->set.column = f->column;
    f->set.column_count = COLUMNS;
    f->agreement.data_set = &f->set;
    f->agreement.data_set_count = 1;
    for (size_t c = 0; c < COLUMNS; c++) {
        unit_copy(f->column[c].name, sizeof f->column[c].name, f->catalog.data_set[0].column[c].name);
        f->column[c].uses = SCH_USE_LINK;
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    sch_catalog_clear(&f->catalog);
    free(f);
    return 0;
}

/* keys: the names of the link keys that are offered, each with a blank behind it. */
static void assert_offer(fixture *f, size_t columns, const char *keys)
{
    char names[200] = "";
    sch_catalog_ref *ref = NULL;
    sch_detail detail = {{0}};
    sch_err err = sch_jobs_make_offer(&f->jobs, &ref, &f->agreement, &detail);
    assert_string_equal(sch_detail_or_text(&detail, err), "no error");
    assert_int_equal(ref->catalog.data_set_count, 1);
    const sch_data_set *set = ref->catalog.data_set;
    assert_int_equal(set->column_count, columns);
    for (size_t k = 0; k < set->link_key_count; k++) {
        strcat(strcat(names, set->link_key[k].name), " ");
    }
    assert_string_equal(names, keys);
    sch_catalog_ref_drop(ref);
}

static void test_make_offer_of_all_columns_keeps_all_link_keys(void **state)
{
    assert_offer(*state, COLUMNS, "adres begin ");
}

static void test_make_offer_drops_link_keys_over_columns_without_link(void **state)
{
    fixture *f = *state;
    size_t dropped = 0;
    for (size_t c = BUURT; c < COLUMNS; c++, dropped++) {
        const char *left = c == JAAR || c == ACTIEF ? "adres " : "begin ";
        f->column[c].uses = SCH_USE_ALL & ~(uint32_t)SCH_USE_LINK;
        assert_offer(f, COLUMNS, left);
        f->column[c].uses = 0;
        assert_offer(f, COLUMNS, left);
        unit_copy(f->column[c].name, sizeof f->column[c].name, "anders");
        assert_offer(f, COLUMNS - 1, left);
        unit_copy(f->column[c].name, sizeof f->column[c].name, f->catalog.data_set[0].column[c].name);
        f->column[c].uses = SCH_USE_LINK;
    }
    assert_int_equal(dropped, 5);
    f->set.column_count = 1; /* the identifier */
    assert_offer(f, 1, "");
}

static void test_withheld_keys_are_those_that_are_not_offered_with_what_they_lack(void **state)
{
    fixture *f = *state;
    json_t *list = sch_jobs_withheld_keys(&f->jobs, &f->agreement);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
    f->column[JAAR].uses = SCH_USE_ALL & ~(uint32_t)SCH_USE_LINK;
    f->column[BUURT].uses = 0;
    f->column[BEDRAG].uses = 0;
    list = sch_jobs_withheld_keys(&f->jobs, &f->agreement);
    static const char *const text[] = {"link key adres of bijstand is not offered: the agreement does not give each of "
                                       "its columns the use link; buurt lacks it",
                                       "link key begin of bijstand is not offered: the agreement does not give each of "
                                       "its columns the use link; instroomjaar lacks it"};
    assert_int_equal(json_array_size(list), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(json_string_value(json_object_get(json_array_get(list, i), "text")), text[i]);
    }
    json_decref(list);
    unit_copy(f->set.name, sizeof f->set.name, "anders"); /* what is not agreed on is not looked at */
    list = sch_jobs_withheld_keys(&f->jobs, &f->agreement);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
}

static void test_make_offer_without_the_identifier_is_refused(void **state)
{
    fixture *f = *state;
    sch_catalog_ref *ref = NULL;
    sch_detail detail = {{0}};
    unit_copy(f->column[BSN].name, sizeof f->column[BSN].name, "anders");
    unit_assert_code(sch_jobs_make_offer(&f->jobs, &ref, &f->agreement, &detail), SCH_BAD_INPUT);
    assert_null(ref);
    assert_non_null(strstr(detail.text, "it has no identifier"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_make_offer_of_all_columns_keeps_all_link_keys),
        WITH(test_make_offer_drops_link_keys_over_columns_without_link),
        WITH(test_withheld_keys_are_those_that_are_not_offered_with_what_they_lack),
        WITH(test_make_offer_without_the_identifier_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
