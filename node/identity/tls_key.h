/* tls_key.h - the TLS key and its certificate, for identity.c alone. */
#ifndef SCH_NODE_IDENTITY_TLS_KEY_H
#define SCH_NODE_IDENTITY_TLS_KEY_H

#include "crypto/base/buf.h"
#include "crypto/base/err.h"

/* Makes a P-256 key and a self-signed certificate for it, valid for ever, whose common name is `name`; appends both as
 * PEM. key_pem: secret. Errors: SCH_NO_MEMORY, SCH_BUG where OpenSSL fails. */
sch_err sch_tls_key_make(sch_buf *key_pem, sch_buf *certificate_pem, const char *name);

/* Whether a key belongs to a certificate; both PEM that anyone may have made. Errors: SCH_BAD_INPUT where it does not,
 * or one of them cannot be read. */
sch_err sch_tls_key_check(const sch_buf *key_pem, const sch_buf *certificate_pem);

#endif
