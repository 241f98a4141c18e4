/* A request from bytes that anyone may have made, planned against fixed catalogues. Names of nodes and data sets and the
 * schema hashes are put right first, so that most inputs get as far as the planner. */
#include "node/query/plan.h"
#include "tests/support/plan_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_right(sch_request *request, const fixed_catalogs *fixed)
{
    for (size_t i = 0; i < request->from_count; i++) {
        /* The data set's first letter picks: bijstand, jeugdhulp, else banen. */
        char first = request->from[i].data_set[0];
        const sch_catalog *catalog = &fixed->catalog[first == 'b' && request->from[i].data_set[1] == 'i' ? 0 : 1];
        catalog = first == 'j' ? &fixed->catalog[2] : catalog;
        memcpy(request->from[i].node, catalog->node, SCH_NAME_BYTES);
        memcpy(request->from[i].data_set, catalog->data_set[0].name, SCH_NAME_BYTES);
        memcpy(request->join_column[i], "bsn", sizeof "bsn");
        if (sch_failed(sch_data_set_hash(request->from[i].schema_hash, &catalog->data_set[0]))) {
            abort();
        }
    }
}

static void check_plan(const sch_plan *plan, const sch_request *request)
{
    uint8_t hash[SCH_HASH_BYTES];
    sch_buf text = {0};
    if (sch_failed(sch_table_shape_check(&plan->shape)) || sch_failed(sch_plan_hash(hash, plan)) ||
        sch_failed(sch_plan_explain(&text, plan, request))) {
        abort();
    }
    sch_buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fixed_catalogs fixed;
    static bool ready;
    sch_request request;
    sch_plan plan;
    sch_detail detail = {""};
    if (!ready) {
        fixed_init(&fixed);
        ready = true;
    }
    if (sch_failed(sch_request_decode(&request, data, size, &detail))) {
        sch_request_clear(&request);
        return 0;
    }
    put_right(&request, &fixed);
    sch_err err = sch_plan_make(&plan, &request, fixed.list, FIXED_CATALOGS, &detail);
    if (!sch_failed(err)) {
        check_plan(&plan, &request);
    } else if (err.code == SCH_BUG) {
        abort();
    }
    sch_plan_clear(&plan);
    sch_request_clear(&request);
    return 0;
}
