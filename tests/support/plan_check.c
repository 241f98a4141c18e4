#include "tests/support/plan_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/local_sql.h"

/* Gives the text from the function where it does not hold. */
#define HOLDS(holds, text)                                                                                             \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            return text;                                                                                               \
        }                                                                                                              \
    } while (0)

/* ---- local statements ---- */

/* The end of what begins at `at`: a literal, a name in quotes, or one character. */
static const char *skip_token(const char *at, int *depth)
{
    char quote = *at;
    if (quote == '\'' || quote == '"') {
        at++;
        while (*at != '\0' && *at != quote) {
            at++;
        }
        return *at == '\0' ? at : at + 1; /* a doubled quote is two literals beside each other */
    }
    *depth += quote == '(' ? 1 : quote == ')' ? -1 : 0;
    return at + 1;
}

/* The end of the expression at `at`, at a comma or " FROM " outside all parentheses. */
static const char *item_end(const char *at)
{
    int depth = 0;
    while (*at != '\0' && !(depth == 0 && (strncmp(at, ", ", 2) == 0 || strncmp(at, " FROM ", 6) == 0))) {
        at = skip_token(at, &depth);
    }
    return at;
}

static const char *first_item(const char *sql)
{
    return strncmp(sql, "SELECT ", 7) == 0 ? sql + 7 : "";
}

size_t plan_check_items(const char *sql)
{
    size_t items = 0;
    const char *at = first_item(sql);
    while (*at != '\0') {
        at = item_end(at);
        items++;
        if (*at != ',') {
            break;
        }
        at += 2;
    }
    return *at == '\0' ? 0 : items; /* no FROM: no statement */
}

bool plan_check_item(char *out, size_t out_bytes, const char *sql, size_t item)
{
    const char *at = first_item(sql);
    const char *end = item_end(at);
    for (; item > 0 && *end == ','; item--) {
        at = end + 2;
        end = item_end(at);
    }
    if (item > 0 || (size_t)(end - at) >= out_bytes || *end == '\0') {
        return false;
    }
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
    return true;
}

static const char *check_parts(const sch_plan *plan, const sch_request *request)
{
    uint32_t from = 0;
    size_t from_count = 0;
    HOLDS(plan->part_count == (size_t)plan->shape.data_owners + 1, "the shape has other data owners than the plan");
    for (size_t p = 0; p < plan->part_count; p++) {
        const sch_local *local = &plan->local[p];
        uint16_t columns = p == 0 ? plan->shape.spine_columns : plan->shape.data[p - 1].columns;
        uint32_t codes = p == 0 ? plan->shape.spine_groups : plan->shape.data[p - 1].codes;
        HOLDS(local->sql != NULL && strlen(local->sql) <= SCH_MAX_LOCAL_SQL_BYTES, "a local part is too long");
        HOLDS(local->value_count == columns, "a local part gives other values than the shape says");
        HOLDS(local->codes == codes, "a local part gives other codes than the shape says");
        HOLDS(local->occurrences >= 1 && (p == 0 || local->occurrences == 1), "a data owner has occurrences");
        HOLDS(local->max_rows >= 1, "a local part has no rows at most");
        size_t of_passes = local->passes == 0 ? 0 : (size_t)2 * local->passes + (p == 0 ? 1 : 0);
        size_t items = 1 + local->key_count + local->value_count + (local->occurrences > 1 ? 1 : 0) +
                       (local->most_records > 0 ? 1 : 0) + of_passes;
        HOLDS(plan_check_items(local->sql) == items, "a statement gives another number of columns");
        for (size_t i = 0; i < local->from_count; i++) {
            HOLDS((from >> local->from[i] & 1) == 0, "a data set is in two parts");
            from |= UINT32_C(1) << local->from[i];
        }
        from_count += local->from_count;
    }
    HOLDS(from_count == request->from_count && from == (UINT32_C(1) << from_count) - 1, "a data set is in no part");
    return NULL;
}

