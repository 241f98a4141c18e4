/* Frames as bytes, and the rules for what may come in which order; no network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/base/buf.h"
#include "node/net/job.h"
#include "node/net/packet.h"

static void assert_err(sch_err err, sch_code code)
{
    if (err.code != code) {
        fail_msg("expected %s, got %s (%s)", sch_code_name(code), sch_code_name(err.code), err.text);
    }
}

/* ---- headers ---- */

static sch_frame data_frame(uint32_t sequence, uint32_t length, uint64_t total)
{
    return (sch_frame){.kind = SCH_FRAME_DATA,
                       .step = 3,
                       .shard = 7,
                       .job = {{1, 2, 3}},
                       .sequence = sequence,
                       .length = length,
                       .total = total};
}

static void test_frame_decode_what_was_encoded_is_equal(void **state)
{
    (void)state;
    uint8_t bytes[SCH_FRAME_HEADER_BYTES];
    sch_frame back;
    sch_frame frame = data_frame(UINT32_C(0x01020304), SCH_MAX_FRAME_BYTES, UINT64_C(0x1122334455667788));
    sch_frame_encode(bytes, &frame);
    static const uint8_t expected[SCH_FRAME_HEADER_BYTES] = {
        1,    0,    3,    0,    7,    0,    0,    0,                           /* kind, step, shard */
        1,    2,    3,    0,    0,    0,    0,    0,   0, 0, 0, 0, 0, 0, 0, 0, /* job */
        4,    3,    2,    1,    0,    0,    16,   0,                           /* sequence, length */
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};                       /* total */
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_err(sch_frame_decode(&back, bytes), SCH_OK);
    uint8_t again[SCH_FRAME_HEADER_BYTES];
    sch_frame_encode(again, &back);
    assert_memory_equal(again, expected, sizeof expected);
}

static void test_frame_decode_fields_out_of_range_are_bad_peer(void **state)
{
    (void)state;
    const sch_frame bad[] = {
        {.kind = SCH_FRAME_DATA, .length = 0, .total = 5},
        {.kind = SCH_FRAME_DATA, .length = SCH_MAX_FRAME_BYTES + 1, .total = SCH_MAX_FRAME_BYTES + 1},
        {.kind = SCH_FRAME_DATA, .length = 6, .total = 5},
        {.kind = SCH_FRAME_CREDIT, .total = 0},
        {.kind = SCH_FRAME_CREDIT, .total = 1, .length = 1},
        {.kind = SCH_FRAME_CREDIT, .total = 1, .step = 1},
        {.kind = SCH_FRAME_CREDIT, .total = 1, .sequence = 1},
        {.kind = SCH_FRAME_END, .length = SCH_FRAME_MAC_BYTES - 1},
        {.kind = SCH_FRAME_END, .length = SCH_FRAME_MAC_BYTES, .total = 1},
        {.kind = SCH_FRAME_END, .length = SCH_FRAME_MAC_BYTES, .step = 1},
        {.kind = SCH_FRAME_HEARTBEAT, .shard = 1},
        {.kind = (sch_frame_kind)5},
        {.kind = (sch_frame_kind)0},
    };
    unsigned refused = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t bytes[SCH_FRAME_HEADER_BYTES];
        sch_frame back;
        sch_frame_encode(bytes, &bad[i]);
        assert_err(sch_frame_decode(&back, bytes), SCH_BAD_PEER);
        refused++;
    }
    assert_int_equal(refused, 13);
    uint8_t bytes[SCH_FRAME_HEADER_BYTES] = {SCH_FRAME_HEARTBEAT};
    sch_frame back;
    assert_err(sch_frame_decode(&back, bytes), SCH_OK);
    bytes[1] = 1;
    assert_err(sch_frame_decode(&back, bytes), SCH_BAD_PEER);
}

/* ---- control messages ---- */

static void test_packet_take_any_cut_gives_the_same_messages(void **state)
{
    (void)state;
    sch_buf wire = {0};
    for (size_t size = 0; size < 40; size++) {
        uint8_t head[4];
        uint8_t body[40];
        sch_put_u32(head, (uint32_t)size);
        memset(body, (int)size, sizeof body);
        assert_err(sch_buf_append(&wire, head, 4), SCH_OK);
        assert_err(sch_buf_append(&wire, body, size), SCH_OK);
    }
    for (size_t piece = 1; piece < 50; piece++) {
        sch_packet packet = {0};
        size_t messages = 0;
        for (size_t at = 0; at < wire.bytes; at += piece) {
            const uint8_t *data = wire.data + at;
            size_t left = wire.bytes - at < piece ? wire.bytes - at : piece;
            while (left > 0) {
                bool complete = false;
                assert_err(sch_packet_take(&packet, &complete, &data, &left), SCH_OK);
                if (complete) {
                    assert_int_equal(packet.body.bytes, messages);
                    assert_true(messages == 0 || packet.body.data[messages - 1] == messages);
                    messages++;
                }
            }
        }
        assert_int_equal(messages, 40);
        sch_packet_clear(&packet);
    }
    sch_buf_clear(&wire);
}

