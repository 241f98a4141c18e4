#include "crypto/share/rows.h"

enum { FEW_COLUMNS = 4 };

/* Runs `loop` with the number of columns known to the compiler where it is small, which makes it two to three times as
 * fast as with an inner loop. */
#define FOR_COLUMNS(loop, columns, ...)                                                                                \
    do {                                                                                                               \
        switch (columns) {                                                                                             \
        case 1:                                                                                                        \
            loop(__VA_ARGS__, 1);                                                                                      \
            break;                                                                                                     \
        case 2:                                                                                                        \
            loop(__VA_ARGS__, 2);                                                                                      \
            break;                                                                                                     \
        case 3:                                                                                                        \
            loop(__VA_ARGS__, 3);                                                                                      \
            break;                                                                                                     \
        case 4:                                                                                                        \
            loop(__VA_ARGS__, 4);                                                                                      \
            break;                                                                                                     \
        default:                                                                                                       \
            loop(__VA_ARGS__, columns);                                                                                \
            break;                                                                                                     \
        }                                                                                                              \
    } while (0)

#define INLINED static inline __attribute__((always_inline))

INLINED void place_sum(uint64_t *out, const uint32_t *to, const uint64_t *a, const uint64_t *b, size_t rows,
                       size_t columns)
{
    for (size_t j = 0; j < rows; j++) {
        uint64_t *row = out + to[j] * columns;
        for (size_t k = 0; k < columns; k++) {
            row[k] = a[j * columns + k] + b[j * columns + k];
        }
    }
}

void sch_rows_place_sum(uint64_t *out, const uint32_t *to, const uint64_t *a, const uint64_t *b, size_t rows,
                        size_t columns)
{
    FOR_COLUMNS(place_sum, columns, out, to, a, b, rows);
}

INLINED void place_difference(uint64_t *out, const uint32_t *to, const uint64_t *a, const uint64_t *b, size_t rows,
                              size_t columns)
{
    for (size_t j = 0; j < rows; j++) {
        uint64_t *row = out + to[j] * columns;
        for (size_t k = 0; k < columns; k++) {
            row[k] = a[j * columns + k] - b[j * columns + k];
        }
    }
}

void sch_rows_place_difference(uint64_t *out, const uint32_t *to, const uint64_t *a, const uint64_t *b, size_t rows,
                               size_t columns)
{
    FOR_COLUMNS(place_difference, columns, out, to, a, b, rows);
}

INLINED void place(uint64_t *out, const uint32_t *to, const uint64_t *a, size_t rows, size_t columns)
{
    for (size_t j = 0; j < rows; j++) {
        uint64_t *row = out + to[j] * columns;
        for (size_t k = 0; k < columns; k++) {
            row[k] = a[j * columns + k];
        }
    }
}

void sch_rows_place(uint64_t *out, const uint32_t *to, const uint64_t *a, size_t rows, size_t columns)
{
    FOR_COLUMNS(place, columns, out, to, a, rows);
}

INLINED void add_columns(uint64_t *out, const uint32_t *to, const uint64_t *const *column, size_t rows, size_t columns)
{
    for (size_t j = 0; j < rows; j++) {
        uint64_t *row = out + to[j] * columns;
        for (size_t k = 0; k < columns; k++) {
            row[k] += column[k][j];
        }
    }
}

void sch_rows_add_columns(uint64_t *out, const uint32_t *to, const uint64_t *const *column, size_t rows, size_t columns)
{
    FOR_COLUMNS(add_columns, columns, out, to, column, rows);
}

INLINED void pick(uint64_t *out, const uint64_t *in, const uint32_t *from, size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++) {
        const uint64_t *row = in + from[i] * columns;
        for (size_t k = 0; k < columns; k++) {
            out[i * columns + k] = row[k];
        }
    }
}

void sch_rows_pick(uint64_t *out, const uint64_t *in, const uint32_t *from, size_t rows, size_t columns)
{
    FOR_COLUMNS(pick, columns, out, in, from, rows);
}

INLINED void prefix_sums(uint64_t *table, size_t rows, size_t columns)
{
    for (size_t i = columns; i < rows * columns; i++) {
        table[i] += table[i - columns];
    }
}

/* The sums stay in registers. */
INLINED void prefix_sums_of_few(uint64_t *table, size_t rows, size_t columns)
{
    uint64_t sum[FEW_COLUMNS] = {0};
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < columns; k++) {
            sum[k] += table[i * columns + k];
            table[i * columns + k] = sum[k];
        }
    }
}

void sch_rows_prefix_sums(uint64_t *table, size_t rows, size_t columns)
{
    if (columns > FEW_COLUMNS) {
        prefix_sums(table, rows, columns);
        return;
    }
    FOR_COLUMNS(prefix_sums_of_few, columns, table, rows);
}
