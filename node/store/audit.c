#include <string.h>

#include "node/store/statement.h"

sch_err sch_store_get_audit_end(sch_store *store, uint64_t *seq, uint8_t hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    *seq = 0;
    memset(hash, 0, SCH_HASH_BYTES);
    SCH_TRY(sch_statement_open(&s, store, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"));
    SCH_TRY(sch_statement_step(&s, &row));
    if (row) {
        *seq = sch_statement_get_u64(&s);
        sch_statement_get_fixed(&s, hash, SCH_HASH_BYTES);
        SCH_TRY(s.err);
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_append_audit(sch_store *store, sch_audit_record *record)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    sch_buf bytes = {0};
    uint8_t hash[SCH_HASH_BYTES];
    SCH_TRY(sch_store_ready_to_change(store));
    SCH_TRY(sch_store_get_audit_end(store, &record->seq, record->previous));
    record->seq++;
    SCH_TRY(sch_audit_record_encode(&bytes, record));
    SCH_TRY(sch_audit_record_hash(hash, bytes.data, bytes.bytes));
    SCH_TRY(sch_statement_open_change(&s, store, "INSERT INTO audit (seq, bytes, hash) VALUES (?, ?, ?)"));
    sch_statement_bind_u64(&s, record->seq);
    sch_statement_bind_blob(&s, bytes.data, bytes.bytes);
    sch_statement_bind_blob(&s, hash, sizeof hash);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    sch_buf_clear(&bytes);
    return err;
}

sch_err sch_store_each_audit(sch_store *store, uint64_t from_seq, sch_store_audit_sink sink, void *context)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    SCH_TRY(sch_statement_open(&s, store, "SELECT seq, bytes, hash FROM audit WHERE seq >= ? ORDER BY seq"));
    sch_statement_bind_u64(&s, from_seq);
    for (;;) {
        SCH_TRY(sch_statement_step(&s, &row));
        if (!row) {
            break;
        }
        size_t count = 0, hash_bytes = 0;
        uint64_t seq = sch_statement_get_u64(&s);
        const uint8_t *bytes = sch_statement_view(&s, &count);
        const uint8_t *stored = sch_statement_view(&s, &hash_bytes);
        uint8_t hash[SCH_HASH_BYTES] = {0};
        SCH_TRY(s.err);
        if (hash_bytes == sizeof hash) {
            memcpy(hash, stored, sizeof hash);
        }
        SCH_TRY(sink(context, seq, bytes, count, hash));
    }
out:
    sch_statement_close(&s);
    return err;
}
