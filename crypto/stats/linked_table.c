/* The linked table, one shard (computation.md steps 3, 6, 4 or 5, in this order).
 *
 *   n, G          the spine's rows; groups
 *   order         a random order of the spine's rows, the same for all data owners
 *   W_d           data owner d's columns in that order, beside them its codes       ALIGN: held by spine and helper d
 *                 with the column of ones and the indicators of passes, which helper d knows      each holder alone
 *                 brought to spine and second, the codes to spine and keeper        RESHARE, where helper d is another
 *   w             the codes of all data owners, packed into one word a row          each holder alone
 *   registers     the columns of the spine and of all W_d, then the row program     row_program.h
 *   T             the table's columns, under them G rows of zeros                   each holder alone
 *                 the sums of its groups                                            groups.h
 *
 * With several passes the spine also brings rows that are in no group, since its conditions do not hold: they get a
 * group of their own beside the spine's, whose sums are dropped. So nobody can tell how many, or which, these are.
 *
 * One data owner without row program, codes or passes has ALIGN write W into T. Tables lie row-major, registers and
 * sums column by column.
 *
 * A share need not look random to its holder. Of what the helper knows its share is that, and the spine's is 0;
 * where the helper is second, both go on so. What one holder sends the other, or the assistant, is always hidden by a
 * mask that the receiver lacks: in PERMUTE, SELECT, SHUFFLE and RESHARE the whole table, in TIMES, MULTIPLY and LESS
 * what is opened, each holder's share by a part of the mask that only it and the assistant have (SORT moves codes
 * alone). None of them rests on the shares' being random, and second learns nothing that the helper does not know. The
 * sums' shares are random whatever the table's are, since SELECT's and SHUFFLE's masks are in them. */
#include "crypto/stats/linked_table.h"

#include <stdlib.h>

#include "crypto/protocol/align.h"
#include "crypto/protocol/reshare.h"
#include "crypto/share/perm.h"
#include "crypto/share/ring.h"
#include "crypto/stats/groups.h"
#include "crypto/stats/row_program.h"

enum { FIRST_STEP = 1, BLOCK_ROWS = 256 };

/* One party in the middle of a shard. */
typedef struct shard {
    const sch_seat *seat;
    const sch_table_shape *shape;
    const sch_cast *cast;
    const sch_shard_size *size;
    const sch_table_rows *rows;
    sch_party self, keeper;
    bool holds;              /* spine or second */
    bool sorted;             /* by codes of data owners */
    bool plain;              /* W is the table */
    sch_table_shape grouped; /* the shape, with one group more of the spine's where there are several passes */
    uint16_t step;
    bool needed[SCH_MAX_REGISTERS];
    sch_perm order; /* spine */
    sch_registers registers;
    sch_ring codes; /* w, then G words of 0: spine and keeper */
    sch_ring table; /* T: spine and second */
    sch_shard_times times;
    size_t links[SCH_MAX_LINK_PASSES];
} shard;

/* Whether the table's columns are those of the one data owner, as they are. */
static bool is_plain(const sch_table_shape *shape)
{
    bool plain = shape->data_owners == 1 && shape->passes == 1 && shape->data[0].indicators == 0 && shape->steps == 0 &&
                 shape->data[0].codes == 1 && shape->columns == shape->data[0].columns;
    for (size_t j = 0; plain && j < shape->columns; j++) {
        plain = shape->column[j] == shape->spine_columns + j;
    }
    return plain;
}

static sch_err check_rows(const shard *s)
{
    sch_err err = SCH_NONE;
    size_t most = s->size->spine_rows;
    bool gives = s->self == s->cast->spine;
    bool fits = !gives || (s->rows != NULL && s->rows->rows == s->size->spine_rows);
    for (size_t d = 0; d < s->shape->data_owners; d++) {
        most = s->size->data_rows[d] > most ? s->size->data_rows[d] : most;
        if (s->self == s->cast->data[d]) {
            gives = true;
            fits = s->rows != NULL && s->rows->rows == s->size->data_rows[d];
        }
    }
    SCH_TRY(sch_check(fits, SCH_BUG, "a party's rows are not as many as was said"));
    SCH_TRY(sch_check(most < UINT32_MAX / 2 - 2 * SCH_MAX_GROUPS, SCH_BAD_INPUT,
                      "a shard has more rows than can be aligned"));
out:
    return err;
}

