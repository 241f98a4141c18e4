/* keygen.h - an analyst's keys and profile: what `schakel keygen` does. */
#ifndef SCH_NODE_CLI_KEYGEN_H
#define SCH_NODE_CLI_KEYGEN_H

#include "crypto/base/err.h"

/* Makes keys in folder/keys and a commented profile folder/schakel.yaml, which lists no nodes yet. passphrase: secret;
 * NULL for none. Errors: as sch_identity_create; SCH_DENIED where the profile exists. On failure nothing of this call
 * is left. */
sch_err sch_keygen_create(const char *folder, const char *name, const char *passphrase, sch_detail *detail);

#endif
