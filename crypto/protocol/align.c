/* ALIGN (computation.md step 3).
 *
 *   S, D, H         spine, data owner, helper
 *   n_S, n_D        their rows; n = n_S + n_D
 *   alpha, beta     S's and D's own random orders of their rows; S brings alpha
 *   sigma(i)        D's row for S's row i, both in these orders; sigma(i) = n_D + k for the k-th row without one
 *   V               D's columns, in D's order, followed by n_S rows of zeros
 *   rho             a random permutation of n rows, from stream(DH)
 *   A               a mask, n rows, from stream(DH)
 *   M               rho(V) + A, in a column of codes rho(V) ^ A
 *   tau(i)          rho(sigma(i))
 *
 *   0  S -> H       alpha(tags), for each pass
 *   1  D -> H       beta(tags), for each pass
 *   2  D -> S       M
 *   3  H -> S       tau
 *      S keeps      W_S = M[tau(i)]
 *      H keeps      W_H = -A[tau(i)], in a column of codes A[tau(i)] */
#include "crypto/protocol/align.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/protocol/join.h"
#include "crypto/share/ring.h"
#include "crypto/share/rows.h"

enum { MESSAGE_SPINE_TAGS, MESSAGE_DATA_TAGS, MESSAGE_TABLE, MESSAGE_POSITIONS };

static const char STREAM_RHO[] = "align.rho";
static const char STREAM_MASK[] = "align.mask";

static sch_err check_size(const sch_align_size *size)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(size->passes >= 1 && size->passes <= SCH_MAX_LINK_PASSES, SCH_BUG,
                      "a number of passes is out of range"));
    SCH_TRY(sch_check(size->spine_rows < UINT32_MAX && size->data_rows < UINT32_MAX - size->spine_rows, SCH_BAD_INPUT,
                      "a shard has more rows than can be aligned"));
out:
    return err;
}

/* Sends the tags, the first SCH_SENT_TAG_BYTES of each, in the order given, which is the same in all passes. */
static sch_err send_tags(const sch_run *run, unsigned message, const sch_perm *order, const sch_tag *tag, size_t passes)
{
    sch_err err = SCH_NONE;
    uint8_t *shuffled = NULL;
    size_t rows = order->rows;
    if (rows > 0) {
        shuffled = malloc(passes * rows * SCH_SENT_TAG_BYTES);
        SCH_TRY(sch_check(shuffled != NULL, SCH_NO_MEMORY, "no memory for tags"));
    }
    for (size_t first = 0; first < passes * rows; first += rows) {
        for (size_t j = 0; j < rows; j++) {
            memcpy(shuffled + (first + order->to[j]) * SCH_SENT_TAG_BYTES, &tag[first + j], SCH_SENT_TAG_BYTES);
        }
    }
    SCH_TRY(sch_run_send(run, run->c, message, shuffled, passes * rows * SCH_SENT_TAG_BYTES));
out:
    free(shuffled); /* not wiped: the helper has them */
    return err;
}

/* ---- S ---- */

sch_err sch_align_spine(const sch_run *run, uint64_t *w, const sch_perm *order, const sch_align_size *size,
                        const sch_tag *tag)
{
    sch_err err = SCH_NONE;
    size_t n = size->spine_rows + size->data_rows;
    sch_ring m = {0};
    sch_perm tau = {0};
    SCH_TRY(check_size(size));
    SCH_TRY(sch_check(order->rows == size->spine_rows, SCH_BUG, "an order is not one of the spine's rows"));
    SCH_TRY(sch_ring_init(&m, n, size->columns));
    SCH_TRY(sch_perm_init(&tau, size->spine_rows));
    /* 0  S -> H  alpha(tags), for each pass */
    SCH_TRY(send_tags(run, MESSAGE_SPINE_TAGS, order, tag, size->passes));
    /* 2  D -> S  M */
    SCH_TRY(sch_run_receive(run, run->b, MESSAGE_TABLE, m.word, sch_ring_bytes(&m)));
    /* 3  H -> S  tau */
    SCH_TRY(sch_run_receive(run, run->c, MESSAGE_POSITIONS, tau.to, tau.rows * SCH_PERM_ITEM_BYTES));
    SCH_TRY(sch_perm_check_distinct(tau.to, tau.rows, n));
    /* W_S = M[tau(i)] */
    sch_rows_pick(w, m.word, tau.to, tau.rows, size->columns);
out:
    sch_perm_clear(&tau);
    sch_ring_clear(&m);
    return err;
}

