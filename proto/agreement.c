#include "proto/agreement.h"

#include <stdlib.h>
#include <string.h>

#include "proto/signed.h"

static const char CONTEXT[] = "schakel agreement 1";

/* ---- memory ---- */

static void clear_data_set(sch_agreement_data_set *set)
{
    for (size_t i = 0; set->column != NULL && i < set->column_count; i++) {
        free(set->column[i].analyst);
    }
    free(set->column);
}

static void clear_texts(sch_agreement *agreement)
{
    free(agreement->title);
    free(agreement->purpose);
    free(agreement->legal_basis);
    free(agreement->dpia);
    free(agreement->authorisation);
    free(agreement->project);
}

void sch_agreement_clear(sch_agreement *agreement)
{
    for (size_t i = 0; agreement->party != NULL && i < agreement->party_count; i++) {
        free(agreement->party[i].organisation);
        free(agreement->party[i].processing_activity);
    }
    for (size_t i = 0; agreement->data_set != NULL && i < agreement->data_set_count; i++) {
        clear_data_set(&agreement->data_set[i]);
    }
    for (size_t i = 0; agreement->analyst != NULL && i < agreement->analyst_count; i++) {
        free(agreement->analyst[i].organisation);
    }
    free(agreement->party);
    free(agreement->data_set);
    free(agreement->analyst);
    clear_texts(agreement);
    memset(agreement, 0, sizeof *agreement);
}

/* ---- lookups ---- */

const sch_agreement_party *sch_agreement_find_party(const sch_agreement *agreement, const char *name)
{
    for (size_t i = 0; i < agreement->party_count; i++) {
        if (strcmp(agreement->party[i].name, name) == 0) {
            return &agreement->party[i];
        }
    }
    return NULL;
}

const sch_agreement_analyst *sch_agreement_find_analyst(const sch_agreement *agreement, const char *name)
{
    for (size_t i = 0; i < agreement->analyst_count; i++) {
        if (strcmp(agreement->analyst[i].name, name) == 0) {
            return &agreement->analyst[i];
        }
    }
    return NULL;
}

const sch_agreement_data_set *sch_agreement_find_data_set(const sch_agreement *agreement, const char *party,
                                                          const char *name)
{
    for (size_t i = 0; i < agreement->data_set_count; i++) {
        const sch_agreement_data_set *set = &agreement->data_set[i];
        if (strcmp(set->party, party) == 0 && strcmp(set->name, name) == 0) {
            return set;
        }
    }
    return NULL;
}

const sch_agreement_column *sch_agreement_find_column(const sch_agreement_data_set *data_set, const char *name)
{
    for (size_t i = 0; i < data_set->column_count; i++) {
        if (strcmp(data_set->column[i].name, name) == 0) {
            return &data_set->column[i];
        }
    }
    return NULL;
}

const char *sch_agreement_unlinkable(const sch_agreement_data_set *data_set, const sch_link_key *key)
{
    for (size_t i = 0; i < key->part_count; i++) {
        const sch_agreement_column *column = sch_agreement_find_column(data_set, key->part[i].column);
        if (column == NULL || (column->uses & SCH_USE_LINK) == 0) {
            return key->part[i].column;
        }
    }
    return NULL;
}

/* ---- what is hashed and signed ---- */

sch_err sch_agreement_hash(uint8_t out[static SCH_HASH_BYTES], const uint8_t *bytes, size_t count)
{
    return sch_signed_hash(out, CONTEXT, bytes, count);
}

sch_err sch_agreement_sign(uint8_t signature[static SCH_SIGN_BYTES], const uint8_t *bytes, size_t count,
                           const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES])
{
    return sch_signed_sign(signature, CONTEXT, bytes, count, secret_key);
}

sch_err sch_agreement_verify(const uint8_t signature[static SCH_SIGN_BYTES], const uint8_t *bytes, size_t count,
                             const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES])
{
    return sch_signed_verify(signature, CONTEXT, bytes, count, public_key,
                             "a signature on the agreement is not the party's: the agreement was altered, or signed "
                             "with another key");
}
