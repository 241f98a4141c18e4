/* Between sch_agreement and the messages of agreement.proto. */
#include <stdlib.h>
#include <string.h>

#include "proto/agreement.h"
#include "proto/agreement.pb-c.h"
#include "proto/bounded.h"

static const sch_bounded_count COUNTS[] = {
    {&schakel__agreement__descriptor, 17, SCH_MAX_AGREEMENT_PARTIES},
    {&schakel__agreement__descriptor, 18, SCH_MAX_AGREEMENT_DATA_SETS},
    {&schakel__agreement__descriptor, 19, SCH_MAX_AGREEMENT_ANALYSTS},
    {&schakel__agreement_data_set__descriptor, 3, SCH_MAX_COLUMNS},
    {&schakel__agreement_column__descriptor, 3, SCH_MAX_AGREEMENT_ANALYSTS},
};

static const sch_bounded_rules RULES = {&schakel__agreement__descriptor, SCH_MAX_AGREEMENT_BYTES, COUNTS,
                                        sizeof COUNTS / sizeof COUNTS[0]};

_Static_assert((int)SCHAKEL__AGREEMENT_ROLE__AGREEMENT_ROLE_HELPER == SCH_AGREEMENT_HELPER,
               "the schema and the header number the same roles");
_Static_assert((int)SCHAKEL__APPROVAL__APPROVAL_TWO_OPERATORS == SCH_APPROVAL_TWO_OPERATORS, "... the same approvals");
_Static_assert((int)SCHAKEL__PERIOD__PERIOD_YEAR == SCH_PERIOD_YEAR, "... the same periods");
_Static_assert((int)SCHAKEL__CASE_RULE__CASE_FREE == SCH_CASE_FREE, "... the same rules for CASE");

/* ---- encoding ---- */

/* Columns of one data set; the message borrows their texts. */
typedef struct set_packing {
    Schakel__AgreementDataSet message;
    Schakel__AgreementColumn *column;   /* owned */
    Schakel__AgreementColumn **pointer; /* owned */
    char **analyst;                     /* owned; those of all columns, one after the other */
} set_packing;

/* A message that borrows everything from an agreement but its arrays, all owned. */
typedef struct packing {
    Schakel__Agreement message;
    Schakel__AgreementParty party[SCH_MAX_AGREEMENT_PARTIES];
    Schakel__AgreementParty *party_pointer[SCH_MAX_AGREEMENT_PARTIES];
    set_packing set[SCH_MAX_AGREEMENT_DATA_SETS];
    Schakel__AgreementDataSet *set_pointer[SCH_MAX_AGREEMENT_DATA_SETS];
    Schakel__AgreementAnalyst analyst[SCH_MAX_AGREEMENT_ANALYSTS];
    Schakel__AgreementAnalyst *analyst_pointer[SCH_MAX_AGREEMENT_ANALYSTS];
} packing;

static void fill_party(Schakel__AgreementParty *message, const sch_agreement_party *party)
{
    schakel__agreement_party__init(message);
    message->name = sch_bounded_text(party->name);
    message->organisation = sch_bounded_text(party->organisation);
    message->oin = sch_bounded_text(party->oin);
    message->address = sch_bounded_text(party->address);
    message->identity = sch_bounded_bytes(party->identity, SCH_AGREEMENT_KEY_BYTES);
    message->exchange = sch_bounded_bytes(party->exchange, SCH_AGREEMENT_KEY_BYTES);
    message->tls_pin = sch_bounded_bytes(party->tls_pin, SCH_AGREEMENT_KEY_BYTES);
    message->role = (Schakel__AgreementRole)party->role;
    message->approval = (Schakel__Approval)party->approval;
    message->min_persons = party->min_persons;
    message->show_zero = party->show_zero;
    message->processing_activity = sch_bounded_text(party->processing_activity);
}

static void fill_analyst(Schakel__AgreementAnalyst *message, const sch_agreement_analyst *analyst)
{
    schakel__agreement_analyst__init(message);
    message->name = sch_bounded_text(analyst->name);
    message->organisation = sch_bounded_text(analyst->organisation);
    message->oin = sch_bounded_text(analyst->oin);
    message->identity = sch_bounded_bytes(analyst->identity, SCH_AGREEMENT_KEY_BYTES);
    message->exchange = sch_bounded_bytes(analyst->exchange, SCH_AGREEMENT_KEY_BYTES);
    message->tls_pin = sch_bounded_bytes(analyst->tls_pin, SCH_AGREEMENT_KEY_BYTES);
    message->valid_until_ms = analyst->valid_until.value;
}

