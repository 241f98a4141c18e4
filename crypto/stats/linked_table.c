/* The linked table, one shard (computation.md steps 3, 6, 4, in this order).
 *
 *   n_S, G          S's rows; groups
 *   W               D's columns in the random order of S's rows                  ALIGN: held by S, H
 *   T               W, beside it the products of S's columns and W's, under it G rows of zeros: one for each group
 *                                                                                TIMES: known to S times held by S, H
 *   U = psi(T)      the rows by group                                            PERMUTE: held by S, D
 *   P               U's prefix sums                                              each holder alone
 *   Q[g] = P[e_g]   e_g is the position of group g's last row                    SELECT: held by S, H
 *   Q[g] - Q[g-1]   the sums of group g                                          each holder alone
 *
 * Tables lie row-major throughout, the sums alone column by column. */
#include "crypto/stats/linked_table.h"

#include "crypto/protocol/align.h"
#include "crypto/protocol/permute.h"
#include "crypto/protocol/select.h"
#include "crypto/protocol/times.h"
#include "crypto/share/perm.h"
#include "crypto/share/ring.h"
#include "crypto/share/rows.h"

enum {
    STEP_ALIGN = 1,
    STEP_TIMES = STEP_ALIGN + SCH_ALIGN_STEPS,
    STEP_PERMUTE = STEP_TIMES + SCH_TIMES_STEPS,
    STEP_SELECT = STEP_PERMUTE + SCH_PERMUTE_STEPS,
};

static sch_run run_align(const sch_trio *trio)
{
    return (sch_run){trio, SCH_SPINE, SCH_DATA, SCH_HELPER, STEP_ALIGN};
}

/* TIMES, PERMUTE, SELECT: the spine knows, it and the helper hold, the data owner helps. */
static sch_run run_held(const sch_trio *trio, uint16_t step)
{
    return (sch_run){trio, SCH_SPINE, SCH_HELPER, SCH_DATA, step};
}

sch_err sch_table_shape_check(const sch_table_shape *shape)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(shape->groups >= 1 && shape->groups <= SCH_MAX_GROUPS, SCH_BUG,
                      "a table's number of groups is out of range"));
    SCH_TRY(sch_check(shape->data_columns >= 1 && shape->data_columns <= SCH_MAX_TABLE_COLUMNS, SCH_BUG,
                      "a table's number of data columns is out of range"));
    SCH_TRY(sch_check(shape->products <= SCH_MAX_TABLE_COLUMNS - shape->data_columns, SCH_BUG,
                      "a table has more columns than it can have"));
    for (size_t p = 0; p < shape->products; p++) {
        SCH_TRY(sch_check(shape->product[p].spine_column < shape->spine_columns &&
                              shape->product[p].data_column < shape->data_columns,
                          SCH_BUG, "a product's column is out of range"));
    }
    size_t columns = sch_table_columns(shape);
    for (size_t j = 0; j < columns; j++) {
        size_t guard = shape->guard[j];
        SCH_TRY(sch_check(guard < columns && shape->guard[guard] == guard, SCH_BUG,
                          "a guard is out of range or guarded by another"));
    }
out:
    return err;
}

/* Sizes of one shard. */
typedef struct shard_size {
    sch_align_size align;
    size_t products, columns; /* of T */
    size_t groups, rows;      /* rows of T */
} shard_size;

static sch_err init_size(shard_size *size, const sch_table_shape *shape, size_t spine_rows, size_t data_rows)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_table_shape_check(shape));
    SCH_TRY(sch_check(spine_rows < UINT32_MAX - SCH_MAX_GROUPS && data_rows < UINT32_MAX - spine_rows, SCH_BAD_INPUT,
                      "a shard has more rows than can be aligned"));
    *size = (shard_size){
        .align = {spine_rows, data_rows, shape->data_columns},
        .products = shape->products,
        .columns = sch_table_columns(shape),
        .groups = shape->groups,
        .rows = spine_rows + shape->groups,
    };
out:
    return err;
}

/* ---- products ---- */

/* The tables before the permutation: W, the factors of the products, T. */
typedef struct table_set {
    sch_ring w;    /* n_S x data columns; empty where there are no products: W is then T's beginning */
    sch_ring x, y; /* n_S x products: the factors; the product is written over y; x at S only */
    sch_ring t;    /* T, rows x columns */
} table_set;

static void clear_tables(table_set *tables)
{
    sch_ring_clear(&tables->w);
    sch_ring_clear(&tables->x);
    sch_ring_clear(&tables->y);
    sch_ring_clear(&tables->t);
}

/* Makes room; *w is where ALIGN is to put W. */
static sch_err init_tables(table_set *tables, uint64_t **w, const shard_size *size)
{
    sch_err err = SCH_NONE;
    size_t spine_rows = size->align.spine_rows;
    SCH_TRY(sch_ring_init_zero(&tables->t, size->rows, size->columns));
    *w = tables->t.word;
    if (size->products > 0) {
        SCH_TRY(sch_ring_init(&tables->w, spine_rows, size->align.columns));
        SCH_TRY(sch_ring_init(&tables->y, spine_rows, size->products));
        *w = tables->w.word;
    }
out:
    return err;
}

