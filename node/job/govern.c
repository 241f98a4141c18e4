/* govern.c - agreements come into force, are replaced, and are revoked. Runs in the event thread alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

static void name_agreement(char out[static SCH_AUDIT_OBJECT_BYTES], const sch_agreement *agreement)
{
    (void)snprintf(out, SCH_AUDIT_OBJECT_BYTES, "agreement:%s/%u", agreement->id, agreement->version);
}

/* Ends every request under an agreement, those that run too unless `waiting_only`. */
static void end_requests(sch_jobs *jobs, const sch_book_agreement *entry, bool waiting_only, const sch_detail *why)
{
    sch_job *next;
    for (sch_job *job = jobs->first; job != NULL; job = next) {
        next = job->next;
        bool waits = job->phase == SCH_JOB_WAITING || job->phase == SCH_JOB_APPROVED;
        if (job->agreement == entry && (waits || !waiting_only)) {
            sch_job_end(job, SCH_REQUEST_REFUSED, jobs->options.conf->node, NULL,
                        sch_fail(SCH_DENIED, "the agreement is in force no longer"), why);
        }
    }
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

/* That the agreement names this node by its own keys, or by those that it is about to change to. */
static sch_err check_own_keys(const sch_jobs *jobs, const sch_agreement *agreement, sch_detail *detail)
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
    if (!has_keys(self, &jobs->options.identity->card) && !(has_next && has_keys(self, &next))) {
        sch_detail_set(detail, "agreement %s names other keys for node %s than those in %s%s", agreement->id, node,
                       jobs->options.conf->keys, has_next ? " or in keys.next" : "");
        SCH_TRY(sch_fail(SCH_DENIED, "the agreement names other keys for this node"));
    }
out:
    return err;
}

static sch_err check_activation(sch_jobs *jobs, const sch_bundle *bundle, lookup *l, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_agreement *agreement = &bundle->agreement;
    SCH_TRY(sch_check(sch_bundle_is_complete(bundle, detail), SCH_DENIED, "not all parties have signed"));
    SCH_TRY(check_own_keys(jobs, agreement, detail));
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
    SCH_TRY(sch_book_check(&jobs->book, bundle, detail));
    SCH_TRY(sch_check(jobs->book.agreement_count < SCH_MAX_ACTIVE_AGREEMENTS ||
                          sch_book_find_id(&jobs->book, agreement->id) != NULL,
                      SCH_DENIED, "16 agreements are in force or revoked here, as many as there may be"));
out:
    return err;
}

/* The old version's linkage keys go where the new one begins another epoch. */
static sch_err destroy_old_epoch(sch_jobs *jobs, const sch_agreement *fresh)
{
    const sch_book_agreement *old = sch_book_find_id(&jobs->book, fresh->id);
    if (old == NULL || old->bundle.agreement.epoch == fresh->epoch) {
        return SCH_NONE;
    }
    return sch_store_destroy_epoch(jobs->options.store, fresh->id, old->bundle.agreement.epoch);
}

static sch_err store_activation(sch_jobs *jobs, const sch_bundle *bundle, const sch_command *command, lookup *l)
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
    SCH_TRY(destroy_old_epoch(jobs, agreement));
    SCH_TRY(sch_jobs_make_epoch(jobs, agreement));
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
    SCH_TRY(check_activation(jobs, &bundle, &l, detail));
    if (!l.same) {
        sch_book_agreement *old = sch_book_find_id(&jobs->book, agreement->id);
        sch_detail why = {{0}};
        sch_jobs_begin(jobs);
        SCH_TRY(sch_jobs_commit(jobs, store_activation(jobs, &bundle, command, &l), true));
        sch_detail_set(&why, "version %u of agreement %s has come into force; ask again under it", agreement->version,
                       agreement->id);
        if (old != NULL) {
            end_requests(jobs, old, true, &why);
        }
        sch_log(SCH_LOG_INFO, "job", NULL, "version %u of agreement %s is in force", agreement->version, agreement->id);
        jobs->reload_wanted = true; /* new peers, new catalogues: when nothing runs */
    }
    *answer =
        json_pack("{s:s, s:I, s:s}", "id", agreement->id, "version", (json_int_t)agreement->version, "state", "active");
out:
    sch_bundle_clear(&bundle);
    return err;
}

/* ---- revocation ---- */

