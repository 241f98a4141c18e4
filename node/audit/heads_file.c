#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prim/base64.h"
#include "node/audit/verify.h"
#include "node/base/clock.h"

enum {
    MOST_LINE_BYTES = 1024,
    SIGNATURE_CHARS = 88, /* 64 bytes as base64, without the closing zero */
};

sch_err sch_audit_heads_print(sch_buf *out, const sch_audit_head *head, const uint8_t identity[static 32])
{
    sch_err err = SCH_NONE;
    char hash[SCH_BASE64_KEY_CHARS + 1], key[SCH_BASE64_KEY_CHARS + 1], signature[SIGNATURE_CHARS + 1];
    char time[SCH_TIME_TEXT_BYTES];
    SCH_TRY(sch_check(head->seq <= INT64_MAX && head->counter <= INT64_MAX, SCH_BAD_INPUT,
                      "a head's number is too large for a file"));
    SCH_TRY(sch_check(sch_text_is_name(head->node), SCH_BAD_INPUT, "a head names no node"));
    SCH_TRY(sch_base64_encode(hash, sizeof hash, head->hash, sizeof head->hash));
    SCH_TRY(sch_base64_encode(key, sizeof key, identity, 32));
    SCH_TRY(sch_base64_encode(signature, sizeof signature, head->signature, sizeof head->signature));
    sch_time_text(time, head->time);
    /* Names and base64 need no escapes. */
    SCH_TRY(sch_buf_printf(out,
                           "{\"node\":\"%s\",\"seq\":%llu,\"hash\":\"%s\",\"counter\":%llu,\"time\":\"%s\","
                           "\"identity\":\"%s\",\"signature\":\"%s\"}\n",
                           head->node, (unsigned long long)head->seq, hash, (unsigned long long)head->counter, time,
                           key, signature));
out:
    return err;
}

/* ---- parsing ---- */

typedef struct texts {
    const char *node, *hash, *time, *identity, *signature; /* borrowed from the JSON value */
    json_int_t seq, counter;
} texts;

static sch_err read_texts(texts *t, json_t *line)
{
    /* "!": no other keys than these. */
    int bad =
        json_unpack(line, "{s:s,s:I,s:s,s:I,s:s,s:s,s:s!}", "node", &t->node, "seq", &t->seq, "hash", &t->hash,
                    "counter", &t->counter, "time", &t->time, "identity", &t->identity, "signature", &t->signature);
    return sch_check(bad == 0, SCH_BAD_INPUT, "a head has not the keys that a head has");
}

static sch_err read_head(sch_audit_head *head, uint8_t identity[static 32], const texts *t)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(sch_text_is_name(t->node), SCH_BAD_INPUT, "a head names no node"));
    SCH_TRY(sch_text_copy(head->node, sizeof head->node, t->node));
    SCH_TRY(sch_check(t->seq >= 1 && t->counter >= 0, SCH_BAD_INPUT, "a head's number is out of range"));
    head->seq = (uint64_t)t->seq;
    head->counter = (uint64_t)t->counter;
    SCH_TRY(sch_check(strlen(t->time) == SCH_TIME_TEXT_BYTES - 1 && sch_time_from_text(&head->time, t->time) &&
                          head->time.value >= 0,
                      SCH_BAD_INPUT, "a head's time is none"));
    SCH_TRY(sch_base64_decode(head->hash, sizeof head->hash, t->hash, strlen(t->hash)));
    SCH_TRY(sch_base64_decode(identity, 32, t->identity, strlen(t->identity)));
    SCH_TRY(sch_base64_decode(head->signature, sizeof head->signature, t->signature, strlen(t->signature)));
out:
    return err;
}

static sch_err parse_line(sch_audit_head *head, uint8_t identity[static 32], const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    json_error_t fault;
    texts t = {0};
    json_t *line = NULL;
    SCH_TRY(sch_check(bytes <= MOST_LINE_BYTES, SCH_BAD_INPUT, "a line is longer than a head is"));
    line = json_loadb((const char *)data, bytes, JSON_REJECT_DUPLICATES, &fault);
    if (line == NULL && json_error_code(&fault) == json_error_out_of_memory) {
        SCH_TRY(sch_fail(SCH_NO_MEMORY, "out of memory"));
    }
    SCH_TRY(sch_check(line != NULL, SCH_BAD_INPUT, "a line is no JSON object"));
    SCH_TRY(read_texts(&t, line));
    SCH_TRY(read_head(head, identity, &t));
out:
    json_decref(line);
    return err;
}

/* Heads and their keys side by side, growing together. */
typedef struct list {
    sch_audit_head *head;
    uint8_t (*identity)[32];
    size_t count, room;
} list;

static sch_err grow(list *l)
{
    if (l->count < l->room) {
        return SCH_NONE;
    }
    size_t room = l->room == 0 ? 16 : l->room * 2;
    sch_audit_head *head = reallocarray(l->head, room, sizeof *head);
    if (head != NULL) {
        l->head = head;
    }
    uint8_t(*identity)[32] = head == NULL ? NULL : reallocarray(l->identity, room, sizeof *identity);
    if (identity == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    l->identity = identity;
    l->room = room;
    return SCH_NONE;
}

sch_err sch_audit_heads_parse(sch_audit_head **head, uint8_t (**identity)[32], size_t *count, const uint8_t *data,
                              size_t bytes, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    list l = {0};
    size_t number = 0;
    *head = NULL;
    *identity = NULL;
    *count = 0;
    while (bytes > 0) {
        const uint8_t *end = memchr(data, '\n', bytes);
        size_t line = end == NULL ? bytes : (size_t)(end - data);
        number++;
        if (line > 0) {
            SCH_TRY(grow(&l));
            memset(&l.head[l.count], 0, sizeof l.head[l.count]);
            SCH_TRY(parse_line(&l.head[l.count], l.identity[l.count], data, line));
            l.count++;
        }
        size_t used = line + (end == NULL ? 0 : 1);
        data += used;
        bytes -= used;
    }
    *head = l.head;
    *identity = l.identity;
    *count = l.count;
    l = (list){0};
out:
    if (sch_failed(err)) {
        sch_detail_set(detail, "line %zu: %s", number, err.text);
    }
    free(l.head);
    free(l.identity);
    return err;
}