static void test_packet_take_too_large_is_bad_peer(void **state)
{
    (void)state;
    sch_packet packet = {0};
    uint8_t head[4];
    sch_put_u32(head, SCH_MAX_CONTROL_BYTES + 1);
    const uint8_t *data = head;
    size_t left = sizeof head;
    bool complete = false;
    assert_err(sch_packet_take(&packet, &complete, &data, &left), SCH_BAD_PEER);
    assert_false(complete);
    sch_packet_clear(&packet);
}

/* ---- a job without a network ---- */

typedef struct end { /* stands for a connection */
    sch_buf sent;
    unsigned released;
} end;

static sch_err end_write(void *bulk, const uint8_t *head, size_t head_bytes, const uint8_t *body, size_t body_bytes)
{
    sch_err err = SCH_NONE;
    end *e = bulk;
    SCH_TRY(sch_buf_append(&e->sent, head, head_bytes));
    SCH_TRY(sch_buf_append(&e->sent, body, body_bytes));
out:
    return err;
}

static uint64_t end_wire_bytes(const void *bulk, size_t bytes)
{
    (void)bulk;
    return bytes;
}

static void end_release(void *connection)
{
    ((end *)connection)->released++;
}

static const sch_route_ops end_ops = {end_write, end_wire_bytes, end_release};

enum { SPINE, DATA, HELPER, PARTIES, ALL = 7 }; /* the parties of the job; the set of them */

static sch_links links;
static sch_mesh_job *job;
static end ends[3];
static const sch_request_id id = {{1, 2, 3}};

/* The job of S; D is ends[1], H is ends[2]. */
static int open_job(void **state)
{
    (void)state;
    static const uint8_t key[SCH_KEY_BYTES] = {1};
    const uint8_t *const keys[PARTIES] = {NULL, key, key};
    sch_route route[PARTIES] = {{NULL, NULL, NULL}, {&end_ops, &ends[1], &ends[1]}, {&end_ops, &ends[2], &ends[2]}};
    memset(ends, 0, sizeof ends);
    assert_err(sch_secret_start(), SCH_OK);
    sch_links_init(&links);
    assert_err(sch_links_open_job(&links, &job, id, SPINE, PARTIES, route, keys), SCH_OK);
    return 0;
}

static int close_job(void **state)
{
    (void)state;
    sch_mesh_job_close(job);
    sch_links_clear(&links);
    unsigned released = ends[1].released + ends[2].released;
    for (size_t i = 0; i < 3; i++) {
        sch_buf_clear(&ends[i].sent);
    }
    return released == 4 ? 0 : -1;
}

static sch_err begin(void *context, const sch_frame *frame)
{
    return sch_links_begin(&links, context, frame);
}

static sch_err piece(void *context, const sch_frame *frame, size_t offset, const uint8_t *data, size_t bytes)
{
    return sch_links_piece(&links, context, frame, offset, data, bytes);
}

/* As if D had sent this frame with a payload of zeros. */
static sch_err arrive(const sch_frame *frame)
{
    static const uint8_t zeros[SCH_MAX_FRAME_BYTES];
    uint8_t header[SCH_FRAME_HEADER_BYTES];
    sch_frame_parser parser = {0};
    sch_frame_sink sink = {&ends[1], begin, piece};
    sch_err err = SCH_NONE;
    sch_frame_encode(header, frame);
    SCH_TRY(sch_frame_feed(&parser, &sink, header, sizeof header));
    SCH_TRY(sch_frame_feed(&parser, &sink, zeros, frame->length));
out:
    return err;
}

static sch_err arrive_data(uint32_t sequence, uint32_t length, uint64_t total)
{
    sch_frame frame = data_frame(sequence, length, total);
    return arrive(&frame);
}

static void test_links_begin_frames_in_order_are_received(void **state)
{
    (void)state;
    uint8_t out[300];
    sch_link link = {0};
    assert_err(arrive_data(0, 100, 300), SCH_OK);
    assert_err(sch_mesh_link_open(job, &link, 7, ALL), SCH_OK);
    assert_err(arrive_data(1, 150, 300), SCH_OK);
    assert_err(arrive_data(2, 50, 300), SCH_OK);
    assert_err(sch_link_receive(&link, DATA, 3, out, 300), SCH_OK);
    assert_int_equal(sch_mesh_job_traffic(job).received_bytes, 300 + 3 * SCH_FRAME_HEADER_BYTES);
    sch_mesh_link_close(&link);
}

