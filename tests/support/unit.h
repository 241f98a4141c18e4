/* unit.h - what unit tests share: cmocka with the headers it wants, hexadecimal vectors, errors, doubles. */
#ifndef SCH_TESTS_SUPPORT_UNIT_H
#define SCH_TESTS_SUPPORT_UNIT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/base/err.h"

/* Reads hexadecimal text into `room` bytes at most; gives their number. */
static inline size_t unit_hex(uint8_t *out, size_t room, const char *text)
{
    size_t bytes = strlen(text) / 2;
    assert_true(bytes <= room);
    for (size_t i = 0; i < bytes; i++) {
        unsigned value = 0;
        assert_int_equal(sscanf(text + 2 * i, "%2x", &value), 1);
        out[i] = (uint8_t)value;
    }
    return bytes;
}

static inline void unit_assert_hex(const void *got, size_t bytes, const char *expected)
{
    uint8_t want[1024];
    assert_int_equal(unit_hex(want, sizeof want, expected), bytes);
    assert_memory_equal(got, want, bytes);
}

static inline void unit_assert_ok(sch_err err)
{
    if (sch_failed(err)) {
        fail_msg("%s: %s", sch_code_name(err.code), err.text);
    }
}

static inline void unit_assert_code(sch_err err, sch_code code)
{
    if (err.code != code) {
        fail_msg("%s (%s) instead of %s", sch_code_name(err.code), err.text == NULL ? "" : err.text,
                 sch_code_name(code));
    }
}

/* Copies a text with its closing zero into room of its own. */
static inline void unit_copy(char *out, size_t room, const char *text)
{
    size_t bytes = strlen(text) + 1;
    assert_true(bytes <= room);
    memcpy(out, text, bytes);
}

/* Turns the \xHH of a text, as files of vectors have them, into bytes, in place; gives how many bytes there are. */
static inline size_t unit_unescape(char *text)
{
    size_t bytes = 0;
    for (const char *at = text; *at != '\0'; bytes++) {
        unsigned value = (unsigned char)*at;
        bool escaped = *at == '\\';
        if (escaped) {
            assert_int_equal(sscanf(at, "\\x%2X", &value), 1);
        }
        text[bytes] = (char)value;
        at += escaped ? 4 : 1;
    }
    text[bytes] = '\0';
    return bytes;
}

static inline void unit_assert_close(double got, double expected, double relative)
{
    if (!(fabs(got - expected) <= relative * fabs(expected))) {
        fail_msg("%.17g instead of %.17g", got, expected);
    }
}

#endif
