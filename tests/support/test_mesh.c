#include "tests/support/test_mesh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/base/clock.h"

static void require(bool holds, const char *what, const char *detail)
{
    if (!holds) {
        (void)fprintf(stderr, "test mesh: %s: %s\n", what, detail);
        exit(1);
    }
}

/* ---- handlers ---- */

static void notice(sch_test_node *node)
{
    (void)pthread_cond_broadcast(&node->changed);
    (void)pthread_mutex_unlock(&node->lock);
}

static void on_peer(void *context, sch_peer_id peer, bool up)
{
    sch_test_node *node = context;
    (void)pthread_mutex_lock(&node->lock);
    node->ups += up ? 1 : 0;
    node->downs += up ? 0 : 1;
    size_t greet = up ? node->greet_messages : 0;
    while (greet > 0 && node->mesh == NULL) { /* the peer was faster than the return of sch_mesh_open */
        (void)pthread_cond_wait(&node->changed, &node->lock);
    }
    sch_mesh *mesh = node->mesh;
    notice(node);
    static const uint8_t page[48 << 10];
    for (size_t i = 0; i < greet && mesh != NULL; i++) {
        sch_err err = sch_mesh_send_control(mesh, peer, page, sizeof page);
        (void)err; /* the peer may be gone again */
    }
}

static void on_session(void *context, sch_peer_id session, size_t analyst, bool open)
{
    sch_test_node *node = context;
    (void)analyst;
    (void)pthread_mutex_lock(&node->lock);
    node->opened += open ? 1 : 0;
    node->closed += open ? 0 : 1;
    node->session = session;
    notice(node);
}

static void on_control(void *context, sch_peer_id from, const uint8_t *data, size_t bytes)
{
    sch_test_node *node = context;
    (void)pthread_mutex_lock(&node->lock);
    node->messages++;
    node->message_bytes += bytes;
    node->last_from = from;
    bool echo = node->echo;
    sch_mesh *mesh = node->mesh;
    notice(node);
    if (echo && mesh != NULL) {
        sch_err err = sch_mesh_send_control(mesh, from, data, bytes);
        (void)err;
    }
}

static void on_event(void *context, const char *peer, const char *text)
{
    sch_test_node *node = context;
    (void)pthread_mutex_lock(&node->lock);
    if (node->event_count < SCH_TEST_EVENTS) {
        node->event[node->event_count] = text;
        (void)snprintf(node->event_peer[node->event_count], SCH_NAME_BYTES, "%s", peer);
        node->event_count++;
    }
    notice(node);
}

/* ---- making ---- */

static void fill_peer(sch_mesh_peer *out, const sch_test_node *node)
{
    memcpy(out->name, node->name, sizeof out->name);
    out->address = node->address;
    memcpy(out->tls_pin, node->keys.pin, sizeof out->tls_pin);
    memcpy(out->identity, node->keys.identity, sizeof out->identity);
}

void sch_test_net_prepare(sch_test_net *net)
{
    sch_test_net_prepare_count(net, SCH_TEST_NODES);
}

