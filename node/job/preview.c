/* preview.c - what operators see of a request: who learns what, which columns are touched for what, what it costs, and
 * what the same analyst asked before. Made from what was signed and from this node's own plan. Runs in the event thread
 * alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prim/base64.h"
#include "node/base/clock.h"
#include "node/govern/policy_columns.h"
#include "node/govern/terms.h"
#include "node/job/job.h"
#include "node/query/request_sql.h"
#include "node/query/request_text.h"

enum { MOST_EARLIER = 2000, MOST_SHOWN = 20 };

/* ---- what is worked out once, when the request is taken up ---- */

static json_t *learns(const sch_plan *plan, const sch_request *request)
{
    json_t *list = json_array();
    for (sch_party p = 0; p < plan->party_count; p++) {
        sch_buf text = {0};
        if (!sch_failed(sch_plan_text_learns(&text, plan, p))) { /* what does not fit in memory fails below too */
            (void)json_array_append_new(list,
                                        json_pack("{s:s, s:s}", "who", plan->party[p], "what", sch_buf_text(&text)));
        }
        sch_buf_clear(&text);
    }
    for (size_t r = 0; r < request->recipient_count; r++) {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s}", "who", request->recipient[r], "what", SCH_PLAN_RESULT_LEARNS));
    }
    return list;
}

/* What the link keys of its passes are. */
static json_t *passes(const sch_plan *plan, const sch_request *request)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->pass_count; i++) {
        sch_buf text = {0};
        if (!sch_failed(sch_plan_text_key(&text, plan, request, i))) {
            (void)json_array_append_new(list,
                                        json_pack("{s:s, s:s}", "pass", plan->pass[i], "columns", sch_buf_text(&text)));
        }
        sch_buf_clear(&text);
    }
    return list;
}

static json_t *parties(const sch_plan *plan)
{
    json_t *list = json_array();
    for (sch_party p = 0; p < plan->party_count; p++) {
        size_t part = 0;
        bool owner = sch_plan_part(plan, p, &part);
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "node", plan->party[p], "role",
                                                    !owner      ? "helper"
                                                    : part == 0 ? "spine"
                                                                : "data owner",
                                                    "max_rows",
                                                    owner ? (json_int_t)plan->local[part].max_rows : (json_int_t)0));
    }
    return list;
}

static sch_err append_key(sch_buf *out, const sch_job *job, const sch_plan_key *key, uint32_t number)
{
    if (key->place == SCH_KEY_MEMBER) {
        return sch_buf_printf(out, "organisation (%u)", key->domain);
    }
    const sch_expression *expression = &job->request.expression[job->request.group_by[number]];
    const char *bin = key->bin ? "bins of " : "";
    if (key->bin) { /* BIN(column) */
        expression = &job->request.expression[expression->argument[0]];
    }
    return sch_buf_printf(out, "%s%s.%s (%u)", bin, job->request.from[expression->data_set].alias, key->column->name,
                          key->domain);
}

static json_t *table_text(const sch_job *job)
{
    sch_buf text = {0};
    const sch_plan *plan = &job->plan;
    sch_err err = sch_buf_printf(&text, "%u cells", plan->cell.cells);
    for (uint32_t k = 0; k < plan->key_count && !sch_failed(err); k++) {
        err = sch_buf_append_text(&text, k == 0 ? ": " : " x ");
        if (!sch_failed(err)) {
            err = append_key(&text, job, &plan->key[k], k);
        }
    }
    if (!sch_failed(err)) {
        err = sch_buf_printf(&text, "%s, %u columns", plan->cell.set_count > 0 ? ", with totals" : "",
                             plan->cell.columns);
    }
    json_t *out = json_string(sch_failed(err) ? "" : sch_buf_text(&text));
    sch_buf_clear(&text);
    return out;
}

