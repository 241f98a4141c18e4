#include "node/job/outbox.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "node/base/clock.h"

#define AGAIN_NS UINT64_C(50000000)  /* how often the end is tried again */
#define IDLE_NS UINT64_C(1000000000) /* so long a lane waits for another message */

typedef struct outgoing outgoing;
struct outgoing {
    outgoing *next;
    sch_buf bytes;
};

/* What waits for one session, and the thread that sends it; gone when nothing has come for a while. */
typedef struct lane lane;
struct lane {
    lane *next;
    sch_outbox *outbox;
    sch_peer_id to;
    outgoing *first, *last;
};

struct sch_outbox {
    sch_mesh *mesh;
    pthread_mutex_t lock;   /* guards all that follows, lanes included */
    pthread_cond_t changed; /* on the clock of sch_clock_ns */
    lane *lanes;
    size_t bytes;
    bool closing;
    uint64_t close_by_ns;
};

static void letter_free(outgoing *letter)
{
    sch_buf_clear(&letter->bytes);
    free(letter);
}

/* Under the lock. */
static void wait_until(sch_outbox *outbox, uint64_t until_ns)
{
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000U), .tv_nsec = (long)(until_ns % 1000000000U)};
    (void)pthread_cond_timedwait(&outbox->changed, &outbox->lock, &until);
}

/* The lane's next letter; NULL where none came for a while, or none will. Under the lock. */
static outgoing *take(lane *own)
{
    sch_outbox *outbox = own->outbox;
    uint64_t until_ns = sch_clock_ns() + IDLE_NS;
    while (own->first == NULL && !outbox->closing && sch_clock_ns() < until_ns) {
        wait_until(outbox, until_ns);
    }
    outgoing *first = own->first;
    if (first != NULL) {
        own->first = first->next;
        own->last = own->first == NULL ? NULL : own->last;
        outbox->bytes -= first->bytes.bytes;
    }
    return first;
}

static void drop_lane(lane *own)
{
    lane **place = &own->outbox->lanes;
    while (*place != own) {
        place = &(*place)->next;
    }
    *place = own->next;
    (void)pthread_cond_broadcast(&own->outbox->changed);
    free(own);
}

static void *deliver(void *argument)
{
    lane *own = argument;
    sch_outbox *outbox = own->outbox;
    outgoing *next;
    (void)pthread_mutex_lock(&outbox->lock);
    while ((next = take(own)) != NULL) {
        bool late = outbox->closing && sch_clock_ns() > outbox->close_by_ns;
        (void)pthread_mutex_unlock(&outbox->lock);
        if (!late) {
            sch_err err = sch_mesh_send_control(outbox->mesh, own->to, next->bytes.data, next->bytes.bytes);
            (void)err; /* a session that has gone is told of by the mesh */
        }
        letter_free(next);
        (void)pthread_mutex_lock(&outbox->lock);
    }
    drop_lane(own);
    (void)pthread_mutex_unlock(&outbox->lock);
    return NULL;
}

sch_err sch_outbox_open(sch_outbox **out, sch_mesh *mesh)
{
    sch_outbox *outbox = calloc(1, sizeof *outbox);
    *out = outbox;
    if (outbox == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    outbox->mesh = mesh;
    (void)pthread_mutex_init(&outbox->lock, NULL);
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&outbox->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return SCH_NONE;
}

/* The session's lane, made where there is none. Under the lock. */
static sch_err find_lane(sch_outbox *outbox, lane **out, sch_peer_id session)
{
    pthread_t thread;
    lane *found = outbox->lanes;
    while (found != NULL && found->to.value != session.value) {
        found = found->next;
    }
    *out = found;
    if (found != NULL) {
        return SCH_NONE;
    }
    lane *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    *fresh = (lane){.next = outbox->lanes, .outbox = outbox, .to = session};
    if (pthread_create(&thread, NULL, deliver, fresh) != 0) {
        free(fresh);
        return sch_fail(SCH_NO_MEMORY, "no thread could be started");
    }
    (void)pthread_detach(thread); /* its lane's end is waited for */
    outbox->lanes = fresh;
    *out = fresh;
    return SCH_NONE;
}

/* Puts a letter at the end of its session's lane, which owns it then. Under the lock. */
static sch_err put(sch_outbox *outbox, sch_peer_id session, outgoing *letter, size_t most)
{
    sch_err err = SCH_NONE;
    lane *to = NULL;
    SCH_TRY(sch_check(outbox->bytes + letter->bytes.bytes <= most, SCH_TRY_AGAIN,
                      "too much is waiting to be fetched by analysts"));
    SCH_TRY(find_lane(outbox, &to, session));
    if (to->last == NULL) {
        to->first = letter;
    } else {
        to->last->next = letter;
    }
    to->last = letter;
    outbox->bytes += letter->bytes.bytes;
    (void)pthread_cond_broadcast(&outbox->changed);
out:
    return err;
}

sch_err sch_outbox_send(sch_outbox *outbox, sch_peer_id session, const sch_control *control)
{
    sch_err err = SCH_NONE;
    outgoing *fresh = calloc(1, sizeof *fresh);
    SCH_TRY(sch_check(fresh != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_control_encode(&fresh->bytes, control));
    (void)pthread_mutex_lock(&outbox->lock);
    err =
        put(outbox, session, fresh, control->kind == SCH_CONTROL_CATALOG ? SCH_OUTBOX_CATALOG_BYTES : SCH_OUTBOX_BYTES);
    (void)pthread_mutex_unlock(&outbox->lock);
    if (!sch_failed(err)) {
        fresh = NULL;
    }
out:
    if (fresh != NULL) {
        letter_free(fresh);
    }
    return err;
}

/* Under the lock: until all lanes have ended. After close_by_ns, the sessions that keep theirs waiting are ended. */
static void wait_for_end(sch_outbox *outbox)
{
    uint64_t until_ns = outbox->close_by_ns;
    while (outbox->lanes != NULL) {
        wait_until(outbox, until_ns);
        uint64_t now = sch_clock_ns();
        if (now < outbox->close_by_ns) {
            continue;
        }
        until_ns = now + AGAIN_NS;
        for (const lane *stuck = outbox->lanes; stuck != NULL; stuck = stuck->next) {
            sch_mesh_end_session(outbox->mesh, stuck->to); /* does not wait, and calls nobody back */
        }
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
    (void)pthread_mutex_destroy(&outbox->lock);
    (void)pthread_cond_destroy(&outbox->changed);
    free(outbox);
}
