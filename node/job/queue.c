#include "node/job/queue.h"

#include <stdlib.h>
#include <time.h>

#include "node/base/clock.h"

sch_event *sch_event_new(sch_event_kind kind, sch_peer_id from)
{
    sch_event *event = calloc(1, sizeof *event);
    if (event != NULL) {
        event->kind = kind;
        event->from = from;
        event->arrived_ns = sch_clock_ns();
    }
    return event;
}

void sch_event_free(sch_event *event)
{
    if (event != NULL) {
        if (event->call != NULL) {
            sch_call_drop(event->call);
        }
        sch_control_clear(&event->control);
        free(event);
    }
}

void sch_queue_init(sch_queue *queue)
{
    pthread_condattr_t monotonic;
    *queue = (sch_queue){0};
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&queue->filled, &monotonic);
    (void)pthread_cond_init(&queue->drained, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

bool sch_queue_put(sch_queue *queue, sch_event *event, bool wait)
{
    if (event == NULL) {
        return false;
    }
    (void)pthread_mutex_lock(&queue->lock);
    while (wait && !queue->closed && queue->count >= SCH_QUEUE_EVENTS) {
        (void)pthread_cond_wait(&queue->drained, &queue->lock);
    }
    bool taken = !queue->closed && (wait || queue->count < SCH_QUEUE_EVENTS);
    if (taken) {
        event->next = NULL;
        if (queue->last == NULL) {
            queue->first = event;
        } else {
            queue->last->next = event;
        }
        queue->last = event;
        queue->count++;
        (void)pthread_cond_signal(&queue->filled);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    if (!taken) {
        sch_event_free(event);
    }
    return taken;
}

sch_event *sch_queue_take(sch_queue *queue, unsigned timeout_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    (void)pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && pthread_cond_timedwait(&queue->filled, &queue->lock, &until) == 0) {
    }
    sch_event *event = queue->first;
    if (event != NULL) {
        queue->first = event->next;
        queue->last = queue->first == NULL ? NULL : queue->last;
        queue->count--;
        (void)pthread_cond_broadcast(&queue->drained);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return event;
}

void sch_queue_close(sch_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    sch_event *event = queue->first;
    queue->first = queue->last = NULL;
    queue->count = 0;
    (void)pthread_cond_broadcast(&queue->drained);
    (void)pthread_mutex_unlock(&queue->lock);
    while (event != NULL) {
        sch_event *next = event->next;
        sch_event_free(event);
        event = next;
    }
}
