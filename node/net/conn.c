#include "node/net/conn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "crypto/base/buf.h"
#include "node/base/clock.h"
#include "node/net/bio.h"
#include "node/net/inner.h"
#include "node/net/why.h"

enum {
    PIECE_BYTES = 256 << 10,     /* encrypted at once, then sent: one frame of a link */
    SMALL_READ_BYTES = 32 << 10, /* taken from the network at once */
    BULK_READ_BYTES = 128 << 10,
    HEARTBEAT_WAIT_MS = 2000,
    FAREWELL_WAIT_MS = 200,
    TLS_RECORD_EXTRA_BYTES = 22, /* header 5, content type 1, authenticator 16: RFC 8446, 5.2 */
};

struct sch_conn {
    atomic_uint references;
    uint64_t rekey_records;
    pthread_mutex_t write_lock;      /* one writer at a time */
    pthread_mutex_t ssl_lock;        /* around each call of OpenSSL; guards ends.out and records too */
    pthread_mutex_t stream_lock;     /* guards stream's coming into being, and closing */
    nng_stream_dialer *dialer;       /* owned; a caller's */
    nng_stream *stream;              /* owned */
    nng_aio *receive_aio, *send_aio; /* owned; the reader's and the writer's (under write_lock) */
    SSL *ssl;                        /* owned */

    sch_bio_ends ends; /* owned; in: the reader's, out: under ssl_lock */
    size_t in_room;
    sch_buf sending;  /* the same, being sent under write_lock */
    uint64_t records; /* sent since the last change of key */

    uint8_t plain[SCH_TLS_RECORD_BYTES]; /* read, not taken yet: plain_start to plain_end; the reader's */
    size_t plain_start, plain_end;
    uint8_t stage[SCH_TLS_RECORD_BYTES];  /* the writer's: a head with the body's begin */
    uint8_t sealed[SCH_TLS_RECORD_BYTES]; /* the writer's: an inner record */
    bool has_inner;
    sch_inner inner_in, inner_out;
    uint8_t record[SCH_TLS_RECORD_BYTES]; /* the reader's: an inner record that is not complete yet */
    size_t record_bytes;

    uint64_t received_bytes, receive_limit; /* the reader's */
    atomic_bool shut;
    _Atomic uint64_t last_received_ns, last_sent_ns;
};

/* ---- making and ending ---- */

static sch_err attach_ssl(sch_conn *conn, SSL_CTX *context)
{
    sch_err err = SCH_NONE;
    BIO *bio = sch_bio_new(&conn->ends);
    conn->ssl = SSL_new(context);
    SCH_TRY(sch_check(conn->ssl != NULL && bio != NULL, SCH_NO_MEMORY, "no memory for a connection"));
    SSL_set_bio(conn->ssl, bio, bio); /* takes the one reference for both directions */
    bio = NULL;
out:
    BIO_free(bio);
    return err;
}

static sch_err new_conn(sch_conn **out, const sch_tls *tls, bool caller)
{
    sch_err err = SCH_NONE;
    *out = NULL;
    sch_conn *conn = calloc(1, sizeof *conn);
    SCH_TRY(sch_check(conn != NULL, SCH_NO_MEMORY, "no memory for a connection"));
    atomic_init(&conn->references, 1);
    (void)pthread_mutex_init(&conn->write_lock, NULL);
    (void)pthread_mutex_init(&conn->ssl_lock, NULL);
    (void)pthread_mutex_init(&conn->stream_lock, NULL);
    conn->rekey_records = tls->rekey_records;
    conn->receive_limit = SCH_CONN_GREETING_BYTES;
    conn->in_room = SMALL_READ_BYTES;
    conn->ends.in = malloc(conn->in_room);
    SCH_TRY(sch_check(conn->ends.in != NULL && nng_aio_alloc(&conn->receive_aio, NULL, NULL) == 0 &&
                          nng_aio_alloc(&conn->send_aio, NULL, NULL) == 0,
                      SCH_NO_MEMORY, "no memory for a connection"));
    SCH_TRY(attach_ssl(conn, caller ? tls->caller : tls->answerer));
    if (caller) {
        SSL_set_connect_state(conn->ssl);
    } else {
        SSL_set_accept_state(conn->ssl);
    }
    uint64_t now = sch_clock_ns();
    atomic_store(&conn->last_received_ns, now);
    atomic_store(&conn->last_sent_ns, now);
    *out = conn;
    conn = NULL;
out:
    sch_conn_release(conn);
    return err;
}

