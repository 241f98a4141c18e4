/* request_faults.h - what breaks the request of request_sample.h, one rule each, with what is said about it; for
 * test_request.c alone. */
#ifndef SCH_TESTS_UNIT_REQUEST_FAULTS_H
#define SCH_TESTS_UNIT_REQUEST_FAULTS_H

#include "tests/unit/request_sample.h"

typedef void (*breaker)(sch_request *r);

#define BREAK(name, statement)                                                                                         \
    static void name(sch_request *r)                                                                                   \
    {                                                                                                                  \
        sch_expression *e = r->expression;                                                                             \
        (void)e;                                                                                                       \
        statement;                                                                                                     \
    }

static void drop_text(sch_expression *e)
{
    free(e->text);
    e->text = NULL;
}

static void set_text(sch_expression *e, const char *text)
{
    free(e->text);
    e->text = strdup(text);
}

static void long_text(sch_expression *e, size_t bytes)
{
    free(e->text);
    e->text = malloc(bytes + 1);
    assert_non_null(e->text);
    memset(e->text, 'x', bytes);
    e->text[bytes] = '\0';
}

BREAK(no_id, memset(r->id.byte, 0, sizeof r->id.byte))
BREAK(analyst_name, r->analyst[0] = 'O')
BREAK(agreement_name, r->agreement[2] = '-')
BREAK(agreement_hash_none, memset(r->agreement_hash, 0, sizeof r->agreement_hash))
BREAK(purpose_none, r->purpose[0] = '\0')
BREAK(purpose_lines, r->purpose[3] = '\n')
BREAK(purpose_utf8, r->purpose[0] = '\xC3')
BREAK(purpose_end, memset(r->purpose, 'x', sizeof r->purpose))
BREAK(recipient_none, r->recipient_count = 0)
BREAK(recipient_many, r->recipient_count = SCH_MAX_RECIPIENTS + 1)
BREAK(recipient_name, r->recipient[1][0] = '\0')
BREAK(recipient_twice, memcpy(r->recipient[1], r->recipient[0], SCH_NAME_BYTES))
BREAK(created_zero, r->created.value = 0)
BREAK(created_late, r->created.value = r->not_before.value + 1)
BREAK(times_swapped, r->not_after.value = r->not_before.value)
BREAK(time_late, r->not_after.value = SCH_MAX_TIME_MS + 1)
BREAK(from_one, r->from_count = 1)
BREAK(from_many, r->from_count = SCH_MAX_FROM + 1)
BREAK(from_node, r->from[1].node[0][0] = '\0')
BREAK(from_node_second, r->from[0].node[1][0] = ' ')
BREAK(from_nodes_none, r->from[1].node_count = 0)
BREAK(from_nodes_many, r->from[0].node_count = SCH_MAX_MEMBERS + 1)
BREAK(from_nodes_alike, memcpy(r->from[0].node[1], r->from[0].node[0], SCH_NAME_BYTES))
BREAK(from_unions, snprintf(r->from[1].node[r->from[1].node_count++], SCH_NAME_BYTES, "duo"))
BREAK(from_twice, memcpy(r->from[1].node[0], r->from[0].node[1], SCH_NAME_BYTES);
      memcpy(r->from[1].data_set, r->from[0].data_set, SCH_NAME_BYTES))
BREAK(join_none, r->from[1].join = (sch_join)0)
BREAK(join_past, r->from[1].join = (sch_join)(SCH_JOIN_LEFT + 1))
BREAK(join_first, r->from[0].join = SCH_JOIN_LEFT; r->from[0].node_count = 1; e[ORGANISATION].op = SCH_OP_NULL)
BREAK(join_union, sch_from first = r->from[0]; r->from[0] = r->from[1]; r->from[1] = first;
      e[ORGANISATION].data_set = 1; r->from[1].join = SCH_JOIN_LEFT)
