/* The whole of an agreement in words. Every text in it is printable (sch_agreement_check), so that none can end its
 * line or write beyond it. */
#include "node/govern/agreement_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/prim/base64.h"
#include "node/govern/terms.h"

enum { WIDTH = 110, LABEL = 21, KEY_TEXT_BYTES = SCH_BASE64_KEY_CHARS + 1 };

/* ---- lines ---- */

static size_t characters_of(const char *text, size_t bytes)
{
    size_t characters = 0;
    for (size_t i = 0; i < bytes; i++) {
        characters += ((unsigned char)text[i] & 0xC0U) != 0x80U;
    }
    return characters;
}

/* "  label      text", broken at blanks and going on below its first word. */
static sch_err put_text(sch_buf *out, unsigned indent, const char *label, const char *text)
{
    sch_err err = SCH_NONE;
    size_t column = (size_t)indent + LABEL;
    SCH_TRY(sch_buf_printf(out, "%*s%-*s ", (int)indent, "", LABEL - 1, label));
    for (bool first = true; *text != '\0'; first = false) {
        size_t blanks = strspn(text, " ");
        size_t bytes = blanks + strcspn(text + blanks, " ");
        size_t wide = characters_of(text, bytes);
        if (!first && column + wide > WIDTH) {
            SCH_TRY(sch_buf_printf(out, "\n%*s", (int)indent + LABEL, ""));
            column = (size_t)indent + LABEL;
            text += blanks;
            bytes -= blanks;
            wide -= blanks;
        }
        SCH_TRY(sch_buf_append(out, text, bytes));
        column += wide;
        text += bytes;
    }
    SCH_TRY(sch_buf_append_text(out, "\n"));
out:
    return err;
}

__attribute__((format(printf, 4, 5))) static sch_err put(sch_buf *out, unsigned indent, const char *label,
                                                         const char *format, ...)
{
    sch_err err = SCH_NONE;
    char text[2 * SCH_NAME_BYTES + 128];
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    SCH_TRY(sch_check(bytes >= 0 && (size_t)bytes < sizeof text, SCH_BUG, "a line of an agreement is too long"));
    SCH_TRY(put_text(out, indent, label, text));
out:
    return err;
}

static sch_err put_key(sch_buf *out, unsigned indent, const char *label,
                       const uint8_t key[static SCH_AGREEMENT_KEY_BYTES])
{
    sch_err err = SCH_NONE;
    char text[KEY_TEXT_BYTES];
    SCH_TRY(sch_base64_encode(text, sizeof text, key, SCH_AGREEMENT_KEY_BYTES));
    SCH_TRY(put_text(out, indent, label, text));
out:
    return err;
}

/* ---- parts ---- */

static sch_err show_head(sch_buf *out, const sch_bundle *bundle)
{
    sch_err err = SCH_NONE;
    const sch_agreement *a = &bundle->agreement;
    char from[SCH_TERMS_TIME_BYTES], last[SCH_TERMS_TIME_BYTES];
    sch_terms_moment(from, a->valid_from);
    sch_terms_last(last, a->valid_until);
    SCH_TRY(sch_buf_printf(out, "Agreement %s, version %" PRIu32 "\n\n", a->id, a->version));
    SCH_TRY(sch_buf_printf(out, "  %-*s ", LABEL - 1, "hash"));
    for (size_t i = 0; i < SCH_HASH_BYTES; i++) {
        SCH_TRY(sch_buf_printf(out, "%02x", bundle->hash[i]));
    }
    SCH_TRY(sch_buf_append_text(out, "\n"));
    SCH_TRY(put_text(out, 2, "title", a->title));
    SCH_TRY(put_text(out, 2, "purpose", a->purpose));
    SCH_TRY(put_text(out, 2, "legal basis", a->legal_basis));
    SCH_TRY(put_text(out, 2, "DPIA", a->dpia));
    SCH_TRY(put_text(out, 2, "CBS authorisation", a->authorisation));
    SCH_TRY(put_text(out, 2, "CBS project", a->project));
    SCH_TRY(put(out, 2, "valid", "from %s until %s, both included, in UTC", from, last));
    SCH_TRY(put(out, 2, "results are kept", "%" PRIu32 " days", a->retention_days));
    SCH_TRY(put(out, 2, "linkage key", "epoch %" PRIu32, a->epoch));
    SCH_TRY(put(out, 2, "identifiers", "normalised by version %" PRIu32 " of the rules", a->normalisation));
    SCH_TRY(put(out, 2, "budget", "%" PRIu32 " requests a %s for each analyst", a->budget,
                sch_terms_period[a->budget_period - 1]));
    SCH_TRY(put_text(out, 2, "CASE in aggregates",
                     a->case_rule == SCH_CASE_GUARDED ? "guarded: one WHEN, no ELSE, no COALESCE, ABS or %" : "free"));
    SCH_TRY(put(out, 2, "cells of a table", "%" PRIu32 " at most", a->max_cells));
out:
    return err;
}

