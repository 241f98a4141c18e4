/* Heads of audit logs, this node's and others', and what others showed of their ledgers. */
#include "node/store/statement.h"

static sch_err insert_head(sch_store *store, const sch_stored_head *stored)
{
    static const char sql[] = "INSERT INTO head (node, seq, hash, counter, time, signature, identity)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?)"
                              " ON CONFLICT (node, seq, hash, counter, time, signature, identity) DO NOTHING";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    const sch_audit_head *head = &stored->head;
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_text(&s, head->node);
    sch_statement_bind_u64(&s, head->seq);
    sch_statement_bind_blob(&s, head->hash, sizeof head->hash);
    sch_statement_bind_u64(&s, head->counter);
    sch_statement_bind_int(&s, head->time.value);
    sch_statement_bind_blob(&s, head->signature, sizeof head->signature);
    sch_statement_bind_blob(&s, stored->identity, sizeof stored->identity);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

/* The number of the row that insert_head made or found. */
static sch_err find_head(sch_store *store, int64_t *number, const sch_stored_head *stored)
{
    static const char sql[] =
        "SELECT number FROM head WHERE node = ? AND seq = ? AND hash = ? AND counter = ? AND time = ?"
        " AND signature = ? AND identity = ?";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    const sch_audit_head *head = &stored->head;
    SCH_TRY(sch_statement_open(&s, store, sql));
    sch_statement_bind_text(&s, head->node);
    sch_statement_bind_u64(&s, head->seq);
    sch_statement_bind_blob(&s, head->hash, sizeof head->hash);
    sch_statement_bind_u64(&s, head->counter);
    sch_statement_bind_int(&s, head->time.value);
    sch_statement_bind_blob(&s, head->signature, sizeof head->signature);
    sch_statement_bind_blob(&s, stored->identity, sizeof stored->identity);
    SCH_TRY(sch_statement_step(&s, &row));
    SCH_TRY(sch_check(row, SCH_BUG, "a head that was put is not there"));
    *number = sch_statement_get_int(&s, INT64_MIN, INT64_MAX);
    SCH_TRY(s.err);
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_put_head(sch_store *store, const sch_stored_head *head)
{
    /* The newest gives way to one with a higher number, then counter, then moment. */
    static const char sql[] =
        "INSERT INTO peer (node, newest) VALUES (?1, ?2) ON CONFLICT (node) DO UPDATE SET newest = ?2"
        " WHERE newest IS NULL OR (SELECT seq, counter, time FROM head WHERE number = newest)"
        " < (SELECT seq, counter, time FROM head WHERE number = ?2)";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    int64_t number = 0;
    SCH_TRY(insert_head(store, head));
    SCH_TRY(find_head(store, &number, head));
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_text(&s, head->head.node);
    sch_statement_bind_int(&s, number);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

#define HEAD_COLUMNS                                                                                                   \
    "SELECT head.node, head.seq, head.hash, head.counter, head.time, head.signature, head.identity FROM head"

/* In the order of HEAD_COLUMNS. */
static sch_err read_head(sch_statement *s, sch_stored_head *out)
{
    sch_statement_get_text(s, out->head.node, sizeof out->head.node);
    out->head.seq = sch_statement_get_u64(s);
    sch_statement_get_fixed(s, out->head.hash, sizeof out->head.hash);
    out->head.counter = sch_statement_get_u64(s);
    out->head.time.value = sch_statement_get_int(s, INT64_MIN, INT64_MAX);
    sch_statement_get_fixed(s, out->head.signature, sizeof out->head.signature);
    sch_statement_get_fixed(s, out->identity, sizeof out->identity);
    return s->err;
}

sch_err sch_store_each_head(sch_store *store, const char *node, sch_store_head_sink sink, void *context)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    sch_stored_head head = {0};
    bool row = false;
    SCH_TRY(sch_statement_open(&s, store,
                               node == NULL ? HEAD_COLUMNS " ORDER BY seq, number"
                                            : HEAD_COLUMNS " WHERE node = ? ORDER BY seq, number"));
    if (node != NULL) {
        sch_statement_bind_text(&s, node);
    }
    for (;;) {
        SCH_TRY(sch_statement_step(&s, &row));
        if (!row) {
            break;
        }
        SCH_TRY(read_head(&s, &head));
        SCH_TRY(sink(context, &head));
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_get_newest_head(sch_store *store, bool *found, sch_stored_head *out, const char *node)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    *found = false;
    *out = (sch_stored_head){0};
    SCH_TRY(sch_statement_open(&s, store, HEAD_COLUMNS " JOIN peer ON peer.newest = head.number WHERE peer.node = ?"));
    sch_statement_bind_text(&s, node);
    SCH_TRY(sch_statement_step(&s, found));
    if (*found) {
        SCH_TRY(read_head(&s, out));
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_get_peer_counter(sch_store *store, uint64_t *counter, const char *node)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    *counter = 0;
    SCH_TRY(sch_statement_open(&s, store, "SELECT counter FROM peer WHERE node = ?"));
    sch_statement_bind_text(&s, node);
    SCH_TRY(sch_statement_step(&s, &row));
    if (row) {
        *counter = sch_statement_get_u64(&s);
        SCH_TRY(s.err);
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_put_peer_counter(sch_store *store, const char *node, uint64_t counter)
{
    static const char sql[] = "INSERT INTO peer (node, counter) VALUES (?, ?)"
                              " ON CONFLICT (node) DO UPDATE SET counter = max(counter, excluded.counter)";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_text(&s, node);
    sch_statement_bind_u64(&s, counter);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_reset_peer(sch_store *store, const char *node)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store,
                                      "UPDATE peer SET newest = NULL, counter = 0, refused = '' WHERE node = ?"));
    sch_statement_bind_text(&s, node);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_put_peer_refusal(sch_store *store, const char *node, const char *why)
{
    static const char sql[] = "INSERT INTO peer (node, refused) VALUES (?, ?)"
                              " ON CONFLICT (node) DO UPDATE SET refused = excluded.refused";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_text(&s, node);
    sch_statement_bind_text(&s, why);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_get_peer_refusal(sch_store *store, sch_detail *why, const char *node)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    *why = (sch_detail){{0}};
    SCH_TRY(sch_statement_open(&s, store, "SELECT refused FROM peer WHERE node = ?"));
    sch_statement_bind_text(&s, node);
    SCH_TRY(sch_statement_step(&s, &row));
    if (row) {
        sch_statement_get_text(&s, why->text, sizeof why->text);
        SCH_TRY(s.err);
    }
out:
    sch_statement_close(&s);
    return err;
}
