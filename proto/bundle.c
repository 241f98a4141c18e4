/* An agreement's bytes with the signatures that there are. */
#include <string.h>

#include "proto/agreement.h"
#include "proto/agreement.pb-c.h"
#include "proto/bounded.h"

static const sch_bounded_count COUNTS[] = {{&schakel__bundle__descriptor, 2, SCH_MAX_AGREEMENT_PARTIES}};

static const sch_bounded_rules RULES = {&schakel__bundle__descriptor, SCH_MAX_BUNDLE_BYTES, COUNTS,
                                        sizeof COUNTS / sizeof COUNTS[0]};

/* A party's name, a signature, and what stands around them. */
_Static_assert(SCH_MAX_AGREEMENT_BYTES + SCH_MAX_AGREEMENT_PARTIES * (SCH_NAME_BYTES + SCH_SIGN_BYTES + 16) + 16 <=
                   SCH_MAX_BUNDLE_BYTES,
               "an agreement that all parties signed fits in a bundle");

sch_err sch_bundle_make(sch_bundle *out, const uint8_t *bytes, size_t count, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    memset(out, 0, sizeof *out);
    SCH_TRY(sch_agreement_decode(&out->agreement, bytes, count, detail));
    SCH_TRY(sch_agreement_hash(out->hash, bytes, count));
    SCH_TRY(sch_buf_append(&out->bytes, bytes, count));
out:
    if (sch_failed(err)) {
        sch_bundle_clear(out);
    }
    return err;
}

/* The names of the parties that have not signed: "cbs, gemeente". */
static sch_err list_missing(sch_buf *out, const sch_bundle *bundle)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < bundle->agreement.party_count; i++) {
        if (!bundle->has_signature[i]) {
            SCH_TRY(sch_buf_printf(out, "%s%s", out->bytes == 0 ? "" : ", ", bundle->agreement.party[i].name));
        }
    }
out:
    return err;
}

/* Writes a sentence with the names of those who have not signed. */
static void set_detail(sch_detail *detail, const sch_bundle *bundle, const char *sentence)
{
    sch_buf names = {0};
    sch_err err = list_missing(&names, bundle);
    const char *text = sch_failed(err) ? NULL : sch_buf_text(&names);
    sch_detail_set(detail, "%s %s", sentence, text == NULL || text[0] == '\0' ? "nobody" : text);
    sch_buf_clear(&names);
}

sch_err sch_bundle_sign(sch_bundle *bundle, const uint8_t identity_secret[static SCH_SIGN_SECRET_BYTES],
                        sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const uint8_t *identity = identity_secret + SCH_SIGN_SEED_BYTES; /* sign.h: the public key is its second half */
    const sch_agreement *agreement = &bundle->agreement;
    uint8_t signature[SCH_SIGN_BYTES];
    size_t i = 0;
    while (i < agreement->party_count && memcmp(agreement->party[i].identity, identity, SCH_AGREEMENT_KEY_BYTES) != 0) {
        i++;
    }
    if (i == agreement->party_count) {
        set_detail(detail, bundle, "these keys are no party's; those are still wanted of");
        return sch_fail(SCH_BAD_INPUT, "these keys are not those of a party to the agreement");
    }
    SCH_TRY(sch_agreement_sign(signature, bundle->bytes.data, bundle->bytes.bytes, identity_secret));
    if (sch_failed(sch_agreement_verify(signature, bundle->bytes.data, bundle->bytes.bytes, identity))) {
        SCH_TRY(sch_fail(SCH_BUG, "the halves of a secret key do not belong together"));
    }
    memcpy(bundle->signature[i], signature, SCH_SIGN_BYTES);
    bundle->has_signature[i] = true;
out:
    return err;
}

