#include "tests/unit/quiet_node.h"

#include <unistd.h>

#include "node/base/clock.h"
#include "tests/support/unit.h"

enum { FAR_MS = 864000000 };

static const char *const PEER[QUIET_PEERS] = {"other", "third", "spine", "helper", "caller", "fourth", "fifth"};
static const char *const ANALYST[QUIET_ANALYSTS] = {"anna", "bram"};

size_t quiet_parties = 3;

uint32_t quiet_party(size_t party)
{
    static const uint32_t THREE[] = {QUIET_SPINE, QUIET_DATA, QUIET_HELPER};
    static const uint32_t FIVE[] = {QUIET_SPINE, QUIET_DATA, QUIET_DATA_2, QUIET_DATA_3, QUIET_HELPER};
    return quiet_parties == 3 ? THREE[party] : FIVE[party];
}

static void set_name(char out[static SCH_NAME_BYTES], const char *name)
{
    (void)snprintf(out, SCH_NAME_BYTES, "%s", name);
}

static void make_people(quiet_node *node)
{
    sch_agreement *agreement = &node->agreement.bundle.agreement;
    for (size_t p = 0; p < QUIET_PEERS; p++) {
        set_name(node->peer[p].name, PEER[p]);
        unit_assert_ok(sch_sign_keypair(node->peer[p].identity, node->peer_secret[p]));
        set_name(node->party[p].name, PEER[p]);
        memcpy(node->party[p].identity, node->peer[p].identity, sizeof node->party[p].identity);
    }
    set_name(node->party[QUIET_PEERS].name, "own");
    for (size_t p = 0; p <= QUIET_PEERS; p++) {
        node->party[p].role = SCH_AGREEMENT_OWNER;
        node->party[p].approval = SCH_APPROVAL_AUTOMATIC;
    }
    for (size_t a = 0; a < QUIET_ANALYSTS; a++) {
        set_name(node->analyst[a].name, ANALYST[a]);
        set_name(node->listed[a].name, ANALYST[a]);
        node->listed[a].valid_until.value = SCH_MAX_TIME_MS;
        node->session[a] = (sch_session_state){.id = {QUIET_ANNA + (uint32_t)a}, .analyst = a};
    }
    node->session[0].next = &node->session[1];
    set_name(agreement->id, "proef");
    agreement->version = 1;
    agreement->valid_until.value = SCH_MAX_TIME_MS;
    agreement->retention_days = 30;
    agreement->budget = 1000;
    agreement->budget_period = SCH_PERIOD_DAY;
    agreement->party = node->party;
    agreement->party_count = QUIET_PEERS + 1;
    agreement->analyst = node->listed;
    agreement->analyst_count = QUIET_ANALYSTS;
}

quiet_node *quiet_node_new(void)
{
    sch_detail detail = {{0}};
    quiet_node *node = calloc(1, sizeof *node);
    assert_non_null(node);
    (void)snprintf(node->folder, sizeof node->folder, "/tmp/test_job.XXXXXX");
    assert_non_null(mkdtemp(node->folder));
    set_name(node->conf.node, "own");
    node->conf.request_minutes = 60;
    node->conf.max_jobs = 4;
    unit_assert_ok(sch_sign_keypair(node->identity.card.identity, node->secret));
    node->identity.identity_secret = node->secret;
    make_people(node);
    (void)pthread_mutex_init(&node->mesh.lock, NULL);
    node->jobs.options.conf = &node->conf;
    node->jobs.options.identity = &node->identity;
    unit_assert_ok(sch_store_open(&node->jobs.options.store, node->folder, "own", &detail));
    node->jobs.mesh = &node->mesh;
    node->jobs.peer = node->state;
    node->jobs.book.agreement = &node->agreement;
    node->jobs.book.agreement_count = 1;
    node->jobs.book.peer = node->peer;
    node->jobs.book.peer_count = QUIET_PEERS;
    node->jobs.book.analyst = node->analyst;
    node->jobs.book.analyst_count = QUIET_ANALYSTS;
    node->jobs.sessions = &node->session[0];
    unit_assert_ok(sch_outbox_open(&node->jobs.outbox, &node->mesh));
    return node;
}

static void remove_file(const char *folder, const char *name)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)unlink(path);
}

void quiet_node_free(quiet_node *node)
{
    static const char *const FILES[] = {"state.db", "state.db-wal", "state.db-shm", "state.lock"};
    while (node->jobs.first != NULL) {
        sch_job_remove(node->jobs.first);
    }
    sch_outbox_close(node->jobs.outbox);
    while (node->jobs.early != NULL) {
        sch_event *next = node->jobs.early->next;
        sch_event_free(node->jobs.early);
        node->jobs.early = next;
    }
    sch_store_close(node->jobs.options.store);
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        remove_file(node->folder, FILES[i]);
    }
    assert_int_equal(rmdir(node->folder), 0);
    (void)pthread_mutex_destroy(&node->mesh.lock);
    free(node);
}

static void fill_request(sch_job *job, uint8_t id)
{
    sch_request *request = &job->request;
    request->id.byte[0] = id;
    set_name(request->analyst, ANALYST[0]);
    set_name(request->agreement, "proef");
    set_name(request->recipient[0], ANALYST[0]);
    request->recipient_count = 1;
    request->created = sch_clock_now();
    request->not_before = request->created;
    request->not_after.value = request->created.value + FAR_MS;
}

