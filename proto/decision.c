/* DESIGN. For each kind, make_... puts together what is signed in the order of the header, and sign and verify use it.
 * Names are checked, so that with their closing zeros two different decisions never make the same bytes. */
#include "proto/decision.h"

#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/prim/hash.h"

static const char CONSENT_CONTEXT[] = "schakel decision 1";
static const char APPROVAL_CONTEXT[] = "schakel approval 1";
static const char LOGIN_CONTEXT[] = "schakel operator 1";
static const char HEAD_CONTEXT[] = "schakel audit head 1";

/* ---- pieces ---- */

static sch_err put_name(sch_buf *out, const char *name)
{
    if (!sch_text_is_name(name)) {
        return sch_fail(SCH_BUG, "a decision has a name that is not one");
    }
    return sch_buf_append(out, name, strlen(name) + 1);
}

static sch_err put_number(sch_buf *out, uint64_t number)
{
    uint8_t bytes[8];
    sch_put_u64(bytes, number);
    return sch_buf_append(out, bytes, sizeof bytes);
}

static sch_err sign_message(uint8_t signature[static SCH_SIGN_BYTES], sch_err made, sch_buf *message,
                            const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES])
{
    sch_err err = made;
    if (!sch_failed(err)) {
        err = sch_sign_message(signature, message->data, message->bytes, secret_key);
    }
    sch_buf_clear(message);
    return err;
}

/* What cannot be put together, other than for lack of memory, nobody signed. */
static sch_err verify_message(const uint8_t signature[static SCH_SIGN_BYTES], sch_err made, sch_buf *message,
                              const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES], const char *text)
{
    sch_err err = made;
    if (err.code == SCH_BUG ||
        (!sch_failed(err) && sch_failed(sch_sign_verify(signature, message->data, message->bytes, public_key)))) {
        err = sch_fail(SCH_DENIED, text);
    }
    sch_buf_clear(message);
    return err;
}

/* ---- consents ---- */

static sch_err make_consent(sch_buf *out, const sch_consent *consent)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append(out, CONSENT_CONTEXT, sizeof CONSENT_CONTEXT));
    SCH_TRY(sch_buf_append(out, consent->request_hash, SCH_HASH_BYTES));
    SCH_TRY(sch_buf_append(out, consent->plan_hash, SCH_HASH_BYTES));
    SCH_TRY(put_name(out, consent->node));
    SCH_TRY(put_number(out, consent->counter));
    SCH_TRY(put_number(out, (uint64_t)consent->time.value));
out:
    return err;
}

sch_err sch_consent_sign(sch_consent *consent, const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES])
{
    sch_buf message = {0};
    sch_err made = make_consent(&message, consent);
    return sign_message(consent->signature, made, &message, secret_key);
}

sch_err sch_consent_verify(const sch_consent *consent, const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES])
{
    sch_buf message = {0};
    sch_err made = make_consent(&message, consent);
    return verify_message(consent->signature, made, &message, public_key, "the consent's signature is not the node's");
}

/* ---- operators' words ---- */

static sch_err make_word(sch_buf *out, const sch_operator_word *word)
{
    sch_err err = SCH_NONE;
    uint8_t approve = word->approve ? 1 : 0;
    uint8_t reason_hash[SCH_HASH_BYTES];
    const char *reason = word->reason == NULL ? "" : word->reason;
    SCH_TRY(sch_check(!word->approve || reason[0] == '\0', SCH_BUG, "an approval has a reason"));
    SCH_TRY(sch_hash_bytes(reason_hash, reason, strlen(reason)));
    SCH_TRY(sch_buf_append(out, APPROVAL_CONTEXT, sizeof APPROVAL_CONTEXT));
    SCH_TRY(sch_buf_append(out, word->request_hash, SCH_HASH_BYTES));
    SCH_TRY(put_name(out, word->node));
    SCH_TRY(put_name(out, word->operator_name));
    SCH_TRY(sch_buf_append(out, &approve, 1));
    SCH_TRY(sch_buf_append(out, reason_hash, sizeof reason_hash));
out:
    return err;
}

sch_err sch_operator_word_sign(sch_operator_word *word, const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES])
{
    sch_buf message = {0};
    sch_err made = make_word(&message, word);
    return sign_message(word->signature, made, &message, secret_key);
}

sch_err sch_operator_word_verify(const sch_operator_word *word, const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES])
{
    sch_buf message = {0};
    sch_err made = make_word(&message, word);
    return verify_message(word->signature, made, &message, public_key, "the signature is not this operator's");
}

/* ---- logins ---- */

static sch_err make_login(sch_buf *out, const char *node, const char *operator_name,
                          const uint8_t challenge[static SCH_CHALLENGE_BYTES])
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append(out, LOGIN_CONTEXT, sizeof LOGIN_CONTEXT));
    SCH_TRY(put_name(out, node));
    SCH_TRY(put_name(out, operator_name));
    SCH_TRY(sch_buf_append(out, challenge, SCH_CHALLENGE_BYTES));
out:
    return err;
}

sch_err sch_operator_login_sign(uint8_t signature[static SCH_SIGN_BYTES], const char *node, const char *operator_name,
                                const uint8_t challenge[static SCH_CHALLENGE_BYTES],
                                const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES])
{
    sch_buf message = {0};
    sch_err made = make_login(&message, node, operator_name, challenge);
    return sign_message(signature, made, &message, secret_key);
}

sch_err sch_operator_login_verify(const uint8_t signature[static SCH_SIGN_BYTES], const char *node,
                                  const char *operator_name, const uint8_t challenge[static SCH_CHALLENGE_BYTES],
                                  const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES])
{
    sch_buf message = {0};
    sch_err made = make_login(&message, node, operator_name, challenge);
    return verify_message(signature, made, &message, public_key, "the login's signature is not this operator's");
}

/* ---- heads ---- */

static sch_err make_head(sch_buf *out, const sch_audit_head *head)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append(out, HEAD_CONTEXT, sizeof HEAD_CONTEXT));
    SCH_TRY(put_name(out, head->node));
    SCH_TRY(put_number(out, head->seq));
    SCH_TRY(sch_buf_append(out, head->hash, SCH_HASH_BYTES));
    SCH_TRY(put_number(out, head->counter));
    SCH_TRY(put_number(out, (uint64_t)head->time.value));
out:
    return err;
}

sch_err sch_audit_head_sign(sch_audit_head *head, const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES])
{
    sch_buf message = {0};
    sch_err made = make_head(&message, head);
    return sign_message(head->signature, made, &message, secret_key);
}

sch_err sch_audit_head_verify(const sch_audit_head *head, const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES])
{
    sch_buf message = {0};
    sch_err made = make_head(&message, head);
    return verify_message(head->signature, made, &message, public_key, "the audit head's signature is not the node's");
}
