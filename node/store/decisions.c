/* What was decided on requests: parties' consents, operators' words. */
#include "node/store/statement.h"

sch_err sch_store_put_consent(sch_store *store, const sch_request_id *id, const sch_consent *consent)
{
    static const char sql[] =
        "INSERT INTO consent (id, node, request_hash, plan_hash, counter, time, signature) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id, node) DO UPDATE SET request_hash = excluded.request_hash, plan_hash = excluded.plan_hash,"
        " counter = excluded.counter, time = excluded.time, signature = excluded.signature";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    sch_statement_bind_text(&s, consent->node);
    sch_statement_bind_blob(&s, consent->request_hash, sizeof consent->request_hash);
    sch_statement_bind_blob(&s, consent->plan_hash, sizeof consent->plan_hash);
    sch_statement_bind_u64(&s, consent->counter);
    sch_statement_bind_int(&s, consent->time.value);
    sch_statement_bind_blob(&s, consent->signature, sizeof consent->signature);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_get_consent(sch_store *store, bool *found, sch_consent *out, const sch_request_id *id,
                              const char *node)
{
    static const char sql[] = "SELECT node, request_hash, plan_hash, counter, time, signature FROM consent"
                              " WHERE id = ? AND node = ?";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    *found = false;
    *out = (sch_consent){0};
    SCH_TRY(sch_statement_open(&s, store, sql));
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    sch_statement_bind_text(&s, node);
    SCH_TRY(sch_statement_step(&s, found));
    if (*found) {
        sch_statement_get_text(&s, out->node, sizeof out->node);
        sch_statement_get_fixed(&s, out->request_hash, sizeof out->request_hash);
        sch_statement_get_fixed(&s, out->plan_hash, sizeof out->plan_hash);
        out->counter = sch_statement_get_u64(&s);
        out->time.value = sch_statement_get_int(&s, INT64_MIN, INT64_MAX);
        sch_statement_get_fixed(&s, out->signature, sizeof out->signature);
        SCH_TRY(s.err);
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_put_word(sch_store *store, const sch_request_id *id, const sch_stored_word *word)
{
    static const char sql[] =
        "INSERT INTO word (id, operator, approve, reason, time, signature) VALUES (?, ?, ?, ?, ?, ?)";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    sch_statement_bind_text(&s, word->operator_name);
    sch_statement_bind_int(&s, word->approve ? 1 : 0);
    sch_statement_bind_text(&s, word->reason);
    sch_statement_bind_int(&s, word->time.value);
    sch_statement_bind_blob(&s, word->signature, sizeof word->signature);
    err = sch_statement_run(&s, NULL);
    if (err.code == SCH_DENIED) {
        err.text = "this operator has spoken already";
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_each_word(sch_store *store, const sch_request_id *id, sch_store_word_sink sink, void *context)
{
    static const char sql[] =
        "SELECT operator, approve, reason, time, signature FROM word WHERE id = ? ORDER BY number";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    sch_stored_word word;
    bool row = false;
    SCH_TRY(sch_statement_open(&s, store, sql));
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    for (;;) {
        SCH_TRY(sch_statement_step(&s, &row));
        if (!row) {
            break;
        }
        sch_statement_get_text(&s, word.operator_name, sizeof word.operator_name);
        word.approve = sch_statement_get_int(&s, 0, 1) == 1;
        sch_statement_get_text(&s, word.reason, sizeof word.reason);
        word.time.value = sch_statement_get_int(&s, INT64_MIN, INT64_MAX);
        sch_statement_get_fixed(&s, word.signature, sizeof word.signature);
        SCH_TRY(s.err);
        SCH_TRY(sink(context, &word));
    }
out:
    sch_statement_close(&s);
    return err;
}
