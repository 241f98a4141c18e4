/* cell_case.h - finished cells with random rules and margins, what disclosure control makes of them in clear text, and
 * the parties that compute it. */
#ifndef SCH_TESTS_PROTOCOL_CELL_CASE_H
#define SCH_TESTS_PROTOCOL_CELL_CASE_H

#include "crypto/share/ring.h"
#include "crypto/stats/cells.h"
#include "tests/support/parties.h"

typedef enum cell_sets { CELLS_ALONE, CELLS_ROLLUP, CELLS_CUBE, CELLS_ANY_SETS } cell_sets;

typedef struct cell_case {
    sch_cell_shape shape;
    sch_disclosure rules;
    sch_cast cast;  /* 0 and 1 hold, 2 assists */
    sch_ring clear; /* columns x cells, margins included */
    sch_ring values[2], states[2];
    sch_ring expected_values, expected_states;
    uint64_t bytes_sent;
    /* Cells and columns: what is expected; given_away: margins suppressed for other cells, by_later_rules: those of
     * them by another rule than the column's first, by_other_columns: cells suppressed with those that they are shown
     * with alone. */
    size_t seen, zeros, suppressed, given_away, by_later_rules, by_other_columns;
} cell_case;

/* A shape of keys of these domains with these margins, without columns. Strides in a random order of the keys; the base
 * cells are shown but where chance decides otherwise, with CELLS_ANY_SETS alone. */
void cell_case_draw_shape(sch_cell_shape *shape, const uint32_t *domain, size_t keys, cell_sets sets, uint64_t *seed);

/* Adds columns: 0 counts persons, 1 some of them, the others hold any word; each has random rules on these two, and
 * some are shown with another one. */
void cell_case_draw_rules(sch_cell_shape *shape, uint16_t columns, uint64_t *seed);

/* Takes the shape and draws cells in which column 0 counts 0 to `most` persons. */
void cell_case_init(cell_case *c, const sch_cell_shape *shape, sch_disclosure rules, uint64_t most, uint64_t *seed);
void cell_case_clear(cell_case *c);

/* Puts base cells, columns x base words, in place of the drawn ones, and what is expected of them. */
void cell_case_set(cell_case *c, const uint64_t *base, uint64_t *seed);

/* The part of each party, for parties_run: margins are added, then the rules applied. */
sch_err cell_case_play(const sch_seat *seat, void *context);
sch_err cell_case_run(cell_case *c, size_t window, uint64_t seed);

/* Fails the test unless every opened value and state is the expected one. */
void cell_case_assert_disclosed(const cell_case *c);

#endif
