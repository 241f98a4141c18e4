/* forge_request.c - sends requests that an honest analyst's program does not send, and prints what the node says.
 *
 *     forge_request PROFILE SQL good | altered | replayed | expired | early | garbage
 *
 * good      nothing wrong; "done" at the end
 * altered   a number in the request is changed after signing
 * replayed  the signed request is sent a second time after its answer came
 * expired   signed ten minutes ago, valid for five
 * early     signed an hour ahead of the clock
 * garbage   random bytes instead of a message
 *
 * Prints "done", or "fail <code>: <sentence>", or "closed" where the node ended the connection; one line for each message
 * sent. For tests/system/test_errors.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/conf/conf.h"
#include "node/identity/identity.h"
#include "node/net/client.h"
#include "node/query/sql.h"
#include "proto/control.h"
#include "proto/parts.h"
#include "proto/request.h"
#include "proto/sealed.h"

enum { WAIT_MS = 20000, MINUTE_MS = 60000, MAX_CATALOGS = 16 };

typedef struct forger {
    sch_profile profile;
    sch_identity identity;
    sch_client *client;
    sch_catalog catalog[MAX_CATALOGS];
    size_t catalog_count;
    sch_detail detail;
} forger;

static sch_err connect_to_node(forger *f, const char *profile)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_profile_load(&f->profile, profile, &f->detail));
    SCH_TRY(sch_identity_load(&f->identity, f->profile.keys, NULL, &f->detail));
    const sch_conf_peer *node = &f->profile.node[f->profile.call];
    sch_client_options options = {.certificate_file = f->identity.certificate_file,
                                  .tls_key_file = f->identity.tls_key_file,
                                  .identity_secret = f->identity.identity_secret,
                                  .node = sch_mesh_peer_of_card(&node->card, NULL)};
    memcpy(options.name, f->profile.analyst, sizeof options.name);
    SCH_TRY(sch_client_open(&f->client, &options, &f->detail));
out:
    return err;
}

static sch_err send_control(forger *f, const sch_control *control)
{
    sch_buf bytes = {0};
    sch_err err = SCH_NONE;
    SCH_TRY(sch_control_encode(&bytes, control));
    SCH_TRY(sch_client_send(f->client, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

static sch_err receive_control(forger *f, sch_control *control, int timeout_ms)
{
    sch_buf bytes = {0};
    sch_err err = SCH_NONE;
    *control = (sch_control){0};
    SCH_TRY(sch_client_receive(f->client, &bytes, timeout_ms, NULL));
    SCH_TRY(sch_control_decode(control, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

/* Asks for catalogues; that of the called node comes last. */
static sch_err fetch_catalogs(forger *f)
{
    sch_parts whole = {0};
    sch_control control = {0};
    sch_err err = SCH_NONE;
    sch_control ask = {.kind = SCH_CONTROL_CATALOG_ASK};
    const char *called = f->profile.node[f->profile.call].card.name;
    bool last = false;
    SCH_TRY(send_control(f, &ask));
    while (!last) {
        sch_control_clear(&control);
        SCH_TRY(receive_control(f, &control, WAIT_MS));
        SCH_TRY(sch_check(control.kind == SCH_CONTROL_CATALOG && f->catalog_count < MAX_CATALOGS, SCH_BAD_PEER,
                          "the node answered with another message than its catalogue"));
        SCH_TRY(sch_parts_take(&whole, &control, SCH_MAX_CATALOG_BYTES));
        if (sch_parts_complete(&whole)) {
            SCH_TRY(sch_catalog_decode(&f->catalog[f->catalog_count], whole.bytes.data, whole.bytes.bytes, &f->detail));
            f->catalog_count++;
            sch_parts_clear(&whole);
            last = strcmp(control.node, called) == 0;
        }
    }
out:
    sch_control_clear(&control);
    sch_parts_clear(&whole);
    return err;
}

