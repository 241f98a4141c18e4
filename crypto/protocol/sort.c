/* SORT (computation.md step 5): one pass, by one bit of the codes. Places are numbers modulo 2^32.
 *
 *   x = x_A ^ x_B        words, one for each of n rows; b the bit of each
 *   r = r_A ^ r_B        random bits that C knows, r_A from stream(AC), r_B from stream(BC)
 *   R = R_A + R_B        the same bits as numbers: R_A from stream(AC), R_B dealt
 *   m = m_A + m_B        random numbers, from stream(AC) and stream(BC)
 *   P = P_A + P_B        r m: P_A from stream(AC), P_B dealt
 *   e, d                 b ^ r and y - m, opened to A and B; so b = e + (1 - 2 e) R and
 *                        b y = e y + (1 - 2 e) r (d + m) = e y + (1 - 2 e) (R d + P)
 *   o, j - o, z          the ones before row j, the zeros before it, all zeros: o and z are sums of b
 *   p                    row j's place: j - o where b is 0, z + o where it is 1; y is the difference, z + 2 o - j
 *   rho, sigma           random permutations, from stream(AB) and stream(BC)
 *   M, N                 masks of rows, from stream(AB) and stream(BC)
 *   X                    rows (x, p); below + and - of words are ^
 *
 *   0  C -> B            R_B, P_B
 *   1  A <-> B           e
 *   2  A <-> B           d; from it p = j - o + b y
 *   3  A -> C            U = rho(X_A - M)
 *   4  B -> A            V = sigma(rho(X_B + M)) - N
 *      A has             Y_A = V
 *      C has             Y_C = sigma(U) + N
 *   5  A <-> C           p of Y, opened
 *      A and C keep      p(x) of Y
 *
 * A does not know sigma, C does not know rho: to either the places come in a uniformly random order. B, who knows both,
 * never sees them, so that SHUFFLE's third permutation is not needed. */
#include "crypto/protocol/sort.h"

#include "crypto/share/perm.h"
#include "crypto/share/ring.h"

enum { MESSAGE_DEAL, MESSAGE_BITS, MESSAGE_FACTOR, MESSAGE_FIRST, MESSAGE_SECOND, MESSAGE_PLACES, MESSAGES };

_Static_assert((int)MESSAGES == SCH_SORT_PASS_STEPS, "passes have step numbers of their own");

static const char STREAM_DEAL[] = "sort.deal";
static const char STREAM_ORDER[] = "sort.order";
static const char STREAM_MASK[] = "sort.mask";

enum { WORD_BITS = 64, PIECE_ROWS = 1024 };

/* A row on its way: as it is sent. */
typedef struct row {
    uint32_t low, high; /* of the word */
    uint32_t place;
} row;

_Static_assert(sizeof(row) == 12, "a row is three words of 32 bits");

/* ---- what C deals ---- */

/* What one holder has from C: bits packed, and numbers. */
typedef struct deal {
    sch_ring all; /* owned */
    uint64_t *r;
    uint32_t *m;
    uint32_t *R, *P; /* neighbours: B's are message 0 */
} deal;

static size_t width_of(size_t rows)
{
    return rows / WORD_BITS + (rows % WORD_BITS != 0);
}

/* Makes room, and reads from the stream of this party and `other`: r and m, at A (where is_a) R and P too. */
static sch_err read_deal(const sch_run *run, deal *dealt, sch_party other, size_t rows, bool is_a)
{
    sch_err err = SCH_NONE;
    sch_stream stream = {0};
    size_t width = width_of(rows);
    size_t numbers = is_a ? 3 * rows : rows;
    SCH_TRY(sch_ring_init(&dealt->all, width + (3 * rows + 1) / 2, 1));
    dealt->r = dealt->all.word;
    dealt->m = (uint32_t *)(dealt->all.word + width);
    dealt->R = dealt->m + rows;
    dealt->P = dealt->R + rows;
    SCH_TRY(sch_run_stream(run, &stream, other, STREAM_DEAL));
    SCH_TRY(sch_stream_read(&stream, dealt->r, width * sizeof *dealt->r + numbers * sizeof *dealt->m));
out:
    sch_stream_clear(&stream);
    return err;
}

