/* agreement_file.h - an agreement as an official writes it, in YAML; config/agreement.yaml is a complete example with
 * comments.
 *
 * Dates are YYYY-MM-DD, both ends included: valid_until 2027-12-31 ends with that day, in UTC. Uses of a column are the
 * words link, group, filter, count, sum, avg, spread, quantile, or never alone. normalisation may be left out and is 1
 * then. Keys are base64 as on a card (node/base/card.h), so that a card can be pasted. Everything that is wrong is
 * refused with file, line and key. */
#ifndef SCH_NODE_GOVERN_AGREEMENT_FILE_H
#define SCH_NODE_GOVERN_AGREEMENT_FILE_H

#include "crypto/base/err.h"
#include "proto/agreement.h"

enum { SCH_MAX_AGREEMENT_FILE_BYTES = 1 << 20 };

/* Reads bytes that anyone may have made. label: the file's name. The agreement has passed sch_agreement_check; it is
 * the caller's to clear, also on failure. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_agreement_file_parse(sch_agreement *out, const uint8_t *data, size_t bytes, const char *label,
                                 sch_detail *detail);

/* Whether a file's bytes are a bundle and not YAML, told by the first two. */
bool sch_agreement_file_is_bundle(const uint8_t *data, size_t bytes);

/* Reads a .yaml file into an unsigned bundle, or a bundle's own file into what it is: told apart by their first bytes.
 * The bundle is the caller's to clear, also on failure (empty then). Errors: SCH_IO, SCH_BAD_INPUT, SCH_DENIED where a
 * bundle has a signature that is not the party's, SCH_NO_MEMORY. */
sch_err sch_agreement_file_load(sch_bundle *out, const char *path, sch_detail *detail);

#endif