/* The signed request, made as `how` says. */
static sch_err make_submit(forger *f, sch_control *out, const char *sql, const char *how)
{
    const sch_catalog *catalogs[MAX_CATALOGS];
    sch_request request = {0};
    sch_buf changed = {0};
    size_t position = 0;
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < f->catalog_count; i++) {
        catalogs[i] = &f->catalog[i];
    }
    SCH_TRY(sch_sql_parse(&request, &position, sql, catalogs, f->catalog_count, &f->detail));
    int64_t now = sch_clock_now().value;
    request.created.value = now;
    if (strcmp(how, "expired") == 0) {
        request.created.value = now - 10 * MINUTE_MS;
    } else if (strcmp(how, "early") == 0) {
        request.created.value = now + 60 * MINUTE_MS;
    }
    request.not_after.value = request.created.value + 5 * MINUTE_MS;
    request.id = sch_id_new(request.created);
    memcpy(request.analyst, f->profile.analyst, sizeof request.analyst);
    out->kind = SCH_CONTROL_SUBMIT;
    out->id = request.id;
    SCH_TRY(sch_request_encode(&out->bytes, &request));
    SCH_TRY(sch_request_bytes_sign(out->signature, out->bytes.data, out->bytes.bytes, f->identity.identity_secret));
    if (strcmp(how, "altered") == 0) {
        request.not_after.value += 1;
        SCH_TRY(sch_request_encode(&changed, &request));
        sch_buf_clear(&out->bytes);
        out->bytes = changed;
        changed = (sch_buf){0};
    }
out:
    sch_buf_clear(&changed);
    sch_request_clear(&request);
    return err;
}

/* Prints what the node says in the end. */
static sch_err print_answer(forger *f)
{
    sch_control control = {0};
    sch_err err = SCH_NONE;
    bool ended = false;
    while (!ended) {
        sch_control_clear(&control);
        err = receive_control(f, &control, WAIT_MS);
        if (err.code == SCH_IO || err.code == SCH_BAD_PEER) {
            puts("closed");
            err = SCH_NONE;
            break;
        }
        SCH_TRY(err);
        if (control.kind == SCH_CONTROL_FAIL) {
            printf("fail %s: %s\n", sch_code_name(control.code), control.text.text);
            ended = true;
        } else if (control.kind == SCH_CONTROL_DONE) {
            puts("done");
            ended = true;
        }
    }
out:
    sch_control_clear(&control);
    return err;
}

static sch_err send_garbage(forger *f)
{
    uint8_t noise[1000];
    sch_err err = SCH_NONE;
    sch_random_fill(noise, sizeof noise);
    SCH_TRY(sch_client_send(f->client, noise, sizeof noise));
    SCH_TRY(print_answer(f));
out:
    return err;
}

static sch_err forge(forger *f, const char *profile, const char *sql, const char *how)
{
    sch_control submit = {0};
    sch_err err = SCH_NONE;
    SCH_TRY(connect_to_node(f, profile));
    SCH_TRY(fetch_catalogs(f));
    if (strcmp(how, "garbage") == 0) {
        SCH_TRY(send_garbage(f));
        goto out;
    }
    SCH_TRY(make_submit(f, &submit, sql, how));
    for (int times = strcmp(how, "replayed") == 0 ? 2 : 1; times > 0; times--) {
        SCH_TRY(send_control(f, &submit));
        SCH_TRY(print_answer(f));
    }
out:
    sch_control_clear(&submit);
    return err;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: forge_request PROFILE SQL good|altered|replayed|expired|early|garbage\n", stderr);
        return 2;
    }
    static forger f;
    sch_err err = sch_secret_start();
    if (!sch_failed(err)) {
        err = forge(&f, argv[1], argv[2], argv[3]);
    }
    if (sch_failed(err)) {
        fprintf(stderr, "forge_request: %s\n", sch_detail_or_text(&f.detail, err));
    }
    sch_client_close(f.client);
    for (size_t i = 0; i < f.catalog_count; i++) {
        sch_catalog_clear(&f.catalog[i]);
    }
    sch_identity_clear(&f.identity);
    sch_profile_clear(&f.profile);
    return sch_failed(err) ? 1 : 0;
}
