/* LESS (computation.md step 6).
 *
 *   x = x_A + x_B   cells; t their public bounds
 *   r = r_A + r_B   random words that C knows: r_A from stream(AC), r_B from stream(BC)
 *   R = R_A ^ R_B   the bits of r, R_A from stream(AC), R_B dealt
 *   m = x - t + r   opened to A and B
 *   borrow          out of bit 62 of m - r, so that bit 63 of x - t is m_63 ^ r_63 ^ borrow
 *   (g, p)          a run of bits makes a borrow; it passes one on. For one bit i: g = ~m_i & r_i, p = ~(m_i ^ r_i); a
 *                   higher run joined with a lower one: (g_h ^ p_h g_l, p_h p_l), where g_h and p_h are never both 1
 *   a, b, c         bits of triples: c = a b and c' = a b' for the two products of a pair of runs, since both have p_h
 *                   as a factor
 *   s, S            a random bit, s = s_A ^ s_B from the streams; the same bit in the ring, S = S_A + S_B
 *
 *   0  C -> B       R_B, c_B, c'_B, S_B; what makes them right
 *   1  A <-> B      m
 *   2..7  A <-> B   six levels of the tree: d = p_h ^ a, e = g_l ^ b, e' = p_l ^ b'; then
 *                   p_h g_l = c ^ d b ^ e a ^ d e and p_h p_l = c' ^ d b' ^ e' a ^ d e'
 *   8  A <-> B      v = y ^ s for the result's bit y
 *      A keeps      y_A = v + (1 - 2 v) S_A
 *      B keeps      y_B = (1 - 2 v) S_B
 *
 * Bits lie in planes: bit i of cells 64 k to 64 k + 63 is one word, plane[i][k]. Cells are filled up to a multiple of
 * 64. */
#include "crypto/protocol/less.h"

#include <string.h>

#include "crypto/share/ring.h"

enum { MESSAGE_DEAL, MESSAGE_OPEN, MESSAGE_TREE, MESSAGE_CONVERT = MESSAGE_TREE + 6 };

enum {
    BITS = 64,
    SIGN = 63,  /* the highest bit, and the number of bits below it */
    PAIRS = 62, /* 31 + 16 + 8 + 4 + 2 + 1: joins that make one run of 63 bits */
    SEEDED_WORDS = BITS + 3 * PAIRS + 1,
    FIXED_WORDS = BITS + 2 * PAIRS + BITS,
};

static const char STREAM_DEAL[] = "less.deal";

/* What one holder has from C, `width` words a plane. */
typedef struct deal {
    sch_ring all;       /* owned */
    uint64_t *r;        /* BITS x width: one word a cell */
    uint64_t *a, *b[2]; /* PAIRS x width each; b[1] is b' */
    uint64_t *s;        /* width */
    uint64_t *fixed;    /* from here on B's come by message 0 */
    uint64_t *r_bits;   /* BITS planes */
    uint64_t *c[2];     /* PAIRS x width each; c[1] is c' */
    uint64_t *s_ring;   /* BITS x width: one word a cell */
} deal;

static sch_err init_deal(deal *dealt, size_t width)
{
    sch_err err = sch_ring_init(&dealt->all, SEEDED_WORDS + FIXED_WORDS, width);
    if (sch_failed(err)) {
        return err;
    }
    dealt->r = dealt->all.word;
    dealt->a = dealt->r + BITS * width;
    dealt->b[0] = dealt->a + PAIRS * width;
    dealt->b[1] = dealt->b[0] + PAIRS * width;
    dealt->s = dealt->b[1] + PAIRS * width;
    dealt->fixed = dealt->s + width;
    dealt->r_bits = dealt->fixed;
    dealt->c[0] = dealt->r_bits + BITS * width;
    dealt->c[1] = dealt->c[0] + PAIRS * width;
    dealt->s_ring = dealt->c[1] + PAIRS * width;
    return SCH_NONE;
}

