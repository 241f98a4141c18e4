/* agreement_texts.h - an agreement's YAML as the reader finds it, every scalar a text. For agreement_file.c. */
#ifndef SCH_NODE_GOVERN_AGREEMENT_TEXTS_H
#define SCH_NODE_GOVERN_AGREEMENT_TEXTS_H

#include "node/base/card.h"
#include "node/base/yaml.h"

typedef struct sch_texts_party {
    sch_card_texts card;
    char *organisation, *oin, *role, *processing_activity;
    char *approval, *min_persons, *zero_cells; /* NULL where they are not there, as with a helper */
} sch_texts_party;

typedef struct sch_texts_column {
    char *name;
    char **uses;
    unsigned uses_count;
    char **analysts; /* NULL where it is not there */
    unsigned analysts_count;
} sch_texts_column;

typedef struct sch_texts_data_set {
    char *party, *name;
    sch_texts_column *columns;
    unsigned columns_count;
} sch_texts_data_set;

typedef struct sch_texts_analyst {
    sch_card_texts card;
    char *organisation, *oin, *valid_until;
} sch_texts_analyst;

typedef struct sch_texts_agreement {
    char *id, *version, *title, *purpose, *legal_basis, *dpia, *valid_from, *valid_until, *retention_days,
        *linkage_epoch;
    char *normalisation; /* NULL where it is not there */
    struct sch_texts_cbs {
        char *authorisation, *project;
    } cbs;
    struct sch_texts_budget {
        char *requests, *period;
    } budget;
    struct sch_texts_rules {
        char *case_rule, *max_cells;
    } rules;
    sch_texts_party *parties;
    unsigned parties_count;
    sch_texts_data_set *data_sets;
    unsigned data_sets_count;
    sch_texts_analyst *analysts;
    unsigned analysts_count;
} sch_texts_agreement;

/* The libcyaml schema of the whole file. */
extern const cyaml_schema_value_t sch_texts_schema;

#endif
