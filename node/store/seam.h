/* seam.h - where a test can reach into a node: places in its life, messages of its protocols, and consent without the
 * rules. In the shipped programs these functions do nothing (seam.c); the test daemon links tests/support/seam_test.c
 * in their place. */
#ifndef SCH_NODE_STORE_SEAM_H
#define SCH_NODE_STORE_SEAM_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/protocol/link.h"

/* A place that was reached: "commit.before", "commit.after"; "backup.made", where a backup's file is empty yet. */
void sch_seam_reached(const char *place);

/* Whether this node agrees to everything, as a cheated owner would. */
bool sch_seam_agrees(void);

/* The link that a shard's protocols use: `link` itself, or a test's own that passes everything on to it. The calling
 * thread's until it asks for another one. */
const sch_link *sch_seam_link(const sch_link *link, uint32_t shard);

#endif