sch_err sch_conn_new_caller(sch_conn **out, const sch_tls *tls, const char *address)
{
    sch_err err = SCH_NONE;
    sch_buf url = {0};
    SCH_TRY(new_conn(out, tls, true));
    SCH_TRY(sch_buf_printf(&url, "tcp://%s", address));
    const char *text = sch_buf_text(&url);
    SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "no memory for a connection"));
    int code = nng_stream_dialer_alloc(&(*out)->dialer, text);
    SCH_TRY(sch_check(code != NNG_ENOMEM, SCH_NO_MEMORY, "no memory for a connection"));
    SCH_TRY(sch_check(code == 0, SCH_BAD_INPUT, "the address is not host:port"));
out:
    sch_buf_clear(&url);
    if (sch_failed(err)) {
        sch_conn_release(*out);
        *out = NULL;
    }
    return err;
}

sch_err sch_conn_new_answerer(sch_conn **out, const sch_tls *tls, nng_stream *stream)
{
    sch_err err = new_conn(out, tls, false);
    if (sch_failed(err)) {
        nng_stream_close(stream);
        nng_stream_free(stream);
        return err;
    }
    (*out)->stream = stream;
    (void)nng_stream_set_bool(stream, NNG_OPT_TCP_NODELAY, true);
    return SCH_NONE;
}

sch_conn *sch_conn_hold(sch_conn *conn)
{
    (void)atomic_fetch_add(&conn->references, 1);
    return conn;
}

/* Order of ending in nng: close, which fails what is under way; then the aios, which waits for them; then the
 * stream. */
void sch_conn_release(sch_conn *conn)
{
    if (conn == NULL || atomic_fetch_sub(&conn->references, 1) != 1) {
        return;
    }
    sch_conn_shut(conn);
    if (conn->receive_aio != NULL) {
        nng_aio_free(conn->receive_aio);
    }
    if (conn->send_aio != NULL) {
        nng_aio_free(conn->send_aio);
    }
    if (conn->stream != NULL) {
        nng_stream_free(conn->stream);
    }
    if (conn->dialer != NULL) {
        nng_stream_dialer_free(conn->dialer);
    }
    SSL_free(conn->ssl);
    sch_inner_clear(&conn->inner_in);
    sch_inner_clear(&conn->inner_out);
    sch_buf_clear(&conn->ends.out);
    sch_buf_clear(&conn->sending);
    free(conn->ends.in);
    (void)pthread_mutex_destroy(&conn->write_lock);
    (void)pthread_mutex_destroy(&conn->ssl_lock);
    (void)pthread_mutex_destroy(&conn->stream_lock);
    sch_secret_wipe(conn, sizeof *conn);
    free(conn);
}

void sch_conn_shut(sch_conn *conn)
{
    (void)pthread_mutex_lock(&conn->stream_lock);
    if (!atomic_exchange(&conn->shut, true)) {
        if (conn->dialer != NULL) {
            nng_stream_dialer_close(conn->dialer);
        }
        if (conn->stream != NULL) {
            nng_stream_close(conn->stream);
        }
        if (conn->send_aio != NULL) { /* the last that is made */
            nng_aio_cancel(conn->receive_aio);
            nng_aio_cancel(conn->send_aio);
        }
    }
    (void)pthread_mutex_unlock(&conn->stream_lock);
}

/* Waits for what was just started. In nng 1.5 an operation that starts on a closed stream never ends by itself: either
 * this sees that the connection was shut, or the shutting comes later and cancels what was started before. */
static int wait_aio(sch_conn *conn, nng_aio *aio)
{
    if (atomic_load(&conn->shut)) {
        nng_aio_cancel(aio);
    }
    nng_aio_wait(aio);
    return nng_aio_result(aio);
}

bool sch_conn_is_shut(const sch_conn *conn)
{
    return atomic_load(&conn->shut);
}

