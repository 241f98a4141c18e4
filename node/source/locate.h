/* locate.h - finds the lines of faults in a CSV file, once one is known to be there. */
#ifndef SCH_NODE_SOURCE_LOCATE_H
#define SCH_NODE_SOURCE_LOCATE_H

#include <stdint.h>

#include "crypto/base/err.h"
#include "node/source/field.h"
#include "node/source/view.h"

/* The first lines with a fault, from 1; 0 where there is none. */
typedef struct sch_lines {
    uint64_t malformed; /* a line that is no record of as many fields as the header */
    uint64_t column[SCH_MAX_COLUMNS];
} sch_lines;

/* Which column's reader to use: reader(context, column). Borrowed. */
typedef const sch_field_reader *(*sch_locate_reader)(void *context, size_t column);

/* Reads the file from its beginning. only: stop at the first fault of this column, SCH_NO_COLUMN: at the first
 * malformed line, SCH_ALL_COLUMNS: read all of it. Identifiers count as faults where they are there and not valid.
 * Cost: about 3 ns a byte. Errors: SCH_IO, SCH_NO_MEMORY. */
enum { SCH_ALL_COLUMNS = 0xFFFFFFFEU };
sch_err sch_locate_lines(sch_lines *lines, const sch_view *view, sch_locate_reader reader, void *context, int fd,
                         uint32_t only);

#endif