/* ---- passes ---- */

static const char *check_passes(const sch_plan *plan, const sch_request *request)
{
    HOLDS(plan->pass_count == request->pass_count, "the plan has other passes than the request");
    HOLDS(plan->shape.passes == 1 + plan->pass_count, "the shape has other passes than the plan");
    for (size_t i = 0; i < plan->pass_count; i++) {
        HOLDS(strcmp(plan->pass[i], request->pass[i]) == 0, "a pass has another name");
        for (size_t k = 0; k < request->from_count; k++) {
            const sch_link_key *key = plan->link_key[i][k];
            HOLDS(key != NULL && strcmp(key->name, plan->pass[i]) == 0, "a pass has no key");
        }
    }
    for (size_t p = 0; p < plan->part_count; p++) {
        const sch_local *local = &plan->local[p];
        uint16_t indicators = p == 0 ? 0 : plan->shape.data[p - 1].indicators;
        HOLDS(local->passes == plan->pass_count, "a part has other passes than the plan");
        HOLDS(plan->pass_count == 0 || local->from_count == 1, "a part with passes has several data sets");
        HOLDS(plan->pass_count == 0 || (local->occurrences == 1 && local->most_records == 0),
              "a part with passes has several rows a person");
        HOLDS(indicators == 0 || (plan->pass_count > 0 && indicators == plan->shape.passes), "indicators of no passes");
    }
    HOLDS(plan->pass_count == 0 || plan->local[0].from[0] == 0, "passes link to another data set than the first");
    uint64_t many[SCH_MAX_FROM];
    for (size_t p = 0; p < SCH_MAX_FROM; p++) {
        many[p] = UINT64_C(1) << 30;
    }
    HOLDS((sch_plan_shards(plan, many) == 1) == (plan->pass_count > 0), "passes are in several shards");
    return NULL;
}

/* ---- parties ---- */

static const char *check_cast(const sch_plan *plan, size_t m)
{
    const sch_cast *cast = &plan->member[m];
    HOLDS(!sch_failed(sch_cast_check(cast, &plan->shape)), "a cast is not one");
    HOLDS(cast->spine < plan->party_count && cast->second < plan->party_count && cast->third < plan->party_count,
          "a cast has a party that is not there");
    for (size_t d = 0; d + 1 < plan->part_count; d++) {
        HOLDS(cast->data[d] < plan->party_count && cast->helper[d] < plan->party_count,
              "a cast has a party that is not there");
        HOLDS(cast->data[d] == plan->member[0].data[d], "members have other data owners");
    }
    return NULL;
}

static const char *check_parties(const sch_plan *plan, const sch_request *request)
{
    size_t helpers = 0;
    HOLDS(plan->party_count >= 3 && plan->party_count <= SCH_MAX_PARTIES, "too few or too many parties");
    HOLDS(plan->member_count >= 1 && plan->member_count <= SCH_MAX_MEMBERS, "too few or too many members");
    for (size_t m = 0; m < plan->member_count; m++) {
        const char *broken = check_cast(plan, m);
        HOLDS(broken == NULL, broken);
    }
    for (size_t p = 0; p < plan->party_count; p++) {
        size_t part = SIZE_MAX;
        bool owner = sch_plan_part(plan, (sch_party)p, &part);
        for (size_t q = 0; q < p; q++) {
            HOLDS(strcmp(plan->party[p], plan->party[q]) != 0, "a node is two parties");
        }
        helpers += owner ? 0 : 1;
        HOLDS(!owner || part < plan->part_count, "a party has a part that is not there");
        const sch_from *from = owner ? &request->from[plan->local[part].from[0]] : NULL;
        const char *node = owner ? from->node[from->node_count > 1 ? p : 0] : plan->party[p];
        HOLDS(strcmp(node, plan->party[p]) == 0, "a part is at a node that does not hold it");
    }
    HOLDS(helpers == (plan->member_count == 1 && plan->part_count == 2 ? 1 : 0), "a node helps that need not");
    return NULL;
}

