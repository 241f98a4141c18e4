/* Consents, operators' words and logins, audit heads: what is signed, and that nothing of it can be changed. */
#include "crypto/base/buf.h"
#include "crypto/prim/hash.h"
#include "proto/decision.h"
#include "tests/support/unit.h"

static uint8_t PUBLIC_KEY[SCH_SIGN_PUBLIC_BYTES], SECRET_KEY[SCH_SIGN_SECRET_BYTES];
static uint8_t OTHER_PUBLIC[SCH_SIGN_PUBLIC_BYTES], OTHER_SECRET[SCH_SIGN_SECRET_BYTES];

static int setup(void **state)
{
    (void)state;
    unit_assert_ok(sch_sign_keypair(PUBLIC_KEY, SECRET_KEY));
    unit_assert_ok(sch_sign_keypair(OTHER_PUBLIC, OTHER_SECRET));
    return 0;
}

/* Checks a signature over pieces that end with a NULL. */
typedef struct piece {
    const void *data;
    size_t bytes;
} piece;

static void check_signed(const uint8_t *signature, const piece *pieces)
{
    sch_buf message = {0};
    for (; pieces->data != NULL; pieces++) {
        unit_assert_ok(sch_buf_append(&message, pieces->data, pieces->bytes));
    }
    unit_assert_ok(sch_sign_verify(signature, message.data, message.bytes, PUBLIC_KEY));
    sch_buf_clear(&message);
}

#define TEXT(text)                                                                                                     \
    {                                                                                                                  \
        text, sizeof text                                                                                              \
    } /* with its closing zero */

/* ---- consents ---- */

static void make_consent(sch_consent *c)
{
    *c = (sch_consent){.counter = 0x0102030405060708, .time = {0x0A0B0C0D0E}};
    memset(c->request_hash, 1, sizeof c->request_hash);
    memset(c->plan_hash, 2, sizeof c->plan_hash);
    snprintf(c->node, sizeof c->node, "cbs");
    unit_assert_ok(sch_consent_sign(c, SECRET_KEY));
}

static void test_consent_sign_is_over_the_bytes_of_the_header(void **state)
{
    (void)state;
    sch_consent c;
    make_consent(&c);
    const piece pieces[] = {TEXT("schakel decision 1"),
                            {c.request_hash, 32},
                            {c.plan_hash, 32},
                            TEXT("cbs"),
                            {"\x08\x07\x06\x05\x04\x03\x02\x01", 8},
                            {"\x0E\x0D\x0C\x0B\x0A\0\0\0", 8},
                            {NULL, 0}};
    check_signed(c.signature, pieces);
    unit_assert_ok(sch_consent_verify(&c, PUBLIC_KEY));
}

static void test_consent_verify_anything_changed_is_denied(void **state)
{
    (void)state;
    unsigned denied = 0;
    for (unsigned what = 0; what < 8; what++, denied++) {
        sch_consent c;
        make_consent(&c);
        c.request_hash[0] ^= what == 0;
        c.plan_hash[31] ^= what == 1;
        c.node[0] = what == 2 ? 'd' : what == 3 ? '\0' : c.node[0];
        c.counter ^= what == 4;
        c.time.value ^= what == 5;
        c.signature[63] ^= what == 6;
        unit_assert_code(sch_consent_verify(&c, what == 7 ? OTHER_PUBLIC : PUBLIC_KEY), SCH_DENIED);
    }
    assert_int_equal(denied, 8);
}

static void test_consent_sign_without_a_name_is_a_bug(void **state)
{
    (void)state;
    sch_consent c;
    make_consent(&c);
    memset(c.node, 'x', sizeof c.node);
    unit_assert_code(sch_consent_sign(&c, SECRET_KEY), SCH_BUG);
    unit_assert_code(sch_consent_verify(&c, PUBLIC_KEY), SCH_DENIED);
}

/* ---- operators' words ---- */

