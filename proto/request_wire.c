/* Between sch_request and the messages of request.proto. */
#include <stdlib.h>
#include <string.h>

#include "proto/bounded.h"
#include "proto/request.h"
#include "proto/request.pb-c.h"

static const sch_bounded_count COUNTS[] = {
    {&schakel__request__descriptor, 9, SCH_MAX_RECIPIENTS},   {&schakel__request__descriptor, 10, SCH_MAX_FROM},
    {&schakel__request__descriptor, 11, SCH_MAX_EXPRESSIONS}, {&schakel__request__descriptor, 14, SCH_MAX_GROUP_BY},
    {&schakel__request__descriptor, 15, SCH_MAX_OUTPUTS},     {&schakel__request__descriptor, 16, SCH_MAX_SETS},
    {&schakel__request__descriptor, 19, SCH_MAX_ORDER},       {&schakel__from__descriptor, 1, SCH_MAX_MEMBERS},
    {&schakel__expression__descriptor, 3, SCH_MAX_ARGUMENTS}, {&schakel__request__descriptor, 23, SCH_MAX_PASSES},
};

static const sch_bounded_rules RULES = {&schakel__request__descriptor, SCH_MAX_REQUEST_BYTES, COUNTS,
                                        sizeof COUNTS / sizeof COUNTS[0]};

_Static_assert((int)SCHAKEL__OP__OP_ORGANISATION == SCH_OP_ORGANISATION,
               "the schema and the header number the same leaves");
_Static_assert((int)SCHAKEL__OP__OP_DIVIDE == SCH_OP_DIVIDE, "... the same arithmetic");
_Static_assert((int)SCHAKEL__OP__OP_NOT_LIKE == SCH_OP_NOT_LIKE, "... the same comparisons");
_Static_assert((int)SCHAKEL__OP__OP_CASE == SCH_OP_CASE, "... the same logic");
_Static_assert((int)SCHAKEL__OP__OP_BIN == SCH_OP_BIN, "... the same functions");
_Static_assert((int)SCHAKEL__OP__OP_GROUPING == SCH_OP_GROUPING, "... the same after aggregation");
_Static_assert((int)SCHAKEL__OP__OP_PERCENTILE_DISC == SCH_OP_PERCENTILE_DISC, "... the same aggregates");

/* ---- encoding ---- */

/* A message that borrows everything from a request but its arrays. */
typedef struct packing {
    Schakel__Request message;
    char *recipient[SCH_MAX_RECIPIENTS];
    Schakel__From from[SCH_MAX_FROM];
    Schakel__From *from_pointer[SCH_MAX_FROM];
    char *node[SCH_MAX_FROM][SCH_MAX_MEMBERS];
    Schakel__Output output[SCH_MAX_OUTPUTS];
    Schakel__Output *output_pointer[SCH_MAX_OUTPUTS];
    Schakel__Order order[SCH_MAX_ORDER];
    Schakel__Order *order_pointer[SCH_MAX_ORDER];
    uint32_t group_by[SCH_MAX_GROUP_BY], set[SCH_MAX_SETS];
    char *pass[SCH_MAX_PASSES];
    Schakel__Expression *expression;          /* owned */
    Schakel__Expression **expression_pointer; /* owned */
} packing;

static void fill_expression(Schakel__Expression *message, const sch_expression *e)
{
    schakel__expression__init(message);
    message->op = (Schakel__Op)e->op;
    message->position = e->position;
    message->n_argument = e->argument_count;
    message->argument = e->argument;
    message->number = e->number;
    message->decimals = e->decimals;
    message->data_set = e->data_set;
    message->text = sch_bounded_text(e->text);
}

static sch_err fill_expressions(packing *p, const sch_request *r)
{
    p->expression = calloc(r->expression_count + 1, sizeof *p->expression);
    p->expression_pointer = calloc(r->expression_count + 1, sizeof(Schakel__Expression *));
    if (p->expression == NULL || p->expression_pointer == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a request's message");
    }
    for (size_t i = 0; i < r->expression_count; i++) {
        fill_expression(&p->expression[i], &r->expression[i]);
        p->expression_pointer[i] = &p->expression[i];
    }
    p->message.n_expression = r->expression_count;
    p->message.expression = p->expression_pointer;
    return SCH_NONE;
}

