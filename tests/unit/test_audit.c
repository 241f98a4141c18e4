/* Whether verify finds what was done to a log of 1,000 records, and what it says. */
#include "tests/support/unit.h"

#include "crypto/base/secret.h"
#include "node/audit/verify.h"

enum { RECORDS = 1000 };

#define NODE "gemeente_lv"

/* A record as it lies in the store. */
typedef struct row {
    uint64_t seq;
    uint8_t bytes[SCH_MAX_AUDIT_BYTES];
    size_t count;
    uint8_t hash[SCH_HASH_BYTES];
} row;

static row original[RECORDS + 2], rows[RECORDS + 2];
static size_t row_count;

/* The node's own keys, and some that are not. */
static uint8_t public_key[2][32];
static uint8_t secret_key[2][SCH_SIGN_SECRET_BYTES];

static void make_record(sch_audit_record *out, uint64_t seq, const uint8_t previous[static SCH_HASH_BYTES],
                        const char *action)
{
    *out = (sch_audit_record){
        .seq = seq, .time = {1800000000000 + (int64_t)seq}, .outcome = "ok", .trace = {1}, .span = {2}};
    memcpy(out->previous, previous, SCH_HASH_BYTES);
    (void)snprintf(out->actor, sizeof out->actor, "operator:jan");
    (void)snprintf(out->action, sizeof out->action, "%s", action);
    (void)snprintf(out->object, sizeof out->object, "request:%llu", (unsigned long long)seq);
    memset(out->decided_on, (int)(seq % 251), sizeof out->decided_on);
}

/* A row with a valid hash of its own. */
static void put_record(row *out, uint64_t seq, const sch_audit_record *record)
{
    sch_buf bytes = {0};
    unit_assert_ok(sch_audit_record_encode(&bytes, record));
    out->seq = seq;
    out->count = bytes.bytes;
    memcpy(out->bytes, bytes.data, bytes.bytes);
    unit_assert_ok(sch_audit_record_hash(out->hash, out->bytes, out->count));
    sch_buf_clear(&bytes);
}

/* Rows from number `seq` on, each linked to the one before. */
static void write_chain(uint64_t seq, size_t records, const char *action)
{
    static const uint8_t zeros[SCH_HASH_BYTES];
    for (uint64_t i = seq; i < seq + records; i++) {
        sch_audit_record record;
        make_record(&record, i, i == 1 ? zeros : rows[i - 2].hash, action);
        put_record(&rows[i - 1], i, &record);
    }
    row_count = (size_t)seq + records - 1;
}

static sch_audit_head make_head(uint64_t seq, const uint8_t hash[static SCH_HASH_BYTES], size_t key)
{
    sch_audit_head head = {.node = NODE, .seq = seq, .counter = 5, .time = {1800000000000}};
    memcpy(head.hash, hash, sizeof head.hash);
    unit_assert_ok(sch_audit_head_sign(&head, secret_key[key]));
    return head;
}

static int set_up_group(void **state)
{
    (void)state;
    unit_assert_ok(sch_secret_start());
    for (size_t i = 0; i < 2; i++) {
        unit_assert_ok(sch_sign_keypair(public_key[i], secret_key[i]));
    }
    write_chain(1, RECORDS, "request.waiting");
    memcpy(original, rows, sizeof original);
    return 0;
}

static void restore_rows(void)
{
    memcpy(rows, original, sizeof rows);
    row_count = RECORDS;
}

static sch_audit_verdict verify_with_keys(const sch_audit_head *own, size_t owns, const sch_audit_head *peer,
                                          size_t peers, size_t keys)
{
    sch_audit_verifier *v = NULL;
    const sch_audit_evidence evidence = {own, owns, peer, peers, (const uint8_t(*)[32])public_key, keys};
    unit_assert_ok(sch_audit_verifier_new(&v, NODE, &evidence));
    for (size_t i = 0; i < row_count; i++) {
        unit_assert_ok(sch_audit_verifier_take(v, rows[i].seq, rows[i].bytes, rows[i].count, rows[i].hash));
    }
    sch_audit_verdict verdict = sch_audit_verifier_finish(v);
    sch_audit_verifier_free(v);
    assert_int_equal(verdict.records, row_count);
    assert_true(verdict.text.text[0] != '\0');
    return verdict;
}

static sch_audit_verdict verify_with(const sch_audit_head *peer, size_t peers)
{
    return verify_with_keys(NULL, 0, peer, peers, 1);
}

