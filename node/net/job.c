#include "node/net/job.h"

#include <stdlib.h>
#include <string.h>

void sch_links_init(sch_links *links)
{
    memset(links, 0, sizeof *links);
    (void)pthread_mutex_init(&links->lock, NULL);
}

void sch_links_clear(sch_links *links)
{
    (void)pthread_mutex_destroy(&links->lock);
}

/* ---- stored frames ---- */

static sch_stored *make_stored(sch_mesh_job *job, size_t bytes)
{
    bool usual = bytes > SCH_STORED_ROOM_BYTES / 2 && bytes <= SCH_STORED_ROOM_BYTES;
    if (usual && job->spare != NULL) {
        sch_stored *spare = job->spare;
        job->spare = spare->next;
        job->spare_count--;
        return spare;
    }
    size_t room = usual ? SCH_STORED_ROOM_BYTES : bytes;
    sch_stored *stored = malloc(sizeof *stored + room);
    if (stored != NULL) {
        stored->room = room;
    }
    return stored;
}

void sch_job_drop_stored(sch_mesh_job *job, sch_stored *stored)
{
    if (stored->room == SCH_STORED_ROOM_BYTES && job->spare_count < SCH_MAX_SPARE) {
        stored->next = job->spare;
        job->spare = stored;
        job->spare_count++;
    } else {
        free(stored);
    }
}

/* ---- shards ---- */

static sch_shard **bucket_of(sch_mesh_job *job, uint32_t number)
{
    return &job->bucket[number % SCH_SHARD_BUCKETS];
}

sch_shard *sch_job_find_shard(sch_mesh_job *job, uint32_t number)
{
    sch_shard *shard = *bucket_of(job, number);
    while (shard != NULL && shard->number != number) {
        shard = shard->next;
    }
    return shard;
}

sch_err sch_job_make_shard(sch_mesh_job *job, sch_shard **out, uint32_t number)
{
    sch_shard *shard = calloc(1, sizeof *shard);
    *out = shard;
    if (shard == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a shard's link");
    }
    shard->job = job;
    shard->number = number;
    (void)pthread_cond_init(&shard->changed, NULL);
    for (size_t p = 0; p < job->parties; p++) {
        shard->in[p].window_left = SCH_WINDOW_BYTES;
        shard->out[p].credit = SCH_WINDOW_BYTES;
    }
    sch_shard **bucket = bucket_of(job, number);
    shard->next = *bucket;
    *bucket = shard;
    return SCH_NONE;
}

static void free_shard(sch_mesh_job *job, sch_shard *shard)
{
    for (size_t p = 0; p < job->parties; p++) {
        while (shard->in[p].first != NULL) {
            sch_stored *stored = shard->in[p].first;
            shard->in[p].first = stored->next;
            sch_job_drop_stored(job, stored);
        }
        sch_mac_clear(&shard->in[p].mac);
        sch_mac_clear(&shard->out[p].mac);
    }
    (void)pthread_cond_destroy(&shard->changed);
    free(shard);
}

void sch_job_drop_shard(sch_mesh_job *job, sch_shard *shard)
{
    sch_shard **place = bucket_of(job, shard->number);
    while (*place != shard) {
        place = &(*place)->next;
    }
    *place = shard->next;
    free_shard(job, shard);
}

/* ---- jobs ---- */

static void release_routes(const sch_route *route, size_t parties, sch_party self)
{
    for (size_t p = 0; p < parties; p++) {
        if (p != self) {
            route[p].ops->release(route[p].bulk);
            route[p].ops->release(route[p].control);
        }
    }
}

static void free_job(sch_mesh_job *job)
{
    if (job == NULL) {
        return;
    }
    for (size_t b = 0; b < SCH_SHARD_BUCKETS; b++) {
        while (job->bucket[b] != NULL) {
            sch_job_drop_shard(job, job->bucket[b]);
        }
    }
    while (job->spare != NULL) {
        sch_stored *stored = job->spare;
        job->spare = stored->next;
        free(stored);
    }
    sch_secret_free(job->end_key);
    (void)pthread_cond_destroy(&job->closed);
    (void)pthread_mutex_destroy(&job->lock);
    free(job);
}

static sch_mesh_job *find_job(sch_links *links, const sch_request_id *id)
{
    sch_mesh_job *job = links->first;
    while (job != NULL && memcmp(job->id.byte, id->byte, SCH_REQUEST_ID_BYTES) != 0) {
        job = job->next;
    }
    return job;
}

