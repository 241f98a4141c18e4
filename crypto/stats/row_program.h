/* row_program.h - the row program: products, comparisons and linear combinations of shared columns, row by row.
 *
 * Steps that do not wait for each other run together, so that a program costs as many rounds as it is deep. A product of two
 * registers that the spine knows, and a linear combination of such, cost nothing: the spine has it. */
#ifndef SCH_CRYPTO_STATS_ROW_PROGRAM_H
#define SCH_CRYPTO_STATS_ROW_PROGRAM_H

#include "crypto/protocol/seat.h"
#include "crypto/stats/table_shape.h"

/* Registers of one shard, column by column. */
typedef struct sch_registers {
    size_t rows;
    uint16_t count;
    uint64_t *reg[SCH_MAX_REGISTERS]; /* rows words each, this party's share (at the spine, of what it knows, the value, and the
                                         second's share is 0); NULL before it is made. Owned, secret */
} sch_registers;

void sch_registers_clear(sch_registers *registers);

/* Runs all steps. run: a = spine, b = second, c = third; step: the first message number, *next: the first one after the
 * program's. spine and second: the registers before the steps are filled. A register that no later step and no table column needs
 * may be freed on the way. Cost: a product 8 bytes a row from C to B and an exchange of 16 (8 where the spine knows one factor), a
 * comparison as LESS. Errors: as the protocols'. */
sch_err sch_row_program_spine(const sch_run *run, uint16_t *next, const sch_table_shape *shape,
                              sch_registers *registers);
sch_err sch_row_program_second(const sch_run *run, uint16_t *next, const sch_table_shape *shape,
                               sch_registers *registers);
sch_err sch_row_program_third(const sch_run *run, uint16_t *next, const sch_table_shape *shape, size_t rows);

#endif
