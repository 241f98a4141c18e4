/* jobs.c - the node at work: the mesh's handlers, catalogues, the event thread. */
#include "node/job/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

const char *sch_jobs_peer_name(const sch_jobs *jobs, sch_peer_id peer)
{
    if (sch_peer_is(peer, SCH_SELF)) {
        return jobs->options.conf->node;
    }
    return peer.value < jobs->options.conf->peer_count ? jobs->options.conf->peer[peer.value].card.name : "";
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

void sch_jobs_tell_last(sch_jobs *jobs, sch_peer_id session, const sch_control *control)
{
    sch_err err = sch_outbox_send(jobs->outbox, session, control);
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, "an analyst's session ends without its answer", err, NULL);
        sch_mesh_end_session(jobs->mesh, session);
    }
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
    bool peer = from.value < jobs->options.conf->peer_count;
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

/* ---- catalogues ---- */

static void send_catalog(sch_jobs *jobs, sch_peer_id to, bool session, const sch_catalog_ref *ref)
{
    sch_control control = {.kind = SCH_CONTROL_CATALOG};
    memcpy(control.node, ref->catalog.node, sizeof control.node);
    control.parts = sch_parts_count(ref->encoded.bytes);
    sch_err err = SCH_NONE;
    for (; control.part < control.parts && !sch_failed(err); control.part++) {
        err = sch_parts_cut(&control, &ref->encoded);
        if (!sch_failed(err)) {
            err = session ? sch_outbox_send(jobs->outbox, to, &control) : sch_jobs_send(jobs, to, &control);
        }
    }
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_DEBUG, "job", NULL, "a catalogue could not be sent", err, NULL);
    }
    if (sch_failed(err) && session) {
        sch_mesh_end_session(jobs->mesh, to); /* rather than leave it waiting for the rest */
    }
    sch_buf_clear(&control.bytes);
}

/* All that is known, this node's own last: that ends the answer. */
static void answer_catalog_ask(sch_jobs *jobs, sch_peer_id session)
{
    for (size_t p = 0; p < jobs->options.conf->peer_count; p++) {
        if (jobs->peer[p].up && jobs->peer[p].catalog != NULL) {
            send_catalog(jobs, session, true, jobs->peer[p].catalog);
        }
    }
    send_catalog(jobs, session, true, jobs->own);
}

static sch_err take_catalog_part(sch_peer_state *peer, const char *name, const sch_control *control, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_catalog_ref *ref = NULL;
    if (control->part == 0) {
        sch_parts_clear(&peer->parts);
    }
    SCH_TRY(sch_parts_take(&peer->parts, control, SCH_MAX_CATALOG_BYTES));
    if (!sch_parts_complete(&peer->parts)) {
        return SCH_NONE;
    }
    ref = sch_catalog_ref_new();
    SCH_TRY(sch_check(ref != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_catalog_decode(&ref->catalog, peer->parts.bytes.data, peer->parts.bytes.bytes, detail));
    SCH_TRY(sch_check(strcmp(ref->catalog.node, name) == 0, SCH_BAD_PEER, "a node sent another node's catalogue"));
    ref->encoded = peer->parts.bytes;
    peer->parts = (sch_parts){0};
    sch_catalog_ref_drop(peer->catalog);
    peer->catalog = ref;
    ref = NULL;
out:
    sch_catalog_ref_drop(ref);
    return err;
}

static void handle_catalog(sch_jobs *jobs, const sch_event *event)
{
    sch_detail detail = {{0}};
    const char *name = sch_jobs_peer_name(jobs, event->from);
    sch_err err = take_catalog_part(&jobs->peer[event->from.value], name, &event->control, &detail);
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, name, err, &detail);
    }
}

/* ---- the event thread ---- */

static void handle_peer(sch_jobs *jobs, const sch_event *event)
{
    sch_peer_state *peer = &jobs->peer[event->from.value];
    peer->up = event->up;
    sch_log(SCH_LOG_INFO, "job", NULL, "node %s is %s", sch_jobs_peer_name(jobs, event->from),
            event->up ? "connected" : "gone");
    if (event->up) {
        send_catalog(jobs, event->from, false, jobs->own);
    } else {
        sch_catalog_ref_drop(peer->catalog);
        peer->catalog = NULL;
        sch_parts_clear(&peer->parts);
    }
}

/* Which analyst a session belongs to: kept in the order of arrival. */
typedef struct session session;
struct session {
    session *next;
    sch_peer_id id;
    size_t analyst;
};

static void handle_session(session **sessions, const sch_event *event)
{
    if (event->up) {
        session *fresh = calloc(1, sizeof *fresh);
        if (fresh != NULL) {
            *fresh = (session){*sessions, event->from, event->analyst};
            *sessions = fresh;
        }
        return;
    }
    for (session **at = sessions; *at != NULL; at = &(*at)->next) {
        if (sch_peer_is((*at)->id, event->from)) {
            session *gone = *at;
            *at = gone->next;
            free(gone);
            return;
        }
    }
}

static bool handle(sch_jobs *jobs, session **sessions, sch_event *event)
{
    bool from_peer = event->from.value < jobs->options.conf->peer_count;
    bool go_on = event->kind != SCH_EVENT_STOP;
    if (event->kind == SCH_EVENT_PEER) {
        handle_peer(jobs, event);
    } else if (event->kind == SCH_EVENT_SESSION) {
        handle_session(sessions, event);
    } else if (event->kind == SCH_EVENT_CONTROL && event->control.kind == SCH_CONTROL_CATALOG && from_peer) {
        handle_catalog(jobs, event);
    } else if (event->kind == SCH_EVENT_CONTROL && event->control.kind == SCH_CONTROL_CATALOG_ASK && !from_peer) {
        answer_catalog_ask(jobs, event->from);
    } else if (event->kind == SCH_EVENT_CONTROL && event->control.kind == SCH_CONTROL_SUBMIT) {
        event->analyst = SIZE_MAX - 1; /* nobody */
        for (session *s = *sessions; s != NULL; s = s->next) {
            if (sch_peer_is(s->id, event->from)) {
                event->analyst = s->analyst;
            }
        }
    }
    sch_job_handle(jobs, event);
    return go_on;
}

