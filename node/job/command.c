/* command.c - operators' commands: handed to the event thread, answered there. */
#include "node/job/command.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/audit/verify.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

/* ---- from the caller's thread to the event thread and back ---- */

struct sch_call {
    const sch_command *command; /* borrowed */
    json_t *answer;
    sch_err err;
    sch_detail detail;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
};

static void finish(sch_call *call, sch_err err)
{
    (void)pthread_mutex_lock(&call->lock);
    call->err = err;
    call->is_done = true;
    (void)pthread_cond_signal(&call->done);
    (void)pthread_mutex_unlock(&call->lock);
}

void sch_call_drop(sch_call *call)
{
    finish(call, sch_fail(SCH_TRY_AGAIN, "the node is about to stop"));
}

sch_err sch_jobs_command(sch_jobs *jobs, json_t **answer, const sch_command *command, sch_detail *detail)
{
    sch_call call = {.command = command};
    sch_event *event = sch_event_new(SCH_EVENT_COMMAND, SCH_SELF);
    *answer = NULL;
    if (event == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    (void)pthread_mutex_init(&call.lock, NULL);
    (void)pthread_cond_init(&call.done, NULL);
    event->call = &call;
    (void)sch_queue_put(&jobs->queue, event, true); /* one that is refused is freed, which answers */
    (void)pthread_mutex_lock(&call.lock);
    while (!call.is_done) {
        (void)pthread_cond_wait(&call.done, &call.lock);
    }
    (void)pthread_mutex_unlock(&call.lock);
    (void)pthread_cond_destroy(&call.done);
    (void)pthread_mutex_destroy(&call.lock);
    *answer = call.answer;
    if (sch_failed(call.err) && detail != NULL) {
        *detail = call.detail;
    }
    return call.err;
}

/* ---- answers ---- */

static void name_operator(char out[static SCH_AUDIT_OBJECT_BYTES], const sch_command *command)
{
    (void)snprintf(out, SCH_AUDIT_OBJECT_BYTES, "operator:%s",
                   command->operator_name == NULL || command->operator_name[0] == '\0' ? "unknown"
                                                                                       : command->operator_name);
}

static sch_err login(sch_jobs *jobs, sch_call *call)
{
    enum { MOST = 60 };
    char actor[SCH_AUDIT_OBJECT_BYTES];
    uint64_t now = sch_clock_ns();
    if (strcmp(call->command->text, "ok") != 0) { /* whoever may knock does not fill the disk by it */
        if (jobs->refused_since_ns == 0 || now - jobs->refused_since_ns > UINT64_C(3600000000000)) {
            jobs->refused_since_ns = now;
            jobs->refused_logins = 0;
        }
        if (++jobs->refused_logins > MOST) {
            return sch_fail(SCH_TRY_AGAIN, "many logins were refused within the hour; this one is not recorded");
        }
    }
    name_operator(actor, call->command);
    return sch_record_alone(jobs, actor, "login", "control", call->command->text, NULL, NULL);
}

static json_t *peers_json(sch_jobs *jobs)
{
    json_t *list = json_array();
    for (size_t p = 0; p < jobs->book.peer_count; p++) {
        sch_detail why = {{0}};
        sch_mesh_why_down(jobs->mesh, (sch_peer_id){(uint32_t)p}, &why);
        (void)json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:s}", "name", jobs->book.peer[p].name, "up",
                                                    jobs->peer[p].up, "why", jobs->peer[p].up ? "" : why.text,
                                                    "refused", jobs->peer[p].refused.text));
    }
    return list;
}

static json_t *agreements_short(const sch_jobs *jobs)
{
    static const char *const STATE[] = {"active", "replaced", "revoked", "unusable"};
    json_t *list = json_array();
    for (size_t a = 0; a < jobs->book.agreement_count; a++) {
        const sch_book_agreement *entry = &jobs->book.agreement[a];
        const sch_agreement *agreement = &entry->bundle.agreement;
        bool offers = entry->state == SCH_BOOK_IN_FORCE;
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:I, s:s, s:o}", "id", agreement->id, "version",
                                              (json_int_t)agreement->version, "state", STATE[entry->state], "withheld",
                                              offers ? sch_jobs_withheld_keys(jobs, agreement) : json_array()));
    }
    return list;
}

