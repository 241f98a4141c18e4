/* The keys of a job: who has which, and what each depends on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/base/secret.h"
#include "node/job/keys.h"

static int setup(void **state)
{
    (void)state;
    assert_int_equal(sch_secret_start().code, SCH_OK);
    return 0;
}

enum { PARTIES = 5 };

/* The secrets of all pairs of five parties, alike at both ends. */
typedef struct world {
    uint8_t standing[PARTIES][PARTIES][SCH_KEY_BYTES], exporter[PARTIES][PARTIES][SCH_KEY_BYTES],
        epoch[PARTIES][PARTIES][SCH_KEY_BYTES], hash[SCH_HASH_BYTES];
    sch_plan plan;
} world;

/* A union of two members (0, 1) with two data owners (2, 3), and a party that only helps (4). */
static world *make_world(void)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    sch_random_fill(w->hash, sizeof w->hash);
    for (size_t a = 0; a < PARTIES; a++) {
        for (size_t b = 0; b < a; b++) {
            sch_random_fill(w->standing[a][b], SCH_KEY_BYTES);
            sch_random_fill(w->exporter[a][b], SCH_KEY_BYTES);
            sch_random_fill(w->epoch[a][b], SCH_KEY_BYTES);
            memcpy(w->standing[b][a], w->standing[a][b], SCH_KEY_BYTES);
            memcpy(w->exporter[b][a], w->exporter[a][b], SCH_KEY_BYTES);
            memcpy(w->epoch[b][a], w->epoch[a][b], SCH_KEY_BYTES);
        }
    }
    w->plan.party_count = PARTIES;
    for (int p = 0; p < PARTIES; p++) {
        (void)snprintf(w->plan.party[p], SCH_NAME_BYTES, "p%d", p);
    }
    w->plan.part_count = 3;
    w->plan.shape.data_owners = 2;
    w->plan.member_count = 2;
    w->plan.member[0] = (sch_cast){.spine = 0, .data = {2, 3}, .helper = {3, 4}, .second = 4, .third = 2};
    w->plan.member[1] = (sch_cast){.spine = 1, .data = {2, 3}, .helper = {3, 4}, .second = 4, .third = 2};
    return w;
}

static sch_err make_keys(const world *w, sch_job_keys *keys, sch_party self)
{
    sch_job_secrets secrets = {.linkage_epoch = 7};
    for (size_t p = 0; p < PARTIES; p++) {
        secrets.standing[p] = p == self ? NULL : w->standing[self][p];
        secrets.exporter[p] = w->exporter[self][p];
        secrets.epoch[p] = w->epoch[self][p];
    }
    return sch_job_keys_make(keys, self, &w->plan, &secrets, w->hash);
}

static bool are_aligned(size_t a, size_t b)
{
    return (a < 2 && (b == 2 || b == 3)) || (b < 2 && (a == 2 || a == 3));
}

static void test_job_keys_make_pairs_agree_and_owners_alone_have_tag_keys(void **state)
{
    (void)state;
    world *w = make_world();
    sch_job_keys keys[PARTIES];
    const uint8_t *made[64];
    size_t count = 0, aligned = 0, pairs = 0;
    for (sch_party p = 0; p < PARTIES; p++) {
        assert_int_equal(make_keys(w, &keys[p], p).code, SCH_OK);
        assert_null(keys[p].pair[p]);
        assert_null(keys[p].tag[p]);
        assert_int_equal(keys[p].base != NULL, p != 4);
    }
    for (size_t a = 0; a < PARTIES; a++) {
        for (size_t b = 0; b < a; b++, pairs++) {
            assert_memory_equal(keys[a].pair[b], keys[b].pair[a], SCH_KEY_BYTES);
            assert_memory_equal(keys[a].end[b], keys[b].end[a], SCH_KEY_BYTES);
            assert_memory_equal(keys[a].pair_check[b], keys[b].pair_check[a], SCH_CHECK_BYTES);
            made[count++] = keys[a].pair[b];
            made[count++] = keys[a].end[b];
            if (are_aligned(a, b)) {
                assert_memory_equal(keys[a].tag[b], keys[b].tag[a], SCH_KEY_BYTES);
                assert_memory_equal(keys[a].tag_check[b], keys[b].tag_check[a], SCH_CHECK_BYTES);
                made[count++] = keys[a].tag[b];
                aligned++;
            } else {
                assert_true(keys[a].tag[b] == NULL && keys[b].tag[a] == NULL);
            }
        }
    }
    assert_int_equal(pairs, 10);
    assert_int_equal(aligned, 4);
    made[count++] = keys[0].base;
    for (sch_party p = 1; p < 4; p++) {
        assert_memory_equal(keys[0].base, keys[p].base, SCH_KEY_BYTES);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(made[i], made[j], SCH_KEY_BYTES);
        }
    }
    for (size_t p = 0; p < PARTIES; p++) {
        sch_job_keys_clear(&keys[p]);
    }
    free(w);
}

