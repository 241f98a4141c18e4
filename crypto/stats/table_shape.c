#include "crypto/stats/table_shape.h"

bool sch_table_is_sorted(const sch_table_shape *shape)
{
    return shape->groups != shape->spine_groups;
}

size_t sch_table_sent_columns(const sch_table_shape *shape, size_t d)
{
    return (size_t)shape->data[d].columns - (shape->data[d].ones > 0 ? 1 : 0);
}

unsigned sch_table_code_bits(const sch_table_shape *shape, size_t d)
{
    unsigned bits = 0;
    while (bits < SCH_MAX_CODE_BITS && (UINT64_C(1) << bits) < shape->data[d].codes) {
        bits++;
    }
    return bits;
}

unsigned sch_table_all_code_bits(const sch_table_shape *shape)
{
    unsigned bits = 0;
    for (size_t d = 0; d < shape->data_owners; d++) {
        bits += sch_table_code_bits(shape, d);
    }
    return bits;
}

sch_table_shape sch_table_grouped_shape(const sch_table_shape *shape)
{
    sch_table_shape grouped = *shape;
    if (shape->passes > 1) {
        grouped.groups += shape->groups / shape->spine_groups;
        grouped.spine_groups++;
    }
    return grouped;
}

uint16_t sch_table_register(const sch_table_shape *shape, size_t d)
{
    size_t before = shape->spine_columns;
    for (size_t e = 0; e < d; e++) {
        before += (size_t)shape->data[e].columns + shape->data[e].indicators;
    }
    return (uint16_t)before;
}

/* ---- checks ---- */

static sch_err check_groups(const sch_table_shape *shape)
{
    sch_err err = SCH_NONE;
    uint64_t groups = shape->spine_groups;
    SCH_TRY(sch_check(shape->spine_groups >= 1 && shape->groups >= 1 && shape->groups <= SCH_MAX_GROUPS, SCH_BUG,
                      "a table's number of groups is out of range"));
    for (size_t d = 0; d < shape->data_owners && groups <= SCH_MAX_GROUPS; d++) {
        groups *= shape->data[d].codes;
    }
    SCH_TRY(sch_check(groups == shape->groups, SCH_BUG, "a table's groups are not the product of all codes"));
    SCH_TRY(sch_check(sch_table_all_code_bits(shape) <= SCH_MAX_CODE_BITS, SCH_BUG,
                      "a table's codes take more bits than can be sorted by"));
out:
    return err;
}

/* *registers: of all columns. */
static sch_err check_owners(const sch_table_shape *shape, size_t *registers)
{
    sch_err err = SCH_NONE;
    *registers = shape->spine_columns;
    SCH_TRY(sch_check(shape->data_owners >= 1 && shape->data_owners <= SCH_MAX_DATA_OWNERS, SCH_BUG,
                      "a table's number of data owners is out of range"));
    SCH_TRY(sch_check(shape->passes >= 1 && shape->passes <= SCH_MAX_LINK_PASSES, SCH_BUG,
                      "a table's number of passes is out of range"));
    for (size_t d = 0; d < shape->data_owners; d++) {
        SCH_TRY(sch_check(shape->data[d].columns >= 1 && shape->data[d].codes >= 1, SCH_BUG,
                          "a data owner gives no column or no code"));
        SCH_TRY(sch_check(shape->data[d].indicators == 0 || shape->data[d].indicators == shape->passes, SCH_BUG,
                          "a data owner's indicators are not those of all passes"));
        SCH_TRY(sch_check(shape->data[d].ones <= shape->data[d].columns &&
                              sch_table_sent_columns(shape, d) + (shape->data[d].codes > 1) >= 1,
                          SCH_BUG, "a data owner's column of ones is out of range, or all that it has"));
        *registers += (size_t)shape->data[d].columns + shape->data[d].indicators;
    }
    SCH_TRY(sch_check(shape->steps <= SCH_MAX_ROW_STEPS && *registers + shape->steps <= SCH_MAX_REGISTERS, SCH_BUG,
                      "a table has more registers than it can have"));
out:
    return err;
}

sch_err sch_table_shape_check(const sch_table_shape *shape)
{
    sch_err err = SCH_NONE;
    size_t registers = 0;
    SCH_TRY(check_owners(shape, &registers));
    SCH_TRY(check_groups(shape));
    for (size_t s = 0; s < shape->steps; s++, registers++) {
        const sch_row_step *step = &shape->step[s];
        SCH_TRY(sch_check(step->op >= SCH_ROW_PRODUCT && step->op <= SCH_ROW_NEGATIVE, SCH_BUG,
                          "a row program has a step that is none"));
        SCH_TRY(sch_check(step->a < registers && step->b < registers, SCH_BUG, "a step's register comes after it"));
    }
    SCH_TRY(sch_check(shape->columns >= 1 && shape->columns <= SCH_MAX_TABLE_COLUMNS, SCH_BUG,
                      "a table's number of columns is out of range"));
    for (size_t j = 0; j < shape->columns; j++) {
        SCH_TRY(sch_check(shape->column[j] < registers, SCH_BUG, "a table column's register is out of range"));
    }
out:
    return err;
}

sch_err sch_cast_check(const sch_cast *cast, const sch_table_shape *shape)
{
    sch_err err = SCH_NONE;
    bool gives[SCH_MAX_PARTIES] = {false};
    bool helps[SCH_MAX_PARTIES] = {false};
    SCH_TRY(sch_check(cast->spine < SCH_MAX_PARTIES && cast->second < SCH_MAX_PARTIES &&
                          cast->third < SCH_MAX_PARTIES && shape->data_owners <= SCH_MAX_DATA_OWNERS,
                      SCH_BUG, "a party's number is out of range"));
    SCH_TRY(sch_check(cast->spine != cast->second && cast->spine != cast->third && cast->second != cast->third, SCH_BUG,
                      "two holders and an assistant are not three parties"));
    for (size_t d = 0; d < shape->data_owners; d++) {
        sch_party data = cast->data[d];
        sch_party helper = cast->helper[d];
        SCH_TRY(
            sch_check(data < SCH_MAX_PARTIES && helper < SCH_MAX_PARTIES, SCH_BUG, "a party's number is out of range"));
        SCH_TRY(sch_check(data != cast->spine && helper != cast->spine && data != helper, SCH_BUG,
                          "an alignment is not one of three parties"));
        SCH_TRY(sch_check(!gives[data] && !helps[helper], SCH_BUG, "a party gives or helps twice"));
        gives[data] = true;
        helps[helper] = true;
    }
out:
    return err;
}

bool sch_cast_has(const sch_cast *cast, const sch_table_shape *shape, sch_party party)
{
    bool has = party == cast->spine || party == cast->second || party == cast->third;
    for (size_t d = 0; d < shape->data_owners; d++) {
        has = has || party == cast->data[d] || party == cast->helper[d];
    }
    return has;
}
