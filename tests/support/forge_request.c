/* forge_request.c - sends requests that an honest analyst's program does not send, and prints what the node says.
 *
 *     forge_request PROFILE SQL HOW [AGREEMENT [OTHER]]
 *     forge_request PROFILE SQL many COUNT
 *
 * AGREEMENT: its id; the profile's or the only one where none is named, or "-". HOW:
 *
 * good              nothing wrong; "done" at the end
 * many              COUNT good ones, one after the other over one connection
 * altered           a number in the request is changed after signing
 * replayed          the signed request is sent a second time after its answer came
 * changed           a second request is sent under the first one's id, signed as well
 * version           the agreement's hash is another one
 * recipient         the result is for analyst OTHER ("niemand")
 * data_set          SQL is over the data sets of agreement OTHER
 * one_owner         the first data set is OTHER, of the second one's owner
 * as                signed and sent by the analyst whose profile OTHER is
 * expired           signed ten minutes ago, valid for five
 * early             signed an hour ahead of the clock
 * not_before        to be answered in an hour
 * garbage           random bytes instead of a message
 *
 * Prints for each message that was sent "done", or "fail CODE: SENTENCE", or "closed" where the node ended the connection; for
 * many "COUNT done". For the tests of tests/system. */
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

enum { WAIT_MS = 20000, MINUTE_MS = 60000, MAX_OFFERS = 16 };

typedef struct offer {
    sch_bundle bundle;
    sch_catalog catalog[SCH_MAX_AGREEMENT_PARTIES];
    const sch_catalog *view[SCH_MAX_AGREEMENT_PARTIES];
    size_t catalog_count;
} offer;

typedef struct forger {
    sch_profile profile;
    sch_identity identity;
    sch_client *client;
    offer offer[MAX_OFFERS];
    size_t offer_count;
    sch_detail detail;
} forger;

/* The command line. */
typedef struct order {
    const char *sql, *how, *agreement, *other;
    unsigned count;
} order;

static bool is(const order *o, const char *how)
{
    return strcmp(o->how, how) == 0;
}

/* ---- one connection ---- */

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

