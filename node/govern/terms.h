/* terms.h - the words of an agreement's values, the same in its file, in sentences and in refusals. */
#ifndef SCH_NODE_GOVERN_TERMS_H
#define SCH_NODE_GOVERN_TERMS_H

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/base/clock.h"
#include "proto/agreement.h"

enum { SCH_TERMS_USES = 8, SCH_TERMS_TIME_BYTES = SCH_TIME_TEXT_BYTES, SCH_TERMS_LIST_BYTES = 160 };

#define SCH_DAY_MS INT64_C(86400000)

/* A use of a column: its bit, the word of the file, "may be ...", "used to ...". In the order of the bits. */
typedef struct sch_terms_use {
    uint32_t bit;
    const char *word;     /* avg */
    const char *may_be;   /* averaged */
    const char *used_to;  /* average */
    const char *leave_it; /* what to do where it is not allowed: "leave it out of AVG" */
} sch_terms_use;

extern const sch_terms_use sch_terms_use_of[SCH_TERMS_USES];

/* Words in the order of the enumeration, from its first value on. */
extern const char *const sch_terms_role[2];
extern const char *const sch_terms_approval[3];
extern const char *const sch_terms_period[4];
extern const char *const sch_terms_case[2];
extern const char *const sch_terms_zero[2]; /* of show_zero: false, true */

/* "filter and count", "link, group and filter"; "nothing" for 0. */
void sch_terms_list_uses(char out[static SCH_TERMS_LIST_BYTES], uint32_t uses);

/* A moment as a date where it is the first one of a day, else with its time. */
void sch_terms_moment(char out[static SCH_TERMS_TIME_BYTES], sch_time_ms moment);

/* The last day of what ends before a moment, as the file writes it; where that is not a day's end, the moment with its
 * time. */
void sch_terms_last(char out[static SCH_TERMS_TIME_BYTES], sch_time_ms end);

#endif
