/* fake_client.h - stands in for node/net/client.h: an analyst's connection whose other end is the test. What the
 * code under test sends is kept; what it receives was put there before, or by the test's answer to what was sent. */
#ifndef SCH_TESTS_SUPPORT_FAKE_CLIENT_H
#define SCH_TESTS_SUPPORT_FAKE_CLIENT_H

#include "node/net/client.h"
#include "proto/control.h"

enum { FAKE_SENT = 64 };

typedef struct fake_node {
    sch_control_kind sent[FAKE_SENT];         /* kinds, in their order */
    sch_control last[SCH_CONTROL_STATUS + 1]; /* by kind: the last one that was sent; owned */
    size_t sent_count;
    unsigned opened;                         /* how often a connection was opened */
    unsigned refuse_opens;                   /* how many further calls of open fail with SCH_IO */
    void (*answer)(const sch_control *sent); /* called for each message that was sent; may put; may be NULL */
    sch_client *client;                      /* to put into a session: a connection that is open */
} fake_node;

extern fake_node fake;

/* Begins anew: nothing sent, nothing to receive. */
void fake_reset(void);

/* Puts a message in line. It is encoded at once, so that it may be changed afterwards. */
void fake_put(const sch_control *control);

/* Puts the end of the connection in line: what stands behind it belongs to the next one. */
void fake_put_end(void);

/* Puts whole bytes in line as numbered parts of a message. */
void fake_put_parts(const sch_control *head, const sch_buf *whole);

/* How many messages of a kind were sent. */
size_t fake_count(sch_control_kind kind);

#endif
