#include "node/govern/terms.h"

#include <stdio.h>
#include <string.h>

enum { DATE_CHARACTERS = 10 };

const sch_terms_use sch_terms_use_of[SCH_TERMS_USES] = {
    {SCH_USE_LINK, "link", "linked on", "link", "join on a column that may be, and count records with COUNT(*)"},
    {SCH_USE_GROUP, "group", "grouped on", "group", "leave it out of GROUP BY"},
    {SCH_USE_FILTER, "filter", "filtered on", "filter", "leave it out of WHERE and of conditions"},
    {SCH_USE_COUNT, "count", "counted", "count", "leave it out of COUNT"},
    {SCH_USE_SUM, "sum", "summed", "sum", "leave it out of SUM"},
    {SCH_USE_AVG, "avg", "averaged", "average", "leave it out of AVG"},
    {SCH_USE_SPREAD, "spread", "used for spread", "measure spread",
     "leave it out of VAR, STDDEV, COVAR, CORR and REGR"},
    {SCH_USE_QUANTILE, "quantile", "used for quantiles", "take quantiles", "leave it out of PERCENTILE and BIN"},
};

const char *const sch_terms_role[2] = {"owner", "helper"};
const char *const sch_terms_approval[3] = {"automatic", "operator", "two operators"};
const char *const sch_terms_period[4] = {"day", "week", "month", "year"};
const char *const sch_terms_case[2] = {"guarded", "free"};
const char *const sch_terms_zero[2] = {"suppress", "show"};

void sch_terms_list_uses(char out[static SCH_TERMS_LIST_BYTES], uint32_t uses)
{
    size_t used = 0;
    unsigned left = 0;
    for (size_t i = 0; i < SCH_TERMS_USES; i++) {
        left += (uses & sch_terms_use_of[i].bit) != 0;
    }
    (void)snprintf(out, SCH_TERMS_LIST_BYTES, "%s", left == 0 ? "nothing" : "");
    for (size_t i = 0; i < SCH_TERMS_USES && left > 0; i++) {
        if ((uses & sch_terms_use_of[i].bit) != 0) {
            left--;
            (void)snprintf(out + used, SCH_TERMS_LIST_BYTES - used, "%s%s", sch_terms_use_of[i].used_to,
                           left > 1    ? ", "
                           : left == 1 ? " and "
                                       : "");
            used = strlen(out);
        }
    }
}

void sch_terms_moment(char out[static SCH_TERMS_TIME_BYTES], sch_time_ms moment)
{
    sch_time_text(out, moment);
    if (moment.value % SCH_DAY_MS == 0) {
        out[DATE_CHARACTERS] = '\0';
    }
}

void sch_terms_last(char out[static SCH_TERMS_TIME_BYTES], sch_time_ms end)
{
    bool whole = end.value >= SCH_DAY_MS && end.value % SCH_DAY_MS == 0;
    sch_terms_moment(out, (sch_time_ms){whole ? end.value - SCH_DAY_MS : end.value});
}
