/* Sums by groups that depend on codes of data owners (computation.md step 5).
 *
 *   N               all rows: n of the spine, under them one for each group; S knows each one's group s of its own
 *   w = w_S ^ w_K   each row's code, held by S and K; of the rows under the n it is public
 *   psi             the order of the rows by s, those added for groups last of each s
 *   X               psi(w)                                        PERMUTE: held by S and the other of second and third
 *   X               beside each w its row's number psi^-1, which S knows, in the high half
 *   X'              X in the order of w                           SORT: held by S and third
 *                   By now rows stand by w, then by s, and the row added for a group is its last.
 *   pi              an order that nobody knows                    SHUFFLE
 *   q               pi of the row numbers of X', opened to S and second: a uniformly random permutation
 *   T[q]            the table as pi would have it, if it were sorted, each of S and second alone
 *   U               its rows sorted                               UNSHUFFLE: held by S and third
 *   P               U's prefix sums                               each holder alone
 *   pi(P)                                                         SHUFFLE: held by S and second
 *   Q[g]            the row i of pi(P) where q(i) = n + g: up to group g's last row
 *   Q[g] - Q[g-1]   the sums of group g
 *
 * PERMUTE and SORT change the assistant; K is chosen by the parity of SORT's bits so that X' is at S and third. */
#include "crypto/protocol/permute.h"
#include "crypto/protocol/shuffle.h"
#include "crypto/protocol/sort.h"
#include "crypto/share/rows.h"
#include "crypto/stats/groups.h"

enum { NUMBER_SHIFT = 32, WORD_BITS = 64 };

/* The codes of data owners that make part w of a group's number, one behind the other, the first owner's lowest. */
static uint32_t pack_codes(const sch_table_shape *shape, uint32_t w)
{
    uint32_t code = 0;
    unsigned shift = 0;
    for (size_t d = 0; d < shape->data_owners; d++) {
        unsigned bits = sch_table_code_bits(shape, d);
        code |= bits == 0 ? 0 : w % shape->data[d].codes << shift;
        w /= shape->data[d].codes;
        shift += bits;
    }
    return code;
}

static bool is_odd(const sch_table_shape *shape)
{
    return sch_table_all_code_bits(shape) % 2 == 1;
}

sch_party sch_group_keeper(const sch_table_shape *shape, const sch_cast *cast)
{
    return is_odd(shape) ? cast->third : cast->second;
}

/* The runs of a shard's grouping, in their order. */
typedef struct group_runs {
    sch_run permute, sort, numbers, open, unsorted, sums;
} group_runs;

static group_runs number_runs(const sch_group_task *task)
{
    const sch_cast *cast = task->cast;
    sch_party keeper = sch_group_keeper(task->shape, cast);
    sch_party other = keeper == cast->second ? cast->third : cast->second;
    uint16_t step = task->step;
    group_runs runs;
    runs.permute = (sch_run){task->seat, cast->spine, keeper, other, step};
    step = (uint16_t)(step + SCH_PERMUTE_STEPS);
    runs.sort = (sch_run){task->seat, cast->spine, other, keeper, step};
    step = (uint16_t)(step + sch_table_all_code_bits(task->shape) * SCH_SORT_PASS_STEPS);
    runs.numbers = (sch_run){task->seat, cast->spine, cast->third, cast->second, step};
    runs.open = runs.numbers;
    runs.open.step = (uint16_t)(runs.numbers.step + SCH_SHUFFLE_STEPS);
    runs.unsorted = runs.numbers;
    runs.unsorted.step = (uint16_t)(runs.open.step + 1);
    runs.sums = runs.numbers;
    runs.sums.step = (uint16_t)(runs.unsorted.step + SCH_SHUFFLE_STEPS);
    return runs;
}

static size_t all_rows(const sch_group_task *task)
{
    return task->rows + task->shape->groups;
}

/* ---- the order by s, at the spine ---- */

/* next[s] = the first position of s, each having its rows and one for each code. */
static sch_err count_spine_groups(sch_perm *next, const sch_group_task *task)
{
    uint32_t spine_groups = task->shape->spine_groups;
    for (size_t s = 0; s < spine_groups; s++) {
        next->to[s] = task->shape->groups / spine_groups;
    }
    for (size_t j = 0; j < task->rows; j++) {
        if (task->group[j] >= spine_groups) {
            return sch_fail(SCH_BAD_INPUT, "a row's group is out of range");
        }
        next->to[task->group[j]]++;
    }
    uint32_t first = 0;
    for (size_t s = 0; s < spine_groups; s++) {
        uint32_t size = next->to[s];
        next->to[s] = first;
        first += size;
    }
    return SCH_NONE;
}

