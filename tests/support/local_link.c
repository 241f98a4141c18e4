#include "tests/support/local_link.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct queued {
    struct queued *next;
    uint16_t step;
    size_t bytes;
    uint8_t content[];
} queued;

/* From one party to another. */
typedef struct local_edge {
    queued *first, *last; /* owned */
    queued *held;         /* owned; a message that waits to be overtaken */
    size_t unread_bytes, messages;
} local_edge;

typedef enum wait_kind { NOT_WAITING, WAITS_TO_SEND, WAITS_TO_RECEIVE } wait_kind;

typedef struct local_member {
    struct local_net *net;
    sch_link link;
    bool finished;
    wait_kind waits;
    sch_party peer; /* for which it waits */
    size_t bytes_sent;
    uint64_t link_ns;
    local_view view;
} local_member;

struct local_net {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t window, count;
    bool keep_views, cancelled, stuck;
    local_fault fault;
    local_edge edge[SCH_MAX_PARTIES][SCH_MAX_PARTIES];
    local_member member[SCH_MAX_PARTIES];
};

uint64_t local_thread_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* ---- waiting; the mutex is held throughout ---- */

/* Whether a party that waits has what it waits for, or never will. */
static bool is_ready(const local_net *net, sch_party self)
{
    const local_member *waiting = &net->member[self];
    if (net->cancelled || net->member[waiting->peer].finished) {
        return true;
    }
    if (waiting->waits == WAITS_TO_SEND) {
        return net->edge[self][waiting->peer].unread_bytes <= net->window;
    }
    return net->edge[waiting->peer][self].first != NULL;
}

static void cancel_if_stuck(local_net *net)
{
    size_t running = 0;
    for (size_t p = 0; p < net->count; p++) {
        if (net->member[p].finished) {
            continue;
        }
        if (net->member[p].waits == NOT_WAITING || is_ready(net, (sch_party)p)) {
            return;
        }
        running++;
    }
    if (running > 0) {
        net->stuck = true;
        net->cancelled = true;
        pthread_cond_broadcast(&net->changed);
    }
}

static void wait_for(local_net *net, sch_party self, wait_kind waits, sch_party peer)
{
    local_member *waiting = &net->member[self];
    waiting->waits = waits;
    waiting->peer = peer;
    cancel_if_stuck(net);
    while (!is_ready(net, self)) {
        pthread_cond_wait(&net->changed, &net->mutex);
    }
    waiting->waits = NOT_WAITING;
}

/* ---- queues; the mutex is held throughout ---- */

static queued *copy_message(uint16_t step, const void *data, size_t bytes)
{
    queued *copy = malloc(sizeof *copy + bytes);
    if (copy != NULL) {
        copy->next = NULL;
        copy->step = step;
        copy->bytes = bytes;
        memcpy(copy->content, data, bytes);
    }
    return copy;
}

static void append(local_edge *edge, queued *message)
{
    if (edge->last == NULL) {
        edge->first = message;
    } else {
        edge->last->next = message;
    }
    edge->last = message;
    edge->unread_bytes += message->bytes;
}

/* Queues a message, with the fault where it is the one. Gives false where memory is lacking. */
static bool append_with_fault(local_net *net, local_edge *edge, queued *message, bool chosen)
{
    local_fault_kind kind = chosen ? net->fault.kind : LOCAL_FAULT_NONE;
    if (kind == LOCAL_FAULT_DROP) {
        free(message);
        return true;
    }
    if (kind == LOCAL_FAULT_REORDER) {
        edge->held = message;
        return true;
    }
    if (kind == LOCAL_FAULT_REPEAT) {
        queued *again = copy_message(message->step, message->content, message->bytes);
        if (again == NULL) {
            free(message);
            return false;
        }
        append(edge, again);
    }
    if (kind == LOCAL_FAULT_TRUNCATE) {
        message->bytes--;
    }
    for (size_t i = 0; kind == LOCAL_FAULT_GARBLE && i < message->bytes; i++) {
        message->content[i] = (uint8_t)~message->content[i];
    }
    append(edge, message);
    if (edge->held != NULL) {
        append(edge, edge->held);
        edge->held = NULL;
    }
    return true;
}

static queued *take_first(local_edge *edge)
{
    queued *message = edge->first;
    edge->first = message->next;
    if (edge->first == NULL) {
        edge->last = NULL;
    }
    edge->unread_bytes -= message->bytes;
    return message;
}

static sch_err keep(local_view *view, sch_party from, const queued *message)
{
    if (view->messages == LOCAL_MAX_MESSAGES) {
        return sch_fail(SCH_BUG, "a view has no room for more messages");
    }
    view->message[view->messages++] = (local_message){from, message->step, message->bytes};
    return sch_buf_append(&view->content, message->content, message->bytes);
}

/* ---- the link ---- */