static inline uint32_t bit_of(const uint64_t *bits, size_t j)
{
    return (uint32_t)(bits[j / WORD_BITS] >> (j % WORD_BITS)) & 1;
}

/* R_B = r - R_A, P_B = r m - P_A */
static void fix_deal(deal *of_b, const deal *of_a, size_t rows)
{
    for (size_t j = 0; j < rows; j++) {
        uint32_t r = bit_of(of_a->r, j) ^ bit_of(of_b->r, j);
        of_b->R[j] = r - of_a->R[j];
        of_b->P[j] = r * (of_a->m[j] + of_b->m[j]) - of_a->P[j];
    }
}

/* 0  C -> B  R_B, P_B */
static sch_err send_deal(const sch_run *run, size_t rows)
{
    sch_err err = SCH_NONE;
    deal of_a = {0};
    deal of_b = {0};
    SCH_TRY(read_deal(run, &of_a, run->a, rows, true));
    SCH_TRY(read_deal(run, &of_b, run->b, rows, false));
    fix_deal(&of_b, &of_a, rows);
    SCH_TRY(sch_run_send(run, run->b, MESSAGE_DEAL, of_b.R, 2 * rows * sizeof *of_b.R));
out:
    sch_ring_clear(&of_b.all);
    sch_ring_clear(&of_a.all);
    return err;
}

/* ---- places, at A and B ---- */

/* One of the two holders while places are computed. once: 1 at A, 0 at B, for what one of the two adds. */
typedef struct holder {
    const sch_run *run;
    sch_party peer;
    uint32_t once;
    size_t rows;
    deal dealt;
    sch_ring e;
} holder;

/* 1  A <-> B  e = b ^ r */
static sch_err open_bits(holder *self, const uint64_t *x, unsigned bit)
{
    sch_err err = SCH_NONE;
    size_t width = width_of(self->rows);
    sch_ring mine = {0};
    SCH_TRY(sch_ring_init(&mine, width, 1));
    SCH_TRY(sch_ring_init(&self->e, width, 1));
    for (size_t k = 0; k < width; k++) {
        size_t first = k * WORD_BITS;
        size_t count = self->rows - first < WORD_BITS ? self->rows - first : WORD_BITS;
        uint64_t packed = 0;
        for (size_t j = 0; j < count; j++) {
            packed |= (x[first + j] >> bit & 1) << j;
        }
        mine.word[k] = packed ^ self->dealt.r[k];
    }
    SCH_TRY(sch_run_exchange(self->run, self->peer, MESSAGE_BITS, mine.word, self->e.word, sch_ring_bytes(&mine)));
    for (size_t k = 0; k < width; k++) {
        self->e.word[k] ^= mine.word[k];
    }
out:
    sch_ring_clear(&mine);
    return err;
}

/* 1 - 2 e */
static inline uint32_t sign_of(uint32_t e)
{
    return 1 - 2 * e;
}

/* b = e + (1 - 2 e) R */
static inline uint32_t number_of_bit(const holder *self, uint32_t e, size_t j)
{
    return (e & self->once) + sign_of(e) * self->dealt.R[j];
}

/* z = n - sum of b */
static uint32_t count_zeros(const holder *self)
{
    uint32_t ones = 0;
    for (size_t j = 0; j < self->rows; j++) {
        ones += number_of_bit(self, bit_of(self->e.word, j), j);
    }
    return self->once * (uint32_t)self->rows - ones;
}

/* 2  A <-> B  d = y - m, where y = z + 2 o - j; written over m. */
static sch_err open_factor(holder *self, uint32_t z)
{
    sch_err err = SCH_NONE;
    uint32_t *d = self->dealt.m;
    uint32_t o = 0;
    sch_perm theirs = {0};
    SCH_TRY(sch_perm_init(&theirs, self->rows));
    for (size_t j = 0; j < self->rows; j++) {
        d[j] = z + 2 * o - self->once * (uint32_t)j - d[j];
        o += number_of_bit(self, bit_of(self->e.word, j), j);
    }
    SCH_TRY(sch_run_exchange(self->run, self->peer, MESSAGE_FACTOR, d, theirs.to, self->rows * sizeof *d));
    for (size_t j = 0; j < self->rows; j++) {
        d[j] += theirs.to[j];
    }
out:
    sch_perm_clear(&theirs);
    return err;
}

