/* DESIGN. A check has one relation. The engine counts (state_0_N over every field, GROUP BY for persons and for each
 * link key; lines that are no records go to reject_errors), in statements whose results are one row of numbers. Lines
 * are found by locate.c, or for Parquet are rows that the engine numbers. */
#include "node/source/check.h"

#include <string.h>

#include "node/source/locate.h"

enum { MAX_NUMBERS = 1 + 4 * SCH_MAX_COLUMNS };

/* Runs a statement that gives one row of BIGINTs; an empty one counts as 0. */
static bool query_numbers(sch_engine *engine, int64_t *out, size_t count, sch_fault *fault, sch_buf *sql)
{
    sch_engine_result result = {0};
    duckdb_data_chunk chunk = NULL;
    const char *text = sch_buf_text(sql);
    bool done = text != NULL && sch_engine_start(engine, &result, fault, text, false) &&
                duckdb_column_count(&result.result) == count &&
                (chunk = sch_engine_next(engine, &result, fault)) != NULL;
    for (size_t i = 0; i < count && done; i++) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        done = duckdb_column_type(&result.result, i) == DUCKDB_TYPE_BIGINT;
        bool has_value = done && sch_engine_is_valid(duckdb_vector_get_validity(vector), 0);
        out[i] = has_value ? ((const int64_t *)duckdb_vector_get_data(vector))[0] : 0;
    }
    if (!done && fault->kind == 0) {
        fault->kind = text == NULL ? SCH_FAULT_MEMORY : SCH_FAULT_RESULT;
    }
    duckdb_destroy_data_chunk(&chunk);
    sch_engine_result_clear(&result);
    sql->bytes = 0;
    return done;
}

/* SELECT count(*), for each column four numbers, FROM (SELECT state_0_0(f3) AS s0, ... FROM relation). */
static sch_err print_columns(sch_buf *sql, const sch_engine_relation *relation)
{
    const sch_data_set *data_set = &relation->job->data_set;
    size_t columns = data_set->column_count;
    bool numbered = relation->job->file.format == SCH_FILE_PARQUET;
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(sql, "SELECT count(*)"));
    for (size_t i = 0; i < columns; i++) {
        for (int state = SCH_FIELD_EMPTY; state <= SCH_FIELD_OUTSIDE; state++) {
            SCH_TRY(sch_buf_printf(sql, ", count(*) FILTER (s%zu = %d)", i, state));
        }
        int least = sch_field_is_fault(&data_set->column[i], SCH_FIELD_EMPTY) ? SCH_FIELD_EMPTY : SCH_FIELD_MALFORMED;
        SCH_TRY(numbered ? sch_buf_printf(sql, ", min(row + 1) FILTER (s%zu >= %d)", i, least)
                         : sch_buf_append_text(sql, ", 0::BIGINT"));
    }
    SCH_TRY(sch_buf_append_text(sql, numbered ? " FROM (SELECT row" : " FROM (SELECT 0"));
    for (size_t i = 0; i < columns; i++) {
        SCH_TRY(sch_buf_printf(sql, ", state_0_%zu(", i));
        SCH_TRY(sch_view_print_field(sql, &relation->view, i));
        SCH_TRY(sch_buf_printf(sql, ") AS s%zu", i));
    }
    SCH_TRY(sch_buf_append_text(sql, " FROM "));
    SCH_TRY(sch_view_print_relation(sql, &relation->view, relation->path, true));
    SCH_TRY(sch_buf_append_text(sql, ")"));
out:
    return err;
}

/* SELECT person_0(f3) AS id */
static sch_err print_person(sch_buf *sql, const sch_engine_relation *relation)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(sql, "SELECT person_0("));
    SCH_TRY(sch_view_print_field(sql, &relation->view, sch_view_identifier(&relation->view)));
    SCH_TRY(sch_buf_append_text(sql, ") AS id"));
out:
    return err;
}

static sch_err print_persons(sch_buf *sql, const sch_engine_relation *relation)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(sql, "SELECT count(*), count(*) FILTER (n > 1) FROM (SELECT count(*) AS n FROM ("));
    SCH_TRY(print_person(sql, relation));
    SCH_TRY(sch_buf_append_text(sql, " FROM "));
    SCH_TRY(sch_view_print_relation(sql, &relation->view, relation->path, true));
    SCH_TRY(sch_buf_append_text(sql, ") WHERE id IS NOT NULL GROUP BY id)"));
