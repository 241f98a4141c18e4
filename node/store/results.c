#include "node/store/statement.h"

sch_err sch_store_put_result(sch_store *store, const sch_request_id *id, const char *recipient, const uint8_t *sealed,
                             size_t bytes, const uint8_t signature[static SCH_SIGN_BYTES], sch_time_ms expires)
{
    /* The update changes nothing: it counts a row where the same result is there already. */
    static const char sql[] = "INSERT INTO result (id, recipient, sealed, signature, expires) VALUES (?, ?, ?, ?, ?)"
                              " ON CONFLICT (id, recipient) DO UPDATE SET expires = expires"
                              " WHERE sealed = excluded.sealed AND signature = excluded.signature";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    size_t changed = 0;
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    sch_statement_bind_text(&s, recipient);
    sch_statement_bind_blob(&s, sealed, bytes);
    sch_statement_bind_blob(&s, signature, SCH_SIGN_BYTES);
    sch_statement_bind_int(&s, expires.value);
    SCH_TRY(sch_statement_run(&s, &changed));
    SCH_TRY(sch_check(changed == 1, SCH_DENIED, "another result is kept for this request already"));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_get_result(sch_store *store, bool *found, const sch_request_id *id, const char *recipient,
                             sch_buf *sealed, uint8_t signature[static SCH_SIGN_BYTES])
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    *found = false;
    SCH_TRY(sch_statement_open(&s, store, "SELECT sealed, signature FROM result WHERE id = ? AND recipient = ?"));
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    sch_statement_bind_text(&s, recipient);
    SCH_TRY(sch_statement_step(&s, found));
    if (*found) {
        sch_statement_get_buf(&s, sealed);
        sch_statement_get_fixed(&s, signature, SCH_SIGN_BYTES);
        SCH_TRY(s.err);
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_drop_results(sch_store *store, const sch_request_id *id)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, "DELETE FROM result WHERE id = ?"));
    sch_statement_bind_blob(&s, id->byte, sizeof id->byte);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_drop_agreement_results(sch_store *store, const uint8_t agreement_hash[static SCH_HASH_BYTES])
{
    static const char sql[] = "DELETE FROM result WHERE id IN (SELECT id FROM request WHERE agreement_hash = ?)";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_blob(&s, agreement_hash, SCH_HASH_BYTES);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}
