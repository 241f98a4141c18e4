#include "tests/support/test_keys.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "crypto/prim/sign.h"

static void require(int holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "test keys: %s failed\n", what);
        exit(1);
    }
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    require(certificate != NULL && X509_set_version(certificate, 2) == 1, "certificate");
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME *name = X509_get_subject_name(certificate);
    const unsigned char text[] = "test";
    require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
                X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
                X509_sign(certificate, key, EVP_sha256()) > 0,
            "signing the certificate");
    return certificate;
}

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "w");
    require(file != NULL && chmod(path, S_IRUSR | S_IWUSR) == 0, "creating a file");
    return file;
}

static void write_files(const sch_test_keys *keys, EVP_PKEY *key, X509 *certificate)
{
    FILE *file = create(keys->tls_key_file);
    require(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(file) == 0, "writing a key");
    file = create(keys->certificate_file);
    require(PEM_write_X509(file, certificate) == 1 && fclose(file) == 0, "writing a certificate");
}

void sch_test_keys_make(sch_test_keys *keys)
{
    memset(keys, 0, sizeof *keys);
    (void)snprintf(keys->folder, sizeof keys->folder, "/tmp/schakel-test-XXXXXX");
    require(mkdtemp(keys->folder) != NULL, "making a folder");
    (void)snprintf(keys->certificate_file, sizeof keys->certificate_file, "%s/tls.crt", keys->folder);
    (void)snprintf(keys->tls_key_file, sizeof keys->tls_key_file, "%s/tls.key", keys->folder);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    require(key != NULL, "making a key");
    X509 *certificate = make_certificate(key);
    write_files(keys, key, certificate);
    unsigned char *der = NULL;
    int bytes = i2d_PUBKEY(key, &der);
    require(bytes > 0 && SHA256(der, (size_t)bytes, keys->pin) != NULL, "making a pin");
    OPENSSL_free(der);
    X509_free(certificate);
    EVP_PKEY_free(key);
    require(sch_sign_keypair(keys->identity, keys->identity_secret).code == SCH_OK, "making an identity");
}

void sch_test_keys_remove(sch_test_keys *keys)
{
    (void)unlink(keys->certificate_file);
    (void)unlink(keys->tls_key_file);
    (void)rmdir(keys->folder);
    memset(keys, 0, sizeof *keys);
}

unsigned sch_test_free_port(void)
{
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    require(descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, bytes) == 0 &&
                getsockname(descriptor, (struct sockaddr *)&address, &bytes) == 0,
            "finding a port");
    (void)close(descriptor);
    return ntohs(address.sin_port);
}
