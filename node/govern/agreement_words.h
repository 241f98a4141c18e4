/* agreement_words.h - an agreement in words: the whole, and what a new version changes. */
#ifndef SCH_NODE_GOVERN_AGREEMENT_WORDS_H
#define SCH_NODE_GOVERN_AGREEMENT_WORDS_H

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/agreement.h"

/* Appends the agreement as text for a person, with its hash and who signed. Errors: SCH_NO_MEMORY. */
sch_err sch_agreement_show(sch_buf *out, const sch_bundle *bundle);

/* Appends one line for each difference ("column cbs.banen.loon: may now be averaged", "party partner leaves"), "no
 * difference" where there is none. *count: how many. Every field counts. Errors: SCH_NO_MEMORY. */
sch_err sch_agreement_diff(sch_buf *out, size_t *count, const sch_agreement *before, const sch_agreement *after);

#endif
