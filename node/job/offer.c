/* offer.c - catalogues: what this node offers under each agreement, and what others offer. Runs in the event thread
 * alone. */
#include <stdlib.h>
#include <string.h>

#include "node/base/log.h"
#include "node/govern/view.h"
#include "node/job/job.h"

/* ---- this node's own ---- */

/* Says why a link key is not offered; false where it is. */
static bool is_withheld(sch_detail *why, const sch_data_set *whole, const sch_link_key *key,
                        const sch_agreement_data_set *agreed)
{
    const char *column = sch_agreement_unlinkable(agreed, key);
    if (column != NULL) {
        sch_detail_set(why,
                       "link key %s of %s is not offered: the agreement does not give each of its columns the use "
                       "link; %s lacks it",
                       key->name, whole->name, column);
    }
    return column != NULL;
}

json_t *sch_jobs_withheld_keys(const sch_jobs *jobs, const sch_agreement *agreement)
{
    const sch_jobs_options *options = &jobs->options;
    json_t *list = json_array();
    for (size_t d = 0; d < options->conf->data_set_count; d++) {
        const sch_data_set *whole = &options->data_set[d];
        const sch_agreement_data_set *agreed = sch_agreement_find_data_set(agreement, options->conf->node, whole->name);
        for (size_t k = 0; agreed != NULL && k < whole->link_key_count; k++) {
            sch_detail why = {{0}};
            if (is_withheld(&why, whole, &whole->link_key[k], agreed)) {
                (void)json_array_append_new(list, json_pack("{s:s}", "text", why.text));
            }
        }
    }
    return list;
}

