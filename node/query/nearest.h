/* nearest.h - which known name an unknown one was probably meant to be. */
#ifndef SCH_NODE_QUERY_NEAREST_H
#define SCH_NODE_QUERY_NEAREST_H

#include <stddef.h>

/* The least number of insertions, deletions, replacements and swaps of neighbouring bytes that turns one name into the
 * other (optimal string alignment distance), capitals counting as small letters. Names of SCH_NAME_BYTES or more count
 * by their first SCH_NAME_BYTES - 1 bytes. */
size_t sch_nearest_distance(const char *a, const char *b);

/* The candidate with the least distance (the first of several), or NULL where all need more edits than half the name's
 * length, rounded up, or as many as its length: then it is kinder to list what there is. */
const char *sch_nearest_name(const char *name, const char *const *candidate, size_t candidate_count);

#endif
