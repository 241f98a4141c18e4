#include "node/net/mesh.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/net/line.h"
#include "proto/text.h"

/* ---- what the other files share ---- */

void sch_mesh_wait(sch_mesh *mesh, uint64_t ms)
{
    uint64_t until_ns = sch_clock_ns() + ms * SCH_MS;
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000), .tv_nsec = (long)(until_ns % 1000000000)};
    (void)pthread_cond_timedwait(&mesh->changed, &mesh->lock, &until);
}

void sch_mesh_event(sch_mesh *mesh, const char *peer, const char *text)
{
    if (mesh->handlers.on_event != NULL) {
        mesh->handlers.on_event(mesh->handlers.context, peer, text);
    }
}

bool sch_mesh_add_line(sch_mesh *mesh, sch_line *line)
{
    if (mesh->closing) {
        return false;
    }
    line->next = mesh->line;
    mesh->line = line;
    mesh->line_count++;
    return true;
}

void sch_mesh_drop_line(sch_mesh *mesh, sch_line *line)
{
    sch_line **place = &mesh->line;
    while (*place != line) {
        place = &(*place)->next;
    }
    *place = line->next;
    mesh->line_count--;
    if (line->kind == SCH_CONNECTION_ANALYST) {
        mesh->session_count--;
    }
}

/* ---- opening ---- */

static void free_book(sch_mesh_peer *book, size_t count)
{
    for (size_t i = 0; book != NULL && i < count; i++) {
        free((void *)(uintptr_t)book[i].address); /* our own copy: see copy_book */
    }
    free(book);
}

static sch_err check_name(const char *name, sch_detail *detail)
{
    if (!sch_text_is_name(name)) {
        sch_detail_set(detail, "a node or analyst has a name that is not one: lower-case letters, digits and _");
        return sch_fail(SCH_BAD_INPUT, "a name is malformed");
    }
    return SCH_NONE;
}

/* Whether nng can read it as an address to call. */
static sch_err check_address(const sch_tls *tls, const sch_mesh_peer *peer, sch_detail *detail)
{
    sch_conn *probe = NULL;
    sch_err err = sch_conn_new_caller(&probe, tls, peer->address);
    if (err.code == SCH_BAD_INPUT) {
        sch_detail_set(detail, "the address of %s is not host:port", peer->name);
    }
    sch_conn_release(probe);
    return err;
}

static sch_err copy_book(sch_mesh *mesh, sch_mesh_peer **out, const sch_mesh_peer *from, size_t count,
                         sch_detail *detail)
{
    sch_err err = SCH_NONE;
    *out = calloc(count + 1, sizeof **out);
    SCH_TRY(sch_check(*out != NULL, SCH_NO_MEMORY, "no memory for the mesh"));
    for (size_t i = 0; i < count; i++) {
        SCH_TRY(check_name(from[i].name, detail));
        (*out)[i] = from[i];
        (*out)[i].address = from[i].address == NULL ? NULL : strdup(from[i].address);
        SCH_TRY(sch_check((from[i].address == NULL) == ((*out)[i].address == NULL), SCH_NO_MEMORY,
                          "no memory for the mesh"));
        if (from[i].address != NULL) {
            SCH_TRY(check_address(&mesh->tls, &from[i], detail));
        }
    }
out:
    return err;
}

static sch_err init_peers(sch_mesh *mesh)
{
    mesh->peer = calloc(mesh->book.peer_count + 1, sizeof *mesh->peer);
    if (mesh->peer == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for the mesh");
    }
    for (size_t i = 0; i < mesh->book.peer_count; i++) {
        sch_peer *peer = &mesh->peer[i];
        peer->known = &mesh->peer_book[i];
        peer->mesh = mesh;
        peer->number = i;
        peer->down_since_ns = sch_clock_ns();
        peer->why = peer->known->address == NULL ? "it has not called yet" : "it has not answered yet";
        (void)pthread_mutex_init(&peer->handler_lock, NULL);
    }
    return SCH_NONE;
}

