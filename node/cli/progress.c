#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/cli/common.h"

enum { TEXT_BYTES = 201, BAR_CELLS = 30 };
static const uint64_t least_pause_ns = 100000000;

void sch_progress_init(sch_progress *progress)
{
    *progress = (sch_progress){.on = isatty(STDERR_FILENO) == 1};
}

static size_t terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* The bytes of the first `columns` characters; every character counts for one. */
static size_t cut_at(const char *text, size_t columns)
{
    size_t bytes = 0;
    for (size_t seen = 0; text[bytes] != '\0'; bytes++) {
        bool begins = ((unsigned char)text[bytes] & 0xc0) != 0x80; /* not the middle of a UTF-8 character */
        if (begins && seen++ == columns) {
            break;
        }
    }
    return bytes;
}

void sch_progress_show(sch_progress *progress, const char *format, ...)
{
    uint64_t now = sch_clock_ns();
    if (!progress->on || (progress->shown && now - progress->last_ns < least_pause_ns)) {
        return;
    }
    char text[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (bytes < 0) {
        return;
    }
    (void)fprintf(stderr, "\r\033[K%.*s", (int)cut_at(text, terminal_columns() - 1), text);
    (void)fflush(stderr);
    progress->shown = true;
    progress->last_ns = now;
}

void sch_progress_bar(sch_progress *progress, const char *label, unsigned per_mille)
{
    char bar[BAR_CELLS + 1];
    unsigned part = per_mille > 1000 ? 1000 : per_mille;
    size_t full = (size_t)part * BAR_CELLS / 1000;
    memset(bar, ' ', BAR_CELLS);
    memset(bar, '=', full);
    bar[BAR_CELLS] = '\0';
    sch_progress_show(progress, "%s [%s] %u%%", label, bar, part / 10);
}

void sch_progress_clear(sch_progress *progress)
{
    if (progress->shown) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
        progress->shown = false;
    }
}