static void test_links_begin_gap_or_repeat_is_bad_peer(void **state)
{
    (void)state;
    assert_err(arrive_data(1, 100, 300), SCH_BAD_PEER);
    assert_err(arrive_data(0, 100, 300), SCH_OK);
    assert_err(arrive_data(0, 100, 300), SCH_BAD_PEER);
    assert_err(arrive_data(2, 100, 300), SCH_BAD_PEER);
    assert_err(arrive_data(1, 100, 300), SCH_OK);
}

static void test_links_begin_frame_of_another_message_is_bad_peer(void **state)
{
    (void)state;
    assert_err(arrive_data(0, 100, 300), SCH_OK);
    assert_err(arrive_data(1, 100, 301), SCH_BAD_PEER); /* another total */
    sch_frame frame = data_frame(1, 100, 300);
    frame.step = 4;
    assert_err(arrive(&frame), SCH_BAD_PEER);
    assert_err(arrive_data(1, 201, 300), SCH_BAD_PEER); /* more than is left */
}

static void test_links_begin_over_the_window_is_bad_peer(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        assert_err(arrive_data(i, SCH_MAX_FRAME_BYTES, SCH_MAX_FRAME_BYTES), SCH_OK);
    }
    assert_err(arrive_data(3, SCH_MAX_FRAME_BYTES, SCH_MAX_FRAME_BYTES), SCH_BAD_PEER); /* the cost of frames counts */
    assert_err(arrive_data(3, SCH_MAX_FRAME_BYTES - 4 * 64, SCH_MAX_FRAME_BYTES - 4 * 64), SCH_OK);
    assert_err(arrive_data(4, 1, 1), SCH_BAD_PEER);
}

static void test_links_begin_small_frames_are_bounded_too(void **state)
{
    (void)state;
    uint32_t taken = 0;
    while (!sch_failed(arrive_data(taken, 1, 1))) {
        taken++;
        assert_true(taken < 100000);
    }
    assert_int_equal(taken, SCH_WINDOW_BYTES / (SCH_FRAME_COST_BYTES + 1));
}

static void test_link_receive_returns_credit(void **state)
{
    (void)state;
    static uint8_t out[SCH_MAX_FRAME_BYTES];
    sch_link link = {0};
    assert_err(sch_mesh_link_open(job, &link, 7, ALL), SCH_OK);
    unsigned frames = 0;
    for (uint32_t i = 0; i < 20; i++) {
        assert_err(arrive_data(i, SCH_MAX_FRAME_BYTES, SCH_MAX_FRAME_BYTES), SCH_OK);
        assert_err(sch_link_receive(&link, DATA, 3, out, sizeof out), SCH_OK);
        frames++;
    }
    assert_int_equal(frames, 20);
    assert_int_equal(ends[1].sent.bytes, 20 * SCH_FRAME_HEADER_BYTES);
    sch_frame credit;
    assert_err(sch_frame_decode(&credit, ends[1].sent.data), SCH_OK);
    assert_int_equal(credit.kind, SCH_FRAME_CREDIT);
    assert_int_equal(credit.total, SCH_MAX_FRAME_BYTES + SCH_FRAME_COST_BYTES);
    sch_mesh_link_close(&link);
}

static void test_links_begin_too_much_credit_is_bad_peer(void **state)
{
    (void)state;
    sch_link link = {0};
    uint8_t byte = 1;
    sch_frame credit = {.kind = SCH_FRAME_CREDIT, .shard = 7, .job = id, .total = 1};
    assert_err(arrive(&credit), SCH_OK); /* no such shard: it is finished here */
    assert_err(sch_mesh_link_open(job, &link, 7, ALL), SCH_OK);
    assert_err(arrive(&credit), SCH_BAD_PEER);
    assert_err(sch_link_send(&link, DATA, 1, &byte, 1), SCH_OK);
    credit.total = 1 + SCH_FRAME_COST_BYTES;
    assert_err(arrive(&credit), SCH_OK);
    assert_err(arrive(&credit), SCH_BAD_PEER);
    credit.total = UINT64_MAX;
    assert_err(arrive(&credit), SCH_BAD_PEER);
    sch_mesh_link_close(&link);
}

