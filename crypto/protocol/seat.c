#include "crypto/protocol/seat.h"

#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/prim/kdf.h"

/* The info of the key derivation: "schakel stream" 0, shard (4 bytes), step (4 bytes, 2^16 for none), label. */
static const char STREAM_INFO[] = "schakel stream";
enum { MAX_LABEL_BYTES = 64, NO_STEP = 0x10000 };

static sch_err open_stream(const sch_seat *seat, sch_stream *stream, sch_party other, const char *label, uint32_t step)
{
    sch_err err = SCH_NONE;
    uint8_t key[SCH_KEY_BYTES] = {0};
    uint8_t info[sizeof STREAM_INFO + 8 + MAX_LABEL_BYTES];
    size_t label_bytes = strlen(label);
    *stream = (sch_stream){0};
    SCH_TRY(sch_check(label_bytes <= MAX_LABEL_BYTES, SCH_BUG, "a stream's label is too long"));
    SCH_TRY(sch_check(other < SCH_MAX_PARTIES && seat->pair_key[other] != NULL, SCH_BUG, "a pair has no key"));
    memcpy(info, STREAM_INFO, sizeof STREAM_INFO);
    sch_put_u32(info + sizeof STREAM_INFO, seat->shard);
    sch_put_u32(info + sizeof STREAM_INFO + 4, step);
    memcpy(info + sizeof STREAM_INFO + 8, label, label_bytes);
    SCH_TRY(sch_kdf_derive(key, sizeof key, seat->pair_key[other], SCH_KEY_BYTES, NULL, 0, info,
                           sizeof STREAM_INFO + 8 + label_bytes));
    SCH_TRY(sch_stream_init(stream, key));
out:
    sch_secret_wipe(key, sizeof key);
    return err;
}

sch_err sch_seat_stream(const sch_seat *seat, sch_stream *stream, sch_party other, const char *label)
{
    return open_stream(seat, stream, other, label, NO_STEP);
}

sch_err sch_run_stream(const sch_run *run, sch_stream *stream, sch_party other, const char *label)
{
    return open_stream(run->seat, stream, other, label, run->step);
}
