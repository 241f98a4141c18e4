/* request_sample.h - a request with one of everything, for test_request.c alone. */
#ifndef SCH_TESTS_UNIT_REQUEST_SAMPLE_H
#define SCH_TESTS_UNIT_REQUEST_SAMPLE_H

#include "proto/request.h"
#include "tests/support/unit.h"

/*
 * SELECT b.buurt, COUNT(DISTINCT b.bsn) AS personen, AVG(c.loon), ROUND(COUNT(DISTINCT b.bsn) / COUNT(*), 1) AS deel,
 *     GROUPING(b.buurt) AS totaal
 * FROM ALL(gemeente.bijstand, buurgemeente.bijstand) b JOIN cbs.banen c USING (bsn) LEFT JOIN ggz.zorg z USING (bsn)
 * WHERE b.jaar IN (-2023, NULL) AND b.naam LIKE 'A%' AND SUBSTRING(b.naam, 1, 2) = ''
 * GROUP BY ROLLUP (b.buurt, BIN(c.loon), ORGANISATION(b))
 * HAVING PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY c.loon) > 1
 * ORDER BY AVG(c.loon) DESC, BIN(c.loon) NULLS FIRST LIMIT 10
 *
 * linked by adres6 and adres4 after the identifier.
 */

enum {
    BUURT,
    BSN,
    PERSONS,
    LOON,
    AVG,
    JAAR,
    YEAR,
    NONE,
    IN,
    NAAM,
    PATTERN,
    LIKE,
    FROM,
    LENGTH,
    CUT,
    EMPTY,
    EQUAL,
    AND,
    BIN,
    ORGANISATION,
    ROWS,
    DIVIDE,
    ROUND,
    FRACTION,
    MEDIAN,
    MORE,
    GROUPING,
    COUNT
};

static uint32_t add(sch_request *r, sch_op op, size_t arguments, const uint32_t *argument)
{
    r->expression = realloc(r->expression, (r->expression_count + 1) * sizeof *r->expression);
    assert_non_null(r->expression);
    sch_expression *e = &r->expression[r->expression_count];
    *e = (sch_expression){.op = op, .position = (uint32_t)r->expression_count * 10, .argument_count = arguments};
    if (arguments > 0) {
        e->argument = malloc(arguments * sizeof *argument);
        assert_non_null(e->argument);
        memcpy(e->argument, argument, arguments * sizeof *argument);
    }
    return (uint32_t)r->expression_count++;
}

static void add_number(sch_request *r, int64_t number)
{
    uint32_t e = add(r, SCH_OP_NUMBER, 0, NULL);
    r->expression[e].number = number;
}

static void add_text(sch_request *r, sch_op op, uint8_t data_set, const char *text)
{
    uint32_t e = add(r, op, 0, NULL);
    r->expression[e].text = strdup(text);
    r->expression[e].data_set = data_set;
}

static void set_from(sch_request *r, size_t i, const char *node, const char *data_set, const char *alias, sch_join join)
{
    snprintf(r->from[i].node[0], SCH_NAME_BYTES, "%s", node);
    r->from[i].node_count = 1;
    snprintf(r->from[i].data_set, SCH_NAME_BYTES, "%s", data_set);
    snprintf(r->from[i].alias, SCH_NAME_BYTES, "%s", alias);
    snprintf(r->from[i].join_column, SCH_NAME_BYTES, "bsn");
    memset(r->from[i].schema_hash, (int)i, SCH_HASH_BYTES);
    r->from[i].join = join;
}

static void set_output(sch_request *r, const char *name, uint32_t expression)
{
    sch_output *output = &r->output[r->output_count++];
    snprintf(output->name, SCH_NAME_BYTES, "%s", name);
    output->expression = expression;
}

#define ARGUMENTS(...)                                                                                                 \
    sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), (uint32_t[])                                                 \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