static sch_err init_shard(shard *s)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_table_shape_check(s->shape));
    SCH_TRY(sch_cast_check(s->cast, s->shape));
    s->self = s->seat->link->self;
    s->keeper = sch_group_keeper(s->shape, s->cast);
    s->holds = s->self == s->cast->spine || s->self == s->cast->second;
    s->sorted = sch_table_is_sorted(s->shape);
    s->plain = is_plain(s->shape);
    s->grouped = sch_table_grouped_shape(s->shape);
    s->step = FIRST_STEP;
    sch_row_program_needs(s->needed, s->shape);
    SCH_TRY(check_rows(s));
    size_t all_rows = s->size->spine_rows + s->grouped.groups;
    if (s->self == s->cast->spine) {
        SCH_TRY(sch_perm_init_random(&s->order, s->size->spine_rows));
    }
    if (s->holds && s->plain) {
        SCH_TRY(sch_ring_init_zero(&s->table, all_rows, s->shape->columns));
    }
    if (s->sorted && (s->self == s->cast->spine || s->self == s->keeper)) {
        SCH_TRY(sch_ring_init_zero(&s->codes, all_rows, 1));
    }
out:
    return err;
}

static void clear_shard(shard *s)
{
    sch_perm_clear(&s->order);
    sch_registers_clear(&s->registers);
    sch_ring_clear(&s->codes);
    sch_ring_clear(&s->table);
}

/* A run of the spine and two others; its messages are numbered next. */
static sch_run take_run(shard *s, sch_party a, sch_party b, sch_party c, uint16_t steps)
{
    sch_run run = {s->seat, a, b, c, s->step};
    s->step = (uint16_t)(s->step + steps);
    return run;
}

static bool plays(const shard *s, const sch_run *run)
{
    return s->self == run->a || s->self == run->b || s->self == run->c;
}

/* ---- alignment ---- */

/* A data owner's rows on their way. */
typedef struct owner_rows {
    sch_ring ring; /* W where it is not in the table; owned */
    uint64_t *w;   /* W, row-major: at spine and helper, at last at spine and second */
    uint8_t *pass; /* helper, where a column says so: in which pass each row was matched; owned */
} owner_rows;

/* Columns of W when it becomes registers. */
static size_t width_of(const shard *s, size_t d)
{
    return (size_t)s->shape->data[d].columns + s->shape->data[d].indicators;
}

static sch_align_size size_of(const shard *s, size_t d)
{
    bool has_code = s->shape->data[d].codes > 1;
    return (sch_align_size){.spine_rows = s->size->spine_rows,
                            .data_rows = s->size->data_rows[d],
                            .columns = sch_table_sent_columns(s->shape, d) + has_code,
                            .has_code = has_code,
                            .passes = s->shape->passes};
}

/* The data owner's part of ALIGN: its columns, and the codes as one more. */
static sch_err align_data(const shard *s, const sch_run *run, size_t d)
{
    sch_err err = SCH_NONE;
    const sch_align_size size = size_of(s, d);
    const sch_data_shape *shape = &s->shape->data[d];
    const uint64_t *column[SCH_MAX_REGISTERS + 1];
    sch_ring codes = {0};
    size_t sent = 0;
    for (size_t k = 0; k < shape->columns; k++) {
        if (k + 1 != shape->ones) {
            column[sent++] = s->rows->column[k];
        }
    }
    if (size.has_code) {
        SCH_TRY(sch_ring_init(&codes, size.data_rows, 1));
        for (size_t i = 0; i < size.data_rows; i++) {
            SCH_TRY(sch_check(s->rows->group[i] < shape->codes, SCH_BAD_INPUT, "a row's code is out of range"));
            codes.word[i] = s->rows->group[i];
        }
        column[sent] = codes.word;
    }
    SCH_TRY(sch_align_data(run, &size, s->rows->tag[d], column));
out:
    sch_ring_clear(&codes);
    return err;
}

/* Takes the codes, the last column, out of W: their bits go to where data owner d's stand in a packed code, in
 * `packed`, bits of others there are kept; the columns that are left close ranks. */
