/* The keys of GROUP BY: whose they are, how they are numbered, and the cells with their margins. */
#include <stdio.h>
#include <string.h>

#include "node/query/plan_draft.h"

/* What a key groups on. */
static sch_err find_key(sch_draft *draft, sch_plan_key *key, size_t *from, size_t number)
{
    const sch_request *request = draft->request;
    uint32_t expression = request->group_by[number];
    const sch_expression *e = &request->expression[expression];
    *key = (sch_plan_key){0};
    *from = e->data_set;
    if (e->op == SCH_OP_ORGANISATION) {
        key->place = SCH_KEY_MEMBER;
        key->codes = key->domain = (uint32_t)request->from[e->data_set].node_count;
        return SCH_NONE;
    }
    key->bin = e->op == SCH_OP_BIN;
    uint32_t of = key->bin ? e->argument[0] : expression;
    const sch_typed *typed = &draft->typed[of];
    *from = request->expression[of].data_set;
    key->column = typed->column;
    if (key->bin) {
        key->codes = typed->column->bin_count;
    } else if (typed->column->role == SCH_ROLE_DIMENSION) {
        key->codes = sch_column_domain(typed->column) - (typed->column->required ? 0 : 1);
    }
    if (key->codes == 0) {
        return sch_draft_refuse(
            draft, expression,
            "is no dimension, and GROUP BY takes these; use it in WHERE or an aggregate, or group on BIN(...) of a "
            "measure with bins");
    }
    key->domain = key->codes + (typed->nullable ? 1 : 0);
    return SCH_NONE;
}

static sch_err place_keys(sch_draft *draft, sch_grouping grouping)
{
    sch_err err = SCH_NONE;
    sch_plan *plan = draft->plan;
    size_t from[SCH_MAX_GROUP_BY];
    plan->key_count = draft->request->group_by_count;
    for (size_t i = 0; i < plan->key_count; i++) {
        sch_plan_key *key = &plan->key[i];
        SCH_TRY(find_key(draft, key, &from[i], i));
        key->part = draft->site_part[draft->site_of[from[i]]];
        if (key->place == SCH_KEY_MEMBER) {
            continue;
        }
        bool many = draft->data_set[from[i]]->rows_per_person != SCH_ONE_PER_PERSON;
        key->place = key->part == 0                          ? SCH_KEY_SPINE
                     : many || grouping == SCH_GROUPING_WIDE ? SCH_KEY_WIDE
                                                             : SCH_KEY_CODE;
    }
    for (size_t i = plan->key_count; i-- > 0;) {
        sch_part *part = &draft->part[plan->key[i].part];
        size_t r = 0;
        while (part->from[r] != from[i]) {
            r++;
        }
        plan->key[i].inner = (uint32_t)r; /* the relation, until it is numbered */
    }
out:
    return err;
}

static sch_err too_many_cells(const sch_draft *draft, uint64_t cells)
{
    sch_detail_set(draft->detail, "GROUP BY gives %llu cells; at most %d are possible: group on fewer columns",
                   (unsigned long long)cells, SCH_MAX_GROUPS);
    return sch_fail(SCH_BAD_INPUT, "GROUP BY gives too many cells");
}

/* Strides over all keys, the last one's codes next to each other: base cells. */
static sch_err number_cells(sch_draft *draft)
{
    sch_plan *plan = draft->plan;
    uint64_t cells = 1;
    plan->cell.key_count = plan->key_count;
    for (size_t i = plan->key_count; i-- > 0;) {
        plan->key[i].stride = (uint32_t)cells;
        plan->cell.domain[i] = plan->key[i].domain;
        plan->cell.stride[i] = (uint32_t)cells;
        cells *= plan->key[i].domain;
        if (cells > SCH_MAX_GROUPS) {
            return too_many_cells(draft, cells);
        }
    }
    plan->cell.base = (uint32_t)cells;
    return SCH_NONE;
}