static sch_err show_party(sch_buf *out, const sch_agreement_party *party, bool has_signed)
{
    static const char *const approval[] = {"automatic, within the rules", "by one operator", "by two operators"};
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_printf(out, "  %s\n", party->name));
    SCH_TRY(put_text(out, 4, "organisation", party->organisation));
    SCH_TRY(put_text(out, 4, "OIN", party->oin));
    SCH_TRY(
        put_text(out, 4, "role", party->role == SCH_AGREEMENT_OWNER ? "owner of data" : "helper only, without data"));
    if (party->role == SCH_AGREEMENT_OWNER) {
        SCH_TRY(put_text(out, 4, "requests approved", approval[party->approval - 1]));
        SCH_TRY(put(out, 4, "smallest group", "%" PRIu32 " persons", party->min_persons));
        SCH_TRY(put_text(out, 4, "empty cells", party->show_zero ? "are shown" : "are suppressed"));
    }
    SCH_TRY(put_text(out, 4, "processing activity", party->processing_activity));
    SCH_TRY(put_text(out, 4, "address", party->address));
    SCH_TRY(put_key(out, 4, "identity", party->identity));
    SCH_TRY(put_key(out, 4, "exchange", party->exchange));
    SCH_TRY(put_key(out, 4, "TLS pin", party->tls_pin));
    SCH_TRY(put_text(out, 4, "signature", has_signed ? "signed" : "NOT SIGNED YET"));
out:
    return err;
}

static sch_err show_column(sch_buf *out, const sch_agreement_column *column, size_t width)
{
    sch_err err = SCH_NONE;
    size_t count = 0;
    SCH_TRY(sch_buf_printf(out, "    %-*s  ", (int)width, column->name));
    for (size_t i = 0; i < SCH_TERMS_USES; i++) {
        if ((column->uses & sch_terms_use_of[i].bit) != 0) {
            SCH_TRY(sch_buf_printf(out, "%s%s", count++ > 0 ? ", " : "", sch_terms_use_of[i].word));
        }
    }
    SCH_TRY(sch_buf_append_text(out, count == 0 ? "never" : ""));
    for (size_t i = 0; i < column->analyst_count; i++) {
        SCH_TRY(sch_buf_printf(out, "%s%s", i == 0 ? "; only by " : ", ", column->analyst[i]));
    }
    SCH_TRY(sch_buf_append_text(out, "\n"));
out:
    return err;
}

static sch_err show_data_set(sch_buf *out, const sch_agreement_data_set *set)
{
    sch_err err = SCH_NONE;
    size_t width = 0;
    for (size_t i = 0; i < set->column_count; i++) {
        size_t bytes = strlen(set->column[i].name);
        width = bytes > width ? bytes : width;
    }
    SCH_TRY(sch_buf_printf(out, "  %s.%s\n", set->party, set->name));
    for (size_t i = 0; i < set->column_count; i++) {
        SCH_TRY(show_column(out, &set->column[i], width));
    }
out:
    return err;
}

static sch_err show_analyst(sch_buf *out, const sch_agreement_analyst *analyst)
{
    sch_err err = SCH_NONE;
    char last[SCH_TERMS_TIME_BYTES];
    sch_terms_last(last, analyst->valid_until);
    SCH_TRY(sch_buf_printf(out, "  %s\n", analyst->name));
    SCH_TRY(put_text(out, 4, "organisation", analyst->organisation));
    SCH_TRY(put_text(out, 4, "OIN", analyst->oin));
    SCH_TRY(put(out, 4, "valid", "until %s, included", last));
    SCH_TRY(put_key(out, 4, "identity", analyst->identity));
    SCH_TRY(put_key(out, 4, "exchange", analyst->exchange));
    SCH_TRY(put_key(out, 4, "TLS pin", analyst->tls_pin));
out:
    return err;
}

sch_err sch_agreement_show(sch_buf *out, const sch_bundle *bundle)
{
    sch_err err = SCH_NONE;
    const sch_agreement *a = &bundle->agreement;
    size_t have_signed = 0;
    SCH_TRY(show_head(out, bundle));
    SCH_TRY(sch_buf_append_text(out, "\nParties\n"));
    for (size_t i = 0; i < a->party_count; i++) {
        have_signed += bundle->has_signature[i];
        SCH_TRY(show_party(out, &a->party[i], bundle->has_signature[i]));
    }
    SCH_TRY(sch_buf_append_text(out, "\nData sets, and what each column may be used for\n"));
    for (size_t i = 0; i < a->data_set_count; i++) {
        SCH_TRY(show_data_set(out, &a->data_set[i]));
    }
    SCH_TRY(sch_buf_append_text(out, "\nAnalysts\n"));
    for (size_t i = 0; i < a->analyst_count; i++) {
        SCH_TRY(show_analyst(out, &a->analyst[i]));
    }
    SCH_TRY(sch_buf_printf(out, "\n%zu of %zu parties have signed", have_signed, a->party_count));
    for (size_t i = 0, missing = 0; i < a->party_count; i++) {
        if (!bundle->has_signature[i]) {
            SCH_TRY(sch_buf_printf(out, "%s%s", missing++ == 0 ? "; missing: " : ", ", a->party[i].name));
        }
    }
    SCH_TRY(sch_buf_append_text(out, "\n"));
out:
    return err;
}
