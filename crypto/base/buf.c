#include "crypto/base/buf.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sch_err sch_buf_reserve(sch_buf *buf, size_t more)
{
    if (more <= buf->room - buf->bytes) {
        return SCH_NONE;
    }
    if (more > SIZE_MAX / 2 - buf->bytes) {
        return sch_fail(SCH_NO_MEMORY, "a buffer would be larger than the address space");
    }
    size_t room = buf->room < 256 ? 256 : buf->room;
    while (room < buf->bytes + more) {
        room += room / 2;
    }
    uint8_t *data = malloc(room);
    if (data == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    if (buf->bytes > 0) {
        memcpy(data, buf->data, buf->bytes);
        sodium_memzero(buf->data, buf->bytes);
    }
    free(buf->data);
    buf->data = data;
    buf->room = room;
    return SCH_NONE;
}

sch_err sch_buf_append(sch_buf *buf, const void *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_reserve(buf, bytes));
    if (bytes > 0) {
        memcpy(buf->data + buf->bytes, data, bytes);
        buf->bytes += bytes;
    }
out:
    return err;
}

sch_err sch_buf_append_text(sch_buf *buf, const char *text)
{
    return sch_buf_append(buf, text, strlen(text));
}

sch_err sch_buf_printf(sch_buf *buf, const char *format, ...)
{
    sch_err err = SCH_NONE;
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    SCH_TRY(sch_check(wanted >= 0, SCH_BUG, "a text could not be formatted"));
    SCH_TRY(sch_buf_reserve(buf, (size_t)wanted + 1));
    va_start(arguments, format);
    (void)vsnprintf((char *)buf->data + buf->bytes, (size_t)wanted + 1, format, arguments);
    va_end(arguments);
    buf->bytes += (size_t)wanted;
out:
    return err;
}

const char *sch_buf_text(sch_buf *buf)
{
    if (sch_failed(sch_buf_reserve(buf, 1))) {
        return NULL;
    }
    buf->data[buf->bytes] = '\0';
    return (const char *)buf->data;
}

void sch_buf_clear(sch_buf *buf)
{
    if (buf->data != NULL) {
        sodium_memzero(buf->data, buf->room);
        free(buf->data);
    }
    *buf = (sch_buf){0};
}