/* Initialises what a holder has and reads `words` words a plane of it from the stream of this party and `other`. */
static sch_err read_deal(const sch_run *run, deal *dealt, sch_party other, size_t words, size_t width)
{
    sch_err err = SCH_NONE;
    sch_stream stream = {0};
    SCH_TRY(init_deal(dealt, width));
    SCH_TRY(sch_run_stream(run, &stream, other, STREAM_DEAL));
    SCH_TRY(sch_stream_read(&stream, dealt->all.word, words * width * sizeof *dealt->all.word));
out:
    sch_stream_clear(&stream);
    return err;
}

static size_t width_of(size_t cells)
{
    return cells / BITS + (cells % BITS != 0);
}

/* Turns rows into columns: afterwards bit j of word i is what bit i of word j was. Warren, "Hacker's Delight", 7-3. */
static void transpose(uint64_t block[static BITS])
{
    uint64_t low = UINT64_C(0xffffffff);
    for (unsigned half = 32; half > 0; half /= 2) {
        for (unsigned i = 0; i < BITS; i = ((i | half) + 1) & ~half) {
            uint64_t swapped = ((block[i] >> half) ^ block[i | half]) & low;
            block[i | half] ^= swapped;
            block[i] ^= swapped << half;
        }
        low ^= low << (half / 2);
    }
}

/* planes = the bits of words, 64 x width of either. planes is not words. */
static void slice(uint64_t *planes, const uint64_t *words, size_t width)
{
    uint64_t block[BITS];
    for (size_t k = 0; k < width; k++) {
        memcpy(block, words + k * BITS, sizeof block);
        transpose(block);
        for (size_t i = 0; i < BITS; i++) {
            planes[i * width + k] = block[i];
        }
    }
    sch_secret_wipe(block, sizeof block);
}

/* ---- A and B ---- */

/* One of the two holders in the middle of a run. */
typedef struct holder {
    const sch_run *run;
    sch_party peer;
    uint64_t is_a; /* all ones at A, 0 at B: for what one of the two adds */
    size_t width;
    deal dealt;
    sch_ring g, p;         /* SIGN planes each, used up from above as runs are joined */
    sch_ring mine, theirs; /* what is opened: BITS planes, or 3 for each pair */
} holder;

static sch_err init_holder(holder *self, const sch_run *run, sch_party peer, size_t cells)
{
    sch_err err = SCH_NONE;
    self->run = run;
    self->peer = peer;
    self->is_a = peer == run->b ? UINT64_MAX : 0;
    self->width = width_of(cells);
    SCH_TRY(sch_ring_init(&self->g, SIGN, self->width));
    SCH_TRY(sch_ring_init(&self->p, SIGN, self->width));
    SCH_TRY(sch_ring_init_zero(&self->mine, 3 * BITS / 2, self->width));
    SCH_TRY(sch_ring_init_zero(&self->theirs, 3 * BITS / 2, self->width));
out:
    return err;
}

static void clear_holder(holder *self)
{
    sch_ring_clear(&self->dealt.all);
    sch_ring_clear(&self->g);
    sch_ring_clear(&self->p);
    sch_ring_clear(&self->mine);
    sch_ring_clear(&self->theirs);
}

/* 1  A <-> B  m, and from it (g, p) of each bit and the share of m_63 ^ r_63. t is A's, NULL at B. */
static sch_err open_masked(holder *self, uint64_t *top, const uint64_t *x, const uint64_t *t, size_t cells)
{
    sch_err err = SCH_NONE;
    size_t width = self->width;
    uint64_t *m = self->mine.word;
    uint64_t *m_bits = self->theirs.word;
    sch_ring_add(m, x, self->dealt.r, cells);
    if (t != NULL) {
        sch_ring_sub(m, m, t, cells);
    }
    SCH_TRY(sch_run_exchange(self->run, self->peer, MESSAGE_OPEN, m, self->theirs.word, cells * sizeof *m));
    sch_ring_add(m, m, self->theirs.word, cells);
    slice(m_bits, m, width);
    for (size_t i = 0; i < SIGN * width; i++) {
        uint64_t r = self->dealt.r_bits[i];
        self->g.word[i] = ~m_bits[i] & r;
        self->p.word[i] = (~m_bits[i] & self->is_a) ^ r;
    }
    for (size_t k = 0; k < width; k++) {
        top[k] = (m_bits[SIGN * width + k] & self->is_a) ^ self->dealt.r_bits[SIGN * width + k];
    }
out:
    return err;
}

