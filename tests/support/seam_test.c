/* seam_test.c - the seam of schakeld_test (node/store/seam.h): a node that dies where a test says, or that agrees to everything.
 *
 *     SCHAKEL_TEST_AGREES=1              it consents without the rules and the budget
 *     SCHAKEL_TEST_KILL=commit.before:7  SIGKILL when that place is reached for the seventh time
 *     SCHAKEL_TEST_ARM=FILE              counting begins when FILE exists: the start of a node has commits of its own
 *
 * Never in a program that is installed. */
#include "node/store/seam.h"

#include <signal.h>
#include <stdatomic.h>
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
