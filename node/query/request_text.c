#include "node/query/request_text.h"

#include "node/query/request_sql.h"

/* One that failed leaves nothing behind. */
static sch_err finish(sch_buf *out, size_t start, sch_err err)
{
    if (sch_failed(err)) {
        out->bytes = start;
    }
    return err;
}

sch_err sch_request_text_links(sch_buf *out, const sch_request *request)
{
    sch_err err = SCH_NONE;
    size_t start = out->bytes;
    if (request->from_count == 1 && request->pass_count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_buf_append_text(out, request->from[0].join_column));
    for (size_t i = 0; i < request->pass_count; i++) {
        SCH_TRY(sch_buf_printf(out, ", then by %s", request->pass[i]));
    }
out:
    return finish(out, start, err);
}

sch_err sch_request_text_passes(sch_buf *out, const sch_request *request)
{
    sch_err err = SCH_NONE;
    size_t start = out->bytes;
    if (request->pass_count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_buf_append_text(out, "linked by "));
    SCH_TRY(sch_request_text_links(out, request));
out:
    return finish(out, start, err);
}

sch_err sch_request_text(sch_buf *out, const sch_request *request)
{
    sch_err err = SCH_NONE;
    size_t start = out->bytes;
    SCH_TRY(sch_request_sql(out, request));
    SCH_TRY(sch_buf_append_text(out, request->pass_count > 0 ? "\n" : ""));
    SCH_TRY(sch_request_text_passes(out, request));
out:
    return finish(out, start, err);
}
