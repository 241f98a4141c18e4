#include "node/govern/agreement_texts.h"

#include "proto/agreement.h"

#define TEXT(key, type) CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER, type, key, 0, CYAML_UNLIMITED)
#define MAYBE_TEXT(key, type)                                                                                          \
    CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, key, 0, CYAML_UNLIMITED)
#define GROUP(key, fields) CYAML_FIELD_MAPPING(#key, CYAML_FLAG_DEFAULT, sch_texts_agreement, key, fields)
#define LIST(key, type, entry, most)                                                                                   \
    CYAML_FIELD_SEQUENCE_COUNT(#key, CYAML_FLAG_POINTER, type, key, key##_count, entry, 1, most)

static const cyaml_schema_value_t word = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t cbs_fields[] = {
    TEXT(authorisation, struct sch_texts_cbs),
    TEXT(project, struct sch_texts_cbs),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t budget_fields[] = {
    TEXT(requests, struct sch_texts_budget),
    TEXT(period, struct sch_texts_budget),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t rules_fields[] = {
    CYAML_FIELD_STRING_PTR("case", CYAML_FLAG_POINTER, struct sch_texts_rules, case_rule, 0, CYAML_UNLIMITED),
    TEXT(max_cells, struct sch_texts_rules),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t party_fields[] = {
    SCH_CARD_FIELDS(sch_texts_party, card),
    TEXT(organisation, sch_texts_party),
    TEXT(oin, sch_texts_party),
    TEXT(role, sch_texts_party),
    TEXT(processing_activity, sch_texts_party),
    MAYBE_TEXT(approval, sch_texts_party),
    MAYBE_TEXT(min_persons, sch_texts_party),
    MAYBE_TEXT(zero_cells, sch_texts_party),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t party = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, sch_texts_party, party_fields)};

static const cyaml_schema_field_t column_fields[] = {
    TEXT(name, sch_texts_column),
    LIST(uses, sch_texts_column, &word, SCH_MAX_COLUMNS),
    CYAML_FIELD_SEQUENCE_COUNT("analysts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, sch_texts_column, analysts,
                               analysts_count, &word, 1, SCH_MAX_AGREEMENT_ANALYSTS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t column = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, sch_texts_column, column_fields)};

static const cyaml_schema_field_t data_set_fields[] = {
    TEXT(party, sch_texts_data_set),
    TEXT(name, sch_texts_data_set),
    LIST(columns, sch_texts_data_set, &column, SCH_MAX_COLUMNS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t data_set = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, sch_texts_data_set, data_set_fields)};

static const cyaml_schema_field_t analyst_fields[] = {
    SCH_CARD_FIELDS(sch_texts_analyst, card),
    TEXT(organisation, sch_texts_analyst),
    TEXT(oin, sch_texts_analyst),
    TEXT(valid_until, sch_texts_analyst),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t analyst = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, sch_texts_analyst, analyst_fields)};

static const cyaml_schema_field_t agreement_fields[] = {
    TEXT(id, sch_texts_agreement),
    TEXT(version, sch_texts_agreement),
    TEXT(title, sch_texts_agreement),
    TEXT(purpose, sch_texts_agreement),
    TEXT(legal_basis, sch_texts_agreement),
    TEXT(dpia, sch_texts_agreement),
    GROUP(cbs, cbs_fields),
    TEXT(valid_from, sch_texts_agreement),
    TEXT(valid_until, sch_texts_agreement),
    TEXT(retention_days, sch_texts_agreement),
    TEXT(linkage_epoch, sch_texts_agreement),
    MAYBE_TEXT(normalisation, sch_texts_agreement),
    GROUP(budget, budget_fields),
    GROUP(rules, rules_fields),
    LIST(parties, sch_texts_agreement, &party, SCH_MAX_AGREEMENT_PARTIES),
    LIST(data_sets, sch_texts_agreement, &data_set, SCH_MAX_AGREEMENT_DATA_SETS),
    LIST(analysts, sch_texts_agreement, &analyst, SCH_MAX_AGREEMENT_ANALYSTS),
    CYAML_FIELD_END,
};
const cyaml_schema_value_t sch_texts_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, sch_texts_agreement, agreement_fields)};
