#include "node/base/clock.h"

#include <stdio.h>
#include <string.h>
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

/* Whether a text has the form of a pattern, in which a 0 stands for any digit and all else for itself. */
static bool has_form(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; text++, pattern++) {
        if (*pattern == '0' ? (*text < '0' || *text > '9') : *text != *pattern) {
            return false;
        }
    }
    return *text == '\0';
}

bool sch_time_from_text(sch_time_ms *out, const char *text)
{
    static const struct {
        const char *pattern;
        size_t kept;      /* bytes of the text that go into the whole form */
        const char *rest; /* what follows them there */
    } form[] = {{"0000-00-00", 10, "T00:00:00.000Z"},
                {"0000-00-00T00:00:00Z", 19, ".000Z"},
                {"0000-00-00T00:00:00.000Z", 24, ""}};
    char whole[SCH_TIME_TEXT_BYTES], again[SCH_TIME_TEXT_BYTES];
    struct tm utc = {0};
    int ms = 0;
    out->value = 0;
    size_t i = 0;
    while (i < sizeof form / sizeof form[0] && !has_form(text, form[i].pattern)) {
        i++;
    }
    if (i == sizeof form / sizeof form[0]) {
        return false;
    }
    (void)snprintf(whole, sizeof whole, "%.*s%s", (int)form[i].kept, text, form[i].rest);
    if (sscanf(whole, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &utc.tm_year, &utc.tm_mon, &utc.tm_mday, &utc.tm_hour,
               &utc.tm_min, &utc.tm_sec, &ms) != 7) {
        return false;
    }
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    const sch_time_ms time = {(int64_t)timegm(&utc) * 1000 + ms};
    sch_time_text(again, time); /* timegm takes the 30th of February for the 2nd of March */
    if (strcmp(again, whole) != 0) {
        return false;
    }
    *out = time;
    return true;
}