static void test_links_begin_end_within_a_message_or_twice_is_bad_peer(void **state)
{
    (void)state;
    sch_frame last = {.kind = SCH_FRAME_END, .shard = 7, .job = id, .sequence = 2, .length = SCH_FRAME_MAC_BYTES};
    assert_err(arrive_data(0, 100, 200), SCH_OK);
    assert_err(arrive(&last), SCH_BAD_PEER);
    assert_err(arrive_data(1, 100, 200), SCH_OK);
    assert_err(arrive(&last), SCH_OK);
    assert_err(arrive(&last), SCH_BAD_PEER);
    assert_err(arrive_data(2, 100, 200), SCH_BAD_PEER);
}

static void test_links_begin_too_many_early_shards_is_bad_peer(void **state)
{
    (void)state;
    sch_frame frame = data_frame(0, 1, 1);
    unsigned taken = 0;
    for (uint32_t shard = 0; shard < SCH_MAX_EARLY_SHARDS; shard++) {
        frame.shard = shard;
        assert_err(arrive(&frame), SCH_OK);
        taken++;
    }
    assert_int_equal(taken, SCH_MAX_EARLY_SHARDS);
    frame.shard = 1000;
    assert_err(arrive(&frame), SCH_BAD_PEER);
    sch_link link = {0};
    assert_err(sch_mesh_link_open(job, &link, 5, ALL), SCH_OK); /* it caught up by one */
    assert_err(arrive(&frame), SCH_OK);
    sch_mesh_link_close(&link);
}

static void test_links_begin_frame_of_a_party_without_part_is_bad_peer(void **state)
{
    (void)state;
    sch_link link = {0};
    assert_err(sch_mesh_link_open(job, &link, 7, 1 << HELPER), SCH_OK);
    assert_err(arrive_data(0, 100, 300), SCH_BAD_PEER);
    uint8_t byte = 0;
    assert_err(sch_link_send(&link, DATA, 1, &byte, 1), SCH_BUG);
    assert_err(sch_link_receive(&link, DATA, 1, &byte, 1), SCH_BUG);
    assert_err(sch_link_send(&link, HELPER, 1, &byte, 1), SCH_OK);
    sch_mesh_link_close(&link);
}

static void test_link_open_after_frame_of_a_party_without_part_is_bad_peer(void **state)
{
    (void)state;
    sch_link link = {0};
    assert_err(arrive_data(0, 100, 300), SCH_OK);
    assert_err(sch_mesh_link_open(job, &link, 7, 1 << HELPER), SCH_BAD_PEER);
    assert_null(link.context);
    assert_err(sch_mesh_link_open(job, &link, 7, ALL), SCH_OK);
    sch_mesh_link_close(&link);
    assert_err(sch_mesh_link_open(job, &link, 7, 1 << HELPER), SCH_OK); /* what came is gone with the link */
    sch_mesh_link_close(&link);
}

static void test_link_open_with_a_party_that_is_none_is_a_bug(void **state)
{
    (void)state;
    sch_link link = {0};
    assert_err(sch_mesh_link_open(job, &link, 7, 1 << PARTIES), SCH_BUG);
    assert_err(sch_mesh_link_open(job, &link, 7, UINT32_MAX), SCH_BUG);
    assert_null(link.context);
}

static void test_links_open_job_of_impossible_parties_is_a_bug(void **state)
{
    (void)state;
    static const struct {
        sch_party self;
        size_t parties;
    } ROWS[] = {{0, 0}, {0, 1}, {3, 3}, {0, SCH_MAX_PARTIES + 1}};
    static const uint8_t key[SCH_KEY_BYTES] = {1};
    const uint8_t *keys[SCH_MAX_PARTIES + 1];
    sch_route route[SCH_MAX_PARTIES + 1];
    end other = {0};
    unsigned refused = 0;
    for (size_t p = 0; p <= SCH_MAX_PARTIES; p++) {
        keys[p] = key;
        route[p] = (sch_route){&end_ops, &other, &other};
    }
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++, refused++) {
        sch_mesh_job *none = NULL;
        assert_err(sch_links_open_job(&links, &none, (sch_request_id){{9}}, ROWS[i].self, ROWS[i].parties, route, keys),
                   SCH_BUG);
        assert_null(none);
    }
    assert_int_equal(refused, 4);
    sch_mesh_job *most = NULL;
    other.released = 0;
    assert_err(
        sch_links_open_job(&links, &most, (sch_request_id){{9}}, SCH_MAX_PARTIES - 1, SCH_MAX_PARTIES, route, keys),
        SCH_OK);
    sch_mesh_job_close(most);
    assert_int_equal(other.released, 2 * (SCH_MAX_PARTIES - 1));
}

