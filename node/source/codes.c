#include "node/source/codes.h"

#include <stdlib.h>
#include <string.h>

/* The first `bytes` (1 to 8) bytes of a text as a word, by loads of fixed sizes, which a compiler does without a
 * call. */
static uint64_t load_word(const char *text, size_t bytes)
{
    uint64_t word = 0;
    if (bytes >= 8) {
        memcpy(&word, text, 8);
    } else if (bytes >= 4) {
        uint32_t low;
        uint32_t high;
        memcpy(&low, text, 4);
        memcpy(&high, text + bytes - 4, 4);
        word = low | (uint64_t)high << 32;
    } else {
        word = (uint8_t)text[0] | (uint64_t)(uint8_t)text[bytes / 2] << 8 | (uint64_t)(uint8_t)text[bytes - 1] << 16;
    }
    return word;
}

/* Multiply and fold, eight bytes at a time. Codes come from the owner's own schema, so nobody chooses them to
 * collide. */
static uint64_t hash_text(const char *text, size_t bytes)
{
    const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t hash = bytes * odd;
    while (bytes > 0) {
        size_t take = bytes < 8 ? bytes : 8;
        hash = (hash ^ load_word(text, take)) * odd;
        hash ^= hash >> 29;
        text += take;
        bytes -= take;
    }
    /* The upper half, on which every bit of the text has had its effect. */
    return hash * odd >> 32;
}

static bool equals(const char *a, const char *b, size_t bytes)
{
    for (; bytes >= 8; a += 8, b += 8, bytes -= 8) {
        if (load_word(a, 8) != load_word(b, 8)) {
            return false;
        }
    }
    return bytes == 0 || load_word(a, bytes) == load_word(b, bytes);
}

sch_err sch_codes_init(sch_codes *codes, char *const *code, uint32_t count)
{
    sch_err err = SCH_NONE;
    *codes = (sch_codes){.code = code};
    uint32_t slots = 16;
    while (slots / 2 < count) {
        slots *= 2;
    }
    codes->mask = slots - 1;
    codes->slot = calloc(slots, sizeof *codes->slot);
    codes->length = calloc(count > 0 ? count : 1, 1);
    SCH_TRY(sch_check(codes->slot != NULL && codes->length != NULL, SCH_NO_MEMORY, "no memory for a list of codes"));
    for (uint32_t i = 0; i < count; i++) {
        size_t bytes = strlen(code[i]);
        uint32_t found;
        SCH_TRY(sch_check(bytes <= UINT8_MAX, SCH_BAD_INPUT, "a code is too long"));
        SCH_TRY(sch_check(!sch_codes_find(codes, &found, code[i], bytes), SCH_BAD_INPUT, "a code occurs twice"));
        codes->length[i] = (uint8_t)bytes;
        uint32_t at = (uint32_t)hash_text(code[i], bytes) & codes->mask;
        while (codes->slot[at] != 0) {
            at = (at + 1) & codes->mask;
        }
        codes->slot[at] = i + 1;
    }
out:
    return err;
}

bool sch_codes_find(const sch_codes *codes, uint32_t *number, const char *text, size_t bytes)
{
    uint32_t at = (uint32_t)hash_text(text, bytes) & codes->mask;
    for (; codes->slot[at] != 0; at = (at + 1) & codes->mask) {
        uint32_t i = codes->slot[at] - 1;
        if (codes->length[i] == bytes && equals(codes->code[i], text, bytes)) {
            *number = i;
            return true;
        }
    }
    return false;
}

void sch_codes_clear(sch_codes *codes)
{
    free(codes->slot);
    free(codes->length);
    *codes = (sch_codes){0};
}
