#include "node/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/base/clock.h"

enum {
    TEXT_BYTES = 1001,
    LINE_BYTES = 8192, /* each byte of the text is at most six in JSON */
};

static _Atomic(int) chosen_format = SCH_LOG_TEXT;
static _Atomic(int) chosen_level = SCH_LOG_INFO;
static _Atomic(int) chosen_descriptor = STDERR_FILENO;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void sch_log_setup(sch_log_format format, sch_log_level level)
{
    atomic_store(&chosen_format, (int)format);
    atomic_store(&chosen_level, (int)level);
}

bool sch_log_wants(sch_log_level level)
{
    return (int)level >= atomic_load(&chosen_level);
}

void sch_log_to(int descriptor)
{
    atomic_store(&chosen_descriptor, descriptor);
}

typedef struct line {
    char text[LINE_BYTES];
    size_t bytes;
} line;

static void add_byte(line *out, char byte)
{
    if (out->bytes < sizeof out->text) {
        out->text[out->bytes++] = byte;
    }
}

static void add_text(line *out, const char *text)
{
    while (*text != '\0') {
        add_byte(out, *text++);
    }
}

/* A question mark for each control character, so that a record stays one line and moves no cursor. */
static void add_clean(line *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        add_byte(out, byte < 0x20 || byte == 0x7f ? '?' : *text);
    }
}

/* The same inside the quotes of a JSON text. */
static void add_json(line *out, const char *key, const char *text)
{
    add_text(out, key);
    add_byte(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') {
            add_byte(out, '\\');
        }
        add_byte(out, byte < 0x20 || byte == 0x7f ? '?' : *text);
    }
    add_byte(out, '"');
}

static void write_record(sch_log_level level, const char *component, const char *job, const char *text)
{
    line out;
    out.bytes = 0;
    char time[SCH_TIME_TEXT_BYTES];
    sch_time_text(time, sch_clock_now());
    if (atomic_load(&chosen_format) == SCH_LOG_JSON) {
        add_json(&out, "{\"time\":", time);
        add_json(&out, ",\"level\":", level_names[level]);
        add_json(&out, ",\"component\":", component);
        if (job != NULL) {
            add_json(&out, ",\"job\":", job);
        }
        add_json(&out, ",\"text\":", text);
        add_byte(&out, '}');
    } else {
        char front[80];
        (void)snprintf(front, sizeof front, "%s %-7s %-8s ", time, level_names[level], component);
        add_text(&out, front);
        if (job != NULL) {
            add_clean(&out, job);
            add_byte(&out, ' ');
        }
        add_clean(&out, text);
    }
    add_byte(&out, '\n');
    ssize_t written = write(atomic_load(&chosen_descriptor), out.text, out.bytes);
    (void)written; /* there is nowhere to tell that the log cannot be written */
}

void sch_log(sch_log_level level, const char *component, const char *job, const char *format, ...)
{
    if (!sch_log_wants(level)) {
        return;
    }
    int saved_errno = errno;
    char text[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    write_record(level, component, job, bytes < 0 ? "a record could not be formatted" : text);
    errno = saved_errno;
}

void sch_log_error(sch_log_level level, const char *component, const char *job, const char *text, sch_err err,
                   const sch_detail *detail)
{
    sch_log(level, component, job, "%s: %s (%s)", text, sch_detail_or_text(detail, err), sch_code_name(err.code));
}