/* psi, initialised here. */
static sch_err order_by_spine_group(sch_perm *psi, const sch_group_task *task)
{
    sch_err err = SCH_NONE;
    sch_perm next = {0};
    SCH_TRY(sch_perm_init(psi, all_rows(task)));
    SCH_TRY(sch_perm_init(&next, task->shape->spine_groups));
    SCH_TRY(count_spine_groups(&next, task));
    for (size_t j = 0; j < task->rows; j++) {
        psi->to[task->order->to[j]] = next.to[task->group[j]]++;
    }
    for (size_t g = 0; g < task->shape->groups; g++) {
        psi->to[task->rows + g] = next.to[g % task->shape->spine_groups]++;
    }
out:
    sch_perm_clear(&next);
    return err;
}

/* ---- the order by w and s ---- */

/* X at the spine, initialised here. */
static sch_err permute_spine(const sch_group_task *task, const group_runs *runs, sch_ring *x)
{
    sch_err err = SCH_NONE;
    sch_perm psi = {0};
    uint64_t *w = task->codes->word;
    for (uint32_t g = 0; g < task->shape->groups; g++) {
        w[task->rows + g] = pack_codes(task->shape, g / task->shape->spine_groups);
    }
    SCH_TRY(order_by_spine_group(&psi, task));
    SCH_TRY(sch_ring_init(x, psi.rows, 1));
    SCH_TRY(sch_permute_codes_a(&runs->permute, x->word, &psi, w, 1));
    sch_ring_clear(task->codes);
    for (size_t j = 0; j < psi.rows; j++) {
        x->word[psi.to[j]] ^= (uint64_t)j << NUMBER_SHIFT;
    }
out:
    sch_perm_clear(&psi);
    return err;
}

/* X', the share of spine and third (undefined at second), initialised here; of it the row numbers remain. */
static sch_err sort_rows(const sch_group_task *task, const group_runs *runs, sch_ring *x)
{
    sch_err err = SCH_NONE;
    size_t rows = all_rows(task);
    unsigned bits = sch_table_all_code_bits(task->shape);
    sch_party self = task->seat->link->self;
    if (self == runs->sort.a) {
        SCH_TRY(permute_spine(task, runs, x));
        SCH_TRY(sch_sort_a(&runs->sort, x->word, rows, bits));
    } else if (self == runs->permute.b) {
        SCH_TRY(sch_permute_codes_b(&runs->permute, task->codes->word, rows, 1));
        sch_ring_clear(task->codes);
        SCH_TRY(sch_ring_init(x, rows, 1));
        SCH_TRY(sch_sort_c(&runs->sort, x->word, rows, bits));
    } else {
        SCH_TRY(sch_ring_init(x, rows, 1));
        SCH_TRY(sch_permute_c(&runs->permute, x->word, rows, 1));
        SCH_TRY(sch_sort_b(&runs->sort, x->word, rows, bits));
    }
    for (size_t i = 0; self != task->cast->second && i < rows; i++) {
        x->word[i] >>= NUMBER_SHIFT;
    }
out:
    return err;
}

/* ---- the sums ---- */

/* q, initialised here, from the shares of the shuffled row numbers at spine and second. */
static sch_err open_numbers(const sch_run *run, sch_perm *q, const sch_ring *shuffled)
{
    sch_err err = SCH_NONE;
    sch_party peer = run->seat->link->self == run->a ? run->c : run->a;
    size_t rows = shuffled->count;
    sch_perm mine = {0};
    SCH_TRY(sch_perm_init(&mine, rows));
    SCH_TRY(sch_perm_init(q, rows));
    for (size_t i = 0; i < rows; i++) {
        mine.to[i] = (uint32_t)shuffled->word[i];
    }
    SCH_TRY(sch_run_exchange(run, peer, 0, mine.to, q->to, rows * SCH_PERM_ITEM_BYTES));
    for (size_t i = 0; i < rows; i++) {
        q->to[i] ^= mine.to[i];
    }
    SCH_TRY(sch_perm_check_distinct(q->to, rows, rows));
out:
    sch_perm_clear(&mine);
    return err;
}

/* Q, row-major, initialised here. */
static sch_err pick_last_rows(sch_ring *last, const sch_group_task *task, const sch_perm *q, const uint64_t *shuffled)
{
    sch_err err = SCH_NONE;
    size_t columns = task->shape->columns;
    SCH_TRY(sch_ring_init(last, task->shape->groups, columns));
    for (size_t i = 0; i < q->rows; i++) {
        if (q->to[i] >= task->rows) { /* q is known to the holders */
            const uint64_t *from = shuffled + i * columns;
            uint64_t *to = last->word + (q->to[i] - task->rows) * columns;
            for (size_t k = 0; k < columns; k++) {
                to[k] = from[k];
            }
        }
    }
out:
    return err;
}

/* T[q] in place of T. */
static sch_err order_table(sch_ring *table, const sch_perm *q, size_t columns)
{
    sch_err err = SCH_NONE;
    sch_ring ordered = {0};
    SCH_TRY(sch_ring_init(&ordered, q->rows, columns));
    sch_rows_pick(ordered.word, table->word, q->to, q->rows, columns);
    sch_ring_clear(table);
    *table = ordered;
out:
    return err;
}