/* ---- cells ---- */

/* Every group of every member in every combination has its cell, and each cell is there as often as it should be. */
static const char *check_places(const sch_plan *plan, uint32_t most)
{
    const char *broken = NULL;
    bool has_member = false;
    for (size_t k = 0; k < plan->key_count; k++) {
        has_member = has_member || plan->key[k].place == SCH_KEY_MEMBER;
    }
    uint64_t all = (uint64_t)plan->member_count * plan->wide * plan->shape.groups;
    uint64_t times = has_member ? 1 : plan->member_count;
    HOLDS(all == plan->cell.base * times, "groups, combinations and members do not fill the cells");
    if (all > most) {
        return NULL;
    }
    uint32_t *seen = calloc(plan->cell.base, sizeof *seen);
    HOLDS(seen != NULL, "no memory");
    for (size_t m = 0; m < plan->member_count; m++) {
        for (uint32_t w = 0; w < plan->wide; w++) {
            for (uint32_t g = 0; g < plan->shape.groups && broken == NULL; g++) {
                uint32_t cell = sch_plan_cell(plan, m, w, g);
                broken = cell < plan->cell.base ? broken : "a group has no cell";
                seen[cell < plan->cell.base ? cell : 0]++;
            }
        }
    }
    for (uint32_t c = 0; c < plan->cell.base && broken == NULL; c++) {
        broken = seen[c] == times ? broken : "a cell has two groups, or none";
    }
    free(seen);
    return broken;
}

/* A cell's codes put it together again. */
static const char *check_codes(const sch_plan *plan, uint32_t cell)
{
    const sch_cell_shape *shape = &plan->cell;
    size_t set = SIZE_MAX;
    uint32_t made = 0;
    for (size_t s = 0; s < shape->set_count; s++) {
        set = cell >= shape->set_first[s] ? s : set;
    }
    for (size_t k = 0; k < plan->key_count; k++) {
        uint32_t code = sch_plan_code(plan, cell, k);
        bool keeps = set == SIZE_MAX || (shape->set[set] >> k & 1) != 0;
        HOLDS((code == SCH_CODE_ALL) == !keeps, "a margin keeps other keys");
        HOLDS(!keeps || code < plan->key[k].domain, "a code is outside its key");
        made = keeps ? made * plan->key[k].domain + code : made;
    }
    made += set == SIZE_MAX ? 0 : shape->set_first[set];
    HOLDS(made == cell, "a cell's codes are not the cell's");
    return NULL;
}

static const char *check_cells(const sch_plan *plan, const sch_request *request, uint32_t most)
{
    const sch_cell_shape *cell = &plan->cell;
    HOLDS(!sch_failed(sch_cell_shape_check(cell)), "the cells have no shape");
    HOLDS(cell->cells <= SCH_MAX_GROUPS && cell->base <= cell->cells, "there are too many cells");
    HOLDS(plan->wide >= 1 && plan->wide <= SCH_MAX_WIDE, "there are too many combinations");
    HOLDS(plan->summed <= cell->columns && (size_t)plan->wide * plan->summed == plan->shape.columns,
          "columns and combinations do not go together");
    HOLDS(plan->key_count == request->group_by_count && cell->key_count == plan->key_count, "keys are missing");
    uint32_t step = cell->cells / most + 1;
    for (uint32_t c = 0; c < cell->cells; c += step) {
        const char *broken = check_codes(plan, c);
        HOLDS(broken == NULL, broken);
    }
    for (size_t k = 0; k < plan->key_count; k++) {
        const sch_plan_key *key = &plan->key[k];
        char text[SCH_MAX_CODE_BYTES + 700];
        bool known = key->place == SCH_KEY_SPINE || key->place == SCH_KEY_CODE;
        HOLDS(!known || (uint64_t)key->inner * key->domain <= plan->local[key->part].codes, "a key leaves its codes");
        HOLDS(sch_plan_code_text(plan, request, k, 0, text, sizeof text) == (key->codes > 0), "a code has no text");
        HOLDS(!sch_plan_code_text(plan, request, k, key->codes, text, sizeof text), "empty has a text");
    }
    return check_places(plan, most);
}

