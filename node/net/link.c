#include "node/net/link.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/net/job.h"

static bool is_other(const sch_shard *shard, sch_party party)
{
    return party < shard->job->parties && (shard->parties >> party & 1) != 0;
}

/* Waits under job.lock until something about the shard changes, and counts the time. */
static void wait_change(sch_shard *shard)
{
    uint64_t from = sch_clock_ns();
    (void)pthread_cond_wait(&shard->changed, &shard->job->lock);
    (void)atomic_fetch_add(&shard->job->wait_ns, sch_clock_ns() - from);
}

static sch_err write_frame(sch_shard *shard, sch_party to, const sch_frame *frame, const uint8_t *payload)
{
    sch_err err = SCH_NONE;
    const sch_route *route = &shard->job->route[to];
    uint8_t header[SCH_FRAME_HEADER_BYTES];
    sch_frame_encode(header, frame);
    err = route->ops->write(route->bulk, header, sizeof header, payload, frame->length);
    if (sch_failed(err)) {
        return sch_fail(SCH_TRY_AGAIN, "the connection to a party was lost");
    }
    (void)atomic_fetch_add(&shard->job->sent_bytes,
                           route->ops->wire_bytes(route->bulk, sizeof header + (size_t)frame->length));
    return SCH_NONE;
}

/* ---- sending ---- */

/* Waits for the window to have room for a frame and takes it. */
static sch_err take_window(sch_shard *shard, sch_party to, uint32_t length, uint32_t *sequence)
{
    sch_err err = SCH_NONE;
    sch_outbox *out = &shard->out[to];
    uint64_t cost = (uint64_t)length + SCH_FRAME_COST_BYTES;
    (void)pthread_mutex_lock(&shard->job->lock);
    while (!sch_failed(shard->job->stopped) && out->credit < cost) {
        wait_change(shard);
    }
    SCH_TRY(shard->job->stopped);
    out->credit -= cost;
    *sequence = out->sequence++;
out:
    (void)pthread_mutex_unlock(&shard->job->lock);
    return err;
}

static sch_err link_send(void *context, sch_party to, uint16_t step, const void *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    sch_shard *shard = context;
    const uint8_t *next = data;
    SCH_TRY(sch_check(is_other(shard, to) && bytes > 0 && !shard->finished, SCH_BUG, "a send that cannot be"));
    SCH_TRY(sch_mac_begin_message(&shard->out[to].mac, step, bytes));
    for (size_t left = bytes; left > 0;) {
        sch_frame frame = {
            .kind = SCH_FRAME_DATA, .step = step, .shard = shard->number, .job = shard->job->id, .total = bytes};
        frame.length = left < SCH_STORED_ROOM_BYTES ? (uint32_t)left : SCH_STORED_ROOM_BYTES;
        SCH_TRY(take_window(shard, to, frame.length, &frame.sequence));
        SCH_TRY(sch_mac_update(&shard->out[to].mac, next, frame.length));
        SCH_TRY(write_frame(shard, to, &frame, next));
        next += frame.length;
        left -= frame.length;
    }
out:
    return err;
}

/* ---- receiving ---- */

/* Returns what was consumed to the sender, where it is worth a frame. Called with job.lock; releases it for the
 * write. */
static sch_err return_credit(sch_shard *shard, sch_party from)
{
    sch_inbox *in = &shard->in[from];
    if (in->consumed < SCH_CREDIT_BYTES) {
        return SCH_NONE;
    }
    sch_frame frame = {.kind = SCH_FRAME_CREDIT, .shard = shard->number, .job = shard->job->id, .total = in->consumed};
    in->window_left += in->consumed;
    in->consumed = 0;
    (void)pthread_mutex_unlock(&shard->job->lock);
    sch_err err = write_frame(shard, from, &frame, NULL);
    (void)pthread_mutex_lock(&shard->job->lock);
    return err;
}

