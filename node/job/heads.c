/* heads.c - what nodes show each other of their audit logs and ledgers. A node that shows an older state than before
 * was restored from a backup, or runs twice; it is not trusted with requests until an operator says so. Runs in the
 * event thread alone. */
#include <stdio.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

enum { PROOF_SECONDS = 10 }; /* that a peer may take to answer HEAD_ASK */

void sch_jobs_send_head(sch_jobs *jobs, sch_peer_id to, const sch_stored_head *head)
{
    sch_control control = {.kind = SCH_CONTROL_HEAD};
    memcpy(control.node, head->head.node, sizeof control.node);
    memcpy(control.hash, head->head.hash, sizeof control.hash);
    memcpy(control.signature, head->head.signature, sizeof control.signature);
    control.seq = head->head.seq;
    control.counter = head->head.counter;
    control.time = head->head.time;
    sch_jobs_tell(jobs, to, &control);
}

/* Remembers that a peer is not trusted, and why; recorded once. */
static void refuse_peer(sch_jobs *jobs, sch_peer_id peer, const sch_detail *why)
{
    sch_peer_state *state = &jobs->peer[peer.value];
    char object[SCH_AUDIT_OBJECT_BYTES];
    if (state->refused.text[0] != '\0') {
        return;
    }
    state->refused = *why;
    sch_log(SCH_LOG_ERROR, "job", NULL, "%s", why->text);
    (void)snprintf(object, sizeof object, "peer:%s", sch_jobs_peer_name(jobs, peer));
    sch_jobs_begin(jobs);
    sch_err err = sch_store_put_peer_refusal(jobs->options.store, sch_jobs_peer_name(jobs, peer), why->text);
    if (!sch_failed(err)) {
        err = sch_record(jobs, "system", "peer.refuse", object, "denied", NULL, NULL);
    }
    err = sch_jobs_commit(jobs, err, true);
    (void)err; /* a full disk: the refusal holds all the same while the node runs */
}

sch_err sch_jobs_check_peer(sch_jobs *jobs, sch_peer_id peer, sch_detail *detail)
{
    const sch_peer_state *state = &jobs->peer[peer.value];
    if (state->refused.text[0] != '\0') {
        *detail = state->refused;
        return sch_fail(SCH_DENIED, "a node shows an older state than before");
    }
    if (state->has_pending && sch_clock_ns() - state->pending_since_ns > (uint64_t)PROOF_SECONDS * 1000000000U) {
        sch_detail_set(detail, "node %s does not show that its audit log still holds what node %s has seen of it",
                       sch_jobs_peer_name(jobs, peer), jobs->options.conf->node);
        return sch_fail(SCH_TRY_AGAIN, "a node does not answer for its audit log");
    }
    return SCH_NONE;
}

sch_err sch_jobs_check_counter(sch_jobs *jobs, sch_peer_id peer, uint64_t counter, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint64_t highest = 0;
    const char *name = sch_jobs_peer_name(jobs, peer);
    SCH_TRY(sch_store_get_peer_counter(jobs->options.store, &highest, name));
    if (counter < highest) {
        sch_detail why;
        sch_detail_set(
            &why,
            "node %s shows a ledger with %llu entries, but node %s has seen %llu of it: it was restored from "
            "a backup, or runs twice; when its operator has explained that: schakelctl peer accept %s",
            name, (unsigned long long)counter, jobs->options.conf->node, (unsigned long long)highest, name);
        refuse_peer(jobs, peer, &why);
    }
    SCH_TRY(sch_jobs_check_peer(jobs, peer, detail));
out:
    return err;
}

static void refuse_log(sch_jobs *jobs, sch_peer_id peer, uint64_t shown, uint64_t seen, bool other)
{
    sch_detail why;
    const char *name = sch_jobs_peer_name(jobs, peer);
    sch_detail_set(
        &why,
        "node %s shows an audit log of %llu records%s, but node %s has seen %llu: it was restored from a "
        "backup, runs twice, or its log was rewritten; when its operator has explained that: schakelctl peer "
        "accept %s",
        name, (unsigned long long)shown, other ? " that are not the same" : "", jobs->options.conf->node,
        (unsigned long long)seen, name);
    refuse_peer(jobs, peer, &why);
}

/* The head in a message, verified. */
static sch_err read_head(const sch_jobs *jobs, sch_stored_head *out, const sch_event *event)
{
    sch_err err = SCH_NONE;
    const sch_control *control = &event->control;
    *out = (sch_stored_head){.head = {.seq = control->seq, .counter = control->counter, .time = control->time}};
    memcpy(out->head.node, control->node, sizeof out->head.node);
    memcpy(out->head.hash, control->hash, sizeof out->head.hash);
    memcpy(out->head.signature, control->signature, sizeof out->head.signature);
    memcpy(out->identity, jobs->book.peer[event->from.value].identity, sizeof out->identity);
    SCH_TRY(sch_check(strcmp(control->node, sch_jobs_peer_name(jobs, event->from)) == 0, SCH_BAD_PEER,
                      "a node shows another node's audit head"));
    SCH_TRY(sch_audit_head_verify(&out->head, out->identity));
out:
    return err;
}

static sch_err keep_head(sch_jobs *jobs, const sch_stored_head *head)
{
    sch_jobs_begin(jobs);
    sch_err err = sch_store_put_head(jobs->options.store, head);
    if (!sch_failed(err)) {
        err = sch_store_put_peer_counter(jobs->options.store, head->head.node, head->head.counter);
    }
    return sch_jobs_commit(jobs, err, true);
}

