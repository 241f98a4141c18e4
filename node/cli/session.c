#include "node/cli/session.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/base/clock.h"
#include "node/cli/common.h"

enum { FIRST_PAUSE_S = 1, LONGEST_PAUSE_S = 15, SLICE_MS = 100, NS_PER_S = 1000000000 };

static sch_err open_client(sch_session *session, sch_detail *detail)
{
    const sch_conf_peer *called = &session->profile.node[session->profile.call];
    sch_client_options options = {.certificate_file = session->identity.certificate_file,
                                  .tls_key_file = session->identity.tls_key_file,
                                  .identity_secret = session->identity.identity_secret,
                                  .node = sch_mesh_peer_of_card(&called->card, called->psk)};
    memcpy(options.name, session->profile.analyst, sizeof options.name);
    sch_client_close(session->client);
    session->client = NULL;
    return sch_client_open(&session->client, &options, detail);
}

sch_err sch_session_open(sch_session *session, const char *path, const _Atomic bool *stop, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    char *fallback = NULL;
    *session = (sch_session){.stop = stop, .patience_s = SCH_PATIENCE_S};
    if (path == NULL) {
        path = fallback = sch_profile_default_path();
        SCH_TRY(sch_check(path != NULL, SCH_BAD_INPUT, "there is no home folder; say --profile FILE"));
    }
    SCH_TRY(sch_profile_load(&session->profile, path, detail));
    sch_passphrase passphrase = sch_cli_passphrase();
    SCH_TRY(sch_identity_load(&session->identity, session->profile.keys, &passphrase, detail));
    SCH_TRY(open_client(session, detail));
out:
    free(fallback);
    return err;
}

void sch_session_close(sch_session *session)
{
    sch_client_close(session->client);
    sch_identity_clear(&session->identity);
    sch_profile_clear(&session->profile);
    *session = (sch_session){0};
}

const char *sch_session_node(const sch_session *session)
{
    return session->profile.node[session->profile.call].card.name;
}

const sch_card *sch_session_card(const sch_session *session, const char *node)
{
    for (size_t i = 0; i < session->profile.node_count; i++) {
        if (strcmp(session->profile.node[i].card.name, node) == 0) {
            return &session->profile.node[i].card;
        }
    }
    return NULL;
}

sch_err sch_session_send(sch_session *session, const sch_control *control)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    SCH_TRY(sch_check(session->client != NULL, SCH_IO, "there is no connection"));
    SCH_TRY(sch_control_encode(&bytes, control));
    SCH_TRY(sch_client_send(session->client, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

sch_err sch_session_receive(sch_session *session, sch_control *control, int timeout_ms)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    SCH_TRY(sch_check(session->client != NULL, SCH_IO, "there is no connection"));
    SCH_TRY(sch_client_receive(session->client, &bytes, timeout_ms, session->stop));
    SCH_TRY(sch_control_decode(control, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

bool sch_session_is_stopped(const sch_session *session)
{
    return session->stop != NULL && atomic_load(session->stop);
}

sch_err sch_session_explain(const sch_session *session, sch_err err, sch_detail *detail)
{
    if (err.code == SCH_IO) {
        sch_detail_set(detail, "the connection to node %s ended; it may have been stopped", sch_session_node(session));
    } else if (err.code == SCH_TRY_AGAIN && sch_session_is_stopped(session)) {
        sch_detail_set(detail, "stopped");
    } else if (err.code == SCH_TRY_AGAIN) {
        sch_detail_set(detail, "node %s does not answer", sch_session_node(session));
    }
    return err;
}

/* ---- connecting again ---- */

/* Sleeps, in slices that end where *stop is set. */
static void pause_s(const sch_session *session, unsigned seconds)
{
    const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};
    for (unsigned left = seconds * 1000 / SLICE_MS; left > 0 && !sch_session_is_stopped(session); left--) {
        (void)nanosleep(&slice, NULL);
    }
}

sch_err sch_session_reconnect(sch_session *session, const sch_request_id *id, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    char text[SCH_ID_TEXT_BYTES];
    unsigned wait = FIRST_PAUSE_S;
    uint64_t deadline = sch_clock_ns() + (uint64_t)session->patience_s * NS_PER_S;
    sch_id_to_text(text, *id);
    sch_cli_say("the connection to node %s is lost; request %s lives on, connecting again", sch_session_node(session),
                text);
    do {
        pause_s(session, wait);
        wait = wait * 2 < LONGEST_PAUSE_S ? wait * 2 : LONGEST_PAUSE_S;
        if (sch_session_is_stopped(session)) {
            break;
        }
        err = open_client(session, detail);
        if (!sch_failed(err)) {
            sch_cli_say("connected to node %s again", sch_session_node(session));
            *detail = (sch_detail){{0}};
            return err;
        }
        if (err.code != SCH_IO && err.code != SCH_TRY_AGAIN) {
            return err;
        }
    } while (sch_clock_ns() < deadline);
    sch_detail_set(
        detail,
        "node %s cannot be reached; request %s lives on at the nodes: 'schakel wait %s' goes on waiting once "
        "it is back",
        sch_session_node(session), text, text);
    return sch_fail(SCH_TRY_AGAIN, "the connection is lost");
}

sch_err sch_session_read_id(sch_request_id *out, const char *text, sch_detail *detail)
{
    if (sch_id_from_text(out, text)) {
        return SCH_NONE;
    }
    sch_detail_set(detail, "'%.60s' is no request's id; 'schakel history' lists yours", text);
    return sch_fail(SCH_BAD_INPUT, "this is no request's id");
}