static void test_links_begin_other_job_or_connection_is_dropped(void **state)
{
    (void)state;
    sch_frame frame = data_frame(77, 10, 10); /* would be out of sequence */
    frame.job.byte[0] = 9;
    assert_err(arrive(&frame), SCH_OK);
    frame = data_frame(77, 10, 10);
    assert_err(sch_links_begin(&links, &ends[0], &frame), SCH_OK);
    sch_mesh_job_cancel(job);
    assert_err(arrive(&frame), SCH_OK);
    assert_int_equal(sch_mesh_job_traffic(job).received_bytes, 0);
}

static void test_links_lose_bulk_or_control_stops_the_job(void **state)
{
    (void)state;
    sch_link link = {0};
    uint8_t byte = 1;
    assert_err(sch_mesh_link_open(job, &link, 7, ALL), SCH_OK);
    sch_links_lose(&links, &ends[0]);
    assert_err(sch_link_send(&link, DATA, 1, &byte, 1), SCH_OK);
    sch_links_lose(&links, &ends[2]);
    sch_err err = sch_link_send(&link, DATA, 1, &byte, 1);
    assert_err(err, SCH_TRY_AGAIN);
    assert_string_equal(err.text, "the connection to a party was lost");
    sch_mesh_link_close(&link);
}

static void test_frame_feed_any_cut_gives_the_same_frames(void **state)
{
    (void)state;
    sch_buf wire = {0};
    static uint8_t sent[997];
    uint8_t out[997];
    for (size_t i = 0; i < sizeof sent; i++) {
        sent[i] = (uint8_t)(i * 7);
    }
    sch_frame frames[] = {data_frame(0, 500, 997), {.kind = SCH_FRAME_HEARTBEAT}, data_frame(1, 497, 997)};
    size_t offset = 0;
    for (size_t i = 0; i < 3; i++) {
        uint8_t header[SCH_FRAME_HEADER_BYTES];
        sch_frame_encode(header, &frames[i]);
        assert_err(sch_buf_append(&wire, header, sizeof header), SCH_OK);
        assert_err(sch_buf_append(&wire, sent + offset, frames[i].length), SCH_OK);
        offset += frames[i].length;
    }
    unsigned rounds = 0;
    for (size_t cut = 1; cut < wire.bytes; cut += 13) {
        sch_frame_sink sink = {&ends[1], begin, piece};
        sch_frame_parser fresh = {0};
        sch_link link = {0};
        for (size_t at = 0; at < wire.bytes; at += cut) {
            size_t left = wire.bytes - at < cut ? wire.bytes - at : cut;
            assert_err(sch_frame_feed(&fresh, &sink, wire.data + at, left), SCH_OK);
        }
        assert_err(sch_mesh_link_open(job, &link, 7, ALL), SCH_OK);
        assert_err(sch_link_receive(&link, DATA, 3, out, sizeof out), SCH_OK);
        assert_memory_equal(out, sent, sizeof sent);
        sch_mesh_link_close(&link);
        rounds++;
    }
    assert_true(rounds > 80);
    sch_buf_clear(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_decode_what_was_encoded_is_equal),
        cmocka_unit_test(test_frame_decode_fields_out_of_range_are_bad_peer),
        cmocka_unit_test(test_packet_take_any_cut_gives_the_same_messages),
        cmocka_unit_test(test_packet_take_too_large_is_bad_peer),
        cmocka_unit_test_setup_teardown(test_links_begin_frames_in_order_are_received, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_links_begin_gap_or_repeat_is_bad_peer, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_links_begin_frame_of_another_message_is_bad_peer, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_links_begin_over_the_window_is_bad_peer, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_links_begin_small_frames_are_bounded_too, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_link_receive_returns_credit, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_links_begin_too_much_credit_is_bad_peer, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_links_begin_end_within_a_message_or_twice_is_bad_peer, open_job,
                                        close_job),
        cmocka_unit_test_setup_teardown(test_links_begin_too_many_early_shards_is_bad_peer, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_links_begin_frame_of_a_party_without_part_is_bad_peer, open_job,
                                        close_job),
        cmocka_unit_test_setup_teardown(test_link_open_after_frame_of_a_party_without_part_is_bad_peer, open_job,
                                        close_job),
        cmocka_unit_test_setup_teardown(test_link_open_with_a_party_that_is_none_is_a_bug, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_links_open_job_of_impossible_parties_is_a_bug, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_links_begin_other_job_or_connection_is_dropped, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_links_lose_bulk_or_control_stops_the_job, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_frame_feed_any_cut_gives_the_same_frames, open_job, close_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
