#include "node/cli/ctl_copy.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/file.h"
#include "proto/agreement.h"

enum { MOST_HEADS_BYTES = 64 << 20 }; /* of a file of heads */

/* ---- collecting ---- */

sch_err sch_ctl_copy_add_key(sch_ctl_copy *copy, const uint8_t identity[static 32])
{
    for (size_t i = 0; i < copy->identity_count; i++) {
        if (memcmp(copy->identity[i], identity, 32) == 0) {
            return SCH_NONE;
        }
    }
    uint8_t(*grown)[32] = reallocarray(copy->identity, copy->identity_count + 1, sizeof *grown);
    if (grown == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    copy->identity = grown;
    memcpy(copy->identity[copy->identity_count++], identity, 32);
    return SCH_NONE;
}

static sch_err add_head(sch_ctl_heads *heads, const sch_audit_head *head)
{
    /* The room doubles when it is used up: at each power of two. */
    if ((heads->count & (heads->count - 1)) == 0) {
        size_t room = heads->count == 0 ? 1 : heads->count * 2;
        sch_audit_head *grown = reallocarray(heads->head, room, sizeof *grown);
        if (grown == NULL) {
            return sch_fail(SCH_NO_MEMORY, "out of memory");
        }
        heads->head = grown;
    }
    heads->head[heads->count++] = *head;
    return SCH_NONE;
}

static sch_err take_own_head(void *context, const sch_stored_head *stored)
{
    sch_ctl_copy *copy = context;
    return add_head(&copy->own_heads, &stored->head);
}

static sch_err add_party(sch_ctl_copy *copy, const sch_bundle *bundle, const sch_agreement_party *own)
{
    sch_ctl_own_party *grown = reallocarray(copy->party, copy->party_count + 1, sizeof *grown);
    if (grown == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    copy->party = grown;
    sch_ctl_own_party *party = &copy->party[copy->party_count];
    *party = (sch_ctl_own_party){.version = bundle->agreement.version};
    memcpy(party->agreement_hash, bundle->hash, sizeof party->agreement_hash);
    memcpy(party->agreement, bundle->agreement.id, sizeof party->agreement);
    party->processing_activity = strdup(own->processing_activity);
    if (party->processing_activity == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    copy->party_count++;
    return sch_ctl_copy_add_key(copy, own->identity);
}

static sch_err take_agreement(void *context, const sch_stored_agreement *stored)
{
    sch_err err = SCH_NONE;
    sch_ctl_copy *copy = context;
    sch_bundle bundle = {0};
    SCH_TRY(sch_bundle_decode(&bundle, stored->bundle.data, stored->bundle.bytes, NULL));
    const sch_agreement_party *own = sch_agreement_find_party(&bundle.agreement, sch_store_node(copy->store));
    if (own != NULL) {
        SCH_TRY(add_party(copy, &bundle, own));
    }
out:
    sch_bundle_clear(&bundle);
    return err;
}

sch_err sch_ctl_copy_open(sch_ctl_copy *copy, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    *copy = (sch_ctl_copy){0};
    SCH_TRY(sch_store_open_copy(&copy->store, path, detail));
    err = sch_store_each_agreement(copy->store, take_agreement, copy);
    if (err.code == SCH_BAD_INPUT || err.code == SCH_DENIED) {
        sch_detail_set(detail, "%s: holds an agreement that cannot be read: %s", path, err.text);
        err.code = SCH_BAD_INPUT;
    }
    SCH_TRY(err);
    SCH_TRY(sch_store_each_head(copy->store, sch_store_node(copy->store), take_own_head, copy));
out:
    return err;
}

void sch_ctl_copy_close(sch_ctl_copy *copy)
{
    sch_store_close(copy->store);
    for (size_t i = 0; i < copy->party_count; i++) {
        free(copy->party[i].processing_activity);
    }
    free(copy->party);
    free(copy->identity);
    free(copy->own_heads.head);
    free(copy->peer_heads.head);
    *copy = (sch_ctl_copy){0};
}

sch_err sch_ctl_copy_add_heads(sch_ctl_copy *copy, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf data = {0};
    sch_audit_head *head = NULL;
    uint8_t(*identity)[32] = NULL;
    size_t count = 0, found = 0;
    SCH_TRY(sch_file_read(&data, path, MOST_HEADS_BYTES, SCH_FILE_PUBLIC, detail));
    err = sch_audit_heads_parse(&head, &identity, &count, data.data, data.bytes, detail);
    if (err.code == SCH_BAD_INPUT) {
        const sch_detail fault = *detail;
        sch_detail_set(detail, "%s: %.300s", path, fault.text);
    }
    SCH_TRY(err);
    for (size_t i = 0; i < count; i++) {
        /* The keys in the file prove nothing: whoever made it could have put in any. */
        if (strcmp(head[i].node, sch_store_node(copy->store)) == 0) {
            SCH_TRY(add_head(&copy->peer_heads, &head[i]));
            found++;
        }
    }
    if (found == 0) {
        sch_detail_set(detail, "%s: holds no head of '%s'", path, sch_store_node(copy->store));
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a file holds no head of this node"));
    }
out:
    free(head);
    free(identity);
    sch_buf_clear(&data);
    return err;
}

/* ---- verifying ---- */

static sch_err take_record(void *context, uint64_t seq, const uint8_t *bytes, size_t count,
                           const uint8_t hash[static SCH_HASH_BYTES])
{
    return sch_audit_verifier_take(context, seq, bytes, count, hash);
}

sch_err sch_ctl_copy_verify(const sch_ctl_copy *copy, sch_audit_verdict *verdict)
{
    sch_err err = SCH_NONE;
    sch_audit_verifier *verifier = NULL;
    const sch_audit_evidence evidence = {.own_head = copy->own_heads.head,
                                         .own_count = copy->own_heads.count,
                                         .peer_head = copy->peer_heads.head,
                                         .peer_count = copy->peer_heads.count,
                                         .identity = (const uint8_t(*)[32])copy->identity,
                                         .identity_count = copy->identity_count};
    SCH_TRY(sch_audit_verifier_new(&verifier, sch_store_node(copy->store), &evidence));
    SCH_TRY(sch_store_each_audit(copy->store, 0, take_record, verifier));
    *verdict = sch_audit_verifier_finish(verifier);
out:
    sch_audit_verifier_free(verifier);
    return err;
}
