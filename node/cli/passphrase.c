/* Passphrases, from a file or from the terminal. The terminal is read byte by byte without its own line editing, so
 * that no signal can end the program while echo is off. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "node/base/file.h"
#include "node/cli/common.h"

enum { KEY_INTERRUPT = 3, KEY_END = 4, KEY_BACK = 8, KEY_ERASE_LINE = 21, KEY_DELETE = 127, MAX_FILE_BYTES = 4096 };

static sch_err read_from_file(const char *path, char *out, size_t room, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf data = {0};
    SCH_TRY(sch_file_read(&data, path, MAX_FILE_BYTES, SCH_FILE_SECRET, detail));
    size_t bytes = 0;
    while (bytes < data.bytes && data.data[bytes] != '\n' && data.data[bytes] != '\r') {
        bytes++;
    }
    if (bytes == 0 || bytes >= room || memchr(data.data, '\0', bytes) != NULL) {
        sch_detail_set(detail, "%s: the first line has to be a passphrase of at most %zu characters", path, room - 1);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a passphrase file holds no passphrase"));
    }
    memcpy(out, data.data, bytes);
    out[bytes] = '\0';
out:
    sch_buf_clear(&data);
    return err;
}

/* Reads a line without showing it. out: room bytes, with a closing zero. */
static sch_err read_hidden_line(int terminal, char *out, size_t room)
{
    size_t bytes = 0;
    for (;;) {
        char key = '\0';
        ssize_t got = read(terminal, &key, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0 || key == KEY_INTERRUPT || (key == KEY_END && bytes == 0)) {
            return sch_fail(SCH_DENIED, "no passphrase was given");
        }
        if (key == '\n' || key == '\r' || key == KEY_END) {
            out[bytes] = '\0';
            return SCH_NONE;
        }
        if (key == KEY_BACK || key == KEY_DELETE) {
            bytes -= bytes > 0;
        } else if (key == KEY_ERASE_LINE) {
            bytes = 0;
        } else if (bytes == room - 1) {
            return sch_fail(SCH_BAD_INPUT, "a passphrase is too long");
        } else {
            out[bytes++] = key;
        }
    }
}

static sch_err ask_terminal(const char *question, char *out, size_t room)
{
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios before, hidden;
    if (terminal < 0 || tcgetattr(terminal, &before) != 0) {
        if (terminal >= 0) {
            (void)close(terminal);
        }
        return sch_fail(SCH_DENIED,
                        "a passphrase is needed, and there is no terminal to ask at: name a file that holds it in "
                        "SCHAKEL_PASSPHRASE_FILE");
    }
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    hidden.c_cc[VMIN] = 1;
    hidden.c_cc[VTIME] = 0;
    sch_err err = SCH_NONE;
    ssize_t written = 0;
    if (tcsetattr(terminal, TCSAFLUSH, &hidden) == 0) {
        written = write(terminal, question, strlen(question)); /* once echo is off */
        (void)written;
        err = read_hidden_line(terminal, out, room);
        (void)tcsetattr(terminal, TCSAFLUSH, &before);
    } else {
        err = sch_fail(SCH_IO, "the terminal cannot be set to hide a passphrase");
    }
    written = write(terminal, "\n", 1);
    (void)written;
    (void)close(terminal);
    return err;
}

static const char *passphrase_file(void)
{
    const char *path = getenv("SCHAKEL_PASSPHRASE_FILE");
    return path == NULL || path[0] == '\0' ? NULL : path;
}

static sch_err ask(void *context, char *out, size_t room, sch_detail *detail)
{
    (void)context;
    const char *path = passphrase_file();
    return path != NULL ? read_from_file(path, out, room, detail) : ask_terminal("Passphrase: ", out, room);
}

sch_passphrase sch_cli_passphrase(void)
{
    return (sch_passphrase){ask, NULL};
}

static sch_err ask_twice(char *out, size_t room)
{
    sch_err err = SCH_NONE;
    char *again = sch_secret_new(room);
    SCH_TRY(sch_check(again != NULL, SCH_NO_MEMORY, "no memory for a passphrase"));
    SCH_TRY(ask_terminal("New passphrase (12 characters or more): ", out, room));
    SCH_TRY(sch_check(strlen(out) >= SCH_MIN_PASSPHRASE_BYTES, SCH_BAD_INPUT,
                      "a passphrase has to have 12 to 1023 characters"));
    SCH_TRY(ask_terminal("The same again: ", again, room));
    SCH_TRY(sch_check(strcmp(out, again) == 0, SCH_BAD_INPUT, "the two passphrases differ"));
out:
    sch_secret_free(again);
    return err;
}

sch_err sch_cli_new_passphrase(char **out, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const char *path = passphrase_file();
    *out = NULL;
    char *words = sch_secret_new(SCH_MAX_PASSPHRASE_BYTES);
    SCH_TRY(sch_check(words != NULL, SCH_NO_MEMORY, "no memory for a passphrase"));
    if (path != NULL) {
        SCH_TRY(read_from_file(path, words, SCH_MAX_PASSPHRASE_BYTES, detail));
        SCH_TRY(sch_check(strlen(words) >= SCH_MIN_PASSPHRASE_BYTES, SCH_BAD_INPUT,
                          "a passphrase has to have 12 to 1023 characters"));
    } else {
        SCH_TRY(ask_twice(words, SCH_MAX_PASSPHRASE_BYTES));
    }
    *out = words;
    words = NULL;
out:
    sch_secret_free(words);
    return err;
}
