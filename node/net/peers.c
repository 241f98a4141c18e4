#include "node/net/line.h"

#include <string.h>

#include "node/base/clock.h"

static size_t slot_of(const sch_line *line)
{
    return line->kind == SCH_CONNECTION_BULK ? SCH_SLOT_BULK : SCH_SLOT_CONTROL;
}

static sch_connection_kind kind_of(size_t slot)
{
    return slot == SCH_SLOT_BULK ? SCH_CONNECTION_BULK : SCH_CONNECTION_CONTROL;
}

/* Under mesh.lock, after a slot changed. */
static void set_up(sch_peer *peer)
{
    bool up = peer->slot[SCH_SLOT_CONTROL] != NULL && peer->slot[SCH_SLOT_BULK] != NULL;
    if (up) {
        peer->generation++;
        peer->why = "";
    } else if (peer->up) {
        peer->down_since_ns = sch_clock_ns();
    }
    peer->up = up;
    (void)pthread_cond_broadcast(&peer->mesh->changed);
}

/* Under handler_lock: tells the handler what changed since it was last told. A connection that was replaced between two
 * calls is a down and an up. */
static void announce(sch_peer *peer)
{
    sch_mesh *mesh = peer->mesh;
    const sch_mesh_handlers *handlers = &mesh->handlers;
    sch_peer_id id = {(uint32_t)peer->number};
    (void)pthread_mutex_lock(&mesh->lock);
    bool up = peer->up;
    uint64_t generation = peer->generation;
    const char *why = peer->why;
    bool closing = mesh->closing;
    (void)pthread_mutex_unlock(&mesh->lock);
    if (peer->announced_up && (!up || generation != peer->announced_generation)) {
        peer->announced_up = false;
        if (!closing) {
            sch_mesh_event(mesh, peer->known->name, up ? "it connected anew" : why);
        }
        if (handlers->on_peer != NULL) {
            handlers->on_peer(handlers->context, id, false);
        }
    }
    if (up && !peer->announced_up) {
        peer->announced_up = true;
        peer->announced_generation = generation;
        sch_mesh_event(mesh, peer->known->name, "is connected");
        if (handlers->on_peer != NULL) {
            handlers->on_peer(handlers->context, id, true);
        }
    }
}

void sch_peers_announce(sch_peer *peer)
{
    (void)pthread_mutex_lock(&peer->handler_lock);
    announce(peer);
    (void)pthread_mutex_unlock(&peer->handler_lock);
}

