/* A schema file of arbitrary bytes: it loads and then keeps every rule of the catalogue, or it is refused with a
 * sentence. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "node/source/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("schema", MFD_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    sch_data_set data_set;
    sch_source_file file;
    sch_detail detail = {{0}};
    if (write(fd, data, size) == (ssize_t)size) {
        sch_err err = sch_schema_load(&data_set, &file, path, &detail);
        if (!sch_failed(err) && (sch_failed(sch_data_set_check(&data_set, NULL)) || file.path == NULL ||
                                 file.header_count != data_set.column_count)) {
            abort();
        }
        if (err.code == SCH_BUG || (err.code == SCH_BAD_INPUT && detail.text[0] == '\0')) {
            abort();
        }
        sch_data_set_clear(&data_set);
        sch_source_file_clear(&file);
    }
    close(fd);
    return 0;
}
