/* The statement. Without the wide form, and with records grouped by person:
 *
 *     SELECT "bsn", CAST(1 AS BIGINT), COUNT(*), CAST(COALESCE(SUM("loon"), 0) AS BIGINT)
 *     FROM data WHERE ("jaar" = CAST(2025 AS BIGINT)) GROUP BY "bsn"
 *
 * The wide form first numbers each record's combination and names each term, so that no expression is printed twice; no
 * column can have a name with a #:
 *
 *     SELECT "#id", CAST(CASE WHEN "#combination" = 0 THEN 1 ELSE 0 END AS BIGINT), ...
 *     FROM (SELECT "bsn" AS "#id", ... AS "#combination", ... AS "#term_0" FROM data WHERE ...) */
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

/* ---- values ---- */

static sch_err print_filter(sch_buf *out, const sch_part *part, const sch_part_value *value)
{
    return part->wide > 1 ? sch_buf_printf(out, " FILTER (WHERE \"#combination\" = %u)", value->combination) : SCH_NONE;
}

/* A count over the person's records: of all, or of those with a value of the term. */
static sch_err print_count(sch_buf *out, const sch_part *part, const sch_part_value *value, bool of_term)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "COUNT("));
    if (of_term) {
        SCH_TRY(print_term(out, part, value->term));
    } else {
        SCH_TRY(sch_buf_append_text(out, "*"));
    }
    SCH_TRY(sch_buf_append_text(out, ")"));
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
        SCH_TRY(sch_buf_append_text(out, "CAST(("));
        SCH_TRY(print_count(out, part, value, value->kind == SCH_VALUE_PERSONS));
        SCH_TRY(sch_buf_append_text(out, ") > 0 AS BIGINT)"));
        break;
    case SCH_VALUE_RECORDS:
    case SCH_VALUE_PRESENT:
        SCH_TRY(print_count(out, part, value, value->kind == SCH_VALUE_PRESENT));
        break;
    case SCH_VALUE_SUM:
        SCH_TRY(sch_buf_append_text(out, "CAST(COALESCE(SUM("));
        SCH_TRY(print_term(out, part, value->term));
        SCH_TRY(sch_buf_append_text(out, ")"));
        SCH_TRY(print_filter(out, part, value));
        SCH_TRY(sch_buf_append_text(out, ", 0) AS BIGINT)"));
        break;
    }
out:
    return err;
}

/* Where a person has one row, a value is that row's. */
static sch_err print_plain_value(sch_buf *out, const sch_part *part, const sch_part_value *value)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "CAST("));
    if (part->wide > 1) {
        SCH_TRY(sch_buf_printf(out, "CASE WHEN \"#combination\" = %u THEN ", value->combination));
    }
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
    case SCH_VALUE_SUM:
        SCH_TRY(sch_buf_append_text(out, "COALESCE("));
        SCH_TRY(print_term(out, part, value->term));
        SCH_TRY(sch_buf_append_text(out, ", 0)"));
        break;
    }
    SCH_TRY(sch_buf_append_text(out, part->wide > 1 ? " ELSE 0 END AS BIGINT)" : " AS BIGINT)"));
out:
    return err;
}

static sch_err print_values(sch_buf *out, const sch_part *part)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < part->value_count; i++) {
        const sch_part_value *value = &part->value[i];
        SCH_TRY(sch_buf_append_text(out, ", "));
        if (value->kind == SCH_VALUE_LINKED && part->wide == 1) {
            /* A row is there because the person has a record. */
            SCH_TRY(sch_buf_append_text(out, "CAST(1 AS BIGINT)"));
        } else {
            SCH_TRY(part->grouped ? print_grouped_value(out, part, value) : print_plain_value(out, part, value));
        }
    }
out:
    return err;
}

/* ---- the wide form ---- */

/* The condition that a key has a code: by the code's own type; empty is the last code of a column that may be empty. */
static sch_err print_code_test(sch_buf *out, const sch_column *key, uint32_t code)
{
    sch_err err = SCH_NONE;
    char text[SCH_MAX_CODE_BYTES + 1];
    if (!sch_column_code_text(key, code, text, sizeof text)) {
        return sch_buf_printf(out, "(\"%s\" IS NULL)", key->name);
    }
    SCH_TRY(sch_buf_printf(out, "(\"%s\" = ", key->name));
    switch (key->type) {
    case SCH_TYPE_INTEGER:
        SCH_TRY(sch_buf_printf(out, "CAST(%" PRId64 " AS BIGINT)", key->minimum + (int64_t)code));
        break;
    case SCH_TYPE_BOOLEAN:
        SCH_TRY(sch_buf_append_text(out, code == 0 ? "FALSE" : "TRUE"));
        break;
    default:
        SCH_TRY(sch_local_sql_text(out, text));
        break;
    }
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
        for (size_t k = 0; k < part->key_count; k++) {
            uint32_t code = w / part->stride[k] % sch_column_domain(part->key[k]);
            SCH_TRY(sch_buf_append_text(out, k > 0 ? " AND " : ""));
            SCH_TRY(print_code_test(out, part->key[k], code));
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

static sch_err print_conditions(sch_buf *out, const sch_part *part)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < part->conjunct_count; i++) {
        SCH_TRY(sch_buf_append_text(out, i == 0 ? " WHERE " : " AND "));
        SCH_TRY(sch_local_sql_expression(out, part->request, part->typed, part->conjunct[i], SCH_TYPE_BOOLEAN, 0));
    }
out:
    return err;
}

sch_err sch_local_sql_statement(sch_buf *out, const sch_part *part)
{
    sch_err err = SCH_NONE;
    const sch_column *identifier = sch_data_set_identifier(part->data_set);
    const char *id = part->wide > 1 ? "#id" : identifier->name;
    size_t before = out->bytes;
    SCH_TRY(sch_buf_printf(out, "SELECT \"%s\"", id));
    for (size_t i = 0; i < part->key_count && part->wide == 1; i++) {
        SCH_TRY(sch_buf_printf(out, ", \"%s\"", part->key[i]->name));
    }
    SCH_TRY(print_values(out, part));
    if (part->wide > 1) {
        SCH_TRY(sch_buf_printf(out, " FROM (SELECT \"%s\" AS \"#id\"", identifier->name));
        SCH_TRY(print_combination(out, part));
        SCH_TRY(sch_buf_append_text(out, " FROM data"));
        SCH_TRY(print_conditions(out, part));
        SCH_TRY(sch_buf_append_text(out, ")"));
    } else {
        SCH_TRY(sch_buf_append_text(out, " FROM data"));
        SCH_TRY(print_conditions(out, part));
    }
    if (part->grouped) {
        SCH_TRY(sch_buf_printf(out, " GROUP BY \"%s\"", id));
    }
    SCH_TRY(
        sch_check(out->bytes - before <= SCH_MAX_LOCAL_SQL_BYTES, SCH_BAD_INPUT,
                  "the query is too long when written out for an owner's engine; use fewer or shorter expressions"));
out:
    return err;
}