static sch_err listen_at(sch_mesh *mesh, const char *address, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf url = {0};
    SCH_TRY(sch_buf_printf(&url, "tcp://%s", address));
    const char *text = sch_buf_text(&url);
    SCH_TRY(sch_check(text != NULL && nng_aio_alloc(&mesh->accept_aio, NULL, NULL) == 0, SCH_NO_MEMORY,
                      "no memory for the listener"));
    int code = nng_stream_listener_alloc(&mesh->listener, text);
    if (code == 0) {
        code = nng_stream_listener_listen(mesh->listener);
    }
    if (code == NNG_EADDRINUSE) {
        sch_detail_set(detail, "another program listens at %s", address);
        SCH_TRY(sch_fail(SCH_IO, "the address to listen at is in use"));
    }
    if (code == NNG_EINVAL || code == NNG_EADDRINVAL || code == NNG_ENOTSUP) {
        sch_detail_set(detail, "%s is not an address of this machine, host:port", address);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the address to listen at is wrong"));
    }
    if (code != 0) {
        sch_detail_set(detail, "cannot listen at %s: %s", address, nng_strerror(code));
        SCH_TRY(sch_fail(SCH_IO, "the node cannot listen"));
    }
out:
    sch_buf_clear(&url);
    return err;
}

static void init_locks(sch_mesh *mesh)
{
    pthread_condattr_t clock;
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&mesh->changed, &clock);
    (void)pthread_condattr_destroy(&clock);
    (void)pthread_mutex_init(&mesh->lock, NULL);
    sch_links_init(&mesh->links);
    sch_threads_init(&mesh->threads);
}

static sch_err start_threads(sch_mesh *mesh)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_threads_start(&mesh->threads, sch_keeper_main, mesh));
    SCH_TRY(sch_threads_start(&mesh->threads, sch_accept_main, mesh));
    for (size_t i = 0; i < mesh->book.peer_count; i++) {
        if (mesh->peer[i].known->address != NULL) {
            SCH_TRY(sch_threads_start(&mesh->threads, sch_peers_call_main, &mesh->peer[i]));
        }
    }
out:
    return err;
}

sch_mesh_peer sch_mesh_peer_of_card(const sch_card *card, const uint8_t *psk)
{
    sch_mesh_peer peer = {.address = card->address[0] == '\0' ? NULL : card->address, .psk = psk};
    memcpy(peer.name, card->name, sizeof peer.name);
    memcpy(peer.tls_pin, card->tls_pin, sizeof peer.tls_pin);
    memcpy(peer.identity, card->identity, sizeof peer.identity);
    return peer;
}

sch_err sch_mesh_open(sch_mesh **out, const sch_mesh_options *options, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    *out = NULL;
    sch_mesh *mesh = calloc(1, sizeof *mesh);
    SCH_TRY(sch_check(mesh != NULL, SCH_NO_MEMORY, "no memory for the mesh"));
    init_locks(mesh);
    SCH_TRY(check_name(options->name, detail));
    memcpy(mesh->name, options->name, sizeof mesh->name);
    mesh->handlers = options->handlers;
    mesh->self = (sch_auth_self){mesh->name, options->identity_secret};
    for (size_t i = 0; i < SCH_MAX_HALF_OPEN; i++) {
        mesh->half_open[i].since_ns = UINT64_MAX;
    }
    SCH_TRY(sch_tls_init(&mesh->tls, options->certificate_file, options->tls_key_file, detail));
    mesh->book.peer_count = options->peer_count;
    mesh->book.analyst_count = options->analyst_count;
    SCH_TRY(copy_book(mesh, &mesh->peer_book, options->peer, options->peer_count, detail));
    SCH_TRY(copy_book(mesh, &mesh->analyst_book, options->analyst, options->analyst_count, detail));
    mesh->book.peer = mesh->peer_book;
    mesh->book.analyst = mesh->analyst_book;
    SCH_TRY(init_peers(mesh));
    SCH_TRY(listen_at(mesh, options->listen, detail));
    SCH_TRY(start_threads(mesh));
    *out = mesh;
    mesh = NULL;
out:
    sch_mesh_close(mesh);
    return err;
}

/* ---- closing ---- */

