/* The policy over passes of linking: every column of a pass's link key has to be one that may be linked on, in each
 * data set of the request and in each member of a union. */
#include "node/govern/policy.h"
#include "node/govern/policy_columns.h"
#include "tests/unit/policy_case.h"

/* from[]: the union wonen w of stad_a and stad_b, cbs.personen p. */
enum { W, P, RELATIONS, SETS = 3, COLUMNS = 5 };

enum { LINK = SCH_USE_LINK, FILTER = SCH_USE_FILTER, GROUP = SCH_USE_GROUP };

#define UNDER "under agreement proef (version 2)"

static const char *const PARTY[SETS] = {"stad_a", "stad_b", "cbs"};
static const char *const SET[SETS] = {"wonen", "wonen", "personen"};
static const char *const COLUMN[COLUMNS] = {"bsn", "geboren", "geslacht", "postcode", "soort"};

typedef struct fixture {
    sch_agreement agreement;
    sch_agreement_data_set set[SETS];
    sch_agreement_column column[SETS][COLUMNS];
    sch_agreement_analyst analyst[2]; /* anna, bram */
    sch_link_key key[2];              /* adres: geboren, geslacht, postcode; geboorte: geboren, geslacht */
    sch_data_set offered_set[SETS];
    sch_catalog catalog[SETS];
    sch_request request;
    sch_expression expression[3]; /* COUNT(*), w.postcode, w.geboren */
} fixture;

static void fill_agreement(fixture *f)
{
    sch_agreement *a = &f->agreement;
    policy_copy_name(a->id, "proef");
    a->version = 2;
    a->valid_until = (sch_time_ms){POLICY_NOW * 2};
    a->max_cells = 100;
    a->data_set = f->set;
    a->data_set_count = SETS;
    a->analyst = f->analyst;
    a->analyst_count = 2;
    for (size_t i = 0; i < SETS; i++) {
        policy_copy_name(f->set[i].party, PARTY[i]);
        policy_copy_name(f->set[i].name, SET[i]);
        f->set[i].column = f->column[i];
        f->set[i].column_count = COLUMNS;
        for (size_t j = 0; j < COLUMNS; j++) {
            policy_copy_name(f->column[i][j].name, COLUMN[j]);
            f->column[i][j].uses = j < 4 ? LINK : GROUP;
        }
    }
    policy_copy_name(f->analyst[0].name, "anna");
    policy_copy_name(f->analyst[1].name, "bram");
    f->analyst[0].valid_until = f->analyst[1].valid_until = a->valid_until;
}

static void fill_offers(fixture *f)
{
    policy_copy_name(f->key[0].name, "adres");
    policy_copy_name(f->key[1].name, "geboorte");
    f->key[0].part_count = 3;
    f->key[1].part_count = 2;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < f->key[k].part_count; i++) {
            policy_copy_name(f->key[k].part[i].column, COLUMN[1 + i]);
        }
    }
    for (size_t i = 0; i < SETS; i++) {
        policy_copy_name(f->offered_set[i].name, SET[i]);
        f->offered_set[i].link_key = f->key;
        f->offered_set[i].link_key_count = 2;
        policy_copy_name(f->catalog[i].node, PARTY[i]);
        f->catalog[i].data_set = &f->offered_set[i];
        f->catalog[i].data_set_count = 1;
        policy_offered[i] = &f->catalog[i];
    }
    policy_offered_count = SETS;
}

