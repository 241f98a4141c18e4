#include "crypto/protocol/masked.h"

#include "crypto/share/ring.h"
#include "crypto/share/rows.h"

enum { PIECE_WORDS = 2048 };

size_t sch_masked_piece_rows(size_t columns)
{
    return columns < PIECE_WORDS ? PIECE_WORDS / columns : 1;
}

typedef void place_function(uint64_t *out, const uint32_t *to, const uint64_t *a, const uint64_t *b, size_t rows,
                            size_t columns);

static sch_err place_masked(uint64_t *out, const sch_perm *to, const uint64_t *x, size_t columns, sch_stream *mask,
                            place_function *place)
{
    sch_err err = SCH_NONE;
    sch_ring piece = {0};
    size_t piece_rows = sch_masked_piece_rows(columns);
    SCH_TRY(sch_ring_init(&piece, piece_rows, columns));
    for (size_t first = 0; first < to->rows; first += piece_rows) {
        size_t rows = to->rows - first < piece_rows ? to->rows - first : piece_rows;
        SCH_TRY(sch_stream_read(mask, piece.word, rows * columns * sizeof *piece.word));
        place(out, to->to + first, x + first * columns, piece.word, rows, columns);
    }
out:
    sch_ring_clear(&piece);
    return err;
}

sch_err sch_masked_place_sum(uint64_t *out, const sch_perm *to, const uint64_t *x, size_t columns, sch_stream *mask)
{
    return place_masked(out, to, x, columns, mask, sch_rows_place_sum);
}

sch_err sch_masked_place_difference(uint64_t *out, const sch_perm *to, const uint64_t *x, size_t columns,
                                    sch_stream *mask)
{
    return place_masked(out, to, x, columns, mask, sch_rows_place_difference);
}
