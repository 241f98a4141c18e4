#include "node/net/line.h"

#include <stdlib.h>

#include "node/base/clock.h"

sch_line **sch_keeper_hold_lines(sch_mesh *mesh, size_t *count)
{
    (void)pthread_mutex_lock(&mesh->lock);
    *count = 0;
    sch_line **list = calloc(mesh->line_count + 1, sizeof(sch_line *));
    for (sch_line *line = mesh->line; line != NULL && list != NULL; line = line->next) {
        list[(*count)++] = sch_line_hold(line);
    }
    (void)pthread_mutex_unlock(&mesh->lock);
    return list;
}

static void send_heartbeat(sch_line *line)
{
    sch_err err = SCH_NONE;
    if (line->kind == SCH_CONNECTION_BULK) {
        uint8_t header[SCH_FRAME_HEADER_BYTES];
        sch_frame_encode(header, &(sch_frame){.kind = SCH_FRAME_HEARTBEAT});
        err = sch_conn_write_if_idle(line->conn, header, sizeof header);
    } else {
        (void)pthread_mutex_lock(&line->queue_lock);
        bool idle = line->first == NULL;
        (void)pthread_mutex_unlock(&line->queue_lock);
        err = idle ? sch_line_queue(line, NULL, 0) : SCH_NONE;
    }
    (void)err; /* a line that fails is ended by its reader */
}

static void keep(sch_line *line)
{
    uint64_t now = sch_clock_ns();
    uint64_t dead_ms = line->kind == SCH_CONNECTION_ANALYST ? SCH_LINE_DEAD_ANALYST_MS : SCH_LINE_DEAD_MS;
    uint64_t received = sch_conn_last_received_ns(line->conn);
    uint64_t sent = sch_conn_last_sent_ns(line->conn);
    (void)pthread_mutex_lock(&line->queue_lock);
    bool over = line->end_by_ns != 0 && now >= line->end_by_ns;
    (void)pthread_mutex_unlock(&line->queue_lock);
    if (over) {
        sch_conn_shut(line->conn);
    } else if (now > received && now - received >= dead_ms * SCH_MS) {
        sch_line_end(line, "it has been silent for too long");
    } else if (now > sent && now - sent >= SCH_LINE_HEARTBEAT_MS * SCH_MS) {
        send_heartbeat(line);
    }
}

void sch_keeper_main(void *context)
{
    sch_mesh *mesh = context;
    (void)pthread_mutex_lock(&mesh->lock);
    while (!mesh->closing) {
        sch_mesh_wait(mesh, SCH_KEEPER_TICK_MS);
        (void)pthread_mutex_unlock(&mesh->lock);
        size_t count = 0;
        sch_line **list = sch_keeper_hold_lines(mesh, &count);
        for (size_t i = 0; i < count; i++) {
            keep(list[i]);
            sch_line_release(list[i]);
        }
        free(list);
        sch_threads_reap(&mesh->threads);
        (void)pthread_mutex_lock(&mesh->lock);
    }
    (void)pthread_mutex_unlock(&mesh->lock);
}