bool sch_peers_install(sch_line *line)
{
    sch_mesh *mesh = line->mesh;
    sch_peer *peer = &mesh->peer[line->number];
    sch_line *old = NULL;
    (void)pthread_mutex_lock(&mesh->lock);
    bool added = sch_mesh_add_line(mesh, line);
    if (added) {
        sch_line **slot = &peer->slot[slot_of(line)];
        old = *slot == NULL ? NULL : sch_line_hold(*slot);
        *slot = line;
        set_up(peer);
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    if (old != NULL) {
        sch_line_end(old, "it connected anew");
        sch_links_lose(&mesh->links, old->conn);
        sch_line_release(old);
    }
    return added;
}

void sch_peers_remove(sch_line *line, const char *why)
{
    sch_mesh *mesh = line->mesh;
    sch_peer *peer = &mesh->peer[line->number];
    (void)pthread_mutex_lock(&mesh->lock);
    sch_line **slot = &peer->slot[slot_of(line)];
    bool mine = *slot == line;
    if (mine) {
        *slot = NULL;
        peer->why = why;
        peer->logged = why;
        set_up(peer);
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    sch_links_lose(&mesh->links, line->conn);
    if (mine) {
        sch_peers_announce(peer);
    }
}

/* The other end may have both connections a moment before this one has: its first message then waits here. */
static bool wait_until_up(sch_line *line)
{
    sch_mesh *mesh = line->mesh;
    sch_peer *peer = &mesh->peer[line->number];
    (void)pthread_mutex_lock(&mesh->lock);
    while (!mesh->closing && peer->slot[SCH_SLOT_CONTROL] == line && !peer->up && !sch_conn_is_shut(line->conn)) {
        sch_mesh_wait(mesh, SCH_KEEPER_TICK_MS);
    }
    bool up = !mesh->closing && peer->slot[SCH_SLOT_CONTROL] == line && peer->up;
    (void)pthread_mutex_unlock(&mesh->lock);
    return up;
}

bool sch_peers_deliver(sch_line *line, const uint8_t *data, size_t bytes)
{
    sch_peer *peer = &line->mesh->peer[line->number];
    const sch_mesh_handlers *handlers = &line->mesh->handlers;
    if (!wait_until_up(line)) {
        return false;
    }
    (void)pthread_mutex_lock(&peer->handler_lock);
    announce(peer);
    if (peer->announced_up && handlers->on_control != NULL) {
        handlers->on_control(handlers->context, line->id, data, bytes);
    }
    (void)pthread_mutex_unlock(&peer->handler_lock);
    return true;
}

void sch_peers_note(sch_peer *peer, const char *why)
{
    sch_mesh *mesh = peer->mesh;
    (void)pthread_mutex_lock(&mesh->lock);
    bool log = !mesh->closing && (peer->logged == NULL || strcmp(peer->logged, why) != 0);
    peer->logged = why;
    if (!peer->up) {
        peer->why = why;
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    if (log) {
        sch_mesh_event(mesh, peer->known->name, why);
    }
}

/* ---- calling ---- */

/* Under mesh.lock: which slot to call for now; SCH_SLOTS for none. The lower name calls; where it does not get through,
 * or has no address, the higher one does too after a moment. */
static size_t slot_to_call(const sch_peer *peer)
{
    bool lower = strcmp(peer->mesh->name, peer->known->name) < 0;
    if (!lower && sch_clock_ns() - peer->down_since_ns < SCH_STAND_BACK_MS * SCH_MS) {
        return SCH_SLOTS;
    }
    size_t slot = 0;
    while (slot < SCH_SLOTS && peer->slot[slot] != NULL) {
        slot++;
    }
    return slot;
}

static bool slot_is_empty(sch_peer *peer, size_t slot)
{
    (void)pthread_mutex_lock(&peer->mesh->lock);
    bool empty = peer->slot[slot] == NULL;
    (void)pthread_mutex_unlock(&peer->mesh->lock);
    return empty;
}

/* Connects, and says who calls; unless the peer's own call got through meanwhile, which this one would end. */
static sch_err connect_conn(sch_peer *peer, sch_conn *conn, size_t slot)
{
    sch_err err = SCH_NONE;
    sch_connection_kind kind = kind_of(slot);
    uint64_t deadline = sch_clock_ns() + SCH_GREETING_MS * SCH_MS;
    SCH_TRY(sch_conn_open(conn, deadline));
    SCH_TRY(sch_check(slot_is_empty(peer, slot), SCH_TRY_AGAIN, "it called first"));
    SCH_TRY(sch_auth_call(conn, &peer->mesh->self, peer->known, kind, deadline));
    SCH_TRY(sch_conn_authenticated(conn, peer->known->psk, kind == SCH_CONNECTION_BULK));
out:
    return err;
}

/* Makes the connection where mesh_close sees it and can end it. */
static bool set_calling(sch_peer *peer, sch_conn *conn)
{
    (void)pthread_mutex_lock(&peer->mesh->lock);
    peer->calling = conn;
    bool closing = peer->mesh->closing;
    (void)pthread_mutex_unlock(&peer->mesh->lock);
    return !closing;
}

static void line_main(void *context)
{
    sch_line_run(context);
}

static sch_err call_peer(sch_peer *peer, size_t slot)
{
    sch_err err = SCH_NONE;
    sch_mesh *mesh = peer->mesh;
    sch_conn *conn = NULL;
    sch_line *line = NULL;
    SCH_TRY(sch_conn_new_caller(&conn, &mesh->tls, peer->known->address));
    if (set_calling(peer, conn)) {
        err = connect_conn(peer, conn, slot);
    } else {
        err = sch_fail(SCH_IO, "this node ends");
    }
    (void)set_calling(peer, NULL);
    SCH_TRY(err);
    err = sch_line_new(&line, mesh, conn, kind_of(slot), peer->number);
    conn = NULL;
    SCH_TRY(err);
    if (sch_peers_install(line)) {
        err = sch_threads_start(&mesh->threads, line_main, line);
        if (sch_failed(err)) {
            sch_line_end(line, err.text);
            sch_line_run(line); /* nothing comes any more: it only leaves its place */
        }
        line = NULL;
    }
out:
    if (conn != NULL) {
        sch_conn_shut(conn);
        sch_conn_release(conn);
    }
    sch_line_release(line);
    return err;
}

void sch_peers_call_main(void *context)
{
    sch_peer *peer = context;
    sch_mesh *mesh = peer->mesh;
    uint64_t backoff_ms = SCH_BACKOFF_FIRST_MS;
    uint64_t next_ns[SCH_SLOTS] = {0};
    (void)pthread_mutex_lock(&mesh->lock);
    while (!mesh->closing) {
        size_t slot = slot_to_call(peer);
        uint64_t now = sch_clock_ns();
        if (peer->up) {
            backoff_ms = SCH_BACKOFF_FIRST_MS;
        }
        if (slot == SCH_SLOTS || now < next_ns[slot]) {
            uint64_t left_ms = slot == SCH_SLOTS ? SCH_KEEPER_TICK_MS : (next_ns[slot] - now) / SCH_MS + 1;
            sch_mesh_wait(mesh, left_ms < SCH_KEEPER_TICK_MS ? left_ms : SCH_KEEPER_TICK_MS);
            continue;
        }
        (void)pthread_mutex_unlock(&mesh->lock);
        sch_err err = call_peer(peer, slot);
        if (sch_failed(err) && slot_is_empty(peer, slot)) {
            sch_peers_note(peer, err.text);
        }
        (void)pthread_mutex_lock(&mesh->lock);
        /* After a success too: two nodes that run under one name would otherwise replace each other without a pause. */
        next_ns[slot] = sch_clock_ns() + (sch_failed(err) ? backoff_ms : SCH_BACKOFF_FIRST_MS) * SCH_MS;
        if (sch_failed(err)) {
            backoff_ms = backoff_ms * 2 < SCH_BACKOFF_LAST_MS ? backoff_ms * 2 : SCH_BACKOFF_LAST_MS;
        }
    }
    (void)pthread_mutex_unlock(&mesh->lock);
}
