#include "node/base/id.h"

#include <string.h>

#include "crypto/base/secret.h"

sch_request_id sch_id_new(sch_time_ms now)
{
    sch_request_id id;
    sch_random_fill(id.byte, sizeof id.byte);
    uint64_t moment = (uint64_t)now.value;
    for (unsigned i = 0; i < 6; i++) {
        id.byte[i] = (uint8_t)(moment >> (40U - 8U * i));
    }
    id.byte[6] = (uint8_t)(0x70 | (id.byte[6] & 0x0f)); /* version 7 */
    id.byte[8] = (uint8_t)(0x80 | (id.byte[8] & 0x3f)); /* variant 10 */
    return id;
}

sch_time_ms sch_id_time(sch_request_id id)
{
    uint64_t moment = 0;
    for (unsigned i = 0; i < 6; i++) {
        moment = moment << 8 | id.byte[i];
    }
    return (sch_time_ms){(int64_t)moment};
}

bool sch_id_is_valid(sch_request_id id)
{
    return (id.byte[6] & 0xf0) == 0x70 && (id.byte[8] & 0xc0) == 0x80;
}

static bool hyphen_follows(size_t byte)
{
    return byte == 3 || byte == 5 || byte == 7 || byte == 9;
}

void sch_id_to_text(char out[static SCH_ID_TEXT_BYTES], sch_request_id id)
{
    static const char digit[] = "0123456789abcdef";
    char *to = out;
    for (size_t i = 0; i < sizeof id.byte; i++) {
        *to++ = digit[id.byte[i] >> 4];
        *to++ = digit[id.byte[i] & 15];
        if (hyphen_follows(i)) {
            *to++ = '-';
        }
    }
    *to = '\0';
}

/* The value of a hexadecimal digit, -1 where it is none. */
static int digit_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool sch_id_from_text(sch_request_id *out, const char *text)
{
    *out = (sch_request_id){0};
    if (strlen(text) != SCH_ID_TEXT_BYTES - 1) {
        return false;
    }
    sch_request_id id;
    for (size_t i = 0; i < sizeof id.byte; i++) {
        int high = digit_value(*text++);
        int low = digit_value(*text++);
        if (high < 0 || low < 0 || (hyphen_follows(i) && *text++ != '-')) {
            return false;
        }
        id.byte[i] = (uint8_t)(high << 4 | low);
    }
    *out = id;
    return true;
}
