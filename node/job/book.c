#include "node/job/book.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/log.h"

/* An agreement's party or analyst as a card, which is what the mesh takes. */
static sch_card card_of(const char *name, const char *address, const uint8_t *identity, const uint8_t *exchange,
                        const uint8_t *tls_pin)
{
    sch_card card = {.name = {0}};
    memcpy(card.name, name, strlen(name) + 1);
    if (address != NULL) {
        memcpy(card.address, address, strlen(address) + 1);
    }
    memcpy(card.identity, identity, sizeof card.identity);
    memcpy(card.exchange, exchange, sizeof card.exchange);
    memcpy(card.tls_pin, tls_pin, sizeof card.tls_pin);
    return card;
}

static sch_card card_of_party(const sch_agreement_party *p)
{
    return card_of(p->name, p->address, p->identity, p->exchange, p->tls_pin);
}

static sch_card card_of_analyst(const sch_agreement_analyst *a)
{
    return card_of(a->name, NULL, a->identity, a->exchange, a->tls_pin);
}

static bool same_keys(const sch_card *a, const sch_card *b)
{
    return memcmp(a->identity, b->identity, sizeof a->identity) == 0 &&
           memcmp(a->exchange, b->exchange, sizeof a->exchange) == 0 &&
           memcmp(a->tls_pin, b->tls_pin, sizeof a->tls_pin) == 0;
}

static size_t find_card(const sch_card *card, size_t count, const char *name)
{
    size_t i = 0;
    while (i < count && strcmp(card[i].name, name) != 0) {
        i++;
    }
    return i < count ? i : SIZE_MAX;
}

/* Adds a card to a list where the name is new; the keys have to be those that are there where it is not. */
static sch_err add_card(sch_card **list, size_t *count, const sch_card *card, const char *agreement, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    size_t known = find_card(*list, *count, card->name);
    if (known != SIZE_MAX) {
        if (!same_keys(&(*list)[known], card)) {
            sch_detail_set(detail,
                           "agreement %s gives %s other keys than another agreement in force; agree on new versions of "
                           "both with the same keys",
                           agreement, card->name);
            return sch_fail(SCH_BAD_INPUT, "two agreements give one name different keys");
        }
        return SCH_NONE;
    }
    sch_card *grown = realloc(*list, (*count + 1) * sizeof **list);
    SCH_TRY(sch_check(grown != NULL, SCH_NO_MEMORY, "out of memory"));
    *list = grown;
    grown[(*count)++] = *card;
out:
    return err;
}

/* Adds all parties but the node itself, and all analysts. */
static sch_err add_people(sch_book *book, const sch_agreement *agreement, const char *self, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    for (size_t p = 0; p < agreement->party_count; p++) {
        sch_card card = card_of_party(&agreement->party[p]);
        if (strcmp(card.name, self) != 0) {
            SCH_TRY(add_card(&book->peer, &book->peer_count, &card, agreement->id, detail));
        }
    }
    for (size_t a = 0; a < agreement->analyst_count; a++) {
        sch_card card = card_of_analyst(&agreement->analyst[a]);
        SCH_TRY(add_card(&book->analyst, &book->analyst_count, &card, agreement->id, detail));
    }
out:
    return err;
}

typedef struct reading {
    sch_book *book;
    sch_agreement_state wanted;
} reading;

/* Takes an agreement in force, or one that was revoked: its parties are still told so, and its analysts too. */
static sch_err take_agreement(void *context, const sch_stored_agreement *stored)
{
    sch_err err = SCH_NONE;
    const reading *r = context;
    sch_book *book = r->book;
    sch_book_agreement *entry = &book->agreement[book->agreement_count];
    if (stored->state != r->wanted || book->agreement_count == SCH_MAX_ACTIVE_AGREEMENTS ||
        sch_book_find_id(book, stored->id) != NULL) {
        return SCH_NONE;
    }
    sch_detail detail = {{0}};
    err = sch_bundle_decode(&entry->bundle, stored->bundle.data, stored->bundle.bytes, &detail);
    if (err.code == SCH_BAD_INPUT || err.code == SCH_DENIED) { /* by a stricter program than the one that took it */
        sch_log_error(SCH_LOG_ERROR, "job", NULL, "an agreement cannot be used here", err, &detail);
        return SCH_NONE;
    }
    SCH_TRY(err);
    book->agreement_count++;
    SCH_TRY(sch_buf_append(&entry->encoded, stored->bundle.data, stored->bundle.bytes));
    entry->state = stored->state == SCH_AGREEMENT_REVOKED ? SCH_BOOK_REVOKED : SCH_BOOK_IN_FORCE;
    entry->changed = stored->changed;
out:
    return err;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const sch_card *)a)->name, ((const sch_card *)b)->name);
}