sch_err sch_bundle_encode(sch_buf *out, const sch_bundle *bundle)
{
    Schakel__Bundle message;
    Schakel__BundleSignature signature[SCH_MAX_AGREEMENT_PARTIES];
    Schakel__BundleSignature *pointer[SCH_MAX_AGREEMENT_PARTIES];
    size_t count = 0;
    if (bundle->bytes.bytes == 0 || bundle->agreement.party_count > SCH_MAX_AGREEMENT_PARTIES) {
        return sch_fail(SCH_BUG, "a bundle without an agreement");
    }
    schakel__bundle__init(&message);
    for (size_t i = 0; i < bundle->agreement.party_count; i++) {
        if (bundle->has_signature[i]) {
            schakel__bundle_signature__init(&signature[count]);
            signature[count].party = sch_bounded_text(bundle->agreement.party[i].name);
            signature[count].signature = sch_bounded_bytes(bundle->signature[i], SCH_SIGN_BYTES);
            pointer[count] = &signature[count];
            count++;
        }
    }
    message.agreement = sch_bounded_bytes(bundle->bytes.data, bundle->bytes.bytes);
    message.n_signature = count;
    message.signature = pointer;
    sch_err err = sch_bounded_pack(out, &message.base, SCH_MAX_BUNDLE_BYTES);
    return err.code == SCH_BAD_INPUT ? sch_fail(SCH_BUG, "a bundle is too large") : err;
}

/* The signatures, in the order of the parties: `next` is the first party that may come. */
static sch_err read_signature(sch_bundle *bundle, size_t *next, const Schakel__BundleSignature *message,
                              sch_detail *detail)
{
    sch_err err = SCH_NONE;
    size_t i = *next;
    while (i < bundle->agreement.party_count && strcmp(bundle->agreement.party[i].name, message->party) != 0) {
        i++;
    }
    if (i == bundle->agreement.party_count) {
        return sch_fail(SCH_BAD_INPUT, "a signature is of no party, comes twice or is out of order");
    }
    SCH_TRY(sch_check(message->signature.len == SCH_SIGN_BYTES, SCH_BAD_INPUT, "a signature has the wrong size"));
    err = sch_agreement_verify(message->signature.data, bundle->bytes.data, bundle->bytes.bytes,
                               bundle->agreement.party[i].identity);
    if (err.code == SCH_DENIED) {
        sch_detail_set(
            detail, "the signature of %s is not made with its key: the agreement was altered, or another key was used",
            bundle->agreement.party[i].name);
    }
    SCH_TRY(err);
    memcpy(bundle->signature[i], message->signature.data, SCH_SIGN_BYTES);
    bundle->has_signature[i] = true;
    *next = i + 1;
out:
    return err;
}

sch_err sch_bundle_decode(sch_bundle *out, const uint8_t *data, size_t bytes, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    ProtobufCMessage *message = NULL;
    size_t next = 0;
    memset(out, 0, sizeof *out);
    SCH_TRY(sch_bounded_unpack(&message, &RULES, data, bytes));
    const Schakel__Bundle *bundle = (const Schakel__Bundle *)message;
    SCH_TRY(sch_bundle_make(out, bundle->agreement.data, bundle->agreement.len, detail));
    for (size_t i = 0; i < bundle->n_signature; i++) {
        SCH_TRY(read_signature(out, &next, bundle->signature[i], detail));
    }
out:
    sch_bounded_free(message);
    if (sch_failed(err)) {
        sch_bundle_clear(out);
    }
    return err;
}

bool sch_bundle_is_complete(const sch_bundle *bundle, sch_detail *detail)
{
    bool complete = bundle->agreement.party_count > 0;
    for (size_t i = 0; i < bundle->agreement.party_count; i++) {
        complete = complete && bundle->has_signature[i];
    }
    if (!complete) {
        set_detail(detail, bundle, "signatures are still wanted of");
    }
    return complete;
}

void sch_bundle_clear(sch_bundle *bundle)
{
    sch_buf_clear(&bundle->bytes);
    sch_agreement_clear(&bundle->agreement);
    memset(bundle, 0, sizeof *bundle);
}
