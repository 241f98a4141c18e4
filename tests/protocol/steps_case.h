/* steps_case.h - finished cells with steps that compare them, what comes of these in clear text, and the parties that
 * compute it. */
#ifndef SCH_TESTS_PROTOCOL_STEPS_CASE_H
#define SCH_TESTS_PROTOCOL_STEPS_CASE_H

#include "crypto/share/ring.h"
#include "crypto/stats/cell_steps.h"
#include "tests/support/parties.h"

typedef struct steps_case {
    sch_cell_shape shape;
    size_t steps;
    sch_cell_step step[SCH_MAX_CELL_STEPS];
    bool scratch[SCH_MAX_TABLE_COLUMNS];
    sch_cast cast;  /* 0 to 2, in any parts */
    sch_ring clear; /* columns x cells */
    sch_ring values[3];
    sch_ring expected;
    uint64_t bytes_sent;
    size_t ones, zeros; /* of all steps' cells: what is expected, before scratch columns are cleared */
} steps_case;

/* Takes the shape, with its steps and scratch columns still to be set: then give it cells. */
void steps_case_init(steps_case *c, const sch_cell_shape *shape);
void steps_case_clear(steps_case *c);

/* Words of all columns and cells, in shares that hide them or in one of the holders' alone; and what is expected. Fails
 * the test where a step's sum is out of range. */
void steps_case_set(steps_case *c, const uint64_t *words, bool hidden, uint64_t *seed);

/* The part of each party, for parties_run. */
sch_err steps_case_play(const sch_seat *seat, void *context);
sch_err steps_case_run(steps_case *c, size_t window, uint64_t seed);

/* Fails the test unless every opened word is the expected one. */
void steps_case_assert(const steps_case *c);

#endif