static void make_word(sch_operator_word *w, bool approve)
{
    *w = (sch_operator_word){.approve = approve, .reason = approve ? "" : "niet nodig"};
    memset(w->request_hash, 3, sizeof w->request_hash);
    snprintf(w->node, sizeof w->node, "cbs");
    snprintf(w->operator_name, sizeof w->operator_name, "jan");
    unit_assert_ok(sch_operator_word_sign(w, SECRET_KEY));
}

static void test_operator_word_sign_is_over_the_bytes_of_the_header(void **state)
{
    (void)state;
    unsigned checked = 0;
    for (int approve = 0; approve <= 1; approve++, checked++) {
        sch_operator_word w;
        uint8_t reason[SCH_HASH_BYTES];
        make_word(&w, approve);
        unit_assert_ok(sch_hash_bytes(reason, w.reason, strlen(w.reason)));
        const piece pieces[] = {TEXT("schakel approval 1"), {w.request_hash, 32}, TEXT("cbs"), TEXT("jan"),
                                {approve ? "\1" : "\0", 1}, {reason, 32},         {NULL, 0}};
        check_signed(w.signature, pieces);
        unit_assert_ok(sch_operator_word_verify(&w, PUBLIC_KEY));
    }
    assert_int_equal(checked, 2);
}

static void test_operator_word_without_a_reason_is_as_with_an_empty_one(void **state)
{
    (void)state;
    sch_operator_word w;
    make_word(&w, true);
    w.reason = NULL;
    unit_assert_ok(sch_operator_word_verify(&w, PUBLIC_KEY));
}

static void test_operator_word_verify_anything_changed_is_denied(void **state)
{
    (void)state;
    unsigned denied = 0;
    for (unsigned what = 0; what < 8; what++, denied++) {
        sch_operator_word w;
        make_word(&w, false);
        w.request_hash[0] ^= what == 0;
        w.node[2] = what == 1 ? 'x' : w.node[2];
        w.operator_name[0] = what == 2 ? 'p' : what == 3 ? '-' : w.operator_name[0];
        w.reason = what == 4 ? "niet nodig." : what == 5 ? "" : w.reason;
        w.approve = what == 5;
        w.signature[0] ^= what == 6;
        unit_assert_code(sch_operator_word_verify(&w, what == 7 ? OTHER_PUBLIC : PUBLIC_KEY), SCH_DENIED);
    }
    assert_int_equal(denied, 8);
}

/* Otherwise the reason would not be what was signed. */
static void test_operator_word_approval_with_a_reason_is_a_bug_or_denied(void **state)
{
    (void)state;
    sch_operator_word w;
    make_word(&w, true);
    w.reason = "graag";
    unit_assert_code(sch_operator_word_verify(&w, PUBLIC_KEY), SCH_DENIED);
    unit_assert_code(sch_operator_word_sign(&w, SECRET_KEY), SCH_BUG);
}

/* ---- logins ---- */

static void test_operator_login_sign_is_over_the_bytes_of_the_header(void **state)
{
    (void)state;
    uint8_t signature[SCH_SIGN_BYTES], challenge[SCH_CHALLENGE_BYTES];
    memset(challenge, 7, sizeof challenge);
    unit_assert_ok(sch_operator_login_sign(signature, "cbs", "jan", challenge, SECRET_KEY));
    const piece pieces[] = {TEXT("schakel operator 1"), TEXT("cbs"), TEXT("jan"), {challenge, 32}, {NULL, 0}};
    check_signed(signature, pieces);
    unit_assert_ok(sch_operator_login_verify(signature, "cbs", "jan", challenge, PUBLIC_KEY));
}