out:
    return err;
}

/* A column's value where its field has one, else NULL: what is read has no fault, so that none ends the statement. */
static sch_err print_value(sch_buf *sql, const sch_engine_relation *relation, size_t column)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_printf(sql, "CASE WHEN state_0_%zu(", column));
    SCH_TRY(sch_view_print_field(sql, &relation->view, column));
    SCH_TRY(sch_buf_printf(sql, ") = %d THEN column_0_%zu(", SCH_FIELD_OK, column));
    SCH_TRY(sch_view_print_field(sql, &relation->view, column));
    SCH_TRY(sch_buf_append_text(sql, ") END"));
out:
    return err;
}

/* Rows s without those of persons who have several, as jobs leave them out. */
static sch_err print_without_doubles(sch_buf *sql, const sch_engine_relation *relation)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(sql, " ANTI JOIN (SELECT id FROM ("));
    SCH_TRY(print_person(sql, relation));
    SCH_TRY(sch_buf_append_text(sql, " FROM "));
    SCH_TRY(sch_view_print_relation(sql, &relation->view, relation->path, true));
    SCH_TRY(sch_buf_append_text(sql, ") WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1) AS d ON s.id = d.id"));
out:
    return err;
}

/* SELECT p0 || chr(10) || left(p1, 4) ... AS k FROM (SELECT sch_link_text(...) AS p0, ... FROM relation) AS s: as a
 * job's statement makes it (node/query/local_statement.c), NULL where a part is. */
static sch_err print_link_key(sch_buf *sql, const sch_engine_relation *relation, const sch_link_key *key,
                              bool without_doubles)
{
    const sch_data_set *data_set = &relation->job->data_set;
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(sql, "SELECT "));
    for (size_t i = 0; i < key->part_count; i++) {
        unsigned first = key->part[i].first;
        SCH_TRY(sch_buf_append_text(sql, i == 0 ? "" : " || chr(10) || "));
        SCH_TRY(first == 0
                    ? sch_buf_printf(sql, "p%zu", i)
                    : sch_buf_printf(sql, "CASE WHEN length(p%zu) >= %u THEN left(p%zu, %u) END", i, first, i, first));
    }
    SCH_TRY(sch_buf_append_text(sql, " AS k FROM ("));
    SCH_TRY(without_doubles ? print_person(sql, relation) : sch_buf_append_text(sql, "SELECT 0"));
    for (size_t i = 0; i < key->part_count; i++) {
        const sch_column *column = sch_data_set_find(data_set, key->part[i].column); /* it is there: job.c */
        SCH_TRY(sch_buf_append_text(sql, column->type == SCH_TYPE_TEXT ? ", sch_link_text(" : ", CAST("));
        SCH_TRY(print_value(sql, relation, (size_t)(column - data_set->column)));
        SCH_TRY(sch_buf_printf(sql, "%s) AS p%zu", column->type == SCH_TYPE_TEXT ? "" : " AS VARCHAR", i));
    }
    SCH_TRY(sch_buf_append_text(sql, " FROM "));
    SCH_TRY(sch_view_print_relation(sql, &relation->view, relation->path, true));
    SCH_TRY(sch_buf_append_text(sql, ") AS s"));
    SCH_TRY(without_doubles ? print_without_doubles(sql, relation) : SCH_NONE);
out:
    return err;
}

/* Rows by their link key's number, which takes less memory than the text: of its 61 bits two are alike by chance in one
 * of 460 files of 10^8 rows. */
static sch_err print_links(sch_buf *sql, const sch_engine_relation *relation, const sch_link_key *key,
                           bool without_doubles)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(
        sql,
        "SELECT CAST(sum(n) FILTER (k IS NOT NULL AND n = 1) AS BIGINT), CAST(sum(n) FILTER (k IS NOT NULL AND n > 1) "
        "AS BIGINT), CAST(sum(n) FILTER (k IS NULL) AS BIGINT) FROM (SELECT k, count(*) AS n FROM (SELECT "
        "sch_text_number(k) AS k FROM ("));
    SCH_TRY(print_link_key(sql, relation, key, without_doubles));
    SCH_TRY(sch_buf_append_text(sql, ")) GROUP BY k)"));
