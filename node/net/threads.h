/* threads.h - the threads of a mesh, each of which ends by itself; all are joined. Internal to node/net. */
#ifndef SCH_NODE_NET_THREADS_H
#define SCH_NODE_NET_THREADS_H

#include <pthread.h>
#include <stddef.h>

#include "crypto/base/err.h"

typedef struct sch_thread sch_thread;

typedef struct sch_threads {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t running;
    sch_thread *finished; /* owned; to be joined */
} sch_threads;

void sch_threads_init(sch_threads *threads);

/* Runs main(context) in a new thread, in which every signal is blocked. Errors: SCH_NO_MEMORY. */
sch_err sch_threads_start(sch_threads *threads, void (*main)(void *context), void *context);

/* Joins those that have ended. */
void sch_threads_reap(sch_threads *threads);

/* Waits for all to end and joins them. Nothing starts any more. */
void sch_threads_clear(sch_threads *threads);

#endif
