/* The statement. Of one relation, without the wide form, and with records grouped by person:
 *
 *     SELECT r0."bsn", CAST(1 AS BIGINT), COUNT(*), CAST(COALESCE(SUM(r0."loon"), 0) AS BIGINT)
 *     FROM r0 WHERE (r0."jaar" = CAST(2025 AS BIGINT)) GROUP BY r0."bsn"
 *
 * The wide form first numbers each record's combination and names each term, so that no expression is printed twice; no
 * column can have a name with a #:
 *
 *     SELECT "#id", CAST(CASE WHEN "#combination" = 0 THEN 1 ELSE 0 END AS BIGINT), ...
 *     FROM (SELECT r0."bsn" AS "#id", ... AS "#combination", ... AS "#term_0" FROM r0 WHERE ...)
 *
 * Several relations are joined on the identifier, those of inner joins first. Where all are left joined, none is there
 * for sure: a full join, in which the identifier is that of any.
 *
 * With passes every row of the one relation comes out. Whether its conditions hold and its link keys are columns beside
 * its own; a data owner's values are 0 where they do not hold, the spine says whether they do:
 *
 *     SELECT r0."bsn", CAST(r0."#kept" AS BIGINT), COALESCE(sch_text_number(r0."#link_0"), -1), ...
 *     FROM (SELECT *, COALESCE((r0."jaar" = CAST(2025 AS BIGINT)), FALSE) AS "#kept",
 *                  sch_link_text(r0."postcode") || chr(10) || ... AS "#link_0" FROM r0) AS r0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/local_sql.h"

void sch_part_clear(sch_part *part)
{
    for (size_t i = 0; i < part->term_count; i++) {
        free(part->term[i].sql);
        part->term[i].sql = NULL;
    }
    part->term_count = 0;
}

/* A term under its name or written out. */
static sch_err print_term(sch_buf *out, const sch_part *part, size_t term)
{
    return part->wide > 1 ? sch_buf_printf(out, "\"#term_%zu\"", term) : sch_buf_append_text(out, part->term[term].sql);
}

/* Whether a value is over one combination alone. */
static bool is_filtered(const sch_part *part, const sch_part_value *value)
{
    return part->wide > 1 && value->combination != SCH_ANY_COMBINATION;
}

/* Whether a row that breaks the conditions comes out, and has a column that says so. */
static bool tells_kept(const sch_part *part)
{
    return part->pass_count > 0 && part->conjunct_count > 0;
}

/* Whether values are 0 in such a row. */
static bool is_guarded(const sch_part *part)
{
    return tells_kept(part) && !part->is_spine;
}

bool sch_part_value_is_one(const sch_part *part, const sch_part_value *value)
{
    return value->kind == SCH_VALUE_LINKED && !is_filtered(part, value) && !is_guarded(part);
}

static sch_err print_kept(sch_buf *out, const sch_part *part)
{
    return sch_buf_append_text(out, part->wide > 1 ? "\"#kept\"" : "r0.\"#kept\"");
}

/* ---- limbs ---- */

/* 2^bits as a HUGEINT, bits < 127. */
static sch_err print_power(sch_buf *out, unsigned bits)
{
    unsigned __int128 power = (unsigned __int128)1 << bits;
    char digits[48];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + (int)(power % 10));
        power /= 10;
    } while (power > 0);
    return sch_buf_printf(out, "CAST(%s AS HUGEINT)", digits + at);
}

/* What stands before and after a sum: the engine's // and % cut towards zero, so that a limb has the sum's sign. */
static sch_err print_limb_start(sch_buf *out, const sch_part_value *value)
{
    return value->limbs > 1 ? sch_buf_append_text(out, "((") : SCH_NONE;
}

static sch_err print_limb_end(sch_buf *out, const sch_part_value *value)
{
    sch_err err = SCH_NONE;
    if (value->limbs <= 1) {
        return SCH_NONE;
    }
    if (value->limb > 0) {
        SCH_TRY(sch_buf_append_text(out, " // "));
        SCH_TRY(print_power(out, (unsigned)value->bits * value->limb));
    }
    SCH_TRY(sch_buf_append_text(out, ")"));
    if (value->limb + 1 < value->limbs) {
        SCH_TRY(sch_buf_append_text(out, " % "));
        SCH_TRY(print_power(out, value->bits));
    }
    SCH_TRY(sch_buf_append_text(out, ")"));
out:
    return err;
}

