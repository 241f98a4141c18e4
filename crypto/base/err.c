#include "crypto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *sch_code_name(sch_code code)
{
    switch (code) {
    case SCH_OK:
        return "ok";
    case SCH_BAD_INPUT:
        return "bad_input";
    case SCH_BAD_PEER:
        return "bad_peer";
    case SCH_DENIED:
        return "denied";
    case SCH_TRY_AGAIN:
        return "try_again";
    case SCH_IO:
        return "io";
    case SCH_NO_MEMORY:
        return "no_memory";
    case SCH_BUG:
        return "bug";
    }
    return "unknown";
}

void sch_detail_set(sch_detail *detail, const char *format, ...)
{
    if (detail == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(detail->text, sizeof detail->text, format, arguments);
    va_end(arguments);
    if (wanted < 0) {
        detail->text[0] = '\0';
        return;
    }
    if ((size_t)wanted >= sizeof detail->text) {
        /* Cut before the first byte of a character that did not fit. */
        size_t end = sizeof detail->text - 1;
        while (end > 0 && ((unsigned char)detail->text[end - 1] & 0xC0U) == 0x80U) {
            end--;
        }
        if (end > 0 && ((unsigned char)detail->text[end - 1] & 0x80U) != 0) {
            end--;
        }
        detail->text[end] = '\0';
    }
}

const char *sch_detail_or_text(const sch_detail *detail, sch_err err)
{
    if (detail != NULL && detail->text[0] != '\0') {
        return detail->text;
    }
    return err.text != NULL ? err.text : "no error";
}
