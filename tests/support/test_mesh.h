/* test_mesh.h - three nodes, or more, and an analyst in one process, on 127.0.0.1, with what their handlers were
 * told. */
#ifndef SCH_TESTS_SUPPORT_TEST_MESH_H
#define SCH_TESTS_SUPPORT_TEST_MESH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/net/client.h"
#include "node/net/link.h"
#include "node/net/mesh.h"
#include "tests/support/test_keys.h"

enum { SCH_TEST_NODES = 3, SCH_TEST_MAX_NODES = 5, SCH_TEST_EVENTS = 256, SCH_TEST_WAIT_MS = 20000 };

typedef struct sch_test_node {
    sch_test_keys keys;
    char name[SCH_NAME_BYTES];
    char address[32];
    sch_mesh_peer peer[SCH_TEST_MAX_NODES - 1]; /* the others, in order */
    size_t peer_count;
    sch_mesh_peer analyst;
    sch_mesh *mesh; /* NULL while it is closed */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned ups, downs, opened, closed;
    unsigned messages;
    uint64_t message_bytes;
    sch_peer_id last_from, session;
    bool echo;                          /* sends each message back */
    size_t greet_messages;              /* so many of 48 KiB are sent from on_peer(up) */
    const char *event[SCH_TEST_EVENTS]; /* literals */
    char event_peer[SCH_TEST_EVENTS][SCH_NAME_BYTES];
    size_t event_count;
} sch_test_node;

typedef struct sch_test_net {
    sch_test_node node[SCH_TEST_MAX_NODES]; /* alpha, beta, gamma, delta, epsilon */
    size_t count;                           /* of nodes */
    sch_test_keys analyst;                  /* "anna" */
    uint8_t end_key[SCH_TEST_MAX_NODES][SCH_TEST_MAX_NODES][32];
} sch_test_net;

/* Makes keys, ports and books of peers of SCH_TEST_NODES nodes, or of `count`; opens nothing. */
void sch_test_net_prepare(sch_test_net *net);
void sch_test_net_prepare_count(sch_test_net *net, size_t count);
/* Closes what is open and removes the keys. */
void sch_test_net_clear(sch_test_net *net);

void sch_test_node_open(sch_test_net *net, size_t i);
void sch_test_node_close(sch_test_net *net, size_t i);
/* Prepares, opens all, and waits until each sees all others. */
void sch_test_net_open(sch_test_net *net);
void sch_test_net_open_count(sch_test_net *net, size_t count);

/* The number of node j at node i. */
sch_peer_id sch_test_peer(size_t i, size_t j);

/* Waits; false where it takes longer than SCH_TEST_WAIT_MS. */
bool sch_test_wait_up(sch_test_net *net, size_t i, size_t j, bool up);
/* A counter of the node's, read while nobody writes it. */
uint64_t sch_test_count(sch_test_node *node, const unsigned *counter);
uint64_t sch_test_message_bytes(sch_test_node *node);
bool sch_test_wait_messages(sch_test_node *node, unsigned count);
bool sch_test_wait_event(sch_test_node *node, const char *peer, const char *text);
bool sch_test_wait_count(sch_test_node *node, const unsigned *counter, unsigned at_least);
/* Waits until why_down at node i about node j is this text. */
bool sch_test_wait_why(sch_test_net *net, size_t i, size_t j, const char *text);

/* Opens a job in which each node is the party of its number. */
sch_err sch_test_job_open(sch_test_net *net, size_t i, sch_mesh_job **job, uint8_t id);

/* A link whose end a thread waits for: the second is its function, and leaves what came of it. */
typedef struct sch_test_ending {
    sch_link link;
    sch_err err;
} sch_test_ending;
void *sch_test_ending_finish(void *ending);

/* Opens a session of the analyst at node i. */
sch_err sch_test_client_open(sch_test_net *net, size_t i, sch_client **client, sch_detail *detail);
/* The options that it uses. */
sch_client_options sch_test_client_options(sch_test_net *net, size_t i);

#endif