/* The link keys all of whose columns the agreement lets be linked on. out->link_key: owned array. */
static sch_err restrict_link_keys(sch_data_set *out, const sch_data_set *whole, const sch_agreement_data_set *agreed)
{
    sch_err err = SCH_NONE;
    out->link_key_count = 0;
    out->link_key = calloc(whole->link_key_count + 1, sizeof *out->link_key);
    SCH_TRY(sch_check(out->link_key != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t k = 0; k < whole->link_key_count; k++) {
        sch_detail why = {{0}};
        if (is_withheld(&why, whole, &whole->link_key[k], agreed)) {
            sch_log(SCH_LOG_INFO, "job", NULL, "%s", why.text);
        } else {
            out->link_key[out->link_key_count++] = whole->link_key[k];
        }
    }
out:
    return err;
}

/* The columns of a data set that the agreement names, borrowed for the encoding only, and its link keys. *out: owned
 * arrays. */
static sch_err restrict_columns(sch_data_set *out, const sch_data_set *whole, const sch_agreement_data_set *agreed)
{
    sch_err err = SCH_NONE;
    *out = *whole;
    out->link_key = NULL;
    out->column = calloc(whole->column_count, sizeof *out->column);
    out->column_count = 0;
    SCH_TRY(sch_check(out->column != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t c = 0; c < whole->column_count; c++) {
        if (sch_agreement_find_column(agreed, whole->column[c].name) != NULL) {
            out->column[out->column_count++] = whole->column[c];
        }
    }
    for (size_t c = 0; c < agreed->column_count; c++) {
        if (sch_data_set_find(whole, agreed->column[c].name) == NULL) {
            sch_log(SCH_LOG_WARNING, "job", NULL, "the agreement names column %s of %s, which its schema here has not",
                    agreed->column[c].name, agreed->name);
        }
    }
    SCH_TRY(restrict_link_keys(out, whole, agreed));
out:
    return err;
}

/* The node's data sets that an agreement names. *sets: owned, with their arrays. */
static sch_err restrict_data_sets(const sch_jobs *jobs, sch_catalog *view, const sch_agreement *agreement)
{
    sch_err err = SCH_NONE;
    const sch_jobs_options *options = &jobs->options;
    const char *node = options->conf->node;
    view->data_set = calloc(options->conf->data_set_count + 1, sizeof *view->data_set);
    SCH_TRY(sch_check(view->data_set != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t d = 0; d < options->conf->data_set_count; d++) {
        const sch_agreement_data_set *agreed = sch_agreement_find_data_set(agreement, node, options->data_set[d].name);
        if (agreed != NULL) {
            SCH_TRY(restrict_columns(&view->data_set[view->data_set_count++], &options->data_set[d], agreed));
        }
    }
    for (size_t d = 0; d < agreement->data_set_count; d++) {
        const sch_agreement_data_set *agreed = &agreement->data_set[d];
        if (strcmp(agreed->party, node) == 0 && sch_catalog_find(view, agreed->name) == NULL) {
            sch_log(SCH_LOG_WARNING, "job", NULL, "agreement %s names data set %s, which is not in the configuration",
                    agreement->id, agreed->name);
        }
    }
out:
    return err;
}

sch_err sch_jobs_make_offer(sch_jobs *jobs, sch_catalog_ref **out, const sch_agreement *agreement, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_agreement_party *self = sch_agreement_find_party(agreement, jobs->options.conf->node);
    sch_catalog view = {.data_set = NULL};
    sch_catalog_ref *ref = sch_catalog_ref_new();
    *out = NULL;
    SCH_TRY(sch_check(ref != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_check(self != NULL, SCH_BUG, "an agreement in force does not name this node"));
    memcpy(view.node, self->name, sizeof view.node);
    view.min_persons = self->min_persons;
    view.show_zero = self->show_zero;
    SCH_TRY(restrict_data_sets(jobs, &view, agreement));
    SCH_TRY(sch_catalog_check(&view, detail));
    SCH_TRY(sch_catalog_encode(&ref->encoded, &view));
    SCH_TRY(sch_catalog_decode(&ref->catalog, ref->encoded.data, ref->encoded.bytes, detail));
    *out = ref;
    ref = NULL;
out:
    for (size_t d = 0; d < view.data_set_count; d++) {
        free(view.data_set[d].column);
        free(view.data_set[d].link_key);
    }
    free(view.data_set);
    sch_catalog_ref_drop(ref);
    return err;
}

sch_err sch_jobs_make_offers(sch_jobs *jobs)
{
    sch_err err = SCH_NONE;
    for (size_t a = 0; a < jobs->book.agreement_count; a++) {
        sch_book_agreement *entry = &jobs->book.agreement[a];
        sch_detail detail = {{0}};
        if (entry->state != SCH_BOOK_IN_FORCE) {
            continue;
        }
        err = sch_jobs_make_offer(jobs, &jobs->own[a], &entry->bundle.agreement, &detail);
        if (err.code == SCH_BAD_INPUT) { /* a schema was changed: the other agreements are served all the same */
            entry->state = SCH_BOOK_UNUSABLE;
            sch_log_error(SCH_LOG_ERROR, "job", NULL, "an agreement cannot be used here", err, &detail);
            err = SCH_NONE;
        }
        SCH_TRY(err);
    }
out:
    return err;
}

/* ---- handing on ---- */

static sch_err send_part(sch_jobs *jobs, sch_peer_id to, bool session, const sch_control *control)
{
    return session ? sch_outbox_send(jobs->outbox, to, control) : sch_jobs_send(jobs, to, control);
}

/* Sends bytes in numbered parts. */
static void send_parts(sch_jobs *jobs, sch_peer_id to, bool session, sch_control *control, const sch_buf *whole)
{
    sch_err err = SCH_NONE;
    control->parts = sch_parts_count(whole->bytes);
    for (control->part = 0; control->part < control->parts && !sch_failed(err); control->part++) {
        err = sch_parts_cut(control, whole);
        if (!sch_failed(err)) {
            err = send_part(jobs, to, session, control);
        }
    }
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_DEBUG, "job", NULL, "a catalogue could not be sent", err, NULL);
    }
    if (sch_failed(err) && session) {
        sch_mesh_end_session(jobs->mesh, to); /* rather than leave it waiting for the rest */
    }
    sch_buf_clear(&control->bytes);
}

static void send_catalog(sch_jobs *jobs, sch_peer_id to, bool session, size_t agreement, const sch_catalog_ref *ref)
{
    sch_control control = {.kind = SCH_CONTROL_CATALOG};
    memcpy(control.node, ref->catalog.node, sizeof control.node);
    memcpy(control.hash, jobs->book.agreement[agreement].bundle.hash, sizeof control.hash);
    send_parts(jobs, to, session, &control, &ref->encoded);
}

size_t sch_jobs_list_offers(const sch_jobs *jobs, const sch_catalog *out[static SCH_MAX_NODES],
                            const sch_book_agreement *entry)
{
    size_t count = 0;
    if (entry == NULL) {
        return 0;
    }
    size_t number = (size_t)(entry - jobs->book.agreement);
    if (jobs->own[number] != NULL) {
        out[count++] = &jobs->own[number]->catalog;
    }
    for (size_t p = 0; p < jobs->book.peer_count && count < SCH_MAX_NODES; p++) {
        if (jobs->peer[p].catalog[number] != NULL) {
            out[count++] = &jobs->peer[p].catalog[number]->catalog;
        }
    }
    return count;
}

void sch_jobs_send_offers(sch_jobs *jobs, sch_peer_id peer)
{
    for (size_t a = 0; a < jobs->book.agreement_count; a++) {
        const sch_agreement *agreement = &jobs->book.agreement[a].bundle.agreement;
        if (jobs->own[a] != NULL && sch_agreement_find_party(agreement, sch_jobs_peer_name(jobs, peer)) != NULL) {
            send_catalog(jobs, peer, false, a, jobs->own[a]);
        }
    }
}

void sch_jobs_answer_catalog_ask(sch_jobs *jobs, sch_peer_id session)
{
    size_t analyst = sch_jobs_session_analyst(jobs, session);
    sch_control last = {.kind = SCH_CONTROL_AGREEMENT, .part = 0, .parts = 1};
    for (size_t a = 0; a < jobs->book.agreement_count && analyst != SIZE_MAX; a++) {
        const sch_book_agreement *entry = &jobs->book.agreement[a];
        if (entry->state != SCH_BOOK_IN_FORCE ||
            sch_agreement_find_analyst(&entry->bundle.agreement, jobs->book.analyst[analyst].name) == NULL) {
            continue;
        }
        sch_control control = {.kind = SCH_CONTROL_AGREEMENT};
        memcpy(control.hash, entry->bundle.hash, sizeof control.hash);
        send_parts(jobs, session, true, &control, &entry->encoded);
        if (jobs->own[a] != NULL) {
            send_catalog(jobs, session, true, a, jobs->own[a]);
        }
        for (size_t p = 0; p < jobs->book.peer_count; p++) {
            if (jobs->peer[p].up && jobs->peer[p].catalog[a] != NULL) {
                send_catalog(jobs, session, true, a, jobs->peer[p].catalog[a]);
            }
        }
    }
    sch_jobs_tell_session(jobs, session, &last);
}

/* ---- what others offer ---- */

static sch_err take_part(sch_jobs *jobs, const sch_event *event, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_control *control = &event->control;
    sch_peer_state *peer = &jobs->peer[event->from.value];
    const char *name = sch_jobs_peer_name(jobs, event->from);
    const sch_book_agreement *entry = sch_book_find_hash(&jobs->book, control->hash);
    sch_catalog_ref *ref = NULL;
    if (control->part == 0) {
        sch_parts_clear(&peer->parts);
        memcpy(peer->parts_hash, control->hash, sizeof peer->parts_hash);
    }
    SCH_TRY(sch_check(memcmp(peer->parts_hash, control->hash, sizeof peer->parts_hash) == 0, SCH_BAD_PEER,
                      "the parts of two catalogues are mixed"));
    SCH_TRY(sch_parts_take(&peer->parts, control, SCH_MAX_CATALOG_BYTES));
    if (!sch_parts_complete(&peer->parts) || entry == NULL || entry->state != SCH_BOOK_IN_FORCE) {
        return SCH_NONE; /* under a version that is not in force here: it comes again when both have it */
    }
    ref = sch_catalog_ref_new();
    SCH_TRY(sch_check(ref != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_catalog_decode(&ref->catalog, peer->parts.bytes.data, peer->parts.bytes.bytes, detail));
    SCH_TRY(sch_check(strcmp(ref->catalog.node, name) == 0, SCH_BAD_PEER, "a node sent another node's catalogue"));
    SCH_TRY(sch_view_check(&ref->catalog, &entry->bundle.agreement, detail));
    ref->encoded = peer->parts.bytes;
    peer->parts = (sch_parts){0};
    sch_catalog_ref **slot = &peer->catalog[entry - jobs->book.agreement];
    sch_catalog_ref_drop(*slot);
    *slot = ref;
    ref = NULL;
    sch_jobs_replay_deferred(jobs);
out:
    sch_catalog_ref_drop(ref);
    return err;
}

void sch_jobs_on_catalog(sch_jobs *jobs, const sch_event *event)
{
    sch_detail detail = {{0}};
    sch_err err = take_part(jobs, event, &detail);
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, sch_jobs_peer_name(jobs, event->from), err, &detail);
    }
}