static void take_codes(uint64_t *packed, uint64_t *w, const shard *s, size_t d)
{
    size_t columns = sch_table_sent_columns(s->shape, d);
    unsigned shift = 0;
    for (size_t e = 0; e < d; e++) {
        shift += sch_table_code_bits(s->shape, e);
    }
    uint64_t mask = (UINT64_C(1) << sch_table_code_bits(s->shape, d)) - 1;
    for (size_t i = 0; i < s->size->spine_rows; i++) {
        const uint64_t *row = w + i * (columns + 1);
        packed[i] ^= (row[columns] & mask) << shift;
        for (size_t k = 0; k < columns; k++) {
            w[i * columns + k] = row[k];
        }
    }
}

/* From what the spine and the helper hold to what the spine and `to` hold, in place at the spine. */
static sch_err reshare(shard *s, sch_party to, size_t d, uint64_t *words, size_t count, bool exclusive)
{
    if (to == s->cast->helper[d]) {
        return SCH_NONE;
    }
    const sch_run run = take_run(s, to, s->cast->spine, s->cast->helper[d], SCH_RESHARE_STEPS);
    if (s->self == run.a) {
        return sch_reshare_a(&run, words, count, exclusive);
    }
    if (s->self == run.b) {
        return sch_reshare_b(&run, words, count, exclusive);
    }
    return s->self == run.c ? sch_reshare_c(&run, words, count, exclusive) : SCH_NONE;
}

/* The codes in W, at spine and helper, become part of w at spine and keeper. */
static sch_err share_codes(shard *s, uint64_t *w, size_t d)
{
    sch_err err = SCH_NONE;
    sch_ring own = {0}; /* of a helper that is not the keeper */
    bool is_helper = s->self == s->cast->helper[d];
    uint64_t *packed = s->codes.word;
    if (is_helper && s->self != s->keeper) {
        SCH_TRY(sch_ring_init_zero(&own, s->size->spine_rows, 1));
        packed = own.word;
    }
    if (is_helper || s->self == s->cast->spine) {
        take_codes(packed, w, s, d);
    }
    SCH_TRY(reshare(s, s->keeper, d, packed, s->size->spine_rows, true));
out:
    sch_ring_clear(&own);
    return err;
}

/* W, row-major, becomes registers, as far as they are needed. */
static sch_err fill_registers(shard *s, const uint64_t *w, size_t d)
{
    sch_err err = SCH_NONE;
    size_t columns = width_of(s, d);
    size_t rows = s->size->spine_rows;
    size_t first = sch_table_register(s->shape, d);
    for (size_t k = 0; k < columns; k++) {
        if (s->needed[first + k]) {
            SCH_TRY(sch_ring_init(&s->registers.reg[first + k], rows, 1));
        }
    }
    for (size_t block = 0; block < rows; block += BLOCK_ROWS) {
        size_t end = rows - block < BLOCK_ROWS ? rows : block + BLOCK_ROWS;
        for (size_t k = 0; k < columns; k++) {
            uint64_t *out = s->registers.reg[first + k].word;
            for (size_t i = block; out != NULL && i < end; i++) {
                out[i] = w[i * columns + k];
            }
        }
    }
out:
    return err;
}

/* This party's part of ALIGN. */
static sch_err align(shard *s, const sch_run *run, owner_rows *rows, size_t d)
{
    const sch_align_size size = size_of(s, d);
    if (s->self == run->a) {
        return sch_align_spine(run, rows->w, &s->order, &size, s->rows->tag[d]);
    }
    if (s->self == run->b) {
        return align_data(s, run, d);
    }
    uint64_t join_ns = 0;
    size_t links[SCH_MAX_LINK_PASSES] = {0};
    sch_err err = sch_align_helper(run, rows->w, links, rows->pass, &join_ns, &size);
    s->times.join_ns += join_ns;
    for (size_t p = 0; p < size.passes; p++) {
        s->links[p] += links[p];
    }
    return err;
}

/* At spine and helper: from the columns that were sent to W, in place, from the last word to the first. What the helper
 * knows is its share, where the spine's is 0: the column of ones, and the indicators behind all columns. */