static void test_job_keys_make_tag_keys_depend_on_connection_epoch_request_and_alignment(void **state)
{
    (void)state;
    world *w = make_world();
    sch_job_keys first, other;
    assert_int_equal(make_keys(w, &first, 0).code, SCH_OK);
    uint8_t *const changed[] = {w->exporter[0][2], w->epoch[0][2], w->hash};
    unsigned checked = 0;
    for (; checked < 3; checked++) {
        changed[checked][0] ^= 1;
        assert_int_equal(make_keys(w, &other, 0).code, SCH_OK);
        assert_memory_not_equal(first.tag[2], other.tag[2], SCH_KEY_BYTES);
        assert_memory_not_equal(first.tag_check[2], other.tag_check[2], SCH_CHECK_BYTES);
        bool request = changed[checked] == w->hash;
        assert_int_equal(memcmp(first.tag[3], other.tag[3], SCH_KEY_BYTES) != 0, request);
        assert_int_equal(memcmp(first.base, other.base, SCH_KEY_BYTES) != 0, request);
        sch_job_keys_clear(&other);
        changed[checked][0] ^= 1;
    }
    assert_int_equal(checked, 3);
    w->plan.member[0].data[0] = 3; /* the same two nodes, another data owner's number */
    w->plan.member[0].data[1] = 2;
    assert_int_equal(make_keys(w, &other, 0).code, SCH_OK);
    assert_memory_not_equal(first.tag[2], other.tag[2], SCH_KEY_BYTES);
    sch_job_keys_clear(&other);
    sch_job_keys_clear(&first);
    free(w);
}

/* All alignments of five parties, each of all passes: spine and data owner have the same keys, and no two are alike. */
static void test_job_keys_make_each_pass_has_keys_of_its_own(void **state)
{
    (void)state;
    static const uint8_t ZERO[SCH_KEY_BYTES] = {0};
    world *w = make_world();
    sch_job_keys keys[PARTIES], other;
    const uint8_t *made[4 * SCH_MAX_LINK_PASSES];
    size_t count = 0, different = 0;
    w->plan.pass_count = SCH_MAX_PASSES;
    for (sch_party p = 0; p < PARTIES; p++) {
        assert_int_equal(make_keys(w, &keys[p], p).code, SCH_OK);
    }
    for (size_t a = 0; a < 2; a++) {
        for (size_t b = 2; b < 4; b++) {
            assert_memory_equal(keys[a].tag[b], keys[b].tag[a], SCH_MAX_LINK_PASSES * SCH_KEY_BYTES);
            assert_memory_equal(keys[a].tag_check[b], keys[b].tag_check[a], SCH_CHECK_BYTES);
            for (size_t p = 0; p < SCH_MAX_LINK_PASSES; p++) {
                made[count++] = keys[a].tag[b] + p * SCH_KEY_BYTES;
            }
        }
    }
    assert_int_equal(count, 4 * SCH_MAX_LINK_PASSES);
    for (size_t i = 0; i < count; i++) {
        assert_memory_not_equal(made[i], ZERO, SCH_KEY_BYTES);
        for (size_t j = 0; j < i; j++, different++) {
            assert_memory_not_equal(made[i], made[j], SCH_KEY_BYTES);
        }
    }
    assert_int_equal(different, count * (count - 1) / 2);
    w->hash[0] ^= 1; /* another request: other keys in every pass */
    assert_int_equal(make_keys(w, &other, 0).code, SCH_OK);
    for (size_t p = 0; p < SCH_MAX_LINK_PASSES; p++) {
        assert_memory_not_equal(other.tag[2] + p * SCH_KEY_BYTES, made[p], SCH_KEY_BYTES);
    }
    sch_job_keys_clear(&other);
    for (size_t p = 0; p < PARTIES; p++) {
        sch_job_keys_clear(&keys[p]);
    }
    free(w);
}

