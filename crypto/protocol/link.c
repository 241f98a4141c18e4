#include "crypto/protocol/link.h"

sch_err sch_link_exchange(const sch_link *link, sch_party peer, uint16_t step, const void *mine, void *theirs,
                          size_t bytes)
{
    sch_err err = SCH_NONE;
    const uint8_t *out_bytes = mine;
    uint8_t *in_bytes = theirs;
    for (size_t done = 0; done < bytes;) {
        size_t piece = bytes - done < SCH_LINK_PIECE_BYTES ? bytes - done : SCH_LINK_PIECE_BYTES;
        if (link->self < peer) {
            SCH_TRY(sch_link_send(link, peer, step, out_bytes + done, piece));
            SCH_TRY(sch_link_receive(link, peer, step, in_bytes + done, piece));
        } else {
            SCH_TRY(sch_link_receive(link, peer, step, in_bytes + done, piece));
            SCH_TRY(sch_link_send(link, peer, step, out_bytes + done, piece));
        }
        done += piece;
    }
out:
    return err;
}
