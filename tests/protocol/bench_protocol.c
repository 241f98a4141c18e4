/* bench_protocol - what one shard costs: the three parties on threads, over queues in one process.
 *
 *     bench_protocol [spine_rows data_rows data_columns products groups runs]
 *
 * Prints processor time per party and step and bytes per party, both per row of the spine and the data owner taken once
 * (n_S + n_D), as the median of the runs. The link's own copies are in the steps and shown beside them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/share/ring.h"
#include "crypto/stats/linked_table.h"
#include "tests/support/three.h"

enum { STEPS = 5, MAX_RUNS = 101 };

static const char *const STEP_NAME[STEPS] = {"align", "join", "product", "group", "(link)"};
static const char *const PARTY_NAME[SCH_PARTIES] = {"spine", "data", "helper"};

typedef struct bench {
    size_t spine_rows, data_rows;
    sch_table_shape shape;
    sch_tag *tag[2];
    uint32_t *group;
    sch_ring column[2];
    const uint64_t *spine_column[1];
    const uint64_t *data_column[SCH_MAX_TABLE_COLUMNS];
    sch_ring sums[2];
    sch_shard_facts facts;
    sch_shard_times times[SCH_PARTIES];
} bench;

static sch_err play(const sch_trio *trio, void *context)
{
    bench *b = context;
    const sch_spine_rows spine = {b->spine_rows, b->tag[0], b->group, b->spine_column};
    const sch_data_rows data = {b->data_rows, b->tag[1], b->data_column};
    switch (trio->link->self) {
    case SCH_SPINE:
        return sch_linked_table_spine(trio, b->sums[0].word, &b->shape, &spine, b->data_rows, &b->times[SCH_SPINE]);
    case SCH_DATA:
        return sch_linked_table_data(trio, &b->shape, &data, b->spine_rows, &b->times[SCH_DATA]);
    default:
        return sch_linked_table_helper(trio, b->sums[1].word, &b->facts, &b->shape, b->spine_rows, b->data_rows,
                                       &b->times[SCH_HELPER]);
    }
}

/* Half of the spine's rows are the data owner's too. */
static bool make_rows(bench *b, uint64_t *random)
{
    size_t rows[2] = {b->spine_rows, b->data_rows};
    for (size_t side = 0; side < 2; side++) {
        b->tag[side] = calloc(rows[side] + 1, sizeof *b->tag[side]);
        size_t columns = side == 0 ? 1 : b->shape.data_columns;
        if (b->tag[side] == NULL || sch_failed(sch_ring_init(&b->column[side], rows[side], columns))) {
            return false;
        }
        for (size_t i = 0; i < rows[side]; i++) {
            bool shared = i % 2 == 0;
            uint64_t name = 2 * i + (shared ? 0 : side);
            sch_put_u64(b->tag[side][i].byte, three_random(&name));
            sch_put_u64(b->tag[side][i].byte + 8, three_random(&name));
        }
        for (size_t i = 0; i < b->column[side].count; i++) {
            b->column[side].word[i] = three_random(random) % 200000;
        }
    }
    b->group = calloc(b->spine_rows + 1, sizeof *b->group);
    for (size_t i = 0; b->group != NULL && i < b->spine_rows; i++) {
        b->group[i] = (uint32_t)(three_random(random) % b->shape.groups);
    }
    b->spine_column[0] = b->column[0].word;
    for (size_t k = 0; k < b->shape.data_columns; k++) {
        b->data_column[k] = b->column[1].word + k * b->data_rows;
    }
    size_t columns = sch_table_columns(&b->shape);
    return b->group != NULL && !sch_failed(sch_ring_init_zero(&b->sums[0], columns, b->shape.groups)) &&
           !sch_failed(sch_ring_init_zero(&b->sums[1], columns, b->shape.groups));
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return *x < *y ? -1 : *x > *y;
}

