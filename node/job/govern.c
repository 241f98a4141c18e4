/* govern.c - agreements come into force, are replaced, and are revoked. Runs in the event thread alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

static void name_agreement(char out[static SCH_AUDIT_OBJECT_BYTES], const sch_agreement *agreement)
{
    (void)snprintf(out, SCH_AUDIT_OBJECT_BYTES, "agreement:%s/%u", agreement->id, agreement->version);
}

/* Ends every request under an agreement, whatever its version; those that run too unless `waiting_only`. */
static void end_requests(sch_jobs *jobs, const char *id, bool waiting_only, const sch_detail *why)
{
    sch_job *next;
    for (sch_job *job = jobs->first; job != NULL; job = next) {
        next = job->next;
        bool waits = job->phase == SCH_JOB_WAITING || job->phase == SCH_JOB_APPROVED;
        if (strcmp(job->request.agreement, id) == 0 && (waits || !waiting_only)) {
            sch_job_end(job, SCH_REQUEST_REFUSED, jobs->options.conf->node, NULL,
                        sch_fail(SCH_DENIED, "the agreement is in force no longer"), why);
        }
    }
}

/* So that deleted keys are gone from the files too. */
static void forget(sch_jobs *jobs)
{
    sch_err err = sch_store_forget(jobs->options.store);
    if (err.code == SCH_IO) { /* on a full disk they go when the file is opened next */
        sch_jobs_die(err);
    }
}

/* A version of an agreement in the store, the active one unless any_state; it may be one that is not taken up yet. */
typedef struct active_search {
    const char *id;      /* NULL: by hash */
    const uint8_t *hash; /* NULL: by id */
    bool any_state;
    bool found;
    sch_bundle bundle;
    sch_buf encoded;
} active_search;

static sch_err search_active(void *context, const sch_stored_agreement *stored)
{
    sch_err err = SCH_NONE;
    active_search *search = context;
    sch_detail detail = {{0}};
    bool wanted = search->id != NULL ? strcmp(stored->id, search->id) == 0
                                     : memcmp(stored->hash, search->hash, SCH_HASH_BYTES) == 0;
    if ((stored->state != SCH_AGREEMENT_ACTIVE && !search->any_state) || !wanted || search->found) {
        return SCH_NONE;
    }
    SCH_TRY(sch_bundle_decode(&search->bundle, stored->bundle.data, stored->bundle.bytes, &detail));
    SCH_TRY(sch_buf_append(&search->encoded, stored->bundle.data, stored->bundle.bytes));
    search->found = true;
out:
    return err;
}

static void clear_search(active_search *search)
{
    sch_bundle_clear(&search->bundle);
    sch_buf_clear(&search->encoded);
}

/* ---- activation ---- */

typedef struct lookup {
    const char *id;
    uint32_t version; /* highest that was ever in force */
    bool same;        /* the wanted hash is among them */
    bool same_revoked;
    const uint8_t *hash;
    sch_stored_agreement active; /* state and hash only */
    bool has_active;
} lookup;

static sch_err look(void *context, const sch_stored_agreement *stored)
{
    lookup *l = context;
    if (strcmp(stored->id, l->id) != 0) {
        return SCH_NONE;
    }
    l->version = stored->version > l->version ? stored->version : l->version;
    l->same = l->same || memcmp(stored->hash, l->hash, SCH_HASH_BYTES) == 0;
    l->same_revoked = l->same_revoked ||
                      (memcmp(stored->hash, l->hash, SCH_HASH_BYTES) == 0 && stored->state == SCH_AGREEMENT_REVOKED);
    if (stored->state == SCH_AGREEMENT_ACTIVE) {
        l->has_active = true;
        l->active = *stored;
        l->active.bundle = (sch_buf){0};
    }
    return SCH_NONE;
}

