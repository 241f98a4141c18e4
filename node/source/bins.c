/* DESIGN. libcyaml knows no value that is either a list or a mapping, so the schema's structure passes over `bins`, and
 * libyaml's tree of the document is asked for them. The text has been checked before: one document, no aliases, bounded
 * nesting. */
#include "node/source/bins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "node/source/field.h"

enum { PATH_BYTES = 64 };

/* One column's bins; borrowed. */
typedef struct bins {
    sch_column *column;
    unsigned number; /* of the column, from 1 */
    yaml_document_t *document;
    const yaml_node_t *node; /* of the key's value */
    const sch_yaml *yaml;
    sch_detail *detail;
} bins;

static bool is_text(const yaml_node_t *node, const char *text)
{
    return node->type == YAML_SCALAR_NODE && strcmp((const char *)node->data.scalar.value, text) == 0;
}

/* The value of a mapping's last such key, and how many there are (may be NULL); NULL where there is none, or this is no
 * mapping. */
static const yaml_node_t *find(yaml_document_t *document, const yaml_node_t *node, const char *key, size_t *count)
{
    const yaml_node_t *found = NULL;
    size_t times = 0;
    if (node == NULL || node->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        if (is_text(yaml_document_get_node(document, p->key), key)) {
            found = yaml_document_get_node(document, p->value);
            times++;
        }
    }
    if (count != NULL) {
        *count = times;
    }
    return found;
}

/* A complaint about a part of the bins: "", "[3]", ".width". */
static sch_err complain(const bins *b, const char *part, const char *what)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "columns[%u].bins%s", b->number, part);
    return sch_yaml_fail(b->yaml, path, what, b->detail);
}

static sch_err take_number(int64_t *out, const bins *b, const char *part, const yaml_node_t *node)
{
    bool taken =
        node->type == YAML_SCALAR_NODE && sch_field_parse_number(out, (const char *)node->data.scalar.value,
                                                                 node->data.scalar.length, '.', b->column->decimals);
    return taken ? SCH_NONE : complain(b, part, "has to be a number with a point and no more decimals than the column");
}

static sch_err make_room(const bins *b, uint32_t count)
{
    b->column->bin_edge = calloc(count + 1, sizeof *b->column->bin_edge);
    b->column->bin_count = b->column->bin_edge == NULL ? 0 : count;
    return sch_check(b->column->bin_edge != NULL, SCH_NO_MEMORY, "no memory for a column's bins");
}

static sch_err take_edges(const bins *b)
{
    const yaml_node_item_t *item = b->node->data.sequence.items.start;
    size_t edges = (size_t)(b->node->data.sequence.items.top - item);
    sch_err err = SCH_NONE;
    if (edges < 3 || edges > SCH_MAX_BINS + 1) {
        return complain(b, "", "has to be a list of 3 to 101 edges, which makes 2 to 100 bins");
    }
    SCH_TRY(make_room(b, (uint32_t)edges - 1));
    for (size_t i = 0; i < edges; i++) {
        char part[24];
        (void)snprintf(part, sizeof part, "[%zu]", i + 1);
        SCH_TRY(take_number(&b->column->bin_edge[i], b, part, yaml_document_get_node(b->document, item[i])));
        if (i > 0 && b->column->bin_edge[i] <= b->column->bin_edge[i - 1]) {
            SCH_TRY(complain(b, part, "has to be above the edge before it"));
        }
    }
out:
    return err;
}

static sch_err take_width(const bins *b)
{
    const yaml_node_pair_t *pair = b->node->data.mapping.pairs.start;
    const sch_column *column = b->column;
    int64_t width = 0;
    sch_err err = SCH_NONE;
    if (b->node->data.mapping.pairs.top - pair != 1 ||
        !is_text(yaml_document_get_node(b->document, pair->key), "width")) {
        return complain(b, "", "has to be a list of edges, or {width: ...} and nothing else");
    }
    SCH_TRY(take_number(&width, b, ".width", yaml_document_get_node(b->document, pair->value)));
    if (width <= 0) {
        return complain(b, ".width", "has to be larger than 0");
    }
    /* Bounds lie within 2^53, so that nothing overflows once they are in order, which is checked later. */
    bool bounded =
        column->minimum <= column->maximum && column->minimum > -SCH_MAX_BOUND && column->maximum < SCH_MAX_BOUND;
    if (!bounded) {
        return SCH_NONE;
    }
    int64_t count = (column->maximum - column->minimum) / width + 1;
    if (count < 2 || count > SCH_MAX_BINS) {
        return complain(b, ".width",
                        count < 2 ? "makes one bin of all from minimum to maximum; 2 to 100 are needed"
                                  : "makes more than 100 bins from minimum to maximum");
    }
    SCH_TRY(make_room(b, (uint32_t)count));
    for (int64_t i = 0; i <= count; i++) {
        b->column->bin_edge[i] = column->minimum + i * width;
    }
out:
    return err;
}

static sch_err take_bins(const bins *b)
{
    if (b->column->role != SCH_ROLE_MEASURE) {
        return complain(b, "", "is for the role measure only");
    }
    if (!b->column->bounded) {
        return SCH_NONE; /* which sch_data_set_check refuses */
    }
    switch (b->node->type) {
    case YAML_SEQUENCE_NODE:
        return take_edges(b);
    case YAML_MAPPING_NODE:
        return take_width(b);
    default:
        return complain(b, "", "has to be a list of edges, or {width: ...}");
    }
}

static sch_err take_columns(sch_data_set *data_set, yaml_document_t *document, const sch_yaml *yaml, sch_detail *detail)
{
    const yaml_node_t *columns = find(document, yaml_document_get_root_node(document), "columns", NULL);
    sch_err err = SCH_NONE;
    if (columns == NULL || columns->type != YAML_SEQUENCE_NODE ||
        (size_t)(columns->data.sequence.items.top - columns->data.sequence.items.start) != data_set->column_count) {
        return sch_fail(SCH_BUG, "a schema changed while it was read");
    }
    for (size_t i = 0; i < data_set->column_count; i++) {
        const yaml_node_t *column = yaml_document_get_node(document, columns->data.sequence.items.start[i]);
        bins b = {.column = &data_set->column[i],
                  .number = (unsigned)i + 1,
                  .document = document,
                  .yaml = yaml,
                  .detail = detail};
        size_t count = 0;
        b.node = find(document, column, "bins", &count);
        if (b.node != NULL) {
            SCH_TRY(count > 1 ? complain(&b, "", "is given twice") : take_bins(&b)); /* libcyaml does not see it */
        }
    }
out:
    return err;
}

sch_err sch_bins_load(sch_data_set *data_set, const sch_yaml *yaml, sch_detail *detail)
{
    static const char key[] = "bins";
    yaml_parser_t parser;
    yaml_document_t document;
    /* A tree of a long list of codes is worth sparing where nothing is in it. */
    if (memmem(yaml->data, yaml->bytes, key, sizeof key - 1) == NULL) {
        return SCH_NONE;
    }
    if (yaml_parser_initialize(&parser) == 0) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a schema");
    }
    yaml_parser_set_input_string(&parser, yaml->data, yaml->bytes);
    sch_err err = sch_fail(SCH_NO_MEMORY, "no memory for a schema");
    if (yaml_parser_load(&parser, &document) != 0) {
        err = take_columns(data_set, &document, yaml, detail);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return err;
}