/* p = j - o + b y, where b y = e y + (1 - 2 e)(R d + P) */
static void multiply_factor(const holder *self, uint32_t *p, uint32_t z)
{
    uint32_t o = 0;
    for (size_t j = 0; j < self->rows; j++) {
        uint32_t e = bit_of(self->e.word, j);
        uint32_t zeros = self->once * (uint32_t)j - o;
        uint32_t y = z + o - zeros;
        p[j] = zeros + e * y + sign_of(e) * (self->dealt.R[j] * self->dealt.m[j] + self->dealt.P[j]);
        o += number_of_bit(self, e, j);
    }
}

/* Messages 0 to 2 at A (where is_a) and B: p, which is initialised here. */
static sch_err compute_places(const sch_run *run, sch_perm *p, const uint64_t *x, size_t rows, unsigned bit, bool is_a)
{
    sch_err err = SCH_NONE;
    holder self = {.run = run, .peer = is_a ? run->b : run->a, .once = is_a, .rows = rows};
    SCH_TRY(sch_perm_init(p, rows));
    SCH_TRY(read_deal(run, &self.dealt, run->c, rows, is_a));
    if (!is_a) {
        /* 0  C -> B  R_B, P_B */
        SCH_TRY(sch_run_receive(run, run->c, MESSAGE_DEAL, self.dealt.R, 2 * rows * sizeof *self.dealt.R));
    }
    SCH_TRY(open_bits(&self, x, bit));
    uint32_t z = count_zeros(&self);
    SCH_TRY(open_factor(&self, z));
    multiply_factor(&self, p->to, z);
out:
    sch_ring_clear(&self.e);
    sch_ring_clear(&self.dealt.all);
    return err;
}

/* ---- rows and their masks ---- */

typedef struct row_table {
    sch_ring all; /* owned */
    row *row;
    size_t bytes;
} row_table;

static sch_err init_rows(row_table *table, size_t rows)
{
    sch_err err = sch_ring_init(&table->all, (3 * rows + 1) / 2, 1);
    table->row = (row *)table->all.word;
    table->bytes = rows * sizeof *table->row;
    return err;
}

/* out = to(X + mask), where `sign` is 1, or to(X - mask), where it is -1 modulo 2^32. */
static sch_err place_masked(row *out, const sch_perm *to, const uint64_t *x, const uint32_t *p, uint32_t sign,
                            sch_stream *stream)
{
    sch_err err = SCH_NONE;
    row mask[PIECE_ROWS];
    for (size_t first = 0; first < to->rows; first += PIECE_ROWS) {
        size_t count = to->rows - first < PIECE_ROWS ? to->rows - first : PIECE_ROWS;
        SCH_TRY(sch_stream_read(stream, mask, count * sizeof *mask));
        for (size_t j = 0; j < count; j++) {
            uint64_t word = x[first + j];
            out[to->to[first + j]] = (row){.low = (uint32_t)word ^ mask[j].low,
                                           .high = (uint32_t)(word >> 32) ^ mask[j].high,
                                           .place = p[first + j] + sign * mask[j].place};
        }
    }
out:
    sch_secret_wipe(mask, sizeof mask);
    return err;
}

/* Y = Y + mask or Y - mask, as above. */
static sch_err add_mask(row *y, size_t rows, uint32_t sign, sch_stream *stream)
{
    sch_err err = SCH_NONE;
    row mask[PIECE_ROWS];
    for (size_t first = 0; first < rows; first += PIECE_ROWS) {
        size_t count = rows - first < PIECE_ROWS ? rows - first : PIECE_ROWS;
        SCH_TRY(sch_stream_read(stream, mask, count * sizeof *mask));
        for (size_t j = 0; j < count; j++) {
            y[first + j].low ^= mask[j].low;
            y[first + j].high ^= mask[j].high;
            y[first + j].place += sign * mask[j].place;
        }
    }
out:
    sch_secret_wipe(mask, sizeof mask);
    return err;
}

