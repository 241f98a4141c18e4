#include "node/net/line.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"

/* Handlers run on readers' threads: what they send must not wait for the network. */
static _Thread_local bool on_reader;

sch_err sch_line_new(sch_line **out, sch_mesh *mesh, sch_conn *conn, sch_connection_kind kind, size_t number)
{
    sch_line *line = calloc(1, sizeof *line);
    *out = line;
    if (line == NULL) {
        sch_conn_shut(conn);
        sch_conn_release(conn);
        return sch_fail(SCH_NO_MEMORY, "no memory for a connection");
    }
    line->mesh = mesh;
    line->conn = conn;
    line->kind = kind;
    line->number = number;
    line->id.value = (uint32_t)number;
    atomic_init(&line->references, 1);
    (void)pthread_mutex_init(&line->queue_lock, NULL);
    pthread_condattr_t clock;
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&line->queue_changed, &clock);
    (void)pthread_condattr_destroy(&clock);
    return SCH_NONE;
}

sch_line *sch_line_hold(sch_line *line)
{
    (void)atomic_fetch_add(&line->references, 1);
    return line;
}

static sch_queued *pop(sch_line *line)
{
    sch_queued *item = line->first;
    if (item != NULL) {
        line->first = item->next;
        line->queued_bytes -= item->bytes;
    }
    return item;
}

void sch_line_release(sch_line *line)
{
    if (line == NULL || atomic_fetch_sub(&line->references, 1) != 1) {
        return;
    }
    for (sch_queued *item = pop(line); item != NULL; item = pop(line)) {
        free(item);
    }
    sch_conn_release(line->conn);
    (void)pthread_cond_destroy(&line->queue_changed);
    (void)pthread_mutex_destroy(&line->queue_lock);
    free(line);
}

void sch_line_end(sch_line *line, const char *why)
{
    const char *none = NULL;
    (void)atomic_compare_exchange_strong(&line->fault, &none, why);
    sch_conn_shut(line->conn);
}

/* ---- the queue and its writer ---- */

/* Waits under queue_lock for the queue to have room. Errors: SCH_TRY_AGAIN where the line stops, or room does not
 * come. */
static sch_err wait_room(sch_line *line, size_t bytes)
{
    uint64_t deadline = sch_clock_ns() + SCH_QUEUE_WAIT_MS * SCH_MS;
    size_t most = on_reader ? SCH_QUEUE_HARD_BYTES : SCH_QUEUE_BYTES;
    struct timespec until = {.tv_sec = (time_t)(deadline / 1000000000), .tv_nsec = (long)(deadline % 1000000000)};
    while (!line->stopped && !line->ending && line->queued_bytes + bytes > most) {
        if (on_reader || sch_clock_ns() >= deadline) {
            sch_line_end(line, "it does not take its messages");
            break;
        }
        (void)pthread_cond_timedwait(&line->queue_changed, &line->queue_lock, &until);
    }
    return sch_check(!line->stopped && !line->ending && line->queued_bytes + bytes <= most, SCH_TRY_AGAIN,
                     "the peer is not connected");
}

sch_err sch_line_queue(sch_line *line, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    sch_queued *item = malloc(sizeof *item + bytes);
    if (item == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a control message");
    }
    item->next = NULL;
    item->bytes = bytes;
    if (bytes > 0) {
        memcpy(item->data, data, bytes);
    }
    (void)pthread_mutex_lock(&line->queue_lock);
    SCH_TRY(wait_room(line, bytes));
    if (line->first == NULL) {
        line->first = item;
    } else {
        line->last->next = item;
    }
    line->last = item;
    line->queued_bytes += bytes;
    item = NULL;
    (void)pthread_cond_broadcast(&line->queue_changed);
out:
    (void)pthread_mutex_unlock(&line->queue_lock);
    free(item);
    return err;
}

/* The next to send; NULL where the line stops, or ends and all is sent. */
static sch_queued *next_queued(sch_line *line)
{
    (void)pthread_mutex_lock(&line->queue_lock);
    while (!line->stopped && !line->ending && line->first == NULL) {
        (void)pthread_cond_wait(&line->queue_changed, &line->queue_lock);
    }
    sch_queued *item = line->stopped ? NULL : pop(line);
    (void)pthread_cond_broadcast(&line->queue_changed);
    (void)pthread_mutex_unlock(&line->queue_lock);
    return item;
}

static void write_main(void *context)
{
    sch_line *line = context;
    sch_err err = SCH_NONE;
    while (!sch_failed(err)) {
        sch_queued *item = next_queued(line);
        if (item == NULL) {
            break;
        }
        uint8_t head[SCH_PACKET_HEAD_BYTES];
        sch_put_u32(head, (uint32_t)item->bytes);
        err = sch_conn_write(line->conn, head, sizeof head, item->data, item->bytes);
        free(item);
    }
    sch_conn_farewell(line->conn); /* of a session that ends: it still reads until the client has gone */
    sch_line_release(line);
}