uint64_t sch_conn_last_received_ns(const sch_conn *conn)
{
    return atomic_load(&conn->last_received_ns);
}

uint64_t sch_conn_last_sent_ns(const sch_conn *conn)
{
    return atomic_load(&conn->last_sent_ns);
}

/* ---- the network ---- */

/* What is left until a deadline, at least 1 ms: nng takes 0 for "do not wait". */
static int left_ms(uint64_t deadline_ns)
{
    uint64_t now = sch_clock_ns();
    uint64_t left = deadline_ns > now ? (deadline_ns - now) / 1000000 : 0;
    return left == 0 ? 1 : left > 3600000 ? 3600000 : (int)left;
}

/* Takes what the network has, at least one byte, for OpenSSL. Called where OpenSSL has taken all before. */
static sch_err receive_some(sch_conn *conn, int timeout_ms)
{
    sch_err err = SCH_NONE;
    uint64_t left = conn->receive_limit - conn->received_bytes;
    SCH_TRY(sch_check(left > 0, SCH_BAD_PEER, "it sent too much before it was authenticated"));
    conn->ends.in_start = 0;
    conn->ends.in_end = 0;
    nng_iov iov = {conn->ends.in, left < conn->in_room ? (size_t)left : conn->in_room};
    (void)nng_aio_set_iov(conn->receive_aio, 1, &iov);
    nng_aio_set_timeout(conn->receive_aio, timeout_ms < 0 ? NNG_DURATION_INFINITE : timeout_ms);
    nng_stream_recv(conn->stream, conn->receive_aio);
    int code = wait_aio(conn, conn->receive_aio);
    if (code != 0) {
        err = sch_why_network(code);
        goto out;
    }
    conn->ends.in_end = nng_aio_count(conn->receive_aio);
    conn->received_bytes += conn->ends.in_end;
    atomic_store(&conn->last_received_ns, sch_clock_ns());
    SCH_TRY(sch_check(conn->ends.in_end > 0, SCH_IO, "the connection was closed"));
out:
    return err;
}

/* Sends what OpenSSL has made. Under write_lock. */
static sch_err send_pending(sch_conn *conn, int timeout_ms)
{
    sch_err err = SCH_NONE;
    (void)pthread_mutex_lock(&conn->ssl_lock);
    sch_buf made = conn->ends.out;
    conn->ends.out = conn->sending;
    conn->ends.out.bytes = 0;
    conn->sending = made;
    (void)pthread_mutex_unlock(&conn->ssl_lock);
    for (size_t sent = 0; sent < conn->sending.bytes;) {
        nng_iov iov = {conn->sending.data + sent, conn->sending.bytes - sent};
        (void)nng_aio_set_iov(conn->send_aio, 1, &iov);
        nng_aio_set_timeout(conn->send_aio, timeout_ms < 0 ? NNG_DURATION_INFINITE : timeout_ms);
        nng_stream_send(conn->stream, conn->send_aio);
        int code = wait_aio(conn, conn->send_aio);
        if (code != 0) {
            err = sch_why_network(code);
            goto out;
        }
        sent += nng_aio_count(conn->send_aio);
    }
    if (conn->sending.bytes > 0) {
        atomic_store(&conn->last_sent_ns, sch_clock_ns());
    }
out:
    conn->sending.bytes = 0;
    return err;
}

static sch_err connect_stream(sch_conn *conn, uint64_t deadline_ns)
{
    nng_aio_set_timeout(conn->send_aio, left_ms(deadline_ns));
    nng_stream_dialer_dial(conn->dialer, conn->send_aio);
    int code = wait_aio(conn, conn->send_aio);
    if (code != 0) {
        return sch_why_network(code);
    }
    nng_stream *stream = nng_aio_get_output(conn->send_aio, 0);
    (void)nng_stream_set_bool(stream, NNG_OPT_TCP_NODELAY, true);
    (void)pthread_mutex_lock(&conn->stream_lock);
    conn->stream = stream;
    if (atomic_load(&conn->shut)) {
        nng_stream_close(stream);
    }
    (void)pthread_mutex_unlock(&conn->stream_lock);
    return SCH_NONE;
}

/* ---- TLS ---- */

