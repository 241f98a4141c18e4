#include "tests/support/random_request.h"

typedef struct maker {
    random_source *source;
    sch_request *request;
    const fixed_catalogs *fixed;
    const sch_data_set *set[SCH_MAX_FROM];
    bool passes;
} maker;

enum { MOST_EXPRESSIONS = 300 };

uint32_t random_draw(random_source *source, uint32_t bound)
{
    uint32_t value = 0;
    if (source->data == NULL) { /* xorshift64* (Vigna 2014) */
        source->state ^= source->state >> 12;
        source->state ^= source->state << 25;
        source->state ^= source->state >> 27;
        value = (uint32_t)((source->state * UINT64_C(2685821657736338717)) >> 32);
        return (uint32_t)((uint64_t)value * bound >> 32);
    }
    for (uint32_t room = 1; room < bound && source->bytes > 0; room *= 256) {
        value = value << 8 | *source->data++;
        source->bytes--;
    }
    return value % bound;
}

static uint32_t draw(const maker *m, uint32_t bound)
{
    return random_draw(m->source, bound);
}

static bool chance(const maker *m, uint32_t of)
{
    return draw(m, of) == of - 1; /* not where the bytes are at their end */
}

/* ---- FROM ---- */

static const struct {
    size_t node;
    const char *name, *alias;
} OFFERED[] = {{GEMEENTE, "bijstand", "b"}, {CBS, "banen", "c"},    {PARTNER, "jeugdhulp", "j"}, {UWV, "perioden", "u"},
               {STAD, "wonen", "w"},        {CBS, "personen", "p"}, {STAD, "bijstand", "s"}};
enum { OFFERS = sizeof OFFERED / sizeof OFFERED[0] };

/* Whether a data set can be linked in passes to those that are there. */
static bool takes_passes(const maker *m, const sch_catalog *catalog, const char *name)
{
    bool takes = sch_catalog_find(catalog, name)->rows_per_person == SCH_ONE_PER_PERSON;
    for (size_t i = 0; i < m->request->from_count; i++) {
        takes = takes && strcmp(m->request->from[i].node[0], catalog->node) != 0;
    }
    return takes;
}

/* Mostly such as all have. */
static void make_passes(maker *m)
{
    bool geboorte = true;
    for (size_t i = 0; i < m->request->from_count; i++) {
        geboorte = geboorte && sch_data_set_link_key(m->set[i], "geboorte") != NULL;
    }
    if (geboorte || chance(m, 8)) {
        build_pass(m->request, "geboorte");
    }
    if (!geboorte || draw(m, 2) == 1) {
        build_pass(m->request, "tekst");
    }
}

static void make_from(maker *m)
{
    sch_request *r = m->request;
    bool taken[OFFERS] = {false};
    bool is_union = chance(m, 5);
    size_t wanted = 2 + draw(m, 4);
    for (size_t tries = 0; r->from_count < wanted && tries < OFFERS; tries++) {
        size_t i = draw(m, OFFERS);
        while (taken[i]) {
            i = (i + 1) % OFFERS;
        }
        taken[i] = true;
        if (is_union && OFFERED[i].node == STAD) {
            continue;
        }
        const sch_catalog *catalog = &m->fixed->catalog[OFFERED[i].node];
        if (m->passes && !takes_passes(m, catalog, OFFERED[i].name) && !chance(m, 16)) {
            continue;
        }
        bool members = is_union && i == 0;
        sch_join join = r->from_count > 0 && !members && chance(m, 3) ? SCH_JOIN_LEFT : SCH_JOIN_INNER;
        uint8_t from = build_from(r, catalog, OFFERED[i].name, OFFERED[i].alias, join);
        m->set[from] = sch_catalog_find(catalog, OFFERED[i].name);
        if (members) {
            build_member(r, from, &m->fixed->catalog[STAD]);
        }
    }
}

/* ---- expressions ---- */

static bool is_number(sch_type type)
{
    return type == SCH_TYPE_INTEGER || type == SCH_TYPE_DECIMAL;
}