static void end_all_jobs(sch_jobs *jobs)
{
    sch_detail detail = {{0}};
    sch_detail_set(&detail, "node %s was stopped by its operator", jobs->options.conf->node);
    for (sch_job *job = jobs->first; job != NULL; job = job->next) {
        sch_job_fail(job, jobs->options.conf->node, sch_fail(SCH_TRY_AGAIN, "the node was stopped"), &detail);
    }
    while (jobs->first != NULL) {
        sch_job *job = jobs->first;
        jobs->first = job->next;
        jobs->job_count--;
        if (job->has_thread) {
            (void)pthread_join(job->thread, NULL);
        }
        sch_job_free(job);
    }
}

static void *event_loop(void *argument)
{
    sch_jobs *jobs = argument;
    session *sessions = NULL;
    bool go_on = true;
    uint64_t last_tick = sch_clock_ns();
    while (go_on) {
        sch_event *event = sch_queue_take(&jobs->queue, 250);
        if (event != NULL) {
            go_on = handle(jobs, &sessions, event);
        }
        if (sch_clock_ns() - last_tick > UINT64_C(250000000)) {
            sch_job_tick(jobs);
            last_tick = sch_clock_ns();
        }
    }
    /* From here on nothing waits for the queue, so that job threads can end. */
    sch_queue_close(&jobs->queue);
    end_all_jobs(jobs);
    while (sessions != NULL) {
        session *next = sessions->next;
        free(sessions);
        sessions = next;
    }
    return NULL;
}

/* ---- start and stop ---- */

static sch_err make_own_catalog(sch_jobs *jobs, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_jobs_options *options = &jobs->options;
    sch_catalog view = {.min_persons = options->conf->min_persons, .show_zero = options->conf->show_zero};
    memcpy(view.node, options->conf->node, sizeof view.node);
    /* Borrowed for the encoding only; the catalogue that stays is decoded from it. */
    view.data_set = (sch_data_set *)(uintptr_t)options->data_set;
    view.data_set_count = options->conf->data_set_count;
    jobs->own = sch_catalog_ref_new();
    SCH_TRY(sch_check(jobs->own != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_catalog_check(&view, detail));
    SCH_TRY(sch_catalog_encode(&jobs->own->encoded, &view));
    SCH_TRY(sch_catalog_decode(&jobs->own->catalog, jobs->own->encoded.data, jobs->own->encoded.bytes, detail));
out:
    return err;
}

static sch_err make_standing_secrets(sch_jobs *jobs, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_conf *conf = jobs->options.conf;
    for (size_t p = 0; p < conf->peer_count; p++) {
        jobs->peer[p].standing = sch_secret_new(SCH_KEY_BYTES);
        SCH_TRY(sch_check(jobs->peer[p].standing != NULL, SCH_NO_MEMORY, "no locked memory is left for keys"));
        err = sch_identity_pair_secret(jobs->peer[p].standing, jobs->options.identity, conf->peer[p].card.exchange,
                                       conf->peer[p].psk);
        if (sch_failed(err)) {
            sch_detail_set(detail, "the exchange key of peer %s in the configuration is not a usable key",
                           conf->peer[p].card.name);
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
    const sch_identity *identity = jobs->options.identity;
    sch_mesh_peer *peer = calloc(conf->peer_count + 1, sizeof *peer);
    sch_mesh_peer *analyst = calloc(conf->analyst_count + 1, sizeof *analyst);
    SCH_TRY(sch_check(peer != NULL && analyst != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t i = 0; i < conf->peer_count; i++) {
        peer[i] = sch_mesh_peer_of_card(&conf->peer[i].card, conf->peer[i].psk);
    }
    for (size_t i = 0; i < conf->analyst_count; i++) {
        analyst[i] = sch_mesh_peer_of_card(&conf->analyst[i], NULL);
    }
    sch_mesh_options options = {.listen = conf->listen,
                                .certificate_file = identity->certificate_file,
                                .tls_key_file = identity->tls_key_file,
                                .identity_secret = identity->identity_secret,
                                .peer = peer,
                                .peer_count = conf->peer_count,
                                .analyst = analyst,
                                .analyst_count = conf->analyst_count,
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
    jobs->peer = calloc(options->conf->peer_count + 1, sizeof *jobs->peer);
    jobs->seen = calloc(SCH_MAX_SEEN, sizeof *jobs->seen);
    SCH_TRY(sch_check(jobs->peer != NULL && jobs->seen != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(make_own_catalog(jobs, detail));
    SCH_TRY(make_standing_secrets(jobs, detail));
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
    sch_outbox_close(jobs->outbox);
    sch_mesh_close(jobs->mesh);
    for (size_t p = 0; jobs->peer != NULL && p < jobs->options.conf->peer_count; p++) {
        sch_secret_free(jobs->peer[p].standing);
        sch_catalog_ref_drop(jobs->peer[p].catalog);
        sch_parts_clear(&jobs->peer[p].parts);
    }
    while (jobs->early != NULL) {
        sch_event *next = jobs->early->next;
        sch_event_free(jobs->early);
        jobs->early = next;
    }
    sch_catalog_ref_drop(jobs->own);
    free(jobs->peer);
    free(jobs->seen);
    free(jobs);
}
