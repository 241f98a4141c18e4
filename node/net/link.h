/* link.h - the part of links that tests reach into. Internal to node/net. */
#ifndef SCH_NODE_NET_LINK_H
#define SCH_NODE_NET_LINK_H

#include "crypto/protocol/link.h"

/* For tests: as if one more frame had gone to a party, which never gets it. */
void sch_link_test_skip_frame(sch_link *link, sch_party to);

#endif
