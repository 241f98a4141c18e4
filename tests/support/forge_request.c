/* forge_request.c - sends requests that an honest analyst's program does not send, and prints what the node says.
 *
 *     forge_request PROFILE SQL HOW [AGREEMENT HASH]
 *
 * good        nothing wrong
 * many:COUNT  so many good ones in a row over one connection
 * altered     a number in the request is changed after signing
 * replayed    the signed request is sent a second time after its answer came
 * changed     the same id is sent a second time with other bytes, signed
 * expired     signed ten minutes ago, valid for five
 * early       signed an hour ahead of the clock
 * later       not to be answered before an hour from now
 * version     under another hash than the agreement has
 * ahead:COUNT so many in a row over one connection, made thousands of years ahead of the clock
 * backdated   made at the first moment that there is, valid for a day
 * garbage     random bytes instead of a message
 * ...         what tests/support/bend_request.h can do to a request
 *
 * The query is written with what the node offers under the profile's agreement, or else the first that lists the
 * analyst. AGREEMENT and HASH (64 hexadecimal digits) are named in the request in place of that agreement's own.
 *
 * Prints "done", or "fail <code>: <sentence>", or "closed" where the node ended the connection; one line for each
 * message sent, but with many one line in all: "COUNT done". For tests/system. */
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
#include "proto/agreement.h"
#include "proto/control.h"
#include "proto/parts.h"
#include "proto/request.h"
#include "proto/sealed.h"
#include "tests/support/bend_request.h"

enum { WAIT_MS = 20000, MINUTE_MS = 60000, DAY_MS = 86400000, MAX_CATALOGS = 16 };

typedef struct forger {
    const char *sql, *how;
    const char *agreement, *hash; /* NULL: the offered one's */
    sch_profile profile;
    sch_identity identity;
    sch_client *client;
    char offered[SCH_NAME_BYTES];
    uint8_t offered_hash[SCH_HASH_BYTES];
    bool has_offer;
    sch_catalog catalog[MAX_CATALOGS];
    size_t catalog_count;
    sch_detail detail;
} forger;