static void fill_request(fixture *f)
{
    sch_request *r = &f->request;
    policy_copy_name(r->analyst, "anna");
    policy_copy_name(r->recipient[0], "anna");
    r->recipient_count = 1;
    policy_copy_name(r->agreement, "proef");
    memcpy(r->agreement_hash, policy_hash, sizeof policy_hash);
    r->created = r->not_before = (sch_time_ms){POLICY_NOW};
    r->not_after = (sch_time_ms){POLICY_NOW + 1000};
    r->from_count = RELATIONS;
    for (size_t i = 0; i < RELATIONS; i++) {
        policy_copy_name(r->from[i].node[0], PARTY[i == W ? 0 : 2]);
        policy_copy_name(r->from[i].data_set, SET[i == W ? 0 : 2]);
        policy_copy_name(r->from[i].join_column, "bsn");
        r->from[i].node_count = 1;
    }
    policy_copy_name(r->from[W].node[r->from[W].node_count++], "stad_b");
    f->expression[0].op = SCH_OP_COUNT_ROWS;
    r->expression = f->expression;
    r->expression_count = 1;
    r->output_count = 1;
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fill_agreement(f);
    fill_offers(f);
    fill_request(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    policy_offered_count = 0;
    free(*state);
    return 0;
}

static void add_pass(fixture *f, const char *name)
{
    policy_copy_name(f->request.pass[f->request.pass_count++], name);
}

static void assert_kept(fixture *f)
{
    policy_assert_kept(&f->request, &f->agreement, POLICY_NOW, 0);
}

static void assert_broken(fixture *f, const char *sentence)
{
    policy_assert_broken(&f->request, &f->agreement, POLICY_NOW, 0, "column", sentence);
}

static void test_check_passes_over_columns_to_link_on_are_kept(void **state)
{
    fixture *f = *state;
    assert_kept(f);
    add_pass(f, "adres");
    assert_kept(f);
    add_pass(f, "geboorte");
    assert_kept(f);
}

/* Without the use, and not in the agreement at all: each column of each data set, of a union each member's. */
static void test_check_each_column_of_a_pass_has_to_be_linked_on(void **state)
{
    fixture *f = *state;
    size_t broken = 0;
    add_pass(f, "geboorte");
    add_pass(f, "adres");
    for (size_t i = 0; i < SETS; i++) {
        for (size_t j = 1; j < 4; j++) {
            char sentence[SCH_DETAIL_BYTES];
            (void)snprintf(sentence, sizeof sentence,
                           "column %s of %s.%s may not be linked on " UNDER
                           ", and pass %s links on it; leave this pass "
                           "out",
                           COLUMN[j], PARTY[i], SET[i], j == 3 ? "adres" : "geboorte");
            f->column[i][j].uses = FILTER | GROUP;
            assert_broken(f, sentence);
            f->column[i][j].uses = 0;
            assert_broken(f, sentence);
            policy_copy_name(f->column[i][j].name, "anders");
            assert_broken(f, sentence);
            policy_copy_name(f->column[i][j].name, COLUMN[j]);
            f->column[i][j].uses = LINK;
            broken++;
        }
    }
    assert_int_equal(broken, 9);
    assert_kept(f);
}

static void test_check_column_that_no_pass_has_needs_no_link(void **state)
{
    fixture *f = *state;
    add_pass(f, "geboorte");
    for (size_t i = 0; i < SETS; i++) {
        f->column[i][3].uses = FILTER; /* postcode is of adres alone */
    }
    assert_kept(f);
}

static void test_check_pass_that_a_data_set_does_not_offer_is_denied(void **state)
{
    fixture *f = *state;
    size_t broken = 0;
    add_pass(f, "adres");
    for (size_t i = 0; i < SETS; i++, broken++) {
        char sentence[SCH_DETAIL_BYTES];
        (void)snprintf(sentence, sizeof sentence,
                       "columns that pass adres links on are not offered by %s.%s " UNDER "; leave this pass out",
                       PARTY[i], SET[i]);
        f->offered_set[i].link_key = &f->key[1]; /* geboorte alone */
        f->offered_set[i].link_key_count = 1;
        assert_broken(f, sentence);
        f->offered_set[i].link_key_count = 0;
        assert_broken(f, sentence);
        f->catalog[i].data_set_count = 0;
        assert_broken(f, sentence);
        policy_copy_name(f->catalog[i].node, "anders");
        assert_broken(f, sentence);
        policy_copy_name(f->catalog[i].node, PARTY[i]);
        f->catalog[i].data_set_count = 1;
        f->offered_set[i].link_key = f->key;
        f->offered_set[i].link_key_count = 2;
    }
    assert_int_equal(broken, SETS);
    assert_kept(f);
}

static void test_check_pass_before_offers_are_known_is_kept(void **state)
{
    fixture *f = *state;
    add_pass(f, "adres");
    f->column[2][3].uses = FILTER;
    policy_offered_count = 0;
    assert_kept(f);
}

static void test_check_pass_over_another_analysts_column_is_denied(void **state)
{
    fixture *f = *state;
    char bram[1][SCH_NAME_BYTES] = {"bram"};
    add_pass(f, "adres");
    f->column[1][3].analyst = bram; /* stad_b.wonen.postcode */
    f->column[1][3].analyst_count = 1;
    assert_broken(f, "column postcode of stad_b.wonen may not be used by anna " UNDER
                     "; leave it out, or ask an analyst whom the agreement names for it; pass adres links on it");
    policy_copy_name(f->request.analyst, "bram");
    assert_broken(f, "column postcode of stad_b.wonen may not be used for anna, a recipient of the result, " UNDER
                     "; leave out the column or this recipient; pass adres links on it");
    policy_copy_name(f->request.recipient[0], "bram");
    assert_kept(f);
}

/* ---- preview ---- */

typedef struct seen {
    char text[300];
} seen;

static void note_use(void *context, size_t from, const char *name, uint32_t uses)
{
    seen *s = context;
    size_t used = strlen(s->text);
    (void)snprintf(s->text + used, sizeof s->text - used, "%zu.%s:%u ", from, name, (unsigned)uses);
}

static void assert_uses(const fixture *f, size_t offered, const char *expected)
{
    seen s = {{0}};
    const sch_policy_catalogs catalogs = {offered == 0 ? NULL : policy_offered, offered};
    unit_assert_ok(sch_policy_each_use(&f->request, &catalogs, note_use, &s));
    assert_string_equal(s.text, expected);
}

static void test_each_use_of_passes_lists_each_column_once(void **state)
{
    fixture *f = *state;
    char postcode[] = "postcode", geboren[] = "geboren";
    f->expression[1] = (sch_expression){.op = SCH_OP_COLUMN, .data_set = W, .text = postcode};
    f->expression[2] = (sch_expression){.op = SCH_OP_COLUMN, .data_set = W, .text = geboren};
    f->request.expression_count = 3;
    f->request.group_by[0] = 1;
    f->request.group_by_count = 1;
    assert_uses(f, SETS, "0.bsn:1 1.bsn:1 0.postcode:2 0.geboren:0 ");
    add_pass(f, "geboorte");
    assert_uses(f, SETS, "0.bsn:1 1.bsn:1 0.postcode:2 0.geboren:1 0.geslacht:1 1.geboren:1 1.geslacht:1 ");
    add_pass(f, "adres");
    assert_uses(f, SETS,
                "0.bsn:1 1.bsn:1 0.postcode:3 0.geboren:1 0.geslacht:1 1.geboren:1 1.geslacht:1 1.postcode:1 ");
    /* cbs is not here now, and of the union the second member alone */
    policy_offered[0] = policy_offered[1];
    assert_uses(f, 1, "0.bsn:1 1.bsn:1 0.postcode:3 0.geboren:1 0.geslacht:1 ");
    assert_uses(f, 0, "0.bsn:1 1.bsn:1 0.postcode:2 0.geboren:0 ");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_check_passes_over_columns_to_link_on_are_kept),
        WITH(test_check_each_column_of_a_pass_has_to_be_linked_on),
        WITH(test_check_column_that_no_pass_has_needs_no_link),
        WITH(test_check_pass_that_a_data_set_does_not_offer_is_denied),
        WITH(test_check_pass_before_offers_are_known_is_kept),
        WITH(test_check_pass_over_another_analysts_column_is_denied),
        WITH(test_each_use_of_passes_lists_each_column_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
