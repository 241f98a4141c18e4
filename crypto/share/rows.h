/* rows.h - tables of ring elements, row by row, and their movement.
 *
 * A table of rows x columns words lies row-major: the words of one row are neighbours, so that moving a row to a random
 * place costs one cache miss for all its columns. Messages of the protocols carry such tables as they lie. */
#ifndef SCH_CRYPTO_SHARE_ROWS_H
#define SCH_CRYPTO_SHARE_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* out[to[j]] = a[j] + b[j], row by row. to: `rows` distinct positions within out's rows.
 * out overlaps neither a nor b. */
void sch_rows_place_sum(uint64_t *out, const uint32_t *to, const uint64_t *a, const uint64_t *b, size_t rows,
                        size_t columns);

/* out[to[j]] = a[j] - b[j]; otherwise as above. */
void sch_rows_place_difference(uint64_t *out, const uint32_t *to, const uint64_t *a, const uint64_t *b, size_t rows,
                               size_t columns);

/* out[to[j]] = a[j]; otherwise as above. */
void sch_rows_place(uint64_t *out, const uint32_t *to, const uint64_t *a, size_t rows, size_t columns);

/* out[to[j]][k] += column[k][j], from columns that lie apart. */
void sch_rows_add_columns(uint64_t *out, const uint32_t *to, const uint64_t *const *column, size_t rows,
                          size_t columns);

/* out[i] = in[from[i]]. from: `rows` positions within in's rows. */
void sch_rows_pick(uint64_t *out, const uint64_t *in, const uint32_t *from, size_t rows, size_t columns);

/* Replaces each row by the sum of the rows up to it. */
void sch_rows_prefix_sums(uint64_t *table, size_t rows, size_t columns);

#endif
