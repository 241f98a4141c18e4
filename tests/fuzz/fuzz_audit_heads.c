/* Arbitrary bytes as a file of heads: refused, or heads that print to a file of the same heads. */
#include <stdlib.h>
#include <string.h>

#include "node/audit/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    sch_audit_head *head = NULL, *head_again = NULL;
    uint8_t(*identity)[32] = NULL, (*identity_again)[32] = NULL;
    size_t count = 0, count_again = 0;
    sch_buf file = {0};
    sch_detail detail;
    sch_err err = sch_audit_heads_parse(&head, &identity, &count, data, bytes, &detail);
    if (!sch_failed(err)) {
        for (size_t i = 0; i < count; i++) {
            if (sch_failed(sch_audit_heads_print(&file, &head[i], identity[i]))) {
                abort();
            }
        }
        err = sch_audit_heads_parse(&head_again, &identity_again, &count_again, file.data, file.bytes, &detail);
        if (sch_failed(err) || count_again != count) {
            abort();
        }
        if (count > 0 && (memcmp(head, head_again, count * sizeof *head) != 0 ||
                          memcmp(identity, identity_again, count * sizeof *identity) != 0)) {
            abort();
        }
    } else if (head != NULL || identity != NULL || count != 0) {
        abort();
    }
    free(head);
    free(identity);
    free(head_again);
    free(identity_again);
    sch_buf_clear(&file);
    return 0;
}