static void disconnect(forger *f)
{
    sch_client_close(f->client);
    for (size_t i = 0; i < f->offer_count; i++) {
        for (size_t c = 0; c < f->offer[i].catalog_count; c++) {
            sch_catalog_clear(&f->offer[i].catalog[c]);
        }
        sch_bundle_clear(&f->offer[i].bundle);
    }
    sch_identity_clear(&f->identity);
    sch_profile_clear(&f->profile);
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

static sch_err receive_control(forger *f, sch_control *control)
{
    sch_buf bytes = {0};
    sch_err err = SCH_NONE;
    *control = (sch_control){0};
    SCH_TRY(sch_client_receive(f->client, &bytes, WAIT_MS, NULL));
    SCH_TRY(sch_control_decode(control, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

/* ---- agreements and catalogues ---- */

/* Takes a whole agreement or catalogue; catalogues follow their agreement. */
static sch_err take_whole(forger *f, const sch_control *control, const sch_buf *bytes)
{
    sch_err err = SCH_NONE;
    if (control->kind == SCH_CONTROL_AGREEMENT) {
        SCH_TRY(sch_check(f->offer_count < MAX_OFFERS, SCH_BAD_PEER, "the node sent too many agreements"));
        return sch_bundle_decode(&f->offer[f->offer_count++].bundle, bytes->data, bytes->bytes, &f->detail);
    }
    SCH_TRY(sch_check(f->offer_count > 0, SCH_BAD_PEER, "the node sent a catalogue before an agreement"));
    offer *o = &f->offer[f->offer_count - 1];
    SCH_TRY(sch_check(o->catalog_count < SCH_MAX_AGREEMENT_PARTIES, SCH_BAD_PEER, "the node sent too many catalogues"));
    SCH_TRY(sch_catalog_decode(&o->catalog[o->catalog_count], bytes->data, bytes->bytes, &f->detail));
    o->view[o->catalog_count] = &o->catalog[o->catalog_count];
    o->catalog_count++;
out:
    return err;
}

static sch_err fetch_offers(forger *f)
{
    sch_parts whole = {0};
    sch_control control = {0};
    sch_err err = SCH_NONE;
    sch_control ask = {.kind = SCH_CONTROL_CATALOG_ASK};
    SCH_TRY(send_control(f, &ask));
    for (;;) {
        sch_control_clear(&control);
        SCH_TRY(receive_control(f, &control));
        SCH_TRY(sch_check(control.kind == SCH_CONTROL_AGREEMENT || control.kind == SCH_CONTROL_CATALOG, SCH_BAD_PEER,
                          "the node answered with another message than agreements and catalogues"));
        if (control.kind == SCH_CONTROL_AGREEMENT && control.bytes.bytes == 0) {
            break;
        }
        SCH_TRY(sch_parts_take(&whole, &control, SCH_MAX_CATALOG_BYTES));
        if (sch_parts_complete(&whole)) {
            SCH_TRY(take_whole(f, &control, &whole.bytes));
            sch_parts_clear(&whole);
        }
    }
out:
    sch_control_clear(&control);
    sch_parts_clear(&whole);
    return err;
}

/* name: NULL for the profile's, or the first. */
static sch_err find_offer(forger *f, const offer **out, const char *name)
{
    if (name == NULL && f->profile.agreement[0] != '\0') {
        name = f->profile.agreement;
    }
    for (size_t i = 0; i < f->offer_count; i++) {
        if (name == NULL || strcmp(f->offer[i].bundle.agreement.id, name) == 0) {
            *out = &f->offer[i];
            return SCH_NONE;
        }
    }
    return sch_fail(SCH_BAD_INPUT, "there is no such agreement");
}

/* ---- the request ---- */

static void set_times(sch_request *request, const order *o)
{
    int64_t now = sch_clock_now().value;
    int64_t created = is(o, "expired") ? now - 10 * MINUTE_MS : is(o, "early") ? now + 60 * MINUTE_MS : now;
    request->created.value = created;
    request->not_before.value = is(o, "not_before") ? created + 60 * MINUTE_MS : created;
    request->not_after.value = request->not_before.value + 5 * MINUTE_MS;
    request->id = sch_id_new((sch_time_ms){now});
}

/* Puts another data set of the second one's owner in the first one's place. */
static sch_err take_one_owner(sch_request *request, const offer *from, const char *data_set)
{
    sch_err err = SCH_NONE;
    const sch_data_set *found = NULL;
    for (size_t c = 0; c < from->catalog_count; c++) {
        if (strcmp(from->catalog[c].node, request->from[1].node) == 0) {
            found = sch_catalog_find(&from->catalog[c], data_set);
        }
    }
    SCH_TRY(sch_check(found != NULL, SCH_BAD_INPUT, "the owner has no such data set"));
    memcpy(request->from[0].node, request->from[1].node, SCH_NAME_BYTES);
    memcpy(request->from[0].data_set, found->name, SCH_NAME_BYTES);
    memcpy(request->join_column[0], sch_data_set_identifier(found)->name, SCH_NAME_BYTES);
    SCH_TRY(sch_data_set_hash(request->from[0].schema_hash, found));
out:
    return err;
}

static sch_err make_request(forger *f, sch_request *request, const order *o)
{
    sch_err err = SCH_NONE;
    const offer *named = NULL, *read = NULL;
    size_t position = 0;
    SCH_TRY(find_offer(f, &named, o->agreement));
    read = named;
    if (is(o, "data_set")) {
        SCH_TRY(find_offer(f, &read, o->other));
    }
    SCH_TRY(sch_sql_parse(request, &position, o->sql, read->view, read->catalog_count, &f->detail));
    set_times(request, o);
    memcpy(request->analyst, f->profile.analyst, sizeof request->analyst);
    memcpy(request->agreement, named->bundle.agreement.id, sizeof request->agreement);
    memcpy(request->agreement_hash, named->bundle.hash, sizeof request->agreement_hash);
    memcpy(request->purpose, "Proef", sizeof "Proef");
    memcpy(request->recipient[0], request->analyst, SCH_NAME_BYTES);
    request->recipient_count = 1;
    request->agreement_hash[0] ^= is(o, "version") ? 1 : 0;
    if (is(o, "recipient")) {
        SCH_TRY(sch_text_copy(request->recipient[0], SCH_NAME_BYTES, o->other == NULL ? "niemand" : o->other));
    } else if (is(o, "one_owner")) {
        SCH_TRY(take_one_owner(request, read, o->other == NULL ? "" : o->other));
    }
out:
    return err;
}

static sch_err make_submit(forger *f, sch_control *out, const sch_request *request)
{
    sch_err err = SCH_NONE;
    *out = (sch_control){.kind = SCH_CONTROL_SUBMIT, .id = request->id};
    SCH_TRY(sch_request_encode(&out->bytes, request));
    SCH_TRY(sch_request_bytes_sign(out->signature, out->bytes.data, out->bytes.bytes, f->identity.identity_secret));
out:
    return err;
}

/* ---- the answer ---- */

/* Gives what the node says in the end; nothing (kind 0) where it ended the connection. */
static sch_err await_end(forger *f, sch_control *end)
{
    sch_err err = SCH_NONE;
    bool ended = false;
    *end = (sch_control){0};
    while (!ended) {
        sch_control_clear(end);
        err = receive_control(f, end);
        if (err.code == SCH_IO || err.code == SCH_BAD_PEER) {
            return SCH_NONE;
        }
        SCH_TRY(err);
        ended =
            end->kind == SCH_CONTROL_FAIL || (end->kind == SCH_CONTROL_STATUS && sch_request_state_is_end(end->state));
    }
out:
    return err;
}

static sch_err print_answer(forger *f)
{
    sch_control end = {0};
    sch_err err = SCH_NONE;
    SCH_TRY(await_end(f, &end));
    if (end.kind == 0) {
        puts("closed");
    } else if (end.state == SCH_REQUEST_RELEASED) {
        puts("done");
    } else {
        printf("fail %s: %s\n", sch_code_name(end.code), end.text.text);
    }
out:
    sch_control_clear(&end);
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

static sch_err send_many(forger *f, const order *o)
{
    sch_err err = SCH_NONE;
    sch_request request = {0};
    sch_control submit = {0}, end = {0};
    unsigned done = 0;
    SCH_TRY(make_request(f, &request, o));
    while (done < o->count) {
        sch_control_clear(&submit);
        sch_control_clear(&end);
        set_times(&request, o);
        SCH_TRY(make_submit(f, &submit, &request));
        SCH_TRY(send_control(f, &submit));
        SCH_TRY(await_end(f, &end));
        if (end.state != SCH_REQUEST_RELEASED) {
            printf("fail %s: %s\n", sch_code_name(end.code), end.text.text);
            break;
        }
        done++;
    }
    printf("%u done\n", done);
out:
    sch_control_clear(&submit);
    sch_control_clear(&end);
    sch_request_clear(&request);
    return err;
}

/* sender: who signs and sends what `f` made. */
static sch_err send_request(forger *f, forger *sender, const order *o)
{
    sch_err err = SCH_NONE;
    sch_request request = {0};
    sch_control submit = {0};
    SCH_TRY(make_request(f, &request, o));
    memcpy(request.analyst, sender->profile.analyst, sizeof request.analyst);
    SCH_TRY(make_submit(sender, &submit, &request));
    if (is(o, "altered")) {
        request.not_after.value += 1;
        sch_buf_clear(&submit.bytes);
        SCH_TRY(sch_request_encode(&submit.bytes, &request));
    }
    SCH_TRY(send_control(sender, &submit));
    SCH_TRY(print_answer(sender));
    if (is(o, "changed")) {
        request.not_after.value += 1;
        sch_control_clear(&submit);
        SCH_TRY(make_submit(sender, &submit, &request));
    }
    if (is(o, "changed") || is(o, "replayed")) {
        SCH_TRY(send_control(sender, &submit));
        SCH_TRY(print_answer(sender));
    }
out:
    sch_control_clear(&submit);
    sch_request_clear(&request);
    return err;
}

static sch_err forge(forger *f, forger *other, const char *profile, const order *o)
{
    sch_err err = SCH_NONE;
    SCH_TRY(connect_to_node(f, profile));
    SCH_TRY(fetch_offers(f));
    if (is(o, "garbage")) {
        return send_garbage(f);
    }
    if (is(o, "many")) {
        return send_many(f, o);
    }
    if (is(o, "as")) {
        SCH_TRY(sch_check(o->other != NULL, SCH_BAD_INPUT, "whose profile?"));
        SCH_TRY(connect_to_node(other, o->other));
    }
    SCH_TRY(send_request(f, is(o, "as") ? other : f, o));
out:
    return err;
}

static bool is_known(const char *how)
{
    static const char *const KNOWN[] = {"good",    "many",      "altered",    "replayed",  "changed",
                                        "version", "recipient", "data_set",   "one_owner", "as",
                                        "expired", "early",     "not_before", "garbage"};
    bool known = false;
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
        known = known || strcmp(how, KNOWN[i]) == 0;
    }
    return known;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 6 || !is_known(argv[3])) {
        fputs("usage: forge_request PROFILE SQL HOW [AGREEMENT [OTHER]]\n"
              "       forge_request PROFILE SQL many COUNT\n",
              stderr);
        return 2;
    }
    static forger f, other;
    order o = {.sql = argv[2], .how = argv[3], .other = argc > 5 ? argv[5] : NULL};
    if (is(&o, "many")) {
        o.count = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
    } else if (argc > 4 && strcmp(argv[4], "-") != 0) {
        o.agreement = argv[4];
    }
    sch_err err = sch_secret_start();
    if (!sch_failed(err)) {
        err = forge(&f, &other, argv[1], &o);
    }
    if (sch_failed(err)) {
        fprintf(stderr, "forge_request: %s\n",
                sch_detail_or_text(f.detail.text[0] != '\0' ? &f.detail : &other.detail, err));
    }
    disconnect(&other);
    disconnect(&f);
    return sch_failed(err) ? 1 : 0;
}