static sch_audit_verdict verify_with_own(const sch_audit_head *own, size_t owns, const sch_audit_head *peer,
                                         size_t peers)
{
    return verify_with_keys(own, owns, peer, peers, 1);
}

/* One peer's head: of the log as it was, at its end. */
static sch_audit_verdict verify(void)
{
    const sch_audit_head head = make_head(RECORDS, original[RECORDS - 1].hash, 0);
    return verify_with(&head, 1);
}

static void assert_fault(sch_audit_verdict verdict, sch_audit_fault fault, uint64_t seq)
{
    if (verdict.fault != fault || verdict.seq != seq) {
        fail_msg("fault %d at %llu instead of %d at %llu: %s", (int)verdict.fault, (unsigned long long)verdict.seq,
                 (int)fault, (unsigned long long)seq, verdict.text.text);
    }
}

static void assert_says(sch_audit_verdict verdict, const char *part)
{
    if (strstr(verdict.text.text, part) == NULL) {
        fail_msg("'%s' is not in: %s", part, verdict.text.text);
    }
}

/* Positions: the first ones, the last ones, and many between. */
static uint64_t next_position(uint64_t seq)
{
    return seq < 5 || seq >= RECORDS - 5 ? seq + 1 : seq + 37 > RECORDS - 5 ? RECORDS - 5 : seq + 37;
}
enum { POSITIONS = 37 };

/* ---- untouched ---- */

static void test_verify_untouched_log_is_intact(void **state)
{
    (void)state;
    restore_rows();
    sch_audit_verdict verdict = verify();
    assert_fault(verdict, SCH_AUDIT_INTACT, 0);
    assert_int_equal(verdict.peer_heads, 1);
    assert_says(verdict,
                "the log is intact, 1000 records; 1 head of another node agrees, the newest of the last record");
    const sch_audit_head several[] = {make_head(700, original[699].hash, 0), make_head(1, original[0].hash, 0),
                                      make_head(700, original[699].hash, 0)};
    verdict = verify_with(several, 3);
    assert_fault(verdict, SCH_AUDIT_INTACT, 0);
    assert_int_equal(verdict.peer_heads, 3);
    assert_says(verdict,
                "3 heads of other nodes agree, the newest of record 700: a log that was cut or written anew after");
}

static void test_verify_without_heads_says_what_it_cannot_see(void **state)
{
    (void)state;
    restore_rows();
    assert_says(verify_with(NULL, 0), "no head was compared: a log that was cut");
    row_count = 990;
    sch_audit_verdict verdict = verify_with(NULL, 0);
    assert_fault(verdict, SCH_AUDIT_INTACT, 0);
    assert_says(verdict, "990 records; no head was compared: a log that was cut, or written anew, would look the same");
    row_count = 0;
    assert_fault(verify_with(NULL, 0), SCH_AUDIT_INTACT, 0);
    assert_fault(verify(), SCH_AUDIT_REMOVED, 1);
}

static void test_verify_log_that_grew_after_the_head_is_intact(void **state)
{
    (void)state;
    restore_rows();
    write_chain(RECORDS + 1, 2, "login");
    assert_fault(verify(), SCH_AUDIT_INTACT, 0);
}

/* ---- edited ---- */

static void test_verify_each_byte_of_a_record_is_guarded(void **state)
{
    (void)state;
    static const uint64_t places[] = {1, 2, 500, 999, 1000};
    size_t edits = 0;
    for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
        row *r = &rows[places[p] - 1];
        restore_rows();
        for (size_t i = 0; i < r->count + SCH_HASH_BYTES; i++, edits++) {
            uint8_t *byte = i < r->count ? &r->bytes[i] : &r->hash[i - r->count];
            *byte ^= (uint8_t)(1U << (i % 8));
            sch_audit_verdict verdict = verify();
            assert_fault(verdict, SCH_AUDIT_EDITED, places[p]);
            *byte = i < r->count ? original[places[p] - 1].bytes[i] : original[places[p] - 1].hash[i - r->count];
        }
        r->count--; /* cut */
        assert_fault(verify(), SCH_AUDIT_EDITED, places[p]);
        r->count = 0;
        assert_fault(verify(), SCH_AUDIT_EDITED, places[p]);
    }
    assert_true(edits > 5 * 150);
}

