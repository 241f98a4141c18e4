/* policy_columns.h - the rules of a policy that look at expressions and passes: column and case. For policy.c. */
#ifndef SCH_NODE_GOVERN_POLICY_COLUMNS_H
#define SCH_NODE_GOVERN_POLICY_COLUMNS_H

#include "crypto/base/err.h"
#include "proto/agreement.h"
#include "proto/request.h"

/* The agreement's data sets of a request, borrowed: of request->from[i].node[m]. */
typedef struct sch_policy_sets {
    const sch_agreement_data_set *of[SCH_MAX_FROM][SCH_MAX_MEMBERS];
} sch_policy_sets;

/* What nodes offer, borrowed: the link keys of passes are looked up there. */
typedef struct sch_policy_catalogs {
    const sch_catalog *const *catalog; /* in any order; NULL where they are not known yet */
    size_t count;
} sch_policy_catalogs;

/* sets: all are known. Rules and errors as sch_policy_check has them. */
sch_err sch_policy_check_columns(const char **rule, const sch_request *request, const sch_agreement *agreement,
                                 const sch_policy_sets *sets, const sch_policy_catalogs *offered, sch_detail *detail);

/* Called for each column that a request touches, with all that it is used for (SCH_USE_...); once a column, of a union
 * too. */
typedef void (*sch_policy_use_sink)(void *context, size_t from, const char *column, uint32_t uses);

/* First join columns, then columns of expressions, then those that passes alone link on, as far as catalogues of their
 * data sets are among the offered ones. Errors: SCH_NO_MEMORY. */
sch_err sch_policy_each_use(const sch_request *request, const sch_policy_catalogs *offered, sch_policy_use_sink sink,
                            void *context);

#endif