/* One level of the tree: joins the runs 2 i and 2 i + 1 of `runs` into run i; an odd one stays as it is. used: the
 * pairs that have had their triples. */
static sch_err join_runs(holder *self, unsigned message, size_t runs, size_t used)
{
    sch_err err = SCH_NONE;
    size_t width = self->width;
    size_t pairs = runs / 2;
    size_t count = pairs * width;
    const uint64_t *a = self->dealt.a + used * width;
    const uint64_t *b[2] = {self->dealt.b[0] + used * width, self->dealt.b[1] + used * width};
    const uint64_t *c[2] = {self->dealt.c[0] + used * width, self->dealt.c[1] + used * width};
    uint64_t *g = self->g.word;
    uint64_t *p = self->p.word;
    uint64_t *d = self->mine.word;
    uint64_t *e[2] = {d + count, d + 2 * count};
    for (size_t i = 0; i < pairs; i++) {
        for (size_t k = 0; k < width; k++) {
            size_t at = i * width + k;
            size_t low = 2 * i * width + k;
            d[at] = p[low + width] ^ a[at];
            e[0][at] = g[low] ^ b[0][at];
            e[1][at] = p[low] ^ b[1][at];
        }
    }
    SCH_TRY(sch_run_exchange(self->run, self->peer, message, d, self->theirs.word, 3 * count * sizeof *d));
    for (size_t i = 0; i < 3 * count; i++) {
        d[i] ^= self->theirs.word[i];
    }
    for (size_t i = 0; i < pairs; i++) {
        for (size_t k = 0; k < width; k++) {
            size_t at = i * width + k;
            uint64_t g_h = g[(2 * i + 1) * width + k];
            g[at] = g_h ^ c[0][at] ^ (d[at] & b[0][at]) ^ (e[0][at] & a[at]) ^ (d[at] & e[0][at] & self->is_a);
            p[at] = c[1][at] ^ (d[at] & b[1][at]) ^ (e[1][at] & a[at]) ^ (d[at] & e[1][at] & self->is_a);
        }
    }
    if (runs % 2 == 1) {
        memmove(g + count, g + (runs - 1) * width, width * sizeof *g);
        memmove(p + count, p + (runs - 1) * width, width * sizeof *p);
    }
out:
    return err;
}

/* 8  A <-> B  v, and from it the share of y in the ring. */
static sch_err convert(holder *self, uint64_t *y, const uint64_t *y_bits, size_t cells)
{
    sch_err err = SCH_NONE;
    uint64_t *v = self->mine.word;
    for (size_t k = 0; k < self->width; k++) {
        v[k] = y_bits[k] ^ self->dealt.s[k];
    }
    SCH_TRY(sch_run_exchange(self->run, self->peer, MESSAGE_CONVERT, v, self->theirs.word, self->width * sizeof *v));
    for (size_t i = 0; i < cells; i++) {
        uint64_t bit = ((v[i / BITS] ^ self->theirs.word[i / BITS]) >> (i % BITS)) & 1;
        y[i] = (bit & self->is_a) + (1 - 2 * bit) * self->dealt.s_ring[i];
    }
out:
    return err;
}

/* Messages 1 to 8, which A and B do alike. */
static sch_err compare(holder *self, uint64_t *y, const uint64_t *x, const uint64_t *t, size_t cells)
{
    sch_err err = SCH_NONE;
    sch_ring top = {0};
    size_t used = 0;
    unsigned message = MESSAGE_TREE;
    SCH_TRY(sch_ring_init(&top, self->width, 1));
    SCH_TRY(open_masked(self, top.word, x, t, cells));
    for (size_t runs = SIGN; runs > 1; runs = runs / 2 + runs % 2) {
        SCH_TRY(join_runs(self, message++, runs, used));
        used += runs / 2;
    }
    /* bit 63 of x - t: m_63 ^ r_63 ^ borrow */
    for (size_t k = 0; k < self->width; k++) {
        top.word[k] ^= self->g.word[k];
    }
    SCH_TRY(convert(self, y, top.word, cells));
out:
    sch_ring_clear(&top);
    return err;
}

