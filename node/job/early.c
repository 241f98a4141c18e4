/* early.c - messages about requests that are not in progress here: of nodes that are ahead, and of those that are
 * behind. */
#include <string.h>

#include "node/job/job.h"

void sch_job_replay_early(sch_jobs *jobs, const sch_request_id *id)
{
    sch_event **at = &jobs->early;
    sch_event *mine = NULL;
    while (*at != NULL) {
        sch_event *event = *at;
        if (memcmp(&event->control.id, id, sizeof *id) == 0) {
            *at = event->next;
            event->next = mine;
            mine = event;
            jobs->peer[event->from.value].early_count--;
        } else {
            at = &event->next;
        }
    }
    while (mine != NULL) {
        sch_event *next = mine->next;
        sch_job_handle(jobs, mine);
        mine = next;
    }
}

bool sch_jobs_keep_early(sch_jobs *jobs, sch_event *event)
{
    sch_control_kind kind = event->control.kind;
    bool may_be_early = kind == SCH_CONTROL_READY || kind == SCH_CONTROL_SIZE || kind == SCH_CONTROL_CONSENT;
    if (!may_be_early || event->from.value >= jobs->book.peer_count) {
        return false;
    }
    size_t *count = &jobs->peer[event->from.value].early_count;
    if (*count >= SCH_MAX_EARLY) {
        return false;
    }
    event->next = jobs->early;
    jobs->early = event;
    (*count)++;
    return true;
}

/* Whether a node has a part in a stored request. */
static bool concerns_peer(const sch_stored_request *row, const char *name)
{
    bool found = strcmp(row->coordinator, name) == 0;
    for (size_t p = 0; p < row->party_count; p++) {
        found = found || strcmp(row->party[p], name) == 0;
    }
    return found;
}

void sch_jobs_tell_end(sch_jobs *jobs, sch_peer_id to, const sch_stored_request *row)
{
    if (row->state == SCH_REQUEST_RELEASED) {
        sch_control released = {.kind = SCH_CONTROL_RELEASED, .id = row->id};
        sch_jobs_tell(jobs, to, &released);
        return;
    }
    /* The stored sentence begins with the node that it is about (sch_job_end). */
    sch_control ended = sch_fail_message(
        &row->id, jobs->options.conf->node, row->state > SCH_REQUEST_RELEASED ? row->state : SCH_REQUEST_FAILED,
        sch_fail(row->code != SCH_OK ? row->code : SCH_TRY_AGAIN, "the request has ended"), NULL);
    const char *rest = strstr(row->text.text, ": ");
    if (strncmp(row->text.text, "node ", 5) == 0 && rest != NULL && rest - row->text.text - 5 < SCH_NAME_BYTES) {
        size_t bytes = (size_t)(rest - row->text.text - 5);
        memcpy(ended.node, row->text.text + 5, bytes);
        ended.node[bytes] = '\0';
        sch_detail_set(&ended.text, "%s", rest + 2);
    }
    sch_jobs_tell(jobs, to, &ended);
}

bool sch_jobs_handle_unknown(sch_jobs *jobs, sch_event *event)
{
    sch_stored_request row = {0};
    bool found = false, kept = false;
    sch_err err = sch_store_get_request(jobs->options.store, &found, &row, &event->control.id);
    if (sch_failed(err)) {
        sch_jobs_die(err);
    }
    bool asks = (event->control.kind == SCH_CONTROL_DONE || event->control.kind == SCH_CONTROL_CONSENT ||
                 event->control.kind == SCH_CONTROL_WATCH) &&
                (!found || (concerns_peer(&row, sch_jobs_peer_name(jobs, event->from)) &&
                            (sch_request_state_is_end(row.state) || sch_jobs_find(jobs, &row.id) != NULL)));
    if (!found && !asks) {
        kept = sch_jobs_keep_early(jobs, event);
    } else if (!found && event->control.kind == SCH_CONTROL_CONSENT) {
        kept = sch_jobs_keep_early(jobs, event);
    } else if (!found) {
        sch_control unknown = sch_fail_message(&event->control.id, jobs->options.conf->node, SCH_REQUEST_FAILED,
                                               sch_fail(SCH_TRY_AGAIN, "this node does not know the request"), NULL);
        sch_jobs_tell(jobs, event->from, &unknown);
    } else if (asks) {
        sch_jobs_tell_end(jobs, event->from, &row);
    }
    sch_stored_request_clear(&row);
    return kept;
}
