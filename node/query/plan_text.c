/* What a plan comes to, in words that several places show: what each party learns, and what link keys are. */
#include <string.h>

#include "node/query/plan.h"

/* ---- who learns what ---- */

/* With passes each local part gives all rows of its file. */
sch_err sch_plan_text_learns(sch_buf *out, const sch_plan *plan, sch_party party)
{
    sch_err err = SCH_NONE;
    size_t part = 0;
    bool owner = sch_plan_part(plan, party, &part);
    bool passes = plan->pass_count > 0;
    bool helps = false;
    const char *links = passes ? "; how many link in each pass, and in how many rows which passes agree, of "
                               : ", and how many link of ";
    SCH_TRY(sch_buf_append_text(out, passes ? "how many rows each file has, whatever the conditions"
                                            : "how many rows each local part gives"));
    for (size_t m = 0; m < plan->member_count; m++) {
        const sch_cast *cast = &plan->member[m];
        for (size_t d = 0; d + 1 < plan->part_count; d++) {
            if (cast->helper[d] == party) {
                SCH_TRY(sch_buf_printf(out, "%s%s and %s", helps ? ", of " : links, plan->party[cast->spine],
                                       plan->party[cast->data[d]]));
                helps = true;
            }
        }
    }
    SCH_TRY(sch_buf_append_text(out, owner ? "; no match, no value of another, no cell"
                                           : "; no identifier, no value, no cell"));
out:
    return err;
}

/* ---- link keys ---- */

sch_err sch_plan_text_key(sch_buf *out, const sch_plan *plan, const sch_request *request, size_t pass)
{
    sch_err err = SCH_NONE;
    char first[SCH_LINK_KEY_TEXT_BYTES], other[SCH_LINK_KEY_TEXT_BYTES];
    sch_link_key_text(first, plan->link_key[pass][0]);
    SCH_TRY(sch_buf_append_text(out, first));
    for (size_t i = 1; i < request->from_count; i++) {
        sch_link_key_text(other, plan->link_key[pass][i]);
        if (strcmp(other, first) != 0) {
            SCH_TRY(sch_buf_printf(out, "; in %s: %s", request->from[i].alias, other));
        }
    }
out:
    return err;
}