static sch_err make_job(sch_mesh_job **out, sch_request_id id, sch_party self, size_t parties,
                        const uint8_t *const *end_key)
{
    sch_err err = SCH_NONE;
    sch_mesh_job *job = calloc(1, sizeof *job);
    *out = job;
    SCH_TRY(sch_check(job != NULL, SCH_NO_MEMORY, "no memory for a job"));
    (void)pthread_mutex_init(&job->lock, NULL);
    (void)pthread_cond_init(&job->closed, NULL);
    job->id = id;
    job->self = self;
    job->parties = parties;
    job->end_key = sch_secret_new(parties * SCH_KEY_BYTES);
    SCH_TRY(sch_check(job->end_key != NULL, SCH_NO_MEMORY, "no memory for a job"));
    for (size_t p = 0; p < parties; p++) {
        if (p != self) {
            SCH_TRY(sch_check(end_key[p] != NULL, SCH_BUG, "a job lacks an end key"));
            memcpy(job->end_key + p * SCH_KEY_BYTES, end_key[p], SCH_KEY_BYTES);
        }
    }
out:
    return err;
}

sch_err sch_links_open_job(sch_links *links, sch_mesh_job **out, sch_request_id id, sch_party self, size_t parties,
                           const sch_route *route, const uint8_t *const *end_key)
{
    sch_err err = SCH_NONE;
    sch_mesh_job *job = NULL;
    *out = NULL;
    SCH_TRY(sch_check(parties >= 2 && parties <= SCH_MAX_PARTIES && self < parties, SCH_BUG, "a party that is none"));
    SCH_TRY(make_job(&job, id, self, parties, end_key));
    memcpy(job->route, route, parties * sizeof *route);
    job->links = links;
    (void)pthread_mutex_lock(&links->lock);
    bool is_new = find_job(links, &id) == NULL;
    if (is_new) {
        job->next = links->first;
        links->first = job;
    }
    (void)pthread_mutex_unlock(&links->lock);
    SCH_TRY(sch_check(is_new, SCH_BUG, "the job is open"));
    *out = job;
    job = NULL;
out:
    if (sch_failed(err)) {
        release_routes(route, parties, self);
    }
    free_job(job);
    return err;
}

static void stop_locked(sch_mesh_job *job, sch_err why)
{
    if (sch_failed(job->stopped)) {
        return;
    }
    job->stopped = why;
    for (size_t b = 0; b < SCH_SHARD_BUCKETS; b++) {
        for (sch_shard *shard = job->bucket[b]; shard != NULL; shard = shard->next) {
            (void)pthread_cond_broadcast(&shard->changed);
        }
    }
}

void sch_mesh_job_cancel(sch_mesh_job *job)
{
    (void)pthread_mutex_lock(&job->lock);
    stop_locked(job, sch_fail(SCH_TRY_AGAIN, "the job was cancelled"));
    (void)pthread_mutex_unlock(&job->lock);
}

void sch_links_lose(sch_links *links, const void *connection)
{
    (void)pthread_mutex_lock(&links->lock);
    for (sch_mesh_job *job = links->first; job != NULL; job = job->next) {
        (void)pthread_mutex_lock(&job->lock);
        for (size_t p = 0; p < job->parties; p++) {
            if (p != job->self && (job->route[p].bulk == connection || job->route[p].control == connection)) {
                stop_locked(job, sch_fail(SCH_TRY_AGAIN, "the connection to a party was lost"));
            }
        }
        (void)pthread_mutex_unlock(&job->lock);
    }
    (void)pthread_mutex_unlock(&links->lock);
}

void sch_mesh_job_close(sch_mesh_job *job)
{
    if (job == NULL) {
        return;
    }
    sch_mesh_job_cancel(job);
    (void)pthread_mutex_lock(&job->links->lock);
    sch_mesh_job **place = &job->links->first;
    while (*place != job) {
        place = &(*place)->next;
    }
    *place = job->next;
    (void)pthread_mutex_unlock(&job->links->lock);
    /* A reader that found the job before has its lock by now: taking it once more waits for that reader too. */
    (void)pthread_mutex_lock(&job->lock);
    while (job->open_links > 0) {
        (void)pthread_cond_wait(&job->closed, &job->lock);
    }
    (void)pthread_mutex_unlock(&job->lock);
    release_routes(job->route, job->parties, job->self);
    free_job(job);
}