static sch_err status(sch_jobs *jobs, sch_call *call)
{
    sch_err err = SCH_NONE;
    uint64_t seq = 0, counter = 0, count[SCH_REQUEST_CANCELLED + 1];
    uint8_t hash[SCH_HASH_BYTES];
    char started[SCH_TIME_TEXT_BYTES];
    json_t *counts = json_object();
    SCH_TRY(sch_store_count_requests(jobs->options.store, count));
    for (unsigned state = SCH_REQUEST_SUBMITTED; state <= SCH_REQUEST_CANCELLED; state++) {
        if (count[state] > 0) {
            (void)json_object_set_new(counts, sch_request_state_name((sch_request_state)state),
                                      json_integer((json_int_t)count[state]));
        }
    }
    SCH_TRY(sch_store_get_audit_end(jobs->options.store, &seq, hash));
    SCH_TRY(sch_store_get_counter(jobs->options.store, &counter));
    sch_time_text(started, jobs->started);
    call->answer =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:O, s:I, s:I}", "node", jobs->options.conf->node, "version", SCH_VERSION,
                  "started", started, "agreements", agreements_short(jobs), "peers", peers_json(jobs), "requests",
                  counts, "audit_seq", (json_int_t)seq, "ledger_counter", (json_int_t)counter);
out:
    json_decref(counts);
    return err;
}

typedef struct listing {
    sch_jobs *jobs;
    json_t *list;
} listing;

static sch_err list_request(void *context, const sch_stored_request *row)
{
    sch_err err = SCH_NONE;
    const listing *l = context;
    json_t *line = NULL;
    SCH_TRY(sch_request_to_line(l->jobs, &line, row));
    (void)json_array_append_new(l->list, line);
out:
    return err;
}

static sch_err requests(sch_jobs *jobs, sch_call *call)
{
    enum { MOST = 1000 };
    sch_err err = SCH_NONE;
    listing l = {jobs, json_array()};
    SCH_TRY(sch_store_each_request(jobs->options.store, NULL, !call->command->all, MOST, list_request, &l));
    call->answer = json_pack("{s:O}", "requests", l.list);
out:
    json_decref(l.list);
    return err;
}

static sch_err request(sch_jobs *jobs, sch_call *call)
{
    sch_err err = SCH_NONE;
    sch_stored_request row = {0};
    bool found = false;
    SCH_TRY(sch_store_get_request(jobs->options.store, &found, &row, &call->command->id));
    SCH_TRY(
        sch_check(found, SCH_BAD_INPUT, "this node has no request with this id; schakelctl requests --all lists them"));
    SCH_TRY(sch_request_to_json(jobs, &call->answer, &row, &call->detail));
out:
    sch_stored_request_clear(&row);
    return err;
}

static sch_err word(sch_jobs *jobs, sch_call *call)
{
    sch_err err = SCH_NONE;
    sch_job *job = sch_jobs_find(jobs, &call->command->id);
    SCH_TRY(sch_check(job != NULL && job->phase != SCH_JOB_ENDING, SCH_BAD_INPUT,
                      "no request with this id waits at this node; schakelctl requests lists those that do"));
    SCH_TRY(sch_job_take_word(job, call->command, &call->detail));
    call->answer = json_object();
out:
    return err;
}

/* ---- agreements ---- */

static const char *state_word(sch_agreement_state state)
{
    static const char *const WORD[] = {"", "active", "superseded", "revoked"};
    return WORD[state];
}

static sch_err list_agreement(void *context, const sch_stored_agreement *stored)
{
    sch_err err = SCH_NONE;
    json_t *list = context;
    sch_bundle bundle = {0};
    sch_detail detail = {{0}};
    char hex[2 * SCH_HASH_BYTES + 1], changed[SCH_TIME_TEXT_BYTES], until[SCH_TIME_TEXT_BYTES];
    SCH_TRY(sch_bundle_decode(&bundle, stored->bundle.data, stored->bundle.bytes, &detail));
    for (size_t i = 0; i < SCH_HASH_BYTES; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", stored->hash[i]);
    }
    sch_time_text(changed, stored->changed);
    sch_time_text(until, bundle.agreement.valid_until);
    (void)json_array_append_new(list,
                                json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "id", stored->id, "version",
                                          (json_int_t)stored->version, "state", state_word(stored->state), "hash", hex,
                                          "title", bundle.agreement.title, "changed", changed, "valid_until", until));
out:
    sch_bundle_clear(&bundle);
    return err;
}

static sch_err agreements(sch_jobs *jobs, sch_call *call)
{
    sch_err err = SCH_NONE;
    json_t *list = json_array();
    SCH_TRY(sch_store_each_agreement(jobs->options.store, list_agreement, list));
    call->answer = json_pack("{s:O}", "agreements", list);
out:
    json_decref(list);
    return err;
}

/* An agreement by its id, and its version where one is said: else the newest. */
typedef struct wanted {
    char id[SCH_NAME_BYTES];
    unsigned long version;
    sch_buf bundle;
} wanted;

static sch_err keep_wanted(void *context, const sch_stored_agreement *stored)
{
    wanted *w = context;
    if (strcmp(stored->id, w->id) != 0 || (w->version != 0 && w->version != stored->version)) {
        return SCH_NONE;
    }
    sch_buf_clear(&w->bundle);
    return sch_buf_append(&w->bundle, stored->bundle.data, stored->bundle.bytes);
}