/* Of each party's local part at most; 0 of helpers. Gives their sum. */
static double most_rows(const sch_plan *plan, uint64_t rows[static SCH_MAX_PARTIES])
{
    double all = 0;
    for (sch_party p = 0; p < SCH_MAX_PARTIES; p++) {
        size_t part = 0;
        rows[p] = p < plan->party_count && sch_plan_part(plan, p, &part) ? plan->local[part].max_rows : 0;
        all += (double)rows[p];
    }
    return all;
}

/* About: 0.4 microseconds a row and 100 MB a second, measured between machines of two cores (scripts/bench), and what a
 * request takes anyway. */
static double expected_seconds(double rows, double bytes)
{
    return round((0.3 + rows * 0.4e-6 + bytes / 100e6) * 10) / 10;
}

sch_err sch_job_make_preview(sch_job *job)
{
    sch_err err = SCH_NONE;
    const sch_plan *plan = &job->plan;
    uint64_t rows[SCH_MAX_PARTIES];
    double all_rows = most_rows(plan, rows);
    double bytes = (double)sch_plan_bytes(plan, rows);
    json_t *object =
        json_pack("{s:o, s:o, s:o, s:I, s:o, s:f, s:f}", "learns", learns(plan, &job->request), "passes",
                  passes(plan, &job->request), "parties", parties(plan), "cells", (json_int_t)plan->cell.cells, "table",
                  table_text(job), "expected_bytes", bytes, "expected_seconds", expected_seconds(all_rows, bytes));
    char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "out of memory"));
    sch_buf_clear(&job->row.preview);
    SCH_TRY(sch_buf_append_text(&job->row.preview, text));
out:
    free(text);
    json_decref(object);
    return err;
}

/* ---- what is worked out when an operator asks ---- */

static json_t *time_json(sch_time_ms time)
{
    char text[SCH_TIME_TEXT_BYTES];
    sch_time_text(text, time);
    return json_string(text);
}

json_t *sch_json_base64(const uint8_t *data, size_t bytes)
{
    size_t room = (bytes + 2) / 3 * 4 + 1;
    char *text = malloc(room);
    json_t *out = NULL;
    if (text != NULL && !sch_failed(sch_base64_encode(text, room, data, bytes))) {
        out = json_string(text);
    }
    free(text);
    return out;
}

static const char *awaits_text(sch_jobs *jobs, const sch_stored_request *row, sch_detail *room)
{
    const sch_job *job = sch_jobs_find(jobs, &row->id);
    *room = (sch_detail){{0}};
    if (job != NULL) {
        sch_job_awaits(job, room);
    }
    return room->text;
}

static const char *organisation_of(sch_jobs *jobs, const sch_stored_request *row)
{
    const sch_book_agreement *entry = sch_book_find_hash(&jobs->book, row->agreement_hash);
    const sch_agreement_analyst *analyst =
        entry == NULL ? NULL : sch_agreement_find_analyst(&entry->bundle.agreement, row->analyst);
    return analyst == NULL ? "" : analyst->organisation;
}

sch_err sch_request_to_line(sch_jobs *jobs, json_t **out, const sch_stored_request *row)
{
    char id[SCH_ID_TEXT_BYTES];
    sch_detail awaits;
    sch_request request = {0};
    sch_id_to_text(id, row->id);
    bool readable =
        row->bytes.bytes > 0 && !sch_failed(sch_request_decode(&request, row->bytes.data, row->bytes.bytes, NULL));
    *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "id", id, "analyst", row->analyst,
                     "organisation", organisation_of(jobs, row), "agreement", row->agreement, "state",
                     sch_request_state_name(row->state), "created", time_json(row->created), "changed",
                     time_json(row->changed), "purpose", readable ? request.purpose : "", "awaits",
                     awaits_text(jobs, row, &awaits), "text", row->text.text);
    sch_request_clear(&request);
    return sch_check(*out != NULL, SCH_NO_MEMORY, "out of memory");
}