sch_mesh_traffic sch_mesh_job_traffic(const sch_mesh_job *job)
{
    return (sch_mesh_traffic){
        .sent_bytes = atomic_load(&job->sent_bytes),
        .received_bytes = atomic_load(&job->received_bytes),
        .wait_ns = atomic_load(&job->wait_ns),
    };
}

/* ---- what comes in ---- */

/* The running job that a frame from this connection belongs to, locked, and whose it is; NULL where the frame is to be
 * dropped. */
static sch_mesh_job *enter_job(sch_links *links, const void *bulk, const sch_frame *frame, sch_party *from)
{
    (void)pthread_mutex_lock(&links->lock);
    sch_mesh_job *job = find_job(links, &frame->job);
    if (job != NULL) {
        (void)pthread_mutex_lock(&job->lock);
    }
    (void)pthread_mutex_unlock(&links->lock);
    if (job == NULL) {
        return NULL;
    }
    for (size_t p = 0; p < job->parties && !sch_failed(job->stopped); p++) {
        if (p != job->self && job->route[p].bulk == bulk) {
            *from = (sch_party)p;
            return job;
        }
    }
    (void)pthread_mutex_unlock(&job->lock);
    return NULL;
}

static sch_err find_or_make_early(sch_mesh_job *job, sch_shard **out, uint32_t number, sch_party from)
{
    sch_err err = SCH_NONE;
    *out = sch_job_find_shard(job, number);
    if (*out == NULL) {
        SCH_TRY(sch_check(job->early_shards[from] < SCH_MAX_EARLY_SHARDS, SCH_BAD_PEER,
                          "it is too many shards ahead of this node"));
        SCH_TRY(sch_job_make_shard(job, out, number));
        (*out)->early_from = from;
        job->early_shards[from]++;
    }
out:
    return err;
}

/* The rules of a run of frames: numbered without a gap, messages one after the other, within the window. */
static sch_err check_data(const sch_inbox *in, const sch_frame *frame)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(!in->ended, SCH_BAD_PEER, "it sent a frame after the end of a shard"));
    SCH_TRY(sch_check(frame->sequence == in->sequence, SCH_BAD_PEER, "it sent a frame out of sequence"));
    SCH_TRY(
        sch_check(in->left == 0 || (frame->step == in->step && frame->total == in->total && frame->length <= in->left),
                  SCH_BAD_PEER, "it sent a frame that does not continue its message"));
    SCH_TRY(sch_check((uint64_t)frame->length + SCH_FRAME_COST_BYTES <= in->window_left, SCH_BAD_PEER,
                      "it sent more than its window allows"));
out:
    return err;
}

/* Whether somebody waits for this very frame, with nothing before it. */
static bool goes_direct(const sch_inbox *in, const sch_frame *frame, uint64_t offset)
{
    return in->waiting && in->first == NULL && in->want_step == frame->step && in->want_bytes == frame->total &&
           in->reserved == offset;
}

static sch_err begin_data(sch_mesh_job *job, sch_inbox *in, const sch_frame *frame)
{
    sch_err err = SCH_NONE;
    SCH_TRY(check_data(in, frame));
    uint64_t offset = in->left == 0 ? 0 : in->total - in->left;
    bool direct = goes_direct(in, frame, offset);
    if (direct) {
        in->reserved += frame->length;
    } else {
        sch_stored *stored = make_stored(job, frame->length);
        SCH_TRY(sch_check(stored != NULL, SCH_NO_MEMORY, "no memory for a frame"));
        stored->next = NULL;
        stored->step = frame->step;
        stored->total = frame->total;
        stored->offset = offset;
        stored->bytes = frame->length;
        if (in->first == NULL) {
            in->first = stored;
        } else {
            in->last->next = stored;
        }
        in->last = stored;
        in->filling = stored;
    }
    in->fill_direct = direct;
    in->fill_left = frame->length;
    in->step = frame->step;
    in->total = frame->total;
    in->left = frame->total - offset - frame->length;
    in->sequence++;
    in->window_left -= (uint64_t)frame->length + SCH_FRAME_COST_BYTES;
out:
    return err;
}