static sch_err agreement(sch_jobs *jobs, sch_call *call)
{
    sch_err err = SCH_NONE;
    wanted w = {.version = 0};
    const char *slash = strchr(call->command->text, '/');
    size_t id_bytes = slash == NULL ? strlen(call->command->text) : (size_t)(slash - call->command->text);
    SCH_TRY(sch_check(id_bytes < sizeof w.id, SCH_BAD_INPUT, "there is no such agreement here"));
    memcpy(w.id, call->command->text, id_bytes);
    w.version = slash == NULL ? 0 : strtoul(slash + 1, NULL, 10);
    SCH_TRY(sch_store_each_agreement(jobs->options.store, keep_wanted, &w));
    SCH_TRY(sch_check(w.bundle.bytes > 0, SCH_BAD_INPUT,
                      "there is no such agreement here; schakelctl agreement list shows those that there are"));
    call->answer = json_pack("{s:o}", "bundle", sch_json_base64(w.bundle.data, w.bundle.bytes));
out:
    sch_buf_clear(&w.bundle);
    return err;
}

/* ---- state ---- */

static sch_err print_head(void *context, const sch_stored_head *head)
{
    return sch_audit_heads_print(context, &head->head, head->identity);
}

static sch_err heads(sch_jobs *jobs, sch_call *call)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    const char *node = call->command->text;
    SCH_TRY(sch_store_each_head(jobs->options.store, node == NULL || node[0] == '\0' ? NULL : node, print_head, &text));
    call->answer = json_pack("{s:s}", "heads", text.bytes == 0 ? "" : sch_buf_text(&text));
out:
    sch_buf_clear(&text);
    return err;
}

static sch_err backup(sch_jobs *jobs, sch_call *call)
{
    sch_err err = SCH_NONE;
    char actor[SCH_AUDIT_OBJECT_BYTES];
    name_operator(actor, call->command);
    /* First, so that the backup holds the record of itself. */
    SCH_TRY(sch_record_alone(jobs, actor, "state.backup", "state", "ok", NULL, NULL));
    SCH_TRY(sch_store_backup(jobs->options.store, call->command->text, &call->detail));
    call->answer = json_pack("{s:s}", "path", call->command->text);
out:
    return err;
}

static sch_err accept_peer(sch_jobs *jobs, sch_call *call)
{
    sch_err err = sch_jobs_accept_peer(jobs, call->command, &call->detail);
    if (!sch_failed(err)) {
        call->answer = json_pack("{s:s}", "peer", call->command->text2);
    }
    return err;
}

static sch_err reload(sch_jobs *jobs, sch_call *call)
{
    sch_err err = SCH_NONE;
    char actor[SCH_AUDIT_OBJECT_BYTES];
    name_operator(actor, call->command);
    SCH_TRY(sch_record_alone(jobs, actor, "node.reload", jobs->options.conf->node, "ok", NULL, NULL));
    jobs->reload_wanted = true;
    call->answer = json_object();
out:
    return err;
}

static sch_err run(sch_jobs *jobs, sch_call *call)
{
    switch (call->command->kind) {
    case SCH_COMMAND_LOGIN:
        return login(jobs, call);
    case SCH_COMMAND_STATUS:
        return status(jobs, call);
    case SCH_COMMAND_REQUESTS:
        return requests(jobs, call);
    case SCH_COMMAND_REQUEST:
        return request(jobs, call);
    case SCH_COMMAND_APPROVE:
    case SCH_COMMAND_DENY:
        return word(jobs, call);
    case SCH_COMMAND_AGREEMENTS:
        return agreements(jobs, call);
    case SCH_COMMAND_AGREEMENT:
        return agreement(jobs, call);
    case SCH_COMMAND_ACTIVATE:
        return sch_jobs_activate(jobs, &call->answer, call->command, &call->detail);
    case SCH_COMMAND_REVOKE:
        return sch_jobs_revoke(jobs, &call->answer, call->command, &call->detail);
    case SCH_COMMAND_HEADS:
        return heads(jobs, call);
    case SCH_COMMAND_BACKUP:
        return backup(jobs, call);
    case SCH_COMMAND_PEER_ACCEPT:
        return accept_peer(jobs, call);
    case SCH_COMMAND_RELOAD:
        return reload(jobs, call);
    }
    return sch_fail(SCH_BUG, "an unknown command");
}

void sch_jobs_on_command(sch_jobs *jobs, sch_event *event)
{
    sch_call *call = event->call;
    bool login_only = call->command->kind == SCH_COMMAND_LOGIN;
    sch_err err = run(jobs, call);
    if (sch_failed(err) && !login_only) {
        sch_log_error(SCH_LOG_INFO, "job", NULL, "an operator's command was refused", err, &call->detail);
    }
    if (!sch_failed(err) && call->answer == NULL && !login_only) {
        err = sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    event->call = NULL;
    finish(call, err);
}