/* A head that is not older is kept when the peer has shown that the last record seen of it is still in its log. */
static sch_err take_head(sch_jobs *jobs, sch_peer_id peer, const sch_stored_head *head, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_stored_head newest;
    bool found = false;
    sch_peer_state *state = &jobs->peer[peer.value];
    SCH_TRY(sch_store_get_newest_head(jobs->options.store, &found, &newest, head->head.node));
    bool older = found && head->head.seq < newest.head.seq;
    bool other = found && head->head.seq == newest.head.seq &&
                 memcmp(head->head.hash, newest.head.hash, sizeof head->head.hash) != 0;
    if (older || other) {
        refuse_log(jobs, peer, head->head.seq, newest.head.seq, other);
    }
    SCH_TRY(sch_jobs_check_counter(jobs, peer, head->head.counter, detail));
    if (!found) {
        SCH_TRY(keep_head(jobs, head));
    } else if (head->head.seq > newest.head.seq) {
        sch_control ask = {.kind = SCH_CONTROL_HEAD_ASK, .seq = newest.head.seq};
        state->pending = *head;
        state->pending_since_ns = state->has_pending ? state->pending_since_ns : sch_clock_ns();
        state->has_pending = true;
        sch_jobs_tell(jobs, peer, &ask);
    }
out:
    return err;
}

static void log_failure(sch_jobs *jobs, const sch_event *event, sch_err err, const sch_detail *detail)
{
    if (err.code == SCH_IO) {
        sch_jobs_die(err);
    }
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, sch_jobs_peer_name(jobs, event->from), err, detail);
    }
}

void sch_jobs_on_head(sch_jobs *jobs, const sch_event *event)
{
    sch_stored_head head;
    sch_detail detail = {{0}};
    sch_err err = read_head(jobs, &head, event);
    if (!sch_failed(err)) {
        err = take_head(jobs, event->from, &head, &detail);
    }
    log_failure(jobs, event, err, &detail);
}

/* The first record of a walk; then the walk is ended. */
static sch_err take_hash(void *context, uint64_t seq, const uint8_t *bytes, size_t count,
                         const uint8_t hash[static SCH_HASH_BYTES])
{
    sch_control *at = context;
    (void)bytes;
    (void)count;
    if (seq == at->seq) {
        memcpy(at->hash, hash, sizeof at->hash);
    }
    return sch_fail(SCH_TRY_AGAIN, "enough");
}

void sch_jobs_on_head_ask(sch_jobs *jobs, const sch_event *event)
{
    static const uint8_t NONE[SCH_HASH_BYTES] = {0};
    sch_control at = {.kind = SCH_CONTROL_HEAD_AT, .seq = event->control.seq};
    sch_err err = sch_store_each_audit(jobs->options.store, at.seq, take_hash, &at);
    if (err.code == SCH_IO) {
        sch_jobs_die(err);
    }
    if (memcmp(at.hash, NONE, sizeof NONE) != 0) { /* else there is no such record, which the head has said already */
        sch_jobs_tell(jobs, event->from, &at);
    }
}

void sch_jobs_on_head_at(sch_jobs *jobs, const sch_event *event)
{
    sch_err err = SCH_NONE;
    const sch_control *at = &event->control;
    sch_peer_state *state = &jobs->peer[event->from.value];
    sch_stored_head newest;
    bool found = false;
    SCH_TRY(sch_store_get_newest_head(jobs->options.store, &found, &newest, sch_jobs_peer_name(jobs, event->from)));
    if (!state->has_pending || !found || newest.head.seq != at->seq) {
        return; /* an answer to an earlier question */
    }
    state->has_pending = false;
    if (memcmp(newest.head.hash, at->hash, sizeof at->hash) != 0) {
        refuse_log(jobs, event->from, state->pending.head.seq, newest.head.seq, true);
    } else {
        SCH_TRY(keep_head(jobs, &state->pending));
    }
out:
    log_failure(jobs, event, err, NULL);
}

sch_err sch_jobs_accept_peer(sch_jobs *jobs, const sch_command *command, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    char actor[SCH_AUDIT_OBJECT_BYTES], object[SCH_AUDIT_OBJECT_BYTES];
    size_t peer = sch_book_find_peer(&jobs->book, command->text2);
    if (peer == SIZE_MAX) {
        sch_detail_set(detail, "no agreement in force names a node %s", command->text2);
        return sch_fail(SCH_BAD_INPUT, "there is no such peer");
    }
    (void)snprintf(actor, sizeof actor, "operator:%s", command->operator_name);
    (void)snprintf(object, sizeof object, "peer:%s", command->text2);
    sch_jobs_begin(jobs);
    err = sch_store_reset_peer(jobs->options.store, command->text2);
    if (!sch_failed(err)) {
        err = sch_record(jobs, actor, "peer.accept", object, "ok", NULL, NULL);
    }
    SCH_TRY(sch_jobs_commit(jobs, err, true));
    jobs->peer[peer].refused = (sch_detail){{0}};
    jobs->peer[peer].has_pending = false;
    sch_log(SCH_LOG_WARNING, "job", NULL, "operator %s accepts the state of node %s: %s", command->operator_name,
            command->text2, command->text);
out:
    return err;
}