static uint64_t median(uint64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static uint64_t measured[SCH_PARTIES][STEPS][MAX_RUNS];
static uint64_t total[MAX_RUNS];

static bool run_once(bench *b, size_t run, size_t bytes[static SCH_PARTIES])
{
    local_net *net = local_net_new((size_t)4 << 20);
    if (net == NULL) {
        return false;
    }
    three_parties parties;
    three_init(&parties, net, run, (uint32_t)run, local_thread_ns);
    sch_err err = three_run(&parties, play, b);
    total[run] = 0;
    for (sch_party p = SCH_SPINE; p < SCH_PARTIES; p++) {
        const sch_shard_times *t = &b->times[p];
        const uint64_t step[STEPS] = {t->align_ns, t->join_ns, t->product_ns, t->group_ns, local_net_link_ns(net, p)};
        for (size_t s = 0; s < STEPS; s++) {
            measured[p][s][run] = step[s];
            total[run] += s < STEPS - 1 ? step[s] : 0;
        }
        bytes[p] = local_net_bytes_sent(net, p);
    }
    local_net_free(net);
    if (sch_failed(err)) {
        printf("failed: %s\n", err.text);
    }
    return !sch_failed(err);
}

static void report(const bench *b, size_t runs, const size_t bytes[static SCH_PARTIES])
{
    double rows = (double)(b->spine_rows + b->data_rows);
    printf("%zu + %zu rows, %u data columns, %u products, %u groups, %zu links; median of %zu runs\n", b->spine_rows,
           b->data_rows, b->shape.data_columns, b->shape.products, b->shape.groups, b->facts.links, runs);
    printf("ns a row   ");
    for (size_t s = 0; s < STEPS; s++) {
        printf("%10s", STEP_NAME[s]);
    }
    printf("%10s\n", "bytes");
    for (size_t p = 0; p < SCH_PARTIES; p++) {
        printf("  %-9s", PARTY_NAME[p]);
        for (size_t s = 0; s < STEPS; s++) {
            printf("%10.1f", (double)median(measured[p][s], runs) / rows);
        }
        printf("%10.1f\n", (double)bytes[p] / rows);
    }
    double all = (double)median(total, runs);
    printf("all parties: %.1f ns a row of both, %.1f ns a row of the spine, %.1f bytes a row of both\n", all / rows,
           all / (double)b->spine_rows, (double)(bytes[0] + bytes[1] + bytes[2]) / rows);
}

static size_t argument(int count, char **values, int at, size_t otherwise)
{
    return at < count ? (size_t)strtoull(values[at], NULL, 10) : otherwise;
}

int main(int count, char **values)
{
    static bench b;
    uint64_t random = 1;
    size_t bytes[SCH_PARTIES] = {0};
    b.spine_rows = argument(count, values, 1, 1 << 16);
    b.data_rows = argument(count, values, 2, 1 << 16);
    b.shape.data_columns = (uint16_t)argument(count, values, 3, 3);
    b.shape.products = (uint16_t)argument(count, values, 4, 0);
    b.shape.groups = (uint32_t)argument(count, values, 5, 1000);
    b.shape.spine_columns = 1;
    sch_ring_reuse_memory();
    size_t runs = argument(count, values, 6, 21);
    if (sch_failed(sch_secret_start()) || sch_failed(sch_table_shape_check(&b.shape)) || runs < 1 || runs > MAX_RUNS ||
        !make_rows(&b, &random)) {
        fprintf(stderr, "usage: bench_protocol [spine_rows data_rows data_columns products groups runs]\n");
        return 2;
    }
    for (size_t run = 0; run < runs; run++) {
        if (!run_once(&b, run, bytes)) {
            return 1;
        }
    }
    report(&b, runs, bytes);
    for (size_t side = 0; side < 2; side++) {
        free(b.tag[side]);
        sch_ring_clear(&b.column[side]);
        sch_ring_clear(&b.sums[side]);
    }
    free(b.group);
    return 0;
}
