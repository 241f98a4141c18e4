#include "node/net/threads.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct sch_thread {
    sch_thread *next;
    sch_threads *threads;
    pthread_t id;
    void (*main)(void *context);
    void *context;
};

void sch_threads_init(sch_threads *threads)
{
    memset(threads, 0, sizeof *threads);
    (void)pthread_mutex_init(&threads->lock, NULL);
    (void)pthread_cond_init(&threads->changed, NULL);
}

static void *run(void *argument)
{
    sch_thread *thread = argument;
    sch_threads *threads = thread->threads;
    thread->main(thread->context);
    (void)pthread_mutex_lock(&threads->lock);
    thread->next = threads->finished;
    threads->finished = thread;
    threads->running--;
    (void)pthread_cond_broadcast(&threads->changed);
    (void)pthread_mutex_unlock(&threads->lock);
    return NULL;
}

sch_err sch_threads_start(sch_threads *threads, void (*main)(void *context), void *context)
{
    sch_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a thread");
    }
    thread->threads = threads;
    thread->main = main;
    thread->context = context;
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    /* Under the lock, so that the thread's id is there before anyone joins it. */
    (void)pthread_mutex_lock(&threads->lock);
    int code = pthread_create(&thread->id, NULL, run, thread);
    threads->running += code == 0 ? 1 : 0;
    (void)pthread_mutex_unlock(&threads->lock);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0) {
        free(thread);
        return sch_fail(SCH_NO_MEMORY, "no room for a thread");
    }
    return SCH_NONE;
}

static void join_all(sch_thread *list)
{
    while (list != NULL) {
        sch_thread *thread = list;
        list = thread->next;
        (void)pthread_join(thread->id, NULL);
        free(thread);
    }
}

void sch_threads_reap(sch_threads *threads)
{
    (void)pthread_mutex_lock(&threads->lock);
    sch_thread *list = threads->finished;
    threads->finished = NULL;
    (void)pthread_mutex_unlock(&threads->lock);
    join_all(list);
}

void sch_threads_clear(sch_threads *threads)
{
    (void)pthread_mutex_lock(&threads->lock);
    while (threads->running > 0) {
        (void)pthread_cond_wait(&threads->changed, &threads->lock);
    }
    (void)pthread_mutex_unlock(&threads->lock);
    sch_threads_reap(threads);
    (void)pthread_cond_destroy(&threads->changed);
    (void)pthread_mutex_destroy(&threads->lock);
}
