/* bench_protocol - what one shard costs: the three parties on threads, over queues in one process.
 *
 *     bench_protocol [spine_rows data_rows data_columns products groups runs codes passes]
 *
 * The table has the data owner's columns and products of these with one of the spine's. With codes above 1 the data
 * owner gives each row one of so many, and the spine has groups / codes of its own. Passes: half of what the first one
 * links, the second one would; each later one links half of what is left. Without arguments: groups that the spine
 * knows, products, and sorting by codes of 6 bits. Prints processor time per party and step and bytes per party, both
 * per row of the spine and the data owner taken once (n_S + n_D), as the median of the runs. The link's own copies are
 * in the steps and shown beside them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/share/ring.h"
#include "crypto/stats/linked_table.h"
#include "tests/support/parties.h"

enum { STEPS = 5, MAX_RUNS = 101, SPINE = 0, DATA, HELPER, PARTIES };

static const char *const STEP_NAME[STEPS] = {"align", "join", "program", "group", "(link)"};
static const char *const PARTY_NAME[PARTIES] = {"spine", "data", "helper"};

typedef struct bench {
    size_t spine_rows, data_rows;
    sch_table_shape shape;
    sch_cast cast;
    sch_tag *tag[2];
    uint32_t *group[2];
    sch_ring column[2];
    const uint64_t *columns[2][SCH_MAX_TABLE_COLUMNS];
    sch_ring sums[2];
    sch_shard_facts facts[PARTIES];
    sch_shard_times times[PARTIES];
} bench;

static sch_err play(const sch_seat *seat, void *context)
{
    bench *b = context;
    sch_party self = seat->link->self;
    const sch_shard_size size = {.spine_rows = b->spine_rows, .data_rows = {b->data_rows}};
    size_t side = self == SPINE ? 0 : 1;
    const sch_table_rows rows = {.rows = side == 0 ? b->spine_rows : b->data_rows,
                                 .tag = {b->tag[side]},
                                 .group = b->group[side],
                                 .column = b->columns[side]};
    uint64_t *sums = self == SPINE ? b->sums[0].word : self == HELPER ? b->sums[1].word : NULL;
    b->facts[self] = (sch_shard_facts){0};
    b->times[self] = (sch_shard_times){0};
    return sch_linked_table_run(seat, sums, &b->facts[self], &b->times[self], &b->shape, &b->cast, &size,
                                self == HELPER ? NULL : &rows);
}

/* Half of the spine's rows are the data owner's too; in the second pass a half of the others, and so on. */
static void make_tags(sch_tag *tag, const bench *b, size_t side, size_t rows)
{
    for (size_t p = 0; p < b->shape.passes; p++) {
        for (size_t i = 0; i < rows; i++) {
            bool shared = i >> p & 1;
            tag[p * rows + i] = parties_tag((uint64_t)p << 40 | (2 * i + (shared ? 0 : side)));
        }
    }
}

static bool make_rows(bench *b)
{
    uint64_t random = 1;
    const size_t rows[2] = {b->spine_rows, b->data_rows};
    const uint32_t groups[2] = {b->shape.spine_groups, b->shape.data[0].codes};
    bool made = true;
    for (size_t side = 0; side < 2 && made; side++) {
        size_t columns = side == 0 ? 1 : b->shape.data[0].columns;
        b->tag[side] = calloc(b->shape.passes * rows[side] + 1, sizeof *b->tag[side]);
        b->group[side] = calloc(rows[side] + 1, sizeof *b->group[side]);
        made = b->tag[side] != NULL && b->group[side] != NULL &&
               !sch_failed(sch_ring_init(&b->column[side], rows[side], columns)) &&
               !sch_failed(sch_ring_init_zero(&b->sums[side], b->shape.columns, b->shape.groups));
        if (made) {
            make_tags(b->tag[side], b, side, rows[side]);
        }
        for (size_t i = 0; i < rows[side] && made; i++) {
            b->group[side][i] = (uint32_t)(parties_random(&random) % groups[side]);
        }
        for (size_t i = 0; i < b->column[side].count; i++) {
            b->column[side].word[i] = parties_random(&random) % 200000;
        }
        for (size_t k = 0; k < columns && made; k++) {
            b->columns[side][k] = b->column[side].word + k * rows[side];
        }
    }
    return made;
}