/* ---- values ---- */

static sch_err print_filter(sch_buf *out, const sch_part *part, const sch_part_value *value)
{
    return is_filtered(part, value) ? sch_buf_printf(out, " FILTER (WHERE \"#combination\" = %u)", value->combination)
                                    : SCH_NONE;
}

/* A count over the records: of all, of those with a value of the term, of those where it is not 0. */
static sch_err print_count(sch_buf *out, const sch_part *part, const sch_part_value *value)
{
    sch_err err = SCH_NONE;
    bool of_term = value->kind != SCH_VALUE_LINKED && value->kind != SCH_VALUE_RECORDS;
    SCH_TRY(sch_buf_append_text(out, value->kind == SCH_VALUE_NONZERO ? "COUNT(NULLIF(" : "COUNT("));
    if (of_term) {
        SCH_TRY(print_term(out, part, value->term));
    } else {
        SCH_TRY(sch_buf_append_text(out, "*"));
    }
    SCH_TRY(sch_buf_append_text(out, value->kind == SCH_VALUE_NONZERO ? ", 0))" : ")"));
    SCH_TRY(print_filter(out, part, value));
out:
    return err;
}

static sch_err print_grouped_value(sch_buf *out, const sch_part *part, const sch_part_value *value)
{
    sch_err err = SCH_NONE;
    switch (value->kind) {
    case SCH_VALUE_LINKED:
    case SCH_VALUE_PERSONS:
    case SCH_VALUE_NONZERO:
        SCH_TRY(sch_buf_append_text(out, "CAST(("));
        SCH_TRY(print_count(out, part, value));
        SCH_TRY(sch_buf_append_text(out, ") > 0 AS BIGINT)"));
        break;
    case SCH_VALUE_RECORDS:
    case SCH_VALUE_PRESENT:
        SCH_TRY(print_count(out, part, value));
        break;
    case SCH_VALUE_SUM:
        SCH_TRY(sch_buf_append_text(out, "CAST("));
        SCH_TRY(print_limb_start(out, value));
        SCH_TRY(sch_buf_append_text(out, "COALESCE(SUM("));
        SCH_TRY(print_term(out, part, value->term));
        SCH_TRY(sch_buf_append_text(out, ")"));
        SCH_TRY(print_filter(out, part, value));
        SCH_TRY(sch_buf_append_text(out, ", 0)"));
        SCH_TRY(print_limb_end(out, value));
        SCH_TRY(sch_buf_append_text(out, " AS BIGINT)"));
        break;
    }
out:
    return err;
}

/* Where a value is that of the row: a row of another combination has 0, and one that breaks the conditions. */
static sch_err print_when(sch_buf *out, const sch_part *part, const sch_part_value *value)
{
    sch_err err = SCH_NONE;
    bool filtered = is_filtered(part, value), guarded = is_guarded(part);
    SCH_TRY(sch_buf_append_text(out, "CASE WHEN "));
    SCH_TRY(guarded ? print_kept(out, part) : SCH_NONE);
    SCH_TRY(sch_buf_append_text(out, guarded && filtered ? " AND " : ""));
    SCH_TRY(filtered ? sch_buf_printf(out, "\"#combination\" = %u", value->combination) : SCH_NONE);
    SCH_TRY(sch_buf_append_text(out, " THEN "));
out:
    return err;
}

