#include "node/query/sql.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <pg_query.h>

#include "node/query/sql_select.h"
#include "node/query/sql_state.h"

/* Reading a tree back takes protobuf-c about 2 KiB of stack a level, and a statement of SCH_MAX_SQL_TOKENS nests at
 * most twice that many levels. Pages are taken only as the stack grows. */
enum { STACK_BYTES = 64 << 20 };

typedef struct work {
    sch_sql *sql;
    sch_err err;
} work;

/* The parser, then what is made of its tree. */
static sch_err parse(sch_sql *sql)
{
    sch_err err = SCH_NONE;
    PgQuery__ScanResult *tokens = NULL;
    PgQuery__ParseResult *tree = NULL;
    PgQueryProtobufParseResult parsed = {0};
    char *masked = NULL;
    SCH_TRY(sch_sql_scan(sql, &tokens));
    sql->tokens = tokens;
    masked = strdup(sql->text);
    SCH_TRY(sch_check(masked != NULL, SCH_NO_MEMORY, "no memory for a copy of the SQL"));
    sch_sql_mask_unions(sql, masked);
    parsed = pg_query_parse_protobuf(masked);
    if (parsed.error != NULL) {
        err = sch_sql_fail_parser(sql, parsed.error);
        goto out;
    }
    tree = pg_query__parse_result__unpack(NULL, parsed.parse_tree.len, (const uint8_t *)parsed.parse_tree.data);
    SCH_TRY(sch_check(tree != NULL, SCH_NO_MEMORY, "no memory for the tree of the SQL"));
    SCH_TRY(sch_sql_statements(sql, tree));
    SCH_TRY(sch_request_check_query(sql->request, sql->detail));
out:
    sql->tokens = NULL;
    free(masked);
    if (tree != NULL) {
        pg_query__parse_result__free_unpacked(tree, NULL);
    }
    if (tokens != NULL) {
        pg_query__scan_result__free_unpacked(tokens, NULL);
    }
    pg_query_free_protobuf_parse_result(parsed);
    return err;
}

static void *run(void *context)
{
    work *w = context;
    w->err = parse(w->sql);
    return NULL;
}

static sch_err run_on_large_stack(sch_sql *sql)
{
    sch_err err = SCH_NONE;
    work w = {.sql = sql};
    pthread_t thread;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return sch_fail(SCH_TRY_AGAIN, "no thread for the SQL parser");
    }
    bool started =
        pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 && pthread_create(&thread, &attributes, run, &w) == 0;
    pthread_attr_destroy(&attributes);
    SCH_TRY(sch_check(started, SCH_TRY_AGAIN, "no thread for the SQL parser"));
    SCH_TRY(sch_check(pthread_join(thread, NULL) == 0, SCH_BUG, "the SQL parser's thread is lost"));
    err = w.err;
out:
    return err;
}

static sch_err parse_whole(sch_sql *sql, size_t *position)
{
    memset(sql->request, 0, sizeof *sql->request);
    sql->position = SCH_SQL_NO_POSITION;
    sql->text_bytes = strlen(sql->text);
    sch_err err = run_on_large_stack(sql);
    if (position != NULL) {
        *position = sql->position;
    }
    if (sch_failed(err)) {
        sch_request_clear(sql->request);
    }
    return err;
}

sch_err sch_sql_parse(sch_request *request, size_t *position, const char *sql, const sch_catalog *const *catalog,
                      size_t catalog_count, sch_detail *detail)
{
    sch_sql state = {
        .request = request, .detail = detail, .text = sql, .catalog = catalog, .catalog_count = catalog_count};
    return parse_whole(&state, position);
}

sch_err sch_sql_parse_linkage(sch_request *request, size_t *position, const char *sql,
                              const sch_catalog *const *catalog, size_t catalog_count, sch_detail *detail)
{
    sch_sql state = {.request = request,
                     .detail = detail,
                     .text = sql,
                     .catalog = catalog,
                     .catalog_count = catalog_count,
                     .linkage = true};
    return parse_whole(&state, position);
}
