/* late_clock.c - a wall clock that is ahead, for a program that is started with this library in LD_PRELOAD: what
 * happens days later can be tested today. Clocks that count from the machine's start stay as they are.
 *
 *     SCH_LATE_CLOCK_SECONDS  how far ahead; left out: not at all */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const char *ahead = getenv("SCH_LATE_CLOCK_SECONDS");
    long result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME && ahead != NULL) {
        now->tv_sec += strtol(ahead, NULL, 10);
    }
    return (int)result;
}