/* Where a row is one record, a value is that record's. */
static sch_err print_plain_value(sch_buf *out, const sch_part *part, const sch_part_value *value)
{
    sch_err err = SCH_NONE;
    bool conditional = is_filtered(part, value) || is_guarded(part);
    SCH_TRY(sch_buf_append_text(out, "CAST("));
    SCH_TRY(conditional ? print_when(out, part, value) : SCH_NONE);
    switch (value->kind) {
    case SCH_VALUE_LINKED:
    case SCH_VALUE_RECORDS:
        SCH_TRY(sch_buf_append_text(out, "1"));
        break;
    case SCH_VALUE_PERSONS:
    case SCH_VALUE_PRESENT:
        SCH_TRY(sch_buf_append_text(out, "CAST(("));
        SCH_TRY(print_term(out, part, value->term));
        SCH_TRY(sch_buf_append_text(out, " IS NOT NULL) AS BIGINT)"));
        break;
    case SCH_VALUE_NONZERO:
        SCH_TRY(sch_buf_append_text(out, "CAST(COALESCE("));
        SCH_TRY(print_term(out, part, value->term));
        SCH_TRY(sch_buf_append_text(out, " <> 0, FALSE) AS BIGINT)"));
        break;
    case SCH_VALUE_SUM:
        SCH_TRY(print_limb_start(out, value));
        SCH_TRY(sch_buf_append_text(out, "COALESCE("));
        SCH_TRY(print_term(out, part, value->term));
        SCH_TRY(sch_buf_append_text(out, ", 0)"));
        SCH_TRY(print_limb_end(out, value));
        break;
    }
    SCH_TRY(sch_buf_append_text(out, conditional ? " ELSE 0 END AS BIGINT)" : " AS BIGINT)"));
out:
    return err;
}

static sch_err print_values(sch_buf *out, const sch_part *part)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < part->value_count; i++) {
        const sch_part_value *value = &part->value[i];
        SCH_TRY(sch_local_sql_check(out));
        SCH_TRY(sch_buf_append_text(out, ", "));
        if (sch_part_value_is_one(part, value)) {
            /* A row is there because the person has a record. */
            SCH_TRY(sch_buf_append_text(out, "CAST(1 AS BIGINT)"));
        } else {
            SCH_TRY(part->grouped ? print_grouped_value(out, part, value) : print_plain_value(out, part, value));
        }
    }
out:
    return err;
}

/* ---- relations ---- */

static const char *identifier_of(const sch_part *part, size_t r)
{
    return sch_data_set_identifier(part->data_set[r])->name;
}

static bool is_all_left(const sch_part *part)
{
    for (size_t r = 0; r < part->from_count; r++) {
        if (part->join[r] != SCH_JOIN_LEFT) {
            return false;
        }
    }
    return true;
}

/* The identifier of a record, as far as the first `relations` of the join's order know it. */
static sch_err print_identifier(sch_buf *out, const sch_part *part, const uint8_t *order, size_t relations)
{
    sch_err err = SCH_NONE;
    bool any = is_all_left(part) && relations > 1;
    SCH_TRY(sch_buf_append_text(out, any ? "COALESCE(" : ""));
    for (size_t i = 0; i < (any ? relations : 1); i++) {
        SCH_TRY(sch_buf_printf(out, "%sr%u.\"%s\"", i > 0 ? ", " : "", order[i], identifier_of(part, order[i])));
    }
    SCH_TRY(sch_buf_append_text(out, any ? ")" : ""));
out:
    return err;
}

/* The order of the join: inner ones first. */
static void order_relations(const sch_part *part, uint8_t order[static SCH_MAX_FROM])
{
    size_t count = 0;
    for (unsigned left = 0; left < 2; left++) {
        for (size_t r = 0; r < part->from_count; r++) {
            if ((part->join[r] == SCH_JOIN_LEFT) == (left == 1)) {
                order[count++] = (uint8_t)r;
            }
        }
    }
}

/* All conditions, with AND between them. */
static sch_err print_conjuncts(sch_buf *out, const sch_part *part)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < part->conjunct_count; i++) {
        SCH_TRY(sch_buf_append_text(out, i > 0 ? " AND " : ""));
        SCH_TRY(sch_local_sql_expression(out, part, part->conjunct[i], SCH_TYPE_BOOLEAN, 0));
    }
out:
    return err;
}