sch_err sch_conn_open(sch_conn *conn, uint64_t deadline_ns)
{
    sch_err err = SCH_NONE;
    if (conn->dialer != NULL) {
        SCH_TRY(connect_stream(conn, deadline_ns));
    }
    for (;;) {
        (void)pthread_mutex_lock(&conn->ssl_lock);
        ERR_clear_error();
        int done = SSL_do_handshake(conn->ssl);
        int want = SSL_get_error(conn->ssl, done);
        (void)pthread_mutex_unlock(&conn->ssl_lock);
        sch_err tls = done == 1 || want == SSL_ERROR_WANT_READ ? SCH_NONE : sch_why_tls();
        (void)pthread_mutex_lock(&conn->write_lock);
        err = send_pending(conn, left_ms(deadline_ns)); /* where TLS failed: the alert that says why */
        (void)pthread_mutex_unlock(&conn->write_lock);
        SCH_TRY(sch_failed(tls) ? tls : err);
        if (done == 1) {
            break;
        }
        SCH_TRY(sch_check(sch_clock_ns() < deadline_ns, SCH_TRY_AGAIN, "no answer in time"));
        SCH_TRY(receive_some(conn, left_ms(deadline_ns)));
    }
out:
    return err;
}

sch_err sch_conn_peer_pin(sch_conn *conn, uint8_t out[static SCH_PIN_BYTES])
{
    (void)pthread_mutex_lock(&conn->ssl_lock);
    sch_err err = sch_tls_peer_pin(out, conn->ssl);
    (void)pthread_mutex_unlock(&conn->ssl_lock);
    return err;
}

sch_err sch_conn_export(sch_conn *conn, uint8_t out[static SCH_KEY_BYTES], const char *label)
{
    (void)pthread_mutex_lock(&conn->ssl_lock);
    int made = SSL_export_keying_material(conn->ssl, out, SCH_KEY_BYTES, label, strlen(label), NULL, 0, 0);
    (void)pthread_mutex_unlock(&conn->ssl_lock);
    return sch_check(made == 1, SCH_BUG, "TLS exports no secret");
}

const char *sch_conn_cipher(sch_conn *conn)
{
    (void)pthread_mutex_lock(&conn->ssl_lock);
    const char *name = SSL_get_cipher_name(conn->ssl);
    (void)pthread_mutex_unlock(&conn->ssl_lock);
    return name;
}

sch_err sch_conn_authenticated(sch_conn *conn, const uint8_t *psk, bool bulk)
{
    sch_err err = SCH_NONE;
    uint8_t exporter[SCH_KEY_BYTES] = {0};
    bool caller = conn->dialer != NULL;
    if (psk != NULL) {
        const char *to_answerer = "schakel inner 1 caller to answerer";
        const char *to_caller = "schakel inner 1 answerer to caller";
        SCH_TRY(sch_conn_export(conn, exporter, "EXPORTER-schakel-inner-1"));
        SCH_TRY(sch_inner_init(&conn->inner_out, exporter, psk, caller ? to_answerer : to_caller, true));
        SCH_TRY(sch_inner_init(&conn->inner_in, exporter, psk, caller ? to_caller : to_answerer, false));
        conn->has_inner = true;
    }
    if (bulk) {
        uint8_t *larger = realloc(conn->ends.in, BULK_READ_BYTES);
        SCH_TRY(sch_check(larger != NULL, SCH_NO_MEMORY, "no memory for a connection"));
        conn->ends.in = larger;
        conn->in_room = BULK_READ_BYTES;
    }
    conn->receive_limit = UINT64_MAX;
out:
    sch_secret_wipe(exporter, sizeof exporter);
    return err;
}

/* ---- reading ---- */

