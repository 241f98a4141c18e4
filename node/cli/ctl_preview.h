/* ctl_preview.h - a request as an operator sees it before giving a word on it. What counts (the query, its hash, who
 * asks, why, for whom, how long) is made anew here from the bytes that the analyst signed; what it costs, and what was
 * asked before, is the node's own word. */
#ifndef SCH_NODE_CLI_CTL_PREVIEW_H
#define SCH_NODE_CLI_CTL_PREVIEW_H

#include <jansson.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/request.h"

typedef struct sch_ctl_preview {
    const json_t *answer; /* borrowed: the node's answer to SCH_COMMAND_REQUEST */
    bool has_request;     /* false past its retention: only what the list says is kept */
    sch_request request;  /* owned */
    uint8_t hash[SCH_HASH_BYTES];
    sch_buf query; /* owned; as request_text.h has it */
} sch_ctl_preview;

/* Reads an answer. The preview is the caller's to clear, also on failure. Errors: SCH_BAD_PEER where the bytes are no
 * request, not the one with this id, or not what the node's hash says; SCH_BAD_INPUT where the query cannot be shown;
 * SCH_NO_MEMORY. */
sch_err sch_ctl_preview_read(sch_ctl_preview *out, const json_t *answer, const sch_request_id *id, sch_detail *detail);

/* Prints it. Errors: SCH_NO_MEMORY. */
sch_err sch_ctl_preview_print(const sch_ctl_preview *preview);

void sch_ctl_preview_clear(sch_ctl_preview *preview);

#endif