static json_t *recipients(const sch_request *request)
{
    json_t *list = json_array();
    for (size_t r = 0; r < request->recipient_count; r++) {
        (void)json_array_append_new(list, json_string(request->recipient[r]));
    }
    return list;
}

static sch_err add_word(void *context, const sch_stored_word *word)
{
    json_t *list = context;
    (void)json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:o}", "operator", word->operator_name, "approve",
                                                word->approve, "reason", word->reason, "time", time_json(word->time)));
    return SCH_NONE;
}

static json_t *consents(sch_jobs *jobs, const sch_stored_request *row)
{
    json_t *list = json_array();
    for (size_t p = 0; p < row->party_count; p++) {
        sch_consent consent;
        bool found = false;
        sch_err err = sch_store_get_consent(jobs->options.store, &found, &consent, &row->id, row->party[p]);
        if (!sch_failed(err) && found) {
            (void)json_array_append_new(
                list, json_pack("{s:s, s:o}", "node", row->party[p], "time", time_json(consent.time)));
        }
    }
    return list;
}

typedef struct use_list {
    const sch_request *request;
    json_t *list;
} use_list;

static void add_use(void *context, size_t from, const char *column, uint32_t uses)
{
    const use_list *l = context;
    const sch_from *f = &l->request->from[from];
    char words[SCH_TERMS_LIST_BYTES];
    sch_terms_list_uses(words, uses);
    for (size_t n = 0; n < f->node_count; n++) {
        (void)json_array_append_new(l->list, json_pack("{s:s++, s:s, s:s}", "data_set", f->node[n], ".", f->data_set,
                                                       "column", column, "uses", words));
    }
}

static json_t *columns(const sch_jobs *jobs, const sch_book_agreement *entry, const sch_request *request)
{
    const sch_catalog *known[SCH_MAX_NODES];
    const sch_policy_catalogs offered = {known, sch_jobs_list_offers(jobs, known, entry)};
    use_list l = {request, json_array()};
    sch_err err = sch_policy_each_use(request, &offered, add_use, &l);
    (void)err; /* without memory the list is empty, and the rest fails too */
    return l.list;
}

/* Earlier requests of the same analyst on the same columns, and how their conditions and passes differ. */
typedef struct comparison {
    const sch_stored_request *row;
    const sch_request *request;
    sch_buf where;
    bool passed; /* the walk, from the newest on, has come by the request itself: what follows was taken up before it */
    json_t *list;
} comparison;

/* Whether the same persons are in both: a pass more, or in another place, links a few others. */
static bool selects_same(const comparison *c, const sch_request *earlier, const sch_buf *where)
{
    bool same = where->bytes == c->where.bytes && memcmp(where->data, c->where.data, where->bytes) == 0 &&
                earlier->pass_count == c->request->pass_count;
    for (size_t i = 0; same && i < earlier->pass_count; i++) {
        same = strcmp(earlier->pass[i], c->request->pass[i]) == 0;
    }
    return same;
}

static void add_earlier(comparison *c, const sch_stored_request *row, const sch_request *earlier)
{
    sch_buf where = {0}, links = {0};
    char id[SCH_ID_TEXT_BYTES];
    sch_id_to_text(id, row->id);
    if (!sch_failed(sch_request_sql_where(&where, earlier)) && !sch_failed(sch_request_text_links(&links, earlier))) {
        (void)json_array_append_new(c->list, json_pack("{s:s, s:s, s:o, s:s, s:s, s:b}", "id", id, "state",
                                                       sch_request_state_name(row->state), "created",
                                                       time_json(row->created), "where", sch_buf_text(&where), "links",
                                                       sch_buf_text(&links), "same", selects_same(c, earlier, &where)));
    }
    sch_buf_clear(&where);
    sch_buf_clear(&links);
}

