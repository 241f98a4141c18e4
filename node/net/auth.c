#include "node/net/auth.h"

#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/prim/kdf.h"
#include "crypto/prim/sign.h"

enum { FROM_CALLER = 0, FROM_ANSWERER = 1, LENGTH_BYTES = 4 };

#define SIGNED_LABEL "schakel channel 1"

typedef struct signed_part {
    uint8_t label[sizeof SIGNED_LABEL - 1];
    uint8_t direction, kind, version[4];
    uint8_t exporter[SCH_KEY_BYTES];
    uint8_t from[SCH_NAME_BYTES], to[SCH_NAME_BYTES]; /* filled up with zeros */
} signed_part;

/* All members are bytes, so the structure is the byte string that is signed. */
_Static_assert(sizeof(signed_part) == sizeof SIGNED_LABEL - 1 + 6 + SCH_KEY_BYTES + 2 * SCH_NAME_BYTES,
               "what is signed has no gaps");

static void fill_signed(signed_part *out, const sch_hello *hello, uint8_t direction,
                        const uint8_t exporter[static SCH_KEY_BYTES])
{
    memset(out, 0, sizeof *out);
    memcpy(out->label, SIGNED_LABEL, sizeof out->label);
    out->direction = direction;
    out->kind = (uint8_t)hello->kind;
    sch_put_u32(out->version, hello->version);
    memcpy(out->exporter, exporter, SCH_KEY_BYTES);
    memcpy(out->from, hello->from, strnlen(hello->from, SCH_NAME_BYTES));
    memcpy(out->to, hello->to, strnlen(hello->to, SCH_NAME_BYTES));
}

/* k(d) */
static sch_err derive_psk_check(uint8_t out[static SCH_PSK_CHECK_BYTES], const uint8_t exporter[static SCH_KEY_BYTES],
                                const uint8_t *psk, uint8_t direction)
{
    uint8_t info[] = "schakel psk check 1?";
    info[sizeof info - 2] = direction;
    return sch_kdf_derive(out, SCH_PSK_CHECK_BYTES, exporter, SCH_KEY_BYTES, psk, SCH_KEY_BYTES, info, sizeof info - 1);
}

static sch_err export_hello(sch_conn *conn, uint8_t out[static SCH_KEY_BYTES])
{
    return sch_conn_export(conn, out, "EXPORTER-schakel-hello-1");
}