void sch_test_net_prepare_count(sch_test_net *net, size_t count)
{
    static const char *const names[SCH_TEST_MAX_NODES] = {"alpha", "beta", "gamma", "delta", "epsilon"};
    memset(net, 0, sizeof *net);
    net->count = count;
    require(sch_secret_start().code == SCH_OK, "starting", "no randomness");
    sch_test_keys_make(&net->analyst);
    for (size_t i = 0; i < net->count; i++) {
        sch_test_node *node = &net->node[i];
        sch_test_keys_make(&node->keys);
        (void)snprintf(node->name, sizeof node->name, "%s", names[i]);
        (void)snprintf(node->address, sizeof node->address, "127.0.0.1:%u", sch_test_free_port());
        (void)pthread_mutex_init(&node->lock, NULL);
        pthread_condattr_t clock;
        (void)pthread_condattr_init(&clock);
        (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
        (void)pthread_cond_init(&node->changed, &clock);
        (void)pthread_condattr_destroy(&clock);
        (void)snprintf(node->analyst.name, sizeof node->analyst.name, "anna");
        memcpy(node->analyst.tls_pin, net->analyst.pin, sizeof node->analyst.tls_pin);
        memcpy(node->analyst.identity, net->analyst.identity, sizeof node->analyst.identity);
    }
    for (size_t i = 0; i < net->count; i++) {
        for (size_t j = 0; j < net->count; j++) {
            memset(net->end_key[i][j], (int)(1 + i * j + i + j), 32);
            if (i != j) {
                fill_peer(&net->node[i].peer[sch_test_peer(i, j).value], &net->node[j]);
            }
        }
        net->node[i].peer_count = net->count - 1;
    }
}

sch_peer_id sch_test_peer(size_t i, size_t j)
{
    return (sch_peer_id){(uint32_t)(j < i ? j : j - 1)};
}

void sch_test_node_open(sch_test_net *net, size_t i)
{
    sch_test_node *node = &net->node[i];
    sch_detail detail = {0};
    sch_mesh_options options = {
        .listen = node->address,
        .certificate_file = node->keys.certificate_file,
        .tls_key_file = node->keys.tls_key_file,
        .identity_secret = node->keys.identity_secret,
        .peer = node->peer,
        .peer_count = node->peer_count,
        .analyst = &node->analyst,
        .analyst_count = 1,
        .handlers = {node, on_peer, on_session, on_control, on_event},
    };
    memcpy(options.name, node->name, sizeof options.name);
    sch_mesh *mesh = NULL;
    sch_err err = sch_mesh_open(&mesh, &options, &detail);
    require(!sch_failed(err), "opening a mesh", sch_detail_or_text(&detail, err));
    (void)pthread_mutex_lock(&node->lock);
    node->mesh = mesh;
    notice(node);
}

void sch_test_node_close(sch_test_net *net, size_t i)
{
    sch_test_node *node = &net->node[i];
    sch_mesh_close(node->mesh); /* handlers may still use node->mesh until it returns */
    (void)pthread_mutex_lock(&node->lock);
    node->mesh = NULL;
    (void)pthread_mutex_unlock(&node->lock);
}

void sch_test_net_clear(sch_test_net *net)
{
    for (size_t i = 0; i < net->count; i++) {
        sch_test_node_close(net, i);
    }
    for (size_t i = 0; i < net->count; i++) {
        sch_test_keys_remove(&net->node[i].keys);
        (void)pthread_mutex_destroy(&net->node[i].lock);
        (void)pthread_cond_destroy(&net->node[i].changed);
    }
    sch_test_keys_remove(&net->analyst);
}

void sch_test_net_open(sch_test_net *net)
{
    sch_test_net_open_count(net, SCH_TEST_NODES);
}

void sch_test_net_open_count(sch_test_net *net, size_t count)
{
    sch_test_net_prepare_count(net, count);
    for (size_t i = 0; i < net->count; i++) {
        sch_test_node_open(net, i);
    }
    for (size_t i = 0; i < net->count; i++) {
        for (size_t j = 0; j < net->count; j++) {
            require(i == j || sch_test_wait_up(net, i, j, true), "coming up", "a node does not see another");
        }
    }
}

/* ---- waiting ---- */

static void pause_ms(long ms)
{
    struct timespec pause = {.tv_nsec = ms * 1000000};
    (void)nanosleep(&pause, NULL);
}

bool sch_test_wait_up(sch_test_net *net, size_t i, size_t j, bool up)
{
    for (int ms = 0; ms < SCH_TEST_WAIT_MS; ms += 5) {
        if (sch_mesh_is_up(net->node[i].mesh, sch_test_peer(i, j)) == up) {
            return true;
        }
        pause_ms(5);
    }
    return false;
}

bool sch_test_wait_why(sch_test_net *net, size_t i, size_t j, const char *text)
{
    for (int ms = 0; ms < SCH_TEST_WAIT_MS; ms += 5) {
        sch_detail why = {0};
        sch_mesh_why_down(net->node[i].mesh, sch_test_peer(i, j), &why);
        if (strcmp(why.text, text) == 0) {
            return true;
        }
        pause_ms(5);
    }
    return false;
}

static bool wait_change(sch_test_node *node, uint64_t deadline)
{
    struct timespec until = {.tv_sec = (time_t)(deadline / 1000000000), .tv_nsec = (long)(deadline % 1000000000)};
    return pthread_cond_timedwait(&node->changed, &node->lock, &until) == 0;
}

bool sch_test_wait_count(sch_test_node *node, const unsigned *counter, unsigned at_least)
{
    uint64_t deadline = sch_clock_ns() + SCH_TEST_WAIT_MS * UINT64_C(1000000);
    (void)pthread_mutex_lock(&node->lock);
    bool on_time = true;
    while (on_time && *counter < at_least) {
        on_time = wait_change(node, deadline);
    }
    bool reached = *counter >= at_least;
    (void)pthread_mutex_unlock(&node->lock);
    return reached;
}

uint64_t sch_test_count(sch_test_node *node, const unsigned *counter)
{
    (void)pthread_mutex_lock(&node->lock);
    uint64_t count = *counter;
    (void)pthread_mutex_unlock(&node->lock);
    return count;
}

uint64_t sch_test_message_bytes(sch_test_node *node)
{
    (void)pthread_mutex_lock(&node->lock);
    uint64_t bytes = node->message_bytes;
    (void)pthread_mutex_unlock(&node->lock);
    return bytes;
}

bool sch_test_wait_messages(sch_test_node *node, unsigned count)
{
    return sch_test_wait_count(node, &node->messages, count);
}

static bool has_event(const sch_test_node *node, const char *peer, const char *text)
{
    for (size_t i = 0; i < node->event_count; i++) {
        if (strcmp(node->event[i], text) == 0 && strcmp(node->event_peer[i], peer) == 0) {
            return true;
        }
    }
    return false;
}

bool sch_test_wait_event(sch_test_node *node, const char *peer, const char *text)
{
    uint64_t deadline = sch_clock_ns() + SCH_TEST_WAIT_MS * UINT64_C(1000000);
    (void)pthread_mutex_lock(&node->lock);
    bool on_time = true;
    while (on_time && !has_event(node, peer, text)) {
        on_time = wait_change(node, deadline);
    }
    bool came = has_event(node, peer, text);
    (void)pthread_mutex_unlock(&node->lock);
    return came;
}

/* ---- jobs and clients ---- */

sch_err sch_test_job_open(sch_test_net *net, size_t i, sch_mesh_job **job, uint8_t id)
{
    sch_request_id request = {{id, 7}};
    sch_peer_id party[SCH_TEST_MAX_NODES] = {0};
    const uint8_t *key[SCH_TEST_MAX_NODES] = {0};
    for (size_t j = 0; j < net->count; j++) {
        if (j != i) {
            party[j] = sch_test_peer(i, j);
            key[j] = net->end_key[i][j];
        }
    }
    return sch_mesh_job_open(net->node[i].mesh, job, request, (sch_party)i, net->count, party, key);
}

void *sch_test_ending_finish(void *ending)
{
    sch_test_ending *e = ending;
    e->err = sch_mesh_link_finish(&e->link);
    return NULL;
}

sch_client_options sch_test_client_options(sch_test_net *net, size_t i)
{
    sch_client_options options = {
        .certificate_file = net->analyst.certificate_file,
        .tls_key_file = net->analyst.tls_key_file,
        .identity_secret = net->analyst.identity_secret,
    };
    (void)snprintf(options.name, sizeof options.name, "anna");
    fill_peer(&options.node, &net->node[i]);
    return options;
}

sch_err sch_test_client_open(sch_test_net *net, size_t i, sch_client **client, sch_detail *detail)
{
    sch_client_options options = sch_test_client_options(net, i);
    return sch_client_open(client, &options, detail);
}
