/* A request from bytes that anyone may have made, planned against fixed catalogues of five nodes; what is planned has
 * to be sound (plan_check.h). The first byte says how: the others are the message of a request, whose names and
 * schema hashes are put right so that it gets as far as the planner, or the choices that random_request makes. */
#include "node/query/plan.h"
#include "tests/support/plan_check.h"
#include "tests/support/random_request.h"

enum { CHECKED_CELLS = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_name(char out[static SCH_NAME_BYTES], const char *name)
{
    memset(out, 0, SCH_NAME_BYTES);
    memcpy(out, name, strlen(name));
}

/* The data set's first letter picks one; a union is of gemeente's and stad's. */
static void put_right(sch_from *from, const fixed_catalogs *fixed)
{
    size_t pick = (unsigned char)from->data_set[0] % FIXED_CATALOGS;
    bool is_union = from->node_count > 1;
    const sch_catalog *catalog = &fixed->catalog[is_union ? GEMEENTE : pick];
    size_t which = is_union ? 0 : (unsigned char)from->data_set[1] % catalog->data_set_count;
    const sch_data_set *set = &catalog->data_set[which];
    put_name(from->node[0], catalog->node);
    put_name(from->node[1], fixed->catalog[STAD].node);
    put_name(from->data_set, set->name);
    put_name(from->join_column, "bsn");
    from->node_count = is_union ? 2 : 1;
    sch_err err = is_union ? sch_data_set_form_hash(from->schema_hash, set) : sch_data_set_hash(from->schema_hash, set);
    if (sch_failed(err)) {
        abort();
    }
}

/* Up to two passes, of link keys that there are. */
static void put_passes_right(sch_request *request)
{
    static const char *const NAMES[] = {"tekst", "geboorte"};
    size_t first = (unsigned char)request->pass[0][0] % 2;
    request->pass_count = request->pass_count < 2 ? request->pass_count : 2;
    for (size_t i = 0; i < request->pass_count; i++) {
        put_name(request->pass[i], NAMES[(first + i) % 2]);
    }
}

static bool read_request(sch_request *request, const fixed_catalogs *fixed, const uint8_t *data, size_t size)
{
    sch_detail detail;
    if (size > 0 && data[0] % 2 == 1) {
        random_source source = {.data = data + 1, .bytes = size - 1};
        random_request(request, &source, fixed);
        return true;
    }
    if (size == 0 || sch_failed(sch_request_decode(request, data + 1, size - 1, &detail))) {
        return false;
    }
    for (size_t i = 0; i < request->from_count; i++) {
        put_right(&request->from[i], fixed);
    }
    put_passes_right(request);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fixed_catalogs fixed;
    static bool ready;
    static sch_plan plan;
    sch_request request = {0};
    sch_detail detail = {""};
    if (!ready) {
        fixed_init(&fixed);
        ready = true;
    }
    if (read_request(&request, &fixed, data, size)) {
        sch_err err = sch_plan_make(&plan, &request, fixed.list, FIXED_CATALOGS, &detail);
        const char *broken = sch_failed(err) ? NULL : plan_check(&plan, &request, CHECKED_CELLS);
        if (err.code == SCH_BUG || (sch_failed(err) && detail.text[0] == '\0') || broken != NULL) {
            fprintf(stderr, "%s\n", broken != NULL ? broken : err.text);
            abort();
        }
    }
    sch_plan_clear(&plan);
    sch_request_clear(&request);
    return 0;
}
