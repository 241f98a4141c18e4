/* protocol_case.h - one run of one protocol, played by three of the parties of a net; what its parties work on. */
#ifndef SCH_TESTS_PROTOCOL_PROTOCOL_CASE_H
#define SCH_TESTS_PROTOCOL_PROTOCOL_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/ident/tag.h"
#include "crypto/protocol/align.h"
#include "crypto/share/perm.h"
#include "crypto/share/ring.h"
#include "tests/support/parties.h"

/* Who plays a (role 0), b (1) and c (2) among how many parties. */
typedef struct protocol_casting {
    size_t parties;
    sch_party role[3];
} protocol_casting;

enum { PROTOCOL_ROLES = 3, PROTOCOL_CASTINGS = 9, PROTOCOL_STEP = 40, PROTOCOL_MAX_COLUMNS = 9 };

/* Every casting of three parties, and some among five. */
extern const protocol_casting PROTOCOL_CASTING[PROTOCOL_CASTINGS];

typedef struct protocol_case protocol_case;
typedef sch_err protocol_part(const sch_run *run, size_t role, protocol_case *c);

struct protocol_case {
    const protocol_casting *casting;
    protocol_part *part;
    size_t rows, columns, picked;
    size_t codes;      /* SHUFFLE: columns that are shared by XOR; ALIGN: 1 where the last column is one of codes */
    unsigned bits;     /* SORT */
    bool exclusive;    /* RESHARE */
    sch_perm perm;     /* psi, the rows to select, or the spine's order */
    sch_ring known;    /* what one party knows */
    sch_ring x[2];     /* shares of the inputs: [0] is A's, [1] that of the other holder */
    sch_ring y[2];     /* */
    sch_ring out[3];   /* what each role ends with */
    sch_ring other[3]; /* the same of a second output */
    size_t passes;     /* ALIGN; 0: one */
    size_t links[SCH_MAX_LINK_PASSES]; /* ALIGN */
    uint8_t *pass;                     /* ALIGN: room for the pass of each row, or NULL; owned */
};

/* The parts of each protocol; the comment says what it reads and who holds the output.
 * permute: perm, x -> A, C; of codes: x shared by XOR. select: perm, x (A and C) -> A, B. multiply: x, y -> A, B.
 * times: known (A), y -> A, B.
 * reshare: known (C), y, exclusive -> A, B. less: x, known (t) -> A, B; all of these `rows` rows or words.
 * align: picked rows of S with tags known, rows of D with tags y[0] and columns x[1] one after the other; perm -> A, C.
 * shuffle: x, codes -> A, C, and back in `other` -> A, B. sort: x, bits -> A, and B or C. */
protocol_part protocol_permute, protocol_permute_codes, protocol_select, protocol_multiply, protocol_times,
    protocol_reshare, protocol_less, protocol_align, protocol_shuffle, protocol_sort;

/* ring: words from a seed. */
void protocol_fill(sch_ring *ring, size_t rows, size_t columns, uint64_t *seed);

/* Splits words in two shares, of which the first is random: those of the first `codes` of every `columns` by XOR. */
void protocol_share(sch_ring shares[2], const sch_ring *clear, size_t columns, size_t codes, uint64_t *seed);

/* What a party of c->casting does: c->part in its role, or nothing. context: the case. */
parties_part protocol_case_part;

/* Plays c->part in c->casting over a net of as many parties; out has room. */
sch_err protocol_case_play(protocol_case *c, test_parties *parties, local_net *net, uint64_t seed);

/* Makes room for out_words at each role, plays a casting by its number (with windows of 0 and of 4 MB by turns) and
 * asserts that all ended well. */
void protocol_case_run(protocol_case *c, protocol_part *part, size_t out_words, size_t casting, uint64_t *seed);

void protocol_case_clear(protocol_case *c);

#endif