static sch_err take_credit(sch_shard *shard, sch_party from, uint64_t bytes)
{
    sch_err err = SCH_NONE;
    uint64_t *credit = &shard->out[from].credit;
    SCH_TRY(sch_check(bytes <= SCH_WINDOW_BYTES - *credit, SCH_BAD_PEER, "it returned more than it was sent"));
    *credit += bytes;
    (void)pthread_cond_broadcast(&shard->changed);
out:
    return err;
}

static sch_err begin_locked(sch_mesh_job *job, sch_party from, const sch_frame *frame)
{
    sch_err err = SCH_NONE;
    sch_shard *shard = NULL;
    if (frame->kind == SCH_FRAME_CREDIT) {
        shard = sch_job_find_shard(job, frame->shard); /* none: the shard is finished here */
        return shard == NULL ? SCH_NONE : take_credit(shard, from, frame->total);
    }
    SCH_TRY(find_or_make_early(job, &shard, frame->shard, from));
    SCH_TRY(sch_check(!shard->open || (shard->parties >> from & 1) != 0, SCH_BAD_PEER,
                      "it sent a frame of a shard in which it has no part"));
    sch_inbox *in = &shard->in[from];
    if (frame->kind == SCH_FRAME_DATA) {
        SCH_TRY(begin_data(job, in, frame));
    } else {
        SCH_TRY(sch_check(!in->ended && in->fill_left == 0 && in->left == 0, SCH_BAD_PEER,
                          "it ended a shard within a message, or twice"));
        in->end_sequence = frame->sequence;
        in->fill_left = SCH_FRAME_MAC_BYTES;
        in->fill_direct = false;
        in->filling = NULL;
    }
out:
    return err;
}

sch_err sch_links_begin(sch_links *links, const void *bulk, const sch_frame *frame)
{
    sch_party from = 0;
    if (frame->kind == SCH_FRAME_HEARTBEAT) {
        return SCH_NONE;
    }
    sch_mesh_job *job = enter_job(links, bulk, frame, &from);
    if (job == NULL) {
        return SCH_NONE;
    }
    uint64_t bytes = job->route[from].ops->wire_bytes(bulk, SCH_FRAME_HEADER_BYTES + (size_t)frame->length);
    (void)atomic_fetch_add(&job->received_bytes, bytes);
    sch_err err = begin_locked(job, from, frame);
    (void)pthread_mutex_unlock(&job->lock);
    return err;
}

static void data_piece(sch_shard *shard, sch_inbox *in, const sch_frame *frame, size_t offset, const uint8_t *data,
                       size_t bytes)
{
    if (in->fill_direct && in->waiting) {
        memcpy(in->out + in->reserved - frame->length + offset, data, bytes);
    } else if (in->filling != NULL) {
        memcpy(in->filling->data + offset, data, bytes);
    }
    if (in->fill_left == 0) {
        in->filling = NULL;
        bool wake = true;
        if (in->fill_direct) {
            in->ready = in->reserved;
            in->consumed += (uint64_t)frame->length + SCH_FRAME_COST_BYTES;
            /* A receiver that is woken for every frame costs more than it does. */
            wake = in->ready == in->want_bytes || in->consumed >= SCH_CREDIT_BYTES;
        }
        if (wake) {
            (void)pthread_cond_broadcast(&shard->changed);
        }
    }
}

sch_err sch_links_piece(sch_links *links, const void *bulk, const sch_frame *frame, size_t offset, const uint8_t *data,
                        size_t bytes)
{
    sch_party from = 0;
    sch_mesh_job *job = enter_job(links, bulk, frame, &from);
    if (job == NULL) {
        return SCH_NONE;
    }
    sch_shard *shard = sch_job_find_shard(job, frame->shard);
    sch_inbox *in = shard == NULL ? NULL : &shard->in[from];
    /* Where the frame began before the job or after the shard, its rest is dropped like its begin. */
    if (in != NULL && in->fill_left == frame->length - offset) {
        in->fill_left -= bytes;
        if (frame->kind == SCH_FRAME_DATA) {
            data_piece(shard, in, frame, offset, data, bytes);
        } else {
            memcpy(in->end_mac + offset, data, bytes);
            in->ended = in->fill_left == 0;
            (void)pthread_cond_broadcast(&shard->changed);
        }
    }
    (void)pthread_mutex_unlock(&job->lock);
    return SCH_NONE;
}
