/* The result as a JSON-stat 2.0 dataset. Everything but the values is built with jansson; the values are printed here,
 * because they have any number of digits and jansson writes numbers as 64-bit integers or doubles. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/request_text.h"
#include "node/query/result.h"

static const char EMPTY_CODE[] = "(empty)";
static const char ALL_CODES[] = "(all)";

enum { MOST_ID_BYTES = SCH_MAX_CODE_BYTES + 32 };

/* jansson's functions that take a value over report every failure, that of a NULL value too. */
static sch_err put(json_t *object, const char *key, json_t *value)
{
    return sch_check(json_object_set_new(object, key, value) == 0, SCH_NO_MEMORY, "no memory for the JSON text");
}

static sch_err add(json_t *array, json_t *value)
{
    return sch_check(json_array_append_new(array, value) == 0, SCH_NO_MEMORY, "no memory for the JSON text");
}

static bool is_taken(const json_t *array, const char *id)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (strcmp(json_string_value(json_array_get(array, i)), id) == 0) {
            return true;
        }
    }
    return false;
}

/* A name that the array does not hold yet: the name itself, or with a number after it. */
static void choose_id(char out[static MOST_ID_BYTES], const json_t *array, const char *name)
{
    snprintf(out, MOST_ID_BYTES, "%s", name);
    for (size_t i = 2; is_taken(array, out); i++) {
        snprintf(out, MOST_ID_BYTES, "%.*s_%zu", SCH_MAX_CODE_BYTES, name, i);
    }
}

/* ---- dimensions ---- */

static const char *key_name(const sch_result *result, size_t key)
{
    for (size_t i = 0; i < result->request->output_count; i++) {
        if (result->is_key[i] && result->key[i] == key) {
            return result->request->output[i].name;
        }
    }
    const sch_column *column = result->plan->key[key].column;
    return column != NULL ? column->name : "organisation";
}

static const char *key_label(const sch_result *result, size_t key)
{
    const sch_column *column = result->plan->key[key].column;
    return column != NULL && column->description != NULL ? column->description : key_name(result, key);
}

/* Whether a margin sums over it. */
static bool has_margin(const sch_result *result, size_t key)
{
    bool any = false;
    for (size_t i = 0; i < result->plan->cell.set_count; i++) {
        any = any || (result->plan->cell.set[i] >> key & 1U) == 0;
    }
    return any;
}

static size_t key_places(const sch_result *result, size_t key)
{
    return result->plan->key[key].domain + (has_margin(result, key) ? 1U : 0U);
}

/* {"label": ..., "category": {"index": [...]}}; index is taken over. */
static sch_err put_dimension(json_t *dimensions, const char *id, const char *label, json_t *category)
{
    sch_err err = SCH_NONE;
    json_t *dimension = json_object();
    SCH_TRY(put(dimensions, id, dimension));
    SCH_TRY(put(dimension, "label", json_string(label)));
    SCH_TRY(put(dimension, "category", json_incref(category)));
out:
    return err;
}

/* The categories of a key. */
static sch_err put_categories(json_t *index, const sch_result *result, size_t key)
{
    sch_err err = SCH_NONE;
    char text[SCH_MAX_CODE_BYTES + 1];
    char id[MOST_ID_BYTES];
    for (uint32_t code = 0; code < result->plan->key[key].domain; code++) {
        if (sch_plan_code_text(result->plan, result->request, key, code, text, sizeof text)) {
            snprintf(id, sizeof id, "%s", text);
        } else {
            choose_id(id, index, EMPTY_CODE);
        }
        SCH_TRY(add(index, json_string(id)));
    }
    if (has_margin(result, key)) {
        choose_id(id, index, ALL_CODES);
        SCH_TRY(add(index, json_string(id)));
    }
out:
    return err;
}