/* y = the data column of each product. */
static void fill_shared_factors(table_set *tables, const sch_table_shape *shape, size_t rows)
{
    size_t products = shape->products;
    for (size_t i = 0; i < rows; i++) {
        const uint64_t *w = tables->w.word + i * shape->data_columns;
        uint64_t *y = tables->y.word + i * products;
        for (size_t p = 0; p < products; p++) {
            y[p] = w[shape->product[p].data_column];
        }
    }
}

/* x = the spine column of each product, in W's order. */
static void fill_known_factors(table_set *tables, const sch_table_shape *shape, const sch_spine_rows *spine,
                               const sch_perm *order)
{
    size_t products = shape->products;
    for (size_t j = 0; j < spine->rows; j++) {
        uint64_t *x = tables->x.word + order->to[j] * products;
        for (size_t p = 0; p < products; p++) {
            x[p] = spine->column[shape->product[p].spine_column][j];
        }
    }
}

/* T = W beside the products, which are in y. */
static void fill_table(table_set *tables, const shard_size *size)
{
    size_t data_columns = size->align.columns;
    for (size_t i = 0; i < size->align.spine_rows; i++) {
        uint64_t *t = tables->t.word + i * size->columns;
        for (size_t k = 0; k < data_columns; k++) {
            t[k] = tables->w.word[i * data_columns + k];
        }
        for (size_t p = 0; p < size->products; p++) {
            t[data_columns + p] = tables->y.word[i * size->products + p];
        }
    }
}

static sch_err multiply_spine(const sch_trio *trio, table_set *tables, const shard_size *size,
                              const sch_table_shape *shape, const sch_spine_rows *spine, const sch_perm *order)
{
    sch_err err = SCH_NONE;
    const sch_run run = run_held(trio, STEP_TIMES);
    if (size->products == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_ring_init(&tables->x, spine->rows, size->products));
    fill_known_factors(tables, shape, spine, order);
    fill_shared_factors(tables, shape, spine->rows);
    SCH_TRY(sch_times_a(&run, tables->y.word, tables->x.word, tables->y.word, tables->y.count));
    fill_table(tables, size);
out:
    return err;
}

static sch_err multiply_helper(const sch_trio *trio, table_set *tables, const shard_size *size,
                               const sch_table_shape *shape)
{
    sch_err err = SCH_NONE;
    const sch_run run = run_held(trio, STEP_TIMES);
    if (size->products == 0) {
        return SCH_NONE;
    }
    fill_shared_factors(tables, shape, size->align.spine_rows);
    SCH_TRY(sch_times_b(&run, tables->y.word, tables->y.word, tables->y.count));
    fill_table(tables, size);
out:
    return err;
}

/* ---- sums by group ---- */

/* Adds Q[g] - Q[g-1] to the sums, which lie column by column. */
static void add_differences(uint64_t *sums, const uint64_t *q, const shard_size *size)
{
    for (size_t j = 0; j < size->columns; j++) {
        uint64_t before = 0;
        for (size_t g = 0; g < size->groups; g++) {
            uint64_t now = q[g * size->columns + j];
            sums[j * size->groups + g] += now - before;
            before = now;
        }
    }
}

static sch_err sum_groups_spine(const sch_trio *trio, uint64_t *sums, table_set *tables, const shard_size *size,
                                const sch_spine_rows *spine, const sch_perm *order)
{
    sch_err err = SCH_NONE;
    const sch_run permute = run_held(trio, STEP_PERMUTE);
    const sch_run select = run_held(trio, STEP_SELECT);
    sch_perm psi = {0};
    sch_perm e = {0};
    sch_ring u = {0};
    sch_ring q = {0};
    SCH_TRY(sch_perm_init_by_group(&psi, &e, order, spine->group, spine->rows, size->groups));
    SCH_TRY(sch_ring_init(&u, size->rows, size->columns));
    SCH_TRY(sch_permute_a(&permute, u.word, &psi, tables->t.word, size->columns));
    sch_rows_prefix_sums(u.word, size->rows, size->columns);
    SCH_TRY(sch_ring_init(&q, size->groups, size->columns));
    SCH_TRY(sch_select_a(&select, q.word, &e, u.word, size->rows, size->columns));
    add_differences(sums, q.word, size);
out:
    sch_ring_clear(&q);
    sch_ring_clear(&u);
    sch_perm_clear(&e);
    sch_perm_clear(&psi);
    return err;
}

