/* Arbitrary bytes as an agreement's file: refused with a sentence, or an agreement that keeps its rules, that is the
 * same after encoding and decoding, and that can be told in words. */
#include <stdlib.h>
#include <string.h>

#include "node/govern/agreement_file.h"
#include "node/govern/agreement_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { MAX_BYTES = 1 << 16 };

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void must_have(const sch_buf *text, const char *word)
{
    must(memmem(text->data, text->bytes, word, strlen(word)) != NULL);
}

static void check_agreement(const sch_agreement *agreement)
{
    sch_buf encoded = {0}, again = {0}, words = {0};
    sch_bundle bundle = {0};
    size_t count = 1;
    must(!sch_failed(sch_agreement_check(agreement, NULL)));
    if (sch_failed(sch_agreement_encode(&encoded, agreement))) {
        return; /* it is well-formed but too large */
    }
    must(!sch_failed(sch_bundle_make(&bundle, encoded.data, encoded.bytes, NULL)));
    must(!sch_failed(sch_agreement_encode(&again, &bundle.agreement)));
    must(again.bytes == encoded.bytes && memcmp(again.data, encoded.data, encoded.bytes) == 0);
    must(!sch_failed(sch_agreement_diff(&words, &count, agreement, &bundle.agreement)) && count == 0);
    must_have(&words, "no difference");
    must(!sch_failed(sch_agreement_show(&words, &bundle)));
    must_have(&words, agreement->id);
    sch_buf_clear(&encoded);
    sch_buf_clear(&again);
    sch_buf_clear(&words);
    sch_bundle_clear(&bundle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    sch_agreement agreement;
    sch_detail detail = {{0}};
    if (bytes > MAX_BYTES) {
        return 0;
    }
    sch_err err = sch_agreement_file_parse(&agreement, data, bytes, "fuzz.yaml", &detail);
    if (sch_failed(err)) {
        must(err.code == SCH_BAD_INPUT && detail.text[0] != '\0');
        must(agreement.party == NULL && agreement.title == NULL && agreement.party_count == 0);
    } else {
        check_agreement(&agreement);
    }
    sch_agreement_clear(&agreement);
    return 0;
}