/* Margins, the finest first. */
static sch_err number_margins(sch_draft *draft)
{
    const sch_request *request = draft->request;
    sch_cell_shape *cell = &draft->plan->cell;
    uint32_t all = (uint32_t)((UINT64_C(1) << draft->plan->key_count) - 1);
    uint64_t cells = cell->base;
    cell->shows_base = request->set_count == 0;
    for (unsigned kept = (unsigned)draft->plan->key_count + 1; kept-- > 0;) {
        for (size_t i = 0; i < request->set_count; i++) {
            if ((unsigned)__builtin_popcount(request->set[i]) != kept) {
                continue;
            }
            if (request->set[i] == all) {
                cell->shows_base = true;
                continue;
            }
            uint64_t own = 1;
            for (size_t k = 0; k < draft->plan->key_count; k++) {
                own *= (request->set[i] >> k & 1) != 0 ? cell->domain[k] : 1;
            }
            cell->set[cell->set_count] = request->set[i];
            cell->set_first[cell->set_count++] = (uint32_t)cells;
            cells += own;
            if (cells > SCH_MAX_GROUPS) {
                return too_many_cells(draft, cells);
            }
        }
    }
    cell->cells = (uint32_t)cells;
    return SCH_NONE;
}

/* The names of the keys of the wide form: "c.sector, c.jaar". */
static void list_wide(const sch_draft *draft, char *out, size_t out_bytes)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < draft->plan->key_count && used < out_bytes; i++) {
        char what[SCH_DESCRIPTION_BYTES];
        if (draft->plan->key[i].place == SCH_KEY_WIDE) {
            int more = snprintf(out + used, out_bytes - used, "%s%s", used > 0 ? ", " : "",
                                sch_typing_describe(what, draft->request, draft->request->group_by[i]));
            used += more > 0 ? (size_t)more : 0;
        }
    }
}

static sch_err too_wide(const sch_draft *draft, uint64_t combinations)
{
    char keys[300];
    list_wide(draft, keys, sizeof keys);
    sch_detail_set(draft->detail,
                   "grouping on %s gives %llu combinations, and at most %d are possible for a data set with several "
                   "rows a person that is not "
                   "the one that the others are linked to; group on fewer codes and pick the rest in WHERE",
                   keys, (unsigned long long)combinations, SCH_MAX_WIDE);
    return sch_fail(SCH_BAD_INPUT, "GROUP BY gives too many combinations at another owner");
}

/* Strides within the spine's group, each owner's code and each owner's combinations; and the engine's keys. */
static sch_err number_places(sch_draft *draft)
{
    sch_plan *plan = draft->plan;
    uint64_t group[SCH_MAX_FROM] = {1}, wide[SCH_MAX_FROM] = {1};
    for (size_t p = 0; p < plan->part_count; p++) {
        group[p] = wide[p] = 1;
        draft->all_empty[p] = 0;
    }
    for (size_t i = plan->key_count; i-- > 0;) {
        sch_plan_key *key = &plan->key[i];
        sch_part *part = &draft->part[key->part];
        uint8_t relation = (uint8_t)key->inner;
        if (key->place == SCH_KEY_MEMBER) {
            key->inner = 1;
            continue;
        }
        uint64_t *all = key->place == SCH_KEY_WIDE ? &wide[key->part] : &group[key->part];
        key->inner = (uint32_t)*all;
        *all *= key->domain;
        if (key->place == SCH_KEY_WIDE) {
            part->wide_key[part->wide_key_count++] =
                (sch_wide_key){relation, key->column, key->bin, key->codes, key->domain, key->inner};
            bool has_empty = key->domain > key->codes && draft->all_empty[key->part] != UINT32_MAX;
            draft->all_empty[key->part] =
                has_empty ? draft->all_empty[key->part] + key->codes * key->inner : UINT32_MAX;
        } else {
            part->key[part->key_count++] = (sch_local_key){relation, key->column, key->bin, key->inner};
        }
    }
    uint64_t combinations = 1, groups = group[0];
    plan->shape.spine_groups = (uint32_t)group[0];
    for (size_t p = 0; p < plan->part_count; p++) {
        draft->part[p].wide = (uint32_t)wide[p];
        draft->plan->part_stride[p] = (uint32_t)combinations;
        combinations *= wide[p];
        if (combinations > SCH_MAX_WIDE) {
            return too_wide(draft, combinations);
        }
        if (p > 0) {
            plan->shape.data[p - 1].codes = (uint32_t)group[p];
            groups *= group[p];
        }
    }
    plan->wide = (uint32_t)combinations;
    plan->shape.groups = (uint32_t)groups; /* within the cells, which are within bounds */
    return SCH_NONE;
}

