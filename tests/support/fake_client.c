#include "tests/support/fake_client.h"

#include "proto/parts.h"
#include "tests/support/unit.h"

enum { LINE = 256, MOST_EMPTY = 2000 };

struct sch_client {
    int unused;
};

fake_node fake;

static sch_client g_client;
static sch_buf g_line[LINE]; /* a connection's end has no bytes */
static size_t g_first, g_count, g_empty;

void fake_reset(void)
{
    for (size_t i = 0; i < LINE; i++) {
        sch_buf_clear(&g_line[i]);
    }
    for (size_t i = 0; i < sizeof fake.last / sizeof fake.last[0]; i++) {
        sch_control_clear(&fake.last[i]);
    }
    g_first = g_count = g_empty = 0;
    fake = (fake_node){.client = &g_client};
}

static sch_buf *next_place(void)
{
    assert_true(g_count < LINE);
    sch_buf *place = &g_line[(g_first + g_count++) % LINE];
    place->bytes = 0;
    return place;
}

void fake_put(const sch_control *control)
{
    unit_assert_ok(sch_control_encode(next_place(), control));
}

void fake_put_end(void)
{
    (void)next_place();
}

void fake_put_parts(const sch_control *head, const sch_buf *whole)
{
    sch_control control = *head;
    control.bytes = (sch_buf){0};
    control.parts = sch_parts_count(whole->bytes);
    for (control.part = 0; control.part < control.parts; control.part++) {
        unit_assert_ok(sch_parts_cut(&control, whole));
        fake_put(&control);
    }
    sch_buf_clear(&control.bytes);
}

size_t fake_count(sch_control_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < fake.sent_count; i++) {
        count += fake.sent[i] == kind;
    }
    return count;
}

/* ---- node/net/client.h ---- */

sch_err sch_client_open(sch_client **out, const sch_client_options *options, sch_detail *detail)
{
    (void)options;
    (void)detail;
    *out = NULL;
    if (fake.refuse_opens > 0) {
        fake.refuse_opens--;
        return sch_fail(SCH_IO, "nobody listens there");
    }
    fake.opened++;
    *out = &g_client;
    return SCH_NONE;
}

sch_err sch_client_send(sch_client *client, const uint8_t *data, size_t bytes)
{
    sch_control control;
    assert_ptr_equal(client, &g_client);
    assert_true(fake.sent_count < FAKE_SENT);
    unit_assert_ok(sch_control_decode(&control, data, bytes));
    fake.sent[fake.sent_count++] = control.kind;
    sch_control_clear(&fake.last[control.kind]);
    fake.last[control.kind] = control;
    if (fake.answer != NULL) {
        fake.answer(&control);
    }
    return SCH_NONE;
}

sch_err sch_client_receive(sch_client *client, sch_buf *out, int timeout_ms, const _Atomic bool *stop)
{
    (void)timeout_ms;
    assert_ptr_equal(client, &g_client);
    if (stop != NULL && *stop) {
        return sch_fail(SCH_TRY_AGAIN, "stopped");
    }
    if (g_count == 0) {
        assert_true(g_empty++ < MOST_EMPTY); /* it waits for what never comes */
        return sch_fail(SCH_TRY_AGAIN, "no message came in time");
    }
    const sch_buf *first = &g_line[g_first];
    g_first = (g_first + 1) % LINE;
    g_count--;
    if (first->bytes == 0) {
        return sch_fail(SCH_IO, "the connection ended");
    }
    return sch_buf_append(out, first->data, first->bytes);
}

void sch_client_close(sch_client *client)
{
    (void)client;
}
