/* heads.c - what nodes show each other of their audit logs and ledgers. A node that shows an older state than before was restored from
 * a backup, or runs twice; it is not trusted with requests until an operator says so. Runs in the event thread alone. */
#include <stdio.h>
#include <string.h>

#include "node/base/log.h"
#include "node/job/job.h"

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
    sch_err err = sch_record_alone(jobs, "system", "peer.refuse", object, "denied", NULL, NULL);
    (void)err; /* a full disk: the refusal holds all the same */
}

sch_err sch_jobs_check_counter(sch_jobs *jobs, sch_peer_id peer, uint64_t counter, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint64_t highest = 0;
    const char *name = sch_jobs_peer_name(jobs, peer);
    sch_peer_state *state = &jobs->peer[peer.value];
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
    if (state->refused.text[0] != '\0') {
        *detail = state->refused;
        SCH_TRY(sch_fail(SCH_DENIED, "a node shows an older state than before"));
    }
out:
    return err;
}

/* Whether a head goes on from what this node has of the peer. */
static sch_err check_head(sch_jobs *jobs, sch_peer_id peer, const sch_audit_head *head, bool *fresh, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_stored_head newest;
    bool found = false;
    SCH_TRY(sch_store_get_newest_head(jobs->options.store, &found, &newest, head->node));
    *fresh = !found || newest.head.seq < head->seq;
    bool older = found && head->seq < newest.head.seq;
    bool other = found && head->seq == newest.head.seq && memcmp(head->hash, newest.head.hash, sizeof head->hash) != 0;
    if (older || other) {
        sch_detail why;
        sch_detail_set(
            &why,
            "node %s shows an audit log of %llu records%s, but node %s has seen %llu: it was restored from a "
            "backup, runs twice, or its log was rewritten; when its operator has explained that: schakelctl "
            "peer accept %s",
            head->node, (unsigned long long)head->seq, other ? " with another end" : "", jobs->options.conf->node,
            (unsigned long long)newest.head.seq, head->node);
        refuse_peer(jobs, peer, &why);
    }
    SCH_TRY(sch_jobs_check_counter(jobs, peer, head->counter, detail));
out:
    return err;
}

void sch_jobs_on_head(sch_jobs *jobs, const sch_event *event)
{
    sch_err err = SCH_NONE;
    const sch_control *control = &event->control;
    const char *name = sch_jobs_peer_name(jobs, event->from);
    sch_detail detail = {{0}};
    sch_stored_head stored = {.head = {.seq = control->seq, .counter = control->counter, .time = control->time}};
    bool fresh = false;
    memcpy(stored.head.node, control->node, sizeof stored.head.node);
    memcpy(stored.head.hash, control->hash, sizeof stored.head.hash);
    memcpy(stored.head.signature, control->signature, sizeof stored.head.signature);
    memcpy(stored.identity, jobs->book.peer[event->from.value].identity, sizeof stored.identity);
    SCH_TRY(sch_check(strcmp(control->node, name) == 0, SCH_BAD_PEER, "a node shows another node's audit head"));
    SCH_TRY(sch_audit_head_verify(&stored.head, stored.identity));
    SCH_TRY(check_head(jobs, event->from, &stored.head, &fresh, &detail));
    if (fresh) {
        sch_jobs_begin(jobs);
        err = sch_store_put_head(jobs->options.store, &stored);
        if (!sch_failed(err)) {
            err = sch_store_put_peer_counter(jobs->options.store, name, control->counter);
        }
        SCH_TRY(sch_jobs_commit(jobs, err, true));
    }
out:
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, name, err, &detail);
    }
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
        err = sch_store_put_peer_counter(jobs->options.store, command->text2, 0);
    }
    if (!sch_failed(err)) {
        err = sch_record(jobs, actor, "peer.accept", object, "ok", NULL, NULL);
    }
    SCH_TRY(sch_jobs_commit(jobs, err, true));
    jobs->peer[peer].refused = (sch_detail){{0}};
    sch_log(SCH_LOG_WARNING, "job", NULL, "operator %s accepts the state of node %s: %s", command->operator_name,
            command->text2, command->text);
out:
    return err;
}