static sch_err sum_groups_helper(const sch_trio *trio, uint64_t *sums, table_set *tables, const shard_size *size)
{
    sch_err err = SCH_NONE;
    const sch_run permute = run_held(trio, STEP_PERMUTE);
    const sch_run select = run_held(trio, STEP_SELECT);
    sch_ring q = {0};
    SCH_TRY(sch_permute_b(&permute, tables->t.word, size->rows, size->columns));
    clear_tables(tables);
    SCH_TRY(sch_ring_init(&q, size->groups, size->columns));
    SCH_TRY(sch_select_b(&select, q.word, size->groups, size->rows, size->columns));
    add_differences(sums, q.word, size);
out:
    sch_ring_clear(&q);
    return err;
}

static sch_err sum_groups_data(const sch_trio *trio, const shard_size *size)
{
    sch_err err = SCH_NONE;
    const sch_run permute = run_held(trio, STEP_PERMUTE);
    const sch_run select = run_held(trio, STEP_SELECT);
    sch_ring u = {0};
    SCH_TRY(sch_ring_init(&u, size->rows, size->columns));
    SCH_TRY(sch_permute_c(&permute, u.word, size->rows, size->columns));
    sch_rows_prefix_sums(u.word, size->rows, size->columns);
    SCH_TRY(sch_select_c(&select, u.word, size->rows, size->columns));
out:
    sch_ring_clear(&u);
    return err;
}

/* ---- the three parties ---- */

/* A running clock: the time since it was last asked. */
static uint64_t take_lap(const sch_trio *trio, uint64_t *since)
{
    uint64_t now = sch_trio_now(trio);
    uint64_t lap = now - *since;
    *since = now;
    return lap;
}

sch_err sch_linked_table_spine(const sch_trio *trio, uint64_t *sums, const sch_table_shape *shape,
                               const sch_spine_rows *spine, size_t data_rows, sch_shard_times *times)
{
    sch_err err = SCH_NONE;
    const sch_run align = run_align(trio);
    sch_shard_times spent = {0};
    uint64_t since = sch_trio_now(trio);
    shard_size size;
    table_set tables = {0};
    sch_perm order = {0};
    uint64_t *w = NULL;
    SCH_TRY(init_size(&size, shape, spine->rows, data_rows));
    SCH_TRY(init_tables(&tables, &w, &size));
    SCH_TRY(sch_align_spine(&align, w, &order, &size.align, spine->tag));
    spent.align_ns = take_lap(trio, &since);
    SCH_TRY(multiply_spine(trio, &tables, &size, shape, spine, &order));
    spent.product_ns = take_lap(trio, &since);
    SCH_TRY(sum_groups_spine(trio, sums, &tables, &size, spine, &order));
    spent.group_ns = take_lap(trio, &since);
out:
    sch_perm_clear(&order);
    clear_tables(&tables);
    if (times != NULL) {
        *times = spent;
    }
    return err;
}

sch_err sch_linked_table_data(const sch_trio *trio, const sch_table_shape *shape, const sch_data_rows *data,
                              size_t spine_rows, sch_shard_times *times)
{
    sch_err err = SCH_NONE;
    const sch_run align = run_align(trio);
    const sch_run product = run_held(trio, STEP_TIMES);
    sch_shard_times spent = {0};
    uint64_t since = sch_trio_now(trio);
    shard_size size;
    SCH_TRY(init_size(&size, shape, spine_rows, data->rows));
    SCH_TRY(sch_align_data(&align, &size.align, data->tag, data->column));
    spent.align_ns = take_lap(trio, &since);
    SCH_TRY(sch_times_c(&product, spine_rows * size.products));
    spent.product_ns = take_lap(trio, &since);
    SCH_TRY(sum_groups_data(trio, &size));
    spent.group_ns = take_lap(trio, &since);
out:
    if (times != NULL) {
        *times = spent;
    }
    return err;
}

sch_err sch_linked_table_helper(const sch_trio *trio, uint64_t *sums, sch_shard_facts *facts,
                                const sch_table_shape *shape, size_t spine_rows, size_t data_rows,
                                sch_shard_times *times)
{
    sch_err err = SCH_NONE;
    const sch_run align = run_align(trio);
    sch_shard_times spent = {0};
    uint64_t since = sch_trio_now(trio);
    shard_size size;
    table_set tables = {0};
    uint64_t *w = NULL;
    SCH_TRY(init_size(&size, shape, spine_rows, data_rows));
    SCH_TRY(init_tables(&tables, &w, &size));
    SCH_TRY(sch_align_helper(&align, w, &facts->links, &spent.join_ns, &size.align));
    spent.align_ns = take_lap(trio, &since) - spent.join_ns;
    SCH_TRY(multiply_helper(trio, &tables, &size, shape));
    spent.product_ns = take_lap(trio, &since);
    SCH_TRY(sum_groups_helper(trio, sums, &tables, &size));
    spent.group_ns = take_lap(trio, &since);
out:
    clear_tables(&tables);
    if (times != NULL) {
        *times = spent;
    }
    return err;
}
