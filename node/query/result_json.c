/* The result as a JSON-stat 2.0 dataset. Everything but the values is built with jansson; the values are printed here,
 * because they are exact and jansson writes numbers as 64-bit integers or doubles. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/result.h"

static const char EMPTY_CODE[] = "(empty)";

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
    for (size_t i = 0; i < result->plan->output_count; i++) {
        if (result->plan->output[i].kind == SCH_OUTPUT_KEY && result->plan->output[i].key == key) {
            return result->request->output[i].name;
        }
    }
    return result->plan->key[key].column->name;
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

static sch_err put_key(json_t *root, const sch_result *result, size_t key)
{
    sch_err err = SCH_NONE;
    const sch_plan_key *k = &result->plan->key[key];
    char id[MOST_ID_BYTES];
    json_t *category = json_object();
    json_t *index = json_array();
    choose_id(id, json_object_get(root, "id"), key_name(result, key));
    for (uint32_t code = 0; code < k->domain; code++) {
        char text[SCH_MAX_CODE_BYTES + 1];
        char category_id[MOST_ID_BYTES];
        bool named = sch_column_code_text(k->column, code, text, sizeof text);
        if (named) {
            snprintf(category_id, sizeof category_id, "%s", text);
        } else {
            choose_id(category_id, index, EMPTY_CODE);
        }
        SCH_TRY(add(index, json_string(category_id)));
    }
    SCH_TRY(put(category, "index", json_incref(index)));
    SCH_TRY(add(json_object_get(root, "id"), json_string(id)));
    SCH_TRY(add(json_object_get(root, "size"), json_integer((json_int_t)k->domain)));
    SCH_TRY(put_dimension(json_object_get(root, "dimension"), id,
                          k->column->description != NULL ? k->column->description : k->column->name, category));
out:
    json_decref(index);
    json_decref(category);
    return err;
}

/* The aggregates: the categories of the metric dimension, with the decimals of those that have a fixed number. */
static sch_err put_aggregates(json_t *index, json_t *unit, const sch_result *result)
{
    sch_err err = SCH_NONE;
    char id[MOST_ID_BYTES];
    for (size_t i = 0; i < result->plan->output_count; i++) {
        const sch_plan_output *output = &result->plan->output[i];
        if (output->kind == SCH_OUTPUT_KEY) {
            continue;
        }
        choose_id(id, index, result->request->output[i].name);
        SCH_TRY(add(index, json_string(id)));
        if (output->kind != SCH_OUTPUT_AVG) {
            json_t *decimals = json_object();
            SCH_TRY(put(unit, id, decimals));
            SCH_TRY(put(decimals, "decimals", json_integer(output->decimals)));
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
    SCH_TRY(put_aggregates(index, unit, result));
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

static sch_err put_head(json_t *root, const sch_result *result)
{
    sch_err err = SCH_NONE;
    const sch_request *request = result->request;
    json_t *note = json_array();
    char text[8 * SCH_NAME_BYTES];
    SCH_TRY(put(root, "version", json_string("2.0")));
    SCH_TRY(put(root, "class", json_string("dataset")));
    snprintf(text, sizeof text, "%s linked with %s", request->from[0].data_set, request->from[1].data_set);
    SCH_TRY(put(root, "label", json_string(text)));
    snprintf(text, sizeof text, "%s (%s), %s (%s)", request->from[0].node, request->from[0].data_set,
             request->from[1].node, request->from[1].data_set);
    SCH_TRY(put(root, "source", json_string(text)));
    if (result->plan->rules.min_persons > 1) {
        char reason[SCH_REASON_BYTES];
        snprintf(text, sizeof text,
                 "Cells with %s are suppressed; for a measure that can be empty, with %s who have a value.",
                 sch_result_reason(reason, result), reason);
        SCH_TRY(add(note, json_string(text)));
        SCH_TRY(put(root, "note", json_incref(note)));
    }
    SCH_TRY(put(root, "id", json_array()));
    SCH_TRY(put(root, "size", json_array()));
    SCH_TRY(put(root, "dimension", json_object()));
out:
    json_decref(note);
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
    if (value->state == SCH_STATE_NUMBER) {
        SCH_TRY(sch_value_print(to->out, value));
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

static sch_err put_row(sink *to, const sch_result *result, size_t row, const sch_result_options *options)
{
    sch_err err = SCH_NONE;
    bool empty = result->row[row] == SCH_ROW_EMPTY;
    bool hidden = !sch_result_row_is_visible(result, row, options);
    size_t aggregates = 0;
    for (size_t i = 0; i < result->plan->output_count; i++) {
        if (result->plan->output[i].kind == SCH_OUTPUT_KEY) {
            continue;
        }
        sch_value value = result->value[row * result->plan->output_count + i];
        const char *status = value.state == SCH_STATE_SUPPRESSED ? "c" : NULL;
        value.state = hidden ? SCH_STATE_NULL : value.state;
        SCH_TRY(put_value(to, &value, empty ? "z" : status));
        aggregates++;
    }
    if (aggregates == 0) {
        const sch_value one = {.state = result->row[row] == SCH_ROW_SHOWN ? SCH_STATE_NUMBER : SCH_STATE_NULL,
                               .numerator = 1};
        const char *status = result->row[row] == SCH_ROW_SUPPRESSED ? "c" : NULL;
        SCH_TRY(put_value(to, &one, empty ? "z" : status));
    }
out:
    return err;
}

sch_err sch_result_print_json_stat(sch_buf *out, const sch_result *result, const sch_result_options *options)
{
    sch_err err = SCH_NONE;
    sch_buf values = {0};
    json_t *root = json_object();
    char *text = NULL;
    sink to = {&values, json_object(), 0};
    SCH_TRY(put_head(root, result));
    for (size_t key = 0; key < result->plan->key_count; key++) {
        SCH_TRY(put_key(root, result, key));
    }
    SCH_TRY(put_measure(root, result));
    for (size_t row = 0; row < result->row_count; row++) {
        SCH_TRY(put_row(&to, result, row, options));
    }
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
