/* consent.c - a request is waiting: for this node's own word, its operators', and that of the other parties. Runs in
 * the event thread alone. */
#include <stdio.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/govern/policy.h"
#include "node/job/job.h"
#include "node/store/seam.h"

typedef struct words {
    size_t approve, deny;
} words;

static sch_err count_word(void *context, const sch_stored_word *word)
{
    words *count = context;
    count->approve += word->approve ? 1 : 0;
    count->deny += word->approve ? 0 : 1;
    return SCH_NONE;
}

static const sch_agreement_party *own_party(const sch_job *job)
{
    return job->agreement == NULL
               ? NULL /* a part that is kept outlives it */
               : sch_agreement_find_party(&job->agreement->bundle.agreement, job->jobs->options.conf->node);
}

/* How many operators have to approve here. */
static size_t operators_wanted(const sch_job *job)
{
    const sch_agreement_party *party = own_party(job);
    if (party == NULL || party->role != SCH_AGREEMENT_OWNER || party->approval == SCH_APPROVAL_AUTOMATIC) {
        return 0;
    }
    return party->approval == SCH_APPROVAL_OPERATOR ? 1 : 2;
}

/* The budget may have been used up while the request waited. */
static sch_err check_budget_again(sch_job *job, sch_time_ms start, sch_time_ms now, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint64_t used = 0;
    const sch_agreement *agreement = &job->agreement->bundle.agreement;
    if (!sch_seam_agrees()) {
        SCH_TRY(sch_store_get_used(job->jobs->options.store, &used, agreement->id, job->request.analyst, start));
        SCH_TRY(sch_policy_check_budget(agreement, used, now, detail));
    }
out:
    return err;
}

static sch_err sign_consent(const sch_job *job, sch_consent *consent)
{
    sch_err err = SCH_NONE;
    const sch_jobs *jobs = job->jobs;
    *consent = (sch_consent){.time = sch_clock_now()};
    memcpy(consent->request_hash, job->row.request_hash, sizeof consent->request_hash);
    memcpy(consent->plan_hash, job->row.plan_hash, sizeof consent->plan_hash);
    memcpy(consent->node, jobs->options.conf->node, sizeof consent->node);
    SCH_TRY(sch_store_get_counter(jobs->options.store, &consent->counter));
    SCH_TRY(sch_consent_sign(consent, jobs->options.identity->identity_secret));
out:
    return err;
}

sch_err sch_job_consent_where_due(sch_job *job, bool *consents, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_store *store = job->jobs->options.store;
    const sch_agreement *agreement = &job->agreement->bundle.agreement;
    sch_time_ms now = sch_clock_now();
    sch_time_ms start = sch_policy_period_start(agreement->budget_period, now);
    words count = {0};
    const char *rule = "";
    sch_consent consent;
    *consents = false;
    if (!job->is_party || job->consented[job->self]) {
        return SCH_NONE;
    }
    SCH_TRY(sch_store_each_word(store, &job->request.id, count_word, &count));
    if (count.deny > 0 || count.approve < operators_wanted(job)) {
        return SCH_NONE;
    }
    /* A request may have waited long: who asks, and under what, is looked at again. */
    SCH_TRY(sch_job_check_policy(job, &rule, detail));
    SCH_TRY(check_budget_again(job, start, now, detail));
    SCH_TRY(sch_store_reserve(store, &job->request.id, agreement->id, job->request.analyst, start));
    SCH_TRY(sign_consent(job, &consent));
    SCH_TRY(sch_store_put_consent(store, &job->request.id, &consent));
    SCH_TRY(sch_job_record(job, NULL, "request.consent", "ok"));
    *consents = true;
out:
    return err;
}

void sch_job_send_consent(sch_job *job, sch_peer_id to)
{
    sch_consent consent;
    sch_control control = {.kind = SCH_CONTROL_CONSENT, .id = job->request.id};
    sch_err err = sign_consent(job, &consent);
    if (sch_failed(err)) {
        sch_jobs_die(err);
    }
    memcpy(control.node, consent.node, sizeof control.node);
    memcpy(control.plan_hash, consent.plan_hash, sizeof control.plan_hash);
    memcpy(control.signature, consent.signature, sizeof control.signature);
    control.counter = consent.counter;
    control.time = consent.time;
    for (size_t p = 0; p < job->row.party_count; p++) {
        if (!sch_peer_is(job->party[p], SCH_SELF) && (sch_peer_is(to, SCH_SELF) || sch_peer_is(to, job->party[p]))) {
            sch_jobs_tell(job->jobs, job->party[p], &control);
        }
    }
    bool outside = !sch_job_coordinates(job) && sch_job_party_of(job, job->coordinator) == job->row.party_count;
    if (outside && (sch_peer_is(to, SCH_SELF) || sch_peer_is(to, job->coordinator))) {
        sch_jobs_tell(job->jobs, job->coordinator, &control);
    }
}

