#include "crypto/stats/cell_check.h"

enum { LESS_PIECE_CELLS = 1 << 15, MULTIPLY_PIECE_CELLS = 1 << 16 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

sch_err sch_cell_check_room(const sch_cell_check *c, sch_ring *ring, size_t rows, size_t columns)
{
    return c->holds ? sch_ring_init(ring, rows, columns) : SCH_NONE;
}

/* From a word on; NULL where there are none. */
static uint64_t *words_at(const sch_ring *ring, size_t at)
{
    return ring->word == NULL ? NULL : ring->word + at;
}

sch_err sch_cell_check_compare(sch_cell_check *c, sch_ring *x, const uint64_t *bound, size_t spans, size_t span)
{
    sch_err err = SCH_NONE;
    size_t cells = spans * span;
    sch_ring t = {0};
    SCH_TRY(sch_cell_check_room(c, &t, smaller(cells, LESS_PIECE_CELLS), 1));
    for (size_t first = 0; first < cells; first += LESS_PIECE_CELLS) {
        size_t piece = smaller(cells - first, LESS_PIECE_CELLS);
        for (size_t i = 0; i < piece && c->holds; i++) {
            t.word[i] = bound[(first + i) / span];
        }
        uint64_t *words = words_at(x, first);
        SCH_TRY(sch_player_less(&c->player, words, words, t.word, piece));
    }
out:
    sch_ring_clear(&t);
    return err;
}

sch_err sch_cell_check_multiply(sch_cell_check *c, sch_ring *x, const sch_ring *y, size_t count)
{
    sch_err err = SCH_NONE;
    for (size_t first = 0; first < count; first += MULTIPLY_PIECE_CELLS) {
        uint64_t *words = words_at(x, first);
        SCH_TRY(sch_player_multiply(&c->player, words, words, words_at(y, first),
                                    smaller(count - first, MULTIPLY_PIECE_CELLS)));
    }
out:
    return err;
}

void sch_cell_check_count(uint64_t *out, const sch_cell_check *c, uint16_t count, uint16_t less, size_t first,
                          size_t cells)
{
    const uint64_t *counted = c->values + (size_t)count * c->plan->shape->cells + first;
    const uint64_t *left = less == SCH_NO_COLUMN ? NULL : c->values + (size_t)less * c->plan->shape->cells + first;
    for (size_t i = 0; i < cells; i++) {
        out[i] = counted[i] - (left == NULL ? 0 : left[i]);
    }
}