static bool is_how(const forger *f, const char *how)
{
    return strcmp(f->how, how) == 0;
}

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
    sch_control_clear(control);
    SCH_TRY(sch_client_receive(f->client, &bytes, timeout_ms, NULL));
    SCH_TRY(sch_control_decode(control, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

/* ---- what is offered ---- */

static sch_err take_agreement(forger *f, const sch_parts *whole)
{
    sch_err err = SCH_NONE;
    sch_bundle bundle = {0};
    SCH_TRY(sch_bundle_decode(&bundle, whole->bytes.data, whole->bytes.bytes, &f->detail));
    bool wanted = f->profile.agreement[0] == '\0' || strcmp(f->profile.agreement, bundle.agreement.id) == 0;
    if (!f->has_offer && wanted) {
        memcpy(f->offered, bundle.agreement.id, sizeof f->offered);
        memcpy(f->offered_hash, bundle.hash, sizeof f->offered_hash);
        f->has_offer = true;
    }
out:
    sch_bundle_clear(&bundle);
    return err;
}

static sch_err take_catalog(forger *f, const sch_parts *whole, const sch_control *control)
{
    sch_err err = SCH_NONE;
    if (memcmp(control->hash, f->offered_hash, sizeof f->offered_hash) == 0 && f->catalog_count < MAX_CATALOGS) {
        SCH_TRY(sch_catalog_decode(&f->catalog[f->catalog_count], whole->bytes.data, whole->bytes.bytes, &f->detail));
        f->catalog_count++;
    }
out:
    return err;
}

/* Asks for agreements and catalogues, and keeps the first agreement with its catalogues. */
static sch_err fetch_offer(forger *f)
{
    sch_parts whole = {0};
    sch_control control = {0};
    sch_err err = SCH_NONE;
    sch_control ask = {.kind = SCH_CONTROL_CATALOG_ASK};
    SCH_TRY(send_control(f, &ask));
    for (;;) {
        SCH_TRY(receive_control(f, &control, WAIT_MS));
        bool agreement = control.kind == SCH_CONTROL_AGREEMENT;
        if (agreement && control.bytes.bytes == 0) {
            break;
        }
        SCH_TRY(sch_check(agreement || control.kind == SCH_CONTROL_CATALOG, SCH_BAD_PEER,
                          "the node answered with another message than agreements and catalogues"));
        SCH_TRY(sch_parts_take(&whole, &control, SCH_MAX_CATALOG_BYTES));
        if (sch_parts_complete(&whole)) {
            SCH_TRY(agreement ? take_agreement(f, &whole) : take_catalog(f, &whole, &control));
            sch_parts_clear(&whole);
        }
    }
    SCH_TRY(sch_check(f->has_offer, SCH_DENIED, "no agreement lists the analyst"));
out:
    sch_control_clear(&control);
    sch_parts_clear(&whole);
    return err;
}

/* ---- the request ---- */

static sch_err read_hash(uint8_t out[static SCH_HASH_BYTES], const char *text)
{
    for (size_t i = 0; i < SCH_HASH_BYTES; i++) {
        unsigned byte = 0;
        if (strlen(text) != 2 * (size_t)SCH_HASH_BYTES || sscanf(text + 2 * i, "%2x", &byte) != 1) {
            return sch_fail(SCH_BAD_INPUT, "HASH has to be 64 hexadecimal digits");
        }
        out[i] = (uint8_t)byte;
    }
    return SCH_NONE;
}

static sch_err name_agreement(forger *f, sch_request *request)
{
    sch_err err = SCH_NONE;
    memcpy(request->agreement, f->offered, sizeof request->agreement);
    memcpy(request->agreement_hash, f->offered_hash, sizeof request->agreement_hash);
    if (f->agreement != NULL) {
        SCH_TRY(sch_text_copy(request->agreement, sizeof request->agreement, f->agreement));
        SCH_TRY(read_hash(request->agreement_hash, f->hash));
    }
    if (is_how(f, "version")) {
        request->agreement_hash[0] ^= 1U;
    }
out:
    return err;
}

static void set_times(const forger *f, sch_request *request)
{
    int64_t now = sch_clock_now().value;
    if (is_how(f, "backdated")) {
        request->created.value = 1;
        request->not_before.value = 1;
        request->not_after.value = now + DAY_MS;
        return;
    }
    if (strncmp(f->how, "ahead:", 6) == 0) {
        now = SCH_MAX_TIME_MS - DAY_MS;
    } else if (is_how(f, "expired")) {
        now -= 10 * MINUTE_MS;
    } else if (is_how(f, "early")) {
        now += 60 * MINUTE_MS;
    }
    request->created.value = now;
    request->not_before.value = now + (is_how(f, "later") ? 60 * MINUTE_MS : 0);
    request->not_after.value = request->not_before.value + 5 * MINUTE_MS;
}

static sch_err sign(const forger *f, sch_control *out, const sch_request *request)
{
    sch_err err = SCH_NONE;
    sch_buf_clear(&out->bytes);
    SCH_TRY(sch_request_encode(&out->bytes, request));
    SCH_TRY(sch_request_bytes_sign(out->signature, out->bytes.data, out->bytes.bytes, f->identity.identity_secret));
out:
    return err;
}

/* The signed request, and in *changed the same id with other bytes. */
static sch_err make_submit(forger *f, sch_control *out, sch_control *changed)
{
    const sch_catalog *catalogs[MAX_CATALOGS];
    sch_request request = {0};
    size_t position = 0;
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < f->catalog_count; i++) {
        catalogs[i] = &f->catalog[i];
    }
    SCH_TRY(sch_sql_parse(&request, &position, f->sql, catalogs, f->catalog_count, &f->detail));
    SCH_TRY(name_agreement(f, &request));
    set_times(f, &request);
    bool bent = false;
    SCH_TRY(bend_request(&request, f->how, &bent));
    request.id = sch_id_new(request.created);
    memcpy(request.analyst, f->profile.analyst, sizeof request.analyst);
    memcpy(request.recipient[0], f->profile.analyst, sizeof request.recipient[0]);
    request.recipient_count = 1;
    SCH_TRY(sch_text_copy(request.purpose, sizeof request.purpose, "forged"));
    *out = (sch_control){.kind = SCH_CONTROL_SUBMIT, .id = request.id};
    *changed = *out;
    SCH_TRY(sign(f, out, &request));
    request.not_after.value += 1;
    SCH_TRY(sign(f, changed, &request));
    if (is_how(f, "altered")) {
        memcpy(changed->signature, out->signature, sizeof changed->signature);
    }
out:
    sch_request_clear(&request);
    return err;
}

/* ---- the answer ---- */

/* Prints what the node says in the end, unless it is quiet and all is well. */
static sch_err print_answer(forger *f, bool quiet)
{
    sch_control control = {0};
    sch_err err = SCH_NONE;
    bool ended = false;
    while (!ended) {
        err = receive_control(f, &control, WAIT_MS);
        if (err.code == SCH_IO || err.code == SCH_BAD_PEER) {
            puts("closed");
            err = SCH_NONE;
            break;
        }
        SCH_TRY(err);
        bool status = control.kind == SCH_CONTROL_STATUS && sch_request_state_is_end(control.state);
        ended = status || control.kind == SCH_CONTROL_FAIL;
        if (status && control.state == SCH_REQUEST_RELEASED) {
            (void)printf("%s", quiet ? "" : "done\n");
        } else if (ended) {
            (void)printf("fail %s: %s\n", sch_code_name(control.code), control.text.text);
            err = quiet ? sch_fail(SCH_DENIED, "one of the requests failed") : SCH_NONE;
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
    SCH_TRY(print_answer(f, false));
out:
    return err;
}

static sch_err send_one(forger *f, bool quiet)
{
    sch_control submit = {0}, changed = {0};
    sch_err err = SCH_NONE;
    SCH_TRY(make_submit(f, &submit, &changed));
    SCH_TRY(send_control(f, is_how(f, "altered") ? &changed : &submit));
    SCH_TRY(print_answer(f, quiet));
    if (is_how(f, "replayed") || is_how(f, "changed")) {
        SCH_TRY(send_control(f, is_how(f, "changed") ? &changed : &submit));
        SCH_TRY(print_answer(f, quiet));
    }
out:
    sch_control_clear(&submit);
    sch_control_clear(&changed);
    return err;
}

static sch_err forge(forger *f, const char *profile)
{
    sch_err err = SCH_NONE;
    SCH_TRY(connect_to_node(f, profile));
    SCH_TRY(fetch_offer(f));
    if (is_how(f, "garbage")) {
        SCH_TRY(send_garbage(f));
    } else if (strncmp(f->how, "many:", 5) == 0) {
        long count = strtol(f->how + 5, NULL, 10);
        for (long i = 0; i < count; i++) {
            SCH_TRY(send_one(f, true));
        }
        (void)printf("%ld done\n", count);
    } else if (strncmp(f->how, "ahead:", 6) == 0) {
        for (long count = strtol(f->how + 6, NULL, 10); count > 0; count--) {
            SCH_TRY(send_one(f, false));
        }
    } else {
        SCH_TRY(send_one(f, false));
    }
out:
    return err;
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 6) {
        fputs("usage: forge_request PROFILE SQL HOW [AGREEMENT HASH]\n", stderr);
        return 2;
    }
    static forger f;
    f.sql = argv[2];
    f.how = argv[3];
    f.agreement = argc == 6 ? argv[4] : NULL;
    f.hash = argc == 6 ? argv[5] : NULL;
    sch_err err = sch_secret_start();
    if (!sch_failed(err)) {
        err = forge(&f, argv[1]);
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
