/* protocol_scenario.h - each protocol once, with small fixed inputs of two extreme kinds and shares that hide nothing:
 * what is uniform in a run comes from the protocol. */
#ifndef SCH_TESTS_PROTOCOL_PROTOCOL_SCENARIO_H
#define SCH_TESTS_PROTOCOL_PROTOCOL_SCENARIO_H

#include "tests/protocol/protocol_case.h"

typedef struct protocol_scenario {
    const char *name;
    protocol_part *part;
    size_t second;      /* the role that holds the output beside A */
    unsigned positions; /* bit i: message i carries positions or tags instead of uniform words */
    size_t messages;    /* that are sent in a run */
    bool finds_garbled; /* any garbled message is found */
    protocol_case size; /* its numbers */
} protocol_scenario;

enum { PROTOCOL_SCENARIOS = 13 };

extern const protocol_scenario PROTOCOL_SCENARIO[PROTOCOL_SCENARIOS];

/* The inputs; all_different: every word another, and no tag that links; else all words equal, and every tag links, in
 * the last pass. The spine's order in ALIGN is drawn anew each time. Three parties. */
void protocol_scenario_init(protocol_case *c, const protocol_scenario *scenario, bool all_different);

#endif
