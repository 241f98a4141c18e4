/* plan_check.h - what holds of every plan, whatever was asked. For unit tests and the fuzz target. */
#ifndef SCH_TESTS_SUPPORT_PLAN_CHECK_H
#define SCH_TESTS_SUPPORT_PLAN_CHECK_H

#include "node/query/plan.h"
#include "proto/request.h"

/* What does not hold; NULL where all does. cells: bounds the work, that many cells are looked at. Looks at the shapes
 * and casts as the nodes check them; that everybody has a part, none gives or helps twice, and all are in the text of
 * --explain; that local parts give what the shape says; that groups, combinations and members fill the base cells,
 * each once (each as often as there are members, where no key tells them apart); that sch_plan_code takes every cell
 * apart; that each column that an aggregate rests on has the rule of its persons. */
const char *plan_check(const sch_plan *plan, const sch_request *request, uint32_t cells);

/* The number of expressions that a local statement gives. */
size_t plan_check_items(const char *sql);

/* Item number `item` of it, from 0; false where there is none. */
bool plan_check_item(char *out, size_t out_bytes, const char *sql, size_t item);

#endif
