#include "node/query/nearest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "proto/catalog.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int small_letter(char c)
{
    return tolower((unsigned char)c);
}

/* Three rows of the usual table of distances between prefixes: row i of a against every prefix of b. */
size_t sch_nearest_distance(const char *a, const char *b)
{
    enum { WIDTH = SCH_NAME_BYTES };
    size_t a_bytes = strnlen(a, WIDTH - 1);
    size_t b_bytes = strnlen(b, WIDTH - 1);
    size_t row[3][WIDTH] = {{0}};
    size_t *before = row[0];
    size_t *last = row[1];
    size_t *now = row[2];
    for (size_t j = 0; j <= b_bytes; j++) {
        last[j] = j;
    }
    for (size_t i = 1; i <= a_bytes; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_bytes; j++) {
            int x = small_letter(a[i - 1]);
            int y = small_letter(b[j - 1]);
            now[j] = smaller(smaller(last[j] + 1, now[j - 1] + 1), last[j - 1] + (x != y ? 1 : 0));
            if (i > 1 && j > 1 && x == small_letter(b[j - 2]) && small_letter(a[i - 2]) == y) {
                now[j] = smaller(now[j], before[j - 2] + 1);
            }
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b_bytes];
}

const char *sch_nearest_name(const char *name, const char *const *candidate, size_t candidate_count)
{
    const char *best = NULL;
    size_t bytes = strnlen(name, SCH_NAME_BYTES);
    size_t best_distance = smaller((bytes + 1) / 2 + 1, bytes); /* the first that is too many */
    for (size_t i = 0; i < candidate_count; i++) {
        size_t distance = sch_nearest_distance(name, candidate[i]);
        if (distance < best_distance) {
            best = candidate[i];
            best_distance = distance;
        }
    }
    return best;
}