/* Fields of a record, changed one by one and hashed anew. */
static void edit_field(sch_audit_record *record, size_t field)
{
    uint8_t *const bytes[] = {record->previous, record->trace, record->span, record->decided_on};
    char *const text[] = {record->actor, record->action, record->object, record->outcome};
    if (field < 4) {
        bytes[field][3] ^= 0x40;
    } else if (field < 8) {
        text[field - 4][0] = text[field - 4][0] == 'a' ? 'b' : 'a';
    } else {
        record->time.value++;
    }
}
enum { FIELDS = 9 };

static void test_verify_each_field_edited_with_its_hash_is_found(void **state)
{
    (void)state;
    size_t edits = 0;
    for (size_t field = 0; field < FIELDS; field++) {
        for (uint64_t seq = 1; seq <= RECORDS; seq = next_position(seq), edits++) {
            sch_audit_record record;
            restore_rows();
            unit_assert_ok(sch_audit_record_decode(&record, rows[seq - 1].bytes, rows[seq - 1].count));
            edit_field(&record, field);
            put_record(&rows[seq - 1], seq, &record);
            sch_audit_verdict verdict = verify();
            if (seq == RECORDS && field != 0) {
                /* Nothing follows that could tell an edit from a new tail. */
                assert_fault(verdict, SCH_AUDIT_FORKED, seq);
            } else {
                assert_fault(verdict, SCH_AUDIT_EDITED, seq);
            }
        }
    }
    assert_int_equal(edits, FIELDS * POSITIONS);
}

static void test_verify_number_edited_with_its_hash_is_reordered(void **state)
{
    (void)state;
    size_t edits = 0;
    for (uint64_t seq = 1; seq <= RECORDS; seq = next_position(seq)) {
        static const int64_t by[] = {1, -1, 7, -7, 1000000};
        for (size_t i = 0; i < sizeof by / sizeof by[0]; i++) {
            sch_audit_record record;
            restore_rows();
            unit_assert_ok(sch_audit_record_decode(&record, rows[seq - 1].bytes, rows[seq - 1].count));
            if ((int64_t)seq + by[i] < 1) {
                continue;
            }
            record.seq = (uint64_t)((int64_t)seq + by[i]);
            put_record(&rows[seq - 1], seq, &record);
            sch_audit_verdict verdict = verify();
            /* At the end it looks like a gap that was closed. */
            bool gap = seq == RECORDS && by[i] > 0;
            assert_fault(verdict, gap ? SCH_AUDIT_REMOVED : SCH_AUDIT_REORDERED, seq);
            edits++;
        }
    }
    assert_true(edits > 4 * POSITIONS);
}

static void test_verify_edit_is_told_from_its_neighbour_by_heads(void **state)
{
    (void)state;
    sch_audit_record record;
    restore_rows();
    unit_assert_ok(sch_audit_record_decode(&record, rows[RECORDS - 2].bytes, rows[RECORDS - 2].count));
    record.time.value++;
    put_record(&rows[RECORDS - 2], RECORDS - 1, &record); /* the last but one */
    const sch_audit_head end = make_head(RECORDS, original[RECORDS - 1].hash, 0);
    assert_fault(verify_with(&end, 1), SCH_AUDIT_EDITED, RECORDS - 1);
    assert_fault(verify_with(NULL, 0), SCH_AUDIT_EDITED, RECORDS - 1);
    restore_rows();
    unit_assert_ok(sch_audit_record_decode(&record, rows[RECORDS - 1].bytes, rows[RECORDS - 1].count));
    record.previous[0] ^= 1;
    put_record(&rows[RECORDS - 1], RECORDS, &record);
    assert_fault(verify_with(&end, 1), SCH_AUDIT_EDITED, RECORDS);
    const sch_audit_head before = make_head(RECORDS - 1, original[RECORDS - 2].hash, 0);
    assert_fault(verify_with(&before, 1), SCH_AUDIT_EDITED, RECORDS);
    /* A head of the edited record itself. */
    restore_rows();
    unit_assert_ok(sch_audit_record_decode(&record, rows[499].bytes, rows[499].count));
    record.outcome[0] = 'x';
    put_record(&rows[499], 500, &record);
    const sch_audit_head there = make_head(500, original[499].hash, 0);
    sch_audit_verdict verdict = verify_with(&there, 1);
    assert_fault(verdict, SCH_AUDIT_EDITED, 500);
    assert_says(verdict, "record 500 was edited: a signed head and the record after it hold another hash");
}

/* ---- removed ---- */

static void remove_rows(uint64_t seq, size_t count, bool renumber)
{
    size_t rest = row_count - (size_t)seq + 1 - count;
    memmove(&rows[seq - 1], &rows[seq - 1 + count], rest * sizeof rows[0]);
    row_count -= count;
    for (size_t i = 0; renumber && i < row_count; i++) {
        rows[i].seq = i + 1;
    }
}