/* Who plans fewer passes has fewer keys, and shows another check. */
static void test_job_keys_make_check_covers_the_keys_of_all_passes(void **state)
{
    (void)state;
    static const uint8_t ZERO[SCH_KEY_BYTES] = {0};
    world *w = make_world();
    sch_job_keys keys[SCH_MAX_LINK_PASSES];
    size_t compared = 0;
    for (size_t passes = 0; passes < SCH_MAX_LINK_PASSES; passes++) {
        w->plan.pass_count = passes;
        assert_int_equal(make_keys(w, &keys[passes], 0).code, SCH_OK);
        for (size_t p = 0; p < SCH_MAX_LINK_PASSES; p++) {
            bool made = memcmp(keys[passes].tag[2] + p * SCH_KEY_BYTES, ZERO, SCH_KEY_BYTES) != 0;
            assert_int_equal(made, p <= passes);
        }
        for (size_t fewer = 0; fewer < passes; fewer++, compared++) {
            assert_memory_not_equal(keys[passes].tag_check[2], keys[fewer].tag_check[2], SCH_CHECK_BYTES);
        }
    }
    assert_int_equal(compared, 10);
    for (size_t passes = 0; passes < SCH_MAX_LINK_PASSES; passes++) {
        sch_job_keys_clear(&keys[passes]);
    }
    free(w);
}

static void test_job_keys_make_more_passes_than_there_are_is_a_bug(void **state)
{
    (void)state;
    world *w = make_world();
    sch_job_keys keys;
    w->plan.pass_count = SCH_MAX_PASSES + 1;
    assert_int_equal(make_keys(w, &keys, 0).code, SCH_BUG);
    sch_job_keys_clear(&keys);
    free(w);
}

static void test_job_keys_align_gives_member_and_data_owner(void **state)
{
    (void)state;
    world *w = make_world();
    size_t found = 0;
    for (sch_party a = 0; a < PARTIES; a++) {
        for (sch_party b = 0; b < PARTIES; b++) {
            size_t member = 9, data_owner = 9;
            bool aligned = sch_job_keys_align(&w->plan, a, b, &member, &data_owner);
            assert_int_equal(aligned, are_aligned(a, b));
            if (aligned) {
                assert_int_equal(member, a < 2 ? a : b);
                assert_int_equal(data_owner, a < 2 ? b - 2 : a - 2);
                found++;
            }
        }
    }
    assert_int_equal(found, 8);
    free(w);
}

static void test_job_keys_make_without_a_secret_is_a_bug(void **state)
{
    (void)state;
    world *w = make_world();
    unsigned refused = 0;
    for (; refused < 3; refused++) {
        sch_job_secrets secrets = {.linkage_epoch = 7};
        sch_job_keys keys;
        for (size_t p = 0; p < PARTIES; p++) {
            secrets.standing[p] = p == 2 && refused == 0 ? NULL : w->standing[0][p];
            secrets.exporter[p] = p == 2 && refused == 1 ? NULL : w->exporter[0][p];
            secrets.epoch[p] = p == 2 && refused == 2 ? NULL : w->epoch[0][p];
        }
        assert_int_equal(sch_job_keys_make(&keys, 0, &w->plan, &secrets, w->hash).code, SCH_BUG);
        sch_job_keys_clear(&keys);
    }
    assert_int_equal(refused, 3);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_keys_make_pairs_agree_and_owners_alone_have_tag_keys),
        cmocka_unit_test(test_job_keys_make_tag_keys_depend_on_connection_epoch_request_and_alignment),
        cmocka_unit_test(test_job_keys_make_each_pass_has_keys_of_its_own),
        cmocka_unit_test(test_job_keys_make_check_covers_the_keys_of_all_passes),
        cmocka_unit_test(test_job_keys_make_more_passes_than_there_are_is_a_bug),
        cmocka_unit_test(test_job_keys_align_gives_member_and_data_owner),
        cmocka_unit_test(test_job_keys_make_without_a_secret_is_a_bug),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
