#include "node/govern/view.h"

#include <string.h>

void sch_view_make(sch_view *view, const sch_agreement *agreement, const sch_catalog *const *known, size_t known_count)
{
    *view = (sch_view){.count = agreement->party_count};
    for (size_t p = 0; p < agreement->party_count; p++) {
        const sch_agreement_party *party = &agreement->party[p];
        for (size_t k = 0; k < known_count && view->catalog[p] == NULL; k++) {
            if (strcmp(known[k]->node, party->name) == 0) {
                view->catalog[p] = known[k];
            }
        }
        if (view->catalog[p] == NULL) {
            memcpy(view->stub[p].node, party->name, sizeof view->stub[p].node);
            view->stub[p].min_persons = party->min_persons;
            view->stub[p].show_zero = party->show_zero;
            view->catalog[p] = &view->stub[p];
        }
    }
}

static sch_err check_columns(const sch_data_set *data_set, const sch_agreement_data_set *agreed, const char *node,
                             sch_detail *detail)
{
    for (size_t c = 0; c < data_set->column_count; c++) {
        const sch_agreement_column *column = sch_agreement_find_column(agreed, data_set->column[c].name);
        if (column == NULL) {
            sch_detail_set(detail, "node %s offers column %s of %s, which is not in the agreement", node,
                           data_set->column[c].name, data_set->name);
            return sch_fail(SCH_BAD_PEER, "a node offers more than was agreed");
        }
    }
    return SCH_NONE;
}

/* A link key's columns are among the data set's, as sch_catalog_check has seen, and so among the agreed ones. */
static sch_err check_link_keys(const sch_data_set *data_set, const sch_agreement_data_set *agreed, const char *node,
                               sch_detail *detail)
{
    for (size_t k = 0; k < data_set->link_key_count; k++) {
        const sch_link_key *key = &data_set->link_key[k];
        const char *column = sch_agreement_unlinkable(agreed, key);
        if (column != NULL) {
            sch_detail_set(detail,
                           "node %s offers link key %s of %s, whose column %s may not be linked on under the agreement",
                           node, key->name, data_set->name, column);
            return sch_fail(SCH_BAD_PEER, "a node offers more than was agreed");
        }
    }
    return SCH_NONE;
}

sch_err sch_view_check(const sch_catalog *catalog, const sch_agreement *agreement, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_agreement_party *party = sch_agreement_find_party(agreement, catalog->node);
    SCH_TRY(sch_check(party != NULL, SCH_BAD_PEER, "a node that is no party offers data sets under the agreement"));
    SCH_TRY(sch_check(catalog->min_persons == party->min_persons && catalog->show_zero == party->show_zero,
                      SCH_BAD_PEER, "a node's catalogue has other disclosure rules than were agreed"));
    for (size_t d = 0; d < catalog->data_set_count; d++) {
        const sch_data_set *data_set = &catalog->data_set[d];
        const sch_agreement_data_set *agreed = sch_agreement_find_data_set(agreement, party->name, data_set->name);
        if (agreed == NULL) {
            sch_detail_set(detail, "node %s offers data set %s, which is not in the agreement", party->name,
                           data_set->name);
            SCH_TRY(sch_fail(SCH_BAD_PEER, "a node offers more than was agreed"));
        }
        SCH_TRY(check_columns(data_set, agreed, party->name, detail));
        SCH_TRY(check_link_keys(data_set, agreed, party->name, detail));
    }
out:
    return err;
}
