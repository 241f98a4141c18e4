#include <stdio.h>
#include <string.h>

#include "node/store/statement.h"

enum { PARTIES_BYTES = SCH_MAX_PARTIES * SCH_NAME_BYTES }; /* their names in one text */

static void write_parties(char out[static PARTIES_BYTES], const sch_stored_request *request)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < request->party_count; i++) {
        at += (size_t)snprintf(out + at, PARTIES_BYTES - at, "%s%s", i == 0 ? "" : " ", request->party[i]);
    }
}

/* Reads back what any file may hold. */
static sch_err read_parties(sch_stored_request *out, const char *text)
{
    sch_err err = SCH_NONE;
    for (out->party_count = 0; *text != '\0'; out->party_count++) {
        size_t bytes = strcspn(text, " ");
        bool last = text[bytes] == '\0';
        SCH_TRY(sch_check(out->party_count < SCH_MAX_PARTIES && bytes > 0 && bytes < SCH_NAME_BYTES &&
                              (last || text[bytes + 1] != '\0'),
                          SCH_BAD_INPUT, "the state file holds a request with impossible parties"));
        memcpy(out->party[out->party_count], text, bytes);
        text += bytes + (last ? 0 : 1);
    }
out:
    return err;
}

static void bind_names(sch_statement *s, const sch_stored_request *request, const char *parties)
{
    sch_statement_bind_text(s, request->agreement);
    sch_statement_bind_blob(s, request->agreement_hash, sizeof request->agreement_hash);
    sch_statement_bind_text(s, request->analyst);
    sch_statement_bind_text(s, request->coordinator);
    sch_statement_bind_text(s, parties);
    sch_statement_bind_int(s, request->holder[0]);
    sch_statement_bind_int(s, request->holder[1]);
}

static void bind_state(sch_statement *s, const sch_stored_request *request)
{
    sch_statement_bind_int(s, (int64_t)request->state);
    sch_statement_bind_int(s, (int64_t)request->code);
    sch_statement_bind_text(s, request->text.text);
    sch_statement_bind_blob(s, request->preview.data, request->preview.bytes);
    sch_statement_bind_int(s, request->created.value);
    sch_statement_bind_int(s, request->not_after.value);
    sch_statement_bind_int(s, request->changed.value);
    sch_statement_bind_int(s, request->expires.value);
    sch_statement_bind_int(s, request->part_done ? 1 : 0);
}

