/* clear_query - a query over the data sets of several nodes, as the nodes and the analyst's program compute it but for
 * network, keys and shares: catalogues, SQL, plan, local parts and the rules for cells are the real ones, the linked
 * table is worked out in the clear as crypto/stats/table_shape.h says.
 *
 *     clear_query SOURCE MIN_PERSONS show|hide NODE=SCHEMA[,SCHEMA...] ...
 *
 * SOURCE is the path of schakel-source. Reads one SQL statement a line from standard input and answers each with a line
 * "ok BYTES" and the CSV, or "refused CODE TEXT", or "broken CODE TEXT" where it failed after it was planned; the text
 * is in one line. With PLAN before the statement the answer is that of --explain. With PASS adres6,adres4 before it, or
 * after PLAN, records are linked by these link keys too. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/stats/cells.h"
#include "node/query/plan.h"
#include "node/query/result.h"
#include "node/query/sql.h"
#include "node/source/source.h"
#include "tests/support/clear_rows.h"
#include "tests/support/parties.h"

enum { MAX_SETS = 16 };

typedef struct owner {
    sch_catalog catalog;
    sch_source_file file[MAX_SETS];
} owner;

typedef struct world {
    const char *source;
    owner node[SCH_MAX_NODES];
    const sch_catalog *list[SCH_MAX_NODES];
    size_t count;
} world;

/* ---- rows ---- */

static sch_err read_part(const world *w, clear_part *part, const sch_plan *plan, const sch_request *request,
                         size_t number, size_t member, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_local *local = &plan->local[number];
    sch_source_options options = {.program = w->source, .memory_mb = 256, .threads = 1};
    sch_source_relation relation[SCH_MAX_FROM];
    sch_source_key key[SCH_MAX_GROUP_BY];
    for (size_t r = 0; r < local->from_count; r++) {
        const sch_from *from = &request->from[local->from[r]];
        size_t n = 0, s = 0;
        while (strcmp(w->node[n].catalog.node, from->node[member]) != 0) {
            n++;
        }
        while (strcmp(w->node[n].catalog.data_set[s].name, from->data_set) != 0) {
            s++;
        }
        relation[r] = (sch_source_relation){&w->node[n].catalog.data_set[s], &w->node[n].file[s]};
    }
    for (size_t k = 0; k < local->key_count; k++) {
        key[k] = (sch_source_key){local->key[k].relation, local->key[k].column, local->key[k].bin};
    }
    *part = (clear_part){
        .local = local, .spine = number == 0, .kind = sch_data_set_identifier(relation[0].data_set)->identifier};
    sch_source_query query = {.sql = local->sql,
                              .key = key,
                              .key_count = local->key_count,
                              .value_count = local->value_count + (local->occurrences > 1 && number == 0 ? 1 : 0) +
                                             (local->most_records > 0 ? 1 : 0) +
                                             (local->passes > 0 && number == 0 ? 1 : 0) + (size_t)2 * local->passes};
    SCH_TRY(
        sch_source_execute(&options, relation, local->from_count, &query, clear_part_take, part, NULL, NULL, detail));
    SCH_TRY(clear_part_settle(part));
out:
    return err;
}

/* ---- the table ---- */

static void run_program(const sch_table_shape *shape, uint64_t *reg)
{
    uint16_t first = sch_table_register(shape, shape->data_owners);
    for (size_t i = 0; i < shape->steps; i++) {
        const sch_row_step *step = &shape->step[i];
        uint64_t linear = (uint64_t)step->factor_a * reg[step->a] + (uint64_t)step->factor_b * reg[step->b] +
                          (uint64_t)step->constant;
        uint64_t *out = &reg[first + i];
        *out = step->op == SCH_ROW_PRODUCT ? reg[step->a] * reg[step->b] : linear;
        if (step->op == SCH_ROW_NEGATIVE) {
            *out = (int64_t)linear < 0;
        }
    }
}

