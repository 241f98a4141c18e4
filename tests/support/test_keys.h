/* test_keys.h - keys of a node or an analyst for tests: a P-256 TLS key with a self-signed certificate in a temporary
 * folder, and an Ed25519 identity. */
#ifndef SCH_TESTS_SUPPORT_TEST_KEYS_H
#define SCH_TESTS_SUPPORT_TEST_KEYS_H

#include <stdint.h>

typedef struct sch_test_keys {
    char folder[64];
    char certificate_file[96], tls_key_file[96];
    uint8_t pin[32];
    uint8_t identity[32];
    uint8_t identity_secret[64];
} sch_test_keys;

/* Makes keys and files; ends the program where it cannot. */
void sch_test_keys_make(sch_test_keys *keys);

/* Removes files and folder. */
void sch_test_keys_remove(sch_test_keys *keys);

/* A port on 127.0.0.1 that nobody listens at now. */
unsigned sch_test_free_port(void);

#endif
