#include <stdlib.h>

#include "node/source/schema.h"

void sch_source_file_clear(sch_source_file *file)
{
    for (size_t i = 0; file->header != NULL && i < file->header_count; i++) {
        free(file->header[i]);
    }
    free(file->header);
    free(file->path);
    *file = (sch_source_file){0};
}