static sch_err compare_one(void *context, const sch_stored_request *earlier)
{
    comparison *c = context;
    sch_request request = {0};
    bool itself = memcmp(&earlier->id, &c->row->id, sizeof earlier->id) == 0;
    /* What was never computed told the analyst nothing. */
    bool counts = c->passed && (!sch_request_state_is_end(earlier->state) || earlier->state == SCH_REQUEST_RELEASED);
    c->passed = c->passed || itself;
    if (counts && json_array_size(c->list) < MOST_SHOWN && earlier->bytes.bytes > 0 &&
        !sch_failed(sch_request_decode(&request, earlier->bytes.data, earlier->bytes.bytes, NULL)) &&
        sch_request_columns_overlap(c->request, &request)) {
        add_earlier(c, earlier, &request);
    }
    sch_request_clear(&request);
    return SCH_NONE;
}

static json_t *earlier_requests(sch_jobs *jobs, const sch_stored_request *row, const sch_request *request)
{
    comparison c = {.row = row, .request = request, .list = json_array()};
    if (!sch_failed(sch_request_sql_where(&c.where, request))) {
        sch_err err = sch_store_each_request(jobs->options.store, row->analyst, false, MOST_EARLIER, compare_one, &c);
        (void)err; /* a list that is shorter is shown all the same */
    }
    sch_buf_clear(&c.where);
    return c.list;
}

static const char *approval_word(const sch_jobs *jobs, const sch_book_agreement *entry)
{
    const sch_agreement_party *self =
        entry == NULL ? NULL : sch_agreement_find_party(&entry->bundle.agreement, jobs->options.conf->node);
    return self == NULL || self->role == SCH_AGREEMENT_HELPER ? "automatic" : sch_terms_approval[self->approval - 1];
}

/* What the request says, beside the line of the list. */
static sch_err add_request(json_t *object, sch_jobs *jobs, const sch_stored_request *row, const sch_request *request)
{
    const sch_book_agreement *entry = sch_book_find_hash(&jobs->book, row->agreement_hash);
    json_t *words = json_array();
    sch_err err = sch_store_each_word(jobs->options.store, &row->id, add_word, words);
    json_t *more = json_pack("{s:I, s:o, s:o, s:o, s:s, s:o*, s:o*, s:o*, s:s, s:o, s:o, s:o*, s:o}", "version",
                             (json_int_t)(entry == NULL ? 0 : entry->bundle.agreement.version), "not_before",
                             time_json(request->not_before), "not_after", time_json(request->not_after), "recipients",
                             recipients(request), "coordinator", row->coordinator, "request_hash",
                             sch_json_base64(row->request_hash, sizeof row->request_hash), "bytes",
                             sch_json_base64(row->bytes.data, row->bytes.bytes), "signature",
                             sch_json_base64(row->signature, sizeof row->signature), "approval",
                             approval_word(jobs, entry), "words", words, "consents", consents(jobs, row), "columns",
                             columns(jobs, entry, request), "earlier", earlier_requests(jobs, row, request));
    if (!sch_failed(err)) {
        err = sch_check(more != NULL && json_object_update(object, more) == 0, SCH_NO_MEMORY, "out of memory");
    }
    json_decref(more);
    return err;
}

sch_err sch_request_to_json(sch_jobs *jobs, json_t **out, const sch_stored_request *row, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_request request = {0};
    json_t *preview = NULL;
    SCH_TRY(sch_request_to_line(jobs, out, row));
    if (row->bytes.bytes == 0) {
        goto out; /* past its retention: only what the list says is kept */
    }
    SCH_TRY(sch_request_decode(&request, row->bytes.data, row->bytes.bytes, detail));
    SCH_TRY(add_request(*out, jobs, row, &request));
    preview = json_loadb((const char *)row->preview.data, row->preview.bytes, 0, NULL);
    if (preview != NULL && json_is_object(preview)) {
        SCH_TRY(sch_check(json_object_update(*out, preview) == 0, SCH_NO_MEMORY, "out of memory"));
    }
out:
    json_decref(preview);
    sch_request_clear(&request);
    if (sch_failed(err)) {
        json_decref(*out);
        *out = NULL;
    }
    return err;
}
