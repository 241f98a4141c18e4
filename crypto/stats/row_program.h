/* row_program.h - the row program: products, comparisons and linear combinations of shared columns, row by row.
 *
 * Steps that do not wait for each other run together, so that a program costs as many rounds as it is deep. What is
 * made of registers that the spine knows alone costs nothing, whatever the step: the spine has it. A step whose
 * register neither a table column nor a step that counts needs is left out. */
#ifndef SCH_CRYPTO_STATS_ROW_PROGRAM_H
#define SCH_CRYPTO_STATS_ROW_PROGRAM_H

#include "crypto/protocol/seat.h"
#include "crypto/share/ring.h"
#include "crypto/stats/table_shape.h"

/* Registers of one shard, column by column: this party's share. What the spine knows is the value there and empty at
 * second, whose share is 0. Owned, secret. */
typedef struct sch_registers {
    sch_ring reg[SCH_MAX_REGISTERS]; /* rows words each; empty before it is made, and once nothing needs it */
} sch_registers;

void sch_registers_clear(sch_registers *registers);

/* needed[r]: register r goes into the table, or into a step that does. */
void sch_row_program_needs(bool needed[static SCH_MAX_REGISTERS], const sch_table_shape *shape);

/* Runs all steps. run: a = spine, b = second, c = third, and the first message number; *next: the first one after the
 * program's. registers: at spine and second those of columns are there, as far as they are needed; those that table
 * columns need are there afterwards, all others are cleared; NULL at third. Cost: sch_row_program_bytes; a product
 * takes 8 bytes a row from C to B and an exchange of 16 (8 where the spine knows one factor), a comparison what LESS
 * takes. Memory: beside the registers, what the protocols take for 2^18 products or 2^17 comparisons, or for one of all
 * rows where that is more. Errors: as the protocols', SCH_BUG where there are more messages than can be numbered. */
sch_err sch_row_program_run(const sch_run *run, uint16_t *next, const sch_table_shape *shape, size_t rows,
                            sch_registers *registers);

/* Bytes that all parties send for it, messages only. */
uint64_t sch_row_program_bytes(const sch_table_shape *shape, uint64_t rows);

#endif