static void fill_from(packing *p, const sch_request *r)
{
    for (size_t i = 0; i < r->from_count; i++) {
        Schakel__From *from = &p->from[i];
        schakel__from__init(from);
        for (size_t j = 0; j < r->from[i].node_count; j++) {
            p->node[i][j] = sch_bounded_text(r->from[i].node[j]);
        }
        from->n_node = r->from[i].node_count;
        from->node = p->node[i];
        from->data_set = sch_bounded_text(r->from[i].data_set);
        from->alias = sch_bounded_text(r->from[i].alias);
        from->schema_hash = sch_bounded_bytes(r->from[i].schema_hash, SCH_HASH_BYTES);
        from->join_column = sch_bounded_text(r->from[i].join_column);
        from->join = (uint32_t)r->from[i].join;
        p->from_pointer[i] = from;
    }
    p->message.n_from = r->from_count;
    p->message.from = p->from_pointer;
}

static void fill_outputs(packing *p, const sch_request *r)
{
    for (size_t i = 0; i < r->output_count; i++) {
        Schakel__Output *output = &p->output[i];
        schakel__output__init(output);
        output->name = sch_bounded_text(r->output[i].name);
        output->expression = r->output[i].expression;
        p->output_pointer[i] = output;
    }
    p->message.n_output = r->output_count;
    p->message.output = p->output_pointer;
}

static void fill_groups(packing *p, const sch_request *r)
{
    memcpy(p->group_by, r->group_by, sizeof p->group_by);
    memcpy(p->set, r->set, sizeof p->set);
    p->message.n_group_by = r->group_by_count;
    p->message.group_by = p->group_by;
    p->message.n_set = r->set_count;
    p->message.set = p->set;
}

/* How they are linked, and whether the report of it is asked for. */
static void fill_linking(packing *p, const sch_request *r)
{
    for (size_t i = 0; i < r->pass_count; i++) {
        p->pass[i] = sch_bounded_text(r->pass[i]);
    }
    p->message.n_pass = r->pass_count;
    p->message.pass = p->pass;
    p->message.linkage = r->linkage;
}

/* HAVING, ORDER BY and LIMIT. */
static void fill_rows(packing *p, const sch_request *r)
{
    for (size_t i = 0; i < r->order_count; i++) {
        Schakel__Order *order = &p->order[i];
        schakel__order__init(order);
        order->expression = r->order[i].expression;
        order->descending = r->order[i].descending;
        order->nulls_first = r->order[i].nulls_first;
        p->order_pointer[i] = order;
    }
    p->message.n_order = r->order_count;
    p->message.order = p->order_pointer;
    p->message.has_having = r->has_having;
    p->message.having = r->having;
    p->message.has_limit = r->has_limit;
    p->message.limit = r->limit;
}

/* Whether the counts are within the packing's arrays. */
static bool fits(const sch_request *r)
{
    bool nodes = r->from_count <= SCH_MAX_FROM;
    for (size_t i = 0; nodes && i < r->from_count; i++) {
        nodes = r->from[i].node_count <= SCH_MAX_MEMBERS;
    }
    return nodes && r->output_count <= SCH_MAX_OUTPUTS && r->group_by_count <= SCH_MAX_GROUP_BY &&
           r->set_count <= SCH_MAX_SETS && r->order_count <= SCH_MAX_ORDER &&
           r->recipient_count <= SCH_MAX_RECIPIENTS && r->pass_count <= SCH_MAX_PASSES;
}