static int by_age(const void *a, const void *b)
{
    const sch_book_agreement *x = a, *y = b;
    if (x->state != y->state) {
        return x->state < y->state ? -1 : 1;
    }
    return x->changed.value > y->changed.value ? -1 : x->changed.value < y->changed.value ? 1 : 0;
}

static sch_err find_psks(sch_book *book, const sch_conf *conf)
{
    sch_err err = SCH_NONE;
    book->psk = calloc(book->peer_count + 1, sizeof(uint8_t *));
    SCH_TRY(sch_check(book->psk != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t k = 0; k < conf->psk_count; k++) {
        size_t p = sch_book_find_peer(book, conf->psk[k].peer);
        if (p != SIZE_MAX) {
            book->psk[p] = conf->psk[k].key;
        }
    }
out:
    return err;
}

static sch_err check_self(const sch_agreement *agreement, const sch_card *self, sch_detail *detail)
{
    const sch_agreement_party *party = sch_agreement_find_party(agreement, self->name);
    sch_card card = {.name = {0}};
    if (party != NULL) {
        card = card_of_party(party);
    }
    if (party == NULL || !same_keys(&card, self)) {
        sch_detail_set(detail,
                       "agreement %s names other keys for node %s than those it has; if they were changed, agree on a "
                       "new version that names the new ones",
                       agreement->id, self->name);
        return sch_fail(SCH_BAD_INPUT, "an agreement names other keys for this node");
    }
    return SCH_NONE;
}

/* Takes the people of one agreement, all or none. */
static sch_err take_people(sch_book *book, sch_book_agreement *entry, const sch_card *self, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    size_t peers = book->peer_count, analysts = book->analyst_count;
    const sch_agreement *agreement = &entry->bundle.agreement;
    if (entry->state == SCH_BOOK_IN_FORCE) {
        err = check_self(agreement, self, detail);
    }
    if (!sch_failed(err)) {
        err = add_people(book, agreement, self->name, detail);
    }
    if (err.code == SCH_BAD_INPUT) {
        book->peer_count = peers;
        book->analyst_count = analysts;
        if (entry->state == SCH_BOOK_IN_FORCE) {
            entry->state = SCH_BOOK_UNUSABLE;
            sch_log_error(SCH_LOG_ERROR, "job", NULL, "an agreement cannot be used here", err, detail);
        }
        return SCH_NONE;
    }
    return err;
}

sch_err sch_book_make(sch_book *book, sch_store *store, const sch_conf *conf, const sch_card *self, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    reading r = {book, SCH_AGREEMENT_ACTIVE};
    *book = (sch_book){0};
    book->agreement = calloc(SCH_MAX_ACTIVE_AGREEMENTS, sizeof *book->agreement);
    SCH_TRY(sch_check(book->agreement != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_store_each_agreement(store, take_agreement, &r));
    r.wanted = SCH_AGREEMENT_REVOKED;
    SCH_TRY(sch_store_each_agreement(store, take_agreement, &r));
    /* Those in force before those revoked, and the newest first: it says which keys count. */
    qsort(book->agreement, book->agreement_count, sizeof *book->agreement, by_age);
    for (size_t a = 0; a < book->agreement_count; a++) {
        SCH_TRY(take_people(book, &book->agreement[a], self, detail));
    }
    if (book->peer_count > 0) {
        qsort(book->peer, book->peer_count, sizeof *book->peer, by_name);
    }
    if (book->analyst_count > 0) {
        qsort(book->analyst, book->analyst_count, sizeof *book->analyst, by_name);
    }
    SCH_TRY(find_psks(book, conf));
out:
    return err;
}

void sch_book_clear(sch_book *book)
{
    for (size_t a = 0; a < book->agreement_count; a++) {
        sch_bundle_clear(&book->agreement[a].bundle);
        sch_buf_clear(&book->agreement[a].encoded);
    }
    free(book->agreement);
    free(book->peer);
    free((void *)book->psk);
    free(book->analyst);
    *book = (sch_book){0};
}

typedef struct side_by_side {
    sch_book both; /* people of an active agreement and of the fresh one; then of the next */
    const sch_agreement *fresh;
    size_t others;
    sch_detail *warning, *detail;
} side_by_side;

static sch_err compare_people(void *context, const sch_stored_agreement *stored)
{
    sch_err err = SCH_NONE;
    side_by_side *s = context;
    sch_bundle bundle = {0};
    if (stored->state != SCH_AGREEMENT_ACTIVE || strcmp(stored->id, s->fresh->id) == 0) {
        return SCH_NONE;
    }
    s->others++;
    SCH_TRY(sch_bundle_decode(&bundle, stored->bundle.data, stored->bundle.bytes, s->detail));
    sch_detail conflict = {{0}};
    size_t peers = s->both.peer_count, analysts = s->both.analyst_count;
    err = add_people(&s->both, &bundle.agreement, "", &conflict);
    s->both.peer_count = peers; /* each is compared with the fresh one alone */
    s->both.analyst_count = analysts;
    if (err.code == SCH_BAD_INPUT) {
        sch_detail_set(s->warning,
                       "agreement %s gives a name other keys than this one; nobody can ask under it until it has a new "
                       "version",
                       bundle.agreement.id);
        err = SCH_NONE;
    }
out:
    sch_bundle_clear(&bundle);
    return err;
}

sch_err sch_book_check(sch_store *store, const sch_bundle *bundle, sch_detail *warning, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    side_by_side s = {.fresh = &bundle->agreement, .warning = warning, .detail = detail};
    SCH_TRY(add_people(&s.both, &bundle->agreement, "", detail));
    SCH_TRY(sch_store_each_agreement(store, compare_people, &s));
    SCH_TRY(sch_check(s.others < SCH_MAX_ACTIVE_AGREEMENTS, SCH_DENIED,
                      "as many agreements are in force here as there may be"));
out:
    free(s.both.peer);
    free(s.both.analyst);
    return err;
}

typedef struct key_search {
    const sch_card *card;
    uint8_t *hash;
    bool *wants;
} key_search;

static sch_err search_keys(void *context, const sch_stored_agreement *stored)
{
    sch_err err = SCH_NONE;
    const key_search *search = context;
    sch_bundle bundle = {0};
    sch_detail detail = {{0}};
    if (stored->state != SCH_AGREEMENT_ACTIVE) {
        return SCH_NONE;
    }
    SCH_TRY(sch_bundle_decode(&bundle, stored->bundle.data, stored->bundle.bytes, &detail));
    const sch_agreement_party *party = sch_agreement_find_party(&bundle.agreement, search->card->name);
    sch_card card = {.name = {0}};
    if (party != NULL) {
        card = card_of_party(party);
    }
    if (party != NULL && same_keys(&card, search->card)) {
        *search->wants = true;
        memcpy(search->hash, stored->hash, SCH_HASH_BYTES);
    }
out:
    sch_bundle_clear(&bundle);
    return err;
}

sch_err sch_book_wants_keys(bool *wants, uint8_t hash[static SCH_HASH_BYTES], sch_store *store, const sch_card *card)
{
    key_search search = {card, hash, wants};
    *wants = false;
    return sch_store_each_agreement(store, search_keys, &search);
}

sch_book_agreement *sch_book_find_hash(const sch_book *book, const uint8_t hash[static SCH_HASH_BYTES])
{
    for (size_t a = 0; a < book->agreement_count; a++) {
        if (memcmp(book->agreement[a].bundle.hash, hash, SCH_HASH_BYTES) == 0) {
            return &book->agreement[a];
        }
    }
    return NULL;
}

sch_book_agreement *sch_book_find_id(const sch_book *book, const char *id)
{
    for (size_t a = 0; a < book->agreement_count; a++) {
        if (strcmp(book->agreement[a].bundle.agreement.id, id) == 0) {
            return &book->agreement[a];
        }
    }
    return NULL;
}

size_t sch_book_find_peer(const sch_book *book, const char *name)
{
    return find_card(book->peer, book->peer_count, name);
}

size_t sch_book_find_analyst(const sch_book *book, const char *name)
{
    return find_card(book->analyst, book->analyst_count, name);
}