/* Decrypts the next record into out, waiting for the network where it has to. */
static sch_err read_record(sch_conn *conn, uint8_t *out, size_t room, size_t *bytes, int timeout_ms)
{
    sch_err err = SCH_NONE;
    for (;;) {
        (void)pthread_mutex_lock(&conn->ssl_lock);
        ERR_clear_error();
        int got = SSL_read(conn->ssl, out, (int)room);
        int want = got > 0 ? SSL_ERROR_NONE : SSL_get_error(conn->ssl, got);
        (void)pthread_mutex_unlock(&conn->ssl_lock);
        if (got > 0) {
            *bytes = (size_t)got;
            break;
        }
        SCH_TRY(sch_check(want != SSL_ERROR_ZERO_RETURN, SCH_IO, "the peer ended the connection"));
        SCH_TRY(want == SSL_ERROR_WANT_READ ? SCH_NONE : sch_why_tls());
        SCH_TRY(receive_some(conn, timeout_ms));
    }
out:
    return err;
}

/* Fills `plain` with one inner record's bytes. A record that came in part stays for the next call. */
static sch_err read_inner(sch_conn *conn, int timeout_ms)
{
    sch_err err = SCH_NONE;
    for (;;) {
        size_t want = 2;
        if (conn->record_bytes >= 2) {
            size_t length = sch_get_u16(conn->record);
            SCH_TRY(sch_check(length > SCH_INNER_TAG_BYTES && length <= sizeof conn->record - 2, SCH_BAD_PEER,
                              "an inner record of the wrong size"));
            want = 2 + length;
        }
        if (want > 2 && conn->record_bytes == want) {
            SCH_TRY(sch_inner_open(&conn->inner_in, conn->record + 2, want - 2));
            conn->plain_start = 0;
            conn->plain_end = want - 2 - SCH_INNER_TAG_BYTES;
            memcpy(conn->plain, conn->record + 2, conn->plain_end);
            conn->record_bytes = 0;
            break;
        }
        size_t got = 0;
        SCH_TRY(read_record(conn, conn->record + conn->record_bytes, want - conn->record_bytes, &got, timeout_ms));
        conn->record_bytes += got;
    }
out:
    return err;
}

static sch_err fill_plain(sch_conn *conn, int timeout_ms)
{
    if (conn->has_inner) {
        return read_inner(conn, timeout_ms);
    }
    conn->plain_start = 0;
    conn->plain_end = 0;
    return read_record(conn, conn->plain, sizeof conn->plain, &conn->plain_end, timeout_ms);
}

sch_err sch_conn_read(sch_conn *conn, const uint8_t **data, size_t *bytes, int timeout_ms)
{
    sch_err err = SCH_NONE;
    if (conn->plain_start == conn->plain_end) {
        SCH_TRY(fill_plain(conn, timeout_ms));
    }
    *data = conn->plain + conn->plain_start;
    *bytes = conn->plain_end - conn->plain_start;
    conn->plain_start = conn->plain_end;
out:
    return err;
}

sch_err sch_conn_read_exactly(sch_conn *conn, void *out, size_t bytes, uint64_t deadline_ns)
{
    sch_err err = SCH_NONE;
    for (size_t done = 0; done < bytes;) {
        if (conn->plain_start == conn->plain_end) {
            SCH_TRY(sch_check(sch_clock_ns() < deadline_ns, SCH_TRY_AGAIN, "no answer in time"));
            SCH_TRY(fill_plain(conn, left_ms(deadline_ns)));
        }
        size_t have = conn->plain_end - conn->plain_start;
        size_t take = have < bytes - done ? have : bytes - done;
        memcpy((uint8_t *)out + done, conn->plain + conn->plain_start, take);
        conn->plain_start += take;
        done += take;
    }
out:
    return err;
}

/* ---- writing ---- */