sch_err sch_draft_keys(sch_draft *draft, sch_grouping grouping)
{
    sch_err err = SCH_NONE;
    SCH_TRY(place_keys(draft, grouping));
    SCH_TRY(number_cells(draft));
    SCH_TRY(number_margins(draft));
    SCH_TRY(number_places(draft));
out:
    return err;
}

/* ---- where cells are ---- */

uint32_t sch_plan_cell(const sch_plan *plan, size_t member, uint32_t wide, uint32_t group)
{
    uint32_t of_part[SCH_MAX_FROM]; /* the spine's group, the owners' codes */
    uint32_t cell = 0;
    of_part[0] = group % plan->shape.spine_groups;
    group /= plan->shape.spine_groups;
    for (size_t d = 0; d + 1 < plan->part_count; d++) {
        uint32_t codes = plan->shape.data[d].codes;
        of_part[d + 1] = (group % codes + codes - 1) % codes; /* 0 stands for the last one, all empty */
        group /= codes;
    }
    for (size_t k = 0; k < plan->key_count; k++) {
        const sch_plan_key *key = &plan->key[k];
        uint32_t code = 0;
        switch (key->place) {
        case SCH_KEY_SPINE:
        case SCH_KEY_CODE:
            code = of_part[key->part] / key->inner % key->domain;
            break;
        case SCH_KEY_WIDE:
            code = wide / plan->part_stride[key->part] / key->inner % key->domain;
            break;
        case SCH_KEY_MEMBER:
            code = (uint32_t)member;
            break;
        }
        cell += code * key->stride;
    }
    return cell;
}

uint32_t sch_plan_code(const sch_plan *plan, uint32_t cell, size_t key)
{
    const sch_cell_shape *shape = &plan->cell;
    if (cell < shape->base) {
        return cell / plan->key[key].stride % plan->key[key].domain;
    }
    size_t set = shape->set_count - 1;
    while (set > 0 && shape->set_first[set] > cell) {
        set--;
    }
    if ((shape->set[set] >> key & 1) == 0) {
        return SCH_CODE_ALL;
    }
    uint32_t number = cell - shape->set_first[set];
    for (size_t k = plan->key_count; k-- > key + 1;) {
        number /= (shape->set[set] >> k & 1) != 0 ? plan->key[k].domain : 1;
    }
    return number % plan->key[key].domain;
}

enum { SCALED_BYTES = 320 };

/* A number scaled by 10^decimals. */
static void print_scaled(char out[static SCALED_BYTES], int64_t value, unsigned decimals)
{
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint64_t unit = (uint64_t)sch_power_of_ten(decimals);
    if (decimals == 0) {
        snprintf(out, SCALED_BYTES, "%lld", (long long)value);
    } else {
        snprintf(out, SCALED_BYTES, "%s%llu.%0*llu", value < 0 ? "-" : "", (unsigned long long)(magnitude / unit),
                 (int)decimals, (unsigned long long)(magnitude % unit));
    }
}

bool sch_plan_code_text(const sch_plan *plan, const sch_request *request, size_t key, uint32_t code, char *text,
                        size_t text_bytes)
{
    const sch_plan_key *k = &plan->key[key];
    text[0] = '\0';
    if (code >= k->codes) {
        return false;
    }
    if (k->place == SCH_KEY_MEMBER) {
        const sch_expression *e = &request->expression[request->group_by[key]];
        snprintf(text, text_bytes, "%s", request->from[e->data_set].node[code]);
        return true;
    }
    if (!k->bin) {
        return sch_column_code_text(k->column, code, text, text_bytes);
    }
    char low[SCALED_BYTES], high[SCALED_BYTES];
    unsigned decimals = k->column->type == SCH_TYPE_DECIMAL ? k->column->decimals : 0;
    print_scaled(low, k->column->bin_edge[code], decimals);
    print_scaled(high, k->column->bin_edge[code + 1], decimals);
    snprintf(text, text_bytes, "[%s, %s)", low, high);
    return true;
}
