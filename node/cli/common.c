#include "node/cli/common.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "node/base/file.h"

static const char *program_name = "schakel";

bool sch_cli_start(const char *program)
{
    program_name = program;
    (void)umask(0077);
    (void)signal(SIGPIPE, SIG_IGN);
    sch_err err = sch_secret_start();
    if (!sch_failed(err)) {
        err = sch_secret_harden_process();
    }
    if (sch_failed(err)) {
        (void)sch_cli_report(err, NULL);
        return false;
    }
    return true;
}

sch_exit sch_cli_exit_code(sch_err err)
{
    switch (err.code) {
    case SCH_OK:
        return SCH_EXIT_OK;
    case SCH_DENIED:
        return SCH_EXIT_REFUSED;
    case SCH_TRY_AGAIN:
        return SCH_EXIT_TRY_AGAIN;
    case SCH_BAD_INPUT:
    case SCH_BAD_PEER:
    case SCH_IO:
    case SCH_NO_MEMORY:
    case SCH_BUG:
        break;
    }
    return SCH_EXIT_FAILED;
}

void sch_cli_say(const char *format, ...)
{
    va_list arguments;
    (void)fflush(stdout); /* so that the two streams stay in order where they are one */
    (void)fprintf(stderr, "%s: ", program_name);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

sch_exit sch_cli_report(sch_err err, const sch_detail *detail)
{
    if (sch_failed(err)) {
        sch_cli_say("%s", sch_detail_or_text(detail, err));
    }
    return sch_cli_exit_code(err);
}

bool sch_cli_has_colour(FILE *stream)
{
    const char *terminal = getenv("TERM");
    const char *none = getenv("NO_COLOR"); /* https://no-color.org: set and not empty */
    return isatty(fileno(stream)) == 1 && terminal != NULL && strcmp(terminal, "dumb") != 0 &&
           (none == NULL || none[0] == '\0');
}

sch_cli_style sch_cli_style_of(FILE *stream)
{
    if (!sch_cli_has_colour(stream)) {
        return (sch_cli_style){"", "", "", "", "", ""};
    }
    return (sch_cli_style){"\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m", "\033[0m"};
}

char *sch_cli_sibling_program(const char *name)
{
    char self[PATH_MAX];
    ssize_t bytes = readlink("/proc/self/exe", self, sizeof self - 1);
    if (bytes <= 0 || (size_t)bytes >= sizeof self - 1) {
        return NULL;
    }
    self[bytes] = '\0';
    char *folder = sch_file_folder(self);
    char *path = folder == NULL ? NULL : sch_file_join(folder, name);
    free(folder);
    return path;
}