static bool has_keys(const sch_agreement_party *party, const sch_card *card)
{
    return memcmp(party->identity, card->identity, sizeof party->identity) == 0 &&
           memcmp(party->exchange, card->exchange, sizeof party->exchange) == 0 &&
           memcmp(party->tls_pin, card->tls_pin, sizeof party->tls_pin) == 0;
}

/* That the agreement names this node by its own keys, or by those that it is about to change to. *now: by its own. */
static sch_err check_own_keys(const sch_jobs *jobs, const sch_agreement *agreement, bool *now, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_card next = {.name = {0}};
    bool has_next = false;
    const char *node = jobs->options.conf->node;
    const sch_agreement_party *self = sch_agreement_find_party(agreement, node);
    if (self == NULL) {
        sch_detail_set(detail, "agreement %s does not name node %s", agreement->id, node);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "this node is no party of the agreement"));
    }
    SCH_TRY(sch_identity_next_card(&next, &has_next, jobs->options.conf->keys, detail));
    *now = has_keys(self, &jobs->options.identity->card);
    if (!*now && !(has_next && has_keys(self, &next))) {
        sch_detail_set(detail, "agreement %s names other keys for node %s than those in %s%s", agreement->id, node,
                       jobs->options.conf->keys, has_next ? " or in keys.next" : "");
        SCH_TRY(sch_fail(SCH_DENIED, "the agreement names other keys for this node"));
    }
out:
    return err;
}

/* That this node can serve under the agreement: its schemas fit, and each party's key makes a secret with its own. */
static sch_err check_usable(sch_jobs *jobs, const sch_agreement *agreement, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_catalog_ref *offer = NULL;
    uint8_t secret[SCH_KEY_BYTES] = {0};
    SCH_TRY(sch_jobs_make_offer(jobs, &offer, agreement, detail));
    for (size_t p = 0; p < agreement->party_count; p++) {
        if (strcmp(agreement->party[p].name, jobs->options.conf->node) == 0) {
            continue;
        }
        err = sch_identity_pair_secret(secret, jobs->options.identity, agreement->party[p].exchange, NULL);
        if (err.code == SCH_BAD_PEER) {
            sch_detail_set(detail, "the exchange key of party %s is not a usable key", agreement->party[p].name);
        }
        SCH_TRY(err);
    }
out:
    sch_secret_wipe(secret, sizeof secret);
    sch_catalog_ref_drop(offer);
    return err;
}

/* Secrets of an epoch rest on both parties' exchange keys, so that a version which changes one begins another epoch. */
static sch_err check_epoch(const sch_jobs *jobs, const sch_agreement *fresh, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    active_search search = {.id = fresh->id};
    SCH_TRY(sch_store_each_agreement(jobs->options.store, search_active, &search));
    const sch_agreement *old = &search.bundle.agreement;
    for (size_t p = 0; search.found && p < fresh->party_count; p++) {
        const sch_agreement_party *before = sch_agreement_find_party(old, fresh->party[p].name);
        if (before != NULL && fresh->epoch <= old->epoch &&
            memcmp(before->exchange, fresh->party[p].exchange, sizeof before->exchange) != 0) {
            sch_detail_set(detail,
                           "the version gives party %s another exchange key, so it needs another linkage_epoch than %u",
                           before->name, fresh->epoch);
            SCH_TRY(sch_fail(SCH_DENIED, "new keys need a new linkage epoch"));
        }
    }
out:
    clear_search(&search);
    return err;
}