static void test_verify_removed_record_is_named(void **state)
{
    (void)state;
    size_t removals = 0;
    for (uint64_t seq = 1; seq <= RECORDS; seq = next_position(seq)) {
        for (size_t way = 0; way < 4; way++) {
            size_t count = way < 2 ? 1 : 3;
            if (seq + count - 1 > RECORDS) {
                continue;
            }
            restore_rows();
            remove_rows(seq, count, way % 2 == 1);
            assert_fault(verify(), SCH_AUDIT_REMOVED, seq);
            removals++;
        }
    }
    assert_int_equal(removals, 4 * POSITIONS - 4);
}

static void test_verify_truncated_log_is_found_by_a_head(void **state)
{
    (void)state;
    size_t cuts = 0;
    for (uint64_t left = 1; left < RECORDS; left = next_position(left), cuts++) {
        restore_rows();
        row_count = (size_t)left;
        sch_audit_verdict verdict = verify();
        assert_fault(verdict, SCH_AUDIT_REMOVED, left + 1);
        assert_says(verdict, "a signed head names it or one after it, and the log ends before");
        assert_fault(verify_with(NULL, 0), SCH_AUDIT_INTACT, 0);
    }
    assert_int_equal(cuts, POSITIONS - 1);
}

/* ---- reordered ---- */

static void test_verify_swapped_records_are_found_at_the_first(void **state)
{
    (void)state;
    size_t swaps = 0;
    for (uint64_t first = 1; first < RECORDS; first = next_position(first)) {
        for (uint64_t second = first + 1; second <= RECORDS; second = next_position(second), swaps++) {
            restore_rows();
            row a = rows[first - 1];
            rows[first - 1] = rows[second - 1];
            rows[second - 1] = a;
            rows[first - 1].seq = first;
            rows[second - 1].seq = second;
            assert_fault(verify(), SCH_AUDIT_REORDERED, first);
        }
    }
    assert_true(swaps > 600);
}

static void test_verify_rows_out_of_order_are_found(void **state)
{
    (void)state;
    restore_rows();
    rows[500] = rows[499]; /* number 500 twice */
    assert_fault(verify(), SCH_AUDIT_REORDERED, 500);
    restore_rows();
    rows[0].seq = 0;
    assert_fault(verify(), SCH_AUDIT_REORDERED, 0);
}

/* Puts a row in before number seq, and numbers all that follow anew. */
static void insert_row(uint64_t seq, const row *r)
{
    memmove(&rows[seq], &rows[seq - 1], (row_count - (size_t)seq + 1) * sizeof rows[0]);
    rows[seq - 1] = *r;
    row_count++;
    for (size_t i = 0; i < row_count; i++) {
        rows[i].seq = i + 1;
    }
}

static void test_verify_inserted_record_is_found(void **state)
{
    (void)state;
    static const uint8_t zeros[SCH_HASH_BYTES];
    size_t inserts = 0;
    for (uint64_t seq = 1; seq <= RECORDS; seq = next_position(seq), inserts++) {
        row r;
        sch_audit_record record;
        restore_rows();
        make_record(&record, seq, seq == 1 ? zeros : rows[seq - 2].hash, "approve");
        put_record(&r, seq, &record);
        insert_row(seq, &r); /* it fits behind the one before it */
        assert_fault(verify(), SCH_AUDIT_REORDERED, seq);
        restore_rows();
        record.previous[0] ^= 1;
        put_record(&r, seq, &record);
        insert_row(seq, &r); /* it fits nowhere */
        assert_fault(verify(), SCH_AUDIT_EDITED, seq);
        restore_rows();
        r = rows[seq - 1];
        insert_row(seq, &r); /* a record once more: the second one is out of place */
        assert_fault(verify(), SCH_AUDIT_REORDERED, seq + 1);
    }
    assert_int_equal(inserts, POSITIONS);
}

/* ---- forked ---- */