BREAK(from_set, r->from[1].data_set[0] = '"')
BREAK(from_alias, snprintf(r->from[1].alias, SCH_NAME_BYTES, "b"))
BREAK(from_join, r->from[0].join_column[0] = ' ')
BREAK(op_zero, e[YEAR].op = (sch_op)0)
BREAK(op_gap, e[YEAR].op = (sch_op)30)
BREAK(op_past, e[YEAR].op = (sch_op)(SCH_OP_PERCENTILE_DISC + 1))
BREAK(op_negative, e[YEAR].op = (sch_op)-1)
BREAK(argument_later, e[IN].argument[0] = IN)
BREAK(argument_missing, e[LIKE].argument_count = 1)
BREAK(argument_in, e[IN].argument_count = 1)
BREAK(argument_leaf, e[AND].op = SCH_OP_NULL)
BREAK(aggregate_inside, e[MEDIAN].argument[0] = AVG)
BREAK(aggregate_deep, add(r, SCH_OP_ABS, ARGUMENTS(ROWS)); add(r, SCH_OP_SUM, ARGUMENTS(COUNT)))
BREAK(aggregate_over_after, add(r, SCH_OP_SQRT, ARGUMENTS(LOON)); add(r, SCH_OP_SUM, ARGUMENTS(COUNT)))
BREAK(aggregate_over_divide, add(r, SCH_OP_DIVIDE, ARGUMENTS(LOON, FROM)); add(r, SCH_OP_SUM, ARGUMENTS(COUNT)))
BREAK(aggregate_over_bin, add(r, SCH_OP_SUM, ARGUMENTS(BIN)))
BREAK(aggregate_over_organisation, add(r, SCH_OP_COUNT, ARGUMENTS(ORGANISATION)))
BREAK(bin_expression, e[BIN].argument[0] = IN)
BREAK(organisation_alone, e[ORGANISATION].data_set = 1)
BREAK(organisation_past, e[ORGANISATION].data_set = 3)
BREAK(round_negative, e[ROUND].argument[1] = YEAR)
BREAK(round_far, e[ROUND].argument[1] = YEAR; e[YEAR].number = SCH_MAX_NUMBER_DECIMALS + 1)
BREAK(round_decimal, add(r, SCH_OP_ROUND, ARGUMENTS(ROWS, FRACTION)))
BREAK(round_expression, e[ROUND].argument[1] = ROWS)
BREAK(grouping_expression, e[GROUPING].argument[0] = CUT)
BREAK(grouping_no_key, e[GROUPING].argument[0] = JAAR)
BREAK(fraction_large, e[FRACTION].number = 11)
BREAK(fraction_negative, e[FRACTION].number = -1)
BREAK(fraction_column, e[MEDIAN].argument[1] = JAAR)
BREAK(after_column, r->output[1].expression = JAAR)
BREAK(after_column_deep, add(r, SCH_OP_ADD, ARGUMENTS(ROWS, LOON)); r->output[1].expression = COUNT)
BREAK(after_bin_column, r->group_by[1] = LOON)
BREAK(after_organisation, r->group_by[2] = JAAR; add(r, SCH_OP_EQUAL, ARGUMENTS(ORGANISATION, PATTERN));
      r->having = COUNT)
BREAK(after_order, r->order[0].expression = LOON)
BREAK(after_where, add(r, SCH_OP_LN, ARGUMENTS(JAAR)); r->where = COUNT)
BREAK(bin_where, add(r, SCH_OP_EQUAL, ARGUMENTS(BIN, FROM)); r->where = COUNT)
BREAK(text_missing, drop_text(&e[PATTERN]))
BREAK(text_extra, set_text(&e[YEAR], "x"))
BREAK(text_long, long_text(&e[PATTERN], SCH_MAX_LITERAL_BYTES + 1))
BREAK(text_control, set_text(&e[PATTERN], "\x1B[2J"))
BREAK(text_utf8, set_text(&e[PATTERN], "\x80"))
BREAK(column_name, set_text(&e[JAAR], "jaar; DROP"))
BREAK(column_set, e[JAAR].data_set = 3)
BREAK(number_extra, e[AND].number = 1)
BREAK(number_decimals, e[YEAR].decimals = SCH_MAX_NUMBER_DECIMALS + 1)
BREAK(decimals_extra, e[NONE].decimals = 1)
BREAK(data_set_extra, e[YEAR].data_set = 1)
BREAK(boolean_two, e[YEAR].op = SCH_OP_BOOLEAN; e[YEAR].number = 2)
BREAK(date_far, e[YEAR].op = SCH_OP_DATE; e[YEAR].number = SCH_MAX_DATE + 1)
BREAK(date_early, e[YEAR].op = SCH_OP_DATE; e[YEAR].number = SCH_MIN_DATE - 1)
BREAK(in_column, e[IN].argument[1] = JAAR)
BREAK(like_column, e[LIKE].argument[1] = BUURT)
BREAK(substring_zero, e[FROM].number = 0)
BREAK(substring_negative, e[LENGTH].number = -1)
BREAK(substring_decimal, e[LENGTH].decimals = 1)
BREAK(case_even, add(r, SCH_OP_CASE, ARGUMENTS(IN, YEAR, LIKE, YEAR)))
BREAK(persons_number, e[PERSONS].op = SCH_OP_COUNT; e[AVG].op = SCH_OP_COUNT_PERSONS; e[LOON].op = SCH_OP_NULL;
      drop_text(&e[LOON]); e[LOON].data_set = 0)
