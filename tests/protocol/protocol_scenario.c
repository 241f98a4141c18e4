#include "tests/protocol/protocol_scenario.h"

#include "tests/support/unit.h"

const protocol_scenario PROTOCOL_SCENARIO[PROTOCOL_SCENARIOS] = {
    {"permute", protocol_permute, 2, 1, 2, false, {.rows = 4, .columns = 2}},
    {"permute of codes", protocol_permute_codes, 2, 1, 2, false, {.rows = 4, .columns = 2}},
    {"select", protocol_select, 1, 2, 2, false, {.rows = 4, .columns = 2, .picked = 2}},
    {"multiply", protocol_multiply, 1, 0, 3, false, {.rows = 3, .columns = 1}},
    {"times", protocol_times, 1, 0, 3, false, {.rows = 3, .columns = 1}},
    {"reshare", protocol_reshare, 1, 0, 1, false, {.rows = 3, .columns = 1}},
    {"reshare of codes", protocol_reshare, 1, 0, 1, false, {.rows = 3, .columns = 1, .exclusive = true}},
    {"less", protocol_less, 1, 0, 17, false, {.rows = 2, .columns = 1}},
    {"align", protocol_align, 2, 1 + 2 + 8, 4, false, {.rows = 2, .columns = 2, .picked = 2, .codes = 1}},
    {"align in passes",
     protocol_align,
     2,
     1 + 2 + 8,
     4,
     false,
     {.rows = 2, .columns = 2, .picked = 2, .codes = 1, .passes = 3}},
    {"shuffle", protocol_shuffle, 2, 0, 4, false, {.rows = 3, .columns = 3, .codes = 1}},
    {"sort by an odd number of bits", protocol_sort, 2, 0, 27, true, {.rows = 3, .columns = 1, .bits = 3}},
    {"sort by an even number of bits", protocol_sort, 1, 0, 18, true, {.rows = 70, .columns = 1, .bits = 2}},
};

static void init_zero(sch_ring *ring, size_t count)
{
    unit_assert_ok(sch_ring_init_zero(ring, count, 1));
}

/* Tags of S and D in known and y[0], D's columns in x[1]. */
static void init_align(protocol_case *c, bool all_different)
{
    size_t passes = c->passes == 0 ? 1 : c->passes;
    sch_ring_clear(&c->known);
    sch_ring_clear(&c->y[0]);
    init_zero(&c->known, 2 * passes * c->picked);
    init_zero(&c->y[0], 2 * passes * c->rows);
    for (size_t i = 0; i < c->known.count; i++) {
        c->known.word[i] = 1000 + i;
    }
    for (size_t i = 0; i < c->y[0].count; i++) {
        bool links = !all_different && i / 2 / c->rows + 1 == passes;
        c->y[0].word[i] = (links ? 1000 : 2000) + i;
    }
    memcpy(c->x[1].word, c->x[0].word, sch_ring_bytes(&c->x[0]));
    unit_assert_ok(sch_perm_init_random(&c->perm, c->picked));
}

void protocol_scenario_init(protocol_case *c, const protocol_scenario *scenario, bool all_different)
{
    *c = scenario->size;
    c->part = scenario->part;
    c->casting = &PROTOCOL_CASTING[0];
    size_t words = c->rows * c->columns;
    size_t room = 2 * words;
    init_zero(&c->known, room);
    for (size_t p = 0; p < 2; p++) {
        init_zero(&c->x[p], words);
        init_zero(&c->y[p], words > 2 * c->rows ? words : 2 * c->rows);
    }
    for (size_t role = 0; role < PROTOCOL_ROLES; role++) {
        init_zero(&c->out[role], room);
        init_zero(&c->other[role], room);
    }
    for (size_t i = 0; i < words; i++) {
        uint64_t word = all_different ? words - i : 7;
        c->known.word[i] = word;
        c->x[0].word[i] = word;
        c->y[0].word[i] = word;
    }
    if (c->part == protocol_align) {
        init_align(c, all_different);
    } else if (c->part == protocol_permute || c->part == protocol_permute_codes) {
        unit_assert_ok(sch_perm_init(&c->perm, c->rows));
        for (size_t j = 0; j < c->rows; j++) {
            c->perm.to[j] = (uint32_t)(all_different ? c->rows - 1 - j : j);
        }
    } else if (c->part == protocol_select) {
        unit_assert_ok(sch_perm_init(&c->perm, c->picked));
        for (size_t g = 0; g < c->picked; g++) {
            c->perm.to[g] = (uint32_t)(all_different ? c->rows - c->picked + g : g);
        }
    }
}
