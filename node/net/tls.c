#include "node/net/tls.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "crypto/prim/hash.h"

/* Every certificate will do: only its key counts, and that is compared with the pin. That the peer has the key is what
 * the handshake itself proves (CertificateVerify, RFC 8446, 4.4.3). */
static int accept_certificate(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static sch_err set_rules(SSL_CTX *context)
{
    sch_err err = SCH_NONE;
    SCH_TRY(
        sch_check(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
                      SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
                      SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
                      SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1,
                  SCH_BUG, "OpenSSL lacks what the channel needs"));
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SCH_TRY(sch_check(SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1, SCH_BUG,
                      "OpenSSL lacks what the channel needs"));
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(context, accept_certificate, NULL);
out:
    return err;
}

static sch_err load_files(SSL_CTX *context, const char *certificate_file, const char *tls_key_file, sch_detail *detail)
{
    if (SSL_CTX_use_certificate_file(context, certificate_file, SSL_FILETYPE_PEM) != 1) {
        sch_detail_set(detail, "%s is not a certificate in PEM", certificate_file);
        return sch_fail(SCH_BAD_INPUT, "the TLS certificate cannot be read");
    }
    if (SSL_CTX_use_PrivateKey_file(context, tls_key_file, SSL_FILETYPE_PEM) != 1) {
        sch_detail_set(detail, "%s is not the private key of %s", tls_key_file, certificate_file);
        return sch_fail(SCH_BAD_INPUT, "the TLS key does not belong to the certificate");
    }
    return SCH_NONE;
}

static sch_err check_file(const char *path, bool secret, sch_detail *detail)
{
    struct stat status;
    if (path == NULL || stat(path, &status) != 0) {
        sch_detail_set(detail, "%s: %s", path == NULL ? "(no file)" : path, strerror(errno));
        return sch_fail(SCH_IO, "a TLS file cannot be read");
    }
    if (secret && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        sch_detail_set(detail, "%s can be read by others: give it mode 0600", path);
        return sch_fail(SCH_BAD_INPUT, "the TLS key file is open to others");
    }
    return SCH_NONE;
}

sch_err sch_tls_init(sch_tls *tls, const char *certificate_file, const char *tls_key_file, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    memset(tls, 0, sizeof *tls);
    tls->rekey_records = SCH_TLS_REKEY_RECORDS;
    SCH_TRY(check_file(certificate_file, false, detail));
    SCH_TRY(check_file(tls_key_file, true, detail));
    tls->caller = SSL_CTX_new(TLS_client_method());
    tls->answerer = SSL_CTX_new(TLS_server_method());
    SCH_TRY(sch_check(tls->caller != NULL && tls->answerer != NULL, SCH_NO_MEMORY, "no memory for TLS"));
    SCH_TRY(set_rules(tls->caller));
    SCH_TRY(set_rules(tls->answerer));
    SCH_TRY(load_files(tls->caller, certificate_file, tls_key_file, detail));
    SCH_TRY(load_files(tls->answerer, certificate_file, tls_key_file, detail));
out:
    ERR_clear_error();
    return err;
}

void sch_tls_clear(sch_tls *tls)
{
    SSL_CTX_free(tls->caller);
    SSL_CTX_free(tls->answerer);
    memset(tls, 0, sizeof *tls);
}

sch_err sch_tls_certificate_pin(uint8_t out[static SCH_PIN_BYTES], const X509 *certificate)
{
    sch_err err = SCH_NONE;
    uint8_t *der = NULL;
    int bytes = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    SCH_TRY(sch_check(bytes > 0, SCH_BUG, "a certificate's key cannot be encoded"));
    SCH_TRY(sch_hash_bytes(out, der, (size_t)bytes));
out:
    OPENSSL_free(der);
    return err;
}

sch_err sch_tls_peer_pin(uint8_t out[static SCH_PIN_BYTES], const SSL *ssl)
{
    sch_err err = SCH_NONE;
    X509 *certificate = SSL_get1_peer_certificate(ssl);
    SCH_TRY(sch_check(certificate != NULL, SCH_BAD_PEER, "it showed no TLS certificate"));
    SCH_TRY(sch_tls_certificate_pin(out, certificate));
out:
    X509_free(certificate);
    return err;
}