static sch_err send_hello(sch_conn *conn, const sch_hello *hello)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    uint8_t length[LENGTH_BYTES];
    SCH_TRY(sch_hello_encode(&bytes, hello));
    sch_put_u32(length, (uint32_t)bytes.bytes);
    SCH_TRY(sch_conn_write(conn, length, sizeof length, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

/* Fills in k(d) and s(d, K), and sends. */
static sch_err send_signed(sch_conn *conn, const sch_auth_self *self, sch_hello *hello, const uint8_t *psk,
                           uint8_t direction)
{
    sch_err err = SCH_NONE;
    uint8_t exporter[SCH_KEY_BYTES] = {0};
    signed_part part;
    SCH_TRY(export_hello(conn, exporter));
    fill_signed(&part, hello, direction, exporter);
    SCH_TRY(sch_sign_message(hello->signature, &part, sizeof part, self->identity_secret));
    hello->has_psk_check = psk != NULL;
    if (psk != NULL) {
        SCH_TRY(derive_psk_check(hello->psk_check, exporter, psk, direction));
    }
    SCH_TRY(send_hello(conn, hello));
out:
    sch_secret_wipe(exporter, sizeof exporter);
    sch_secret_wipe(&part, sizeof part);
    return err;
}

static sch_err receive_hello(sch_conn *conn, sch_hello *out, uint64_t deadline_ns)
{
    sch_err err = SCH_NONE;
    uint8_t length[LENGTH_BYTES];
    uint8_t bytes[SCH_MAX_HELLO_BYTES];
    memset(out, 0, sizeof *out);
    SCH_TRY(sch_conn_read_exactly(conn, length, sizeof length, deadline_ns));
    uint32_t size = sch_get_u32(length);
    SCH_TRY(sch_check(size > 0 && size <= sizeof bytes, SCH_BAD_PEER, "a greeting has the wrong size"));
    SCH_TRY(sch_conn_read_exactly(conn, bytes, size, deadline_ns));
    SCH_TRY(sch_hello_decode(out, bytes, size));
out:
    return err;
}

static sch_err check_signature(sch_conn *conn, const sch_hello *hello, const sch_mesh_peer *peer, uint8_t direction)
{
    sch_err err = SCH_NONE;
    uint8_t exporter[SCH_KEY_BYTES] = {0};
    signed_part part;
    SCH_TRY(export_hello(conn, exporter));
    fill_signed(&part, hello, direction, exporter);
    if (sch_failed(sch_sign_verify(hello->signature, &part, sizeof part, peer->identity))) {
        err = sch_fail(SCH_BAD_PEER, "its greeting is not signed with its identity key");
    }
out:
    sch_secret_wipe(exporter, sizeof exporter);
    sch_secret_wipe(&part, sizeof part);
    return err;
}

static sch_err check_psk(sch_conn *conn, const sch_hello *hello, const uint8_t *psk, uint8_t direction)
{
    sch_err err = SCH_NONE;
    uint8_t exporter[SCH_KEY_BYTES] = {0};
    uint8_t expected[SCH_PSK_CHECK_BYTES] = {0};
    SCH_TRY(sch_check(hello->has_psk_check == (psk != NULL), SCH_DENIED, "only one side has a pre-shared key"));
    if (psk != NULL) {
        SCH_TRY(export_hello(conn, exporter));
        SCH_TRY(derive_psk_check(expected, exporter, psk, direction));
        SCH_TRY(sch_check(sch_secret_equal(expected, hello->psk_check, sizeof expected), SCH_DENIED,
                          "the pre-shared keys differ"));
    }
out:
    sch_secret_wipe(exporter, sizeof exporter);
    sch_secret_wipe(expected, sizeof expected);
    return err;
}

static sch_err check_pin(sch_conn *conn, const sch_mesh_peer *peer)
{
    sch_err err = SCH_NONE;
    uint8_t pin[SCH_PIN_BYTES];
    SCH_TRY(sch_conn_peer_pin(conn, pin));
    SCH_TRY(
        sch_check(sch_secret_equal(pin, peer->tls_pin, sizeof pin), SCH_BAD_PEER, "its TLS key is not the pinned one"));
out:
    return err;
}

static void set_names(sch_hello *hello, const char *from, const char *to)
{
    memcpy(hello->from, from, strnlen(from, SCH_NAME_BYTES - 1));
    memcpy(hello->to, to, strnlen(to, SCH_NAME_BYTES - 1));
}

/* ---- the caller ---- */

static sch_err answer_error(sch_hello_answer answer)
{
    switch (answer) {
    case SCH_HELLO_ACCEPTED:
        return SCH_NONE;
    case SCH_HELLO_REFUSED:
        return sch_fail(SCH_DENIED, "it does not accept us");
    case SCH_HELLO_OTHER_VERSION:
        return sch_fail(SCH_BAD_PEER, "it speaks another version of the protocol");
    case SCH_HELLO_OTHER_PSK:
        return sch_fail(SCH_DENIED, "the pre-shared keys differ");
    case SCH_HELLO_BUSY:
        return sch_fail(SCH_TRY_AGAIN, "it has no room for another session");
    default:
        return sch_fail(SCH_BAD_PEER, "its greeting answers nothing");
    }
}

sch_err sch_auth_call(sch_conn *conn, const sch_auth_self *self, const sch_mesh_peer *peer, sch_connection_kind kind,
                      uint64_t deadline_ns)
{
    sch_err err = SCH_NONE;
    sch_hello hello = {.version = SCH_CHANNEL_VERSION, .kind = kind, .answer = SCH_HELLO_CALL};
    sch_hello ack;
    SCH_TRY(check_pin(conn, peer));
    set_names(&hello, self->name, peer->name);
    SCH_TRY(send_signed(conn, self, &hello, peer->psk, FROM_CALLER));
    SCH_TRY(receive_hello(conn, &ack, deadline_ns));
    SCH_TRY(answer_error(ack.answer));
    SCH_TRY(sch_check(ack.version == SCH_CHANNEL_VERSION && ack.kind == kind && strcmp(ack.from, peer->name) == 0 &&
                          strcmp(ack.to, self->name) == 0,
                      SCH_BAD_PEER, "its greeting is not an answer to ours"));
    SCH_TRY(check_signature(conn, &ack, peer, FROM_ANSWERER));
    SCH_TRY(check_psk(conn, &ack, peer->psk, FROM_ANSWERER));
out:
    return err;
}

/* ---- the answerer ---- */

static void find_caller(const sch_auth_book *book, const sch_hello *hello, sch_auth_caller *caller)
{
    bool analyst = hello->kind == SCH_CONNECTION_ANALYST;
    const sch_mesh_peer *list = analyst ? book->analyst : book->peer;
    size_t count = analyst ? book->analyst_count : book->peer_count;
    caller->kind = hello->kind;
    caller->who = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].name, hello->from) == 0) {
            caller->who = &list[i];
            caller->number = i;
        }
    }
}