static void add_known_columns(const shard *s, owner_rows *rows, size_t d)
{
    const sch_data_shape *shape = &s->shape->data[d];
    size_t sent = sch_table_sent_columns(s->shape, d);
    size_t width = width_of(s, d);
    for (size_t i = s->size->spine_rows; i-- > 0 && width > sent;) {
        size_t pass = rows->pass != NULL ? rows->pass[i] : 0; /* known to the helper */
        for (size_t k = width; k-- > 0;) {
            uint64_t *word = &rows->w[i * width + k];
            if (k >= shape->columns) {
                *word = pass == k - shape->columns + 1;
            } else if (k + 1 == shape->ones) {
                *word = pass > 0;
            } else {
                *word = rows->w[i * sent + k - (shape->ones > 0 && k + 1 > shape->ones)];
            }
        }
    }
}

/* Room, at those who hold W or will. */
static sch_err init_owner_rows(const shard *s, owner_rows *rows, size_t d)
{
    sch_err err = SCH_NONE;
    const sch_align_size size = size_of(s, d);
    bool helps = s->self == s->cast->helper[d];
    rows->w = s->table.word;
    if (!s->plain || !s->holds) {
        if (helps || s->self == s->cast->spine) {
            size_t width = width_of(s, d); /* there is room for all columns from the beginning */
            SCH_TRY(sch_ring_init(&rows->ring, size.spine_rows, width > size.columns ? width : size.columns));
        } else if (s->holds) {
            SCH_TRY(sch_ring_init_zero(&rows->ring, s->size->spine_rows, width_of(s, d)));
        }
        rows->w = rows->ring.word;
    }
    if (helps && width_of(s, d) > sch_table_sent_columns(s->shape, d)) {
        rows->pass = malloc(size.spine_rows + 1);
        SCH_TRY(sch_check(rows->pass != NULL, SCH_NO_MEMORY, "no memory for the passes of rows"));
    }
out:
    return err;
}

/* Data owner d's columns from its rows to registers, or to the table. */
static sch_err align_owner(shard *s, size_t d)
{
    sch_err err = SCH_NONE;
    const sch_cast *cast = s->cast;
    const sch_run run = take_run(s, cast->spine, cast->data[d], cast->helper[d], SCH_ALIGN_STEPS);
    bool aligned = s->self == cast->spine || s->self == cast->helper[d];
    owner_rows rows = {0};
    SCH_TRY(init_owner_rows(s, &rows, d));
    if (plays(s, &run)) {
        SCH_TRY(align(s, &run, &rows, d));
    }
    if (s->shape->data[d].codes > 1) {
        SCH_TRY(share_codes(s, rows.w, d));
    }
    if (aligned) {
        add_known_columns(s, &rows, d);
    }
    SCH_TRY(reshare(s, cast->second, d, rows.w, s->size->spine_rows * width_of(s, d), false));
    if (s->holds && !s->plain) {
        SCH_TRY(fill_registers(s, rows.w, d));
    }
out:
    free(rows.pass); /* not wiped: the helper may know it */
    sch_ring_clear(&rows.ring);
    return err;
}

/* ---- the table ---- */

/* The spine's own columns, in the order of the alignments, where it knows them; elsewhere they are 0. */
static sch_err fill_known_registers(shard *s)
{
    sch_err err = SCH_NONE;
    for (size_t k = 0; k < s->shape->spine_columns; k++) {
        if (s->needed[k]) {
            const uint64_t *column = s->rows->column[k];
            SCH_TRY(sch_ring_init(&s->registers.reg[k], s->size->spine_rows, 1));
            for (size_t j = 0; j < s->size->spine_rows; j++) {
                s->registers.reg[k].word[s->order.to[j]] = column[j];
            }
        }
    }
out:
    return err;
}

static sch_err run_program(shard *s)
{
    sch_err err = SCH_NONE;
    const sch_run run = {s->seat, s->cast->spine, s->cast->second, s->cast->third, s->step};
    if (s->plain) {
        return SCH_NONE;
    }
    if (s->self == s->cast->spine) {
        SCH_TRY(fill_known_registers(s));
    }
    if (plays(s, &run)) {
        SCH_TRY(sch_row_program_run(&run, &s->step, s->shape, s->size->spine_rows, s->holds ? &s->registers : NULL));
    }
out:
    return err;
}