static void test_verify_new_tail_is_found_by_one_head(void **state)
{
    (void)state;
    size_t tails = 0;
    for (uint64_t seq = 1; seq <= RECORDS; seq = next_position(seq), tails++) {
        restore_rows();
        write_chain(seq, RECORDS - (size_t)seq + 1, "request.refused");
        assert_fault(verify(), SCH_AUDIT_FORKED, RECORDS);
        assert_fault(verify_with(NULL, 0), SCH_AUDIT_INTACT, 0); /* the chain itself holds */
        write_chain(RECORDS, 3, "request.refused");              /* a longer one */
        assert_fault(verify(), SCH_AUDIT_FORKED, RECORDS);
        if (seq < RECORDS - 1) {
            write_chain(seq, 1, "request.refused"); /* a shorter one */
            assert_fault(verify(), SCH_AUDIT_REMOVED, seq + 1);
        }
    }
    assert_int_equal(tails, POSITIONS);
}

static void test_verify_new_tail_between_heads_is_bounded_by_them(void **state)
{
    (void)state;
    const sch_audit_head heads[] = {make_head(900, original[899].hash, 0), make_head(300, original[299].hash, 0),
                                    make_head(600, original[599].hash, 0)};
    restore_rows();
    write_chain(450, RECORDS - 449, "request.refused");
    sch_audit_verdict verdict = verify_with(heads, 3);
    assert_fault(verdict, SCH_AUDIT_FORKED, 600);
    assert_says(verdict, "the log was written anew at record 600 or before, but not before record 301");
    assert_int_equal(verdict.peer_heads, 2);
    /* Its own head does not help whoever wrote it anew. */
    const sch_audit_head both[] = {make_head(600, rows[599].hash, 0), make_head(600, original[599].hash, 0)};
    assert_fault(verify_with(both, 2), SCH_AUDIT_FORKED, 600);
}

/* ---- heads ---- */

static void test_verify_head_of_another_key_or_node_is_bad(void **state)
{
    (void)state;
    restore_rows();
    const sch_audit_head stranger = make_head(700, original[699].hash, 1);
    sch_audit_verdict verdict = verify_with(&stranger, 1);
    assert_fault(verdict, SCH_AUDIT_BAD_HEAD, 700);
    assert_says(verdict, "a head of record 700 is not signed by a key of 'gemeente_lv'");
    sch_audit_head head = make_head(700, original[699].hash, 0);
    head.counter++;
    assert_fault(verify_with(&head, 1), SCH_AUDIT_BAD_HEAD, 700);
    head = make_head(700, original[699].hash, 0);
    (void)snprintf(head.node, sizeof head.node, "cbs");
    assert_fault(verify_with(&head, 1), SCH_AUDIT_BAD_HEAD, 700);
    memset(head.node, 'x', sizeof head.node);
    assert_fault(verify_with(&head, 1), SCH_AUDIT_BAD_HEAD, 700);
    const sch_audit_head strangers[] = {make_head(800, original[799].hash, 1), stranger,
                                        make_head(900, original[899].hash, 1)};
    assert_fault(verify_with(strangers, 3), SCH_AUDIT_BAD_HEAD, 700);
    /* A fault of the log goes before. */
    const sch_audit_head two[] = {stranger, make_head(RECORDS, original[RECORDS - 1].hash, 0)};
    rows[800].bytes[0] ^= 1;
    assert_fault(verify_with(two, 2), SCH_AUDIT_EDITED, 801);
}

static void test_verify_takes_heads_of_former_keys(void **state)
{
    (void)state;
    restore_rows();
    const sch_audit_head heads[] = {make_head(100, original[99].hash, 1),
                                    make_head(RECORDS, original[RECORDS - 1].hash, 0)};
    sch_audit_verdict verdict = verify_with_keys(NULL, 0, heads, 2, 2);
    assert_fault(verdict, SCH_AUDIT_INTACT, 0);
    assert_int_equal(verdict.peer_heads, 2);
    sch_audit_verifier_free(NULL);
}

/* ---- own heads ---- */

static void test_verify_own_heads_confirm_nothing(void **state)
{
    (void)state;
    restore_rows();
    const sch_audit_head own[] = {make_head(300, original[299].hash, 0), make_head(600, original[599].hash, 0),
                                  make_head(900, original[899].hash, 0),
                                  make_head(RECORDS, original[RECORDS - 1].hash, 0)};
    sch_audit_verdict verdict = verify_with_own(own, 4, NULL, 0);
    assert_fault(verdict, SCH_AUDIT_INTACT, 0);
    assert_int_equal(verdict.own_heads, 4);
    assert_int_equal(verdict.peer_heads, 0);
    assert_string_equal(verdict.text.text, "the log is intact, 1000 records; 4 heads of its own and none of another "
                                           "node: a log that was cut and signed anew would look the same; give "
                                           "--peer-head");
    /* Beside another node's: how far that one reaches is told by it alone. */
    const sch_audit_head peer = make_head(600, original[599].hash, 0);
    verdict = verify_with_own(own, 4, &peer, 1);
    assert_fault(verdict, SCH_AUDIT_INTACT, 0);
    assert_int_equal(verdict.own_heads, 4);
    assert_int_equal(verdict.peer_heads, 1);
    assert_string_equal(verdict.text.text, "the log is intact, 1000 records; 1 head of another node agrees, the newest "
                                           "of record 600: a log that was cut or written anew after that one would "
                                           "look the same; 4 of its own confirm nothing");
}

