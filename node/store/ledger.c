#include "node/store/statement.h"

sch_err sch_store_reserve(sch_store *store, const sch_request_id *id, const char *agreement, const char *analyst,
                          sch_time_ms period_start)
{
    static const char sql[] =
        "INSERT INTO ledger (entry, id, agreement, analyst, period_start, state)"
        " VALUES ((SELECT coalesce(max(entry), 0) + 1 FROM ledger), ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    sch_statement_bind_text(&s, agreement);
    sch_statement_bind_text(&s, analyst);
    sch_statement_bind_int(&s, period_start.value);
    sch_statement_bind_int(&s, SCH_LEDGER_RESERVED);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_settle(sch_store *store, const sch_request_id *id, sch_ledger_state state)
{
    /* A request that was given up and computes all the same is spent. */
    static const char sql[] = "UPDATE ledger SET state = ?1 WHERE id = ?2 AND state <> ?3";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    SCH_TRY(sch_check(state == SCH_LEDGER_SPENT || state == SCH_LEDGER_RETURNED, SCH_BUG,
                      "an entry of the ledger is settled as something else"));
    sch_statement_bind_int(&s, (int64_t)state);
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    sch_statement_bind_int(&s, SCH_LEDGER_SPENT);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_get_counter(sch_store *store, uint64_t *counter)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    *counter = 0;
    SCH_TRY(sch_statement_open(&s, store, "SELECT coalesce(max(entry), 0) FROM ledger"));
    SCH_TRY(sch_statement_step(&s, &row));
    *counter = sch_statement_get_u64(&s);
    SCH_TRY(s.err);
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_get_used(sch_store *store, uint64_t *used, const char *agreement, const char *analyst,
                           sch_time_ms period_start)
{
    static const char sql[] = "SELECT count(*) FROM ledger WHERE agreement = ? AND analyst = ? AND period_start = ?"
                              " AND state IN (?, ?)";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    *used = 0;
    SCH_TRY(sch_statement_open(&s, store, sql));
    sch_statement_bind_text(&s, agreement);
    sch_statement_bind_text(&s, analyst);
    sch_statement_bind_int(&s, period_start.value);
    sch_statement_bind_int(&s, SCH_LEDGER_RESERVED);
    sch_statement_bind_int(&s, SCH_LEDGER_SPENT);
    SCH_TRY(sch_statement_step(&s, &row));
    *used = sch_statement_get_u64(&s);
    SCH_TRY(s.err);
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_get_ledger_state(sch_store *store, bool *found, sch_ledger_state *state, const sch_request_id *id)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    *found = false;
    SCH_TRY(sch_statement_open(&s, store, "SELECT state FROM ledger WHERE id = ?"));
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    SCH_TRY(sch_statement_step(&s, found));
    if (*found) {
        *state = (sch_ledger_state)sch_statement_get_int(&s, SCH_LEDGER_RESERVED, SCH_LEDGER_RETURNED);
        SCH_TRY(s.err);
    }
out:
    sch_statement_close(&s);
    return err;
}