/* A part of a link key as text: NULL where the row has none, or too few characters. */
static sch_err print_link_part(sch_buf *out, const sch_part *part, const sch_link_part *of)
{
    const sch_column *column = sch_data_set_find(part->data_set[0], of->column);
    if (column == NULL) {
        return sch_fail(SCH_BUG, "a link key has a column that its data set lacks");
    }
    if (column->type != SCH_TYPE_TEXT) {
        return sch_buf_printf(out, "CAST(r0.\"%s\" AS VARCHAR)", of->column);
    }
    if (of->first == 0) {
        return sch_buf_printf(out, "sch_link_text(r0.\"%s\")", of->column);
    }
    return sch_buf_printf(out,
                          "(CASE WHEN LENGTH(sch_link_text(r0.\"%s\")) >= %u THEN LEFT(sch_link_text(r0.\"%s\"), %u) "
                          "END)",
                          of->column, of->first, of->column, of->first);
}

/* The relation of a part with passes. No text has a line feed in it, so that two lists of parts never join to one text;
 * NULL where a part is. */
static sch_err print_whole(sch_buf *out, const sch_part *part)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, " FROM (SELECT *"));
    if (tells_kept(part)) {
        SCH_TRY(sch_buf_append_text(out, ", COALESCE("));
        SCH_TRY(print_conjuncts(out, part));
        SCH_TRY(sch_buf_append_text(out, ", FALSE) AS \"#kept\""));
    }
    for (size_t i = 0; i < part->pass_count; i++) {
        const sch_link_key *key = part->link_key[i];
        for (size_t k = 0; k < key->part_count; k++) {
            SCH_TRY(sch_buf_append_text(out, k == 0 ? ", " : " || chr(10) || "));
            SCH_TRY(print_link_part(out, part, &key->part[k]));
        }
        SCH_TRY(sch_buf_printf(out, " AS \"#link_%zu\"", i));
    }
    SCH_TRY(sch_buf_append_text(out, " FROM r0) AS r0"));
out:
    return err;
}

static sch_err print_from(sch_buf *out, const sch_part *part, const uint8_t *order)
{
    sch_err err = SCH_NONE;
    bool all_left = is_all_left(part);
    if (part->pass_count > 0) {
        return print_whole(out, part);
    }
    SCH_TRY(sch_buf_printf(out, " FROM r%u", order[0]));
    for (size_t i = 1; i < part->from_count; i++) {
        const char *kind = all_left ? "FULL OUTER" : part->join[order[i]] == SCH_JOIN_LEFT ? "LEFT" : "INNER";
        SCH_TRY(sch_buf_printf(out, " %s JOIN r%u ON ", kind, order[i]));
        SCH_TRY(print_identifier(out, part, order, i));
        SCH_TRY(sch_buf_printf(out, " = r%u.\"%s\"", order[i], identifier_of(part, order[i])));
    }
out:
    return err;
}

static sch_err print_conditions(sch_buf *out, const sch_part *part, const uint8_t *order)
{
    sch_err err = SCH_NONE;
    bool any = is_all_left(part) && part->from_count > 1;
    if (part->pass_count > 0 || (!any && part->conjunct_count == 0)) {
        return SCH_NONE;
    }
    SCH_TRY(sch_buf_append_text(out, " WHERE "));
    if (any) {
        SCH_TRY(print_identifier(out, part, order, part->from_count));
        SCH_TRY(sch_buf_append_text(out, part->conjunct_count > 0 ? " IS NOT NULL AND " : " IS NOT NULL"));
    }
    SCH_TRY(print_conjuncts(out, part));
out:
    return err;
}

/* ---- keys ---- */

/* The number of a value's bin: bins are in ascending order, and the first whose end lies above the value is its own. */
static sch_err print_bin(sch_buf *out, size_t relation, const sch_column *column)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "(CASE"));
    for (uint32_t b = 0; b < column->bin_count; b++) {
        SCH_TRY(sch_buf_printf(out, " WHEN r%zu.\"%s\" < CAST(%" PRId64 " AS BIGINT) THEN CAST(%" PRIu32 " AS BIGINT)",
                               relation, column->name, column->bin_edge[b + 1], b));
    }
    SCH_TRY(sch_buf_append_text(out, " END)"));
out:
    return err;
}