/* ---- D ---- */

/* M = M + rho(V), the codes ^ instead. V's row j goes to to[j]; the rows of zeros change nothing. */
static void add_rows(uint64_t *m, const uint32_t *to, const uint64_t *const *column, const sch_align_size *size)
{
    if (!size->has_code) {
        sch_rows_add_columns(m, to, column, size->data_rows, size->columns);
        return;
    }
    size_t added = size->columns - 1;
    for (size_t j = 0; j < size->data_rows; j++) {
        uint64_t *row = m + to[j] * size->columns;
        for (size_t k = 0; k < added; k++) {
            row[k] += column[k][j];
        }
        row[added] ^= column[added][j];
    }
}

sch_err sch_align_data(const sch_run *run, const sch_align_size *size, const sch_tag *tag,
                       const uint64_t *const *column)
{
    sch_err err = SCH_NONE;
    size_t n = size->spine_rows + size->data_rows;
    sch_ring m = {0};
    sch_perm beta = {0};
    sch_perm rho = {0};
    sch_stream rho_dh = {0};
    sch_stream mask_dh = {0};
    SCH_TRY(check_size(size));
    /* 1  D -> H  beta(tags), for each pass */
    SCH_TRY(sch_perm_init_random(&beta, size->data_rows));
    SCH_TRY(send_tags(run, MESSAGE_DATA_TAGS, &beta, tag, size->passes));
    /* M = A */
    SCH_TRY(sch_run_stream(run, &mask_dh, run->c, STREAM_MASK));
    SCH_TRY(sch_ring_init(&m, n, size->columns));
    SCH_TRY(sch_stream_read(&mask_dh, m.word, sch_ring_bytes(&m)));
    /* M = M + rho(V); V's row beta(j) is D's row j */
    SCH_TRY(sch_run_stream(run, &rho_dh, run->c, STREAM_RHO));
    SCH_TRY(sch_perm_init_stream(&rho, n, &rho_dh));
    sch_perm_compose(&beta, &rho, &beta);
    add_rows(m.word, beta.to, column, size);
    /* 2  D -> S  M */
    SCH_TRY(sch_run_send(run, run->a, MESSAGE_TABLE, m.word, sch_ring_bytes(&m)));
out:
    sch_stream_clear(&mask_dh);
    sch_stream_clear(&rho_dh);
    sch_perm_clear(&rho);
    sch_perm_clear(&beta);
    sch_ring_clear(&m);
    return err;
}

/* ---- H ---- */

/* tau(i) = rho(sigma(i)), where sigma(i) has no match the position of the next row of zeros. */
static void place_matches(uint32_t *tau, const uint32_t *match, const sch_perm *rho, const sch_align_size *size)
{
    size_t zero_row = size->data_rows;
    for (size_t i = 0; i < size->spine_rows; i++) {
        bool linked = match[i] != SCH_JOIN_NONE;
        size_t sigma = linked ? match[i] : zero_row;
        zero_row += !linked;
        tau[i] = rho->to[sigma];
    }
}

