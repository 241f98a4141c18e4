/* A bulk connection's bytes from a peer, cut in pieces: the first byte says how long the pieces are. They go through
 * the parser into a job with one link open, and the link then takes what has come for it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node/net/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sch_err write_nothing(void *bulk, const uint8_t *head, size_t head_bytes, const uint8_t *body, size_t body_bytes)
{
    (void)bulk;
    (void)head;
    (void)head_bytes;
    (void)body;
    (void)body_bytes;
    return SCH_NONE;
}

static uint64_t same_bytes(const void *bulk, size_t bytes)
{
    (void)bulk;
    return bytes;
}

static void release_nothing(void *connection)
{
    (void)connection;
}

static const sch_route_ops ops = {write_nothing, same_bytes, release_nothing};
enum { DATA = 1, PARTIES = 3 };

static sch_links links;
static char connection[3];

static sch_err begin(void *context, const sch_frame *frame)
{
    return sch_links_begin(&links, context, frame);
}

static sch_err piece(void *context, const sch_frame *frame, size_t offset, const uint8_t *data, size_t bytes)
{
    return sch_links_piece(&links, context, frame, offset, data, bytes);
}

/* Receives the messages that came whole; nothing here waits. */
static void take_messages(sch_mesh_job *job, sch_link *link)
{
    sch_inbox *in = &sch_job_find_shard(job, 7)->in[DATA];
    while (in->first != NULL && in->first->offset == 0) {
        uint64_t total = in->first->total;
        uint64_t have = 0;
        for (sch_stored *stored = in->first; stored != NULL && stored != in->filling && have < total;
             stored = stored->next) {
            have += stored->bytes;
        }
        if (have < total) {
            break;
        }
        uint8_t *out = malloc((size_t)total);
        if (out == NULL || sch_failed(sch_link_receive(link, DATA, in->first->step, out, (size_t)total))) {
            abort();
        }
        free(out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[SCH_KEY_BYTES] = {1};
    const uint8_t *const keys[PARTIES] = {NULL, key, key};
    sch_route route[PARTIES] = {
        {NULL, NULL, NULL}, {&ops, &connection[1], &connection[1]}, {&ops, &connection[2], &connection[2]}};
    sch_mesh_job *job = NULL;
    sch_link link = {0};
    if (size == 0 || sch_failed(sch_secret_start())) {
        return 0;
    }
    sch_links_init(&links);
    if (sch_failed(sch_links_open_job(&links, &job, (sch_request_id){{1, 2, 3}}, 0, PARTIES, route, keys)) ||
        sch_failed(sch_mesh_link_open(job, &link, 7, 7))) {
        abort();
    }
    sch_frame_parser parser = {0};
    sch_frame_sink sink = {&connection[1], begin, piece};
    size_t cut = (size_t)data[0] * 8 + 1;
    sch_err err = SCH_NONE;
    for (size_t at = 1; at < size && !sch_failed(err); at += cut) {
        err = sch_frame_feed(&parser, &sink, data + at, size - at < cut ? size - at : cut);
        take_messages(job, &link);
    }
    sch_mesh_link_close(&link);
    sch_mesh_job_close(job);
    sch_links_clear(&links);
    return 0;
}
