#include <string.h>

#include "node/store/statement.h"

/* ---- agreements and revocations ---- */

sch_err sch_store_put_agreement(sch_store *store, const sch_stored_agreement *agreement)
{
    static const char sql[] =
        "INSERT INTO agreement (hash, id, version, state, changed, bundle) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (hash) DO UPDATE SET state = excluded.state, changed = excluded.changed";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_blob(&s, agreement->hash, sizeof agreement->hash);
    sch_statement_bind_text(&s, agreement->id);
    sch_statement_bind_int(&s, agreement->version);
    sch_statement_bind_int(&s, (int64_t)agreement->state);
    sch_statement_bind_int(&s, agreement->changed.value);
    sch_statement_bind_blob(&s, agreement->bundle.data, agreement->bundle.bytes);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

static sch_err read_agreement(sch_statement *s, sch_stored_agreement *out)
{
    sch_statement_get_fixed(s, out->hash, sizeof out->hash);
    sch_statement_get_text(s, out->id, sizeof out->id);
    out->version = (uint32_t)sch_statement_get_int(s, 1, UINT32_MAX);
    out->state = (sch_agreement_state)sch_statement_get_int(s, SCH_AGREEMENT_ACTIVE, SCH_AGREEMENT_REVOKED);
    out->changed.value = sch_statement_get_int(s, INT64_MIN, INT64_MAX);
    sch_statement_get_buf(s, &out->bundle);
    return s->err;
}

sch_err sch_store_each_agreement(sch_store *store, sch_store_agreement_sink sink, void *context)
{
    static const char sql[] =
        "SELECT hash, id, version, state, changed, bundle FROM agreement ORDER BY id, version, changed, hash";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    sch_stored_agreement agreement = {0};
    bool row = false;
    SCH_TRY(sch_statement_open(&s, store, sql));
    for (;;) {
        SCH_TRY(sch_statement_step(&s, &row));
        if (!row) {
            break;
        }
        sch_buf_clear(&agreement.bundle);
        SCH_TRY(read_agreement(&s, &agreement));
        SCH_TRY(sink(context, &agreement));
    }
out:
    sch_buf_clear(&agreement.bundle);
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_put_revocation(sch_store *store, const uint8_t agreement_hash[static SCH_HASH_BYTES],
                                 const char *party, const uint8_t *bytes, size_t count)
{
    static const char sql[] = "INSERT INTO revocation (agreement_hash, party, bytes) VALUES (?, ?, ?)"
                              " ON CONFLICT (agreement_hash, party) DO NOTHING";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_blob(&s, agreement_hash, SCH_HASH_BYTES);
    sch_statement_bind_text(&s, party);
    sch_statement_bind_blob(&s, bytes, count);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_each_revocation(sch_store *store, sch_store_revocation_sink sink, void *context)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    SCH_TRY(sch_statement_open(&s, store, "SELECT bytes FROM revocation ORDER BY number"));
    for (;;) {
        SCH_TRY(sch_statement_step(&s, &row));
        if (!row) {
            break;
        }
        size_t count = 0;
        const uint8_t *bytes = sch_statement_view(&s, &count);
        SCH_TRY(s.err);
        SCH_TRY(sink(context, bytes, count));
    }
out:
    sch_statement_close(&s);
    return err;
}

/* ---- epochs ---- */

sch_err sch_store_put_epoch(sch_store *store, const char *agreement, uint32_t epoch,
                            const uint8_t public_key[static 32],
                            const uint8_t sealed_secret[static SCH_EPOCH_SEALED_BYTES])
{
    static const char sql[] = "INSERT INTO epoch (agreement, epoch, public_key, sealed_secret) VALUES (?, ?, ?, ?)"
                              " ON CONFLICT (agreement, epoch) DO UPDATE SET sealed_secret = excluded.sealed_secret"
                              " WHERE public_key = excluded.public_key";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    size_t changed = 0;
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_text(&s, agreement);
    sch_statement_bind_int(&s, epoch);
    sch_statement_bind_blob(&s, public_key, 32);
    sch_statement_bind_blob(&s, sealed_secret, SCH_EPOCH_SEALED_BYTES);
    SCH_TRY(sch_statement_run(&s, &changed));
    SCH_TRY(sch_check(changed == 1, SCH_DENIED, "the epoch has another key already"));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_get_epoch(sch_store *store, bool *found, const char *agreement, uint32_t epoch,
                            uint8_t public_key[static 32], uint8_t sealed_secret[static SCH_EPOCH_SEALED_BYTES])
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    *found = false;
    SCH_TRY(
        sch_statement_open(&s, store, "SELECT public_key, sealed_secret FROM epoch WHERE agreement = ? AND epoch = ?"));
    sch_statement_bind_text(&s, agreement);
    sch_statement_bind_int(&s, epoch);
    SCH_TRY(sch_statement_step(&s, found));
    if (*found) {
        sch_statement_get_fixed(&s, public_key, 32);
        sch_statement_get_fixed(&s, sealed_secret, SCH_EPOCH_SEALED_BYTES);
        SCH_TRY(s.err);
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_put_epoch_peer(sch_store *store, const char *agreement, uint32_t epoch, const char *peer,
                                 const uint8_t public_key[static 32])
{
    static const char sql[] = "INSERT INTO epoch_peer (agreement, epoch, peer, public_key) VALUES (?, ?, ?, ?)"
                              " ON CONFLICT (agreement, epoch, peer) DO UPDATE SET public_key = excluded.public_key";
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, sql));
    sch_statement_bind_text(&s, agreement);
    sch_statement_bind_int(&s, epoch);
    sch_statement_bind_text(&s, peer);
    sch_statement_bind_blob(&s, public_key, 32);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_get_epoch_peer(sch_store *store, bool *found, const char *agreement, uint32_t epoch, const char *peer,
                                 uint8_t public_key[static 32])
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    *found = false;
    SCH_TRY(sch_statement_open(&s, store,
                               "SELECT public_key FROM epoch_peer WHERE agreement = ? AND epoch = ? AND peer = ?"));
    sch_statement_bind_text(&s, agreement);
    sch_statement_bind_int(&s, epoch);
    sch_statement_bind_text(&s, peer);
    SCH_TRY(sch_statement_step(&s, found));
    if (*found) {
        sch_statement_get_fixed(&s, public_key, 32);
        SCH_TRY(s.err);
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_store_destroy_epochs(sch_store *store, const char *agreement, uint32_t keep)
{
    static const char *const sql[] = {"DELETE FROM epoch WHERE agreement = ? AND epoch <> ?",
                                      "DELETE FROM epoch_peer WHERE agreement = ? AND epoch <> ?"};
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++) {
        SCH_TRY(sch_statement_open_change(&s, store, sql[i]));
        sch_statement_bind_text(&s, agreement);
        sch_statement_bind_int(&s, keep);
        SCH_TRY(sch_statement_run(&s, NULL));
        sch_statement_close(&s);
    }
out:
    sch_statement_close(&s);
    return err;
}
