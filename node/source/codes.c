#include "node/source/codes.h"

#include <stdlib.h>
#include <string.h>

/* Multiply and fold, eight bytes at a time. Codes come from the owner's own schema, so nobody chooses them to collide. */
static uint64_t hash_text(const char *text, size_t bytes)
{
    const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t hash = bytes * odd;
    while (bytes > 0) {
        uint64_t word = 0;
        size_t take = bytes < sizeof word ? bytes : sizeof word;
        memcpy(&word, text, take);
        hash = (hash ^ word) * odd;
        hash ^= hash >> 32;
        text += take;
        bytes -= take;
    }
    return hash;
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
        if (codes->length[i] == bytes && memcmp(codes->code[i], text, bytes) == 0) {
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
