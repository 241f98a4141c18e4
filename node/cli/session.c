#include "node/cli/session.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/cli/common.h"
#include "proto/parts.h"
#include "proto/sealed.h"

enum {
    CATALOG_TIMEOUT_MS = 30000,
    REQUEST_LIFE_MS = 600000,
    SILENCE_MS = 3600000, /* the nodes end a job by themselves long before */
    HOLDERS = 2,
};

static sch_err send(sch_session *session, const sch_control *control)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    SCH_TRY(sch_control_encode(&bytes, control));
    SCH_TRY(sch_client_send(session->client, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

/* The next message, decoded; the caller's to clear. */
static sch_err receive(sch_session *session, sch_control *control, int timeout_ms, const _Atomic bool *stop)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    SCH_TRY(sch_client_receive(session->client, &bytes, timeout_ms, stop));
    SCH_TRY(sch_control_decode(control, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

/* Takes one part of a catalogue; *complete says whether one was finished by it. */
static sch_err take_part(sch_session *session, sch_parts *parts, const sch_control *control, bool *complete,
                         sch_detail *detail)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_parts_take(parts, control, SCH_MAX_CATALOG_BYTES));
    *complete = sch_parts_complete(parts);
    if (!*complete) {
        return SCH_NONE;
    }
    SCH_TRY(sch_check(session->catalog_count < SCH_MAX_NODES, SCH_BAD_PEER, "the node sent too many catalogues"));
    sch_catalog *catalog = &session->catalog[session->catalog_count];
    SCH_TRY(sch_catalog_decode(catalog, parts->bytes.data, parts->bytes.bytes, detail));
    session->view[session->catalog_count++] = catalog;
    SCH_TRY(
        sch_check(strcmp(catalog->node, control->node) == 0, SCH_BAD_PEER, "a catalogue bears another node's name"));
    sch_parts_clear(parts);
out:
    return err;
}

static sch_err fetch_catalogs(sch_session *session, const _Atomic bool *stop, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_control ask = {.kind = SCH_CONTROL_CATALOG_ASK};
    sch_control control = {0};
    sch_parts parts = {0};
    const char *called = session->profile.node[session->profile.call].card.name;
    bool complete = false;
    SCH_TRY(send(session, &ask));
    while (!complete || strcmp(control.node, called) != 0) {
        sch_control_clear(&control);
        SCH_TRY(receive(session, &control, CATALOG_TIMEOUT_MS, stop));
        SCH_TRY(sch_check(control.kind == SCH_CONTROL_CATALOG, SCH_BAD_PEER,
                          "the node answered with another message than its catalogue"));
        SCH_TRY(take_part(session, &parts, &control, &complete, detail));
    }
out:
    sch_control_clear(&control);
    sch_parts_clear(&parts);
    return err;
}

sch_err sch_session_open(sch_session *session, const char *path, const _Atomic bool *stop, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    char *fallback = NULL;
    *session = (sch_session){0};
    if (path == NULL) {
        path = fallback = sch_profile_default_path();
        SCH_TRY(sch_check(path != NULL, SCH_BAD_INPUT, "there is no home folder; say --profile FILE"));
    }
    SCH_TRY(sch_profile_load(&session->profile, path, detail));
    sch_passphrase passphrase = sch_cli_passphrase();
    SCH_TRY(sch_identity_load(&session->identity, session->profile.keys, &passphrase, detail));
    const sch_conf_peer *called = &session->profile.node[session->profile.call];
    sch_client_options options = {.certificate_file = session->identity.certificate_file,
                                  .tls_key_file = session->identity.tls_key_file,
                                  .identity_secret = session->identity.identity_secret,
                                  .node = sch_mesh_peer_of_card(&called->card, called->psk)};
    memcpy(options.name, session->profile.analyst, sizeof options.name);
    SCH_TRY(sch_client_open(&session->client, &options, detail));
    SCH_TRY(fetch_catalogs(session, stop, detail));
out:
    free(fallback);
    return err;
}

void sch_session_close(sch_session *session)
{
    sch_client_close(session->client);
    for (size_t i = 0; i < session->catalog_count; i++) {
        sch_catalog_clear(&session->catalog[i]);
    }
    sch_identity_clear(&session->identity);
    sch_profile_clear(&session->profile);
    *session = (sch_session){0};
}

/* ---- a request ---- */

/* One holder's sealed shares as they come in. */
typedef struct share_holder {
    const char *node; /* borrowed from the plan */
    sch_party party;
    const uint8_t *identity; /* borrowed from the profile */
    sch_parts sealed;
    uint8_t signature[SCH_SIGN_BYTES];
} share_holder;

static sch_err submit(sch_session *session, sch_request *request, uint8_t request_hash[static SCH_HASH_BYTES],
                      sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_control control = {.kind = SCH_CONTROL_SUBMIT};
    memcpy(request->analyst, session->profile.analyst, sizeof request->analyst);
    request->created = sch_clock_now();
    request->not_after.value = request->created.value + REQUEST_LIFE_MS;
    request->id = sch_id_new(request->created);
    control.id = request->id;
    SCH_TRY(sch_request_check(request, detail));
    SCH_TRY(sch_request_encode(&control.bytes, request));
    SCH_TRY(sch_request_bytes_sign(control.signature, control.bytes.data, control.bytes.bytes,
                                   session->identity.identity_secret));
    SCH_TRY(sch_request_bytes_hash(request_hash, control.bytes.data, control.bytes.bytes));
    SCH_TRY(send(session, &control));
out:
    sch_control_clear(&control);
    return err;
}

static sch_err take_result(share_holder *holder, const sch_control *control)
{
    if (holder->sealed.next == 0) {
        memcpy(holder->signature, control->signature, sizeof holder->signature);
    }
    return sch_parts_take(&holder->sealed, control, (size_t)SCH_MAX_PARTS * SCH_PART_BYTES);
}

/* Handles one message about the request; *done where it was the last. */
static sch_err take_message(share_holder holders[HOLDERS], sch_answer *answer, const sch_control *control,
                            sch_session_progress progress, void *context, bool *done, sch_detail *detail)
{
    switch (control->kind) {
    case SCH_CONTROL_PROGRESS:
        progress(context, control->node, control->phase, control->per_mille);
        return SCH_NONE;
    case SCH_CONTROL_RESULT:
        for (size_t h = 0; h < HOLDERS; h++) {
            if (strcmp(control->node, holders[h].node) == 0) {
                return take_result(&holders[h], control);
            }
        }
        return sch_fail(SCH_BAD_PEER, "shares came from a node that holds none");
    case SCH_CONTROL_FAIL:
        memcpy(answer->node, control->node, sizeof answer->node);
        sch_detail_set(detail, "%s", control->text.text);
        return sch_fail(control->code, "the request failed at a node");
    case SCH_CONTROL_DONE:
        *done = true;
        return SCH_NONE;
    default:
        return sch_fail(SCH_BAD_PEER, "the node sent a message that does not belong here");
    }
}

static void cancel(sch_session *session, const sch_request *request)
{
    sch_control control = {.kind = SCH_CONTROL_CANCEL, .id = request->id};
    sch_err err = send(session, &control);
    (void)err; /* the end of the session cancels it as well */
}

static sch_err await(sch_session *session, share_holder holders[HOLDERS], sch_answer *answer,
                     const sch_request *request, const _Atomic bool *stop, sch_session_progress progress, void *context,
                     sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_control control = {0};
    bool done = false;
    while (!done) {
        sch_control_clear(&control);
        err = receive(session, &control, SILENCE_MS, stop);
        if (sch_failed(err) && stop != NULL && atomic_load(stop)) {
            cancel(session, request);
            SCH_TRY(sch_fail(SCH_TRY_AGAIN, "cancelled"));
        }
        if (err.code == SCH_IO) {
            sch_detail_set(detail, "the connection to node %s ended; it may have been stopped",
                           session->profile.node[session->profile.call].card.name);
        }
        SCH_TRY(err);
        if (memcmp(&control.id, &request->id, sizeof control.id) != 0) {
            continue;
        }
        SCH_TRY(take_message(holders, answer, &control, progress, context, &done, detail));
    }
out:
    sch_control_clear(&control);
    return err;
}

/* Checks one holder's shares against what was asked. */
static sch_err check_shares(const sch_shares *shares, const share_holder *holder, const sch_plan *plan,
                            const uint8_t plan_hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(shares->party == holder->party && memcmp(shares->plan_hash, plan_hash, SCH_HASH_BYTES) == 0,
                      SCH_BAD_PEER, "a holder computed another plan than the one that was asked for"));
    SCH_TRY(sch_check(shares->min_persons == plan->rules.min_persons && shares->show_zero == plan->rules.show_zero,
                      SCH_BAD_PEER, "a holder applied other rules than the owners' catalogues say"));
    SCH_TRY(sch_check(shares->columns == sch_table_columns(&plan->shape) && shares->groups == plan->shape.groups,
                      SCH_BAD_PEER, "a holder's table is of another shape"));
out:
    return err;
}

static sch_err add_up(sch_session *session, sch_answer *answer, share_holder holders[HOLDERS], const sch_plan *plan,
                      const uint8_t request_hash[static SCH_HASH_BYTES], sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_shares shares = {0};
    uint8_t plan_hash[SCH_HASH_BYTES];
    size_t words = (size_t)sch_table_columns(&plan->shape) * plan->shape.groups;
    SCH_TRY(sch_plan_hash(plan_hash, plan));
    answer->words = words;
    answer->values = calloc(words, sizeof *answer->values);
    answer->states = calloc(words, sizeof *answer->states);
    SCH_TRY(sch_check(answer->values != NULL && answer->states != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t h = 0; h < HOLDERS; h++) {
        err = sch_parts_complete(&holders[h].sealed)
                  ? sch_shares_open(&shares, holders[h].sealed.bytes.data, holders[h].sealed.bytes.bytes,
                                    holders[h].signature, request_hash, holders[h].identity,
                                    session->identity.card.exchange, session->identity.exchange_secret)
                  : sch_fail(SCH_BAD_PEER, "the shares are not complete");
        if (!sch_failed(err)) {
            err = check_shares(&shares, &holders[h], plan, plan_hash);
        }
        if (sch_failed(err)) {
            sch_detail_set(detail, "the result of node %s cannot be trusted: %s", holders[h].node, err.text);
        }
        SCH_TRY(err);
        for (size_t i = 0; i < words; i++) {
            answer->values[i] += shares.values[i];
            answer->states[i] += shares.states[i];
        }
        sch_shares_clear(&shares);
    }
out:
    sch_shares_clear(&shares);
    return err;
}

/* The key of a node that will hold shares, from the profile: the analyst's own word on who that is. */
static sch_err find_holder(const sch_session *session, share_holder *holder, const sch_plan *plan, sch_party party,
                           sch_detail *detail)
{
    holder->party = party;
    holder->node = plan->node[party];
    for (size_t i = 0; i < session->profile.node_count; i++) {
        if (strcmp(session->profile.node[i].card.name, holder->node) == 0) {
            holder->identity = session->profile.node[i].card.identity;
            return SCH_NONE;
        }
    }
    sch_detail_set(
        detail, "node %s would hold a share of the result, but your profile does not list it; add its card under nodes",
        holder->node);
    return sch_fail(SCH_BAD_INPUT, "a node is missing in the profile");
}

sch_err sch_session_ask(sch_session *session, sch_answer *answer, sch_request *request, const sch_plan *plan,
                        const _Atomic bool *stop, sch_session_progress progress, void *context, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    share_holder holders[HOLDERS] = {{0}};
    uint8_t request_hash[SCH_HASH_BYTES];
    *answer = (sch_answer){0};
    SCH_TRY(find_holder(session, &holders[0], plan, SCH_SPINE, detail));
    SCH_TRY(find_holder(session, &holders[1], plan, SCH_HELPER, detail));
    SCH_TRY(submit(session, request, request_hash, detail));
    SCH_TRY(await(session, holders, answer, request, stop, progress, context, detail));
    SCH_TRY(add_up(session, answer, holders, plan, request_hash, detail));
out:
    for (size_t h = 0; h < HOLDERS; h++) {
        sch_parts_clear(&holders[h].sealed);
    }
    return err;
}

void sch_answer_clear(sch_answer *answer)
{
    if (answer->values != NULL) {
        sch_secret_wipe(answer->values, answer->words * sizeof *answer->values);
    }
    if (answer->states != NULL) {
        sch_secret_wipe(answer->states, answer->words * sizeof *answer->states);
    }
    free(answer->values);
    free(answer->states);
    *answer = (sch_answer){0};
}