out:
    return err;
}

static const sch_field_reader *reader_of(void *context, size_t column)
{
    const sch_engine_relation *relation = context;
    return &relation->column[column].reader;
}

/* Lines as a person counts them, where the file has faults. */
static sch_err take_lines(sch_engine_relation *relation, sch_source_report *report)
{
    sch_lines lines;
    sch_err err = sch_locate_lines(&lines, &relation->view, reader_of, relation, relation->file_fd, SCH_ALL_COLUMNS);
    if (sch_failed(err)) {
        return err;
    }
    report->first_malformed_line = lines.malformed;
    for (size_t i = 0; i < relation->job->data_set.column_count; i++) {
        report->column[i].first_bad_line = lines.column[i];
    }
    return SCH_NONE;
}

static void take_columns(const sch_engine_relation *relation, sch_source_report *report, const int64_t *number)
{
    const sch_data_set *data_set = &relation->job->data_set;
    report->rows = (uint64_t)*number++;
    for (size_t i = 0; i < data_set->column_count; i++, number += 4) {
        report->column[i] = (sch_source_column_report){
            .empty = (uint64_t)number[0],
            .malformed = (uint64_t)number[1],
            .outside = (uint64_t)number[2],
            .first_bad_line = (uint64_t)number[3],
        };
    }
    size_t identifier = sch_view_identifier(&relation->view);
    report->identifiers_empty = report->column[identifier].empty;
    report->identifiers_invalid = report->column[identifier].malformed;
}

static bool has_faults(const sch_data_set *data_set, const sch_source_report *report)
{
    bool found = report->malformed_lines > 0;
    for (size_t i = 0; i < data_set->column_count; i++) {
        const sch_source_column_report *c = &report->column[i];
        bool empty = sch_field_is_fault(&data_set->column[i], SCH_FIELD_EMPTY) && c->empty > 0;
        found = found || empty || c->malformed > 0 || c->outside > 0;
    }
    return found;
}

sch_err sch_check_run(sch_engine *engine, sch_source_report *report, sch_fault *fault)
{
    static int64_t number[MAX_NUMBERS]; /* one check a process */
    sch_engine_relation *relation = &engine->relation[0];
    const sch_data_set *data_set = &relation->job->data_set;
    bool csv = relation->job->file.format == SCH_FILE_CSV;
    sch_buf sql = {0};
    sch_err err = SCH_NONE;
    memset(report, 0, sizeof *report);
    SCH_TRY(print_columns(&sql, relation));
    if (!query_numbers(engine, number, 1 + 4 * data_set->column_count, fault, &sql)) {
        goto out;
    }
    take_columns(relation, report, number);
    if (csv) {
        SCH_TRY(sch_buf_append_text(&sql, "SELECT count(DISTINCT line) FROM reject_errors"));
        if (!query_numbers(engine, number, 1, fault, &sql)) {
            goto out;
        }
        report->malformed_lines = (uint64_t)number[0];
    }
    SCH_TRY(print_persons(&sql, relation));
    if (!query_numbers(engine, number, 2, fault, &sql)) {
        goto out;
    }
    report->persons = (uint64_t)number[0];
    report->persons_with_several = (uint64_t)number[1];
    relation->counted = true; /* rows that are read once more are not more rows */
    for (size_t i = 0; i < data_set->link_key_count; i++) {
        bool doubles = report->persons_with_several > 0 && relation->job->file.duplicates == SCH_DUPLICATES_LEAVE_OUT;
        SCH_TRY(print_links(&sql, relation, &data_set->link_key[i], doubles));
        if (!query_numbers(engine, number, 3, fault, &sql)) {
            goto out;
        }
        report->link_key[i] = (sch_source_link_report){(uint64_t)number[0], (uint64_t)number[1], (uint64_t)number[2]};
    }
    if (csv && has_faults(data_set, report)) {
        SCH_TRY(take_lines(relation, report));
    }
out:
    sch_buf_clear(&sql);
    return err;
}
