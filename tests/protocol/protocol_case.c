#include "tests/protocol/protocol_case.h"

#include "crypto/protocol/less.h"
#include "crypto/protocol/multiply.h"
#include "crypto/protocol/permute.h"
#include "crypto/protocol/reshare.h"
#include "crypto/protocol/select.h"
#include "crypto/protocol/shuffle.h"
#include "crypto/protocol/sort.h"
#include "crypto/protocol/times.h"
#include "tests/support/unit.h"

const protocol_casting PROTOCOL_CASTING[PROTOCOL_CASTINGS] = {
    {3, {0, 1, 2}}, {3, {0, 2, 1}}, {3, {1, 0, 2}}, {3, {1, 2, 0}}, {3, {2, 0, 1}},
    {3, {2, 1, 0}}, {5, {4, 0, 2}}, {5, {1, 3, 4}}, {5, {3, 2, 0}},
};

/* ---- parts ---- */

sch_err protocol_permute(const sch_run *run, size_t role, protocol_case *c)
{
    switch (role) {
    case 0:
        return sch_permute_a(run, c->out[0].word, &c->perm, c->x[0].word, c->columns);
    case 1:
        return sch_permute_b(run, c->x[1].word, c->rows, c->columns);
    default:
        return sch_permute_c(run, c->out[2].word, c->rows, c->columns);
    }
}

sch_err protocol_permute_codes(const sch_run *run, size_t role, protocol_case *c)
{
    switch (role) {
    case 0:
        return sch_permute_codes_a(run, c->out[0].word, &c->perm, c->x[0].word, c->columns);
    case 1:
        return sch_permute_codes_b(run, c->x[1].word, c->rows, c->columns);
    default:
        return sch_permute_c(run, c->out[2].word, c->rows, c->columns);
    }
}

sch_err protocol_select(const sch_run *run, size_t role, protocol_case *c)
{
    switch (role) {
    case 0:
        return sch_select_a(run, c->out[0].word, &c->perm, c->x[0].word, c->rows, c->columns);
    case 1:
        return sch_select_b(run, c->out[1].word, c->picked, c->rows, c->columns);
    default:
        return sch_select_c(run, c->x[1].word, c->rows, c->columns);
    }
}

sch_err protocol_multiply(const sch_run *run, size_t role, protocol_case *c)
{
    switch (role) {
    case 0:
        return sch_multiply_a(run, c->out[0].word, c->x[0].word, c->y[0].word, c->rows);
    case 1:
        return sch_multiply_b(run, c->out[1].word, c->x[1].word, c->y[1].word, c->rows);
    default:
        return sch_multiply_c(run, c->rows);
    }
}

sch_err protocol_times(const sch_run *run, size_t role, protocol_case *c)
{
    switch (role) {
    case 0:
        return sch_times_a(run, c->out[0].word, c->known.word, c->y[0].word, c->rows);
    case 1:
        return sch_times_b(run, c->out[1].word, c->y[1].word, c->rows);
    default:
        return sch_times_c(run, c->rows);
    }
}

static void copy_words(sch_ring *to, const sch_ring *from)
{
    for (size_t i = 0; i < from->count; i++) {
        to->word[i] = from->word[i];
    }
}

sch_err protocol_reshare(const sch_run *run, size_t role, protocol_case *c)
{
    if (role == 2) {
        return sch_reshare_c(run, c->known.word, c->rows, c->exclusive);
    }
    copy_words(&c->out[role], &c->y[role]);
    return role == 0 ? sch_reshare_a(run, c->out[0].word, c->rows, c->exclusive)
                     : sch_reshare_b(run, c->out[1].word, c->rows, c->exclusive);
}

sch_err protocol_less(const sch_run *run, size_t role, protocol_case *c)
{
    switch (role) {
    case 0:
        return sch_less_a(run, c->out[0].word, c->x[0].word, c->known.word, c->rows);
    case 1:
        return sch_less_b(run, c->out[1].word, c->x[1].word, c->rows);
    default:
        return sch_less_c(run, c->rows);
    }
}

sch_err protocol_align(const sch_run *run, size_t role, protocol_case *c)
{
    const sch_align_size size = {c->picked, c->rows, c->columns, c->codes > 0, c->passes == 0 ? 1 : c->passes};
    const uint64_t *column[PROTOCOL_MAX_COLUMNS] = {NULL};
    uint64_t join_ns = 0;
    for (size_t k = 0; k < c->columns; k++) {
        column[k] = c->x[1].word == NULL ? NULL : c->x[1].word + k * c->rows;
    }
    switch (role) {
    case 0:
        return sch_align_spine(run, c->out[0].word, &c->perm, &size, (const void *)c->known.word);
    case 1:
        return sch_align_data(run, &size, (const void *)c->y[0].word, column);
    default:
        return sch_align_helper(run, c->out[2].word, c->links, c->pass, &join_ns, &size);
    }
}

