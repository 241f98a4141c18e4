/* bend_request.h - what SQL cannot say: a parsed request changed into one that an analyst's program would not make. */
#ifndef SCH_TESTS_SUPPORT_BEND_REQUEST_H
#define SCH_TESTS_SUPPORT_BEND_REQUEST_H

#include "proto/request.h"

/* Changes a request as `how` says, with a number behind a colon where it takes one; *known: whether it is one of these:
 *
 * negate:N      the first aggregate's argument within N negations
 * share:N       the first aggregate's argument as COALESCE(e, e), N times: 2^N paths lead to it
 * share_and:N   WHERE as AND(c, c), N times
 * share_case:N  WHERE as CASE WHEN c THEN c ELSE c END, N times
 * share_after:N the first output as e + e, N times
 * member        the first data set is that of another node too, which does not exist
 * members       the first data set is that of twelve nodes, most of which do not exist
 * node          the first data set is that of a node that does not exist, alone
 * again         the last data set stands in FROM once more, under another alias
 * key:OP        the first key is an expression of this number of sch_op over what it was
 * key_constant  the first key is a constant
 * key_output    the first key is the last output
 * key_beyond    the first key is an expression that is not there
 * key_of_other  the first key's column is said to be of the last data set
 * set_beyond    a grouping set keeps keys that are not there
 * set_twice     a grouping set stands there twice
 * set_lacking   no grouping set keeps the first key
 * output_beyond an output is an expression that is not there
 * self          the last expression is an argument of itself
 *
 * Errors: SCH_NO_MEMORY, SCH_BAD_INPUT where the request has no such part. */
sch_err bend_request(sch_request *request, const char *how, bool *known);

#endif
