/* Between sch_catalog and the messages of catalog.proto. */
#include <stdlib.h>
#include <string.h>

#include "crypto/prim/hash.h"
#include "proto/bounded.h"
#include "proto/catalog.h"
#include "proto/catalog.pb-c.h"

static const sch_bounded_count COUNTS[] = {
    {&schakel__catalog__descriptor, 4, SCH_MAX_DATA_SETS},  {&schakel__data_set__descriptor, 6, SCH_MAX_COLUMNS},
    {&schakel__data_set__descriptor, 8, SCH_MAX_LINK_KEYS}, {&schakel__link_key__descriptor, 2, SCH_MAX_LINK_PARTS},
    {&schakel__column__descriptor, 11, SCH_MAX_CODES},      {&schakel__column__descriptor, 12, SCH_MAX_BINS + 1},
};

static const sch_bounded_rules RULES = {&schakel__catalog__descriptor, SCH_MAX_CATALOG_BYTES, COUNTS,
                                        sizeof COUNTS / sizeof COUNTS[0]};

_Static_assert((int)SCHAKEL__TYPE__TYPE_DATE == SCH_TYPE_DATE, "the schema and the header name the same types");
_Static_assert((int)SCHAKEL__ROLE__ROLE_ATTRIBUTE == SCH_ROLE_ATTRIBUTE, "... the same roles");
_Static_assert((int)SCHAKEL__IDENTIFIER_KIND__IDENTIFIER_TEXT == SCH_IDENTIFIER_TEXT, "... the same kinds");
_Static_assert((int)SCHAKEL__IDENTIFIER_KIND__IDENTIFIER_BAG == SCH_IDENTIFIER_BAG, "... to the last");
_Static_assert((int)SCHAKEL__ROWS_PER_PERSON__ROWS_MANY_PER_PERSON == SCH_MANY_PER_PERSON, "... the same rows");
_Static_assert(SCHAKEL__IDENTIFIER_KIND__IDENTIFIER_NONE == 0, "a column that is no identifier has kind 0");

/* ---- encoding ---- */

/* The messages of a data set's link keys, one a key; they borrow everything else. */
typedef struct packed_key {
    Schakel__LinkKey message;
    Schakel__LinkPart part[SCH_MAX_LINK_PARTS];
    Schakel__LinkPart *pointer[SCH_MAX_LINK_PARTS];
} packed_key;

/* A message that borrows everything from a data set but the arrays themselves. */
typedef struct packing {
    Schakel__DataSet message;
    Schakel__Column *column;   /* owned */
    Schakel__Column **pointer; /* owned */
    packed_key *key;           /* owned; NULL without link keys */
    Schakel__LinkKey *key_pointer[SCH_MAX_LINK_KEYS];
} packing;

static void fill_column(Schakel__Column *message, const sch_column *column)
{
    schakel__column__init(message);
    message->name = sch_bounded_text(column->name);
    message->description = sch_bounded_text(column->description);
    message->role = (Schakel__Role)column->role;
    message->type = (Schakel__Type)column->type;
    message->identifier = (Schakel__IdentifierKind)column->identifier;
    message->decimals = column->decimals;
    message->required = column->required;
    message->bounded = column->bounded;
    message->minimum = column->minimum;
    message->maximum = column->maximum;
    message->n_code = column->code_count;
    message->code = column->code;
    message->n_bin_edge = column->bin_count == 0 ? 0 : column->bin_count + 1;
    message->bin_edge = column->bin_edge;
}

static void fill_link_key(packed_key *packed, const sch_link_key *key)
{
    schakel__link_key__init(&packed->message);
    for (size_t i = 0; i < key->part_count; i++) {
        schakel__link_part__init(&packed->part[i]);
        packed->part[i].column = sch_bounded_text(key->part[i].column);
        packed->part[i].first = key->part[i].first;
        packed->pointer[i] = &packed->part[i];
    }
    packed->message.name = sch_bounded_text(key->name);
    packed->message.n_part = key->part_count;
    packed->message.part = packed->pointer;
}

static sch_err fill_link_keys(packing *p, const sch_data_set *set)
{
    bool fits = set->link_key_count <= SCH_MAX_LINK_KEYS;
    for (size_t i = 0; fits && i < set->link_key_count; i++) {
        fits = set->link_key[i].part_count <= SCH_MAX_LINK_PARTS;
    }
    if (!fits) {
        return sch_fail(SCH_BAD_INPUT, "a data set has too many link keys, or one of too many parts");
    }
    if (set->link_key_count == 0) {
        return SCH_NONE;
    }
    p->key = calloc(set->link_key_count, sizeof *p->key);
    if (p->key == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a data set's message");
    }
    for (size_t i = 0; i < set->link_key_count; i++) {
        fill_link_key(&p->key[i], &set->link_key[i]);
        p->key_pointer[i] = &p->key[i].message;
    }
    p->message.n_link_key = set->link_key_count;
    p->message.link_key = p->key_pointer;
    return SCH_NONE;
}

