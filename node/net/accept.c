#include "node/net/line.h"

#include <stdlib.h>

#include "node/base/clock.h"

/* A connection that is not authenticated yet, and its thread. */
typedef struct newcomer {
    sch_mesh *mesh;
    sch_conn *conn;
    size_t place; /* in mesh.half_open */
} newcomer;

/* ---- the places ---- */

/* Under mesh.lock: a free place, or SCH_MAX_HALF_OPEN. */
static size_t free_place(const sch_mesh *mesh)
{
    size_t place = 0;
    while (place < SCH_MAX_HALF_OPEN && mesh->half_open[place].conn != NULL) {
        place++;
    }
    return place;
}

/* Under mesh.lock: ends the connection that has kept its place longest. Who floods the listener loses its own; an
 * honest caller needs its place for milliseconds. */
static void evict_oldest(sch_mesh *mesh)
{
    size_t oldest = 0;
    for (size_t i = 1; i < SCH_MAX_HALF_OPEN; i++) {
        if (mesh->half_open[i].since_ns < mesh->half_open[oldest].since_ns) {
            oldest = i;
        }
    }
    if (mesh->half_open[oldest].conn != NULL) {
        sch_conn_shut(mesh->half_open[oldest].conn);
    }
}

/* Takes a place for a connection; SCH_MAX_HALF_OPEN where the mesh closes. */
static size_t take_place(sch_mesh *mesh, sch_conn *conn)
{
    (void)pthread_mutex_lock(&mesh->lock);
    size_t place = free_place(mesh);
    while (!mesh->closing && place == SCH_MAX_HALF_OPEN) {
        evict_oldest(mesh);
        sch_mesh_wait(mesh, SCH_KEEPER_TICK_MS);
        place = free_place(mesh);
    }
    if (mesh->closing) {
        place = SCH_MAX_HALF_OPEN;
    } else {
        mesh->half_open[place] = (sch_half_open){conn, sch_clock_ns()};
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    return place;
}

static void leave_place(sch_mesh *mesh, size_t place)
{
    (void)pthread_mutex_lock(&mesh->lock);
    mesh->half_open[place] = (sch_half_open){NULL, UINT64_MAX};
    (void)pthread_cond_broadcast(&mesh->changed);
    (void)pthread_mutex_unlock(&mesh->lock);
}

/* ---- greeting ---- */

/* A refused caller whom the book does not name is logged now and then only: anyone can call. */
static void note_refusal(sch_mesh *mesh, const sch_auth_caller *caller, const char *why)
{
    if (caller->who != NULL && caller->kind != SCH_CONNECTION_ANALYST) {
        sch_peers_note(&mesh->peer[caller->number], why);
        return;
    }
    uint64_t now = sch_clock_ns();
    (void)pthread_mutex_lock(&mesh->lock);
    bool log = !mesh->closing && (mesh->stranger_ns == 0 || now - mesh->stranger_ns >= SCH_STRANGER_EVENT_MS * SCH_MS);
    if (log) {
        mesh->stranger_ns = now;
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    if (log) {
        sch_mesh_event(mesh, caller->who == NULL ? "" : caller->who->name, why);
    }
}

/* Takes one of the sessions. */
static bool take_session(sch_mesh *mesh, sch_peer_id *id)
{
    (void)pthread_mutex_lock(&mesh->lock);
    bool room = mesh->session_count < SCH_MAX_SESSIONS;
    if (room) {
        mesh->session_count++;
        id->value = SCH_FIRST_SESSION | (mesh->next_session++ & (SCH_FIRST_SESSION - 1));
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    return room;
}

static void leave_session(sch_mesh *mesh)
{
    (void)pthread_mutex_lock(&mesh->lock);
    mesh->session_count--;
    (void)pthread_mutex_unlock(&mesh->lock);
}

/* Handshake and greeting; *line is ready to be put in its place. */
static sch_err greet(newcomer *who, sch_auth_caller *caller)
{
    sch_err err = SCH_NONE;
    sch_mesh *mesh = who->mesh;
    uint64_t deadline = sch_clock_ns() + SCH_GREETING_MS * SCH_MS;
    SCH_TRY(sch_conn_open(who->conn, deadline));
    SCH_TRY(sch_auth_hear(who->conn, &mesh->self, &mesh->book, deadline, caller));
out:
    return err;
}

/* Answers a caller who is known, and gives its line. */
static sch_err welcome(newcomer *who, const sch_auth_caller *caller, sch_line **line)
{
    sch_err err = SCH_NONE;
    sch_mesh *mesh = who->mesh;
    bool analyst = caller->kind == SCH_CONNECTION_ANALYST;
    sch_peer_id session = {0};
    bool counted = analyst && take_session(mesh, &session);
    if (analyst && !counted) {
        SCH_TRY(sch_auth_reply(who->conn, &mesh->self, caller, SCH_HELLO_BUSY));
        SCH_TRY(sch_fail(SCH_TRY_AGAIN, "there are too many sessions"));
    }
    SCH_TRY(sch_auth_reply(who->conn, &mesh->self, caller, SCH_HELLO_ACCEPTED));
    SCH_TRY(sch_conn_authenticated(who->conn, caller->who->psk, caller->kind == SCH_CONNECTION_BULK));
    SCH_TRY(sch_line_new(line, mesh, sch_conn_hold(who->conn), caller->kind, caller->number));
    if (analyst) {
        (*line)->id = session;
    }
    counted = false;
out:
    if (counted) {
        leave_session(mesh);
    }
    return err;
}

/* Puts a line in its place; false where the mesh is closing. */
static bool install(sch_line *line)
{
    sch_mesh *mesh = line->mesh;
    if (line->kind != SCH_CONNECTION_ANALYST) {
        return sch_peers_install(line);
    }
    (void)pthread_mutex_lock(&mesh->lock);
    bool added = sch_mesh_add_line(mesh, line);
    (void)pthread_mutex_unlock(&mesh->lock);
    return added;
}

static void newcomer_main(void *context)
{
    newcomer *who = context;
    sch_mesh *mesh = who->mesh;
    sch_auth_caller caller = {0};
    sch_line *line = NULL;
    sch_err err = greet(who, &caller);
    if (!sch_failed(err)) {
        err = welcome(who, &caller, &line);
    }
    if (sch_failed(err)) {
        note_refusal(mesh, &caller, err.text);
    }
    bool installed = line != NULL && install(line);
    leave_place(mesh, who->place);
    if (!installed) {
        if (line != NULL && line->kind == SCH_CONNECTION_ANALYST) {
            leave_session(mesh);
        }
        sch_conn_shut(who->conn);
        sch_line_release(line);
    }
    sch_conn_release(who->conn);
    free(who);
    if (installed) {
        sch_line_run(line);
    }
}

/* ---- the listener ---- */

static sch_err take_in(sch_mesh *mesh, nng_stream *stream)
{
    sch_err err = SCH_NONE;
    sch_conn *conn = NULL;
    newcomer *who = NULL;
    size_t place = SCH_MAX_HALF_OPEN;
    SCH_TRY(sch_conn_new_answerer(&conn, &mesh->tls, stream));
    who = calloc(1, sizeof *who);
    SCH_TRY(sch_check(who != NULL, SCH_NO_MEMORY, "no memory for a connection"));
    place = take_place(mesh, conn);
    SCH_TRY(sch_check(place < SCH_MAX_HALF_OPEN, SCH_IO, "this node ends"));
    *who = (newcomer){mesh, conn, place};
    SCH_TRY(sch_threads_start(&mesh->threads, newcomer_main, who));
    conn = NULL;
    who = NULL;
out:
    if (sch_failed(err) && place < SCH_MAX_HALF_OPEN) {
        leave_place(mesh, place);
    }
    if (conn != NULL) {
        sch_conn_shut(conn);
        sch_conn_release(conn);
    }
    free(who);
    return err;
}

static bool is_closing(sch_mesh *mesh)
{
    (void)pthread_mutex_lock(&mesh->lock);
    bool closing = mesh->closing;
    (void)pthread_mutex_unlock(&mesh->lock);
    return closing;
}

void sch_accept_main(void *context)
{
    sch_mesh *mesh = context;
    while (!is_closing(mesh)) {
        nng_stream_listener_accept(mesh->listener, mesh->accept_aio);
        if (is_closing(mesh)) { /* else sch_mesh_close comes later, and cancels: see wait_aio in conn.c */
            nng_aio_cancel(mesh->accept_aio);
        }
        nng_aio_wait(mesh->accept_aio);
        int code = nng_aio_result(mesh->accept_aio);
        sch_err err = SCH_NONE;
        if (code == 0) {
            err = take_in(mesh, nng_aio_get_output(mesh->accept_aio, 0));
        } else if (code == NNG_ECLOSED || code == NNG_ECANCELED) {
            break;
        } else if (code != NNG_ECONNABORTED && code != NNG_ECONNRESET) {
            err = sch_fail(SCH_IO, "no connection can be accepted");
        }
        if (sch_failed(err)) { /* no descriptors or no memory left: others may give some back */
            (void)pthread_mutex_lock(&mesh->lock);
            sch_mesh_wait(mesh, SCH_KEEPER_TICK_MS);
            (void)pthread_mutex_unlock(&mesh->lock);
        }
    }
}