/* A column of a type (numbers are one); a constant where there is none. */
static uint32_t any_column(maker *m, sch_type type)
{
    uint8_t from = (uint8_t)draw(m, (uint32_t)m->request->from_count);
    const sch_data_set *set = m->set[from];
    size_t first = draw(m, (uint32_t)set->column_count);
    for (size_t i = 0; i < set->column_count; i++) {
        const sch_column *column = &set->column[(first + i) % set->column_count];
        bool fits = column->type == type || (is_number(type) && is_number(column->type));
        if (fits && column->role != SCH_ROLE_IDENTIFIER) {
            return build_col(m->request, from, column->name);
        }
    }
    switch (type) {
    case SCH_TYPE_TEXT:
        return build_text(m->request, "A");
    case SCH_TYPE_BOOLEAN:
        return build_boolean(m->request, true);
    case SCH_TYPE_DATE:
        return build_date(m->request, 15000);
    default:
        return build_number(m->request, 12, 0);
    }
}

static uint32_t any_constant(maker *m)
{
    switch (draw(m, 5)) {
    case 0:
        return build_number(m->request, (int64_t)draw(m, 1000) - 200, 0);
    case 1:
        return build_number(m->request, (int64_t)draw(m, 60000), 2);
    case 2:
        return build_null(m->request);
    case 3:
        return build_number(m->request, INT64_C(1) << draw(m, 62), (uint8_t)draw(m, 19));
    default:
        return build_number(m->request, draw(m, 3), 0);
    }
}

static uint32_t any_condition(maker *m, unsigned depth);

static uint32_t any_text(maker *m, unsigned depth)
{
    sch_request *r = m->request;
    uint32_t a = chance(m, 5) ? build_text(r, "Noord") : any_column(m, SCH_TYPE_TEXT);
    uint32_t b, c;
    switch (draw(m, depth == 0 ? 4 : 10)) {
    case 4:
        return build_op1(r, SCH_OP_LOWER, a);
    case 5:
        b = build_number(r, 1 + draw(m, 3), 0);
        c = build_number(r, draw(m, 4), 0);
        return build_op3(r, SCH_OP_SUBSTRING, a, b, c);
    case 6:
    case 7:
        b = any_text(m, depth - 1);
        return build_op2(r, SCH_OP_COALESCE, a, b);
    case 8:
        b = any_text(m, depth - 1);
        return build_op3(r, SCH_OP_CASE, any_condition(m, depth - 1), a, b);
    default:
        return a;
    }
}

static uint32_t any_date(maker *m, unsigned depth)
{
    sch_request *r = m->request;
    uint32_t a = chance(m, 4) ? build_date(r, 15000) : any_column(m, SCH_TYPE_DATE);
    uint32_t b;
    switch (draw(m, depth == 0 ? 4 : 8)) {
    case 4:
        b = build_number(r, (int64_t)draw(m, 800) - 400, 0);
        return build_op2(r, SCH_OP_ADD, a, b);
    case 5:
        b = any_date(m, depth - 1);
        return build_op2(r, SCH_OP_COALESCE, a, b);
    case 6:
        b = any_date(m, depth - 1);
        return build_op3(r, SCH_OP_CASE, any_condition(m, depth - 1), a, b);
    default:
        return a;
    }
}