/* A code as its column has it, or the number of a bin. */
static sch_err print_code(sch_buf *out, const sch_column *column, bool bin, uint32_t code)
{
    sch_err err = SCH_NONE;
    char text[SCH_MAX_CODE_BYTES + 1];
    if (bin) {
        SCH_TRY(sch_buf_printf(out, "CAST(%" PRIu32 " AS BIGINT)", code));
    } else if (column->type == SCH_TYPE_INTEGER) {
        SCH_TRY(sch_buf_printf(out, "CAST(%" PRId64 " AS BIGINT)", column->minimum + (int64_t)code));
    } else if (column->type == SCH_TYPE_BOOLEAN) {
        SCH_TRY(sch_buf_append_text(out, code == 0 ? "FALSE" : "TRUE"));
    } else {
        SCH_TRY(sch_check(sch_column_code_text(column, code, text, sizeof text), SCH_BUG, "a code has no text"));
        SCH_TRY(sch_local_sql_text(out, text));
    }
out:
    return err;
}

/* A row that breaks the conditions has the first code, whatever is in the file: conditions may be why the query has no
 * code for what is there, and no such row counts anywhere. */
static sch_err print_key(sch_buf *out, const sch_part *part, const sch_local_key *key)
{
    sch_err err = SCH_NONE;
    SCH_TRY(tells_kept(part) ? sch_buf_append_text(out, "(CASE WHEN r0.\"#kept\" THEN ") : SCH_NONE);
    SCH_TRY(key->bin ? print_bin(out, key->relation, key->column)
                     : sch_buf_printf(out, "r%u.\"%s\"", key->relation, key->column->name));
    if (tells_kept(part)) {
        SCH_TRY(sch_buf_append_text(out, " ELSE "));
        SCH_TRY(print_code(out, key->column, key->bin, 0));
        SCH_TRY(sch_buf_append_text(out, " END)"));
    }
out:
    return err;
}

/* The condition that a key of the wide form has a code: by the code's own type; empty is the last code. */
static sch_err print_code_test(sch_buf *out, const sch_wide_key *key, uint32_t code)
{
    sch_err err = SCH_NONE;
    const sch_column *column = key->column;
    SCH_TRY(sch_buf_append_text(out, "("));
    if (key->bin && code < key->codes) {
        SCH_TRY(print_bin(out, key->relation, column));
    } else {
        SCH_TRY(sch_buf_printf(out, "r%u.\"%s\"", key->relation, column->name));
    }
    if (code >= key->codes) {
        SCH_TRY(sch_buf_append_text(out, " IS NULL)"));
        goto out;
    }
    SCH_TRY(sch_buf_append_text(out, " = "));
    SCH_TRY(print_code(out, column, key->bin, code));
    SCH_TRY(sch_buf_append_text(out, ")"));
out:
    return err;
}

static sch_err print_combination(sch_buf *out, const sch_part *part)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, ", (CASE"));
    for (uint32_t w = 0; w < part->wide; w++) {
        SCH_TRY(sch_buf_append_text(out, " WHEN "));
        for (size_t k = 0; k < part->wide_key_count; k++) {
            const sch_wide_key *key = &part->wide_key[k];
            SCH_TRY(sch_buf_append_text(out, k > 0 ? " AND " : ""));
            SCH_TRY(print_code_test(out, key, w / key->inner % key->domain));
        }
        SCH_TRY(sch_buf_printf(out, " THEN %u", w));
    }
    SCH_TRY(sch_buf_append_text(out, " END) AS \"#combination\""));
    for (size_t i = 0; i < part->term_count; i++) {
        SCH_TRY(sch_buf_printf(out, ", %s AS \"#term_%zu\"", part->term[i].sql, i));
    }
out:
    return err;
}

/* ---- the whole ---- */