/* The consent in a message, verified by the key that the agreement gives its sender. */
static sch_err read_consent(const sch_job *job, sch_consent *consent, const sch_event *event)
{
    sch_err err = SCH_NONE;
    const sch_control *control = &event->control;
    const char *name = sch_jobs_peer_name(job->jobs, event->from);
    const sch_agreement_party *party = sch_agreement_find_party(&job->agreement->bundle.agreement, name);
    SCH_TRY(sch_check(party != NULL && strcmp(control->node, name) == 0, SCH_BAD_PEER,
                      "a node sent another node's consent"));
    *consent = (sch_consent){.counter = control->counter, .time = control->time};
    memcpy(consent->request_hash, job->row.request_hash, sizeof consent->request_hash);
    memcpy(consent->plan_hash, control->plan_hash, sizeof consent->plan_hash);
    memcpy(consent->node, control->node, sizeof consent->node);
    memcpy(consent->signature, control->signature, sizeof consent->signature);
    SCH_TRY(sch_consent_verify(consent, party->identity));
    SCH_TRY(sch_check(memcmp(consent->plan_hash, job->row.plan_hash, SCH_HASH_BYTES) == 0, SCH_TRY_AGAIN,
                      "two nodes plan the request differently; they may run different versions"));
out:
    return err;
}

/* Keeps a party's consent; with the last one the request is approved. */
static sch_err keep_consent(sch_job *job, size_t p, const sch_consent *consent, bool *approved)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = job->jobs;
    sch_jobs_begin(jobs);
    job->consented[p] = true;
    err = sch_store_put_consent(jobs->options.store, &job->request.id, consent);
    if (!sch_failed(err)) {
        /* Consents may come late, by way of an earlier message: only a head tells that a node has gone back. */
        err = sch_store_put_peer_counter(jobs->options.store, consent->node, consent->counter);
    }
    if (!sch_failed(err)) {
        err = sch_job_approve_where_complete(job, approved);
    }
    err = sch_jobs_commit(jobs, err, true);
    if (sch_failed(err)) {
        job->consented[p] = false;
        job->row.state = SCH_REQUEST_WAITING;
    }
    return err;
}

void sch_job_on_consent(sch_job *job, sch_event *event)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = job->jobs;
    sch_detail detail = {{0}};
    sch_consent consent;
    bool approved = false;
    size_t p = sch_job_party_of(job, event->from);
    if (p == job->row.party_count || job->consented[p]) {
        return;
    }
    SCH_TRY(read_consent(job, &consent, event));
    if (jobs->peer[event->from.value].refused.text[0] != '\0') {
        detail = jobs->peer[event->from.value].refused;
        SCH_TRY(sch_fail(SCH_DENIED, "a node shows an older state than before"));
    }
    err = keep_consent(job, p, &consent, &approved);
    if (err.code == SCH_TRY_AGAIN) { /* the disk is full: it comes again when the peer connects again */
        sch_log_error(SCH_LOG_WARNING, "job", job->id_text, "a consent could not be kept", err, NULL);
        return;
    }
    SCH_TRY(err);
    /* A first consent is answered by one's own: whoever heard of the request late may have missed it. */
    if (job->is_party && job->consented[job->self]) {
        sch_job_send_consent(job, event->from);
    }
    sch_job_tell_watchers(job);
    if (approved) {
        sch_job_approved(job);
    }
    return;
out:
    sch_job_end(job, err.code == SCH_TRY_AGAIN ? SCH_REQUEST_FAILED : SCH_REQUEST_REFUSED, jobs->options.conf->node,
                NULL, err, &detail);
}

sch_err sch_job_approve_where_complete(sch_job *job, bool *approved)
{
    bool all = job->row.party_count > 0;
    for (size_t p = 0; p < job->row.party_count; p++) {
        all = all && job->consented[p];
    }
    *approved = all && job->row.state == SCH_REQUEST_WAITING;
    return *approved ? sch_job_set_state(job, SCH_REQUEST_APPROVED, NULL) : SCH_NONE;
}