/* All that is not the query. */
static void fill_envelope(packing *p, const sch_request *r)
{
    p->message.id = sch_bounded_bytes(r->id.byte, SCH_REQUEST_ID_BYTES);
    p->message.analyst = sch_bounded_text(r->analyst);
    p->message.agreement = sch_bounded_text(r->agreement);
    p->message.agreement_hash = sch_bounded_bytes(r->agreement_hash, SCH_HASH_BYTES);
    p->message.purpose = sch_bounded_text(r->purpose);
    p->message.created_ms = r->created.value;
    p->message.not_before_ms = r->not_before.value;
    p->message.not_after_ms = r->not_after.value;
    for (size_t i = 0; i < r->recipient_count; i++) {
        p->recipient[i] = sch_bounded_text(r->recipient[i]);
    }
    p->message.n_recipient = r->recipient_count;
    p->message.recipient = p->recipient;
}

sch_err sch_request_encode(sch_buf *out, const sch_request *request)
{
    sch_err err = SCH_NONE;
    packing p = {0};
    SCH_TRY(sch_check(fits(request), SCH_BAD_INPUT, "the request has too many entries"));
    schakel__request__init(&p.message);
    p.message.has_where = request->has_where;
    p.message.where = request->where;
    fill_envelope(&p, request);
    fill_from(&p, request);
    fill_outputs(&p, request);
    fill_groups(&p, request);
    fill_rows(&p, request);
    fill_linking(&p, request);
    SCH_TRY(fill_expressions(&p, request));
    SCH_TRY(sch_bounded_pack(out, &p.message.base, SCH_MAX_REQUEST_BYTES));
out:
    free(p.expression);
    free(p.expression_pointer);
    return err;
}

/* ---- decoding ---- */

static sch_err read_bytes(uint8_t *out, size_t bytes, const ProtobufCBinaryData *data)
{
    if (data->len != bytes) {
        return sch_fail(SCH_BAD_INPUT, "the request has an id or a hash of the wrong size");
    }
    memcpy(out, data->data, bytes);
    return SCH_NONE;
}

static sch_err read_expression(sch_expression *e, const Schakel__Expression *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(message->decimals <= UINT8_MAX && message->data_set < SCH_MAX_FROM, SCH_BAD_INPUT,
                      "the request has a number that is out of range"));
    e->op = (sch_op)message->op;
    e->position = message->position;
    e->number = message->number;
    e->decimals = (uint8_t)message->decimals;
    e->data_set = (uint8_t)message->data_set;
    if (message->n_argument > 0) {
        e->argument = calloc(message->n_argument, sizeof *e->argument);
        SCH_TRY(sch_check(e->argument != NULL, SCH_NO_MEMORY, "no memory for an expression"));
        memcpy(e->argument, message->argument, message->n_argument * sizeof *e->argument);
        e->argument_count = message->n_argument;
    }
    /* An empty text is left out of the message, so a text constant has one in any case. */
    if (message->text[0] != '\0' || e->op == SCH_OP_TEXT) {
        e->text = strdup(message->text);
        SCH_TRY(sch_check(e->text != NULL, SCH_NO_MEMORY, "no memory for an expression"));
    }
out:
    return err;
}

static sch_err read_from(sch_request *r, const Schakel__Request *message)
{
    sch_err err = SCH_NONE;
    r->from_count = message->n_from;
    for (size_t i = 0; i < message->n_from; i++) {
        const Schakel__From *from = message->from[i];
        sch_from *out = &r->from[i];
        out->node_count = from->n_node;
        for (size_t j = 0; j < from->n_node; j++) {
            SCH_TRY(sch_text_copy(out->node[j], sizeof out->node[j], from->node[j]));
        }
        SCH_TRY(sch_text_copy(out->data_set, sizeof out->data_set, from->data_set));
        SCH_TRY(sch_text_copy(out->alias, sizeof out->alias, from->alias));
        SCH_TRY(sch_text_copy(out->join_column, sizeof out->join_column, from->join_column));
        SCH_TRY(read_bytes(out->schema_hash, SCH_HASH_BYTES, &from->schema_hash));
        SCH_TRY(sch_check(from->join <= SCH_JOIN_LEFT, SCH_BAD_INPUT, "the request has a join of an unknown kind"));
        out->join = (sch_join)from->join;
    }
out:
    return err;
}