static sch_err check_hello(sch_conn *conn, const sch_auth_self *self, const sch_hello *hello,
                           const sch_auth_caller *caller, sch_hello_answer *refusal)
{
    sch_err err = SCH_NONE;
    *refusal = SCH_HELLO_OTHER_VERSION;
    SCH_TRY(
        sch_check(hello->version == SCH_CHANNEL_VERSION, SCH_BAD_PEER, "it speaks another version of the protocol"));
    *refusal = SCH_HELLO_REFUSED;
    SCH_TRY(sch_check(hello->answer == SCH_HELLO_CALL, SCH_BAD_PEER, "its greeting is not a call"));
    SCH_TRY(sch_check(caller->who != NULL, SCH_DENIED, "a caller's name is not known here"));
    SCH_TRY(sch_check(strcmp(hello->to, self->name) == 0, SCH_DENIED, "it means to call another node"));
    SCH_TRY(check_pin(conn, caller->who));
    SCH_TRY(check_signature(conn, hello, caller->who, FROM_CALLER));
    *refusal = SCH_HELLO_OTHER_PSK;
    SCH_TRY(check_psk(conn, hello, caller->who->psk, FROM_CALLER));
out:
    return err;
}

sch_err sch_auth_hear(sch_conn *conn, const sch_auth_self *self, const sch_auth_book *book, uint64_t deadline_ns,
                      sch_auth_caller *caller)
{
    sch_err err = SCH_NONE;
    sch_hello hello;
    sch_hello_answer refusal = SCH_HELLO_REFUSED;
    memset(caller, 0, sizeof *caller);
    SCH_TRY(receive_hello(conn, &hello, deadline_ns));
    find_caller(book, &hello, caller);
    err = check_hello(conn, self, &hello, caller, &refusal);
    if (sch_failed(err)) {
        sch_hello ack = {.version = SCH_CHANNEL_VERSION, .kind = hello.kind, .answer = refusal};
        set_names(&ack, self->name, hello.from);
        sch_err sent = send_hello(conn, &ack);
        (void)sent; /* the refusal is a courtesy */
    }
out:
    return err;
}

sch_err sch_auth_reply(sch_conn *conn, const sch_auth_self *self, const sch_auth_caller *caller,
                       sch_hello_answer answer)
{
    sch_hello ack = {.version = SCH_CHANNEL_VERSION, .kind = caller->kind, .answer = answer};
    set_names(&ack, self->name, caller->who->name);
    if (answer != SCH_HELLO_ACCEPTED) {
        return send_hello(conn, &ack);
    }
    return send_signed(conn, self, &ack, caller->who->psk, FROM_ANSWERER);
}