/* A row's registers but for the steps, and its group. */
static uint32_t fill_row(uint64_t *reg, const sch_table_shape *shape, const clear_part *spine, size_t i,
                         const clear_part *data, clear_link *const *link)
{
    const clear_row *row = &spine->row[i];
    uint32_t group = row->group, stride = shape->spine_groups;
    if (shape->spine_columns > 0) {
        memcpy(reg, spine->value + row->value, shape->spine_columns * sizeof *reg);
    }
    for (size_t d = 0; d < shape->data_owners; d++) {
        const clear_link *to = &link[d][i];
        uint64_t *out = reg + sch_table_register(shape, d);
        memset(out, 0, ((size_t)shape->data[d].columns + shape->data[d].indicators) * sizeof *out);
        if (to->row != NOBODY) {
            const clear_row *match = &data[d].row[to->row];
            memcpy(out, data[d].value + match->value, shape->data[d].columns * sizeof *out);
            group += match->group * stride;
        }
        if (to->row != NOBODY && to->pass < shape->data[d].indicators) {
            out[shape->data[d].columns + to->pass] = 1;
        }
        stride *= shape->data[d].codes;
    }
    return group;
}

static void add_cells(uint64_t *cells, const sch_plan *plan, size_t member, const uint64_t *sums)
{
    const sch_table_shape *shape = &plan->shape;
    for (size_t j = 0; j < shape->columns; j++) {
        for (uint32_t g = 0; g < shape->groups; g++) {
            uint32_t wide = (uint32_t)(j / plan->summed);
            size_t column = j % plan->summed;
            cells[column * plan->cell.cells + sch_plan_cell(plan, member, wide, g)] += sums[j * shape->groups + g];
        }
    }
}

static sch_err add_member(const world *w, uint64_t *cells, const sch_plan *plan, const sch_request *request,
                          size_t member, const clear_part *data, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_table_shape *shape = &plan->shape;
    clear_part spine = {0};
    clear_link *link[SCH_MAX_DATA_OWNERS] = {NULL};
    uint64_t *reg = calloc(SCH_MAX_REGISTERS, sizeof *reg);
    uint64_t *sums = calloc((size_t)shape->columns * shape->groups, sizeof *sums);
    SCH_TRY(sch_check(reg != NULL && sums != NULL, SCH_NO_MEMORY, "no memory"));
    SCH_TRY(read_part(w, &spine, plan, request, 0, member, detail));
    for (size_t d = 0; d < shape->data_owners; d++) {
        link[d] = calloc(spine.rows + 1, sizeof *link[d]);
        SCH_TRY(sch_check(link[d] != NULL, SCH_NO_MEMORY, "no memory"));
        SCH_TRY(clear_link_rows(link[d], &spine, &data[d]));
    }
    for (size_t i = 0; i < spine.rows; i++) {
        uint32_t group = fill_row(reg, shape, &spine, i, data, link);
        run_program(shape, reg);
        for (size_t j = 0; j < shape->columns && spine.row[i].kept; j++) {
            sums[j * shape->groups + group] += reg[shape->column[j]];
        }
    }
    add_cells(cells, plan, member, sums);
out:
    for (size_t d = 0; d < SCH_MAX_DATA_OWNERS; d++) {
        free(link[d]);
    }
    clear_part_free(&spine);
    free(reg);
    free(sums);
    return err;
}

/* ---- the steps ---- */

static void run_cell_steps(const sch_plan *plan, uint64_t *values)
{
    size_t cells = plan->cell.cells;
    for (size_t i = 0; i < plan->cell_steps; i++) {
        const sch_cell_step *step = &plan->cell_step[i];
        for (size_t c = 0; c < cells; c++) {
            uint64_t x = (uint64_t)step->factor_a * values[step->a * cells + c] +
                         (uint64_t)step->factor_b * values[step->b * cells + c] + (uint64_t)step->constant;
            values[step->out * cells + c] = (int64_t)x >= 0;
        }
    }
    for (size_t j = 0; j < plan->cell.columns; j++) {
        if (plan->scratch[j]) {
            memset(values + j * cells, 0, cells * sizeof *values);
        }
    }
}

/* ---- the rules ---- */

/* The finished cells as shares of two parties, with a third one that assists: the real disclosure, in this process. */
typedef struct disclosing {
    const sch_plan *plan;
    uint64_t *values[2], *states[2];
} disclosing;

