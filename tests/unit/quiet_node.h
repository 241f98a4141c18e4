/* quiet_node.h - a node's table of requests without a network: a mesh that knows nobody, so that nothing can be sent; a
 * store in a temporary folder. Every function fails the test where it cannot do its work. */
#ifndef SCH_TESTS_UNIT_QUIET_NODE_H
#define SCH_TESTS_UNIT_QUIET_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "node/job/job.h"
#include "node/net/line.h"

/* Peers: their numbers in the book. CALLER is the one that took a request which the node itself did not take. */
enum {
    QUIET_STRANGER = 0,
    QUIET_DATA,
    QUIET_SPINE,
    QUIET_HELPER,
    QUIET_CALLER,
    QUIET_DATA_2,
    QUIET_DATA_3,
    QUIET_PEERS
};

/* Parties of the requests that are added from now on: 3 (the spine owner, DATA, HELPER) or 5 (DATA_2 and DATA_3 too,
 * behind DATA). */
extern size_t quiet_parties;

/* The peer that is a party, by the party's number; the first one is SPINE. */
uint32_t quiet_party(size_t party);

/* Sessions of analysts: anna sent the requests, bram did not; the third one has ended. */
enum { QUIET_ANNA = 1077, QUIET_BRAM = 1078, QUIET_NOBODY = 1079, QUIET_ANALYSTS = 2 };

typedef struct quiet_node {
    sch_conf conf;
    sch_identity identity;
    uint8_t secret[SCH_SIGN_SECRET_BYTES];
    uint8_t peer_secret[QUIET_PEERS][SCH_SIGN_SECRET_BYTES];
    sch_mesh mesh;
    sch_peer_state state[QUIET_PEERS];
    sch_card peer[QUIET_PEERS];
    sch_card analyst[QUIET_ANALYSTS];
    sch_session_state session[QUIET_ANALYSTS];
    sch_agreement_party party[QUIET_PEERS + 1]; /* the peers, then the node itself */
    sch_agreement_analyst listed[QUIET_ANALYSTS];
    sch_book_agreement agreement; /* "proef", in force from the beginning to the end of time; lists all of them */
    char folder[64];
    sch_jobs jobs;
} quiet_node;

quiet_node *quiet_node_new(void);
void quiet_node_free(quiet_node *node);

/* How a request stands at the node. */
typedef struct quiet_job {
    sch_job_phase phase; /* not ENDING; the durable state is the one that belongs to it */
    bool elsewhere;      /* CALLER took it; else the node itself did */
    bool outside;        /* the node has no part in it; else it is the spine owner */
    bool reserved;       /* its ledger holds it: reserved, and spent where it runs */
} quiet_job;

/* Puts a request of anna's into table and store, without a thread; its hour is not over for a long time. */
sch_job *quiet_node_add(quiet_node *node, uint8_t id, const quiet_job *kind);

/* A message as it comes in: a FAIL is a refusal, told of third. One is handed over; the other given to be changed
 * first. */
void quiet_node_tell(quiet_node *node, uint32_t from, sch_control_kind kind, uint8_t id);
sch_event *quiet_node_event(uint32_t from, sch_control_kind kind, uint8_t id);

/* What the store holds. ledger: 0 for no entry. */
void quiet_node_assert_stored(quiet_node *node, uint8_t id, sch_request_state state, sch_ledger_state ledger);

#endif
