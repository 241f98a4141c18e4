/* jobs.c - the node at work: the mesh's handlers, catalogues, the event thread. */
#include "node/job/jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

const char *sch_jobs_peer_name(const sch_jobs *jobs, sch_peer_id peer)
{
    if (sch_peer_is(peer, SCH_SELF)) {
        return jobs->options.conf->node;
    }
    return peer.value < jobs->book.peer_count ? jobs->book.peer[peer.value].name : "";
}

void sch_job_party_names(const sch_job *job, sch_detail *out)
{
    size_t at = 0;
    *out = (sch_detail){{0}};
    for (size_t p = 0; p < job->row.party_count && at < sizeof out->text; p++) {
        at += (size_t)snprintf(out->text + at, sizeof out->text - at, "%s%s", p == 0 ? "" : ",", job->row.party[p]);
    }
}

sch_err sch_jobs_send(sch_jobs *jobs, sch_peer_id to, const sch_control *control)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    sch_event *event = NULL;
    SCH_TRY(sch_control_encode(&bytes, control));
    if (sch_peer_is(to, SCH_SELF)) {
        event = sch_event_new(SCH_EVENT_CONTROL, SCH_SELF);
        SCH_TRY(sch_check(event != NULL, SCH_NO_MEMORY, "out of memory"));
        SCH_TRY(sch_control_decode(&event->control, bytes.data, bytes.bytes));
        /* The event thread itself never sends to itself while its queue is full: only job threads send in bulk. */
        (void)sch_queue_put(&jobs->queue, event, true);
        event = NULL;
    } else {
        SCH_TRY(sch_mesh_send_control(jobs->mesh, to, bytes.data, bytes.bytes));
    }
out:
    sch_event_free(event);
    sch_buf_clear(&bytes);
    return err;
}

void sch_jobs_tell(sch_jobs *jobs, sch_peer_id to, const sch_control *control)
{
    sch_err err = sch_jobs_send(jobs, to, control);
    if (sch_failed(err) && err.code != SCH_TRY_AGAIN) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, "a message could not be sent", err, NULL);
    }
}

void sch_jobs_tell_session(sch_jobs *jobs, sch_peer_id session, const sch_control *control)
{
    sch_err err = sch_outbox_send(jobs->outbox, session, control);
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, "an analyst's session ends without its answer", err, NULL);
        sch_mesh_end_session(jobs->mesh, session);
    }
}

sch_control sch_fail_message(const sch_request_id *id, const char *node, sch_request_state state, sch_err err,
                             const sch_detail *detail)
{
    sch_control control = {.kind = SCH_CONTROL_FAIL, .id = *id, .state = state, .code = err.code};
    sch_detail_set(&control.text, "%s", sch_detail_or_text(detail, err));
    (void)snprintf(control.node, sizeof control.node, "%s", node);
    return control;
}

/* ---- the mesh's handlers: they only put events into the queue ---- */

static void on_peer(void *context, sch_peer_id peer, bool up)
{
    sch_jobs *jobs = context;
    sch_event *event = sch_event_new(SCH_EVENT_PEER, peer);
    if (event != NULL) {
        event->up = up;
        (void)sch_queue_put(&jobs->queue, event, true);
    }
}

static void on_session(void *context, sch_peer_id session, size_t analyst, bool open)
{
    sch_jobs *jobs = context;
    sch_event *event = sch_event_new(SCH_EVENT_SESSION, session);
    if (event != NULL) {
        event->up = open;
        event->analyst = analyst;
        (void)sch_queue_put(&jobs->queue, event, true);
    }
}