static sch_err put_key(json_t *root, const sch_result *result, size_t key)
{
    sch_err err = SCH_NONE;
    char id[MOST_ID_BYTES];
    json_t *category = json_object();
    json_t *index = json_array();
    choose_id(id, json_object_get(root, "id"), key_name(result, key));
    SCH_TRY(put_categories(index, result, key));
    SCH_TRY(put(category, "index", json_incref(index)));
    SCH_TRY(add(json_object_get(root, "id"), json_string(id)));
    SCH_TRY(add(json_object_get(root, "size"), json_integer((json_int_t)key_places(result, key))));
    SCH_TRY(put_dimension(json_object_get(root, "dimension"), id, key_label(result, key), category));
out:
    json_decref(index);
    json_decref(category);
    return err;
}

/* The decimals of an output whose values all have as many: counts, sums, what is calculated of them; or -1. */
static int fixed_decimals(const sch_result *result, size_t output)
{
    int decimals = -1;
    for (size_t r = 0; r < result->row_count; r++) {
        const sch_value *value = &result->row[r].value[output];
        bool exact = value->kind == SCH_VALUE_EXACT && value->decimals != SCH_ANY_DECIMALS;
        if (value->kind == SCH_VALUE_SUPPRESSED || value->kind == SCH_VALUE_NULL) {
            continue;
        }
        if (!exact || (decimals >= 0 && decimals != value->decimals)) {
            return -1;
        }
        decimals = value->decimals;
    }
    return decimals;
}

/* The outputs that are no keys: the categories of the metric dimension. */
static sch_err put_outputs(json_t *index, json_t *unit, const sch_result *result)
{
    sch_err err = SCH_NONE;
    char id[MOST_ID_BYTES];
    for (size_t i = 0; i < result->request->output_count; i++) {
        if (result->is_key[i]) {
            continue;
        }
        choose_id(id, index, result->request->output[i].name);
        SCH_TRY(add(index, json_string(id)));
        int decimals = fixed_decimals(result, i);
        if (decimals >= 0) {
            json_t *of = json_object();
            SCH_TRY(put(unit, id, of));
            SCH_TRY(put(of, "decimals", json_integer(decimals)));
        }
    }
    if (json_array_size(index) == 0) {
        SCH_TRY(add(index, json_string("shown")));
    }
out:
    return err;
}

static sch_err put_measure(json_t *root, const sch_result *result)
{
    sch_err err = SCH_NONE;
    char id[MOST_ID_BYTES];
    json_t *category = json_object();
    json_t *index = json_array();
    json_t *unit = json_object();
    json_t *metric = json_array();
    json_t *role = json_object();
    SCH_TRY(put_outputs(index, unit, result));
    SCH_TRY(put(category, "index", json_incref(index)));
    if (json_object_size(unit) > 0) {
        SCH_TRY(put(category, "unit", json_incref(unit)));
    }
    choose_id(id, json_object_get(root, "id"), "measure");
    SCH_TRY(add(json_object_get(root, "id"), json_string(id)));
    SCH_TRY(add(json_object_get(root, "size"), json_integer((json_int_t)json_array_size(index))));
    SCH_TRY(put_dimension(json_object_get(root, "dimension"), id, "measure", category));
    SCH_TRY(add(metric, json_string(id)));
    SCH_TRY(put(role, "metric", json_incref(metric)));
    SCH_TRY(put(root, "role", json_incref(role)));
out:
    json_decref(category);
    json_decref(index);
    json_decref(unit);
    json_decref(metric);
    json_decref(role);
    return err;
}

/* ---- head and notes ---- */

/* "bijstand linked with banen, jeugdhulp" and "gemeente (bijstand), cbs (banen), ..." */
static sch_err put_sources(json_t *root, const sch_request *request)
{
    sch_err err = SCH_NONE;
    sch_buf label = {0};
    sch_buf source = {0};
    for (size_t i = 0; i < request->from_count; i++) {
        const sch_from *from = &request->from[i];
        SCH_TRY(sch_buf_printf(&label, "%s%s", i == 0 ? "" : i == 1 ? " linked with " : ", ", from->data_set));
        for (size_t j = 0; j < from->node_count; j++) {
            SCH_TRY(sch_buf_printf(&source, "%s%s (%s)", source.bytes > 0 ? ", " : "", from->node[j], from->data_set));
        }
    }
    SCH_TRY(sch_check(sch_buf_text(&label) != NULL && sch_buf_text(&source) != NULL, SCH_NO_MEMORY,
                      "no memory for the JSON text"));
    SCH_TRY(put(root, "label", json_string(sch_buf_text(&label))));
    SCH_TRY(put(root, "source", json_string(sch_buf_text(&source))));
out:
    sch_buf_clear(&label);
    sch_buf_clear(&source);
    return err;
}