static sch_err check_activation(sch_jobs *jobs, const sch_bundle *bundle, lookup *l, bool *keys_now,
                                sch_detail *warning, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_agreement *agreement = &bundle->agreement;
    SCH_TRY(sch_check(sch_bundle_is_complete(bundle, detail), SCH_DENIED, "not all parties have signed"));
    SCH_TRY(check_own_keys(jobs, agreement, keys_now, detail));
    if (agreement->valid_until.value <= sch_clock_now().value) {
        sch_detail_set(detail, "agreement %s is past its valid_until", agreement->id);
        SCH_TRY(sch_fail(SCH_DENIED, "the agreement has expired"));
    }
    SCH_TRY(sch_store_each_agreement(jobs->options.store, look, l));
    SCH_TRY(sch_check(!l->same_revoked, SCH_DENIED, "this version was revoked; agree on a new one"));
    if (!l->same && agreement->version <= l->version) {
        sch_detail_set(detail, "version %u of agreement %s is older than version %u, which was in force here",
                       agreement->version, agreement->id, l->version);
        SCH_TRY(sch_fail(SCH_DENIED, "the agreement's version is not a new one"));
    }
    SCH_TRY(sch_check(!(l->same && !(l->has_active && memcmp(l->active.hash, bundle->hash, SCH_HASH_BYTES) == 0)),
                      SCH_DENIED, "this version was replaced by a newer one"));
    SCH_TRY(sch_book_check(jobs->options.store, bundle, warning, detail));
    SCH_TRY(check_usable(jobs, agreement, detail));
    SCH_TRY(check_epoch(jobs, agreement, detail));
out:
    return err;
}

/* keys_now: else the node is about to change its keys, and makes those of the epoch under them (resume.c). */
static sch_err store_activation(sch_jobs *jobs, const sch_bundle *bundle, const sch_command *command, lookup *l,
                                bool keys_now)
{
    sch_err err = SCH_NONE;
    const sch_agreement *agreement = &bundle->agreement;
    sch_stored_agreement stored = {
        .version = agreement->version, .state = SCH_AGREEMENT_ACTIVE, .changed = sch_clock_now()};
    char actor[SCH_AUDIT_OBJECT_BYTES], object[SCH_AUDIT_OBJECT_BYTES];
    (void)snprintf(actor, sizeof actor, "operator:%s", command->operator_name);
    name_agreement(object, agreement);
    memcpy(stored.hash, bundle->hash, sizeof stored.hash);
    memcpy(stored.id, agreement->id, sizeof stored.id);
    SCH_TRY(sch_bundle_encode(&stored.bundle, bundle));
    if (l->has_active) {
        l->active.state = SCH_AGREEMENT_SUPERSEDED;
        l->active.changed = stored.changed;
        SCH_TRY(sch_store_put_agreement(jobs->options.store, &l->active));
    }
    SCH_TRY(sch_store_put_agreement(jobs->options.store, &stored));
    SCH_TRY(sch_store_destroy_epochs(jobs->options.store, agreement->id, agreement->epoch));
    if (keys_now) {
        SCH_TRY(sch_jobs_make_epoch(jobs, agreement));
    }
    SCH_TRY(sch_record(jobs, actor, "agreement.activate", object, "ok", NULL, bundle->hash));
out:
    sch_buf_clear(&stored.bundle);
    return err;
}

sch_err sch_jobs_activate(sch_jobs *jobs, json_t **answer, const sch_command *command, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_bundle bundle = {0};
    SCH_TRY(sch_bundle_decode(&bundle, command->bytes, command->byte_count, detail));
    const sch_agreement *agreement = &bundle.agreement;
    lookup l = {.id = agreement->id, .hash = bundle.hash};
    bool keys_now = false;
    sch_detail warning = {{0}};
    SCH_TRY(check_activation(jobs, &bundle, &l, &keys_now, &warning, detail));
    if (!l.same) {
        sch_book_agreement *old = sch_book_find_id(&jobs->book, agreement->id);
        sch_detail why = {{0}};
        sch_jobs_begin(jobs);
        SCH_TRY(sch_jobs_commit(jobs, store_activation(jobs, &bundle, command, &l, keys_now), true));
        sch_detail_set(&why, "version %u of agreement %s has come into force; ask again under it", agreement->version,
                       agreement->id);
        if (old != NULL && old->state == SCH_BOOK_IN_FORCE) {
            old->state = SCH_BOOK_REPLACED; /* nothing begins under it from here on */
        }
        end_requests(jobs, agreement->id, true, &why);
        forget(jobs);
        sch_log(SCH_LOG_INFO, "job", NULL, "version %u of agreement %s is in force", agreement->version, agreement->id);
        jobs->reload_wanted = true; /* new peers, new catalogues: when nothing runs */
    }
    *answer =
        json_pack("{s:s, s:I, s:s, s:s, s:o}", "id", agreement->id, "version", (json_int_t)agreement->version, "state",
                  "active", "warning", warning.text, "withheld", sch_jobs_withheld_keys(jobs, agreement));
out:
    sch_bundle_clear(&bundle);
    return err;
}