static void on_control(void *context, sch_peer_id from, const uint8_t *data, size_t bytes)
{
    sch_jobs *jobs = context;
    bool peer = from.value < jobs->book.peer_count;
    sch_event *event = sch_event_new(SCH_EVENT_CONTROL, from);
    if (event == NULL) {
        return;
    }
    sch_err err = sch_control_decode(&event->control, data, bytes);
    if (sch_failed(err)) {
        sch_log(SCH_LOG_WARNING, "job", NULL, "%s%s sent a message that cannot be read: %s",
                peer ? "node " : "an analyst", sch_jobs_peer_name(jobs, from), err.text);
        sch_event_free(event);
        if (!peer) {
            sch_mesh_end_session(jobs->mesh, from);
        }
        return;
    }
    /* A full queue slows nodes; an analyst who fills it is sent away. */
    if (!sch_queue_put(&jobs->queue, event, peer) && !peer) {
        sch_mesh_end_session(jobs->mesh, from);
    }
}

static void on_event(void *context, const char *peer, const char *text)
{
    (void)context;
    sch_log(SCH_LOG_INFO, "net", NULL, "%s%s%s", peer, peer[0] == '\0' ? "" : ": ", text);
}

/* ---- the event thread ---- */

static void handle_peer(sch_jobs *jobs, const sch_event *event)
{
    sch_peer_state *peer = &jobs->peer[event->from.value];
    peer->up = event->up;
    peer->has_pending = false; /* what was asked over another connection is asked again */
    sch_log(SCH_LOG_INFO, "job", NULL, "node %s is %s", sch_jobs_peer_name(jobs, event->from),
            event->up ? "connected" : "gone");
    if (event->up) {
        sch_jobs_meet_peer(jobs, event->from);
        sch_jobs_replay_deferred(jobs);
        return;
    }
    /* Its catalogues stay: where only the bulk connection was replaced, the peer need not have noticed, and does not
     * send them again. */
    sch_jobs_drop_fetches(jobs, event->from, 0);
}

/* Messages that are about nodes, not about a request. */
static void handle_node_message(sch_jobs *jobs, const sch_event *event)
{
    bool from_peer = event->from.value < jobs->book.peer_count;
    switch (event->control.kind) {
    case SCH_CONTROL_CATALOG_ASK:
        if (!from_peer) {
            sch_jobs_answer_catalog_ask(jobs, event->from);
        }
        break;
    case SCH_CONTROL_CATALOG:
        if (from_peer) {
            sch_jobs_on_catalog(jobs, event);
        }
        break;
    case SCH_CONTROL_HEAD:
        if (from_peer) {
            sch_jobs_on_head(jobs, event);
        }
        break;
    case SCH_CONTROL_HEAD_ASK:
        if (from_peer) {
            sch_jobs_on_head_ask(jobs, event);
        }
        break;
    case SCH_CONTROL_HEAD_AT:
        if (from_peer) {
            sch_jobs_on_head_at(jobs, event);
        }
        break;
    case SCH_CONTROL_EPOCH:
        if (from_peer) {
            sch_jobs_on_epoch(jobs, event);
        }
        break;
    case SCH_CONTROL_REVOKE:
        if (from_peer) {
            sch_jobs_on_revoke(jobs, event);
        }
        break;
    default:
        break;
    }
}

static bool handle(sch_jobs *jobs, sch_event *event)
{
    bool go_on = event->kind != SCH_EVENT_STOP;
    if (event->kind == SCH_EVENT_PEER) {
        handle_peer(jobs, event);
    } else if (event->kind == SCH_EVENT_SESSION) {
        sch_jobs_on_session(jobs, event);
    } else if (event->kind == SCH_EVENT_COMMAND) {
        sch_jobs_on_command(jobs, event);
    } else if (event->kind == SCH_EVENT_CONTROL) {
        handle_node_message(jobs, event);
    }
    sch_job_handle(jobs, event);
    sch_jobs_start_approved(jobs);
    return go_on;
}

