/* seam_test.c - the seam of schakeld_test (node/store/seam.h): a node that dies where a test says, that agrees to
 * everything, or that says which messages its protocols exchange.
 *
 *     SCHAKEL_TEST_AGREES=1              it consents without the rules and the budget
 *     SCHAKEL_TEST_KILL=commit.before:7  SIGKILL when that place is reached for the seventh time; "message" is each message of a
 *                                        protocol, before it is sent or received
 *     SCHAKEL_TEST_ARM=FILE              counting begins when FILE exists: the start of a node has commits of its own
 *     SCHAKEL_TEST_TRAFFIC=FILE          a line a message is added to FILE: shard, "to" or "from", party, step, bytes
 *
 * Never in a program that is installed. */
#include "node/store/seam.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_ulong reached;

/* The number behind "place:" in SCHAKEL_TEST_KILL; 0 where another place is named, or none. */
static unsigned long kill_at(const char *place)
{
    const char *where = getenv("SCHAKEL_TEST_KILL");
    size_t length = strlen(place);
    if (where == NULL || strncmp(where, place, length) != 0 || where[length] != ':') {
        return 0;
    }
    return strtoul(where + length + 1, NULL, 10);
}

void sch_seam_reached(const char *place)
{
    unsigned long at = kill_at(place);
    const char *arm = getenv("SCHAKEL_TEST_ARM");
    if (at == 0 || (arm != NULL && access(arm, F_OK) != 0)) {
        return;
    }
    if (atomic_fetch_add(&reached, 1) + 1 == at) {
        (void)kill(getpid(), SIGKILL);
        for (;;) {
            (void)pause(); /* the signal is on its way; nothing after this place may happen */
        }
    }
}

bool sch_seam_agrees(void)
{
    const char *agrees = getenv("SCHAKEL_TEST_AGREES");
    return agrees != NULL && strcmp(agrees, "1") == 0;
}

/* ---- messages ---- */

/* One link at a time is in use by a thread. */
typedef struct watched {
    sch_link link;
    const sch_link *inner;
    uint32_t shard;
} watched;

static _Thread_local watched in_use;

static void note(const watched *w, const char *way, sch_party party, uint16_t step, size_t bytes)
{
    const char *path = getenv("SCHAKEL_TEST_TRAFFIC");
    char line[80];
    sch_seam_reached("message");
    if (path == NULL) {
        return;
    }
    int length = snprintf(line, sizeof line, "%" PRIu32 " %s %u %u %zu\n", w->shard, way, party, step, bytes);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || write(file, line, (size_t)length) != length || close(file) != 0) {
        abort(); /* a test that compares lines would not see what is missing */
    }
}

static sch_err pass_send(void *context, sch_party to, uint16_t step, const void *data, size_t bytes)
{
    const watched *w = context;
    note(w, "to", to, step, bytes);
    return sch_link_send(w->inner, to, step, data, bytes);
}

static sch_err pass_receive(void *context, sch_party from, uint16_t step, void *out, size_t bytes)
{
    const watched *w = context;
    note(w, "from", from, step, bytes);
    return sch_link_receive(w->inner, from, step, out, bytes);
}

const sch_link *sch_seam_link(const sch_link *link, uint32_t shard)
{
    static const sch_link_ops ops = {pass_send, pass_receive};
    in_use = (watched){.link = {&ops, &in_use, link->self}, .inner = link, .shard = shard};
    return &in_use.link;
}
