/* tls.h - the two OpenSSL contexts of a node (calling and answering) and the pins of keys.
 *
 * TLS 1.3 only, AES-256-GCM first, certificates on both sides, no tickets, no early data. No chain is checked: whose
 * key it is follows from its pin, which the caller compares after the handshake (docs/channel.md). Internal to
 * node/net. */
#ifndef SCH_NODE_NET_TLS_H
#define SCH_NODE_NET_TLS_H

#include <stdint.h>

#include <openssl/ssl.h>

#include "crypto/base/err.h"
#include "node/net/mesh.h"

/* After how many records OpenSSL's sending key is replaced. AES-GCM allows 2^24.5 (RFC 8446, 5.5); OpenSSL never rekeys
 * by itself. */
#define SCH_TLS_REKEY_RECORDS (UINT64_C(1) << 22)

enum { SCH_TLS_RECORD_BYTES = 16384 };

typedef struct sch_tls {
    SSL_CTX *caller;        /* owned */
    SSL_CTX *answerer;      /* owned */
    uint64_t rekey_records; /* SCH_TLS_REKEY_RECORDS; tests set less */
} sch_tls;

/* Reads the files. Errors: SCH_BAD_INPUT (a file is not a certificate or key, they do not belong together, the key file
 * is open to others), SCH_IO (a file cannot be read), SCH_NO_MEMORY; the detail names the file. tls is the caller's to
 * clear, also on failure. */
sch_err sch_tls_init(sch_tls *tls, const char *certificate_file, const char *tls_key_file, sch_detail *detail);

/* Frees; accepts a zeroed one. Connections made with it must have been freed. */
void sch_tls_clear(sch_tls *tls);

/* The pin of the peer's key after a handshake: SHA-256 of SubjectPublicKeyInfo. Errors: SCH_BAD_PEER where it showed no
 * certificate, SCH_BUG. */
sch_err sch_tls_peer_pin(uint8_t out[static SCH_PIN_BYTES], const SSL *ssl);

/* The pin of a certificate. Errors: SCH_BUG. */
sch_err sch_tls_certificate_pin(uint8_t out[static SCH_PIN_BYTES], const X509 *certificate);

#endif