/* Ends what runs; what waits stays in the store and goes on when the node is back. */
static void end_all_jobs(sch_jobs *jobs)
{
    sch_detail detail = {{0}};
    sch_job *next;
    sch_detail_set(&detail, "node %s was stopped by its operator", jobs->options.conf->node);
    for (sch_job *job = jobs->first; job != NULL; job = next) {
        next = job->next;
        bool kept = job->phase == SCH_JOB_FINISHED && !sch_job_coordinates(job);
        if (job->phase >= SCH_JOB_PREPARING && !kept) {
            sch_job_end(job, SCH_REQUEST_FAILED, jobs->options.conf->node, NULL,
                        sch_fail(SCH_TRY_AGAIN, "the node was stopped"), &detail);
        }
    }
    while (jobs->first != NULL) {
        sch_job_remove(jobs->first);
    }
}

static void tick(sch_jobs *jobs)
{
    uint64_t now = sch_clock_ns();
    sch_job_tick(jobs);
    sch_jobs_start_approved(jobs);
    sch_jobs_drop_fetches(jobs, (sch_peer_id){UINT32_MAX - 1}, now);
    if (jobs->last_expiry_ns == 0 || now - jobs->last_expiry_ns > UINT64_C(600000000000)) {
        jobs->last_expiry_ns = now;
        sch_jobs_expire_results(jobs);
    }
    if (jobs->reload_wanted && jobs->reload_wanted_ns == 0) {
        jobs->reload_wanted_ns = now;
    }
    if (jobs->reload_wanted && !jobs->reload_told && sch_jobs_are_quiet(jobs)) {
        jobs->reload_told = true;
        jobs->options.on_reload(jobs->options.context);
    }
}

static void *event_loop(void *argument)
{
    sch_jobs *jobs = argument;
    bool go_on = true;
    uint64_t last_tick = sch_clock_ns();
    while (go_on) {
        sch_event *event = sch_queue_take(&jobs->queue, 250);
        if (event != NULL) {
            go_on = handle(jobs, event);
        }
        if (sch_clock_ns() - last_tick > UINT64_C(250000000)) {
            tick(jobs);
            last_tick = sch_clock_ns();
        }
    }
    /* From here on nothing waits for the queue, so that job threads can end. */
    sch_queue_close(&jobs->queue);
    end_all_jobs(jobs);
    return NULL;
}

/* ---- start and stop ---- */

static sch_err make_standing_secrets(sch_jobs *jobs, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_book *book = &jobs->book;
    for (size_t p = 0; p < book->peer_count; p++) {
        jobs->peer[p].standing = sch_secret_new(SCH_KEY_BYTES);
        SCH_TRY(sch_check(jobs->peer[p].standing != NULL, SCH_NO_MEMORY, "no locked memory is left for keys"));
        err = sch_identity_pair_secret(jobs->peer[p].standing, jobs->options.identity, book->peer[p].exchange,
                                       book->psk[p]);
        if (sch_failed(err)) {
            sch_detail_set(detail, "the exchange key of party %s in the agreement is not a usable key",
                           book->peer[p].name);
        }
        SCH_TRY(err);
    }
out:
    return err;
}