static const sch_cast CAST = {.spine = 0, .data = {2}, .helper = {1}, .second = 1, .third = 2};

static sch_err disclose_part(const sch_seat *seat, void *context)
{
    const disclosing *d = context;
    bool holder = seat->link->self < 2;
    return sch_cells_disclose(seat, holder ? d->values[seat->link->self] : NULL,
                              holder ? d->states[seat->link->self] : NULL, &d->plan->cell, &d->plan->rules, &CAST);
}

static sch_err apply_rules(const sch_plan *plan, uint64_t *values, uint64_t *states)
{
    sch_err err = SCH_NONE;
    size_t words = (size_t)plan->cell.columns * plan->cell.cells;
    uint64_t seed = 1;
    static test_parties parties;
    local_net *net = local_net_new(1 << 22, 3);
    disclosing d = {.plan = plan,
                    .values = {values, calloc(words, sizeof *values)},
                    .states = {states, calloc(words, sizeof *states)}};
    SCH_TRY(sch_check(net != NULL && d.values[1] != NULL && d.states[1] != NULL, SCH_NO_MEMORY, "no memory"));
    for (size_t i = 0; i < words; i++) {
        d.values[1][i] = parties_random(&seed);
        values[i] -= d.values[1][i];
    }
    parties_init(&parties, net, 3, seed, SCH_SHARD_CELLS, NULL);
    SCH_TRY(parties_run(&parties, disclose_part, &d));
    for (size_t i = 0; i < words; i++) {
        values[i] += d.values[1][i];
        states[i] += d.states[1][i];
        bool hidden = plan->hidden[i / plan->cell.cells];
        values[i] = hidden ? 0 : values[i];
        states[i] = hidden ? SCH_CELL_SUPPRESSED : states[i];
    }
out:
    free(d.values[1]);
    free(d.states[1]);
    local_net_free(net);
    return err;
}

/* ---- a query ---- */

static sch_err compute(const world *w, const sch_plan *plan, const sch_request *request, sch_buf *out,
                       sch_detail *detail)
{
    sch_err err = SCH_NONE;
    size_t words = (size_t)plan->cell.columns * plan->cell.cells;
    clear_part data[SCH_MAX_DATA_OWNERS] = {{0}};
    sch_result result = {0};
    sch_result_options options = {0};
    uint64_t *values = calloc(words, sizeof *values), *states = calloc(words, sizeof *states);
    SCH_TRY(sch_check(values != NULL && states != NULL, SCH_NO_MEMORY, "no memory"));
    for (size_t d = 0; d + 1 < plan->part_count; d++) {
        SCH_TRY(read_part(w, &data[d], plan, request, d + 1, 0, detail));
    }
    for (size_t m = 0; m < plan->member_count; m++) {
        SCH_TRY(add_member(w, values, plan, request, m, data, detail));
    }
    sch_cells_add_margins(values, &plan->cell);
    run_cell_steps(plan, values);
    SCH_TRY(apply_rules(plan, values, states));
    SCH_TRY(sch_result_make(&result, plan, request, values, states, &options));
    SCH_TRY(sch_result_print_csv(out, &result));
out:
    sch_result_clear(&result);
    for (size_t d = 0; d < SCH_MAX_DATA_OWNERS; d++) {
        clear_part_free(&data[d]);
    }
    free(values);
    free(states);
    return err;
}

static void answer_error(const char *kind, sch_err err, const sch_detail *detail)
{
    const char *text = detail->text[0] != '\0' ? detail->text : err.text;
    printf("%s %d ", kind, (int)err.code);
    for (const char *c = text; *c != '\0'; c++) {
        putchar(*c == '\n' ? ' ' : *c);
    }
    putchar('\n');
}

/* "adres6,adres4 " before a statement; gives what follows. */
static const char *take_pass_names(sch_request *request, const char *sql)
{
    while (*sql != '\0' && *sql != ' ' && request->pass_count < SCH_MAX_PASSES) {
        size_t length = strcspn(sql, ", ");
        char *pass = request->pass[request->pass_count++];
        memset(pass, 0, SCH_NAME_BYTES);
        memcpy(pass, sql, length < SCH_NAME_BYTES ? length : SCH_NAME_BYTES - 1);
        sql += length + (sql[length] == ',' ? 1 : 0);
    }
    return sql;
}