static sch_err fill_set(set_packing *p, const sch_agreement_data_set *set)
{
    size_t analysts = 0;
    for (size_t i = 0; i < set->column_count; i++) {
        analysts += set->column[i].analyst_count;
    }
    schakel__agreement_data_set__init(&p->message);
    p->column = calloc(set->column_count, sizeof *p->column);
    p->pointer = calloc(set->column_count, sizeof(Schakel__AgreementColumn *));
    p->analyst = calloc(analysts + 1, sizeof(char *));
    if (p->column == NULL || p->pointer == NULL || p->analyst == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a data set's message");
    }
    size_t used = 0;
    for (size_t i = 0; i < set->column_count; i++) {
        const sch_agreement_column *column = &set->column[i];
        Schakel__AgreementColumn *message = &p->column[i];
        schakel__agreement_column__init(message);
        message->name = sch_bounded_text(column->name);
        message->uses = column->uses;
        message->n_analyst = column->analyst_count;
        message->analyst = p->analyst + used;
        for (size_t j = 0; j < column->analyst_count; j++) {
            p->analyst[used++] = sch_bounded_text(column->analyst[j]);
        }
        p->pointer[i] = message;
    }
    p->message.party = sch_bounded_text(set->party);
    p->message.name = sch_bounded_text(set->name);
    p->message.n_column = set->column_count;
    p->message.column = p->pointer;
    return SCH_NONE;
}

static void fill_fields(Schakel__Agreement *message, const sch_agreement *a)
{
    message->id = sch_bounded_text(a->id);
    message->version = a->version;
    message->title = sch_bounded_text(a->title);
    message->purpose = sch_bounded_text(a->purpose);
    message->legal_basis = sch_bounded_text(a->legal_basis);
    message->dpia = sch_bounded_text(a->dpia);
    message->authorisation = sch_bounded_text(a->authorisation);
    message->project = sch_bounded_text(a->project);
    message->valid_from_ms = a->valid_from.value;
    message->valid_until_ms = a->valid_until.value;
    message->retention_days = a->retention_days;
    message->epoch = a->epoch;
    message->normalisation = a->normalisation;
    message->budget = a->budget;
    message->budget_period = (Schakel__Period)a->budget_period;
    message->case_rule = (Schakel__CaseRule)a->case_rule;
    message->max_cells = a->max_cells;
}

/* The agreement has passed the check, so its counts fit in the arrays. */
static sch_err fill(packing *p, const sch_agreement *a)
{
    schakel__agreement__init(&p->message);
    fill_fields(&p->message, a);
    for (size_t i = 0; i < a->party_count; i++) {
        fill_party(&p->party[i], &a->party[i]);
        p->party_pointer[i] = &p->party[i];
    }
    for (size_t i = 0; i < a->data_set_count; i++) {
        sch_err err = fill_set(&p->set[i], &a->data_set[i]);
        if (sch_failed(err)) {
            return err;
        }
        p->set_pointer[i] = &p->set[i].message;
    }
    for (size_t i = 0; i < a->analyst_count; i++) {
        fill_analyst(&p->analyst[i], &a->analyst[i]);
        p->analyst_pointer[i] = &p->analyst[i];
    }
    p->message.n_party = a->party_count;
    p->message.party = p->party_pointer;
    p->message.n_data_set = a->data_set_count;
    p->message.data_set = p->set_pointer;
    p->message.n_analyst = a->analyst_count;
    p->message.analyst = p->analyst_pointer;
    return SCH_NONE;
}

sch_err sch_agreement_encode(sch_buf *out, const sch_agreement *agreement)
{
    sch_err err = SCH_NONE;
    packing *p = NULL;
    SCH_TRY(sch_agreement_check(agreement, NULL));
    p = calloc(1, sizeof *p);
    SCH_TRY(sch_check(p != NULL, SCH_NO_MEMORY, "no memory for an agreement's message"));
    SCH_TRY(fill(p, agreement));
    SCH_TRY(sch_bounded_pack(out, &p->message.base, SCH_MAX_AGREEMENT_BYTES));
out:
    for (size_t i = 0; p != NULL && i < SCH_MAX_AGREEMENT_DATA_SETS; i++) {
        free(p->set[i].column);
        free(p->set[i].pointer);
        free(p->set[i].analyst);
    }
    free(p);
    return err;
}

/* ---- decoding ---- */

static sch_err copy_text(char **out, const char *text)
{
    *out = strdup(text);
    return sch_check(*out != NULL, SCH_NO_MEMORY, "no memory for a text");
}

static sch_err copy_key(uint8_t out[static SCH_AGREEMENT_KEY_BYTES], const ProtobufCBinaryData *data)
{
    if (data->len != SCH_AGREEMENT_KEY_BYTES) {
        return sch_fail(SCH_BAD_INPUT, "the agreement has a key of the wrong size");
    }
    memcpy(out, data->data, SCH_AGREEMENT_KEY_BYTES);
    return SCH_NONE;
}

static sch_err read_party(sch_agreement_party *party, const Schakel__AgreementParty *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_text_copy(party->name, sizeof party->name, message->name));
    SCH_TRY(copy_text(&party->organisation, message->organisation));
    SCH_TRY(sch_text_copy(party->oin, sizeof party->oin, message->oin));
    SCH_TRY(sch_text_copy(party->address, sizeof party->address, message->address));
    SCH_TRY(copy_key(party->identity, &message->identity));
    SCH_TRY(copy_key(party->exchange, &message->exchange));
    SCH_TRY(copy_key(party->tls_pin, &message->tls_pin));
    party->role = (sch_agreement_role)message->role;
    party->approval = (sch_approval)message->approval;
    party->min_persons = message->min_persons;
    party->show_zero = message->show_zero;
    SCH_TRY(copy_text(&party->processing_activity, message->processing_activity));
