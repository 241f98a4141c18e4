/* epoch.c - the linkage epoch's keys: each party has an X25519 key per agreement and epoch, and two owners' tag keys
 * rest on what theirs make together. Destroying one's own key is enough that no tag of that epoch can be made or
 * checked again. Runs in the event thread alone. */
#include <string.h>

#include "crypto/base/secret.h"
#include "crypto/prim/aead.h"
#include "crypto/prim/kdf.h"
#include "node/base/log.h"
#include "node/job/job.h"

_Static_assert((int)SCH_EPOCH_SEALED_BYTES == (int)SCH_EXCHANGE_SECRET_BYTES + (int)SCH_AEAD_EXTRA_BYTES,
               "the store keeps a secret as it is encrypted here");

static const char INFO[] = "schakel store 1";

/* The key under which this node keeps secrets in its store: so that a copy of the store alone opens none. out:
 * secret. */
static sch_err store_key(const sch_jobs *jobs, uint8_t out[static SCH_KEY_BYTES])
{
    return sch_kdf_derive(out, SCH_KEY_BYTES, jobs->options.identity->exchange_secret, SCH_EXCHANGE_SECRET_BYTES, NULL,
                          0, INFO, sizeof INFO - 1);
}

sch_err sch_jobs_make_epoch(sch_jobs *jobs, const sch_agreement *agreement)
{
    sch_err err = SCH_NONE;
    sch_store *store = jobs->options.store;
    uint8_t public_key[SCH_EXCHANGE_PUBLIC_BYTES], sealed[SCH_EPOCH_SEALED_BYTES], key[SCH_KEY_BYTES] = {0};
    uint8_t *secret = NULL;
    bool found = false;
    SCH_TRY(sch_store_get_epoch(store, &found, agreement->id, agreement->epoch, public_key, sealed));
    if (found) {
        goto out;
    }
    secret = sch_secret_new(SCH_EXCHANGE_SECRET_BYTES);
    SCH_TRY(sch_check(secret != NULL, SCH_NO_MEMORY, "no locked memory is left for keys"));
    SCH_TRY(sch_exchange_keypair(public_key, secret));
    SCH_TRY(store_key(jobs, key));
    SCH_TRY(sch_aead_encrypt(sealed, secret, SCH_EXCHANGE_SECRET_BYTES, public_key, sizeof public_key, key));
    SCH_TRY(sch_store_put_epoch(store, agreement->id, agreement->epoch, public_key, sealed));
out:
    sch_secret_wipe(key, sizeof key);
    sch_secret_free(secret);
    return err;
}

void sch_jobs_send_epochs(sch_jobs *jobs, sch_peer_id peer)
{
    for (size_t a = 0; a < jobs->book.agreement_count; a++) {
        const sch_book_agreement *entry = &jobs->book.agreement[a];
        const sch_agreement *agreement = &entry->bundle.agreement;
        uint8_t public_key[SCH_EXCHANGE_PUBLIC_BYTES], sealed[SCH_EPOCH_SEALED_BYTES];
        bool found = false;
        if (entry->state != SCH_BOOK_IN_FORCE ||
            sch_agreement_find_party(agreement, sch_jobs_peer_name(jobs, peer)) == NULL) {
            continue;
        }
        sch_err err =
            sch_store_get_epoch(jobs->options.store, &found, agreement->id, agreement->epoch, public_key, sealed);
        if (sch_failed(err)) {
            sch_jobs_die(err);
        }
        sch_control control = {.kind = SCH_CONTROL_EPOCH};
        memcpy(control.hash, entry->bundle.hash, sizeof control.hash);
        if (found && !sch_failed(sch_buf_append(&control.bytes, public_key, sizeof public_key))) {
            sch_jobs_tell(jobs, peer, &control);
        }
        sch_control_clear(&control);
    }
}

void sch_jobs_on_epoch(sch_jobs *jobs, const sch_event *event)
{
    sch_err err = SCH_NONE;
    const char *name = sch_jobs_peer_name(jobs, event->from);
    const sch_book_agreement *entry = sch_book_find_hash(&jobs->book, event->control.hash);
    uint8_t known[SCH_EXCHANGE_PUBLIC_BYTES];
    bool found = false;
    if (entry == NULL || entry->state != SCH_BOOK_IN_FORCE ||
        sch_agreement_find_party(&entry->bundle.agreement, name) == NULL) {
        return; /* under a version that is not in force here yet; it comes again */
    }
    const sch_agreement *agreement = &entry->bundle.agreement;
    SCH_TRY(sch_store_get_epoch_peer(jobs->options.store, &found, agreement->id, agreement->epoch, name, known));
    if (found) {
        SCH_TRY(sch_check(memcmp(known, event->control.bytes.data, sizeof known) == 0, SCH_BAD_PEER,
                          "a node shows another key for a linkage epoch than before; a new epoch is needed"));
        goto out;
    }
    sch_jobs_begin(jobs);
    err =
        sch_store_put_epoch_peer(jobs->options.store, agreement->id, agreement->epoch, name, event->control.bytes.data);
    if (!sch_failed(err)) {
        err = sch_record(jobs, "system", "epoch.peer_key", agreement->id, "ok", NULL, entry->bundle.hash);
    }
    SCH_TRY(sch_jobs_commit(jobs, err, true));
out:
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, "a linkage key could not be kept", err, NULL);
    }
}

sch_err sch_jobs_epoch_secret(sch_jobs *jobs, uint8_t out[static SCH_KEY_BYTES], const sch_agreement *agreement,
                              sch_peer_id peer)
{
    sch_err err = SCH_NONE;
    sch_store *store = jobs->options.store;
    uint8_t own_public[SCH_EXCHANGE_PUBLIC_BYTES], other_public[SCH_EXCHANGE_PUBLIC_BYTES];
    uint8_t sealed[SCH_EPOCH_SEALED_BYTES], key[SCH_KEY_BYTES] = {0};
    uint8_t *secret = NULL;
    bool own = false, other = false;
    SCH_TRY(sch_store_get_epoch(store, &own, agreement->id, agreement->epoch, own_public, sealed));
    SCH_TRY(sch_store_get_epoch_peer(store, &other, agreement->id, agreement->epoch, sch_jobs_peer_name(jobs, peer),
                                     other_public));
    SCH_TRY(sch_check(own && other, SCH_TRY_AGAIN,
                      "the other owner's key for this linkage epoch has not come yet; try again in a moment"));
    secret = sch_secret_new(SCH_EXCHANGE_SECRET_BYTES);
    SCH_TRY(sch_check(secret != NULL, SCH_NO_MEMORY, "no locked memory is left for keys"));
    SCH_TRY(store_key(jobs, key));
    err = sch_aead_decrypt(secret, sealed, sizeof sealed, own_public, sizeof own_public, key);
    SCH_TRY(sch_failed(err)
                ? sch_fail(SCH_BAD_INPUT, "the linkage key in the state file is not under this node's keys; "
                                          "agree on a new version with a new linkage epoch")
                : err);
    /* The pair's standing secret goes in as the salt: the epoch's keys alone open nothing either. */
    SCH_TRY(sch_exchange_pair_secret(out, secret, own_public, other_public, jobs->peer[peer.value].standing));
out:
    sch_secret_wipe(key, sizeof key);
    sch_secret_free(secret);
    return err;
}