static void answer(const world *w, const char *sql)
{
    sch_detail detail = {{0}};
    sch_request request = {0}, passes = {0};
    sch_plan *plan = calloc(1, sizeof *plan);
    sch_buf out = {0};
    bool explain = strncmp(sql, "PLAN ", 5) == 0;
    const char *kind = "refused";
    if (plan == NULL) {
        abort();
    }
    sql += explain ? 5 : 0;
    sql = strncmp(sql, "PASS ", 5) == 0 ? take_pass_names(&passes, sql + 5) : sql;
    sch_err err = sch_sql_parse(&request, NULL, sql, w->list, w->count, &detail);
    memcpy(request.pass, passes.pass, sizeof request.pass);
    request.pass_count = passes.pass_count;
    if (!sch_failed(err)) {
        err = sch_plan_make(plan, &request, w->list, w->count, &detail);
    }
    if (!sch_failed(err)) {
        kind = "broken";
        err = explain ? sch_plan_explain(&out, plan, &request) : compute(w, plan, &request, &out, &detail);
    }
    if (sch_failed(err)) {
        answer_error(kind, err, &detail);
    } else {
        printf("ok %zu\n", out.bytes);
        (void)fwrite(out.data, 1, out.bytes, stdout);
    }
    (void)fflush(stdout);
    sch_buf_clear(&out);
    sch_plan_clear(plan);
    free(plan);
    sch_request_clear(&request);
}

/* ---- the nodes ---- */

static sch_err load_node(owner *o, const char *argument, uint32_t min_persons, bool show_zero, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const char *equal = strchr(argument, '=');
    char path[4096];
    SCH_TRY(sch_check(equal != NULL && (size_t)(equal - argument) < SCH_NAME_BYTES, SCH_BAD_INPUT, "NODE=SCHEMA"));
    memcpy(o->catalog.node, argument, (size_t)(equal - argument));
    o->catalog.min_persons = min_persons;
    o->catalog.show_zero = show_zero;
    o->catalog.data_set = calloc(MAX_SETS, sizeof *o->catalog.data_set);
    SCH_TRY(sch_check(o->catalog.data_set != NULL, SCH_NO_MEMORY, "no memory"));
    for (const char *at = equal + 1; *at != '\0';) {
        size_t length = strcspn(at, ",");
        size_t s = o->catalog.data_set_count;
        SCH_TRY(sch_check(s < MAX_SETS && length < sizeof path, SCH_BAD_INPUT, "too many schemas"));
        memcpy(path, at, length);
        path[length] = '\0';
        SCH_TRY(sch_schema_load(&o->catalog.data_set[s], &o->file[s], path, detail));
        o->catalog.data_set_count++;
        at += length + (at[length] == ',' ? 1 : 0);
    }
out:
    return err;
}

int main(int argc, char **argv)
{
    static world w;
    static char line[1 << 17];
    sch_detail detail = {{0}};
    if (argc < 5 || argc - 4 > SCH_MAX_NODES) {
        fprintf(stderr, "usage: clear_query SOURCE MIN_PERSONS show|hide NODE=SCHEMA[,SCHEMA...] ...\n"
                        "statements: [PLAN] [PASS LINK_KEY[,LINK_KEY...]] SELECT ...\n");
        return 2;
    }
    w.source = argv[1];
    for (int i = 4; i < argc; i++) {
        sch_err err = load_node(&w.node[w.count], argv[i], (uint32_t)strtoul(argv[2], NULL, 10),
                                strcmp(argv[3], "show") == 0, &detail);
        if (sch_failed(err)) {
            answer_error("broken", err, &detail);
            return 1;
        }
        w.list[w.count] = &w.node[w.count].catalog;
        w.count++;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        answer(&w, line);
    }
    for (size_t n = 0; n < w.count; n++) {
        for (size_t s = 0; s < MAX_SETS; s++) {
            sch_source_file_clear(&w.node[n].file[s]);
        }
        sch_catalog_clear(&w.node[n].catalog);
    }
    return 0;
}
