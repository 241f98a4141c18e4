#include "node/net/client.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/net/auth.h"
#include "node/net/conn.h"
#include "node/net/packet.h"

#define MS UINT64_C(1000000) /* in ns */

enum { OPEN_MS = 10000, SLICE_MS = 100, HEARTBEAT_MS = 5000, DEAD_MS = 15000 };

struct sch_client {
    sch_tls tls;
    sch_conn *conn; /* owned */
    sch_packet packet;
    const uint8_t *rest; /* borrowed from conn: read, not taken yet */
    size_t rest_bytes;
};

/* What a failed call means to an analyst, and what to do. */
static sch_err explain(sch_err err, const sch_mesh_peer *node, sch_detail *detail)
{
    const char *advice = "";
    switch (err.code) {
    case SCH_TRY_AGAIN:
        err.code = SCH_IO;
        break;
    case SCH_BAD_PEER:
        advice = "; compare your copy of its card with its operator's";
        break;
    case SCH_DENIED:
        advice = "; its operator has to add your card";
        break;
    default:
        break;
    }
    sch_detail_set(detail, "node %s at %s: %s%s", node->name, node->address == NULL ? "(no address)" : node->address,
                   err.text, advice);
    return err;
}

sch_err sch_client_open(sch_client **out, const sch_client_options *options, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint64_t deadline = sch_clock_ns() + OPEN_MS * MS;
    sch_auth_self self = {options->name, options->identity_secret};
    *out = NULL;
    sch_client *client = calloc(1, sizeof *client);
    SCH_TRY(sch_check(client != NULL, SCH_NO_MEMORY, "no memory for a connection"));
    SCH_TRY(sch_tls_init(&client->tls, options->certificate_file, options->tls_key_file, detail));
    err = sch_check(options->node.address != NULL, SCH_BAD_INPUT, "its address is not configured");
    if (!sch_failed(err)) {
        err = sch_conn_new_caller(&client->conn, &client->tls, options->node.address);
    }
    if (!sch_failed(err)) {
        err = sch_conn_open(client->conn, deadline);
    }
    if (!sch_failed(err)) {
        err = sch_auth_call(client->conn, &self, &options->node, SCH_CONNECTION_ANALYST, deadline);
    }
    if (!sch_failed(err)) {
        err = sch_conn_authenticated(client->conn, options->node.psk, false);
    }
    if (sch_failed(err)) {
        err = explain(err, &options->node, detail);
        goto out;
    }
    *out = client;
    client = NULL;
out:
    sch_client_close(client);
    return err;
}

static sch_err send_packet(sch_client *client, const uint8_t *data, size_t bytes)
{
    uint8_t head[SCH_PACKET_HEAD_BYTES];
    sch_put_u32(head, (uint32_t)bytes);
    return sch_conn_write(client->conn, head, sizeof head, data, bytes);
}

sch_err sch_client_send(sch_client *client, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(bytes > 0 && bytes <= SCH_MAX_CONTROL_BYTES, SCH_BUG, "a control message of the wrong size"));
    SCH_TRY(send_packet(client, data, bytes));
out:
    return err;
}

/* Waits one slice for bytes. Errors: SCH_TRY_AGAIN where none came. */
static sch_err read_slice(sch_client *client, uint64_t deadline)
{
    sch_err err = SCH_NONE;
    uint64_t now = sch_clock_ns();
    uint64_t left = now < deadline ? (deadline - now) / MS : 0;
    if (now - sch_conn_last_sent_ns(client->conn) >= HEARTBEAT_MS * MS) {
        SCH_TRY(send_packet(client, NULL, 0));
    }
    err = sch_conn_read(client->conn, &client->rest, &client->rest_bytes, left < SLICE_MS ? (int)left + 1 : SLICE_MS);
    if (sch_failed(err)) {
        client->rest_bytes = 0;
    }
    bool silent = sch_clock_ns() - sch_conn_last_received_ns(client->conn) >= DEAD_MS * MS;
    if (err.code == SCH_TRY_AGAIN && silent) {
        err = sch_fail(SCH_IO, "the node has been silent for too long");
    }
out:
    return err;
}

sch_err sch_client_receive(sch_client *client, sch_buf *out, int timeout_ms, const _Atomic bool *stop)
{
    sch_err err = SCH_NONE;
    uint64_t deadline = sch_clock_ns() + (timeout_ms > 0 ? (uint64_t)timeout_ms : 0) * MS;
    for (;;) {
        while (client->rest_bytes > 0) {
            bool complete = false;
            SCH_TRY(sch_packet_take(&client->packet, &complete, &client->rest, &client->rest_bytes));
            if (complete && client->packet.body.bytes > 0) {
                SCH_TRY(sch_buf_append(out, client->packet.body.data, client->packet.body.bytes));
                goto out;
            }
        }
        SCH_TRY(sch_check(stop == NULL || !*stop, SCH_TRY_AGAIN, "stopped"));
        err = read_slice(client, deadline);
        if (sch_failed(err) && (err.code != SCH_TRY_AGAIN || sch_clock_ns() >= deadline)) {
            goto out;
        }
        err = SCH_NONE;
    }
out:
    return err;
}

void sch_client_close(sch_client *client)
{
    if (client == NULL) {
        return;
    }
    if (client->conn != NULL) {
        sch_conn_farewell(client->conn);
        sch_conn_shut(client->conn);
        sch_conn_release(client->conn);
    }
    sch_packet_clear(&client->packet);
    sch_tls_clear(&client->tls);
    free(client);
}