static void fill_row(sch_job *job, const quiet_job *kind)
{
    static const sch_request_state STATE[] = {
        [SCH_JOB_WAITING] = SCH_REQUEST_WAITING,   [SCH_JOB_APPROVED] = SCH_REQUEST_APPROVED,
        [SCH_JOB_PREPARING] = SCH_REQUEST_RUNNING, [SCH_JOB_COMPUTING] = SCH_REQUEST_RUNNING,
        [SCH_JOB_FINISHED] = SCH_REQUEST_RUNNING,
    };
    sch_stored_request *row = &job->row;
    row->id = job->request.id;
    row->state = STATE[kind->phase];
    row->part_done = kind->phase == SCH_JOB_FINISHED && !kind->outside;
    row->created = job->request.created;
    row->not_after = job->request.not_after;
    row->expires.value = job->request.not_after.value + FAR_MS;
    memset(row->request_hash, 9, sizeof row->request_hash);
    set_name(row->agreement, "proef");
    set_name(row->analyst, ANALYST[0]);
    set_name(row->coordinator, kind->elsewhere ? "caller" : "own");
    row->party_count = quiet_parties;
    row->holder[1] = (uint8_t)(quiet_parties - 1);
    for (size_t p = 0; p < quiet_parties; p++) {
        set_name(row->party[p], p == 0 && !kind->outside ? "own" : PEER[quiet_party(p)]);
    }
    unit_assert_ok(sch_buf_append(&row->bytes, "request", 7));
}

/* Data owners help each other where there are several; else the last party helps, which has no rows. */
static void fill_plan(sch_job *job)
{
    sch_plan *plan = &job->plan;
    sch_cast *cast = &plan->member[0];
    size_t owners = quiet_parties - 2;
    memcpy(plan->party, job->row.party, sizeof plan->party);
    plan->party_count = quiet_parties;
    plan->member_count = 1;
    plan->part_count = 1 + owners;
    plan->shape.data_owners = (uint16_t)owners;
    for (size_t d = 0; d < owners; d++) {
        cast->data[d] = (sch_party)(1 + d);
        cast->helper[d] = (sch_party)(owners == 1 ? 2 : 1 + (d + 1) % owners);
    }
    cast->second = (sch_party)(quiet_parties - 1);
    cast->third = 1;
    plan->local[0].max_rows = 10;
}

static sch_err put(quiet_node *node, const sch_job *job, bool reserved)
{
    sch_err err = SCH_NONE;
    sch_store *store = node->jobs.options.store;
    SCH_TRY(sch_store_put_request(store, &job->row));
    if (reserved) {
        SCH_TRY(sch_store_reserve(store, &job->row.id, "proef", job->row.analyst, (sch_time_ms){0}));
    }
    if (reserved && job->row.state == SCH_REQUEST_RUNNING) {
        SCH_TRY(sch_store_settle(store, &job->row.id, SCH_LEDGER_SPENT));
    }
out:
    return err;
}

sch_job *quiet_node_add(quiet_node *node, uint8_t id, const quiet_job *kind)
{
    sch_job *job = calloc(1, sizeof *job);
    assert_non_null(job);
    (void)pthread_mutex_init(&job->lock, NULL);
    (void)pthread_cond_init(&job->changed, NULL);
    job->jobs = &node->jobs;
    job->agreement = &node->agreement;
    job->analyst = &node->listed[0];
    job->phase = kind->phase;
    fill_request(job, id);
    fill_row(job, kind);
    job->coordinator = kind->elsewhere ? (sch_peer_id){QUIET_CALLER} : SCH_SELF;
    job->is_party = !kind->outside;
    job->self = 0;
    for (size_t p = 0; p < quiet_parties; p++) {
        job->party[p] = p == 0 && !kind->outside ? SCH_SELF : (sch_peer_id){quiet_party(p)};
    }
    fill_plan(job);
    job->started_ns = sch_clock_ns();
    sch_jobs_begin(&node->jobs);
    unit_assert_ok(sch_jobs_commit(&node->jobs, put(node, job, kind->reserved), false));
    sch_job_add(&node->jobs, job);
    return job;
}

sch_event *quiet_node_event(uint32_t from, sch_control_kind kind, uint8_t id)
{
    sch_event *event = sch_event_new(SCH_EVENT_CONTROL, (sch_peer_id){from});
    assert_non_null(event);
    event->control.kind = kind;
    event->control.id.byte[0] = id;
    if (kind == SCH_CONTROL_FAIL) {
        event->control.state = SCH_REQUEST_REFUSED;
        event->control.code = SCH_DENIED;
        set_name(event->control.node, "third");
        sch_detail_set(&event->control.text, "for a test");
    }
    return event;
}

void quiet_node_tell(quiet_node *node, uint32_t from, sch_control_kind kind, uint8_t id)
{
    sch_job_handle(&node->jobs, quiet_node_event(from, kind, id));
}

void quiet_node_assert_stored(quiet_node *node, uint8_t id, sch_request_state state, sch_ledger_state ledger)
{
    sch_request_id wanted = {{id}};
    sch_stored_request row = {0};
    sch_ledger_state entry = SCH_LEDGER_SPENT;
    bool found = false;
    unit_assert_ok(sch_store_get_request(node->jobs.options.store, &found, &row, &wanted));
    assert_true(found);
    assert_string_equal(sch_request_state_name(row.state), sch_request_state_name(state));
    sch_stored_request_clear(&row);
    unit_assert_ok(sch_store_get_ledger_state(node->jobs.options.store, &found, &entry, &wanted));
    assert_int_equal(found ? entry : 0, ledger);
}