/* The identifier and the keys, as the outer or only SELECT calls them. */
static sch_err print_head(sch_buf *out, const sch_part *part, const uint8_t *order)
{
    sch_err err = SCH_NONE;
    if (part->wide > 1) {
        SCH_TRY(sch_buf_append_text(out, "\"#id\""));
        for (size_t i = 0; i < part->key_count; i++) {
            SCH_TRY(sch_buf_printf(out, ", \"#key_%zu\"", i));
        }
        return SCH_NONE;
    }
    SCH_TRY(print_identifier(out, part, order, part->from_count));
    for (size_t i = 0; i < part->key_count; i++) {
        SCH_TRY(sch_buf_append_text(out, ", "));
        SCH_TRY(print_key(out, part, &part->key[i]));
    }
out:
    return err;
}

static sch_err print_inner(sch_buf *out, const sch_part *part, const uint8_t *order)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, " FROM (SELECT "));
    SCH_TRY(print_identifier(out, part, order, part->from_count));
    SCH_TRY(sch_buf_append_text(out, " AS \"#id\""));
    for (size_t i = 0; i < part->key_count; i++) {
        SCH_TRY(sch_buf_append_text(out, ", "));
        SCH_TRY(print_key(out, part, &part->key[i]));
        SCH_TRY(sch_buf_printf(out, " AS \"#key_%zu\"", i));
    }
    SCH_TRY(print_combination(out, part));
    SCH_TRY(tells_kept(part) ? sch_buf_append_text(out, ", r0.\"#kept\"") : SCH_NONE);
    for (size_t i = 0; i < part->pass_count; i++) {
        SCH_TRY(sch_buf_printf(out, ", r0.\"#link_%zu\"", i));
    }
    SCH_TRY(print_from(out, part, order));
    SCH_TRY(print_conditions(out, part, order));
    SCH_TRY(sch_buf_append_text(out, ")"));
out:
    return err;
}

static sch_err print_occurrence(sch_buf *out, const sch_part *part, const uint8_t *order)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, ", ROW_NUMBER() OVER (PARTITION BY "));
    if (part->wide > 1) {
        SCH_TRY(sch_buf_append_text(out, "\"#id\""));
    } else {
        SCH_TRY(print_identifier(out, part, order, part->from_count));
    }
    SCH_TRY(sch_buf_append_text(out, ") - 1"));
out:
    return err;
}

/* Whether the spine's conditions hold, and 122 bits of a hash of each link key. */
static sch_err print_passes(sch_buf *out, const sch_part *part)
{
    sch_err err = SCH_NONE;
    const char *relation = part->wide > 1 ? "" : "r0.";
    if (part->is_spine && part->pass_count > 0) {
        SCH_TRY(sch_buf_append_text(out, ", CAST("));
        SCH_TRY(tells_kept(part) ? print_kept(out, part) : sch_buf_append_text(out, "1"));
        SCH_TRY(sch_buf_append_text(out, " AS BIGINT)"));
    }
    for (size_t i = 0; i < part->pass_count; i++) {
        SCH_TRY(sch_buf_printf(out, ", COALESCE(sch_text_number(%s\"#link_%zu\"), -1)", relation, i));
        SCH_TRY(sch_buf_printf(out, ", COALESCE(sch_text_number('2' || %s\"#link_%zu\"), -1)", relation, i));
    }
out:
    return err;
}

sch_err sch_local_sql_statement(sch_buf *out, const sch_part *part)
{
    sch_err err = SCH_NONE;
    uint8_t order[SCH_MAX_FROM];
    order_relations(part, order);
    SCH_TRY(sch_buf_append_text(out, "SELECT "));
    SCH_TRY(print_head(out, part, order));
    SCH_TRY(print_values(out, part));
    if (part->has_occurrence) {
        SCH_TRY(print_occurrence(out, part, order));
    }
    SCH_TRY(part->most_records > 0 ? sch_buf_append_text(out, ", COUNT(*)") : SCH_NONE);
    SCH_TRY(print_passes(out, part));
    if (part->wide > 1) {
        SCH_TRY(print_inner(out, part, order));
    } else {
        SCH_TRY(print_from(out, part, order));
        SCH_TRY(print_conditions(out, part, order));
    }
    if (part->grouped) {
        SCH_TRY(sch_buf_append_text(out, " GROUP BY "));
        SCH_TRY(print_head(out, part, order));
    }
    SCH_TRY(sch_local_sql_check(out));
out:
    return err;
}