/* Moves the oldest stored frame to where it is wanted. Called with job.lock; releases it for the copy. */
static sch_err take_stored(sch_shard *shard, sch_inbox *in)
{
    sch_err err = SCH_NONE;
    sch_stored *stored = in->first;
    SCH_TRY(
        sch_check(stored->step == in->want_step && stored->total == in->want_bytes && stored->offset == in->reserved,
                  SCH_BAD_PEER, "a message is of another step or length than expected"));
    in->first = stored->next;
    in->reserved += stored->bytes; /* a frame that comes meanwhile goes behind it */
    (void)pthread_mutex_unlock(&shard->job->lock);
    memcpy(in->out + stored->offset, stored->data, stored->bytes);
    (void)pthread_mutex_lock(&shard->job->lock);
    if (in->ready < stored->offset + stored->bytes) {
        in->ready = (size_t)stored->offset + stored->bytes;
    }
    in->consumed += stored->bytes + SCH_FRAME_COST_BYTES;
    sch_job_drop_stored(shard->job, stored);
out:
    return err;
}

/* Adds to the MAC what arrived since. Called with job.lock; releases it for the work. */
static sch_err mac_ready(sch_shard *shard, sch_inbox *in, size_t *maced)
{
    size_t from = *maced;
    *maced = in->ready;
    (void)pthread_mutex_unlock(&shard->job->lock);
    sch_err err = sch_mac_update(&in->mac, in->out + from, *maced - from);
    (void)pthread_mutex_lock(&shard->job->lock);
    return err;
}

/* Under job.lock, which the steps release now and then. */
static sch_err receive_locked(sch_shard *shard, sch_party from)
{
    sch_err err = SCH_NONE;
    sch_inbox *in = &shard->in[from];
    size_t maced = 0;
    while (maced < in->want_bytes) {
        SCH_TRY(shard->job->stopped);
        SCH_TRY(return_credit(shard, from));
        if (in->reserved < in->want_bytes && in->first != NULL && in->first != in->filling) {
            SCH_TRY(take_stored(shard, in));
        } else if (in->ready > maced) {
            SCH_TRY(mac_ready(shard, in, &maced));
        } else {
            SCH_TRY(sch_check(!in->ended, SCH_BAD_PEER, "the shard ended before an expected message"));
            wait_change(shard);
        }
    }
    SCH_TRY(return_credit(shard, from));
out:
    return err;
}

static sch_err link_receive(void *context, sch_party from, uint16_t step, void *out, size_t bytes)
{
    sch_err err = SCH_NONE;
    sch_shard *shard = context;
    SCH_TRY(sch_check(is_other(shard, from) && bytes > 0 && !shard->finished, SCH_BUG, "a receive that cannot be"));
    sch_inbox *in = &shard->in[from];
    SCH_TRY(sch_mac_begin_message(&in->mac, step, bytes));
    (void)pthread_mutex_lock(&shard->job->lock);
    in->want_step = step;
    in->want_bytes = bytes;
    in->out = out;
    in->reserved = 0;
    in->ready = 0;
    in->waiting = true;
    err = receive_locked(shard, from);
    in->waiting = false;
    in->out = NULL;
    (void)pthread_mutex_unlock(&shard->job->lock);
out:
    return err;
}

static const sch_link_ops link_ops = {link_send, link_receive};

/* ---- opening and ending ---- */

static sch_err start_macs(sch_shard *shard)
{
    sch_err err = SCH_NONE;
    const sch_mesh_job *job = shard->job;
    for (sch_party p = 0; p < job->parties; p++) {
        const uint8_t *key = job->end_key + (size_t)p * SCH_KEY_BYTES;
        if (is_other(shard, p)) {
            SCH_TRY(sch_mac_init(&shard->in[p].mac, key, &job->id, shard->number, p, job->self));
            SCH_TRY(sch_mac_init(&shard->out[p].mac, key, &job->id, shard->number, job->self, p));
        }
    }
out:
    return err;
}

/* Under job.lock: the shard, made by early frames or new, with those who take part in it. */
static sch_err take_shard(sch_mesh_job *job, sch_shard **out, uint32_t number, sch_party_set parties)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(parties >> job->parties == 0, SCH_BUG, "a link to a party that is none"));
    *out = sch_job_find_shard(job, number);
    if (*out == NULL) {
        SCH_TRY(sch_job_make_shard(job, out, number));
    } else {
        SCH_TRY(sch_check(!(*out)->open, SCH_BUG, "the shard's link is open"));
        for (size_t p = 0; p < job->parties; p++) {
            const sch_inbox *in = &(*out)->in[p];
            bool came = in->sequence > 0 || in->ended || in->fill_left > 0;
            SCH_TRY(sch_check(!came || (parties >> p & 1) != 0, SCH_BAD_PEER,
                              "a party sent a message of a shard in which it has no part"));
        }
        job->early_shards[(*out)->early_from]--;
    }
    (*out)->parties = parties & ~(UINT32_C(1) << job->self);
    (*out)->open = true;
    job->open_links++;
