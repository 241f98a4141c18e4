/* Arbitrary texts as SQL: refused with a place within the text, or a request that goes through its encoding and that
 * comes back from its canonical SQL. Most of the time goes to libpg_query, whose own faults count as well: it is the
 * analyst's side that would fall. */
#include <stdlib.h>
#include <string.h>

#include "node/query/request_sql.h"
#include "node/query/sql.h"
#include "tests/support/requests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static char g_code[] = "a";
static char *g_codes[] = {g_code};

static sch_column g_bijstand[] = {
    {.name = "bsn", .role = SCH_ROLE_IDENTIFIER, .type = SCH_TYPE_TEXT, .identifier = SCH_IDENTIFIER_BSN},
    {.name = "buurt", .role = SCH_ROLE_DIMENSION, .type = SCH_TYPE_TEXT, .code = g_codes, .code_count = 1},
    {.name = "instroom", .role = SCH_ROLE_ATTRIBUTE, .type = SCH_TYPE_DATE},
    {.name = "naam", .role = SCH_ROLE_ATTRIBUTE, .type = SCH_TYPE_TEXT},
    {.name = "jaar", .role = SCH_ROLE_DIMENSION, .type = SCH_TYPE_INTEGER, .bounded = true, .maximum = 9},
};
static sch_column g_banen[] = {
    {.name = "bsn", .role = SCH_ROLE_IDENTIFIER, .type = SCH_TYPE_TEXT, .identifier = SCH_IDENTIFIER_BSN},
    {.name = "jaar", .role = SCH_ROLE_DIMENSION, .type = SCH_TYPE_INTEGER, .bounded = true, .maximum = 9},
    {.name = "loon", .role = SCH_ROLE_MEASURE, .type = SCH_TYPE_INTEGER, .bounded = true, .maximum = 9},
};
static sch_column g_wmo[] = {
    {.name = "bsn", .role = SCH_ROLE_IDENTIFIER, .type = SCH_TYPE_TEXT, .identifier = SCH_IDENTIFIER_BSN},
    {.name = "uren", .role = SCH_ROLE_MEASURE, .type = SCH_TYPE_INTEGER, .bounded = true, .maximum = 9},
};

#define DATA_SET(text, columns, count)                                                                                 \
    {                                                                                                                  \
        .name = text, .unit = "person", .rows_per_person = SCH_ONE_PER_PERSON, .max_rows_a_person = 1, .max_rows = 9,  \
        .column = columns, .column_count = count,                                                                      \
    }

static sch_data_set g_set[] = {
    DATA_SET("bijstand", g_bijstand, 5),
    DATA_SET("banen", g_banen, 3),
    DATA_SET("wmo", g_wmo, 2),
};
static const sch_catalog g_catalog[] = {
    {.node = "gemeente", .data_set = &g_set[0], .data_set_count = 1},
    {.node = "cbs", .data_set = &g_set[1], .data_set_count = 1},
    {.node = "noord", .data_set = &g_set[2], .data_set_count = 1},
    {.node = "zuid", .data_set = &g_set[2], .data_set_count = 1},
};

enum { CATALOGS = 4 };

static const sch_catalog *const g_catalogs[CATALOGS] = {&g_catalog[0], &g_catalog[1], &g_catalog[2], &g_catalog[3]};

/* What was accepted can be signed and sent. */
static void check_request(sch_request *request)
{
    sch_buf encoded = {0};
    sch_request back;
    request_fill_envelope(request);
    sch_err err = sch_request_encode(&encoded, request);
    /* Many long constants can pass 48 KiB. */
    if (!sch_failed(err) && sch_failed(sch_request_decode(&back, encoded.data, encoded.bytes, NULL))) {
        abort();
    }
    if (!sch_failed(err)) {
        sch_request_clear(&back);
    }
    sch_buf_clear(&encoded);
}

/* Long aliases can pass the bounds of a text when they stand in front of each column. */
static void check_canonical(const sch_request *request)
{
    sch_buf sql = {0};
    sch_request back = {0};
    sch_detail detail = {{0}};
    bool fits = !sch_failed(sch_request_sql(&sql, request)) && sql.bytes <= SCH_MAX_SQL_BYTES;
    if (fits && sch_failed(sch_sql_parse(&back, NULL, sch_buf_text(&sql), g_catalogs, CATALOGS, &detail))) {
        fits = false;
        if (strstr(detail.text, "words and signs") == NULL) {
            abort();
        }
    }
    if (fits && !request_same_query(request, &back)) {
        abort();
    }
    sch_request_clear(&back);
    sch_buf_clear(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char *sql = malloc(bytes + 1);
    if (sql == NULL) {
        return 0;
    }
    if (bytes > 0) {
        memcpy(sql, data, bytes);
    }
    sql[bytes] = '\0';
    sch_request request;
    sch_detail detail = {{0}};
    size_t position = 0;
    sch_err err = sch_sql_parse(&request, &position, sql, g_catalogs, CATALOGS, &detail);
    if (!sch_failed(err)) {
        check_request(&request);
        check_canonical(&request);
    } else if (err.code != SCH_BAD_INPUT || detail.text[0] == '\0' ||
               (position != SCH_SQL_NO_POSITION && position > strlen(sql)) ||
               !sch_text_is_printable(detail.text, strlen(detail.text))) {
        abort();
    }
    sch_request_clear(&request);
    free(sql);
    return 0;
}