static sch_err open_mesh(sch_jobs *jobs, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_conf *conf = jobs->options.conf;
    const sch_book *book = &jobs->book;
    const sch_identity *identity = jobs->options.identity;
    sch_mesh_peer *peer = calloc(book->peer_count + 1, sizeof *peer);
    sch_mesh_peer *analyst = calloc(book->analyst_count + 1, sizeof *analyst);
    SCH_TRY(sch_check(peer != NULL && analyst != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t i = 0; i < book->peer_count; i++) {
        peer[i] = sch_mesh_peer_of_card(&book->peer[i], book->psk[i]);
    }
    for (size_t i = 0; i < book->analyst_count; i++) {
        analyst[i] = sch_mesh_peer_of_card(&book->analyst[i], NULL);
    }
    sch_mesh_options options = {.listen = conf->listen,
                                .certificate_file = identity->certificate_file,
                                .tls_key_file = identity->tls_key_file,
                                .identity_secret = identity->identity_secret,
                                .peer = peer,
                                .peer_count = book->peer_count,
                                .analyst = analyst,
                                .analyst_count = book->analyst_count,
                                .handlers = {jobs, on_peer, on_session, on_control, on_event}};
    memcpy(options.name, conf->node, sizeof options.name);
    SCH_TRY(sch_mesh_open(&jobs->mesh, &options, detail));
out:
    free(peer);
    free(analyst);
    return err;
}

sch_err sch_jobs_start(sch_jobs **out, const sch_jobs_options *options, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = calloc(1, sizeof *jobs);
    *out = NULL;
    SCH_TRY(sch_check(jobs != NULL, SCH_NO_MEMORY, "out of memory"));
    jobs->options = *options;
    jobs->started = sch_clock_now();
    sch_queue_init(&jobs->queue);
    SCH_TRY(sch_book_make(&jobs->book, options->store, options->conf, &options->identity->card, detail));
    jobs->peer = calloc(jobs->book.peer_count + 1, sizeof *jobs->peer);
    jobs->refusals = calloc(jobs->book.analyst_count + 1, sizeof *jobs->refusals);
    SCH_TRY(sch_check(jobs->peer != NULL && jobs->refusals != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_jobs_make_offers(jobs));
    SCH_TRY(make_standing_secrets(jobs, detail));
    for (size_t p = 0; p < jobs->book.peer_count; p++) {
        SCH_TRY(sch_store_get_peer_refusal(options->store, &jobs->peer[p].refused, jobs->book.peer[p].name));
    }
    SCH_TRY(sch_jobs_resume(jobs));
    SCH_TRY(open_mesh(jobs, detail));
    SCH_TRY(sch_outbox_open(&jobs->outbox, jobs->mesh));
    SCH_TRY(sch_check(pthread_create(&jobs->thread, NULL, event_loop, jobs) == 0, SCH_NO_MEMORY,
                      "no thread could be started"));
    jobs->has_thread = true;
    *out = jobs;
    jobs = NULL;
out:
    sch_jobs_stop(jobs);
    return err;
}

void sch_jobs_stop(sch_jobs *jobs)
{
    if (jobs == NULL) {
        return;
    }
    if (jobs->has_thread) {
        (void)sch_queue_put(&jobs->queue, sch_event_new(SCH_EVENT_STOP, SCH_SELF), true);
        (void)pthread_join(jobs->thread, NULL);
    }
    sch_queue_close(&jobs->queue);
    while (jobs->first != NULL) { /* where the event thread never ran */
        sch_job_remove(jobs->first);
    }
    atomic_store(&jobs->stopping, true);
    while (atomic_load(&jobs->posting) >
           0) { /* results on their way: a peer that takes nothing is given up after 15 seconds */
        (void)usleep(10000);
    }
    sch_outbox_close(jobs->outbox);
    sch_mesh_close(jobs->mesh);
    for (size_t p = 0; jobs->peer != NULL && p < jobs->book.peer_count; p++) {
        sch_secret_free(jobs->peer[p].standing);
        for (size_t a = 0; a < SCH_MAX_ACTIVE_AGREEMENTS; a++) {
            sch_catalog_ref_drop(jobs->peer[p].catalog[a]);
        }
        sch_parts_clear(&jobs->peer[p].parts);
    }
    while (jobs->sessions != NULL) {
        sch_session_state *next = jobs->sessions->next;
        free(jobs->sessions);
        jobs->sessions = next;
    }
    while (jobs->fetches != NULL) {
        sch_fetch *next = jobs->fetches->next;
        free(jobs->fetches);
        jobs->fetches = next;
    }
    sch_jobs_drop_deferred(jobs, NULL, SCH_SELF);
    while (jobs->early != NULL) {
        sch_event *next = jobs->early->next;
        sch_event_free(jobs->early);
        jobs->early = next;
    }
    for (size_t a = 0; a < SCH_MAX_ACTIVE_AGREEMENTS; a++) {
        sch_catalog_ref_drop(jobs->own[a]);
    }
    free(jobs->peer);
    free(jobs->refusals);
    sch_book_clear(&jobs->book);
    free(jobs);
}