out:
    return err;
}

sch_err sch_mesh_link_open(sch_mesh_job *job, sch_link *out, uint32_t number, sch_party_set parties)
{
    sch_err err = SCH_NONE;
    sch_shard *shard = NULL;
    *out = (sch_link){0};
    (void)pthread_mutex_lock(&job->lock);
    SCH_TRY(take_shard(job, &shard, number, parties));
    *out = (sch_link){.ops = &link_ops, .context = shard, .self = job->self};
out:
    (void)pthread_mutex_unlock(&job->lock);
    if (!sch_failed(err)) {
        err = start_macs(shard);
        if (sch_failed(err)) {
            sch_mesh_link_close(out);
        }
    }
    return err;
}

static sch_err send_end(sch_shard *shard, sch_party to)
{
    sch_err err = SCH_NONE;
    uint8_t mac[SCH_FRAME_MAC_BYTES];
    sch_frame frame = {.kind = SCH_FRAME_END,
                       .shard = shard->number,
                       .job = shard->job->id,
                       .sequence = shard->out[to].sequence,
                       .length = SCH_FRAME_MAC_BYTES};
    SCH_TRY(sch_mac_finish(&shard->out[to].mac, mac));
    SCH_TRY(write_frame(shard, to, &frame, mac));
out:
    return err;
}

static sch_err await_end(sch_shard *shard, sch_party from)
{
    sch_err err = SCH_NONE;
    sch_inbox *in = &shard->in[from];
    uint8_t mac[SCH_FRAME_MAC_BYTES];
    (void)pthread_mutex_lock(&shard->job->lock);
    while (!sch_failed(shard->job->stopped) && !in->ended && in->first == NULL) {
        wait_change(shard);
    }
    SCH_TRY(shard->job->stopped);
    SCH_TRY(sch_check(in->first == NULL, SCH_BAD_PEER, "a party sent a message that nobody expected"));
    SCH_TRY(sch_check(in->end_sequence == in->sequence, SCH_BAD_PEER, "a party sent more frames than arrived"));
    SCH_TRY(sch_mac_finish(&in->mac, mac));
    SCH_TRY(
        sch_check(sch_secret_equal(mac, in->end_mac, sizeof mac), SCH_BAD_PEER, "a party's messages arrived altered"));
out:
    (void)pthread_mutex_unlock(&shard->job->lock);
    return err;
}

sch_err sch_mesh_link_finish(sch_link *link)
{
    sch_err err = SCH_NONE;
    sch_shard *shard = link->context;
    SCH_TRY(sch_check(shard != NULL && !shard->finished, SCH_BUG, "a link is finished twice"));
    shard->finished = true;
    for (sch_party p = 0; p < shard->job->parties; p++) {
        SCH_TRY(is_other(shard, p) ? send_end(shard, p) : SCH_NONE);
    }
    for (sch_party p = 0; p < shard->job->parties; p++) {
        SCH_TRY(is_other(shard, p) ? await_end(shard, p) : SCH_NONE);
    }
out:
    return err;
}

void sch_mesh_link_close(sch_link *link)
{
    sch_shard *shard = link->context;
    if (shard == NULL) {
        return;
    }
    sch_mesh_job *job = shard->job;
    (void)pthread_mutex_lock(&job->lock);
    sch_job_drop_shard(job, shard);
    job->open_links--;
    (void)pthread_cond_broadcast(&job->closed);
    (void)pthread_mutex_unlock(&job->lock);
    *link = (sch_link){0};
}

void sch_link_test_skip_frame(sch_link *link, sch_party to)
{
    sch_shard *shard = link->context;
    (void)pthread_mutex_lock(&shard->job->lock);
    shard->out[to].sequence++;
    (void)pthread_mutex_unlock(&shard->job->lock);
}