sch_err sch_store_put_request(sch_store *store, const sch_stored_request *request)
{
    static const char sql[] =
        "INSERT INTO request (id, bytes, signature, request_hash, plan_hash, agreement, agreement_hash, analyst, "
        "coordinator,"
        " parties, holder_1, holder_2, state, code, text, preview, created, not_after, changed, expires, part_done)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " signature = excluded.signature, request_hash = excluded.request_hash, plan_hash = excluded.plan_hash,"
        " agreement = excluded.agreement, agreement_hash = excluded.agreement_hash, analyst = excluded.analyst,"
        " coordinator = excluded.coordinator, parties = excluded.parties,"
        " holder_1 = excluded.holder_1, holder_2 = excluded.holder_2,"
        " state = excluded.state, code = excluded.code, text = excluded.text, preview = excluded.preview,"
        " created = excluded.created, not_after = excluded.not_after, changed = excluded.changed,"
        " expires = excluded.expires, part_done = excluded.part_done";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    char parties[PARTIES_BYTES];
    write_parties(parties, request);
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_blob(&s, request->id.byte, sizeof request->id.byte);
    sch_statement_bind_blob(&s, request->bytes.data, request->bytes.bytes);
    sch_statement_bind_blob(&s, request->signature, sizeof request->signature);
    sch_statement_bind_blob(&s, request->request_hash, sizeof request->request_hash);
    sch_statement_bind_blob(&s, request->plan_hash, sizeof request->plan_hash);
    bind_names(&s, request, parties);
    bind_state(&s, request);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

#define REQUEST_COLUMNS                                                                                                \
    "SELECT id, bytes, signature, request_hash, plan_hash, agreement, agreement_hash, analyst, coordinator, "          \
    "parties, holder_1, holder_2, state, code, text, preview, created, not_after, changed, expires, part_done FROM "   \
    "request"

/* In the order of REQUEST_COLUMNS. */
static sch_err read_request(sch_statement *s, sch_stored_request *out)
{
    char parties[PARTIES_BYTES];
    sch_statement_get_fixed(s, out->id.byte, sizeof out->id.byte);
    sch_statement_get_buf(s, &out->bytes);
    sch_statement_get_fixed(s, out->signature, sizeof out->signature);
    sch_statement_get_fixed(s, out->request_hash, sizeof out->request_hash);
    sch_statement_get_fixed(s, out->plan_hash, sizeof out->plan_hash);
    sch_statement_get_text(s, out->agreement, sizeof out->agreement);
    sch_statement_get_fixed(s, out->agreement_hash, sizeof out->agreement_hash);
    sch_statement_get_text(s, out->analyst, sizeof out->analyst);
    sch_statement_get_text(s, out->coordinator, sizeof out->coordinator);
    sch_statement_get_text(s, parties, sizeof parties);
    out->holder[0] = (uint8_t)sch_statement_get_int(s, 0, SCH_MAX_PARTIES - 1);
    out->holder[1] = (uint8_t)sch_statement_get_int(s, 0, SCH_MAX_PARTIES - 1);
    out->state = (sch_request_state)sch_statement_get_int(s, SCH_REQUEST_SUBMITTED, SCH_REQUEST_CANCELLED);
    out->code = (sch_code)sch_statement_get_int(s, SCH_OK, SCH_BUG);
    sch_statement_get_text(s, out->text.text, sizeof out->text.text);
    sch_statement_get_buf(s, &out->preview);
    out->created.value = sch_statement_get_int(s, INT64_MIN, INT64_MAX);
    out->not_after.value = sch_statement_get_int(s, INT64_MIN, INT64_MAX);
    out->changed.value = sch_statement_get_int(s, INT64_MIN, INT64_MAX);
    out->expires.value = sch_statement_get_int(s, INT64_MIN, INT64_MAX);
    out->part_done = sch_statement_get_int(s, 0, 1) == 1;
    return sch_failed(s->err) ? s->err : read_parties(out, parties);
}

sch_err sch_store_get_request(sch_store *store, bool *found, sch_stored_request *out, const sch_request_id *id)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    *found = false;
    *out = (sch_stored_request){0};
    SCH_TRY(sch_statement_open(&s, store, REQUEST_COLUMNS " WHERE id = ?"));
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    SCH_TRY(sch_statement_step(&s, found));
    if (*found) {
        SCH_TRY(read_request(&s, out));
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_each_request(sch_store *store, const char *analyst, bool unfinished, size_t most,
                               sch_store_request_sink sink, void *context)
{
    /* Four statements rather than one with conditions, so that each has its index. */
    static const char *const sql[2][2] = {{REQUEST_COLUMNS " ORDER BY rowid DESC LIMIT ?",
                                           REQUEST_COLUMNS " WHERE state < 6 ORDER BY rowid DESC LIMIT ?"},
                                          {REQUEST_COLUMNS " WHERE analyst = ? ORDER BY rowid DESC LIMIT ?",
                                           REQUEST_COLUMNS
                                           " WHERE analyst = ? AND state < 6 ORDER BY rowid DESC LIMIT ?"}};
    _Static_assert(SCH_REQUEST_RELEASED == 6, "the end states of requests begin with 6");
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    sch_stored_request request = {0};
    bool row = false;
    SCH_TRY(sch_statement_open(&s, store, sql[analyst != NULL ? 1 : 0][unfinished ? 1 : 0]));
    if (analyst != NULL) {
        sch_statement_bind_text(&s, analyst);
    }
    sch_statement_bind_int(&s, most > INT64_MAX ? INT64_MAX : (int64_t)most);
    for (;;) {
        SCH_TRY(sch_statement_step(&s, &row));
        if (!row) {
            break;
        }
        sch_stored_request_clear(&request);
        SCH_TRY(read_request(&s, &request));
        SCH_TRY(sink(context, &request));
    }
out:
    sch_stored_request_clear(&request);
    sch_statement_close(&s);
    return err;
}

void sch_stored_request_clear(sch_stored_request *request)
{
    sch_buf_clear(&request->bytes);
    sch_buf_clear(&request->preview);
    *request = (sch_stored_request){0};
}

sch_err sch_store_expire_results(sch_store *store, sch_time_ms now, size_t *count)
{
    /* First the requests, while it can still be seen which had results. */
    static const char forget[] =
        "UPDATE request SET bytes = x'', preview = x'' WHERE state >= 6 AND (length(bytes) > 0 OR length(preview) > 0)"
        " AND NOT EXISTS (SELECT 1 FROM result WHERE result.id = request.id AND result.expires > ?1)"
        " AND (expires BETWEEN 1 AND ?1 OR expires = 0 AND EXISTS (SELECT 1 FROM result WHERE result.id = request.id))";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    *count = 0;
    SCH_TRY(sch_statement_open_change(&s, store, forget));
    sch_statement_bind_int(&s, now.value);
    SCH_TRY(sch_statement_run(&s, NULL));
    sch_statement_close(&s);
    SCH_TRY(sch_statement_open_change(&s, store, "DELETE FROM result WHERE expires <= ?"));
    sch_statement_bind_int(&s, now.value);
    SCH_TRY(sch_statement_run(&s, count));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_count_requests(sch_store *store, uint64_t count[static SCH_REQUEST_CANCELLED + 1])
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    for (size_t i = 0; i <= SCH_REQUEST_CANCELLED; i++) {
        count[i] = 0;
    }
    SCH_TRY(sch_statement_open(&s, store, "SELECT state, count(*) FROM request GROUP BY state"));
    for (;;) {
        SCH_TRY(sch_statement_step(&s, &row));
        if (!row) {
            break;
        }
        int64_t state = sch_statement_get_int(&s, 0, SCH_REQUEST_CANCELLED);
        count[state] = (uint64_t)sch_statement_get_int(&s, 0, INT64_MAX);
        SCH_TRY(s.err);
    }
out:
    sch_statement_close(&s);
    return err;
}