static sch_err read_envelope(sch_request *r, const Schakel__Request *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(read_bytes(r->id.byte, SCH_REQUEST_ID_BYTES, &message->id));
    SCH_TRY(sch_text_copy(r->analyst, sizeof r->analyst, message->analyst));
    SCH_TRY(sch_text_copy(r->agreement, sizeof r->agreement, message->agreement));
    SCH_TRY(read_bytes(r->agreement_hash, SCH_HASH_BYTES, &message->agreement_hash));
    SCH_TRY(
        sch_check(strlen(message->purpose) < sizeof r->purpose, SCH_BAD_INPUT, "the request's purpose is too long"));
    SCH_TRY(sch_text_copy(r->purpose, sizeof r->purpose, message->purpose));
    r->created.value = message->created_ms;
    r->not_before.value = message->not_before_ms;
    r->not_after.value = message->not_after_ms;
    r->recipient_count = message->n_recipient;
    for (size_t i = 0; i < message->n_recipient; i++) {
        SCH_TRY(sch_text_copy(r->recipient[i], sizeof r->recipient[i], message->recipient[i]));
    }
out:
    return err;
}

static void read_groups(sch_request *r, const Schakel__Request *message)
{
    r->group_by_count = message->n_group_by;
    for (size_t i = 0; i < message->n_group_by; i++) {
        r->group_by[i] = message->group_by[i];
    }
    r->set_count = message->n_set;
    for (size_t i = 0; i < message->n_set; i++) {
        r->set[i] = message->set[i];
    }
}

static void read_rows(sch_request *r, const Schakel__Request *message)
{
    r->has_having = message->has_having;
    r->having = message->having;
    r->order_count = message->n_order;
    for (size_t i = 0; i < message->n_order; i++) {
        r->order[i] = (sch_order){.expression = message->order[i]->expression,
                                  .descending = message->order[i]->descending,
                                  .nulls_first = message->order[i]->nulls_first};
    }
    r->has_limit = message->has_limit;
    r->limit = message->limit;
}

static sch_err read_linking(sch_request *r, const Schakel__Request *message)
{
    sch_err err = SCH_NONE;
    r->linkage = message->linkage;
    r->pass_count = message->n_pass;
    for (size_t i = 0; i < message->n_pass; i++) {
        SCH_TRY(sch_text_copy(r->pass[i], sizeof r->pass[i], message->pass[i]));
    }
out:
    return err;
}

static sch_err read_request(sch_request *r, const Schakel__Request *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(read_envelope(r, message));
    SCH_TRY(read_from(r, message));
    r->expression = calloc(message->n_expression + 1, sizeof *r->expression);
    SCH_TRY(sch_check(r->expression != NULL, SCH_NO_MEMORY, "no memory for expressions"));
    r->expression_count = message->n_expression;
    for (size_t i = 0; i < message->n_expression; i++) {
        SCH_TRY(read_expression(&r->expression[i], message->expression[i]));
    }
    r->has_where = message->has_where;
    r->where = message->where;
    read_groups(r, message);
    read_rows(r, message);
    SCH_TRY(read_linking(r, message));
    r->output_count = message->n_output;
    for (size_t i = 0; i < message->n_output; i++) {
        SCH_TRY(sch_text_copy(r->output[i].name, sizeof r->output[i].name, message->output[i]->name));
        r->output[i].expression = message->output[i]->expression;
    }
out:
    return err;
}

sch_err sch_request_decode(sch_request *out, const uint8_t *data, size_t bytes, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    ProtobufCMessage *message = NULL;
    memset(out, 0, sizeof *out);
    SCH_TRY(sch_bounded_unpack(&message, &RULES, data, bytes));
    SCH_TRY(read_request(out, (const Schakel__Request *)message));
    SCH_TRY(sch_request_check(out, detail));
out:
    sch_bounded_free(message);
    if (sch_failed(err)) {
        sch_request_clear(out);
    }
    return err;
}