/* Makes a revocation true here: durable first, then the jobs end, then the keys are gone from the files too. */
static sch_err apply_revocation(sch_jobs *jobs, sch_book_agreement *entry, const sch_revocation *revocation,
                                const char *actor, bool may_refuse)
{
    sch_err err = SCH_NONE;
    sch_store *store = jobs->options.store;
    const sch_agreement *agreement = &entry->bundle.agreement;
    sch_buf bytes = {0};
    sch_stored_agreement stored = {
        .version = agreement->version, .state = SCH_AGREEMENT_REVOKED, .changed = sch_clock_now()};
    char object[SCH_AUDIT_OBJECT_BYTES];
    sch_detail why = {{0}};
    name_agreement(object, agreement);
    memcpy(stored.hash, entry->bundle.hash, sizeof stored.hash);
    memcpy(stored.id, agreement->id, sizeof stored.id);
    stored.bundle = entry->encoded; /* borrowed */
    SCH_TRY(sch_revocation_encode(&bytes, revocation));
    sch_jobs_begin(jobs);
    err = sch_store_put_revocation(store, entry->bundle.hash, revocation->party, bytes.data, bytes.bytes);
    if (!sch_failed(err)) {
        err = sch_store_put_agreement(store, &stored);
    }
    if (!sch_failed(err)) {
        err = sch_store_destroy_epoch(store, agreement->id, agreement->epoch);
    }
    if (!sch_failed(err)) {
        err = sch_record(jobs, actor, "agreement.revoke", object, "ok", NULL, entry->bundle.hash);
    }
    SCH_TRY(sch_jobs_commit(jobs, err, may_refuse));
    entry->revoked = true;
    sch_detail_set(&why, "agreement %s was revoked by %s: %s", agreement->id, revocation->party, revocation->reason);
    sch_log(SCH_LOG_WARNING, "job", NULL, "%s", why.text);
    end_requests(jobs, entry, false, &why);
    err = sch_store_forget(store);
    if (sch_failed(err)) {
        sch_jobs_die(err);
    }
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
    sch_book_agreement *entry = sch_book_find_id(&jobs->book, command->text2);
    if (entry == NULL || entry->revoked) {
        sch_detail_set(detail, "no agreement %s is in force here%s", command->text2,
                       entry == NULL ? "" : "; it was revoked before");
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "there is no such agreement in force"));
    }
    (void)snprintf(actor, sizeof actor, "operator:%s", command->operator_name);
    memcpy(revocation.agreement_hash, entry->bundle.hash, sizeof revocation.agreement_hash);
    memcpy(revocation.party, jobs->options.conf->node, sizeof revocation.party);
    (void)snprintf(revocation.reason, sizeof revocation.reason, "%s", command->text);
    SCH_TRY(sch_revocation_sign(&revocation, jobs->options.identity->identity_secret));
    SCH_TRY(apply_revocation(jobs, entry, &revocation, actor, true));
    SCH_TRY(sch_revocation_encode(&bytes, &revocation));
    send_revocation(jobs, &entry->bundle.agreement, SCH_SELF, bytes.data, bytes.bytes);
    *answer = json_pack("{s:s, s:I}", "id", entry->bundle.agreement.id, "version",
                        (json_int_t)entry->bundle.agreement.version);
out:
    sch_buf_clear(&bytes);
    return err;
}

void sch_jobs_on_revoke(sch_jobs *jobs, const sch_event *event)
{
    sch_err err = SCH_NONE;
    sch_revocation revocation;
    char actor[SCH_AUDIT_OBJECT_BYTES];
    const char *name = sch_jobs_peer_name(jobs, event->from);
    SCH_TRY(sch_revocation_decode(&revocation, event->control.bytes.data, event->control.bytes.bytes));
    sch_book_agreement *entry = sch_book_find_hash(&jobs->book, revocation.agreement_hash);
    if (entry == NULL || entry->revoked) {
        return;
    }
    SCH_TRY(sch_revocation_verify(&revocation, &entry->bundle.agreement));
    (void)snprintf(actor, sizeof actor, "node:%s", revocation.party);
    SCH_TRY(apply_revocation(jobs, entry, &revocation, actor, false));
    /* Handed on: not every party need be connected to the one that revoked. */
    send_revocation(jobs, &entry->bundle.agreement, SCH_SELF, event->control.bytes.data, event->control.bytes.bytes);
out:
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
    if (!sch_failed(sch_revocation_decode(&revocation, bytes, count))) {
        const sch_book_agreement *entry = sch_book_find_hash(&t->jobs->book, revocation.agreement_hash);
        if (entry != NULL) {
            send_revocation(t->jobs, &entry->bundle.agreement, t->peer, bytes, count);
        }
    }
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
