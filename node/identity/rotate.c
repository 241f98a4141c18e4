/* Keys that take the place of others: two renames, and what is checked before them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/file.h"
#include "node/identity/identity.h"

enum { STAMP_BYTES = 17 }; /* 20260301T120000Z and the closing zero */

/* The three folders of one set of keys. */
typedef struct key_folders {
    char *now, *next, *old; /* owned */
} key_folders;

/* The moment without what a file's name should not hold: 2026-03-01T12:00:00.123Z becomes 20260301T120000Z. */
static void stamp_of(char out[static STAMP_BYTES], sch_time_ms moment)
{
    char text[SCH_TIME_TEXT_BYTES];
    size_t bytes = 0;
    sch_time_text(text, moment);
    for (const char *at = text; *at != '\0' && *at != '.' && bytes < STAMP_BYTES - 2; at++) {
        if (*at != '-' && *at != ':') {
            out[bytes++] = *at;
        }
    }
    out[bytes++] = 'Z';
    out[bytes] = '\0';
}

static sch_err name_folders(key_folders *folders, const char *folder, sch_time_ms moment)
{
    char stamp[STAMP_BYTES];
    size_t bytes = strlen(folder);
    while (bytes > 1 && folder[bytes - 1] == '/') { /* "keys/" is the folder "keys" */
        bytes--;
    }
    stamp_of(stamp, moment);
    *folders = (key_folders){.now = strndup(folder, bytes)};
    if (folders->now == NULL || asprintf(&folders->next, "%s.next", folders->now) < 0) {
        folders->next = NULL;
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    if (asprintf(&folders->old, "%s.old-%s", folders->now, stamp) < 0) {
        folders->old = NULL;
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    return SCH_NONE;
}

static void clear_folders(key_folders *folders)
{
    free(folders->now);
    free(folders->next);
    free(folders->old);
}

static sch_err read_card(sch_card *out, const char *folder, sch_detail *detail)
{
    char *path = sch_file_join(folder, "card.yaml");
    sch_err err = path == NULL ? sch_fail(SCH_NO_MEMORY, "out of memory") : sch_card_read(out, path, detail);
    free(path);
    return err;
}

sch_err sch_identity_next_card(sch_card *out, bool *found, const char *folder, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    key_folders folders = {0};
    *found = false;
    *out = (sch_card){0};
    SCH_TRY(name_folders(&folders, folder, (sch_time_ms){0}));
    if (sch_file_exists(folders.next)) {
        SCH_TRY(read_card(out, folders.next, detail));
        *found = true;
    }
out:
    clear_folders(&folders);
    return err;
}

/* The card is written last, so a folder with a card was finished; files may have been taken away since. */
static sch_err check_next(const key_folders *folders, bool has_now, sch_detail *detail)
{
    static const char *const names[] = {"identity.key", "tls.key", "tls.crt"};
    sch_err err = SCH_NONE;
    sch_card now, next;
    char *path = NULL;
    SCH_TRY(read_card(&next, folders->next, detail));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        free(path);
        path = sch_file_join(folders->next, names[i]);
        SCH_TRY(sch_check(path != NULL, SCH_NO_MEMORY, "out of memory"));
        if (!sch_file_exists(path)) {
            sch_detail_set(detail, "%s: is missing, so the keys stay as they are", path);
            SCH_TRY(sch_fail(SCH_BAD_INPUT, "new keys are not complete"));
        }
    }
    if (has_now) {
        SCH_TRY(read_card(&now, folders->now, detail));
        if (strcmp(now.name, next.name) != 0) {
            sch_detail_set(detail, "%s: are the keys of '%s', not of '%s', so the keys stay as they are", folders->next,
                           next.name, now.name);
            SCH_TRY(sch_fail(SCH_BAD_INPUT, "new keys are another node's"));
        }
    }
out:
    free(path);
    return err;
}

/* Renames a folder to a name that is not taken, and makes that durable. */
static sch_err rename_folder(const char *from, const char *to, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    int descriptor = -1;
    char words[128];
    char *parent = sch_file_folder(from);
    SCH_TRY(sch_check(parent != NULL, SCH_NO_MEMORY, "out of memory"));
    if (sch_file_exists(to)) {
        sch_detail_set(detail, "%s: exists already", to);
        SCH_TRY(sch_fail(SCH_TRY_AGAIN, "a folder of keys exists already"));
    }
    descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || rename(from, to) != 0 || fsync(descriptor) != 0) {
        sch_detail_set(detail, "%s cannot be renamed to %s: %s", from, to, strerror_r(errno, words, sizeof words));
        SCH_TRY(sch_fail(SCH_IO, "a folder of keys cannot be renamed"));
    }
out:
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    free(parent);
    return err;
}

sch_err sch_identity_rotate_in(const char *folder, sch_time_ms now, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    key_folders folders = {0};
    SCH_TRY(name_folders(&folders, folder, now));
    bool has_now = sch_file_exists(folders.now);
    bool has_next = sch_file_exists(folders.next);
    if (!has_now && !has_next) {
        sch_detail_set(detail, "%s: does not exist", folders.now);
        SCH_TRY(sch_fail(SCH_IO, "there are no keys"));
    }
    if (has_next) {
        SCH_TRY(check_next(&folders, has_now, detail));
        if (has_now) {
            SCH_TRY(rename_folder(folders.now, folders.old, detail));
        }
        SCH_TRY(rename_folder(folders.next, folders.now, detail));
    }
out:
    clear_folders(&folders);
    return err;
}