/* ---- columns ---- */

static bool has_rule(const sch_plan *plan, uint16_t column, uint16_t count)
{
    for (uint8_t r = 0; r < plan->cell.rule_count[column]; r++) {
        const sch_cell_rule *rule = &plan->cell.rule[column][r];
        if (rule->count == count && rule->less == SCH_NO_COLUMN) {
            return true;
        }
    }
    return false;
}

static const char *check_sum(const sch_plan *plan, const sch_plan_sum *sum, const sch_plan_sum *count)
{
    HOLDS(sum->limbs <= SCH_MAX_LIMBS, "a sum has too many limbs");
    for (uint8_t i = 0; i < sum->limbs; i++) {
        HOLDS(sum->column[i] < plan->cell.columns, "a sum's column is not there");
        HOLDS(sum->shift[i] < 127, "a limb stands too high");
        HOLDS(!plan->hidden[sum->column[i]], "a sum is hidden");
        uint16_t persons = plan->cell.rule[count->column[0]][0].count;
        HOLDS(has_rule(plan, sum->column[i], persons), "a sum is not guarded by its persons");
        /* where a condition can never hold, all columns are one: the constant 0 */
        HOLDS(!plan->scratch[sum->column[i]] || plan->scratch[plan->persons], "a sum is wiped");
    }
    return NULL;
}

/* Of comparisons on finished cells: each makes a column of its own, of sums. */
static const char *check_steps(const sch_plan *plan)
{
    HOLDS((size_t)plan->summed + plan->cell_steps == plan->cell.columns, "a column is no sum and no step's");
    for (uint16_t i = 0; i < plan->cell_steps; i++) {
        const sch_cell_step *step = &plan->cell_step[i];
        HOLDS(step->out == plan->summed + i, "a step makes no column of its own");
        HOLDS(step->a < plan->summed && step->b < plan->summed, "a step compares what is no sum");
        HOLDS(!plan->scratch[step->out], "what a step makes is not kept");
    }
    return NULL;
}

/* Column b of a percentile, of as many as it has bins but one. */
static bool is_step(const sch_plan *plan, uint16_t column)
{
    return column >= plan->summed && column < plan->cell.columns;
}

static const char *check_percentile(const sch_plan *plan, const sch_plan_aggregate *a)
{
    uint16_t last = (uint16_t)(a->bins > 1 ? a->bins - 2 : 0);
    if (a->op != SCH_OP_PERCENTILE_CONT && a->op != SCH_OP_PERCENTILE_DISC) {
        HOLDS(a->bins == 0 && a->bin_column == NULL, "what is no percentile has bins");
        return NULL;
    }
    HOLDS(a->bins >= 2 && a->bin_column != NULL && a->bins == a->bin_column->bin_count, "a percentile has no bins");
    HOLDS(is_step(plan, a->first_above) && is_step(plan, (uint16_t)(a->first_above + last)), "a bin has no step");
    bool two = a->op == SCH_OP_PERCENTILE_CONT;
    HOLDS(!two || (is_step(plan, a->first_above_next) && is_step(plan, (uint16_t)(a->first_above_next + last))),
          "a bin has no step");
    for (uint16_t b = 0; b <= last; b++) {
        uint16_t below = plan->cell_step[a->first_above + b - plan->summed].b;
        HOLDS(plan->scratch[below], "a histogram is not wiped");
    }
    return NULL;
}