static sch_err link_send(void *context, sch_party to, uint16_t step, const void *data, size_t bytes)
{
    local_member *self = context;
    local_net *net = self->net;
    sch_party from = self->link.self;
    uint64_t started = local_thread_ns();
    sch_err err = SCH_NONE;
    queued *message = copy_message(step, data, bytes);
    if (message == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a message");
    }
    pthread_mutex_lock(&net->mutex);
    local_edge *edge = &net->edge[from][to];
    bool chosen = net->fault.from == from && net->fault.to == to && net->fault.index == edge->messages;
    edge->messages++;
    self->bytes_sent += bytes;
    if (!append_with_fault(net, edge, message, chosen)) {
        err = sch_fail(SCH_NO_MEMORY, "no memory for a message");
    }
    pthread_cond_broadcast(&net->changed);
    wait_for(net, from, WAITS_TO_SEND, to);
    if (!sch_failed(err) && (net->cancelled || edge->unread_bytes > net->window)) {
        err = sch_fail(SCH_TRY_AGAIN, "the peer is gone");
    }
    pthread_mutex_unlock(&net->mutex);
    self->link_ns += local_thread_ns() - started;
    return err;
}

static sch_err link_receive(void *context, sch_party from, uint16_t step, void *out, size_t bytes)
{
    local_member *self = context;
    local_net *net = self->net;
    uint64_t started = local_thread_ns();
    sch_err err = SCH_NONE;
    queued *message = NULL;
    pthread_mutex_lock(&net->mutex);
    wait_for(net, self->link.self, WAITS_TO_RECEIVE, from);
    local_edge *edge = &net->edge[from][self->link.self];
    if (net->cancelled || edge->first == NULL) {
        err = sch_fail(SCH_TRY_AGAIN, "the peer is gone");
    } else {
        message = take_first(edge);
        pthread_cond_broadcast(&net->changed);
    }
    bool keep_views = net->keep_views;
    pthread_mutex_unlock(&net->mutex);
    if (message != NULL && (message->step != step || message->bytes != bytes)) {
        err = sch_fail(SCH_BAD_PEER, "a message is not the one that has to come");
    } else if (message != NULL) {
        memcpy(out, message->content, bytes);
        err = keep_views ? keep(&self->view, from, message) : SCH_NONE;
    }
    free(message);
    self->link_ns += local_thread_ns() - started;
    return err;
}

/* ---- the net ---- */

local_net *local_net_new(size_t window_bytes, size_t count)
{
    static const sch_link_ops ops = {link_send, link_receive};
    local_net *net = calloc(1, sizeof *net);
    if (net == NULL) {
        return NULL;
    }
    pthread_mutex_init(&net->mutex, NULL);
    pthread_cond_init(&net->changed, NULL);
    net->window = window_bytes;
    net->count = count;
    for (size_t p = 0; p < count; p++) {
        net->member[p].net = net;
        net->member[p].link = (sch_link){&ops, &net->member[p], (sch_party)p};
    }
    return net;
}

void local_net_free(local_net *net)
{
    if (net == NULL) {
        return;
    }
    for (size_t from = 0; from < net->count; from++) {
        for (size_t to = 0; to < net->count; to++) {
            while (net->edge[from][to].first != NULL) {
                free(take_first(&net->edge[from][to]));
            }
            free(net->edge[from][to].held);
        }
        sch_buf_clear(&net->member[from].view.content);
    }
    pthread_cond_destroy(&net->changed);
    pthread_mutex_destroy(&net->mutex);
    free(net);
}

const sch_link *local_net_link(local_net *net, sch_party party)
{
    return &net->member[party].link;
}

void local_net_set_fault(local_net *net, local_fault fault)
{
    net->fault = fault;
}

void local_net_keep_views(local_net *net)
{
    net->keep_views = true;
}

void local_net_finish(local_net *net, sch_party party)
{
    pthread_mutex_lock(&net->mutex);
    net->member[party].finished = true;
    cancel_if_stuck(net);
    pthread_cond_broadcast(&net->changed);
    pthread_mutex_unlock(&net->mutex);
}

void local_net_cancel(local_net *net)
{
    pthread_mutex_lock(&net->mutex);
    net->cancelled = true;
    pthread_cond_broadcast(&net->changed);
    pthread_mutex_unlock(&net->mutex);
}

const local_view *local_net_view(const local_net *net, sch_party party)
{
    return &net->member[party].view;
}

size_t local_net_messages(const local_net *net, sch_party from, sch_party to)
{
    return net->edge[from][to].messages;
}

size_t local_net_bytes_sent(const local_net *net, sch_party party)
{
    return net->member[party].bytes_sent;
}

uint64_t local_net_link_ns(const local_net *net, sch_party party)
{
    return net->member[party].link_ns;
}

bool local_net_was_stuck(const local_net *net)
{
    return net->stuck;
}