static sch_err packing_init(packing *p, const sch_data_set *set)
{
    schakel__data_set__init(&p->message);
    p->column = calloc(set->column_count + 1, sizeof *p->column);
    p->pointer = calloc(set->column_count + 1, sizeof(Schakel__Column *));
    if (p->column == NULL || p->pointer == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a data set's message");
    }
    for (size_t i = 0; i < set->column_count; i++) {
        fill_column(&p->column[i], &set->column[i]);
        p->pointer[i] = &p->column[i];
    }
    p->message.name = sch_bounded_text(set->name);
    p->message.description = sch_bounded_text(set->description);
    p->message.unit = sch_bounded_text(set->unit);
    p->message.rows_per_person = (Schakel__RowsPerPerson)set->rows_per_person;
    p->message.max_rows = set->max_rows;
    p->message.max_rows_a_person = set->max_rows_a_person;
    p->message.n_column = set->column_count;
    p->message.column = p->pointer;
    return fill_link_keys(p, set);
}

static void packing_clear(packing *p)
{
    free(p->column);
    free(p->pointer);
    free(p->key);
}

sch_err sch_catalog_encode(sch_buf *out, const sch_catalog *catalog)
{
    sch_err err = SCH_NONE;
    Schakel__Catalog message;
    schakel__catalog__init(&message);
    packing *set = calloc(catalog->data_set_count + 1, sizeof *set);
    Schakel__DataSet **pointer = calloc(catalog->data_set_count + 1, sizeof(Schakel__DataSet *));
    SCH_TRY(sch_check(set != NULL && pointer != NULL, SCH_NO_MEMORY, "no memory for a catalogue's message"));
    for (size_t i = 0; i < catalog->data_set_count; i++) {
        SCH_TRY(packing_init(&set[i], &catalog->data_set[i]));
        pointer[i] = &set[i].message;
    }
    message.node = sch_bounded_text(catalog->node);
    message.min_persons = catalog->min_persons;
    message.show_zero = catalog->show_zero;
    message.n_data_set = catalog->data_set_count;
    message.data_set = pointer;
    SCH_TRY(sch_bounded_pack(out, &message.base, SCH_MAX_CATALOG_BYTES));
out:
    for (size_t i = 0; set != NULL && i < catalog->data_set_count; i++) {
        packing_clear(&set[i]);
    }
    free(set);
    free(pointer);
    return err;
}

static sch_err hash_data_set(uint8_t out[static SCH_HASH_BYTES], const sch_data_set *data_set)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    packing set = {0};
    SCH_TRY(packing_init(&set, data_set));
    SCH_TRY(sch_bounded_pack(&bytes, &set.message.base, SCH_MAX_CATALOG_BYTES));
    SCH_TRY(sch_hash_bytes(out, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    packing_clear(&set);
    return err;
}

sch_err sch_data_set_hash(uint8_t out[static SCH_HASH_BYTES], const sch_data_set *data_set)
{
    return hash_data_set(out, data_set);
}

sch_err sch_data_set_form_hash(uint8_t out[static SCH_HASH_BYTES], const sch_data_set *data_set)
{
    sch_err err = SCH_NONE;
    sch_data_set form = *data_set; /* borrows all but its columns, which go without their descriptions */
    form.max_rows = 1;
    form.description = NULL;
    form.column = calloc(data_set->column_count, sizeof *form.column);
    SCH_TRY(sch_check(form.column != NULL, SCH_NO_MEMORY, "no memory for a data set's hash"));
    for (size_t i = 0; i < data_set->column_count; i++) {
        form.column[i] = data_set->column[i];
        form.column[i].description = NULL;
    }
    SCH_TRY(hash_data_set(out, &form));
out:
    free(form.column);
    return err;
}

/* ---- decoding ---- */

static sch_err copy_text(char **out, const char *text)
{
    *out = strdup(text);
    return sch_check(*out != NULL, SCH_NO_MEMORY, "no memory for a text");
}

/* An empty description is none. */
static sch_err copy_description(char **out, const char *text)
{
    *out = NULL;
    return text[0] == '\0' ? SCH_NONE : copy_text(out, text);
}

/* One edge alone is no bin, and would be lost. */
static sch_err read_bins(sch_column *column, const Schakel__Column *message)
{
    sch_err err = SCH_NONE;
    if (message->n_bin_edge == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_check(message->n_bin_edge > 1, SCH_BAD_INPUT, "a column's bins have one edge only"));
    column->bin_edge = calloc(message->n_bin_edge, sizeof *column->bin_edge);
    SCH_TRY(sch_check(column->bin_edge != NULL, SCH_NO_MEMORY, "no memory for a column's bins"));
    memcpy(column->bin_edge, message->bin_edge, message->n_bin_edge * sizeof *column->bin_edge);
    column->bin_count = (uint32_t)message->n_bin_edge - 1;
out:
    return err;
}

static sch_err read_column(sch_column *column, const Schakel__Column *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_text_copy(column->name, sizeof column->name, message->name));
    SCH_TRY(copy_description(&column->description, message->description));
    SCH_TRY(sch_check(message->decimals <= SCH_MAX_DECIMALS, SCH_BAD_INPUT, "a column has more than 9 decimals"));
    column->role = (sch_column_role)message->role;
    column->type = (sch_type)message->type;
    column->identifier = (sch_identifier_kind)message->identifier;
    column->decimals = (uint8_t)message->decimals;
    column->required = message->required;
    column->bounded = message->bounded;
    column->minimum = message->minimum;
    column->maximum = message->maximum;
    if (message->n_code > 0) {
        column->code = calloc(message->n_code, sizeof *column->code);
        SCH_TRY(sch_check(column->code != NULL, SCH_NO_MEMORY, "no memory for a code list"));
        column->code_count = (uint32_t)message->n_code;
    }
    for (size_t i = 0; i < message->n_code; i++) {
        SCH_TRY(copy_text(&column->code[i], message->code[i]));
    }
    SCH_TRY(read_bins(column, message));
out:
    return err;
}