BREAK(where_past, r->where = COUNT)
BREAK(where_aggregate, r->where = AVG)
BREAK(where_unmarked, r->has_where = false)
BREAK(group_past, r->group_by[0] = COUNT)
BREAK(group_expression, r->group_by[0] = CUT)
BREAK(group_twice, r->group_by[1] = BUURT)
BREAK(group_bin_twice, r->group_by[0] = add(r, SCH_OP_BIN, ARGUMENTS(LOON)))
BREAK(group_organisation_twice, r->group_by[0] = add(r, SCH_OP_ORGANISATION, 0, NULL))
BREAK(group_many, r->group_by_count = SCH_MAX_GROUP_BY + 1)
BREAK(set_single, r->set_count = 1)
BREAK(set_many, r->set_count = SCH_MAX_SETS + 1)
BREAK(set_past, r->set[3] = 8)
BREAK(set_twice, r->set[3] = 1)
BREAK(set_order, r->set[0] = 3; r->set[1] = 7; r->set[2] = 5; r->set[0] = 4)
BREAK(set_lacks_key, r->set[0] = 2 + 1; r->set[1] = 1; r->set[2] = 2)
BREAK(output_none, r->output_count = 0)
BREAK(output_many, r->output_count = SCH_MAX_OUTPUTS + 1)
BREAK(output_name, r->output[0].name[0] = '\0')
BREAK(output_name_utf8, r->output[0].name[0] = '\xC3')
BREAK(output_name_end, memset(r->output[0].name, 'x', SCH_NAME_BYTES))
BREAK(output_past, r->output[1].expression = COUNT)
BREAK(having_past, r->having = COUNT)
BREAK(having_unmarked, r->has_having = false)
BREAK(order_past, r->order[1].expression = COUNT)
BREAK(order_many, r->order_count = SCH_MAX_ORDER + 1)
BREAK(limit_unmarked, r->has_limit = false)
BREAK(limit_far, r->limit = (uint64_t)SCH_MAX_ROWS + 1)
BREAK(aggregate_none, r->output_count = 1; r->has_having = false; r->having = 0; r->order_count = 0)
BREAK(passes_many, r->pass_count = SCH_MAX_PASSES + 1)
BREAK(pass_name, r->pass[1][0] = 'A')
BREAK(pass_empty, r->pass[0][0] = '\0')
BREAK(pass_end, memset(r->pass[1], 'x', SCH_NAME_BYTES))
BREAK(pass_twice, memcpy(r->pass[1], r->pass[0], SCH_NAME_BYTES))
BREAK(persons_of_identifier, e[PERSONS].number = 1)
BREAK(persons_of_last_pass, e[PERSONS].number = 3)
BREAK(persons_past, e[PERSONS].number = 4)
BREAK(persons_negative, e[PERSONS].number = -1)
BREAK(persons_without_passes, e[PERSONS].number = 1; r->pass_count = 0)
BREAK(persons_decimals, e[PERSONS].decimals = 1)
BREAK(average_number, e[AVG].number = 1)
BREAK(linkage_aggregate, r->linkage = true; r->output_count = 1)
BREAK(linkage_output, r->linkage = true)

