/* catalog.h - what a node offers: data sets, columns, domains and rules; never values.
 *
 * Nodes send their catalogue to each other when they connect, and to analysts who ask. A sch_catalog that was decoded
 * has passed sch_catalog_check: names are names, numbers are in range, texts are UTF-8, sizes are bounded. */
#ifndef SCH_PROTO_CATALOG_H
#define SCH_PROTO_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "crypto/ident/identifier.h"
#include "proto/text.h"

enum {
    SCH_MAX_DATA_SETS = 64,    /* a node */
    SCH_MAX_COLUMNS = 256,     /* a data set */
    SCH_MAX_CODES = 100000,    /* a column; also the most integers of a dimension's range */
    SCH_MAX_CODE_BYTES = 128,  /* a code, without closing zero */
    SCH_MAX_TEXT_BYTES = 1000, /* a description */
    SCH_MAX_DECIMALS = 9,      /* of a column */
    SCH_MAX_MIN_PERSONS = 1000000,
    SCH_MAX_BINS = 100,              /* a measure */
    SCH_MAX_ROWS_A_PERSON = 1000,    /* declared of a data set with several */
    SCH_MAX_LINK_KEYS = 8,           /* a data set */
    SCH_MAX_LINK_PARTS = 8,          /* a link key */
    SCH_MAX_LINK_FIRST = 32,         /* characters of a text */
    SCH_LINK_KEY_TEXT_BYTES = 640,   /* sch_link_key_text of the longest names, and its closing zero */
    SCH_MAX_CATALOG_BYTES = 4 << 20, /* encoded */
    SCH_HASH_BYTES = 32,
};

#define SCH_MAX_BOUND (INT64_C(1) << 53)    /* declared bounds of numbers lie between -this and this, both excluded */
#define SCH_MAX_ROWS INT64_C(1000000000000) /* a data set */
#define SCH_MIN_DATE INT64_C(-719162)       /* 0001-01-01 in days since 1970-01-01 */
#define SCH_MAX_DATE INT64_C(2932896)       /* 9999-12-31 */

typedef enum sch_type {
    SCH_TYPE_INTEGER = 1, /* 64 bits */
    SCH_TYPE_DECIMAL,     /* an integer scaled by 10^decimals */
    SCH_TYPE_TEXT,        /* UTF-8 */
    SCH_TYPE_BOOLEAN,
    SCH_TYPE_DATE, /* days since 1970-01-01 */
} sch_type;

enum { SCH_TYPES = SCH_TYPE_DATE };

typedef enum sch_column_role {
    SCH_ROLE_IDENTIFIER = 1, /* links; never shown, filtered or grouped on */
    SCH_ROLE_DIMENSION,      /* may be grouped on: has a code list, or a range for integers, or is a boolean */
    SCH_ROLE_MEASURE,        /* may be aggregated: numbers with a range */
    SCH_ROLE_ATTRIBUTE,      /* may be used in conditions and expressions only */
} sch_column_role;

/* What fits together (sch_catalog_check):
 *
 *     role        type              code list       bounds
 *     identifier  integer, text     no              no
 *     dimension   text              yes             no
 *                 integer           no              yes, at most SCH_MAX_CODES integers
 *                 boolean           no              no
 *     measure     integer, decimal  no              yes
 *     attribute   integer, decimal  no              may have
 *                 date              no              may have
 *                 text              may have        no
 *                 boolean           no              no
 */
typedef struct sch_column {
    char name[SCH_NAME_BYTES];
    char *description; /* owned; may be NULL */
    sch_column_role role;
    sch_type type;
    sch_identifier_kind identifier; /* where the role is identifier; else 0 */
    uint8_t decimals;               /* 0 to 9; 0 unless the type is decimal */
    bool required;                  /* never empty */
    bool bounded;                   /* minimum and maximum hold (integer, decimal: scaled; date: days) */
    int64_t minimum, maximum;       /* 0 where not bounded */
    char **code; /* owned; code_count texts, distinct, printable (proto/text.h), in their declared order */
    uint32_t code_count;
    /* Of a measure: bins for quantiles and histograms. bin_count + 1 ascending edges, scaled like values, from -2^53 to
     * 2^53; bin b holds edge[b] <= value < edge[b + 1]; the minimum lies in the first bin and the maximum in the last.
     * NULL and 0 where none are declared; else 2 or more bins. owned */
    int64_t *bin_edge;
    uint32_t bin_count;
} sch_column;

/* One column of a link key. */
typedef struct sch_link_part {
    char column[SCH_NAME_BYTES]; /* of the data set; not the identifier */
    uint8_t first; /* of a text: so many characters of its link text (node/source/source.h), and rows with fewer have no
                      key; 1 to SCH_MAX_LINK_FIRST. 0: all; of other types always */
} sch_link_part;