/* T from the registers, which are cleared. */
static sch_err fill_table(shard *s)
{
    sch_err err = SCH_NONE;
    size_t rows = s->size->spine_rows;
    size_t columns = s->shape->columns;
    if (s->plain || !s->holds) {
        return SCH_NONE;
    }
    SCH_TRY(sch_ring_init_zero(&s->table, rows + s->grouped.groups, columns));
    for (size_t block = 0; block < rows; block += BLOCK_ROWS) {
        size_t end = rows - block < BLOCK_ROWS ? rows : block + BLOCK_ROWS;
        for (size_t j = 0; j < columns; j++) {
            const uint64_t *from = s->registers.reg[s->shape->column[j]].word; /* NULL: the spine knows it, 0 here */
            for (size_t i = block; from != NULL && i < end; i++) {
                s->table.word[i * columns + j] = from[i];
            }
        }
    }
    sch_registers_clear(&s->registers);
out:
    return err;
}

/* The sums of all groups but the one of rows that are in none. */
static void take_sums(const shard *s, uint64_t *sums, const uint64_t *all)
{
    uint32_t own = s->shape->spine_groups;
    for (size_t j = 0; j < s->shape->columns; j++) {
        for (size_t g = 0; g < s->shape->groups; g++) {
            sums[j * s->shape->groups + g] += all[j * s->grouped.groups + g / own * (own + 1) + g % own];
        }
    }
}

static sch_err sum_groups(shard *s, uint64_t *sums)
{
    sch_err err = SCH_NONE;
    bool has_more = s->grouped.groups > s->shape->groups;
    sch_ring all = {0}; /* sums, where they are of more groups */
    const sch_group_task task = {
        .seat = s->seat,
        .shape = &s->grouped,
        .cast = s->cast,
        .rows = s->size->spine_rows,
        .step = s->step,
        .table = &s->table,
        .codes = &s->codes,
        .order = &s->order,
        .group = s->self == s->cast->spine ? s->rows->group : NULL,
    };
    if (!s->holds && s->self != s->cast->third) {
        return SCH_NONE;
    }
    if (s->holds && has_more) {
        SCH_TRY(sch_ring_init_zero(&all, s->grouped.groups, s->shape->columns));
    }
    uint64_t *to = has_more ? all.word : sums;
    SCH_TRY(s->sorted ? sch_group_sorted(&task, to) : sch_group_known(&task, to));
    if (s->holds && has_more) {
        take_sums(s, sums, all.word);
    }
out:
    sch_ring_clear(&all);
    return err;
}

/* ---- one shard ---- */

/* A running clock: the time since it was last asked. */
static uint64_t take_lap(const sch_seat *seat, uint64_t *since)
{
    uint64_t now = sch_seat_now(seat);
    uint64_t lap = now - *since;
    *since = now;
    return lap;
}

static sch_err run_shard(shard *s, uint64_t *sums)
{
    sch_err err = SCH_NONE;
    uint64_t since = sch_seat_now(s->seat);
    SCH_TRY(init_shard(s));
    for (size_t d = 0; d < s->shape->data_owners; d++) {
        SCH_TRY(align_owner(s, d));
    }
    s->times.align_ns = take_lap(s->seat, &since) - s->times.join_ns;
    SCH_TRY(run_program(s));
    SCH_TRY(fill_table(s));
    s->times.program_ns = take_lap(s->seat, &since);
    SCH_TRY(sum_groups(s, sums));
    s->times.group_ns = take_lap(s->seat, &since);
out:
    return err;
}

sch_err sch_linked_table_run(const sch_seat *seat, uint64_t *sums, sch_shard_facts *facts, sch_shard_times *times,
                             const sch_table_shape *shape, const sch_cast *cast, const sch_shard_size *size,
                             const sch_table_rows *rows)
{
    shard s = {.seat = seat, .shape = shape, .cast = cast, .size = size, .rows = rows};
    sch_err err = run_shard(&s, sums);
    clear_shard(&s);
    if (facts != NULL) {
        for (size_t p = 0; p < SCH_MAX_LINK_PASSES; p++) {
            facts->links[p] += s.links[p];
        }
    }
    if (times != NULL) {
        times->join_ns += s.times.join_ns;
        times->align_ns += s.times.align_ns;
        times->program_ns += s.times.program_ns;
        times->group_ns += s.times.group_ns;
    }
    return err;
}
