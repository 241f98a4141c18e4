/* view_tally.h - what each of three parties sees in many runs on fixed inputs with new keys: bytes counted by step,
 * words that keep their difference, positions. */
#ifndef SCH_TESTS_PROTOCOL_VIEW_TALLY_H
#define SCH_TESTS_PROTOCOL_VIEW_TALLY_H

#include "tests/protocol/table_case.h"

enum {
    VIEW_RUNS = 3000,
    VIEW_MAX_STEPS = 160,
    VIEW_MAX_WORDS = 3000,
    VIEW_BYTE_VALUES = 256,
    VIEW_PARTIES = 3,
    VIEW_ROWS = 2, /* of the spine, and of the data owner */
    VIEW_NO_STEP = 0
};

/* Spine, data owner, helper: in the cast of all tables that are looked at. */
enum { VIEW_SPINE, VIEW_DATA, VIEW_HELPER };

/* The steps of a table whose messages hold something else than words that are uniform each by itself; VIEW_NO_STEP
 * where it has none. Of places and order both sides' messages together are a permutation. */
typedef struct view_special {
    uint16_t spine_tags, data_tags, tau, kappa, selected;
    uint16_t places[2]; /* SORT, at most two passes: sums modulo 2^32 */
    uint16_t order;     /* the opened row numbers: XOR */
} view_special;

/* All words that one party saw in one run. */
typedef struct view_words {
    size_t count;
    uint64_t word[VIEW_MAX_WORDS];
} view_words;

typedef struct view_tally {
    view_special special;
    size_t byte[VIEW_PARTIES][VIEW_MAX_STEPS][VIEW_BYTE_VALUES];
    size_t messages[VIEW_PARTIES][VIEW_MAX_STEPS];
    size_t tau[12], kappa[24], selected[12], places[2][24], order[24];
    size_t first_tag[2][VIEW_ROWS]; /* of the spine, the data owner: which of their rows came first */
    uint32_t opened[3][4];          /* places and order of this run, from the first side's message */
    bool half[3];
    view_words first[VIEW_PARTIES]; /* of the first run */
    /* alike[p][i][j]: view_words i and j of party p have differed by the same amount in every run so far */
    bool alike[VIEW_PARTIES][VIEW_MAX_WORDS][VIEW_MAX_WORDS];
    bool fixed[VIEW_PARTIES][VIEW_MAX_WORDS]; /* a word that has been the same in every run so far */
} view_tally;

/* An empty one; it is large, and there is one at a time. */
view_tally *view_tally_new(void);

/* One run with new keys; its views are added. part, context: what the parties do; table: where it is a table. */
void view_tally_run(view_tally *t, uint32_t shard, parties_part *part, void *context, const table_case *table,
                    size_t run);

/* Fails the test unless all words are uniform and none hides another's mask. Gives how many messages of words a party
 * or another has seen. */
size_t view_tally_assert_words(const view_tally *t, size_t runs);

/* Fails the test unless the counts come to the number of runs and are uniform. */
void view_assert_counts(const size_t *count, size_t categories, size_t runs);

/* The same of what ALIGN sends. */
void view_tally_assert_alignment(const view_tally *t);

#endif