static sch_err sum_spine(const sch_group_task *task, uint64_t *sums, const group_runs *runs, const sch_shuffle *pi,
                         const uint64_t *numbers)
{
    sch_err err = SCH_NONE;
    size_t rows = all_rows(task);
    size_t columns = task->shape->columns;
    sch_ring table = {0}; /* the shuffled row numbers, then U and P */
    sch_ring last = {0};
    sch_perm q = {0};
    SCH_TRY(sch_ring_init(&table, rows, 1));
    SCH_TRY(sch_shuffle_a(&runs->numbers, pi, table.word, numbers, 1, 1));
    SCH_TRY(open_numbers(&runs->open, &q, &table));
    sch_ring_clear(&table);
    SCH_TRY(order_table(task->table, &q, columns));
    SCH_TRY(sch_ring_init(&table, rows, columns));
    SCH_TRY(sch_unshuffle_a(&runs->unsorted, pi, table.word, task->table->word, columns, 0));
    sch_rows_prefix_sums(table.word, rows, columns);
    SCH_TRY(sch_shuffle_a(&runs->sums, pi, task->table->word, table.word, columns, 0));
    SCH_TRY(pick_last_rows(&last, task, &q, task->table->word));
    sch_group_add_differences(sums, last.word, task->shape);
out:
    sch_perm_clear(&q);
    sch_ring_clear(&last);
    sch_ring_clear(&table);
    return err;
}

static sch_err sum_second(const sch_group_task *task, uint64_t *sums, const group_runs *runs, const sch_shuffle *pi)
{
    sch_err err = SCH_NONE;
    size_t columns = task->shape->columns;
    sch_ring numbers = {0};
    sch_ring last = {0};
    sch_perm q = {0};
    SCH_TRY(sch_ring_init(&numbers, all_rows(task), 1));
    SCH_TRY(sch_shuffle_c(&runs->numbers, pi, numbers.word, 1, 1));
    SCH_TRY(open_numbers(&runs->open, &q, &numbers));
    SCH_TRY(order_table(task->table, &q, columns));
    SCH_TRY(sch_unshuffle_c(&runs->unsorted, pi, task->table->word, columns, 0));
    SCH_TRY(sch_shuffle_c(&runs->sums, pi, task->table->word, columns, 0));
    SCH_TRY(pick_last_rows(&last, task, &q, task->table->word));
    sch_group_add_differences(sums, last.word, task->shape);
out:
    sch_perm_clear(&q);
    sch_ring_clear(&last);
    sch_ring_clear(&numbers);
    return err;
}

static sch_err sum_third(const sch_group_task *task, const group_runs *runs, const sch_shuffle *pi,
                         const uint64_t *numbers)
{
    sch_err err = SCH_NONE;
    size_t rows = all_rows(task);
    size_t columns = task->shape->columns;
    sch_ring u = {0};
    SCH_TRY(sch_shuffle_b(&runs->numbers, pi, numbers, 1, 1));
    SCH_TRY(sch_ring_init(&u, rows, columns));
    SCH_TRY(sch_unshuffle_b(&runs->unsorted, pi, u.word, columns, 0));
    sch_rows_prefix_sums(u.word, rows, columns);
    SCH_TRY(sch_shuffle_b(&runs->sums, pi, u.word, columns, 0));
out:
    sch_ring_clear(&u);
    return err;
}

sch_err sch_group_sorted(const sch_group_task *task, uint64_t *sums)
{
    sch_err err = SCH_NONE;
    const group_runs runs = number_runs(task);
    sch_party self = task->seat->link->self;
    sch_ring x = {0};
    sch_shuffle pi = {0};
    SCH_TRY(sort_rows(task, &runs, &x));
    SCH_TRY(sch_shuffle_init(&pi, &runs.numbers, all_rows(task)));
    if (self == task->cast->spine) {
        SCH_TRY(sum_spine(task, sums, &runs, &pi, x.word));
    } else if (self == task->cast->second) {
        SCH_TRY(sum_second(task, sums, &runs, &pi));
    } else {
        SCH_TRY(sum_third(task, &runs, &pi, x.word));
    }
out:
    sch_shuffle_clear(&pi);
    sch_ring_clear(&x);
    return err;
}

uint64_t sch_group_sorted_bytes(const sch_table_shape *shape, uint64_t rows)
{
    uint64_t all = rows + shape->groups;
    uint64_t packed = (all + WORD_BITS - 1) / WORD_BITS * sizeof(uint64_t);
    uint64_t pass = all * (8 + 8 + 24 + 8) + 2 * packed; /* what SORT says of a bit and row */
    return all * (SCH_PERM_ITEM_BYTES + 8)               /* PERMUTE of codes */
           + sch_table_all_code_bits(shape) * pass +
           all * (2 * 8 + 2 * SCH_PERM_ITEM_BYTES)   /* SHUFFLE of row numbers, opened */
           + all * shape->columns * (2 * 8 + 2 * 8); /* UNSHUFFLE of the table, SHUFFLE of its sums */
}