static sch_err put_notes(json_t *root, const sch_result *result)
{
    sch_err err = SCH_NONE;
    json_t *note = json_array();
    sch_buf text = {0};
    char reason[SCH_REASON_BYTES];
    if (result->plan->rules.min_persons > 1) {
        sch_result_reason(reason, result);
        SCH_TRY(sch_buf_printf(
            &text, "Cells with %s are suppressed; for a measure that can be empty, with %s who have a value.", reason,
            reason));
        SCH_TRY(add(note, json_stringn((const char *)text.data, text.bytes)));
    }
    text.bytes = 0;
    SCH_TRY(sch_request_text_passes(&text, result->request));
    if (text.bytes > 0) {
        text.data[0] = 'L';
        SCH_TRY(sch_buf_append(&text, ".", 1));
        SCH_TRY(add(note, json_stringn((const char *)text.data, text.bytes)));
    }
    text.bytes = 0;
    SCH_TRY(sch_result_print_reach(&text, result));
    for (size_t from = 0; from < text.bytes;) {
        size_t to = from;
        while (text.data[to] != '\n') {
            to++;
        }
        SCH_TRY(add(note, json_stringn((const char *)text.data + from, to - from)));
        from = to + 1;
    }
    if (json_array_size(note) > 0) {
        SCH_TRY(put(root, "note", json_incref(note)));
    }
out:
    sch_buf_clear(&text);
    json_decref(note);
    return err;
}

static sch_err put_head(json_t *root, const sch_result *result)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put(root, "version", json_string("2.0")));
    SCH_TRY(put(root, "class", json_string("dataset")));
    SCH_TRY(put_sources(root, result->request));
    SCH_TRY(put_notes(root, result));
    SCH_TRY(put(root, "id", json_array()));
    SCH_TRY(put(root, "size", json_array()));
    SCH_TRY(put(root, "dimension", json_object()));
out:
    return err;
}

/* What the letters of status stand for, where Eurostat's datasets have it too. */
static sch_err put_status_labels(json_t *root, const sch_result *result)
{
    sch_err err = SCH_NONE;
    char reason[SCH_REASON_BYTES];
    json_t *label = json_object();
    json_t *status = json_object();
    json_t *extension = json_object();
    SCH_TRY(put(label, "c", json_string(sch_result_reason(reason, result))));
    SCH_TRY(put(label, "z", json_string("no persons")));
    SCH_TRY(put(status, "label", json_incref(label)));
    SCH_TRY(put(extension, "status", json_incref(status)));
    SCH_TRY(put(root, "extension", json_incref(extension)));
out:
    json_decref(label);
    json_decref(status);
    json_decref(extension);
    return err;
}

/* ---- values ---- */

/* Where the values go: the array as text, the statuses by their number in it. */
typedef struct sink {
    sch_buf *out;
    json_t *status;
    size_t count;
} sink;

static sch_err put_value(sink *to, const sch_value *value, const char *status)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(to->out, to->count > 0 ? ", " : ""));
    if (value != NULL && sch_value_is_number(value)) {
        SCH_TRY(sch_value_print(to->out, value));
    } else if (value != NULL && value->kind == SCH_VALUE_BOOLEAN) {
        SCH_TRY(sch_buf_append_text(to->out, value->of.truth ? "1" : "0"));
    } else if (value != NULL && value->kind == SCH_VALUE_TEXT) {
        return sch_fail(SCH_BAD_INPUT, "JSON-stat holds numbers only; use table or csv for outputs that are texts");
    } else {
        SCH_TRY(sch_buf_append_text(to->out, "null"));
    }
    if (status != NULL) {
        char number[24];
        snprintf(number, sizeof number, "%zu", to->count);
        SCH_TRY(put(to->status, number, json_string(status)));
    }
    to->count++;
