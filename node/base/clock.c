#include "node/base/clock.h"

#include <stdio.h>
#include <time.h>

uint64_t sch_clock_ns(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* does not fail with this clock */
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

sch_time_ms sch_clock_now(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (sch_time_ms){(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000};
}

void sch_time_text(char out[static SCH_TIME_TEXT_BYTES], sch_time_ms time)
{
    const int64_t first = -62167219200000, last = 253402300799999; /* years 0000 and 9999 */
    int64_t value = time.value < first ? first : time.value > last ? last : time.value;
    int64_t ms = value % 1000;
    int64_t seconds = value / 1000;
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    time_t moment = (time_t)seconds;
    struct tm utc = {0};
    (void)gmtime_r(&moment, &utc); /* does not fail for these years */
    (void)snprintf(out, SCH_TIME_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                   (unsigned)(utc.tm_year + 1900) % 10000U, (unsigned)(utc.tm_mon + 1) % 100U,
                   (unsigned)utc.tm_mday % 100U, (unsigned)utc.tm_hour % 100U, (unsigned)utc.tm_min % 100U,
                   (unsigned)utc.tm_sec % 100U, (unsigned)ms % 1000U);
}
