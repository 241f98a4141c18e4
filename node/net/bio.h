/* bio.h - memory in the place of a socket, for OpenSSL: it reads what the network brought and appends what is to be
 * sent.
 *
 * OpenSSL's own memory BIO copies once more each way. Internal to node/net. */
#ifndef SCH_NODE_NET_BIO_H
#define SCH_NODE_NET_BIO_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/bio.h>

#include "crypto/base/buf.h"

typedef struct sch_bio_ends {
    uint8_t *in; /* encrypted bytes that OpenSSL has not taken yet: in_start to in_end */
    size_t in_start, in_end;
    sch_buf out; /* encrypted bytes that OpenSSL made */
} sch_bio_ends;

/* A BIO over `ends`, which it borrows. A read of nothing asks to be tried again. Owned by the caller; NULL without
 * memory. */
BIO *sch_bio_new(sch_bio_ends *ends);

#endif
