#include "node/identity/tls_key.h"

#include <limits.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/prim/hash.h"
#include "node/identity/identity.h"

enum { SERIAL_BYTES = 16 };

static sch_err append_bio(sch_buf *out, BIO *bio)
{
    char *data = NULL;
    long bytes = BIO_get_mem_data(bio, &data);
    if (bytes <= 0) {
        return sch_fail(SCH_BUG, "OpenSSL wrote nothing");
    }
    return sch_buf_append(out, data, (size_t)bytes);
}

static sch_err add_extension(X509 *certificate, int id, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, id, value);
    bool done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return sch_check(done, SCH_BUG, "a certificate could not be made");
}

/* RFC 5280, 4.1.2.2 (a random serial number) and 4.1.2.5 (99991231235959Z: no end). */
static sch_err fill_certificate(X509 *certificate, EVP_PKEY *key, const char *name)
{
    static const char text[] = "a certificate could not be made";
    sch_err err = SCH_NONE;
    uint8_t serial[SERIAL_BYTES];
    sch_random_fill(serial, sizeof serial);
    serial[0] = (serial[0] & 0x3f) | 0x40; /* positive, and of full length */
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    X509_NAME *subject = X509_get_subject_name(certificate); /* borrowed */
    SCH_TRY(sch_check(number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL,
                      SCH_NO_MEMORY, text));
    SCH_TRY(sch_check(X509_set_version(certificate, X509_VERSION_3) == 1, SCH_BUG, text));
    SCH_TRY(sch_check(X509_gmtime_adj(X509_getm_notBefore(certificate), -86400) != NULL, SCH_BUG, text));
    SCH_TRY(sch_check(ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z") == 1, SCH_BUG, text));
    SCH_TRY(sch_check(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, (const unsigned char *)name,
                                                 -1, -1, 0) == 1 &&
                          X509_set_issuer_name(certificate, subject) == 1,
                      SCH_BUG, text));
    SCH_TRY(sch_check(X509_set_pubkey(certificate, key) == 1, SCH_BUG, text));
    SCH_TRY(add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE"));
    SCH_TRY(add_extension(certificate, NID_key_usage, "critical,digitalSignature"));
    SCH_TRY(add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth"));
    SCH_TRY(sch_check(X509_sign(certificate, key, EVP_sha256()) > 0, SCH_BUG, text));
out:
    BN_free(number);
    return err;
}

sch_err sch_tls_key_make(sch_buf *key_pem, sch_buf *certificate_pem, const char *name)
{
    sch_err err = SCH_NONE;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    BIO *key_bio = BIO_new(BIO_s_secmem());
    BIO *certificate_bio = BIO_new(BIO_s_mem());
    SCH_TRY(sch_check(key != NULL && certificate != NULL && key_bio != NULL && certificate_bio != NULL, SCH_NO_MEMORY,
                      "no memory for a TLS key"));
    SCH_TRY(fill_certificate(certificate, key, name));
    SCH_TRY(sch_check(PEM_write_bio_PKCS8PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) == 1, SCH_BUG,
                      "a TLS key could not be written"));
    SCH_TRY(sch_check(PEM_write_bio_X509(certificate_bio, certificate) == 1, SCH_BUG,
                      "a certificate could not be written"));
    SCH_TRY(append_bio(key_pem, key_bio));
    SCH_TRY(append_bio(certificate_pem, certificate_bio));
out:
    BIO_free(key_bio);
    BIO_free(certificate_bio);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return err;
}

/* NULL where it is no certificate. Owned by the caller. */
static X509 *read_certificate(const uint8_t *pem, size_t bytes)
{
    BIO *bio = bytes > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)bytes);
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return certificate;
}

/* Keeps OpenSSL from asking for a passphrase at the terminal. */
static int refuse_passphrase(char *out, int room, int writing, void *context)
{
    (void)out;
    (void)room;
    (void)writing;
    (void)context;
    return -1;
}

sch_err sch_tls_key_check(const sch_buf *key_pem, const sch_buf *certificate_pem)
{
    X509 *certificate = read_certificate(certificate_pem->data, certificate_pem->bytes);
    BIO *bio = key_pem->bytes > INT_MAX ? NULL : BIO_new_mem_buf(key_pem->data, (int)key_pem->bytes);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, NULL);
    bool belongs = certificate != NULL && key != NULL && X509_check_private_key(certificate, key) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    X509_free(certificate);
    return sch_check(belongs, SCH_BAD_INPUT, "a TLS key does not belong to its certificate");
}

sch_err sch_identity_tls_pin(uint8_t out[static SCH_CARD_KEY_BYTES], const uint8_t *pem, size_t bytes)
{
    sch_err err = SCH_NONE;
    uint8_t *der = NULL;
    X509 *certificate = read_certificate(pem, bytes);
    SCH_TRY(sch_check(certificate != NULL, SCH_BAD_INPUT, "a file is not a certificate in PEM"));
    int der_bytes = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    SCH_TRY(sch_check(der_bytes > 0, SCH_BAD_INPUT, "a certificate holds no key"));
    SCH_TRY(sch_hash_bytes(out, der, (size_t)der_bytes));
out:
    OPENSSL_free(der);
    X509_free(certificate);
    return err;
}
