#include "node/govern/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "node/govern/policy_columns.h"
#include "node/govern/terms.h"

enum { LIST_BYTES = 200, WEEKDAY_OF_EPOCH = 3 /* 1970-01-01 was a Thursday; Monday is 0 */ };

/* What all rules need; borrowed. */
typedef struct scope {
    const char **rule;
    const sch_request *request;
    const sch_agreement *agreement;
    sch_time_ms now;
    sch_detail *detail;
} scope;

static sch_err deny(const scope *s, const char *rule)
{
    *s->rule = rule;
    return sch_fail(SCH_DENIED, "the agreement does not allow this request");
}

/* ---- agreement ---- */

static sch_err check_agreement(const scope *s, const uint8_t hash[static SCH_HASH_BYTES])
{
    const sch_agreement *a = s->agreement;
    if (strcmp(s->request->agreement, a->id) != 0) {
        sch_detail_set(s->detail,
                       "agreement %s is what the request names, and it was checked against agreement %s; ask again "
                       "under one that is active here",
                       s->request->agreement, a->id);
        return deny(s, "agreement");
    }
    if (memcmp(s->request->agreement_hash, hash, SCH_HASH_BYTES) != 0) {
        sch_detail_set(
            s->detail,
            "agreement %s is active here as version %u, and the request was made under another version of it; make "
            "the request again under this one",
            a->id, (unsigned)a->version);
        return deny(s, "agreement");
    }
    return SCH_NONE;
}

/* ---- validity ---- */

static sch_err check_validity(const scope *s)
{
    const sch_agreement *a = s->agreement;
    char moment[SCH_TERMS_TIME_BYTES], asked[SCH_TIME_TEXT_BYTES];
    if (s->now.value < a->valid_from.value) {
        sch_terms_moment(moment, a->valid_from);
        sch_detail_set(s->detail, "validity: agreement %s (version %u) is valid from %s on; ask again then", a->id,
                       (unsigned)a->version, moment);
        return deny(s, "validity");
    }
    sch_terms_last(moment, a->valid_until);
    if (s->now.value >= a->valid_until.value) {
        sch_detail_set(
            s->detail,
            "validity: agreement %s (version %u) was valid until %s; the parties have to sign a new version first",
            a->id, (unsigned)a->version, moment);
        return deny(s, "validity");
    }
    if (s->request->not_after.value > a->valid_until.value) {
        sch_time_text(asked, s->request->not_after);
        sch_detail_set(
            s->detail,
            "validity: the request is valid until %s, and agreement %s (version %u) until %s; ask for a shorter time",
            asked, a->id, (unsigned)a->version, moment);
        return deny(s, "validity");
    }
    return SCH_NONE;
}

/* ---- analyst ---- */

/* role: ", a recipient of the result," or "". */
static sch_err check_person(const scope *s, const char *name, const char *role, const char *change)
{
    const sch_agreement *a = s->agreement;
    const sch_agreement_analyst *analyst = sch_agreement_find_analyst(a, name);
    if (analyst == NULL) {
        sch_detail_set(s->detail, "analyst %s%s is not listed in agreement %s (version %u); %s", name, role, a->id,
                       (unsigned)a->version, change);
        return deny(s, "analyst");
    }
    if (s->now.value >= analyst->valid_until.value) {
        char moment[SCH_TERMS_TIME_BYTES];
        sch_terms_last(moment, analyst->valid_until);
        sch_detail_set(s->detail, "analyst %s%s is listed in agreement %s (version %u) until %s; %s", name, role, a->id,
                       (unsigned)a->version, moment, change);
        return deny(s, "analyst");
    }
    return SCH_NONE;
}

static sch_err check_analysts(const scope *s)
{
    sch_err err = SCH_NONE;
    const sch_request *r = s->request;
    SCH_TRY(check_person(s, r->analyst, "", "the parties have to list this analyst in a new version first"));
    for (size_t i = 0; i < r->recipient_count; i++) {
        SCH_TRY(check_person(s, r->recipient[i], ", a recipient of the result,", "leave this recipient out"));
    }
out:
    return err;
}

/* ---- time ---- */

static sch_err check_time(const scope *s)
{
    const sch_request *r = s->request;
    char moment[SCH_TIME_TEXT_BYTES], now[SCH_TIME_TEXT_BYTES];
    sch_time_text(now, s->now);
    if (r->created.value - s->now.value > SCH_CLOCK_SKEW_MS) {
        sch_time_text(moment, r->created);
        sch_detail_set(
            s->detail,
            "time: the request was made at %s by the analyst's clock, and here it is %s: the clocks of the two "
            "machines differ by more than 2 minutes; set them right and ask again",
            moment, now);
        return deny(s, "time");
    }
    if (r->not_before.value - s->now.value > SCH_CLOCK_SKEW_MS) {
        sch_time_text(moment, r->not_before);
        sch_detail_set(s->detail, "time: the request may be answered from %s on, and here it is %s; wait until then",
                       moment, now);
        return deny(s, "time");
    }
    if (s->now.value - r->not_after.value > SCH_CLOCK_SKEW_MS) {
        sch_time_text(moment, r->not_after);
        sch_detail_set(s->detail, "time: the request was valid until %s, and here it is %s; make it again", moment,
                       now);
        return deny(s, "time");
    }
    return SCH_NONE;
}

/* ---- data set ---- */