static void test_verify_cut_log_without_its_later_own_heads_says_what_it_cannot_see(void **state)
{
    (void)state;
    const sch_audit_head own[] = {make_head(300, original[299].hash, 0), make_head(900, original[899].hash, 0)};
    restore_rows();
    row_count = 700;
    assert_fault(verify_with_own(own, 2, NULL, 0), SCH_AUDIT_REMOVED, 701);
    sch_audit_verdict verdict = verify_with_own(own, 1, NULL, 0); /* the later one is deleted */
    assert_fault(verdict, SCH_AUDIT_INTACT, 0);
    assert_says(verdict, "700 records; 1 head of its own and none of another node: a log that was cut and signed anew "
                         "would look the same; give --peer-head");
    const sch_audit_head peer = make_head(900, original[899].hash, 0);
    assert_fault(verify_with_own(own, 1, &peer, 1), SCH_AUDIT_REMOVED, 701);
}

static void test_verify_own_heads_contradict(void **state)
{
    (void)state;
    const sch_audit_head own = make_head(900, original[899].hash, 0);
    restore_rows();
    write_chain(450, RECORDS - 449, "request.refused");
    sch_audit_verdict verdict = verify_with_own(&own, 1, NULL, 0);
    assert_fault(verdict, SCH_AUDIT_FORKED, 900);
    assert_says(verdict, "but not before record 1: a signed head of its own holds another hash");
}

static void test_verify_own_heads_signed_anew_do_not_bound_a_fork(void **state)
{
    (void)state;
    restore_rows();
    write_chain(450, RECORDS - 449, "request.refused");
    const sch_audit_head own[] = {make_head(600, rows[599].hash, 0), make_head(900, rows[899].hash, 0)};
    const sch_audit_head peer[] = {make_head(300, original[299].hash, 0), make_head(900, original[899].hash, 0)};
    sch_audit_verdict verdict = verify_with_own(own, 2, peer, 2);
    assert_fault(verdict, SCH_AUDIT_FORKED, 900);
    assert_says(verdict, "written anew at record 900 or before, but not before record 301: a signed head that another "
                         "node kept holds another hash");
    assert_int_equal(verdict.own_heads, 2);
    assert_int_equal(verdict.peer_heads, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_untouched_log_is_intact),
        cmocka_unit_test(test_verify_without_heads_says_what_it_cannot_see),
        cmocka_unit_test(test_verify_log_that_grew_after_the_head_is_intact),
        cmocka_unit_test(test_verify_each_byte_of_a_record_is_guarded),
        cmocka_unit_test(test_verify_each_field_edited_with_its_hash_is_found),
        cmocka_unit_test(test_verify_number_edited_with_its_hash_is_reordered),
        cmocka_unit_test(test_verify_edit_is_told_from_its_neighbour_by_heads),
        cmocka_unit_test(test_verify_removed_record_is_named),
        cmocka_unit_test(test_verify_truncated_log_is_found_by_a_head),
        cmocka_unit_test(test_verify_swapped_records_are_found_at_the_first),
        cmocka_unit_test(test_verify_rows_out_of_order_are_found),
        cmocka_unit_test(test_verify_inserted_record_is_found),
        cmocka_unit_test(test_verify_new_tail_is_found_by_one_head),
        cmocka_unit_test(test_verify_new_tail_between_heads_is_bounded_by_them),
        cmocka_unit_test(test_verify_head_of_another_key_or_node_is_bad),
        cmocka_unit_test(test_verify_takes_heads_of_former_keys),
        cmocka_unit_test(test_verify_own_heads_confirm_nothing),
        cmocka_unit_test(test_verify_cut_log_without_its_later_own_heads_says_what_it_cannot_see),
        cmocka_unit_test(test_verify_own_heads_contradict),
        cmocka_unit_test(test_verify_own_heads_signed_anew_do_not_bound_a_fork),
    };
    return cmocka_run_group_tests(tests, set_up_group, NULL);
}