/* ---- revocation ---- */

/* Makes a revocation true here: durable first, then the jobs end, then the keys are gone from the files too. */
static sch_err apply_revocation(sch_jobs *jobs, const sch_bundle *bundle, const sch_buf *encoded,
                                const sch_revocation *revocation, const char *actor, bool may_refuse)
{
    sch_err err = SCH_NONE;
    sch_store *store = jobs->options.store;
    const sch_agreement *agreement = &bundle->agreement;
    sch_book_agreement *entry = sch_book_find_id(&jobs->book, agreement->id);
    sch_buf bytes = {0};
    sch_stored_agreement stored = {
        .version = agreement->version, .state = SCH_AGREEMENT_REVOKED, .changed = sch_clock_now()};
    char object[SCH_AUDIT_OBJECT_BYTES];
    sch_detail why = {{0}};
    name_agreement(object, agreement);
    memcpy(stored.hash, bundle->hash, sizeof stored.hash);
    memcpy(stored.id, agreement->id, sizeof stored.id);
    stored.bundle = *encoded; /* borrowed */
    SCH_TRY(sch_revocation_encode(&bytes, revocation));
    sch_jobs_begin(jobs);
    err = sch_store_put_revocation(store, bundle->hash, revocation->party, bytes.data, bytes.bytes);
    if (!sch_failed(err)) {
        err = sch_store_put_agreement(store, &stored);
    }
    if (!sch_failed(err)) {
        err = sch_store_destroy_epochs(store, agreement->id, 0);
    }
    if (!sch_failed(err)) {
        err = sch_store_drop_agreement_results(store, bundle->hash);
    }
    if (!sch_failed(err)) {
        err = sch_record(jobs, actor, "agreement.revoke", object, "ok", NULL, bundle->hash);
    }
    SCH_TRY(sch_jobs_commit(jobs, err, may_refuse));
    if (entry != NULL) {
        entry->state = SCH_BOOK_REVOKED; /* also where it is the version before, which is to be replaced */
    }
    for (size_t a = 0; a < jobs->book.agreement_count; a++) { /* what stood in another's way may be usable now */
        jobs->reload_wanted = jobs->reload_wanted || jobs->book.agreement[a].state == SCH_BOOK_UNUSABLE;
    }
    sch_detail_set(&why, "agreement %s was revoked by %s: %s", agreement->id, revocation->party, revocation->reason);
    sch_log(SCH_LOG_WARNING, "job", NULL, "%s", why.text);
    end_requests(jobs, agreement->id, false, &why);
    forget(jobs);
out:
    sch_buf_clear(&bytes);
    return err;
}

/* Tells one peer, or all where `to` is SCH_SELF, of what was revoked. */
static void send_revocation(sch_jobs *jobs, const sch_agreement *agreement, sch_peer_id to, const uint8_t *bytes,
                            size_t count)
{
    sch_control control = {.kind = SCH_CONTROL_REVOKE};
    if (sch_failed(sch_buf_append(&control.bytes, bytes, count))) {
        return; /* it comes again when the peer connects */
    }
    for (size_t p = 0; p < jobs->book.peer_count; p++) {
        sch_peer_id peer = {(uint32_t)p};
        bool meant = sch_peer_is(to, SCH_SELF) || sch_peer_is(to, peer);
        if (meant && sch_agreement_find_party(agreement, jobs->book.peer[p].name) != NULL) {
            sch_jobs_tell(jobs, peer, &control);
        }
    }
    sch_control_clear(&control);
}

