#include "node/job/outbox.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "node/base/clock.h"

#define AGAIN_NS UINT64_C(50000000) /* how often the end is tried again */

typedef struct outgoing outgoing;
struct outgoing {
    outgoing *next;
    sch_peer_id to;
    sch_buf bytes;
};

struct sch_outbox {
    sch_mesh *mesh;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    outgoing *first, *last;
    size_t bytes;
    bool closing, ended;
    uint64_t close_by_ns;
    const outgoing *in_hand; /* borrowed: what the thread is sending, which waits where the analyst does not read */
};

static void letter_free(outgoing *letter)
{
    sch_buf_clear(&letter->bytes);
    free(letter);
}

static outgoing *take(sch_outbox *outbox)
{
    (void)pthread_mutex_lock(&outbox->lock);
    while (outbox->first == NULL && !outbox->closing) {
        (void)pthread_cond_wait(&outbox->changed, &outbox->lock);
    }
    outgoing *first = outbox->first;
    outbox->in_hand = first;
    if (first != NULL) {
        outbox->first = first->next;
        outbox->last = outbox->first == NULL ? NULL : outbox->last;
        outbox->bytes -= first->bytes.bytes;
    }
    (void)pthread_mutex_unlock(&outbox->lock);
    return first;
}

static bool too_late(sch_outbox *outbox)
{
    (void)pthread_mutex_lock(&outbox->lock);
    bool late = outbox->closing && sch_clock_ns() > outbox->close_by_ns;
    (void)pthread_mutex_unlock(&outbox->lock);
    return late;
}

static void drop_in_hand(sch_outbox *outbox, outgoing *letter)
{
    (void)pthread_mutex_lock(&outbox->lock);
    outbox->in_hand = NULL;
    (void)pthread_mutex_unlock(&outbox->lock);
    letter_free(letter);
}

static void *deliver(void *argument)
{
    sch_outbox *outbox = argument;
    outgoing *next;
    while ((next = take(outbox)) != NULL) {
        if (!too_late(outbox)) {
            sch_err err = sch_mesh_send_control(outbox->mesh, next->to, next->bytes.data, next->bytes.bytes);
            (void)err; /* a session that has gone is told of by the mesh */
        }
        drop_in_hand(outbox, next);
    }
    (void)pthread_mutex_lock(&outbox->lock);
    outbox->ended = true;
    (void)pthread_cond_broadcast(&outbox->changed);
    (void)pthread_mutex_unlock(&outbox->lock);
    return NULL;
}

sch_err sch_outbox_open(sch_outbox **out, sch_mesh *mesh)
{
    sch_outbox *outbox = calloc(1, sizeof *outbox);
    *out = NULL;
    if (outbox == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    outbox->mesh = mesh;
    (void)pthread_mutex_init(&outbox->lock, NULL);
    pthread_condattr_t monotonic; /* the clock of sch_clock_ns */
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&outbox->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (pthread_create(&outbox->thread, NULL, deliver, outbox) != 0) {
        free(outbox);
        return sch_fail(SCH_NO_MEMORY, "no thread could be started");
    }
    *out = outbox;
    return SCH_NONE;
}

sch_err sch_outbox_send(sch_outbox *outbox, sch_peer_id session, const sch_control *control)
{
    sch_err err = SCH_NONE;
    outgoing *fresh = calloc(1, sizeof *fresh);
    SCH_TRY(sch_check(fresh != NULL, SCH_NO_MEMORY, "out of memory"));
    fresh->to = session;
    SCH_TRY(sch_control_encode(&fresh->bytes, control));
    (void)pthread_mutex_lock(&outbox->lock);
    size_t most = control->kind == SCH_CONTROL_CATALOG ? SCH_OUTBOX_CATALOG_BYTES : SCH_OUTBOX_BYTES;
    bool room = outbox->bytes + fresh->bytes.bytes <= most;
    if (room) {
        if (outbox->last == NULL) {
            outbox->first = fresh;
        } else {
            outbox->last->next = fresh;
        }
        outbox->last = fresh;
        outbox->bytes += fresh->bytes.bytes;
        fresh = NULL;
        (void)pthread_cond_broadcast(&outbox->changed);
    }
    (void)pthread_mutex_unlock(&outbox->lock);
    SCH_TRY(sch_check(room, SCH_TRY_AGAIN, "too much is waiting to be fetched by analysts"));
out:
    if (fresh != NULL) {
        letter_free(fresh);
    }
    return err;
}

/* Under the lock: until the thread has ended. After close_by_ns, a session that keeps it waiting is ended. */
static void wait_for_end(sch_outbox *outbox)
{
    uint64_t until_ns = outbox->close_by_ns;
    while (!outbox->ended) {
        struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000U), .tv_nsec = (long)(until_ns % 1000000000U)};
        (void)pthread_cond_timedwait(&outbox->changed, &outbox->lock, &until);
        uint64_t now = sch_clock_ns();
        if (now < outbox->close_by_ns) {
            continue;
        }
        until_ns = now + AGAIN_NS;
        if (outbox->in_hand == NULL) {
            continue;
        }
        sch_peer_id stuck = outbox->in_hand->to;
        (void)pthread_mutex_unlock(&outbox->lock);
        sch_mesh_end_session(outbox->mesh, stuck);
        (void)pthread_mutex_lock(&outbox->lock);
    }
}

void sch_outbox_close(sch_outbox *outbox)
{
    if (outbox == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&outbox->lock);
    outbox->closing = true;
    outbox->close_by_ns = sch_clock_ns() + UINT64_C(2000000000);
    (void)pthread_cond_broadcast(&outbox->changed);
    wait_for_end(outbox);
    (void)pthread_mutex_unlock(&outbox->lock);
    (void)pthread_join(outbox->thread, NULL);
    (void)pthread_mutex_destroy(&outbox->lock);
    (void)pthread_cond_destroy(&outbox->changed);
    free(outbox);
}