/* The keys that are no columns, and what is made after aggregation. */
static void make_after(sch_request *r)
{
    add(r, SCH_OP_BIN, ARGUMENTS(LOON));
    add(r, SCH_OP_ORGANISATION, 0, NULL);
    add(r, SCH_OP_COUNT_ROWS, 0, NULL);
    add(r, SCH_OP_DIVIDE, ARGUMENTS(PERSONS, ROWS));
    add(r, SCH_OP_ROUND, ARGUMENTS(DIVIDE, FROM));
    add_number(r, 5);
    r->expression[FRACTION].decimals = 1;
    add(r, SCH_OP_PERCENTILE_CONT, ARGUMENTS(LOON, FRACTION));
    add(r, SCH_OP_GREATER, ARGUMENTS(MEDIAN, FROM));
    add(r, SCH_OP_GROUPING, ARGUMENTS(BUURT));
}

static void make_request(sch_request *r)
{
    memset(r, 0, sizeof *r);
    memset(r->id.byte, 7, sizeof r->id.byte);
    snprintf(r->analyst, SCH_NAME_BYTES, "onderzoeker");
    snprintf(r->agreement, SCH_NAME_BYTES, "lv_cbs");
    memset(r->agreement_hash, 9, sizeof r->agreement_hash);
    snprintf(r->purpose, sizeof r->purpose, "Hoeveel mensen met bijstand werken? Één cijfer per buurt.");
    snprintf(r->recipient[0], SCH_NAME_BYTES, "onderzoeker");
    snprintf(r->recipient[1], SCH_NAME_BYTES, "collega");
    r->recipient_count = 2;
    r->created.value = 1764220000000;
    r->not_before.value = 1764220100000;
    r->not_after.value = 1764223600000;
    r->from_count = 3;
    set_from(r, 0, "gemeente", "bijstand", "b", SCH_JOIN_INNER);
    snprintf(r->from[0].node[r->from[0].node_count++], SCH_NAME_BYTES, "buurgemeente");
    set_from(r, 1, "cbs", "banen", "c", SCH_JOIN_INNER);
    set_from(r, 2, "ggz", "zorg", "z", SCH_JOIN_LEFT);
    add_text(r, SCH_OP_COLUMN, 0, "buurt");
    add_text(r, SCH_OP_COLUMN, 0, "bsn");
    add(r, SCH_OP_COUNT_PERSONS, ARGUMENTS(BSN));
    add_text(r, SCH_OP_COLUMN, 1, "loon");
    add(r, SCH_OP_AVG, ARGUMENTS(LOON));
    add_text(r, SCH_OP_COLUMN, 0, "jaar");
    add_number(r, -2023);
    add(r, SCH_OP_NULL, 0, NULL);
    add(r, SCH_OP_IN, ARGUMENTS(JAAR, YEAR, NONE));
    add_text(r, SCH_OP_COLUMN, 0, "naam");
    add_text(r, SCH_OP_TEXT, 0, "A%");
    add(r, SCH_OP_LIKE, ARGUMENTS(NAAM, PATTERN));
    add_number(r, 1);
    add_number(r, 2);
    add(r, SCH_OP_SUBSTRING, ARGUMENTS(NAAM, FROM, LENGTH));
    add_text(r, SCH_OP_TEXT, 0, "");
    add(r, SCH_OP_EQUAL, ARGUMENTS(CUT, EMPTY));
    add(r, SCH_OP_AND, ARGUMENTS(IN, LIKE, EQUAL));
    make_after(r);
    r->has_where = true;
    r->where = AND;
    r->group_by_count = 3;
    r->group_by[0] = BUURT;
    r->group_by[1] = BIN;
    r->group_by[2] = ORGANISATION;
    r->set_count = 4;
    r->set[0] = 7;
    r->set[1] = 3;
    r->set[2] = 1;
    r->set[3] = 0;
    set_output(r, "buurt", BUURT);
    set_output(r, "personen", PERSONS);
    set_output(r, "gemiddeld loon €", AVG);
    set_output(r, "deel", ROUND);
    set_output(r, "totaal", GROUPING);
    r->has_having = true;
    r->having = MORE;
    r->order_count = 2;
    r->order[0] = (sch_order){.expression = AVG, .descending = true};
    r->order[1] = (sch_order){.expression = BIN, .nulls_first = true};
    r->has_limit = true;
    r->limit = 10;
    snprintf(r->pass[0], SCH_NAME_BYTES, "adres6");
    snprintf(r->pass[1], SCH_NAME_BYTES, "adres4");
    r->pass_count = 2;
}

#endif