sch_err sch_jobs_revoke(sch_jobs *jobs, json_t **answer, const sch_command *command, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    char actor[SCH_AUDIT_OBJECT_BYTES];
    sch_revocation revocation = {.time = sch_clock_now()};
    active_search search = {.id = command->text2};
    SCH_TRY(sch_store_each_agreement(jobs->options.store, search_active, &search));
    if (!search.found) {
        sch_detail_set(detail, "no agreement %s is in force here", command->text2);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "there is no such agreement in force"));
    }
    const sch_agreement *agreement = &search.bundle.agreement;
    (void)snprintf(actor, sizeof actor, "operator:%s", command->operator_name);
    memcpy(revocation.agreement_hash, search.bundle.hash, sizeof revocation.agreement_hash);
    memcpy(revocation.party, jobs->options.conf->node, sizeof revocation.party);
    (void)snprintf(revocation.reason, sizeof revocation.reason, "%s", command->text);
    SCH_TRY(sch_revocation_sign(&revocation, jobs->options.identity->identity_secret));
    SCH_TRY(apply_revocation(jobs, &search.bundle, &search.encoded, &revocation, actor, true));
    SCH_TRY(sch_revocation_encode(&bytes, &revocation));
    send_revocation(jobs, agreement, SCH_SELF, bytes.data, bytes.bytes);
    *answer = json_pack("{s:s, s:I}", "id", agreement->id, "version", (json_int_t)agreement->version);
out:
    clear_search(&search);
    sch_buf_clear(&bytes);
    return err;
}

void sch_jobs_on_revoke(sch_jobs *jobs, const sch_event *event)
{
    sch_err err = SCH_NONE;
    sch_revocation revocation;
    char actor[SCH_AUDIT_OBJECT_BYTES];
    const char *name = sch_jobs_peer_name(jobs, event->from);
    active_search search = {.hash = revocation.agreement_hash};
    SCH_TRY(sch_revocation_decode(&revocation, event->control.bytes.data, event->control.bytes.bytes));
    SCH_TRY(sch_store_each_agreement(jobs->options.store, search_active, &search));
    if (!search.found) {
        goto out; /* known already, or a version that never was in force here */
    }
    SCH_TRY(sch_revocation_verify(&revocation, &search.bundle.agreement));
    (void)snprintf(actor, sizeof actor, "node:%s", revocation.party);
    SCH_TRY(apply_revocation(jobs, &search.bundle, &search.encoded, &revocation, actor, true));
    /* Handed on: not every party need be connected to the one that revoked. */
    send_revocation(jobs, &search.bundle.agreement, SCH_SELF, event->control.bytes.data, event->control.bytes.bytes);
out:
    clear_search(&search);
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, name, err, NULL);
    }
}

typedef struct telling {
    sch_jobs *jobs;
    sch_peer_id peer;
} telling;

static sch_err tell_one(void *context, const uint8_t *bytes, size_t count)
{
    const telling *t = context;
    sch_revocation revocation;
    active_search search = {.hash = revocation.agreement_hash, .any_state = true};
    if (!sch_failed(sch_revocation_decode(&revocation, bytes, count)) &&
        !sch_failed(sch_store_each_agreement(t->jobs->options.store, search_active, &search)) && search.found) {
        send_revocation(t->jobs, &search.bundle.agreement, t->peer, bytes, count);
    }
    clear_search(&search);
    return SCH_NONE;
}

void sch_jobs_send_revocations(sch_jobs *jobs, sch_peer_id peer)
{
    telling t = {jobs, peer};
    sch_err err = sch_store_each_revocation(jobs->options.store, tell_one, &t);
    if (sch_failed(err)) {
        sch_jobs_die(err);
    }
}
