/* DESIGN. Records come in one by one; the verifier holds the hashes of the last two and no more. Where something is
 * wrong between two records, the next one tells which of them it is, so that case waits for it (a doubt):
 *
 *     UNLINKED   record e holds another hash than that of e - 1. If what follows e holds e's hash, e - 1 was edited;
 *                else e was.
 *     MISPLACED  at number e stands the record of number i. If i + 1 follows, linked to it, the records e to i - 1 were
 *                removed and the rest numbered anew. If it is the record e - 1 and fits behind e - 2, another one was
 *                put in before it.
 *     FORKED     record e fits, but a head says another hash. If what follows e holds the head's hash, only e was
 *                edited; if what follows has the head's hash itself, e was put in.
 *
 * Heads stand in order of their numbers. One that is not this node's is a fault too, but only where the log itself has
 * none. The node's own heads contradict as well as another's do, and help to tell which of two records was edited; what
 * is confirmed, and from where on a log can have been written anew, is told by those of others alone. */
#include "node/audit/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct known_head {
    uint64_t seq;
    uint8_t hash[SCH_HASH_BYTES];
    bool is_peer; /* another node kept it */
} known_head;

typedef enum doubt { NO_DOUBT = 0, UNLINKED, MISPLACED, FORKED } doubt;

struct sch_audit_verifier {
    char node[SCH_NAME_BYTES];
    known_head *head; /* owned; by seq */
    size_t head_count;
    size_t next_head;   /* the first one that was not compared yet */
    uint64_t agreed;    /* the highest number that a head agreed on */
    uint64_t confirmed; /* the same, of heads that other nodes kept */
    uint64_t bad_head;  /* the lowest number of a head that is not this node's; 0: none */

    uint64_t seq;                   /* of the last record that was taken */
    uint8_t hash[SCH_HASH_BYTES];   /* of the last record without doubt */
    uint8_t before[SCH_HASH_BYTES]; /* of the one before that */

    doubt doubt; /* about record number seq */
    sch_audit_record doubtful;
    uint8_t doubtful_hash[SCH_HASH_BYTES];
    uint8_t head_hash[SCH_HASH_BYTES]; /* FORKED: what the head says */
    bool head_is_peer;                 /* FORKED: another node kept it */

    sch_audit_verdict verdict;
};

/* ---- heads ---- */

static bool is_signed(const sch_audit_head *head, const char *node, const sch_audit_evidence *evidence)
{
    if (head->seq == 0 || strncmp(head->node, node, sizeof head->node) != 0) {
        return false;
    }
    for (size_t i = 0; i < evidence->identity_count; i++) {
        if (!sch_failed(sch_audit_head_verify(head, evidence->identity[i]))) {
            return true;
        }
    }
    return false;
}

static void add_head(sch_audit_verifier *v, const sch_audit_head *head, bool is_peer,
                     const sch_audit_evidence *evidence)
{
    if (is_signed(head, v->node, evidence)) {
        known_head *known = &v->head[v->head_count++];
        known->seq = head->seq;
        known->is_peer = is_peer;
        memcpy(known->hash, head->hash, sizeof known->hash);
    } else if (v->bad_head == 0 || head->seq < v->bad_head) {
        v->bad_head = head->seq > 0 ? head->seq : 1;
    }
}

static int compare_heads(const void *a, const void *b)
{
    const known_head *first = a, *second = b;
    return first->seq < second->seq ? -1 : first->seq > second->seq ? 1 : 0;
}