static uint32_t any_value(maker *m, unsigned depth)
{
    sch_request *r = m->request;
    static const sch_op arithmetic[] = {SCH_OP_ADD, SCH_OP_SUBTRACT, SCH_OP_MULTIPLY, SCH_OP_MODULO};
    static const sch_op functions[] = {SCH_OP_NEGATE, SCH_OP_ABS};
    if (depth == 0 || r->expression_count > MOST_EXPRESSIONS) {
        return chance(m, 4) ? any_constant(m) : any_column(m, SCH_TYPE_INTEGER);
    }
    uint32_t a, b;
    switch (draw(m, 10)) {
    case 0:
    case 1:
    case 2:
        a = any_value(m, depth - 1);
        b = any_value(m, depth - 1);
        return build_op2(r, arithmetic[draw(m, 4)], a, b);
    case 3:
        return build_op1(r, functions[draw(m, 2)], any_value(m, depth - 1));
    case 4:
        a = any_value(m, depth - 1);
        b = any_value(m, depth - 1);
        return build_op2(r, SCH_OP_COALESCE, a, b);
    case 5:
    case 6:
        a = any_value(m, depth - 1);
        b = any_value(m, depth - 1);
        return build_op3(r, SCH_OP_CASE, any_condition(m, depth - 1), a, b);
    case 7:
        a = any_date(m, depth - 1);
        b = any_date(m, depth - 1);
        return build_op2(r, SCH_OP_SUBTRACT, a, b);
    case 8:
        return draw(m, 2) == 0 ? build_op1(r, SCH_OP_LENGTH, any_text(m, depth - 1))
                               : build_op1(r, SCH_OP_YEAR, any_date(m, depth - 1));
    default:
        return any_column(m, SCH_TYPE_INTEGER);
    }
}

static uint32_t any_comparison(maker *m, unsigned depth)
{
    sch_request *r = m->request;
    uint32_t a, b;
    sch_op op = (sch_op)(SCH_OP_EQUAL + (int)draw(m, 6));
    switch (draw(m, 6)) {
    case 0:
        a = any_text(m, depth);
        b = any_text(m, depth);
        return build_op2(r, draw(m, 2) == 0 ? SCH_OP_EQUAL : SCH_OP_NOT_EQUAL, a, b);
    case 1:
        a = any_date(m, depth);
        b = any_date(m, depth);
        return build_op2(r, op, a, b);
    case 2:
        a = any_text(m, depth);
        b = build_text(r, "%o_d%");
        return build_op2(r, draw(m, 2) == 0 ? SCH_OP_LIKE : SCH_OP_NOT_LIKE, a, b);
    default:
        a = any_value(m, depth);
        b = any_value(m, depth);
        return build_op2(r, op, a, b);
    }
}

static uint32_t any_condition(maker *m, unsigned depth)
{
    sch_request *r = m->request;
    if (depth == 0 || r->expression_count > MOST_EXPRESSIONS) {
        return chance(m, 3) ? any_column(m, SCH_TYPE_BOOLEAN) : any_comparison(m, 0);
    }
    uint32_t a, b, c;
    bool odd = draw(m, 2) == 1;
    switch (draw(m, 8)) {
    case 0:
    case 1:
        a = any_condition(m, depth - 1);
        b = any_condition(m, depth - 1);
        return build_op2(r, odd ? SCH_OP_OR : SCH_OP_AND, a, b);
    case 2:
        return build_op1(r, SCH_OP_NOT, any_condition(m, depth - 1));
    case 3:
        a = chance(m, 2) ? any_column(m, SCH_TYPE_TEXT) : any_value(m, depth - 1);
        return build_op1(r, odd ? SCH_OP_IS_NULL : SCH_OP_IS_NOT_NULL, a);
    case 4:
        a = any_value(m, depth - 1);
        b = any_constant(m);
        c = any_constant(m);
        return build_op3(r, odd ? SCH_OP_IN : SCH_OP_NOT_IN, a, b, c);
    case 5:
        a = any_value(m, depth - 1);
        b = any_value(m, 0);
        c = any_value(m, 0);
        return build_op3(r, odd ? SCH_OP_BETWEEN : SCH_OP_NOT_BETWEEN, a, b, c);
    default:
        return any_comparison(m, depth - 1);
    }
}

/* ---- the clauses ---- */

