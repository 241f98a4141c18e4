/* watch.c - what analysts are told of their requests. Runs in the event thread alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/job/job.h"

sch_err sch_status_message(sch_control *out, const sch_stored_request *row, const char *awaits)
{
    sch_err err = SCH_NONE;
    *out = (sch_control){.kind = SCH_CONTROL_STATUS, .id = row->id, .state = row->state, .code = row->code};
    memcpy(out->signature, row->signature, sizeof out->signature);
    memcpy(out->plan_hash, row->plan_hash, sizeof out->plan_hash);
    out->time = row->changed;
    sch_detail_set(&out->text, "%s", row->text.text[0] != '\0' || awaits == NULL ? row->text.text : awaits);
    SCH_TRY(sch_buf_append(&out->bytes, row->bytes.data, row->bytes.bytes));
out:
    return err;
}

static const char *approval_word(const sch_job *job, const char *node)
{
    const sch_agreement_party *party = sch_agreement_find_party(&job->agreement->bundle.agreement, node);
    if (party == NULL || party->approval == SCH_APPROVAL_AUTOMATIC) {
        return "";
    }
    return party->approval == SCH_APPROVAL_OPERATOR ? " (an operator)" : " (two operators)";
}

/* The first party of an approved request that is not connected; NULL where all are. */
static const char *missing_party(const sch_job *job)
{
    for (size_t p = 0; p < job->row.party_count; p++) {
        if (!sch_peer_is(job->party[p], SCH_SELF) && !sch_mesh_is_up(job->jobs->mesh, job->party[p])) {
            return job->row.party[p];
        }
    }
    return NULL;
}

void sch_job_awaits(const sch_job *job, sch_detail *out)
{
    *out = (sch_detail){{0}};
    if (job->phase == SCH_JOB_WAITING) {
        size_t count = 0;
        char text[SCH_DETAIL_BYTES] = "";
        for (size_t p = 0; p < job->row.party_count; p++) {
            if (!job->consented[p]) {
                size_t at = strlen(text);
                const char *name = job->row.party[p];
                bool away = !sch_peer_is(job->party[p], SCH_SELF) && !sch_mesh_is_up(job->jobs->mesh, job->party[p]);
                (void)snprintf(text + at, sizeof text - at, "%s%s%s%s", count++ == 0 ? "" : ", ", name,
                               approval_word(job, name), away ? " (not connected)" : "");
            }
        }
        sch_detail_set(out, "waits for approval by %s", text);
    } else if (job->phase == SCH_JOB_APPROVED) {
        const char *missing = missing_party(job);
        sch_detail refused = {{0}};
        if (sch_failed(sch_job_check_peers(job, &refused))) {
            *out = refused;
        } else if (missing != NULL) {
            sch_detail_set(out, "waits until node %s is connected", missing);
        } else {
            sch_detail_set(out, "waits until other requests have ended");
        }
    }
}

void sch_job_tell_watchers(sch_job *job)
{
    sch_control control = {0};
    sch_detail awaits;
    if (job->watcher_count == 0) {
        return;
    }
    sch_job_awaits(job, &awaits);
    sch_err err = sch_status_message(&control, &job->row, awaits.text);
    for (size_t w = 0; !sch_failed(err) && w < job->watcher_count; w++) {
        sch_jobs_tell_session(job->jobs, job->watcher[w], &control);
    }
    sch_control_clear(&control);
}

void sch_job_watch(sch_job *job, sch_peer_id session)
{
    for (size_t w = 0; w < job->watcher_count; w++) {
        if (sch_peer_is(job->watcher[w], session)) {
            return;
        }
    }
    if (job->watcher_count == SCH_MAX_WATCHERS) { /* the oldest has to ask again */
        memmove(&job->watcher[0], &job->watcher[1], (SCH_MAX_WATCHERS - 1) * sizeof job->watcher[0]);
        job->watcher_count--;
    }
    job->watcher[job->watcher_count++] = session;
}

static void forget_watcher(sch_jobs *jobs, sch_peer_id session)
{
    for (sch_job *job = jobs->first; job != NULL; job = job->next) {
        size_t kept = 0;
        for (size_t w = 0; w < job->watcher_count; w++) {
            if (!sch_peer_is(job->watcher[w], session)) {
                job->watcher[kept++] = job->watcher[w];
            }
        }
        job->watcher_count = kept;
    }
}

void sch_jobs_on_session(sch_jobs *jobs, const sch_event *event)
{
    if (event->up) {
        size_t others = 0;
        for (const sch_session_state *s = jobs->sessions; s != NULL; s = s->next) {
            others += s->analyst == event->analyst ? 1 : 0;
        }
        if (others >= SCH_MAX_ANALYST_SESSIONS) { /* there are places for all, and one analyst does not take them */
            sch_mesh_end_session(jobs->mesh, event->from);
            return;
        }
        sch_session_state *fresh = calloc(1, sizeof *fresh);
        if (fresh != NULL) {
            *fresh = (sch_session_state){jobs->sessions, event->from, event->analyst};
            jobs->sessions = fresh;
        }
        return;
    }
    forget_watcher(jobs, event->from);
    sch_jobs_drop_fetches(jobs, event->from, 0);
    for (sch_session_state **at = &jobs->sessions; *at != NULL; at = &(*at)->next) {
        if (sch_peer_is((*at)->id, event->from)) {
            sch_session_state *gone = *at;
            *at = gone->next;
            free(gone);
            return;
        }
    }
}