static void test_operator_login_verify_anything_changed_is_denied(void **state)
{
    (void)state;
    uint8_t signature[SCH_SIGN_BYTES], challenge[SCH_CHALLENGE_BYTES];
    memset(challenge, 7, sizeof challenge);
    unit_assert_ok(sch_operator_login_sign(signature, "cbs", "jan", challenge, SECRET_KEY));
    unit_assert_code(sch_operator_login_verify(signature, "cbt", "jan", challenge, PUBLIC_KEY), SCH_DENIED);
    unit_assert_code(sch_operator_login_verify(signature, "cbs", "jaap", challenge, PUBLIC_KEY), SCH_DENIED);
    unit_assert_code(sch_operator_login_verify(signature, "cbs", "Jan", challenge, PUBLIC_KEY), SCH_DENIED);
    unit_assert_code(sch_operator_login_verify(signature, "cbs", "jan", challenge, OTHER_PUBLIC), SCH_DENIED);
    challenge[31] ^= 1;
    unit_assert_code(sch_operator_login_verify(signature, "cbs", "jan", challenge, PUBLIC_KEY), SCH_DENIED);
    unit_assert_code(sch_operator_login_sign(signature, "", "jan", challenge, SECRET_KEY), SCH_BUG);
    unit_assert_code(sch_operator_login_sign(signature, "cbs", "j.n", challenge, SECRET_KEY), SCH_BUG);
}

/* ---- heads ---- */

static void make_head(sch_audit_head *h)
{
    *h = (sch_audit_head){.seq = 258, .counter = 3, .time = {0x0A0B0C0D0E}};
    memset(h->hash, 4, sizeof h->hash);
    snprintf(h->node, sizeof h->node, "cbs");
    unit_assert_ok(sch_audit_head_sign(h, SECRET_KEY));
}

static void test_audit_head_sign_is_over_the_bytes_of_the_header(void **state)
{
    (void)state;
    sch_audit_head h;
    make_head(&h);
    const piece pieces[] = {
        TEXT("schakel audit head 1"),      TEXT("cbs"), {"\2\1\0\0\0\0\0\0", 8}, {h.hash, 32}, {"\3\0\0\0\0\0\0\0", 8},
        {"\x0E\x0D\x0C\x0B\x0A\0\0\0", 8}, {NULL, 0}};
    check_signed(h.signature, pieces);
    unit_assert_ok(sch_audit_head_verify(&h, PUBLIC_KEY));
}

static void test_audit_head_verify_anything_changed_is_denied(void **state)
{
    (void)state;
    unsigned denied = 0;
    for (unsigned what = 0; what < 7; what++, denied++) {
        sch_audit_head h;
        make_head(&h);
        h.node[0] = what == 0 ? 'd' : h.node[0];
        h.seq += what == 1;
        h.hash[5] ^= what == 2;
        h.counter += what == 3;
        h.time.value += what == 4;
        h.signature[10] ^= what == 5;
        unit_assert_code(sch_audit_head_verify(&h, what == 6 ? OTHER_PUBLIC : PUBLIC_KEY), SCH_DENIED);
    }
    assert_int_equal(denied, 7);
    sch_audit_head h;
    make_head(&h);
    h.node[0] = '\0';
    unit_assert_code(sch_audit_head_sign(&h, SECRET_KEY), SCH_BUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_consent_sign_is_over_the_bytes_of_the_header),
        cmocka_unit_test(test_consent_verify_anything_changed_is_denied),
        cmocka_unit_test(test_consent_sign_without_a_name_is_a_bug),
        cmocka_unit_test(test_operator_word_sign_is_over_the_bytes_of_the_header),
        cmocka_unit_test(test_operator_word_without_a_reason_is_as_with_an_empty_one),
        cmocka_unit_test(test_operator_word_verify_anything_changed_is_denied),
        cmocka_unit_test(test_operator_word_approval_with_a_reason_is_a_bug_or_denied),
        cmocka_unit_test(test_operator_login_sign_is_over_the_bytes_of_the_header),
        cmocka_unit_test(test_operator_login_verify_anything_changed_is_denied),
        cmocka_unit_test(test_audit_head_sign_is_over_the_bytes_of_the_header),
        cmocka_unit_test(test_audit_head_verify_anything_changed_is_denied),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