out:
    return err;
}

static sch_err read_column(sch_agreement_column *column, const Schakel__AgreementColumn *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_text_copy(column->name, sizeof column->name, message->name));
    column->uses = message->uses;
    if (message->n_analyst > 0) {
        column->analyst = calloc(message->n_analyst, sizeof *column->analyst);
        SCH_TRY(sch_check(column->analyst != NULL, SCH_NO_MEMORY, "no memory for a column's analysts"));
        column->analyst_count = message->n_analyst;
    }
    for (size_t i = 0; i < message->n_analyst; i++) {
        SCH_TRY(sch_text_copy(column->analyst[i], sizeof column->analyst[i], message->analyst[i]));
    }
out:
    return err;
}

static sch_err read_set(sch_agreement_data_set *set, const Schakel__AgreementDataSet *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_text_copy(set->party, sizeof set->party, message->party));
    SCH_TRY(sch_text_copy(set->name, sizeof set->name, message->name));
    set->column = calloc(message->n_column + 1, sizeof *set->column);
    SCH_TRY(sch_check(set->column != NULL, SCH_NO_MEMORY, "no memory for columns"));
    set->column_count = message->n_column;
    for (size_t i = 0; i < message->n_column; i++) {
        SCH_TRY(read_column(&set->column[i], message->column[i]));
    }
out:
    return err;
}

static sch_err read_analyst(sch_agreement_analyst *analyst, const Schakel__AgreementAnalyst *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_text_copy(analyst->name, sizeof analyst->name, message->name));
    SCH_TRY(copy_text(&analyst->organisation, message->organisation));
    SCH_TRY(sch_text_copy(analyst->oin, sizeof analyst->oin, message->oin));
    SCH_TRY(copy_key(analyst->identity, &message->identity));
    SCH_TRY(copy_key(analyst->exchange, &message->exchange));
    SCH_TRY(copy_key(analyst->tls_pin, &message->tls_pin));
    analyst->valid_until.value = message->valid_until_ms;
out:
    return err;
}

static sch_err read_fields(sch_agreement *a, const Schakel__Agreement *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_text_copy(a->id, sizeof a->id, message->id));
    a->version = message->version;
    SCH_TRY(copy_text(&a->title, message->title));
    SCH_TRY(copy_text(&a->purpose, message->purpose));
    SCH_TRY(copy_text(&a->legal_basis, message->legal_basis));
    SCH_TRY(copy_text(&a->dpia, message->dpia));
    SCH_TRY(copy_text(&a->authorisation, message->authorisation));
    SCH_TRY(copy_text(&a->project, message->project));
    a->valid_from.value = message->valid_from_ms;
    a->valid_until.value = message->valid_until_ms;
    a->retention_days = message->retention_days;
    a->epoch = message->epoch;
    a->normalisation = message->normalisation;
    a->budget = message->budget;
    a->budget_period = (sch_period)message->budget_period;
    a->case_rule = (sch_case_rule)message->case_rule;
    a->max_cells = message->max_cells;
out:
    return err;
}

static sch_err read_agreement(sch_agreement *a, const Schakel__Agreement *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(read_fields(a, message));
    a->party = calloc(message->n_party + 1, sizeof *a->party);
    a->data_set = calloc(message->n_data_set + 1, sizeof *a->data_set);
    a->analyst = calloc(message->n_analyst + 1, sizeof *a->analyst);
    SCH_TRY(sch_check(a->party != NULL && a->data_set != NULL && a->analyst != NULL, SCH_NO_MEMORY,
                      "no memory for an agreement"));
    a->party_count = message->n_party;
    a->data_set_count = message->n_data_set;
    a->analyst_count = message->n_analyst;
    for (size_t i = 0; i < message->n_party; i++) {
        SCH_TRY(read_party(&a->party[i], message->party[i]));
    }
    for (size_t i = 0; i < message->n_data_set; i++) {
        SCH_TRY(read_set(&a->data_set[i], message->data_set[i]));
    }
    for (size_t i = 0; i < message->n_analyst; i++) {
        SCH_TRY(read_analyst(&a->analyst[i], message->analyst[i]));
    }
out:
    return err;
}

sch_err sch_agreement_decode(sch_agreement *out, const uint8_t *data, size_t bytes, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    ProtobufCMessage *message = NULL;
    memset(out, 0, sizeof *out);
    SCH_TRY(sch_bounded_unpack(&message, &RULES, data, bytes));
    SCH_TRY(read_agreement(out, (const Schakel__Agreement *)message));
    SCH_TRY(sch_agreement_check(out, detail));
out:
    sch_bounded_free(message);
    if (sch_failed(err)) {
        sch_agreement_clear(out);
    }
    return err;
}
