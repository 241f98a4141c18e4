/* client.h - an analyst's connection to one node: control messages only. Used by one thread. */
#ifndef SCH_NODE_NET_CLIENT_H
#define SCH_NODE_NET_CLIENT_H

#include "node/net/mesh.h"

typedef struct sch_client sch_client;

typedef struct sch_client_options {
    char name[SCH_NAME_BYTES]; /* the analyst's */
    const char *certificate_file, *tls_key_file;
    const uint8_t *identity_secret; /* 64 bytes; borrowed */
    sch_mesh_peer node;             /* whom to call */
} sch_client_options;

/* Connects and authenticates, within 10 seconds. Errors: SCH_IO (nobody listens there, no answer in time, no room for
 * another session, a file is missing), SCH_BAD_PEER (not the pinned key, another version), SCH_DENIED (the node does
 * not know this analyst), SCH_BAD_INPUT (address, certificate), SCH_NO_MEMORY; the detail says what to do. */
sch_err sch_client_open(sch_client **out, const sch_client_options *options, sch_detail *detail);

/* Sends one control message of 1 to SCH_MAX_CONTROL_BYTES bytes. Errors: SCH_IO where the connection ended, SCH_BUG. */
sch_err sch_client_send(sch_client *client, const uint8_t *data, size_t bytes);

/* The next control message, appended to `out`. Waits at most timeout_ms, and less where *stop becomes true (stop may be
 * NULL; looked at every 100 ms at least). Errors: SCH_TRY_AGAIN with an empty `out` for a time-out or stop, SCH_IO
 * where the connection ended, SCH_BAD_PEER, SCH_NO_MEMORY. A node ends a session that has sent nothing for 60 seconds;
 * this call sends heartbeats while it waits. */
sch_err sch_client_receive(sch_client *client, sch_buf *out, int timeout_ms, const _Atomic bool *stop);

/* Says farewell and frees. Accepts NULL. */
void sch_client_close(sch_client *client);

#endif
