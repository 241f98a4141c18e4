#include "crypto/protocol/masked.h"

#include "crypto/share/ring.h"
#include "crypto/share/rows.h"

enum { PIECE_WORDS = 2048 };

size_t sch_masked_piece_rows(size_t columns)
{
    return columns < PIECE_WORDS ? PIECE_WORDS / columns : 1;
}

/* Two ways to join words: those of codes and those that are numbers. */
typedef void join_function(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count);
typedef void place_function(uint64_t *out, const uint32_t *to, const uint64_t *a, const uint64_t *b, size_t rows,
                            size_t columns);

/* mask = x joined with mask, row by row. */
static void join_rows(uint64_t *mask, const uint64_t *x, size_t rows, size_t columns, size_t codes, join_function *join)
{
    for (size_t j = 0; j < rows; j++, mask += columns, x += columns) {
        for (size_t k = 0; k < codes; k++) {
            mask[k] ^= x[k];
        }
        join(mask + codes, x + codes, mask + codes, columns - codes);
    }
}

static sch_err place_masked(uint64_t *out, const sch_perm *to, const uint64_t *x, size_t columns, size_t codes,
                            sch_stream *mask, join_function *join, place_function *place)
{
    sch_err err = SCH_NONE;
    sch_ring piece = {0};
    size_t piece_rows = sch_masked_piece_rows(columns);
    SCH_TRY(sch_ring_init(&piece, piece_rows, columns));
    for (size_t first = 0; first < to->rows; first += piece_rows) {
        size_t rows = to->rows - first < piece_rows ? to->rows - first : piece_rows;
        SCH_TRY(sch_stream_read(mask, piece.word, rows * columns * sizeof *piece.word));
        if (codes == 0) {
            place(out, to->to + first, x + first * columns, piece.word, rows, columns);
        } else {
            join_rows(piece.word, x + first * columns, rows, columns, codes, join);
            sch_rows_place(out, to->to + first, piece.word, rows, columns);
        }
    }
out:
    sch_ring_clear(&piece);
    return err;
}

sch_err sch_masked_place_sum(uint64_t *out, const sch_perm *to, const uint64_t *x, size_t columns, size_t codes,
                             sch_stream *mask)
{
    return place_masked(out, to, x, columns, codes, mask, sch_ring_add, sch_rows_place_sum);
}

sch_err sch_masked_place_difference(uint64_t *out, const sch_perm *to, const uint64_t *x, size_t columns, size_t codes,
                                    sch_stream *mask)
{
    return place_masked(out, to, x, columns, codes, mask, sch_ring_sub, sch_rows_place_difference);
}

sch_err sch_masked_subtract(uint64_t *x, size_t rows, size_t columns, size_t codes, sch_stream *mask)
{
    sch_err err = SCH_NONE;
    sch_ring piece = {0};
    size_t piece_rows = sch_masked_piece_rows(columns);
    SCH_TRY(sch_ring_init(&piece, piece_rows, columns));
    for (size_t first = 0; first < rows; first += piece_rows) {
        size_t count = rows - first < piece_rows ? rows - first : piece_rows;
        uint64_t *at = x + first * columns;
        SCH_TRY(sch_stream_read(mask, piece.word, count * columns * sizeof *piece.word));
        for (size_t j = 0; j < count; j++, at += columns) {
            const uint64_t *masked = piece.word + j * columns;
            for (size_t k = 0; k < codes; k++) {
                at[k] ^= masked[k];
            }
            sch_ring_sub(at + codes, at + codes, masked + codes, columns - codes);
        }
    }
out:
    sch_ring_clear(&piece);
    return err;
}