/* Encrypts at most PIECE_BYTES bytes, in the caller's thread. */
static sch_err encrypt(sch_conn *conn, const uint8_t *data, size_t bytes)
{
    (void)pthread_mutex_lock(&conn->ssl_lock);
    ERR_clear_error();
    bool ok = true;
    uint64_t records = (bytes + SCH_TLS_RECORD_BYTES - 1) / SCH_TLS_RECORD_BYTES;
    if (conn->records + records > conn->rekey_records) {
        ok = SSL_key_update(conn->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1;
        conn->records = 0;
    }
    conn->records += records;
    ok = ok && SSL_write(conn->ssl, data, (int)bytes) == (int)bytes;
    ERR_clear_error();
    (void)pthread_mutex_unlock(&conn->ssl_lock);
    return sch_check(ok, SCH_IO, "the connection was closed");
}

/* One record's worth of bytes, through the inner layer where there is one. */
static sch_err encrypt_record(sch_conn *conn, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    if (!conn->has_inner) {
        return encrypt(conn, data, bytes);
    }
    SCH_TRY(sch_inner_seal(&conn->inner_out, conn->sealed, data, bytes));
    SCH_TRY(encrypt(conn, conn->sealed, bytes + SCH_INNER_EXTRA_BYTES));
out:
    return err;
}

static size_t record_room(const sch_conn *conn)
{
    return conn->has_inner ? SCH_INNER_MAX_BYTES : SCH_TLS_RECORD_BYTES;
}

/* Under write_lock. Head and the body's begin share the first record. */
static sch_err write_all(sch_conn *conn, const uint8_t *head, size_t head_bytes, const uint8_t *body, size_t body_bytes,
                         int timeout_ms)
{
    sch_err err = SCH_NONE;
    size_t room = record_room(conn);
    SCH_TRY(sch_check(conn->stream != NULL && head_bytes > 0 && head_bytes <= SCH_CONN_HEAD_BYTES, SCH_BUG,
                      "a write on a connection that is not open"));
    size_t done = body_bytes < room - head_bytes ? body_bytes : room - head_bytes;
    memcpy(conn->stage, head, head_bytes);
    if (done > 0) {
        memcpy(conn->stage + head_bytes, body, done);
    }
    SCH_TRY(encrypt_record(conn, conn->stage, head_bytes + done));
    size_t unsent = head_bytes + done;
    while (done < body_bytes) {
        size_t most = conn->has_inner ? room : PIECE_BYTES - SCH_TLS_RECORD_BYTES;
        size_t take = body_bytes - done < most ? body_bytes - done : most;
        SCH_TRY(encrypt_record(conn, body + done, take));
        done += take;
        unsent += take;
        if (unsent + room > PIECE_BYTES) {
            SCH_TRY(send_pending(conn, timeout_ms));
            unsent = 0;
        }
    }
    SCH_TRY(send_pending(conn, timeout_ms));
out:
    if (sch_failed(err)) {
        sch_conn_shut(conn); /* part of a record may be gone: nothing can follow it */
    }
    return err;
}

sch_err sch_conn_write(sch_conn *conn, const uint8_t *head, size_t head_bytes, const uint8_t *body, size_t body_bytes)
{
    (void)pthread_mutex_lock(&conn->write_lock);
    sch_err err = write_all(conn, head, head_bytes, body, body_bytes, SCH_CONN_FOREVER);
    (void)pthread_mutex_unlock(&conn->write_lock);
    return err;
}

sch_err sch_conn_write_if_idle(sch_conn *conn, const uint8_t *head, size_t head_bytes)
{
    if (pthread_mutex_trylock(&conn->write_lock) != 0) {
        return SCH_NONE;
    }
    sch_err err = write_all(conn, head, head_bytes, NULL, 0, HEARTBEAT_WAIT_MS);
    (void)pthread_mutex_unlock(&conn->write_lock);
    return err;
}

void sch_conn_farewell(sch_conn *conn)
{
    if (sch_conn_is_shut(conn) || pthread_mutex_trylock(&conn->write_lock) != 0) {
        return;
    }
    if (conn->stream != NULL) {
        (void)pthread_mutex_lock(&conn->ssl_lock);
        ERR_clear_error();
        if (SSL_is_init_finished(conn->ssl)) {
            (void)SSL_shutdown(conn->ssl);
        }
        ERR_clear_error();
        (void)pthread_mutex_unlock(&conn->ssl_lock);
        sch_err err = send_pending(conn, FAREWELL_WAIT_MS);
        (void)err; /* it goes out or it does not: the connection ends either way */
    }
    (void)pthread_mutex_unlock(&conn->write_lock);
}

uint64_t sch_conn_wire_bytes(const sch_conn *conn, size_t bytes)
{
    size_t room = record_room(conn);
    uint64_t records = (bytes + room - 1) / room;
    uint64_t extra = TLS_RECORD_EXTRA_BYTES + (conn->has_inner ? SCH_INNER_EXTRA_BYTES : 0);
    return bytes + records * extra;
}