static sch_err shuffle_and_back(const sch_run *run, const sch_shuffle *shuffle, size_t role, protocol_case *c)
{
    sch_err err = SCH_NONE;
    const sch_run back = {run->seat, run->a, run->b, run->c, (uint16_t)(run->step + SCH_SHUFFLE_STEPS)};
    uint64_t *y = c->out[role].word;
    uint64_t *x = c->other[role].word;
    if (role == 0) {
        SCH_TRY(sch_shuffle_a(run, shuffle, y, c->x[0].word, c->columns, c->codes));
        SCH_TRY(sch_unshuffle_a(&back, shuffle, x, y, c->columns, c->codes));
    } else if (role == 1) {
        SCH_TRY(sch_shuffle_b(run, shuffle, c->x[1].word, c->columns, c->codes));
        SCH_TRY(sch_unshuffle_b(&back, shuffle, x, c->columns, c->codes));
    } else {
        SCH_TRY(sch_shuffle_c(run, shuffle, y, c->columns, c->codes));
        SCH_TRY(sch_unshuffle_c(&back, shuffle, y, c->columns, c->codes));
    }
out:
    return err;
}

sch_err protocol_shuffle(const sch_run *run, size_t role, protocol_case *c)
{
    sch_err err = SCH_NONE;
    sch_shuffle shuffle = {0};
    SCH_TRY(sch_shuffle_init(&shuffle, run, c->rows));
    SCH_TRY(shuffle_and_back(run, &shuffle, role, c));
out:
    sch_shuffle_clear(&shuffle);
    return err;
}

sch_err protocol_sort(const sch_run *run, size_t role, protocol_case *c)
{
    if (role < 2) {
        copy_words(&c->out[role], &c->x[role]);
    }
    switch (role) {
    case 0:
        return sch_sort_a(run, c->out[0].word, c->rows, c->bits);
    case 1:
        return sch_sort_b(run, c->out[1].word, c->rows, c->bits);
    default:
        return sch_sort_c(run, c->out[2].word, c->rows, c->bits);
    }
}

/* ---- cases ---- */

void protocol_fill(sch_ring *ring, size_t rows, size_t columns, uint64_t *seed)
{
    unit_assert_ok(sch_ring_init(ring, rows, columns));
    for (size_t i = 0; i < ring->count; i++) {
        ring->word[i] = parties_random(seed);
    }
}

void protocol_share(sch_ring shares[2], const sch_ring *clear, size_t columns, size_t codes, uint64_t *seed)
{
    for (size_t p = 0; p < 2; p++) {
        unit_assert_ok(sch_ring_init(&shares[p], clear->count, 1));
    }
    for (size_t i = 0; i < clear->count; i++) {
        uint64_t mine = parties_random(seed);
        shares[0].word[i] = mine;
        shares[1].word[i] = i % columns < codes ? clear->word[i] ^ mine : clear->word[i] - mine;
    }
}

sch_err protocol_case_part(const sch_seat *seat, void *context)
{
    protocol_case *c = context;
    const sch_party *cast = c->casting->role;
    const sch_run run = {seat, cast[0], cast[1], cast[2], PROTOCOL_STEP};
    for (size_t role = 0; role < PROTOCOL_ROLES; role++) {
        if (cast[role] == seat->link->self) {
            return c->part(&run, role, c);
        }
    }
    return SCH_NONE; /* a party of the job that has no part in this run */
}

sch_err protocol_case_play(protocol_case *c, test_parties *parties, local_net *net, uint64_t seed)
{
    parties_init(parties, net, c->casting->parties, seed, 5, NULL);
    return parties_run(parties, protocol_case_part, c);
}

void protocol_case_run(protocol_case *c, protocol_part *part, size_t out_words, size_t casting, uint64_t *seed)
{
    c->casting = &PROTOCOL_CASTING[casting % PROTOCOL_CASTINGS];
    c->part = part;
    for (size_t role = 0; role < PROTOCOL_ROLES; role++) {
        unit_assert_ok(sch_ring_init_zero(&c->out[role], out_words, 1));
        unit_assert_ok(sch_ring_init_zero(&c->other[role], out_words, 1));
    }
    local_net *net = local_net_new(casting % 2 == 0 ? 0 : (size_t)4 << 20, c->casting->parties);
    assert_non_null(net);
    test_parties parties;
    unit_assert_ok(protocol_case_play(c, &parties, net, parties_random(seed)));
    local_net_free(net);
}

void protocol_case_clear(protocol_case *c)
{
    free(c->pass);
    sch_perm_clear(&c->perm);
    sch_ring_clear(&c->known);
    for (size_t p = 0; p < 2; p++) {
        sch_ring_clear(&c->x[p]);
        sch_ring_clear(&c->y[p]);
    }
    for (size_t role = 0; role < PROTOCOL_ROLES; role++) {
        sch_ring_clear(&c->out[role]);
        sch_ring_clear(&c->other[role]);
    }
    *c = (protocol_case){0};
}
