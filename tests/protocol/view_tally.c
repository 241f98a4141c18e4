#include "tests/protocol/view_tally.h"

#include "tests/support/chi_square.h"
#include "tests/support/unit.h"

enum { COMPARED_RUNS = 4 };

static bool holds_positions(const view_special *special, uint16_t step)
{
    return step == special->spine_tags || step == special->data_tags || step == special->tau ||
           step == special->kappa || step == special->selected;
}

/* The number of an ordered choice of `chosen` of 4 positions. */
static size_t number_of_choice(const uint32_t *position, size_t chosen)
{
    size_t number = 0;
    for (size_t i = 0; i < chosen; i++) {
        size_t rank = position[i];
        assert_true(rank < 4);
        for (size_t j = 0; j < i; j++) {
            rank -= position[j] < position[i];
        }
        number = number * (4 - i) + rank;
    }
    return number;
}

static void read_positions(uint32_t position[static 4], const uint8_t *content, size_t bytes, size_t count)
{
    assert_int_equal(bytes, 4 * count);
    for (size_t i = 0; i < count; i++) {
        position[i] = sch_get_u32(content + 4 * i);
    }
}

/* The tags of one side: those of all its rows, in one order for all passes. */
static void add_tags(view_tally *t, const local_message *message, const uint8_t *content, const table_case *c)
{
    size_t side = message->step == t->special.data_tags;
    size_t rows = VIEW_ROWS;
    const sch_tag *tag = c->tag[side][0];
    size_t found = 0;
    assert_int_equal(message->bytes, c->shape.passes * rows * SCH_SENT_TAG_BYTES);
    for (size_t place = 0; place < rows; place++) {
        for (size_t j = 0; j < rows; j++) {
            bool is_here = memcmp(content + place * SCH_SENT_TAG_BYTES, &tag[j], SCH_SENT_TAG_BYTES) == 0;
            for (size_t p = 1; is_here && p < c->shape.passes; p++) {
                assert_memory_equal(content + (p * rows + place) * SCH_SENT_TAG_BYTES, &tag[p * rows + j],
                                    SCH_SENT_TAG_BYTES);
            }
            found += is_here;
            t->first_tag[side][j] += is_here && place == 0;
        }
    }
    assert_int_equal(found, rows);
}

static void add_positions(view_tally *t, const local_message *message, const uint8_t *content, const table_case *c)
{
    uint32_t position[4];
    if (message->step == t->special.spine_tags || message->step == t->special.data_tags) {
        add_tags(t, message, content, c);
    } else if (message->step == t->special.tau) {
        read_positions(position, content, message->bytes, VIEW_ROWS);
        t->tau[number_of_choice(position, VIEW_ROWS)]++;
    } else if (message->step == t->special.kappa) {
        read_positions(position, content, message->bytes, 4);
        t->kappa[number_of_choice(position, 4)]++;
    } else {
        read_positions(position, content, message->bytes, 2);
        t->selected[number_of_choice(position, 2)]++;
    }
}

/* Puts the two sides' messages of an opened permutation together. */
static void add_opened(view_tally *t, const local_message *message, const uint8_t *content)
{
    const uint16_t step[3] = {t->special.places[0], t->special.places[1], t->special.order};
    size_t *const count[3] = {t->places[0], t->places[1], t->order};
    uint32_t theirs[4];
    for (size_t i = 0; i < 3; i++) {
        if (step[i] == VIEW_NO_STEP || message->step != step[i]) {
            continue;
        }
        read_positions(theirs, content, message->bytes, 4);
        for (size_t k = 0; k < 4; k++) {
            uint32_t mine = t->half[i] ? t->opened[i][k] : 0;
            t->opened[i][k] = i == 2 ? mine ^ theirs[k] : mine + theirs[k];
        }
        if (t->half[i]) {
            count[i][number_of_choice(t->opened[i], 4)]++;
        }
        t->half[i] = !t->half[i];
    }
}