static const char *check_aggregates(const sch_plan *plan)
{
    HOLDS(plan->persons < plan->cell.columns, "nothing counts persons");
    HOLDS(has_rule(plan, plan->persons, plan->persons), "persons do not guard themselves");
    HOLDS(!plan->hidden[plan->persons], "persons are hidden");
    for (size_t i = 0; i < plan->aggregate_count; i++) {
        const sch_plan_aggregate *a = &plan->aggregate[i];
        const sch_plan_sum *sum[] = {&a->count, &a->x, &a->y, &a->xx, &a->yy, &a->xy};
        HOLDS(a->count.limbs == 1, "an aggregate has no count");
        for (size_t s = 0; s < sizeof sum / sizeof sum[0]; s++) {
            const char *broken = check_sum(plan, sum[s], &a->count);
            HOLDS(broken == NULL, broken);
        }
        const char *broken = check_percentile(plan, a);
        HOLDS(broken == NULL, broken);
    }
    for (uint16_t j = 0; j < plan->cell.columns; j++) {
        HOLDS(plan->cell.rule_count[j] >= 1, "a column has no rule");
        for (uint8_t r = 0; r < plan->cell.rule_count[j]; r++) {
            /* a quantile asks for as many times more as leave enough on either side of it */
            uint32_t times = plan->cell.rule[j][r].times, of_persons = plan->cell.rule[plan->persons][0].times;
            HOLDS(times >= 1 && times % of_persons == 0, "a rule asks for too few");
            HOLDS(j >= plan->summed || times == of_persons, "rules count differently");
        }
    }
    return NULL;
}

/* ---- what is said ---- */

static const char *check_text(const sch_plan *plan, const sch_request *request)
{
    sch_buf out = {0};
    const char *broken = NULL;
    if (sch_failed(sch_plan_explain(&out, plan, request))) {
        return "explaining fails";
    }
    const char *text = sch_buf_text(&out);
    for (size_t p = 0; p < plan->party_count; p++) {
        char line[SCH_NAME_BYTES + 8];
        snprintf(line, sizeof line, "\n  %s (", plan->party[p]);
        broken = text != NULL && strstr(text, line) != NULL ? broken : "somebody is not mentioned";
    }
    for (size_t i = 0; i < request->from_count && text != NULL; i++) {
        broken = strstr(text, request->from[i].alias) != NULL ? broken : "a data set is not mentioned";
    }
    sch_buf_clear(&out);
    return broken;
}

static const char *check_bytes(const sch_plan *plan)
{
    uint64_t rows[SCH_MAX_PARTIES] = {0};
    uint64_t none = sch_plan_bytes(plan, rows);
    for (size_t p = 0; p < plan->party_count; p++) {
        size_t part;
        rows[p] = sch_plan_part(plan, (sch_party)p, &part) ? plan->local[part].max_rows : 0;
    }
    HOLDS(none > 0 && sch_plan_bytes(plan, rows) >= none, "more rows send less");
    HOLDS(plan->grouping != SCH_GROUPING_WIDE || plan->wide_bytes == sch_plan_bytes(plan, rows), "bytes differ");
    HOLDS(plan->grouping != SCH_GROUPING_SORTED || plan->sorted_bytes == sch_plan_bytes(plan, rows), "bytes differ");
    return NULL;
}

const char *plan_check(const sch_plan *plan, const sch_request *request, uint32_t cells)
{
    uint8_t hash[SCH_HASH_BYTES];
    HOLDS(!sch_failed(sch_table_shape_check(&plan->shape)), "the table has no shape");
    HOLDS(!sch_failed(sch_plan_hash(hash, plan)), "hashing fails");
    const char *broken = check_parts(plan, request);
    broken = broken != NULL ? broken : check_passes(plan, request);
    broken = broken != NULL ? broken : check_parties(plan, request);
    broken = broken != NULL ? broken : check_cells(plan, request, cells);
    broken = broken != NULL ? broken : check_steps(plan);
    broken = broken != NULL ? broken : check_aggregates(plan);
    broken = broken != NULL ? broken : check_bytes(plan);
    return broken != NULL ? broken : check_text(plan, request);
}