void sch_job_approved(sch_job *job)
{
    job->phase = SCH_JOB_APPROVED;
    sch_job_tell_watchers(job);
    sch_job_begin_where_due(job); /* a coordinator's own begin after each event: begin.c */
}

static const sch_conf_operator *find_operator(const sch_jobs *jobs, const char *name)
{
    const sch_conf *conf = jobs->options.conf;
    for (size_t i = 0; i < conf->operator_count; i++) {
        if (strcmp(conf->operator_[i].name, name) == 0) {
            return &conf->operator_[i];
        }
    }
    return NULL;
}

/* Whether an operator may give a word on this request, and has signed it. */
static sch_err check_word(const sch_job *job, const sch_command *command, bool approve, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_conf_operator *who = find_operator(job->jobs, command->operator_name);
    sch_operator_word word = {.approve = approve, .reason = approve ? "" : command->text};
    SCH_TRY(sch_check(who != NULL, SCH_DENIED, "the operator is not registered at this node"));
    if (job->phase != SCH_JOB_WAITING || (job->is_party && job->consented[job->self])) {
        sch_detail_set(detail, "the request is %s; nothing waits for an operator of this node",
                       sch_request_state_name(job->row.state));
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the request does not wait for this node"));
    }
    SCH_TRY(sch_check(job->is_party && operators_wanted(job) > 0, SCH_BAD_INPUT,
                      "this node's consent to the request does not need an operator"));
    memcpy(word.request_hash, job->row.request_hash, sizeof word.request_hash);
    memcpy(word.node, job->jobs->options.conf->node, sizeof word.node);
    memcpy(word.operator_name, who->name, sizeof word.operator_name);
    memcpy(word.signature, command->signature, sizeof word.signature);
    err = sch_operator_word_verify(&word, who->identity);
    if (sch_failed(err)) {
        sch_detail_set(detail, "what operator %s signed is not this request", who->name);
    }
out:
    return err;
}

sch_err sch_job_take_word(sch_job *job, const sch_command *command, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = job->jobs;
    bool approve = command->kind == SCH_COMMAND_APPROVE, consents = false, approved = false;
    char actor[SCH_AUDIT_OBJECT_BYTES];
    sch_stored_word word = {.approve = approve, .time = sch_clock_now()};
    SCH_TRY(check_word(job, command, approve, detail));
    (void)snprintf(actor, sizeof actor, "operator:%s", command->operator_name);
    (void)snprintf(word.operator_name, sizeof word.operator_name, "%s", command->operator_name);
    (void)snprintf(word.reason, sizeof word.reason, "%s", approve ? "" : command->text);
    memcpy(word.signature, command->signature, sizeof word.signature);
    sch_jobs_begin(jobs);
    err = sch_store_put_word(jobs->options.store, &job->request.id, &word);
    if (err.code == SCH_DENIED) {
        sch_detail_set(detail, "operator %s has already given a word on this request; another operator has to",
                       command->operator_name);
    }
    if (!sch_failed(err)) {
        err = sch_job_record(job, actor, approve ? "request.approve" : "request.deny", "ok");
    }
    if (!sch_failed(err) && approve) {
        err = sch_job_consent_where_due(job, &consents, detail);
    }
    if (!sch_failed(err) && consents) {
        job->consented[job->self] = true;
        err = sch_job_approve_where_complete(job, &approved);
    }
    err = sch_jobs_commit(jobs, err, true);
    if (sch_failed(err) && consents) {
        job->consented[job->self] = false;
        job->row.state = SCH_REQUEST_WAITING;
    }
    SCH_TRY(err);
    sch_log(SCH_LOG_INFO, "job", job->id_text, "operator %s %s", command->operator_name,
            approve ? "approves" : "denies");
    if (!approve) {
        sch_detail why = {{0}};
        sch_detail_set(&why, "denied by an operator: %s", command->text);
        sch_job_end(job, SCH_REQUEST_REFUSED, jobs->options.conf->node, actor,
                    sch_fail(SCH_DENIED, "an operator denied the request"), &why);
    } else if (consents) {
        sch_job_send_consent(job, SCH_SELF);
        sch_job_tell_watchers(job);
        if (approved) {
            sch_job_approved(job);
        }
    }
out:
    return err;
}