static void clear_rows(bench *b)
{
    for (size_t side = 0; side < 2; side++) {
        free(b->tag[side]);
        free(b->group[side]);
        b->tag[side] = NULL;
        b->group[side] = NULL;
        sch_ring_clear(&b->column[side]);
        sch_ring_clear(&b->sums[side]);
    }
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

static uint64_t measured[PARTIES][STEPS][MAX_RUNS];
static uint64_t total[MAX_RUNS];

static bool run_once(bench *b, size_t run, size_t bytes[static PARTIES])
{
    local_net *net = local_net_new((size_t)4 << 20, PARTIES);
    if (net == NULL) {
        return false;
    }
    test_parties parties;
    parties_init(&parties, net, PARTIES, run, (uint32_t)run, local_thread_ns);
    sch_err err = parties_run(&parties, play, b);
    total[run] = 0;
    for (sch_party p = 0; p < PARTIES; p++) {
        const sch_shard_times *t = &b->times[p];
        const uint64_t step[STEPS] = {t->align_ns, t->join_ns, t->program_ns, t->group_ns, local_net_link_ns(net, p)};
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

static void report(const bench *b, size_t runs, const size_t bytes[static PARTIES])
{
    double rows = (double)(b->spine_rows + b->data_rows);
    size_t links = 0;
    for (size_t p = 0; p < SCH_MAX_LINK_PASSES; p++) {
        links += b->facts[HELPER].links[p];
    }
    printf("%zu + %zu rows, %u data columns, %u products, %u groups, %u bits of codes, %u passes, %zu links; median of "
           "%zu "
           "runs\n",
           b->spine_rows, b->data_rows, b->shape.data[0].columns, b->shape.steps, b->shape.groups,
           sch_table_all_code_bits(&b->shape), b->shape.passes, links, runs);
    printf("ns a row   ");
    for (size_t s = 0; s < STEPS; s++) {
        printf("%10s", STEP_NAME[s]);
    }
    printf("%10s\n", "bytes");
    for (size_t p = 0; p < PARTIES; p++) {
        printf("  %-9s", PARTY_NAME[p]);
        for (size_t s = 0; s < STEPS; s++) {
            printf("%10.1f", (double)median(measured[p][s], runs) / rows);
        }
        printf("%10.1f\n", (double)bytes[p] / rows);
    }
    double all = (double)median(total, runs);
    printf("all parties: %.1f ns a row of both, %.1f ns a row of the spine, %.1f bytes a row of both\n", all / rows,
           all / (double)b->spine_rows, (double)(bytes[SPINE] + bytes[DATA] + bytes[HELPER]) / rows);
}

static void make_shape(bench *b, size_t columns, size_t products, size_t groups, size_t codes, size_t passes)
{
    b->cast = (sch_cast){.spine = SPINE, .data = {DATA}, .helper = {HELPER}, .second = HELPER, .third = DATA};
    b->shape = (sch_table_shape){.spine_groups = (uint32_t)(groups / codes > 0 ? groups / codes : 1),
                                 .spine_columns = 1,
                                 .data_owners = 1,
                                 .passes = (uint16_t)passes,
                                 .data = {{.columns = (uint16_t)columns, .codes = (uint32_t)codes}},
                                 .steps = (uint16_t)products,
                                 .columns = (uint16_t)(columns + products)};
    b->shape.groups = b->shape.spine_groups * (uint32_t)codes;
    for (size_t s = 0; s < products && s < SCH_MAX_ROW_STEPS; s++) {
        b->shape.step[s] = (sch_row_step){SCH_ROW_PRODUCT, 0, (uint16_t)(1 + s % columns), 0, 0, 0};
    }
    for (size_t j = 0; j < columns + products && j < SCH_MAX_TABLE_COLUMNS; j++) {
        b->shape.column[j] = (uint16_t)(1 + j);
    }
}

static bool measure(bench *b, size_t runs)
{
    size_t bytes[PARTIES] = {0};
    bool done = make_rows(b);
    for (size_t run = 0; run < runs && done; run++) {
        done = run_once(b, run, bytes);
    }
    if (done) {
        report(b, runs, bytes);
    }
    clear_rows(b);
    return done;
}

static size_t argument(int count, char **values, int at, size_t otherwise)
{
    return at < count ? (size_t)strtoull(values[at], NULL, 10) : otherwise;
}

int main(int count, char **values)
{
    static bench b;
    b.spine_rows = argument(count, values, 1, 1 << 17);
    b.data_rows = argument(count, values, 2, 1 << 17);
    size_t columns = argument(count, values, 3, 3);
    size_t products = argument(count, values, 4, 0);
    size_t groups = argument(count, values, 5, 1000);
    size_t runs = argument(count, values, 6, 21);
    size_t codes = argument(count, values, 7, 1);
    size_t passes = argument(count, values, 8, 1);
    sch_ring_reuse_memory();
    make_shape(&b, columns > 0 ? columns : 1, products, groups, codes > 0 ? codes : 1, passes);
    if (sch_failed(sch_secret_start()) || sch_failed(sch_table_shape_check(&b.shape)) || runs < 1 || runs > MAX_RUNS) {
        fprintf(stderr,
                "usage: bench_protocol [spine_rows data_rows data_columns products groups runs codes passes]\n");
        return 2;
    }
    bool done = measure(&b, runs);
    if (done && count == 1) {
        make_shape(&b, columns, columns, groups, 1, 1);
        done = measure(&b, runs);
        make_shape(&b, columns, 0, groups, 64, 1);
        done = done && measure(&b, runs);
    }
    return done ? 0 : 1;
}
