/* Arbitrary bytes as a column of identifiers of each kind: what comes out has its length and letters, stays within its
 * room, and comes to itself. The first byte says the rows; then come their lengths, then the bytes. */
#include <stdlib.h>
#include <string.h>

#include "crypto/ident/identifier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* A column in memory of exactly its size. */
typedef struct column {
    uint8_t *bytes, *length;
    size_t count; /* of bytes */
} column;

static void must(int holds)
{
    if (!holds) {
        abort();
    }
}

static column new_column(size_t bytes, size_t rows)
{
    column c = {malloc(bytes + (bytes == 0)), malloc(rows + (rows == 0)), bytes};
    must(c.bytes != NULL && c.length != NULL);
    return c;
}

static void free_column(column *c)
{
    free(c->bytes);
    free(c->length);
}

static void check_row(sch_identifier_kind kind, const uint8_t *text, size_t length)
{
    static const size_t most[SCH_IDENTIFIER_KINDS] = {9, SCH_MAX_IDENTIFIER_BYTES, 10, 8, 9, 16};
    must(kind == SCH_IDENTIFIER_TEXT ? length <= most[1] : length == most[kind - 1]);
    for (size_t i = 0; i < length; i++) {
        int digit = text[i] >= '0' && text[i] <= '9';
        int plain = text[i] >= ' ' && text[i] < 0x7F && (text[i] < 'A' || text[i] > 'Z');
        must(kind == SCH_IDENTIFIER_TEXT ? plain : digit);
    }
}

static void try_kind(sch_identifier_kind kind, const column *in, size_t rows)
{
    column out = new_column(sch_identifier_room(in->count, rows), rows);
    size_t written = 0, valid = 0, kept = 0, at = 0;
    must(!sch_failed(
        sch_identifier_normalise(kind, out.bytes, out.length, &written, &valid, in->bytes, in->length, rows)));
    for (size_t i = 0; i < rows; i++) {
        if (out.length[i] > 0) {
            check_row(kind, out.bytes + at, out.length[i]);
            at += out.length[i];
            out.length[kept++] = out.length[i];
        }
    }
    must(at == written && kept == valid);
    column again = new_column(sch_identifier_room(written, kept), kept);
    size_t written_again = 0, valid_again = 0;
    must(!sch_failed(sch_identifier_normalise(kind, again.bytes, again.length, &written_again, &valid_again, out.bytes,
                                              out.length, kept)));
    must(written_again == written && valid_again == kept && memcmp(again.bytes, out.bytes, written) == 0);
    free_column(&out);
    free_column(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 1 || bytes - 1 < data[0]) {
        return 0;
    }
    size_t rows = data[0], total = 0, room = bytes - 1 - rows;
    for (size_t i = 0; i < rows; i++) {
        size_t length = data[1 + i] < room - total ? data[1 + i] : room - total;
        total += length;
    }
    column in = new_column(total, rows);
    memcpy(in.bytes, data + 1 + rows, total);
    for (size_t i = 0, left = total; i < rows; left -= in.length[i], i++) {
        in.length[i] = data[1 + i] < left ? data[1 + i] : (uint8_t)left;
    }
    for (int kind = SCH_IDENTIFIER_BSN; kind <= SCH_IDENTIFIER_KINDS; kind++) {
        try_kind((sch_identifier_kind)kind, &in, rows);
    }
    free_column(&in);
    return 0;
}
