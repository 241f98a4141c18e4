/* why.h - what nng and OpenSSL report, in words for people. Internal to node/net. */
#ifndef SCH_NODE_NET_WHY_H
#define SCH_NODE_NET_WHY_H

#include "crypto/base/err.h"

/* An nng error that is not 0: SCH_IO, SCH_NO_MEMORY, or SCH_TRY_AGAIN for a time-out. */
sch_err sch_why_network(int nng_code);

/* Why OpenSSL just gave up in this thread: SCH_BAD_PEER. Empties the thread's queue of errors. */
sch_err sch_why_tls(void);

#endif