static sch_err draw_order(const sch_run *run, sch_perm *order, sch_party other, size_t rows)
{
    sch_err err = SCH_NONE;
    sch_stream stream = {0};
    SCH_TRY(sch_run_stream(run, &stream, other, STREAM_ORDER));
    SCH_TRY(sch_perm_init_stream(order, rows, &stream));
out:
    sch_stream_clear(&stream);
    return err;
}

/* 5  A <-> C  p of Y, opened; x = p(x of Y) */
static sch_err open_places(const sch_run *run, sch_party peer, uint64_t *x, const row *y, size_t rows)
{
    sch_err err = SCH_NONE;
    sch_perm mine = {0};
    sch_perm p = {0};
    SCH_TRY(sch_perm_init(&mine, rows));
    SCH_TRY(sch_perm_init(&p, rows));
    for (size_t i = 0; i < rows; i++) {
        mine.to[i] = y[i].place;
    }
    SCH_TRY(sch_run_exchange(run, peer, MESSAGE_PLACES, mine.to, p.to, rows * SCH_PERM_ITEM_BYTES));
    for (size_t i = 0; i < rows; i++) {
        p.to[i] += mine.to[i];
    }
    SCH_TRY(sch_perm_check_distinct(p.to, rows, rows));
    for (size_t i = 0; i < rows; i++) {
        x[p.to[i]] = (uint64_t)y[i].high << 32 | y[i].low;
    }
out:
    sch_perm_clear(&p);
    sch_perm_clear(&mine);
    return err;
}

/* ---- A ---- */

static sch_err pass_a(const sch_run *run, uint64_t *x, size_t rows, unsigned bit)
{
    sch_err err = SCH_NONE;
    sch_perm p = {0};
    sch_perm rho = {0};
    row_table y = {0}; /* U, then V */
    sch_stream mask_ab = {0};
    /* 1, 2  A <-> B  e, d */
    SCH_TRY(compute_places(run, &p, x, rows, bit, true));
    /* 3  A -> C  U = rho(X_A - M) */
    SCH_TRY(draw_order(run, &rho, run->b, rows));
    SCH_TRY(init_rows(&y, rows));
    SCH_TRY(sch_run_stream(run, &mask_ab, run->b, STREAM_MASK));
    SCH_TRY(place_masked(y.row, &rho, x, p.to, UINT32_MAX, &mask_ab));
    SCH_TRY(sch_run_send(run, run->c, MESSAGE_FIRST, y.row, y.bytes));
    /* 4  B -> A  V */
    SCH_TRY(sch_run_receive(run, run->b, MESSAGE_SECOND, y.row, y.bytes));
    /* 5  A <-> C  p */
    SCH_TRY(open_places(run, run->c, x, y.row, rows));
out:
    sch_stream_clear(&mask_ab);
    sch_ring_clear(&y.all);
    sch_perm_clear(&rho);
    sch_perm_clear(&p);
    return err;
}

/* ---- B ---- */

static sch_err pass_b(const sch_run *run, const uint64_t *x, size_t rows, unsigned bit)
{
    sch_err err = SCH_NONE;
    sch_perm p = {0};
    sch_perm order = {0}; /* rho, then sigma after rho */
    sch_perm sigma = {0};
    row_table v = {0};
    sch_stream mask_ab = {0};
    sch_stream mask_bc = {0};
    /* 0  C -> B  R_B, P_B;  1, 2  A <-> B  e, d */
    SCH_TRY(compute_places(run, &p, x, rows, bit, false));
    /* 4  B -> A  V = sigma(rho(X_B + M)) - N */
    SCH_TRY(draw_order(run, &order, run->a, rows));
    SCH_TRY(draw_order(run, &sigma, run->c, rows));
    sch_perm_compose(&order, &sigma, &order);
    SCH_TRY(init_rows(&v, rows));
    SCH_TRY(sch_run_stream(run, &mask_ab, run->a, STREAM_MASK));
    SCH_TRY(place_masked(v.row, &order, x, p.to, 1, &mask_ab));
    SCH_TRY(sch_run_stream(run, &mask_bc, run->c, STREAM_MASK));
    SCH_TRY(add_mask(v.row, rows, UINT32_MAX, &mask_bc));
    SCH_TRY(sch_run_send(run, run->a, MESSAGE_SECOND, v.row, v.bytes));
out:
    sch_stream_clear(&mask_bc);
    sch_stream_clear(&mask_ab);
    sch_ring_clear(&v.all);
    sch_perm_clear(&sigma);
    sch_perm_clear(&order);
    sch_perm_clear(&p);
    return err;
}