static void end_connections(sch_mesh *mesh)
{
    (void)pthread_mutex_lock(&mesh->lock);
    mesh->closing = true;
    (void)pthread_cond_broadcast(&mesh->changed);
    for (size_t i = 0; i < SCH_MAX_HALF_OPEN; i++) {
        if (mesh->half_open[i].conn != NULL) {
            sch_conn_shut(mesh->half_open[i].conn);
        }
    }
    for (size_t i = 0; mesh->peer != NULL && i < mesh->book.peer_count; i++) {
        if (mesh->peer[i].calling != NULL) {
            sch_conn_shut(mesh->peer[i].calling);
        }
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    /* No line comes any more. Each gets its farewell outside the lock, and is ended in any case. */
    size_t count = 0;
    sch_line **list = sch_keeper_hold_lines(mesh, &count);
    for (size_t i = 0; i < count; i++) {
        sch_conn_farewell(list[i]->conn);
        sch_line_release(list[i]);
    }
    free(list);
    (void)pthread_mutex_lock(&mesh->lock);
    for (sch_line *line = mesh->line; line != NULL; line = line->next) {
        sch_line_end(line, "this node ends");
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    if (mesh->listener != NULL) {
        nng_stream_listener_close(mesh->listener);
    }
    if (mesh->accept_aio != NULL) {
        nng_aio_cancel(mesh->accept_aio);
    }
}

void sch_mesh_close(sch_mesh *mesh)
{
    if (mesh == NULL) {
        return;
    }
    end_connections(mesh);
    sch_threads_clear(&mesh->threads);
    if (mesh->accept_aio != NULL) {
        nng_aio_free(mesh->accept_aio);
    }
    if (mesh->listener != NULL) {
        nng_stream_listener_free(mesh->listener);
    }
    for (size_t i = 0; mesh->peer != NULL && i < mesh->book.peer_count; i++) {
        (void)pthread_mutex_destroy(&mesh->peer[i].handler_lock);
    }
    free(mesh->peer);
    free_book(mesh->peer_book, mesh->book.peer_count);
    free_book(mesh->analyst_book, mesh->book.analyst_count);
    sch_tls_clear(&mesh->tls);
    sch_links_clear(&mesh->links);
    (void)pthread_cond_destroy(&mesh->changed);
    (void)pthread_mutex_destroy(&mesh->lock);
    free(mesh);
}

/* ---- peers and messages ---- */

bool sch_mesh_is_up(sch_mesh *mesh, sch_peer_id peer)
{
    (void)pthread_mutex_lock(&mesh->lock);
    bool up = peer.value < mesh->book.peer_count && mesh->peer[peer.value].up;
    (void)pthread_mutex_unlock(&mesh->lock);
    return up;
}

void sch_mesh_why_down(sch_mesh *mesh, sch_peer_id peer, sch_detail *detail)
{
    const char *why = "there is no such node";
    (void)pthread_mutex_lock(&mesh->lock);
    if (peer.value < mesh->book.peer_count) {
        why = mesh->peer[peer.value].up ? "" : mesh->peer[peer.value].why;
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    sch_detail_set(detail, "%s", why);
}

/* The line for control messages to a node that is up or to a session, held; NULL where there is none. */
static sch_line *find_line(sch_mesh *mesh, sch_peer_id to)
{
    sch_line *line = NULL;
    (void)pthread_mutex_lock(&mesh->lock);
    if (to.value < mesh->book.peer_count) {
        line = mesh->peer[to.value].up ? mesh->peer[to.value].slot[SCH_SLOT_CONTROL] : NULL;
    } else {
        for (line = mesh->line; line != NULL; line = line->next) {
            if (line->kind == SCH_CONNECTION_ANALYST && line->id.value == to.value) {
                break;
            }
        }
    }
    if (line != NULL) {
        (void)sch_line_hold(line);
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    return line;
}

sch_err sch_mesh_send_control(sch_mesh *mesh, sch_peer_id to, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    sch_line *line = NULL;
    SCH_TRY(sch_check(bytes > 0 && bytes <= SCH_MAX_CONTROL_BYTES, SCH_BUG, "a control message of the wrong size"));
    line = find_line(mesh, to);
    SCH_TRY(sch_check(line != NULL, SCH_TRY_AGAIN, "the peer is not connected"));
    SCH_TRY(sch_line_queue(line, data, bytes));
out:
    sch_line_release(line);
    return err;
}

void sch_mesh_end_session(sch_mesh *mesh, sch_peer_id session)
{
    sch_line *line = session.value < SCH_FIRST_SESSION ? NULL : find_line(mesh, session);
    if (line == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&line->queue_lock);
    if (!line->ending) {
        line->ending = true;
        line->end_by_ns = sch_clock_ns() + SCH_LINE_ENDING_MS * SCH_MS;
        (void)pthread_cond_broadcast(&line->queue_changed);
    }
    (void)pthread_mutex_unlock(&line->queue_lock);
    sch_line_release(line);
}

sch_err sch_mesh_exporter(sch_mesh *mesh, sch_peer_id peer, uint8_t out[static SCH_KEY_BYTES])
{
    sch_err err = SCH_NONE;
    sch_line *line = peer.value >= SCH_FIRST_SESSION ? NULL : find_line(mesh, peer);
    SCH_TRY(sch_check(line != NULL, SCH_TRY_AGAIN, "the peer is not connected"));
    SCH_TRY(sch_conn_export(line->conn, out, "EXPORTER-schakel-linkage-1"));
out:
    sch_line_release(line);
    return err;
}

/* ---- jobs ---- */

static sch_err route_write(void *bulk, const uint8_t *head, size_t head_bytes, const uint8_t *body, size_t body_bytes)
{
    return sch_conn_write(bulk, head, head_bytes, body, body_bytes);
}

static uint64_t route_wire_bytes(const void *bulk, size_t bytes)
{
    return sch_conn_wire_bytes(bulk, bytes);
}

static void route_release(void *connection)
{
    sch_conn_release(connection);
}

static const sch_route_ops route_ops = {route_write, route_wire_bytes, route_release};

/* The connections to the other parties, each held, all or none. */
static sch_err find_routes(sch_mesh *mesh, sch_route *route, sch_party self, size_t parties, const sch_peer_id *party)
{
    sch_err err = SCH_NONE;
    (void)pthread_mutex_lock(&mesh->lock);
    for (size_t p = 0; p < parties; p++) {
        if (p != self) {
            SCH_TRY(sch_check(party[p].value < mesh->book.peer_count, SCH_BUG, "a party is not a node"));
            SCH_TRY(sch_check(mesh->peer[party[p].value].up, SCH_TRY_AGAIN, "a party is not connected"));
        }
    }
    for (size_t p = 0; p < parties; p++) {
        if (p != self) {
            const sch_peer *peer = &mesh->peer[party[p].value];
            route[p].ops = &route_ops;
            route[p].bulk = sch_conn_hold(peer->slot[SCH_SLOT_BULK]->conn);
            route[p].control = sch_conn_hold(peer->slot[SCH_SLOT_CONTROL]->conn);
        }
    }
out:
    (void)pthread_mutex_unlock(&mesh->lock);
    return err;
}

sch_err sch_mesh_job_open(sch_mesh *mesh, sch_mesh_job **out, sch_request_id id, sch_party self, size_t parties,
                          const sch_peer_id *party, const uint8_t *const *end_key)
{
    sch_err err = SCH_NONE;
    sch_route route[SCH_MAX_PARTIES] = {{0}};
    *out = NULL;
    SCH_TRY(sch_check(parties >= 2 && parties <= SCH_MAX_PARTIES && self < parties, SCH_BUG, "a party that is none"));
    SCH_TRY(find_routes(mesh, route, self, parties, party));
    SCH_TRY(sch_links_open_job(&mesh->links, out, id, self, parties, route, end_key));
    /* A connection that was lost before the job was there to be stopped. */
    for (size_t p = 0; p < parties; p++) {
        bool lost = p != self && (sch_conn_is_shut(route[p].bulk) || sch_conn_is_shut(route[p].control));
        if (lost) {
            sch_mesh_job_close(*out);
            *out = NULL;
            SCH_TRY(sch_fail(SCH_TRY_AGAIN, "a party is not connected"));
        }
    }
out:
    return err;
}