/* The agreement's data sets as party.name; the last ones left out where there is no room. */
static void list_data_sets(char out[static LIST_BYTES], const sch_agreement *a)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < a->data_set_count; i++) {
        const sch_agreement_data_set *set = &a->data_set[i];
        if (used + strlen(set->party) + strlen(set->name) + sizeof ", ., ..." > LIST_BYTES) {
            (void)snprintf(out + used, LIST_BYTES - used, ", ...");
            return;
        }
        (void)snprintf(out + used, LIST_BYTES - used, "%s%s.%s", used > 0 ? ", " : "", set->party, set->name);
        used += strlen(out + used);
    }
}

static sch_err find_data_set(const scope *s, const sch_agreement_data_set **out, const char *node, const char *name)
{
    const sch_agreement *a = s->agreement;
    *out = sch_agreement_find_data_set(a, node, name);
    if (*out != NULL) {
        return SCH_NONE;
    }
    char list[LIST_BYTES];
    list_data_sets(list, a);
    sch_detail_set(s->detail, "data set %s.%s is not part of agreement %s (version %u); use one of: %s", node, name,
                   a->id, (unsigned)a->version, list);
    return deny(s, "data set");
}

static sch_err check_data_sets(const scope *s, sch_policy_sets *sets)
{
    sch_err err = SCH_NONE;
    const sch_request *r = s->request;
    bool several = false;
    for (size_t i = 0; i < r->from_count; i++) {
        for (size_t m = 0; m < r->from[i].node_count; m++) {
            SCH_TRY(find_data_set(s, &sets->of[i][m], r->from[i].node[m], r->from[i].data_set));
            several = several || strcmp(r->from[i].node[m], r->from[0].node[0]) != 0;
        }
    }
    if (!several) {
        sch_detail_set(s->detail,
                       "data sets of %s alone are in the query, and agreement %s (version %u) links those of different "
                       "owners; use one of another owner too",
                       r->from[0].node[0], s->agreement->id, (unsigned)s->agreement->version);
        return deny(s, "data set");
    }
out:
    return err;
}

/* ---- all ---- */

static sch_err check_cells(const scope *s, uint64_t cells)
{
    const sch_agreement *a = s->agreement;
    if (cells <= a->max_cells) {
        return SCH_NONE;
    }
    sch_detail_set(s->detail,
                   "cells: the table has %" PRIu64
                   " numbers (cells times aggregates), and agreement %s (version %u) allows at most %" PRIu32
                   "; group on fewer columns, or on columns with fewer values",
                   cells, a->id, (unsigned)a->version, a->max_cells);
    return deny(s, "cells");
}

sch_err sch_policy_check(const char **rule, const sch_request *request, const sch_agreement *agreement,
                         const uint8_t agreement_hash[static SCH_HASH_BYTES], const sch_catalog *const *offered,
                         size_t offered_count, sch_time_ms now, uint64_t cells, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const char *unused = NULL;
    sch_policy_sets sets = {{{NULL}}};
    const sch_policy_catalogs catalogs = {offered, offered_count};
    const scope s = {rule != NULL ? rule : &unused, request, agreement, now, detail};
    *s.rule = NULL;
    SCH_TRY(check_agreement(&s, agreement_hash));
    SCH_TRY(check_validity(&s));
    SCH_TRY(check_analysts(&s));
    SCH_TRY(check_time(&s));
    SCH_TRY(check_data_sets(&s, &sets));
    SCH_TRY(sch_policy_check_columns(s.rule, request, agreement, &sets, &catalogs, detail));
    SCH_TRY(check_cells(&s, cells));
out:
    return err;
}

/* ---- the budget's periods ---- */

sch_time_ms sch_policy_period_start(sch_period period, sch_time_ms moment)
{
    int64_t value = moment.value < 0 ? 0 : moment.value > SCH_MAX_TIME_MS ? SCH_MAX_TIME_MS : moment.value;
    int64_t day = value / SCH_DAY_MS;
    time_t seconds = (time_t)(day * (SCH_DAY_MS / 1000));
    struct tm utc = {0};
    (void)gmtime_r(&seconds, &utc); /* does not fail for these years */
    switch (period) {
    case SCH_PERIOD_DAY:
        break;
    case SCH_PERIOD_WEEK:
        day -= (day + WEEKDAY_OF_EPOCH) % 7;
        break;
    case SCH_PERIOD_MONTH:
        day -= utc.tm_mday - 1;
        break;
    case SCH_PERIOD_YEAR:
        day -= utc.tm_yday;
        break;
    }
    return (sch_time_ms){day * SCH_DAY_MS};
}

/* The first moment of the period after the one that begins at `start`. */
static sch_time_ms next_period(sch_period period, sch_time_ms start)
{
    /* Days ahead that surely lie in the next period. */
    static const int64_t ahead[] = {
        [SCH_PERIOD_DAY] = 1, [SCH_PERIOD_WEEK] = 7, [SCH_PERIOD_MONTH] = 31, [SCH_PERIOD_YEAR] = 366};
    return sch_policy_period_start(period, (sch_time_ms){start.value + ahead[period] * SCH_DAY_MS});
}

sch_err sch_policy_check_budget(const sch_agreement *agreement, uint64_t used, sch_time_ms now, sch_detail *detail)
{
    if (used < agreement->budget) {
        return SCH_NONE;
    }
    char moment[SCH_TERMS_TIME_BYTES];
    sch_time_ms start = sch_policy_period_start(agreement->budget_period, now);
    sch_terms_moment(moment, next_period(agreement->budget_period, start));
    sch_detail_set(
        detail,
        "budget: agreement %s (version %u) allows an analyst %u requests a %s, and they are used up; ask again from %s "
        "on",
        agreement->id, (unsigned)agreement->version, (unsigned)agreement->budget,
        sch_terms_period[agreement->budget_period - 1], moment);
    return sch_fail(SCH_DENIED, "the budget of requests is used up");
}