sch_err sch_less_a(const sch_run *run, uint64_t *y, const uint64_t *x, const uint64_t *t, size_t cells)
{
    sch_err err = SCH_NONE;
    holder self = {0};
    if (cells == 0) {
        return SCH_NONE;
    }
    SCH_TRY(init_holder(&self, run, run->b, cells));
    SCH_TRY(read_deal(run, &self.dealt, run->c, SEEDED_WORDS + FIXED_WORDS, self.width));
    SCH_TRY(compare(&self, y, x, t, cells));
out:
    clear_holder(&self);
    return err;
}

sch_err sch_less_b(const sch_run *run, uint64_t *y, const uint64_t *x, size_t cells)
{
    sch_err err = SCH_NONE;
    holder self = {0};
    if (cells == 0) {
        return SCH_NONE;
    }
    SCH_TRY(init_holder(&self, run, run->a, cells));
    SCH_TRY(read_deal(run, &self.dealt, run->c, SEEDED_WORDS, self.width));
    /* 0  C -> B  R_B, c_B, c'_B, S_B */
    SCH_TRY(sch_run_receive(run, run->c, MESSAGE_DEAL, self.dealt.fixed,
                            FIXED_WORDS * self.width * sizeof *self.dealt.fixed));
    SCH_TRY(compare(&self, y, x, NULL, cells));
out:
    clear_holder(&self);
    return err;
}

/* ---- C ---- */

/* Fills in what B has to have, given what both have from their streams. */
static sch_err fix_deal(deal *of_b, const deal *of_a, size_t width)
{
    sch_err err = SCH_NONE;
    sch_ring r = {0};
    SCH_TRY(sch_ring_init(&r, BITS, width));
    /* R_B = bits of r, ^ R_A */
    sch_ring_add(r.word, of_a->r, of_b->r, r.count);
    slice(of_b->r_bits, r.word, width);
    for (size_t i = 0; i < BITS * width; i++) {
        of_b->r_bits[i] ^= of_a->r_bits[i];
    }
    /* c_B = (a_A ^ a_B)(b_A ^ b_B) ^ c_A, and so c'_B */
    for (size_t product = 0; product < 2; product++) {
        for (size_t i = 0; i < PAIRS * width; i++) {
            uint64_t a = of_a->a[i] ^ of_b->a[i];
            uint64_t b = of_a->b[product][i] ^ of_b->b[product][i];
            of_b->c[product][i] = (a & b) ^ of_a->c[product][i];
        }
    }
    /* S_B = s - S_A */
    for (size_t i = 0; i < BITS * width; i++) {
        uint64_t s = ((of_a->s[i / BITS] ^ of_b->s[i / BITS]) >> (i % BITS)) & 1;
        of_b->s_ring[i] = s - of_a->s_ring[i];
    }
out:
    sch_ring_clear(&r);
    return err;
}

sch_err sch_less_c(const sch_run *run, size_t cells)
{
    sch_err err = SCH_NONE;
    size_t width = width_of(cells);
    deal of_a = {0};
    deal of_b = {0};
    if (cells == 0) {
        return SCH_NONE;
    }
    SCH_TRY(read_deal(run, &of_a, run->a, SEEDED_WORDS + FIXED_WORDS, width));
    SCH_TRY(read_deal(run, &of_b, run->b, SEEDED_WORDS, width));
    SCH_TRY(fix_deal(&of_b, &of_a, width));
    /* 0  C -> B  R_B, c_B, c'_B, S_B */
    SCH_TRY(sch_run_send(run, run->b, MESSAGE_DEAL, of_b.fixed, FIXED_WORDS * width * sizeof *of_b.fixed));
out:
    sch_ring_clear(&of_b.all);
    sch_ring_clear(&of_a.all);
    return err;
}