static const struct {
    breaker apply;
    const char *says;
} BREAKERS[] = {
    {no_id, "no id"},
    {analyst_name, "analyst"},
    {agreement_name, "agreement's id"},
    {agreement_hash_none, "agreement's hash"},
    {purpose_none, "no purpose"},
    {purpose_lines, "purpose is longer than 500 bytes or not printable"},
    {purpose_utf8, "purpose is longer than 500 bytes or not printable"},
    {purpose_end, "purpose is longer than 500 bytes or not printable"},
    {recipient_none, "no recipient"},
    {recipient_many, "no recipient, or more than 8"},
    {recipient_name, "recipient's name"},
    {recipient_twice, "a recipient twice"},
    {created_zero, "times"},
    {created_late, "times"},
    {times_swapped, "times"},
    {time_late, "times"},
    {from_one, "links 2 to 12 data sets"},
    {from_many, "links 2 to 12 data sets"},
    {from_node_second, "is not a name"},
    {from_nodes_none, "of no node, or of more than 12"},
    {from_nodes_many, "of no node, or of more than 12"},
    {from_nodes_alike, "a union has a node twice"},
    {from_unions, "more than one union"},
    {from_twice, "stands in FROM twice"},
    {join_none, "join is of an unknown kind"},
    {join_past, "join is of an unknown kind"},
    {join_first, "the first data set, or a union, is LEFT joined"},
    {join_union, "the first data set, or a union, is LEFT joined"},
    {from_node, "is not a name"},
    {from_set, "is not a name"},
    {from_alias, "two data sets have one alias"},
    {from_join, "is not a name"},
    {op_zero, "expression 6: its kind"},
    {op_gap, "its kind"},
    {op_past, "its kind"},
    {op_negative, "its kind"},
    {argument_later, "comes after"},
    {argument_missing, "expression 11: it has too few"},
    {argument_in, "too few or too many"},
    {argument_leaf, "too few or too many"},
    {aggregate_inside, "expression 24: an aggregate stands within another one"},
    {aggregate_deep, "an aggregate stands within another one"},
    {aggregate_over_after, "for after aggregation stands within an aggregate"},
    {aggregate_over_divide, "for after aggregation stands within an aggregate"},
    {aggregate_over_bin, "for after aggregation stands within an aggregate"},
    {aggregate_over_organisation, "for after aggregation stands within an aggregate"},
    {bin_expression, "the argument of a BIN is not a column"},
    {organisation_alone, "data set that is no union"},
    {organisation_past, "data set that is no union"},
    {round_negative, "decimals of a ROUND"},
    {round_far, "decimals of a ROUND"},
    {round_decimal, "decimals of a ROUND"},
    {round_expression, "decimals of a ROUND"},
    {grouping_expression, "argument of a GROUPING is not a key"},
    {grouping_no_key, "stands above aggregates and is not in GROUP BY"},
    {fraction_large, "fraction of a percentile"},
    {fraction_negative, "fraction of a percentile"},
    {fraction_column, "fraction of a percentile"},
    {after_column, "stands above aggregates and is not in GROUP BY"},
    {after_column_deep, "stands above aggregates and is not in GROUP BY"},
    {after_bin_column, "stands above aggregates and is not in GROUP BY"},
    {after_organisation, "stands above aggregates and is not in GROUP BY"},
    {after_order, "stands above aggregates and is not in GROUP BY"},
    {after_where, "for after aggregation stands in WHERE"},
    {bin_where, "for after aggregation stands in WHERE"},
    {text_missing, "a text too many or lacks one"},
    {text_extra, "a text too many or lacks one"},
    {text_long, "longer than 256"},
    {text_control, "not printable"},
    {text_utf8, "not printable"},
    {column_name, "column's name"},
    {column_set, "not in FROM"},
    {number_extra, "a number too many"},
    {number_decimals, "18 decimals"},
    {decimals_extra, "decimals too many"},
    {data_set_extra, "a data set too many"},
    {boolean_two, "neither true nor false"},
    {date_far, "years 1 to 9999"},
    {date_early, "years 1 to 9999"},
    {in_column, "list of an IN"},
    {like_column, "pattern of a LIKE"},
    {substring_zero, "start of a SUBSTRING"},
    {substring_negative, "length of a SUBSTRING"},
    {substring_decimal, "length of a SUBSTRING"},
    {case_even, "a CASE has"},
    {persons_number, "COUNT(DISTINCT ...) is not a column"},
    {where_past, "WHERE refers"},
    {where_aggregate, "aggregate stands in WHERE"},
    {where_unmarked, "not marked"},
    {group_past, "GROUP BY refers"},
    {group_expression, "something else than columns"},
    {group_twice, "a key twice"},
    {group_bin_twice, "a key twice"},
    {group_organisation_twice, "a key twice"},
    {group_many, "more than 16 keys"},
    {set_single, "a single grouping set, or more than 32"},
    {set_many, "a single grouping set, or more than 32"},
    {set_past, "a grouping set has a key that is not there"},
    {set_twice, "a grouping set stands there twice"},
    {set_order, "keys do not stand in the order of the grouping sets"},
    {set_lacks_key, "a key is in none of the grouping sets"},
    {output_none, "no output"},
    {output_many, "no output, or more than 64"},
    {output_name, "heading"},
    {output_name_utf8, "heading"},
    {output_name_end, "heading"},
    {output_past, "an output refers"},
    {having_past, "HAVING refers"},
    {having_unmarked, "a HAVING that is not marked"},
    {order_past, "ORDER BY refers"},
    {order_many, "ORDER BY has more than 16"},
    {limit_unmarked, "a LIMIT that is not marked"},
    {limit_far, "LIMIT is larger"},
    {aggregate_none, "there is no aggregate"},
    {passes_many, "more than 4 passes"},
    {pass_name, "a pass of linking is not a name"},
    {pass_empty, "a pass of linking is not a name"},
    {pass_end, "a pass of linking is not a name"},
    {pass_twice, "a pass of linking stands there twice"},
    {persons_of_identifier, "a count of one pass by other means"},
    {persons_of_last_pass, "a count of one pass by other means"},
    {persons_past, "expression 2: a COUNT(DISTINCT ...) is of a pass that is not there"},
    {persons_negative, "of a pass that is not there"},
    {persons_without_passes, "of a pass that is not there"},
    {persons_decimals, "decimals too many"},
    {average_number, "a number too many"},
    {linkage_aggregate, "a report of linkage has an aggregate"},
    {linkage_output, "a report of linkage has an output that is not a key"},
};

enum { BREAKER_COUNT = sizeof BREAKERS / sizeof BREAKERS[0] };

#endif