/* A way to find a person without the identifier: rows of two data sets with link keys of one name are alike where all
 * parts are, in their order. A row without a value for a part, or whose key another row of the file has too, has no
 * key. Link keys of one name fit together where they have as many parts and each is of one type, decimals and first. */
typedef struct sch_link_key {
    char name[SCH_NAME_BYTES];              /* not that of the identifier's column: a report of linkage names both */
    sch_link_part part[SCH_MAX_LINK_PARTS]; /* columns distinct */
    size_t part_count;                      /* 1 or more */
} sch_link_key;

typedef enum sch_rows_per_person { SCH_ONE_PER_PERSON = 1, SCH_MANY_PER_PERSON } sch_rows_per_person;

typedef struct sch_data_set {
    char name[SCH_NAME_BYTES];
    char *description;         /* owned; may be NULL */
    char unit[SCH_NAME_BYTES]; /* "person" */
    sch_rows_per_person rows_per_person;
    uint32_t max_rows_a_person; /* 1 where persons have one row; else 2 to SCH_MAX_ROWS_A_PERSON, or 0: not declared */
    uint64_t max_rows;          /* the file never has more; 1 to 10^12; bounds sums before anything is computed */
    sch_column *column;         /* owned; names distinct, exactly one identifier */
    size_t column_count;        /* 1 to SCH_MAX_COLUMNS */
    sch_link_key *link_key;     /* owned; names distinct; none where persons have several rows */
    size_t link_key_count;      /* 0 to SCH_MAX_LINK_KEYS */
} sch_data_set;

typedef struct sch_catalog {
    char node[SCH_NAME_BYTES];
    uint32_t min_persons;   /* this owner's threshold, at most SCH_MAX_MIN_PERSONS; 0: none */
    bool show_zero;         /* this owner lets it be known that a cell is empty */
    sch_data_set *data_set; /* owned; names distinct */
    size_t data_set_count;
} sch_catalog;

/* The word for a type in files and sentences: integer, decimal, text, boolean, date. NULL where there is no such
 * type. */
const char *sch_type_word(sch_type type);

/* The number of codes of a dimension, without one for empty; 0 where the column cannot be grouped on. Codes are
 * numbered from 0: a text's in their declared order, an integer's from its minimum up, a boolean's false, true. */
uint32_t sch_column_codes(const sch_column *column);

/* As sch_column_codes, with one more (the last) for empty where the column is not required. */
uint32_t sch_column_domain(const sch_column *column);

/* The text of code number `index` of a dimension's domain as results show it; false for empty (NULL) and outside the
 * domain (text is "" then). text: at least SCH_MAX_CODE_BYTES + 1 bytes; text_bytes is its room, to which the text is
 * cut. */
bool sch_column_code_text(const sch_column *column, uint32_t index, char *text, size_t text_bytes);

/* A link key's columns for people: "geboortedatum, postcode (first 4)". key has passed the check. */
void sch_link_key_text(char out[static SCH_LINK_KEY_TEXT_BYTES], const sch_link_key *key);

/* Every rule of this header for one data set; as sch_catalog_check. */
sch_err sch_data_set_check(const sch_data_set *data_set, sch_detail *detail);

/* Every rule of this header. Cost: O(codes log codes). Errors: SCH_BAD_INPUT; the detail names the data set and column;
 * SCH_NO_MEMORY. */
sch_err sch_catalog_check(const sch_catalog *catalog, sch_detail *detail);

/* Appends the catalogue as protobuf bytes (proto/catalog.proto), always the same for the same catalogue. It has passed
 * sch_catalog_check. Errors: SCH_NO_MEMORY, SCH_BAD_INPUT where it would exceed the bound; nothing is appended then. */
sch_err sch_catalog_encode(sch_buf *out, const sch_catalog *catalog);

/* Reads and checks bytes that anyone may have made. The catalogue is the caller's to clear, also on failure (empty
 * then). Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_catalog_decode(sch_catalog *out, const uint8_t *data, size_t bytes, sch_detail *detail);

/* SHA-256 over a data set's encoding: names the version of a schema in a request. Errors: as sch_catalog_encode. */
sch_err sch_data_set_hash(uint8_t out[static SCH_HASH_BYTES], const sch_data_set *data_set);

/* The same without what may differ between the members of a union: max_rows and descriptions. */
sch_err sch_data_set_form_hash(uint8_t out[static SCH_HASH_BYTES], const sch_data_set *data_set);

/* Frees what they own; accept zeroed objects. */
void sch_data_set_clear(sch_data_set *data_set);
void sch_catalog_clear(sch_catalog *catalog);

/* Lookups; NULL where there is none. */
const sch_data_set *sch_catalog_find(const sch_catalog *catalog, const char *name);
const sch_column *sch_data_set_find(const sch_data_set *data_set, const char *name);
const sch_column *sch_data_set_identifier(const sch_data_set *data_set);
const sch_link_key *sch_data_set_link_key(const sch_data_set *data_set, const char *name);

#endif
