#include "crypto/share/perm.h"

#include <stdlib.h>

#include "crypto/base/secret.h"

sch_err sch_perm_init(sch_perm *perm, size_t rows)
{
    *perm = (sch_perm){0};
    if (rows >= UINT32_MAX) {
        return sch_fail(SCH_BAD_INPUT, "more rows than a permutation can have");
    }
    if (rows == 0) {
        return SCH_NONE;
    }
    perm->to = malloc(rows * sizeof *perm->to);
    if (perm->to == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a permutation");
    }
    perm->rows = rows;
    return SCH_NONE;
}

void sch_perm_clear(sch_perm *perm)
{
    if (perm->to != NULL) {
        sch_secret_wipe(perm->to, perm->rows * sizeof *perm->to);
        free(perm->to);
    }
    *perm = (sch_perm){0};
}

/* ---- random permutations ---- */

/* Random words, read from a stream a block at a time. */
enum { BLOCK_WORDS = 2048 };

typedef struct word_source {
    sch_stream *stream;
    size_t used;
    uint32_t word[BLOCK_WORDS];
} word_source;

/* Fisher-Yates over to[0 .. bound-1], downwards from `bound`, with the words that the block still has. Returns the
 * bound that is left: 1 when all is done, else the block is used up. */
static size_t shuffle_with_block(uint32_t *to, size_t bound, word_source *source)
{
    size_t used = source->used;
    while (bound > 1 && used < BLOCK_WORDS) {
        /* word x bound / 2^32 is uniform below bound if the 2^32 mod bound lowest fractions are drawn again. */
        uint64_t product = (uint64_t)source->word[used++] * bound;
        uint32_t fraction = (uint32_t)product;
        uint32_t bound32 = (uint32_t)bound;
        if (fraction < bound32 && fraction < (0U - bound32) % bound32) {
            continue;
        }
        size_t chosen = (size_t)(product >> 32);
        bound--;
        uint32_t kept = to[bound];
        to[bound] = to[chosen];
        to[chosen] = kept;
    }
    source->used = used;
    return bound;
}

sch_err sch_perm_init_stream(sch_perm *perm, size_t rows, sch_stream *stream)
{
    sch_err err = SCH_NONE;
    word_source source = {.stream = stream, .used = BLOCK_WORDS};
    SCH_TRY(sch_perm_init(perm, rows));
    for (size_t j = 0; j < rows; j++) {
        perm->to[j] = (uint32_t)j;
    }
    for (size_t bound = rows; bound > 1; bound = shuffle_with_block(perm->to, bound, &source)) {
        if (source.used == BLOCK_WORDS) {
            SCH_TRY(sch_stream_read(stream, source.word, sizeof source.word));
            source.used = 0;
        }
    }
out:
    sch_secret_wipe(&source, sizeof source);
    if (sch_failed(err)) {
        sch_perm_clear(perm);
    }
    return err;
}

sch_err sch_perm_init_random(sch_perm *perm, size_t rows)
{
    sch_err err = SCH_NONE;
    sch_stream stream = {0};
    uint8_t key[SCH_KEY_BYTES];
    *perm = (sch_perm){0};
    sch_random_fill(key, sizeof key);
    SCH_TRY(sch_stream_init(&stream, key));
    SCH_TRY(sch_perm_init_stream(perm, rows, &stream));
out:
    sch_stream_clear(&stream);
    sch_secret_wipe(key, sizeof key);
    return err;
}

/* ---- algebra ---- */

void sch_perm_invert(sch_perm *out, const sch_perm *p)
{
    for (size_t j = 0; j < p->rows; j++) {
        out->to[p->to[j]] = (uint32_t)j;
    }
}

void sch_perm_compose(sch_perm *out, const sch_perm *kappa, const sch_perm *rho)
{
    for (size_t j = 0; j < rho->rows; j++) {
        out->to[j] = kappa->to[rho->to[j]];
    }
}

void sch_perm_divide(sch_perm *out, const sch_perm *psi, const sch_perm *rho)
{
    for (size_t j = 0; j < psi->rows; j++) {
        out->to[rho->to[j]] = psi->to[j];
    }
}

/* ---- from a peer ---- */

sch_err sch_perm_check_distinct(const uint32_t *position, size_t count, size_t range)
{
    uint64_t *seen = calloc(range / 64 + 1, sizeof *seen); /* one bit a position */
    if (seen == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory to check positions");
    }
    uint64_t twice = 0;
    bool within = true;
    for (size_t i = 0; i < count && within; i++) {
        size_t at = position[i];
        within = at < range;
        if (within) {
            uint64_t bit = UINT64_C(1) << (at % 64);
            twice |= seen[at / 64] & bit;
            seen[at / 64] |= bit;
        }
    }
    sch_secret_wipe(seen, (range / 64 + 1) * sizeof *seen);
    free(seen);
    if (!within) {
        return sch_fail(SCH_BAD_PEER, "a peer sent a position out of range");
    }
    return sch_check(twice == 0, SCH_BAD_PEER, "a peer sent a position twice");
}

/* ---- sorting by group ---- */

/* next[g] = the first position of group g, each group having its rows and one more. */
static sch_err count_groups(sch_perm *next, const uint32_t *group, size_t rows, size_t groups)
{
    for (size_t g = 0; g < groups; g++) {
        next->to[g] = 1; /* the row that each group is given */
    }
    for (size_t j = 0; j < rows; j++) {
        if (group[j] >= groups) {
            return sch_fail(SCH_BAD_INPUT, "a row's group is out of range");
        }
        next->to[group[j]]++;
    }
    uint32_t first = 0;
    for (size_t g = 0; g < groups; g++) {
        uint32_t size = next->to[g];
        next->to[g] = first;
        first += size;
    }
    return SCH_NONE;
}

sch_err sch_perm_init_by_group(sch_perm *psi, sch_perm *last, const sch_perm *order, const uint32_t *group, size_t rows,
                               size_t groups)
{
    sch_err err = SCH_NONE;
    *psi = (sch_perm){0};
    *last = (sch_perm){0};
    SCH_TRY(sch_check(rows < UINT32_MAX && groups < UINT32_MAX, SCH_BAD_INPUT, "more rows than can be sorted"));
    SCH_TRY(sch_perm_init(psi, rows + groups));
    SCH_TRY(sch_perm_init(last, groups));
    SCH_TRY(count_groups(last, group, rows, groups));
    for (size_t j = 0; j < rows; j++) {
        psi->to[order->to[j]] = last->to[group[j]]++;
    }
    for (size_t g = 0; g < groups; g++) { /* by now last[g] is the first position that group g has left */
        psi->to[rows + g] = last->to[g];
    }
out:
    if (sch_failed(err)) {
        sch_perm_clear(psi);
        sch_perm_clear(last);
    }
    return err;
}