sch_err sch_audit_verifier_new(sch_audit_verifier **out, const char *node, const sch_audit_evidence *evidence)
{
    *out = NULL;
    sch_audit_verifier *v = calloc(1, sizeof *v);
    if (v == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    v->head = calloc(evidence->own_count + evidence->peer_count + 1, sizeof *v->head);
    if (v->head == NULL || sch_failed(sch_text_copy(v->node, sizeof v->node, node))) {
        sch_audit_verifier_free(v);
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < evidence->own_count; i++) {
        add_head(v, &evidence->own_head[i], false, evidence);
    }
    for (size_t i = 0; i < evidence->peer_count; i++) {
        add_head(v, &evidence->peer_head[i], true, evidence);
    }
    qsort(v->head, v->head_count, sizeof *v->head, compare_heads);
    *out = v;
    return SCH_NONE;
}

void sch_audit_verifier_free(sch_audit_verifier *v)
{
    if (v != NULL) {
        free(v->head);
        free(v);
    }
}

/* Compares all heads of a number with a record's hash. Where one disagrees, head_hash and head_is_peer tell of it: of
 * another node's rather than of an own one. */
static bool heads_agree(sch_audit_verifier *v, uint64_t seq, const uint8_t hash[static SCH_HASH_BYTES])
{
    bool agree = true;
    for (; v->next_head < v->head_count && v->head[v->next_head].seq == seq; v->next_head++) {
        const known_head *head = &v->head[v->next_head];
        v->verdict.own_heads += !head->is_peer;
        v->verdict.peer_heads += head->is_peer;
        if (memcmp(head->hash, hash, SCH_HASH_BYTES) == 0) {
            v->agreed = seq;
            v->confirmed = head->is_peer ? seq : v->confirmed;
        } else if (agree || head->is_peer) {
            memcpy(v->head_hash, head->hash, SCH_HASH_BYTES);
            v->head_is_peer = head->is_peer;
            agree = false;
        }
    }
    return agree;
}

/* ---- faults ---- */

static void say(sch_audit_verifier *v, sch_audit_fault fault, uint64_t seq, const char *how)
{
    unsigned long long number = seq, confirmed = v->confirmed;
    sch_detail *text = &v->verdict.text;
    v->verdict.fault = fault;
    v->verdict.seq = seq;
    switch (fault) {
    case SCH_AUDIT_EDITED:
        sch_detail_set(text, "record %llu was edited: %s", number, how);
        break;
    case SCH_AUDIT_REMOVED:
        sch_detail_set(text, "record %llu was removed: %s", number, how);
        break;
    case SCH_AUDIT_REORDERED:
        sch_detail_set(text, "record %llu is not in its place: %s", number, how);
        break;
    case SCH_AUDIT_FORKED:
        sch_detail_set(text, "the log was written anew at record %llu or before, but not before record %llu: %s",
                       number, confirmed + 1, how);
        break;
    case SCH_AUDIT_BAD_HEAD:
        sch_detail_set(text, "a head of record %llu is not signed by a key of '%s'", number, v->node);
        break;
    case SCH_AUDIT_INTACT:
        break;
    }
}

/* One of two records was edited that do not fit together. next: what follows, NULL where there is nothing that can be
 * trusted. */
static void resolve_unlinked(sch_audit_verifier *v, const sch_audit_record *next)
{
    uint64_t e = v->seq;
    bool compared = v->next_head < v->head_count && v->head[v->next_head].seq == e;
    bool second_is_sound = compared ? heads_agree(v, e, v->doubtful_hash)
                                    : next == NULL || memcmp(next->previous, v->doubtful_hash, SCH_HASH_BYTES) == 0;
    bool first_is_sound = e == 1 || v->agreed == e - 1;
    if (first_is_sound || !second_is_sound) {
        say(v, SCH_AUDIT_EDITED, e, "it does not hold the hash of the record before it");
    } else {
        say(v, SCH_AUDIT_EDITED, e - 1, "the record after it holds another hash");
    }
}

static void resolve_misplaced(sch_audit_verifier *v, const sch_audit_record *next)
{
    const sch_audit_record *record = &v->doubtful;
    uint64_t e = v->seq, i = record->seq;
    bool follows =
        next == NULL || (next->seq == i + 1 && memcmp(next->previous, v->doubtful_hash, SCH_HASH_BYTES) == 0);
    bool was_pushed = i + 1 == e && memcmp(record->previous, v->before, SCH_HASH_BYTES) == 0 &&
                      memcmp(v->doubtful_hash, v->hash, SCH_HASH_BYTES) != 0;
    if (was_pushed) {
        say(v, SCH_AUDIT_REORDERED, e - 1, "it was put in, and what follows was moved");
    } else if (i > e && follows) {
        say(v, SCH_AUDIT_REMOVED, e, "what follows was moved to close the gap");
    } else {
        say(v, SCH_AUDIT_REORDERED, e, "the record of another number stands there");
    }
}

static void resolve_forked(sch_audit_verifier *v, const sch_audit_record *next, const uint8_t *next_hash)
{
    if (next != NULL && memcmp(next_hash, v->head_hash, SCH_HASH_BYTES) == 0) {
        say(v, SCH_AUDIT_REORDERED, v->seq, "it was put in, and what follows was moved");
    } else if (next != NULL && memcmp(next->previous, v->head_hash, SCH_HASH_BYTES) == 0) {
        say(v, SCH_AUDIT_EDITED, v->seq, "a signed head and the record after it hold another hash");
    } else {
        say(v, SCH_AUDIT_FORKED, v->seq,
            v->head_is_peer ? "a signed head that another node kept holds another hash"
                            : "a signed head of its own holds another hash");
    }
}

/* next and its hash: what follows; NULL where there is nothing that can be trusted. */
static void resolve(sch_audit_verifier *v, const sch_audit_record *next, const uint8_t *next_hash)
{
    switch (v->doubt) {
    case UNLINKED:
        resolve_unlinked(v, next);
        break;
    case MISPLACED:
        resolve_misplaced(v, next);
        break;
    case FORKED:
        resolve_forked(v, next, next_hash);
        break;
    case NO_DOUBT:
        break;
    }
    v->doubt = NO_DOUBT;
}

/* ---- records ---- */

/* A record that can be read and has its hash, at the number where it is expected. */
static void take_sound(sch_audit_verifier *v, const sch_audit_record *record, const uint8_t hash[static SCH_HASH_BYTES])
{
    v->seq++;
    if (record->seq != v->seq) {
        v->doubt = MISPLACED;
    } else if (memcmp(record->previous, v->hash, SCH_HASH_BYTES) != 0) {
        v->doubt = UNLINKED;
    } else if (!heads_agree(v, v->seq, hash)) {
        v->doubt = FORKED;
    } else {
        memcpy(v->before, v->hash, SCH_HASH_BYTES);
        memcpy(v->hash, hash, SCH_HASH_BYTES);
        return;
    }
    v->doubtful = *record;
    memcpy(v->doubtful_hash, hash, SCH_HASH_BYTES);
}

sch_err sch_audit_verifier_take(sch_audit_verifier *v, uint64_t seq, const uint8_t *bytes, size_t count,
                                const uint8_t hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    sch_audit_record record;
    uint8_t own[SCH_HASH_BYTES];
    uint64_t expected = v->seq + 1;
    v->verdict.records++;
    if (v->verdict.fault != SCH_AUDIT_INTACT) {
        return SCH_NONE;
    }
    err = sch_audit_record_decode(&record, bytes, count);
    if (sch_failed(err) && err.code != SCH_BAD_INPUT) {
        return err;
    }
    bool readable = !sch_failed(err);
    SCH_TRY(sch_audit_record_hash(own, bytes, count));
    bool sound = readable && memcmp(own, hash, sizeof own) == 0;
    if (v->doubt != NO_DOUBT) {
        bool follows = sound && seq == expected;
        resolve(v, follows ? &record : NULL, follows ? hash : NULL);
    } else if (seq > expected) {
        say(v, SCH_AUDIT_REMOVED, expected, "its number is missing");
    } else if (seq < expected) {
        say(v, SCH_AUDIT_REORDERED, seq, "its number comes again");
    } else if (!sound) {
        say(v, SCH_AUDIT_EDITED, seq, readable ? "its bytes are not those that were hashed" : "it cannot be read");
    } else {
        take_sound(v, &record, hash);
    }
out:
    return err;
}

/* ---- the verdict ---- */

/* Nothing but what others kept confirms a log, so the node's own heads are told of apart. */
static void say_intact(sch_audit_verifier *v)
{
    char own[64] = "";
    unsigned long long records = v->verdict.records, owns = v->verdict.own_heads, peers = v->verdict.peer_heads;
    unsigned long long confirmed = v->confirmed;
    const char *agree = peers == 1 ? "head of another node agrees" : "heads of other nodes agree";
    sch_detail *text = &v->verdict.text;
    if (peers > 0 && owns > 0) {
        (void)snprintf(own, sizeof own, "; %llu of its own %s nothing", owns, owns == 1 ? "confirms" : "confirm");
    }
    if (peers == 0 && owns == 0) {
        sch_detail_set(text,
                       "the log is intact, %llu records; no head was compared: a log that was cut, or written anew, "
                       "would look the same; give --peer-head",
                       records);
    } else if (peers == 0) {
        sch_detail_set(text,
                       "the log is intact, %llu records; %llu %s of its own and none of another node: a log that was "
                       "cut and signed anew would look the same; give --peer-head",
                       records, owns, owns == 1 ? "head" : "heads");
    } else if (confirmed < records) {
        sch_detail_set(text,
                       "the log is intact, %llu records; %llu %s, the newest of record %llu: a log that was cut or "
                       "written anew after that one would look the same%s",
                       records, peers, agree, confirmed, own);
    } else {
        sch_detail_set(text, "the log is intact, %llu records; %llu %s, the newest of the last record%s", records,
                       peers, agree, own);
    }
}

sch_audit_verdict sch_audit_verifier_finish(sch_audit_verifier *v)
{
    resolve(v, NULL, NULL);
    if (v->verdict.fault == SCH_AUDIT_INTACT && v->next_head < v->head_count) {
        say(v, SCH_AUDIT_REMOVED, v->seq + 1, "a signed head names it or one after it, and the log ends before");
    }
    if (v->verdict.fault == SCH_AUDIT_INTACT && v->bad_head > 0) {
        say(v, SCH_AUDIT_BAD_HEAD, v->bad_head, "");
    }
    if (v->verdict.fault == SCH_AUDIT_INTACT) {
        say_intact(v);
    }
    return v->verdict;
}