/* ---- C ---- */

static sch_err pass_c(const sch_run *run, uint64_t *x, size_t rows)
{
    sch_err err = SCH_NONE;
    sch_perm sigma = {0};
    row_table u = {0};
    row_table y = {0};
    sch_stream mask_bc = {0};
    /* 0  C -> B  R_B, P_B */
    SCH_TRY(send_deal(run, rows));
    /* 3  A -> C  U */
    SCH_TRY(draw_order(run, &sigma, run->b, rows));
    SCH_TRY(init_rows(&u, rows));
    SCH_TRY(init_rows(&y, rows));
    SCH_TRY(sch_run_receive(run, run->a, MESSAGE_FIRST, u.row, u.bytes));
    /* Y_C = sigma(U) + N */
    for (size_t j = 0; j < rows; j++) {
        y.row[sigma.to[j]] = u.row[j];
    }
    SCH_TRY(sch_run_stream(run, &mask_bc, run->b, STREAM_MASK));
    SCH_TRY(add_mask(y.row, rows, 1, &mask_bc));
    /* 5  A <-> C  p */
    SCH_TRY(open_places(run, run->a, x, y.row, rows));
out:
    sch_stream_clear(&mask_bc);
    sch_ring_clear(&y.all);
    sch_ring_clear(&u.all);
    sch_perm_clear(&sigma);
    return err;
}

/* ---- all passes ---- */

static sch_err check_size(size_t rows, unsigned bits)
{
    return sch_check(rows < UINT32_MAX && bits <= SCH_MAX_SORT_BITS, SCH_BAD_INPUT, "more than can be sorted");
}

/* B and C change parts after each pass. */
static sch_run run_of_pass(const sch_run *run, unsigned bit)
{
    bool swapped = bit % 2 == 1;
    return (sch_run){.seat = run->seat,
                     .a = run->a,
                     .b = swapped ? run->c : run->b,
                     .c = swapped ? run->b : run->c,
                     .step = (uint16_t)(run->step + bit * SCH_SORT_PASS_STEPS)};
}

sch_err sch_sort_a(const sch_run *run, uint64_t *x, size_t rows, unsigned bits)
{
    sch_err err = SCH_NONE;
    SCH_TRY(check_size(rows, bits));
    for (unsigned bit = 0; rows > 0 && bit < bits; bit++) {
        const sch_run pass = run_of_pass(run, bit);
        SCH_TRY(pass_a(&pass, x, rows, bit));
    }
out:
    return err;
}

/* The passes of B and of C, who begins as the one that deals where deals_first. */
static sch_err take_turns(const sch_run *run, uint64_t *x, size_t rows, unsigned bits, bool deals_first)
{
    sch_err err = SCH_NONE;
    SCH_TRY(check_size(rows, bits));
    for (unsigned bit = 0; rows > 0 && bit < bits; bit++) {
        const sch_run pass = run_of_pass(run, bit);
        bool deals = (bit % 2 == 0) == deals_first;
        SCH_TRY(deals ? pass_c(&pass, x, rows) : pass_b(&pass, x, rows, bit));
    }
out:
    return err;
}

sch_err sch_sort_b(const sch_run *run, uint64_t *x, size_t rows, unsigned bits)
{
    return take_turns(run, x, rows, bits, false);
}

sch_err sch_sort_c(const sch_run *run, uint64_t *x, size_t rows, unsigned bits)
{
    return take_turns(run, x, rows, bits, true);
}