/* Words that hide each other's masks would keep their difference (or their sum) from run to run. */
static void compare_with_first(view_tally *t, size_t party, const view_words *now)
{
    const view_words *first = &t->first[party];
    assert_int_equal(now->count, first->count);
    for (size_t i = 0; i < now->count; i++) {
        t->fixed[party][i] = t->fixed[party][i] && now->word[i] == first->word[i];
        for (size_t j = 0; j < i; j++) {
            bool difference = now->word[i] - now->word[j] == first->word[i] - first->word[j];
            bool sum = now->word[i] + now->word[j] == first->word[i] + first->word[j];
            bool parity = (now->word[i] ^ now->word[j]) == (first->word[i] ^ first->word[j]);
            t->alike[party][i][j] = t->alike[party][i][j] && (difference || sum || parity);
        }
    }
}

/* c: NULL where the view is not one of a table. */
static void add_view(view_tally *t, size_t party, const local_view *view, const table_case *c, size_t run)
{
    static view_words now;
    const uint8_t *content = view->content.data;
    now.count = 0;
    for (size_t m = 0; m < view->messages; m++) {
        const local_message *message = &view->message[m];
        assert_true(message->step < VIEW_MAX_STEPS);
        t->messages[party][message->step]++;
        if (c != NULL && holds_positions(&t->special, message->step)) {
            add_positions(t, message, content, c);
        } else {
            add_opened(t, message, content);
            for (size_t i = 0; i < message->bytes; i++) {
                t->byte[party][message->step][content[i]]++;
            }
            for (size_t i = 0; i + 8 <= message->bytes; i += 8) {
                assert_true(now.count < VIEW_MAX_WORDS);
                now.word[now.count++] = sch_get_u64(content + i);
            }
        }
        content += message->bytes;
    }
    if (run == 0) {
        t->first[party] = now;
        memset(t->alike[party], true, sizeof t->alike[party]);
        memset(t->fixed[party], true, sizeof t->fixed[party]);
    } else if (run < COMPARED_RUNS) { /* chance keeps no pair alike in as many runs */
        compare_with_first(t, party, &now);
    }
}

void view_tally_run(view_tally *t, uint32_t shard, parties_part *part, void *context, const table_case *table,
                    size_t run)
{
    local_net *net = local_net_new(1 << 20, VIEW_PARTIES);
    assert_non_null(net);
    local_net_keep_views(net);
    if (table != NULL) {
        assert_int_equal(table->size.spine_rows, VIEW_ROWS);
        assert_int_equal(table->size.owner[0].rows, VIEW_ROWS);
    }
    test_parties parties;
    parties_init(&parties, net, VIEW_PARTIES, run, shard, NULL);
    unit_assert_ok(parties_run(&parties, part, context));
    for (sch_party p = 0; p < VIEW_PARTIES; p++) {
        add_view(t, p, local_net_view(net, p), table, run);
    }
    local_net_free(net);
}

size_t view_tally_assert_words(const view_tally *t, size_t runs)
{
    size_t checked = 0;
    for (size_t p = 0; p < VIEW_PARTIES; p++) {
        for (uint16_t step = 0; step < VIEW_MAX_STEPS; step++) {
            assert_true(t->messages[p][step] == 0 || t->messages[p][step] == runs);
            bool positions = step > VIEW_NO_STEP && holds_positions(&t->special, step);
            if (t->messages[p][step] > 0 && !positions) {
                assert_true(chi_square_is_uniform(t->byte[p][step], VIEW_BYTE_VALUES));
                checked++;
            }
        }
        for (size_t i = 0; i < t->first[p].count; i++) {
            assert_false(t->fixed[p][i]);
            for (size_t j = 0; j < i; j++) {
                assert_false(t->alike[p][i][j]);
            }
        }
    }
    return checked;
}

void view_assert_counts(const size_t *count, size_t categories, size_t runs)
{
    size_t all = 0;
    for (size_t i = 0; i < categories; i++) {
        all += count[i];
    }
    assert_int_equal(all, runs);
    assert_true(chi_square_is_uniform(count, categories));
}

void view_tally_assert_alignment(const view_tally *t)
{
    for (size_t side = 0; side < 2; side++) {
        view_assert_counts(t->first_tag[side], VIEW_ROWS, VIEW_RUNS);
    }
    view_assert_counts(t->tau, 12, VIEW_RUNS);
    assert_int_equal(t->messages[VIEW_SPINE][t->special.tau], VIEW_RUNS);
}

view_tally *view_tally_new(void)
{
    static view_tally one;
    memset(&one, 0, sizeof one);
    return &one;
}
