/* clock.h - the two clocks: one that only goes forward, and the date and time. */
#ifndef SCH_NODE_BASE_CLOCK_H
#define SCH_NODE_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/request.h"

/* Nanoseconds since some moment in the past; never goes back. For durations and deadlines. */
uint64_t sch_clock_ns(void);

/* The moment now. May jump. For what is shown, signed and compared between machines. */
sch_time_ms sch_clock_now(void);

enum { SCH_TIME_TEXT_BYTES = 25 }; /* 2026-03-01T12:00:00.123Z and the closing zero */

/* Writes the moment as text in UTC. A moment outside the years 0000 to 9999 is shown as the nearest one inside. */
void sch_time_text(char out[static SCH_TIME_TEXT_BYTES], sch_time_ms time);

/* Reads a moment in UTC: a day as 2026-03-01, its beginning; or 2026-03-01T12:00:00Z, also with .123 before the Z.
 * False, and out zeroed, for any other text and for moments that do not exist. */
bool sch_time_from_text(sch_time_ms *out, const char *text);

#endif