static sch_err read_link_key(sch_link_key *key, const Schakel__LinkKey *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_text_copy(key->name, sizeof key->name, message->name));
    key->part_count = message->n_part; /* within the array: the bytes were checked */
    for (size_t i = 0; i < message->n_part; i++) {
        const Schakel__LinkPart *part = message->part[i];
        SCH_TRY(sch_text_copy(key->part[i].column, sizeof key->part[i].column, part->column));
        SCH_TRY(sch_check(part->first <= SCH_MAX_LINK_FIRST, SCH_BAD_INPUT,
                          "a link key takes more than 32 characters of a column"));
        key->part[i].first = (uint8_t)part->first;
    }
out:
    return err;
}

static sch_err read_link_keys(sch_data_set *set, const Schakel__DataSet *message)
{
    sch_err err = SCH_NONE;
    if (message->n_link_key == 0) {
        return SCH_NONE;
    }
    set->link_key = calloc(message->n_link_key, sizeof *set->link_key);
    SCH_TRY(sch_check(set->link_key != NULL, SCH_NO_MEMORY, "no memory for link keys"));
    set->link_key_count = message->n_link_key;
    for (size_t i = 0; i < message->n_link_key; i++) {
        SCH_TRY(read_link_key(&set->link_key[i], message->link_key[i]));
    }
out:
    return err;
}

static sch_err read_set(sch_data_set *set, const Schakel__DataSet *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_text_copy(set->name, sizeof set->name, message->name));
    SCH_TRY(copy_description(&set->description, message->description));
    SCH_TRY(sch_text_copy(set->unit, sizeof set->unit, message->unit));
    set->rows_per_person = (sch_rows_per_person)message->rows_per_person;
    set->max_rows = message->max_rows;
    set->max_rows_a_person = message->max_rows_a_person;
    set->column = calloc(message->n_column + 1, sizeof *set->column);
    SCH_TRY(sch_check(set->column != NULL, SCH_NO_MEMORY, "no memory for columns"));
    set->column_count = message->n_column;
    for (size_t i = 0; i < message->n_column; i++) {
        SCH_TRY(read_column(&set->column[i], message->column[i]));
    }
    SCH_TRY(read_link_keys(set, message));
out:
    return err;
}

static sch_err read_catalog(sch_catalog *catalog, const Schakel__Catalog *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_text_copy(catalog->node, sizeof catalog->node, message->node));
    catalog->min_persons = message->min_persons;
    catalog->show_zero = message->show_zero;
    catalog->data_set = calloc(message->n_data_set + 1, sizeof *catalog->data_set);
    SCH_TRY(sch_check(catalog->data_set != NULL, SCH_NO_MEMORY, "no memory for data sets"));
    catalog->data_set_count = message->n_data_set;
    for (size_t i = 0; i < message->n_data_set; i++) {
        SCH_TRY(read_set(&catalog->data_set[i], message->data_set[i]));
    }
out:
    return err;
}

sch_err sch_catalog_decode(sch_catalog *out, const uint8_t *data, size_t bytes, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    ProtobufCMessage *message = NULL;
    memset(out, 0, sizeof *out);
    SCH_TRY(sch_bounded_unpack(&message, &RULES, data, bytes));
    SCH_TRY(read_catalog(out, (const Schakel__Catalog *)message));
    SCH_TRY(sch_catalog_check(out, detail));
out:
    sch_bounded_free(message);
    if (sch_failed(err)) {
        sch_catalog_clear(out);
    }
    return err;
}