size_t sch_jobs_session_analyst(const sch_jobs *jobs, sch_peer_id session)
{
    for (const sch_session_state *s = jobs->sessions; s != NULL; s = s->next) {
        if (sch_peer_is(s->id, session)) {
            return s->analyst;
        }
    }
    return SIZE_MAX;
}

/* Whether an analyst may know of a request: the one who sent it, and those whom it names as recipients. */
static bool concerns(const sch_stored_request *row, const char *analyst)
{
    sch_request request = {0};
    bool found = strcmp(row->analyst, analyst) == 0;
    if (!found && row->bytes.bytes > 0 &&
        !sch_failed(sch_request_decode(&request, row->bytes.data, row->bytes.bytes, NULL))) {
        for (size_t r = 0; r < request.recipient_count; r++) {
            found = found || strcmp(request.recipient[r], analyst) == 0;
        }
    }
    sch_request_clear(&request);
    return found;
}

void sch_jobs_on_watch(sch_jobs *jobs, const sch_event *event)
{
    sch_stored_request row = {0};
    sch_control control = {0};
    bool found = false;
    size_t analyst = sch_jobs_session_analyst(jobs, event->from);
    sch_err err = sch_store_get_request(jobs->options.store, &found, &row, &event->control.id);
    if (sch_failed(err)) {
        sch_jobs_die(err);
    }
    bool theirs = found && analyst != SIZE_MAX && concerns(&row, jobs->book.analyst[analyst].name) &&
                  strcmp(row.coordinator, jobs->options.conf->node) == 0;
    sch_job *job = theirs ? sch_jobs_find(jobs, &row.id) : NULL;
    if (!theirs) {
        /* One sentence for both, so that nobody learns which ids exist. */
        control = sch_fail_message(&event->control.id, jobs->options.conf->node, SCH_REQUEST_REFUSED,
                                   sch_fail(SCH_DENIED, "this node took no request of yours with this id"), NULL);
    } else if (row.bytes.bytes == 0) {
        control =
            sch_fail_message(&event->control.id, jobs->options.conf->node, SCH_REQUEST_EXPIRED,
                             sch_fail(SCH_DENIED, "the request is past its retention; only its id is kept"), NULL);
    } else {
        sch_detail awaits = {{0}};
        if (job != NULL) {
            sch_job_watch(job, event->from);
            sch_job_awaits(job, &awaits);
        }
        err = sch_status_message(&control, &row, awaits.text);
    }
    if (!sch_failed(err)) {
        sch_jobs_tell_session(jobs, event->from, &control);
    }
    sch_control_clear(&control);
    sch_stored_request_clear(&row);
}

typedef struct listing {
    sch_jobs *jobs;
    sch_peer_id session;
    const char *analyst;
    bool own; /* the analyst's own requests; else those of others that name the analyst */
} listing;

static sch_err list_one(void *context, const sch_stored_request *row)
{
    const listing *l = context;
    sch_control control = {0};
    sch_detail awaits = {{0}};
    if (row->bytes.bytes == 0 || strcmp(row->coordinator, l->jobs->options.conf->node) != 0 ||
        (strcmp(row->analyst, l->analyst) == 0) != l->own || !concerns(row, l->analyst)) {
        return SCH_NONE;
    }
    const sch_job *job = sch_jobs_find(l->jobs, &row->id);
    if (job != NULL) {
        sch_job_awaits(job, &awaits);
    }
    sch_err err = sch_status_message(&control, row, awaits.text);
    if (!sch_failed(err)) {
        sch_jobs_tell_session(l->jobs, l->session, &control);
    }
    sch_control_clear(&control);
    return err;
}

void sch_jobs_on_status_ask(sch_jobs *jobs, const sch_event *event)
{
    enum { MOST = 500 };
    size_t analyst = sch_jobs_session_analyst(jobs, event->from);
    sch_control last = {.kind = SCH_CONTROL_STATUS};
    if (analyst == SIZE_MAX) {
        return;
    }
    listing l = {jobs, event->from, jobs->book.analyst[analyst].name, true};
    sch_err err = sch_store_each_request(jobs->options.store, l.analyst, false, MOST, list_one, &l);
    if (!sch_failed(err)) {
        l.own = false;
        err = sch_store_each_request(jobs->options.store, NULL, false, MOST, list_one, &l);
    }
    if (err.code == SCH_IO) {
        sch_jobs_die(err);
    }
    sch_jobs_tell_session(jobs, event->from, &last);
}