static void stop_queue(sch_line *line)
{
    (void)pthread_mutex_lock(&line->queue_lock);
    line->stopped = true;
    (void)pthread_cond_broadcast(&line->queue_changed);
    (void)pthread_mutex_unlock(&line->queue_lock);
}

/* ---- the reader ---- */

static sch_err frame_begin(void *context, const sch_frame *frame)
{
    sch_line *line = context;
    return sch_links_begin(&line->mesh->links, line->conn, frame);
}

static sch_err frame_piece(void *context, const sch_frame *frame, size_t offset, const uint8_t *data, size_t bytes)
{
    sch_line *line = context;
    return sch_links_piece(&line->mesh->links, line->conn, frame, offset, data, bytes);
}

static sch_err read_bulk(sch_line *line)
{
    sch_err err = SCH_NONE;
    sch_frame_parser parser = {0};
    sch_frame_sink sink = {line, frame_begin, frame_piece};
    for (;;) {
        const uint8_t *data = NULL;
        size_t bytes = 0;
        SCH_TRY(sch_conn_read(line->conn, &data, &bytes, SCH_CONN_FOREVER));
        SCH_TRY(sch_frame_feed(&parser, &sink, data, bytes));
    }
out:
    return err;
}

static bool deliver(sch_line *line, const uint8_t *data, size_t bytes)
{
    if (line->kind == SCH_CONNECTION_CONTROL) {
        return sch_peers_deliver(line, data, bytes);
    }
    const sch_mesh_handlers *handlers = &line->mesh->handlers;
    if (handlers->on_control != NULL) {
        handlers->on_control(handlers->context, line->id, data, bytes);
    }
    return true;
}

static sch_err read_control(sch_line *line)
{
    sch_err err = SCH_NONE;
    sch_packet packet = {0};
    for (;;) {
        const uint8_t *data = NULL;
        size_t bytes = 0;
        SCH_TRY(sch_conn_read(line->conn, &data, &bytes, SCH_CONN_FOREVER));
        while (bytes > 0) {
            bool complete = false;
            SCH_TRY(sch_packet_take(&packet, &complete, &data, &bytes));
            if (complete && packet.body.bytes > 0) {
                SCH_TRY(sch_check(deliver(line, packet.body.data, packet.body.bytes), SCH_IO, "it was replaced"));
            }
        }
    }
out:
    sch_packet_clear(&packet);
    return err;
}

static void tell_session(sch_line *line, bool open)
{
    const sch_mesh_handlers *handlers = &line->mesh->handlers;
    if (handlers->on_session != NULL) {
        handlers->on_session(handlers->context, line->id, line->number, open);
    }
}

static const char *name_of(const sch_line *line)
{
    bool analyst = line->kind == SCH_CONNECTION_ANALYST;
    return analyst ? line->mesh->book.analyst[line->number].name : line->mesh->book.peer[line->number].name;
}

/* Takes the line out of its place, and says so where it ended by a fault. */
static void leave(sch_line *line, sch_err err)
{
    sch_mesh *mesh = line->mesh;
    const char *fault = atomic_load(&line->fault);
    const char *why = fault != NULL ? fault : err.text;
    stop_queue(line);
    sch_conn_shut(line->conn);
    if (fault == NULL && (err.code == SCH_BAD_PEER || err.code == SCH_NO_MEMORY)) {
        sch_mesh_event(mesh, name_of(line), why);
    }
    if (line->kind == SCH_CONNECTION_ANALYST) {
        if (fault != NULL) {
            sch_mesh_event(mesh, name_of(line), why);
        }
        tell_session(line, false);
    } else {
        sch_peers_remove(line, why);
    }
    (void)pthread_mutex_lock(&mesh->lock);
    sch_mesh_drop_line(mesh, line);
    (void)pthread_mutex_unlock(&mesh->lock);
    sch_line_release(line);
}

void sch_line_run(sch_line *line)
{
    sch_err err = SCH_NONE;
    bool bulk = line->kind == SCH_CONNECTION_BULK;
    on_reader = true;
    if (line->kind == SCH_CONNECTION_ANALYST) {
        tell_session(line, true);
    }
    if (!bulk) {
        sch_line *writers = sch_line_hold(line);
        err = sch_threads_start(&line->mesh->threads, write_main, writers);
        if (sch_failed(err)) {
            sch_line_release(writers);
        }
    }
    if (line->kind != SCH_CONNECTION_ANALYST) {
        sch_peers_announce(&line->mesh->peer[line->number]);
    }
    if (!sch_failed(err)) {
        err = bulk ? read_bulk(line) : read_control(line);
    }
    leave(line, err);
    on_reader = false;
}