static void make_key(maker *m)
{
    sch_request *r = m->request;
    uint8_t from = (uint8_t)draw(m, (uint32_t)r->from_count);
    const sch_data_set *set = m->set[from];
    uint32_t key = 0;
    if (r->from[from].node_count > 1 && chance(m, 2)) {
        key = build_organisation(r, from);
    } else {
        size_t first = draw(m, (uint32_t)set->column_count), i = 0;
        const sch_column *column = &set->column[first];
        while (i < set->column_count && column->role != SCH_ROLE_DIMENSION && column->bin_count == 0) {
            i++;
            column = &set->column[(first + i) % set->column_count];
        }
        key = build_col(r, from, column->name);
        key = column->bin_count > 0 ? build_op1(r, SCH_OP_BIN, key) : key;
    }
    for (size_t i = 0; i < r->group_by_count; i++) {
        if (sch_request_same_key(r, r->group_by[i], key)) {
            return;
        }
    }
    r->group_by[r->group_by_count++] = key;
    build_output(r, "key", key);
}

/* ROLLUP, or CUBE of up to three keys. */
static void make_sets(maker *m)
{
    sch_request *r = m->request;
    if (r->group_by_count == 0 || r->group_by_count > 3 || draw(m, 4) < 3) {
        return;
    }
    uint32_t all = (UINT32_C(1) << r->group_by_count) - 1;
    bool cube = draw(m, 2) == 1;
    for (uint32_t set = all + 1; set-- > 0;) {
        if (cube || (set & (set + 1)) == 0) {
            build_set(r, set);
        }
    }
}

static uint32_t make_aggregate(maker *m)
{
    sch_request *r = m->request;
    uint32_t a, b;
    switch (draw(m, 7)) {
    case 0:
        return build_op(r, SCH_OP_COUNT_ROWS, 0, NULL);
    case 3: {
        uint8_t from = (uint8_t)draw(m, (uint32_t)r->from_count);
        const sch_data_set *set = m->set[from];
        size_t i = 0;
        while (i + 1 < set->column_count && set->column[i].bin_count == 0) {
            i++;
        }
        a = build_col(r, from, set->column[i].name);
        b = build_number(r, 5 + draw(m, 90), 2);
        return build_op2(r, draw(m, 2) == 0 ? SCH_OP_PERCENTILE_CONT : SCH_OP_PERCENTILE_DISC, a, b);
    }
    case 1: {
        uint8_t from = (uint8_t)draw(m, (uint32_t)r->from_count);
        return build_op1(r, SCH_OP_COUNT_PERSONS, build_col(r, from, "bsn"));
    }
    case 2:
        a = any_value(m, draw(m, 3));
        b = any_value(m, draw(m, 2));
        return build_op2(r, (sch_op)(SCH_OP_COVAR_SAMP + (int)draw(m, 9)), a, b);
    case 4:
        return build_op1(r, SCH_OP_COUNT, chance(m, 2) ? any_column(m, SCH_TYPE_TEXT) : any_value(m, draw(m, 3)));
    default:
        a = any_value(m, draw(m, 3));
        return build_op1(r, (sch_op)(SCH_OP_SUM + (int)draw(m, 6)), a);
    }
}

void random_request(sch_request *request, random_source *source, const fixed_catalogs *fixed)
{
    maker m = {.source = source, .request = request, .fixed = fixed};
    build_request(request);
    m.passes = chance(&m, 6);
    make_from(&m);
    if (m.passes) {
        make_passes(&m);
    }
    for (uint32_t keys = draw(&m, 4); keys > 0; keys--) {
        make_key(&m);
    }
    make_sets(&m);
    uint32_t aggregate = 0;
    request->linkage = m.passes && chance(&m, 4);
    if (request->linkage) {
        return;
    }
    for (uint32_t outputs = 1 + draw(&m, 4); outputs > 0; outputs--) {
        aggregate = make_aggregate(&m);
        build_output(request, "x", aggregate);
    }
    if (chance(&m, 4)) {
        build_where(request, any_condition(&m, draw(&m, 4)));
    }
    if (chance(&m, 4)) {
        uint32_t low = build_number(request, draw(&m, 100), 0);
        request->has_having = true;
        request->having = build_op2(request, SCH_OP_GREATER, aggregate, low);
        request->order[request->order_count++].expression = aggregate;
    }
}