out:
    return err;
}

/* One place of the cube: row is NULL where the table has none. */
static sch_err put_place(sink *to, const sch_result *result, const sch_row *row)
{
    sch_err err = SCH_NONE;
    bool printed = row != NULL && row->printed;
    bool empty = row != NULL && row->state == SCH_ROW_EMPTY;
    size_t outputs = 0;
    for (size_t i = 0; i < result->request->output_count; i++) {
        if (!result->is_key[i]) {
            const char *status = printed && row->value[i].kind == SCH_VALUE_SUPPRESSED ? "c" : NULL;
            SCH_TRY(put_value(to, printed ? &row->value[i] : NULL, empty ? "z" : status));
            outputs++;
        }
    }
    if (outputs == 0) {
        sch_value one = {.kind = SCH_VALUE_REAL, .of.real = 1};
        const char *status = printed && row->state == SCH_ROW_SUPPRESSED ? "c" : NULL;
        bool shown = printed && row->state == SCH_ROW_SHOWN;
        SCH_TRY(put_value(to, shown ? &one : NULL, empty ? "z" : status));
    }
out:
    return err;
}

/* Sorts the rows into the cube's places. place: owned by the caller, who frees it. */
static sch_err find_places(const sch_row ***place, size_t *count, const sch_result *result)
{
    size_t outputs = result->request->output_count;
    *count = 1;
    for (size_t key = 0; key < result->plan->key_count; key++) {
        *count *= key_places(result, key);
        if (*count > SCH_MAX_CUBE / outputs) {
            return sch_fail(SCH_BAD_INPUT,
                            "the table has too many combinations of keys and margins for a JSON-stat cube; use csv");
        }
    }
    *place = calloc(*count, sizeof **place);
    if (*place == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for the JSON text");
    }
    for (size_t r = 0; r < result->row_count; r++) {
        size_t at = 0;
        for (size_t key = 0; key < result->plan->key_count; key++) {
            uint32_t code = result->row[r].code[key];
            at = at * key_places(result, key) + (code == SCH_CODE_ALL ? result->plan->key[key].domain : code);
        }
        (*place)[at] = &result->row[r];
    }
    return SCH_NONE;
}

static sch_err put_values(sink *to, const sch_result *result)
{
    sch_err err = SCH_NONE;
    const sch_row **place = NULL;
    size_t count = 0;
    SCH_TRY(find_places(&place, &count, result));
    for (size_t i = 0; i < count; i++) {
        SCH_TRY(put_place(to, result, place[i]));
    }
out:
    free(place);
    return err;
}

sch_err sch_result_print_json_stat(sch_buf *out, const sch_result *result)
{
    sch_err err = SCH_NONE;
    sch_buf values = {0};
    json_t *root = json_object();
    char *text = NULL;
    sink to = {&values, json_object(), 0};
    SCH_TRY(put_values(&to, result));
    SCH_TRY(put_head(root, result));
    for (size_t key = 0; key < result->plan->key_count; key++) {
        SCH_TRY(put_key(root, result, key));
    }
    SCH_TRY(put_measure(root, result));
    if (json_object_size(to.status) > 0) {
        SCH_TRY(put(root, "status", json_incref(to.status)));
        SCH_TRY(put_status_labels(root, result));
    }
    text = json_dumps(root, JSON_PRESERVE_ORDER);
    SCH_TRY(sch_check(text != NULL && strlen(text) > 1, SCH_NO_MEMORY, "no memory for the JSON text"));
    SCH_TRY(sch_buf_append(out, text, strlen(text) - 1)); /* without the last brace */
    SCH_TRY(sch_buf_append_text(out, ", \"value\": ["));
    SCH_TRY(sch_buf_append(out, values.data, values.bytes));
    SCH_TRY(sch_buf_append_text(out, "]}\n"));
out:
    free(text);
    json_decref(to.status);
    json_decref(root);
    sch_buf_clear(&values);
    return err;
}