/* Receives tags; what was not sent of them is 0. */
static sch_err receive_tags(const sch_run *run, sch_party from, unsigned message, sch_tag *tag, size_t count)
{
    sch_err err = SCH_NONE;
    uint8_t *sent = (uint8_t *)tag + count * (sizeof *tag - SCH_SENT_TAG_BYTES); /* at the end of the same room */
    SCH_TRY(sch_run_receive(run, from, message, sent, count * SCH_SENT_TAG_BYTES));
    for (size_t i = 0; i < count; i++) {
        sch_tag one = {{0}};
        memcpy(one.byte, sent + i * SCH_SENT_TAG_BYTES, SCH_SENT_TAG_BYTES);
        tag[i] = one;
    }
out:
    return err;
}

/* Receives both sides' tags and joins them: tau. */
static sch_err join_rows(const sch_run *run, sch_perm *tau, size_t *links, uint8_t *pass, uint64_t *join_ns,
                         const sch_perm *rho, const sch_align_size *size)
{
    sch_err err = SCH_NONE;
    size_t spine_tags = size->passes * size->spine_rows;
    size_t data_tags = size->passes * size->data_rows;
    sch_tag *tags = malloc((spine_tags + data_tags + 1) * sizeof *tags);
    SCH_TRY(sch_check(tags != NULL, SCH_NO_MEMORY, "no memory for tags"));
    /* 0  S -> H  alpha(tags), for each pass */
    SCH_TRY(receive_tags(run, run->a, MESSAGE_SPINE_TAGS, tags, spine_tags));
    /* 1  D -> H  beta(tags), for each pass */
    SCH_TRY(receive_tags(run, run->b, MESSAGE_DATA_TAGS, tags + spine_tags, data_tags));
    uint64_t started = sch_seat_now(run->seat);
    SCH_TRY(sch_join_passes(tau->to, pass, links, tags, size->spine_rows, tags + spine_tags, size->data_rows,
                            size->passes));
    *join_ns = sch_seat_now(run->seat) - started;
    place_matches(tau->to, tau->to, rho, size);
out:
    free(tags);
    return err;
}

/* w = -w, codes as they are. */
static void negate_sums(uint64_t *w, const sch_align_size *size)
{
    size_t columns = size->columns;
    sch_ring_negate(w, w, size->spine_rows * columns);
    for (size_t i = 0; size->has_code && i < size->spine_rows; i++) {
        uint64_t *code = &w[i * columns + columns - 1];
        *code = 0 - *code;
    }
}

sch_err sch_align_helper(const sch_run *run, uint64_t *w, size_t *links, uint8_t *pass, uint64_t *join_ns,
                         const sch_align_size *size)
{
    sch_err err = SCH_NONE;
    size_t n = size->spine_rows + size->data_rows;
    sch_ring a = {0};
    sch_perm rho = {0};
    sch_perm tau = {0};
    sch_stream rho_dh = {0};
    sch_stream mask_dh = {0};
    SCH_TRY(check_size(size));
    SCH_TRY(sch_run_stream(run, &rho_dh, run->b, STREAM_RHO));
    SCH_TRY(sch_perm_init_stream(&rho, n, &rho_dh));
    SCH_TRY(sch_perm_init(&tau, size->spine_rows));
    SCH_TRY(join_rows(run, &tau, links, pass, join_ns, &rho, size));
    /* 3  H -> S  tau */
    SCH_TRY(sch_run_send(run, run->a, MESSAGE_POSITIONS, tau.to, tau.rows * SCH_PERM_ITEM_BYTES));
    /* W_H = -A[tau(i)], codes A[tau(i)] */
    SCH_TRY(sch_run_stream(run, &mask_dh, run->b, STREAM_MASK));
    SCH_TRY(sch_ring_init(&a, n, size->columns));
    SCH_TRY(sch_stream_read(&mask_dh, a.word, sch_ring_bytes(&a)));
    sch_rows_pick(w, a.word, tau.to, tau.rows, size->columns);
    negate_sums(w, size);
out:
    sch_stream_clear(&mask_dh);
    sch_stream_clear(&rho_dh);
    sch_perm_clear(&tau);
    sch_perm_clear(&rho);
    sch_ring_clear(&a);
    return err;
}
