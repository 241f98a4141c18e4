/* store_fixture.h - a store in a temporary folder, and things to put into it. Every function fails the test where it
 * cannot do its work. */
#ifndef SCH_TESTS_SUPPORT_STORE_FIXTURE_H
#define SCH_TESTS_SUPPORT_STORE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "node/store/store.h"

#define STORE_NODE "gemeente_lv"

typedef struct store_fixture {
    char folder[64];
    sch_store *store; /* NULL where it is closed */
    sch_detail detail;
    char path[128]; /* what store_path gave last */
} store_fixture;

void store_setup(store_fixture *f);    /* a new folder, and the store opened in it */
void store_teardown(store_fixture *f); /* closed and removed */
void store_reopen(store_fixture *f);
void store_close(store_fixture *f);

/* A path in the folder, good until the next call. */
const char *store_path(store_fixture *f, const char *name);

/* Opens the folder's file by SQLite and runs statements; the store is closed. */
void store_run_sql(store_fixture *f, const char *sql);
/* The number that a statement gives, of any file of SQLite's. */
int64_t store_number(const char *path, const char *sql);

/* Bytes of a file from an offset on are XORed with a value; the file's size. */
void store_damage(const char *path, long offset, size_t bytes, uint8_t value);
off_t store_file_bytes(const char *path);

/* A request with an id, hashes and bytes made of a number; waiting. Its buffers are owned: sch_stored_request_clear. */
void store_request(sch_stored_request *out, uint8_t number);
sch_request_id store_request_id(uint8_t number);
void store_put_request(sch_store *store, uint8_t number); /* in the open transaction */
void store_record(sch_audit_record *out, const char *action);
void store_append(sch_store *store, const char *action); /* in the open transaction */

/* A transaction of its own: request `number` and a record; whether it was committed. */
sch_err store_commit_one(sch_store *store, uint8_t number);

/* How many records there are; they are a chain from 1 on. */
uint64_t store_count_records(sch_store *store);
bool store_has_request(sch_store *store, uint8_t number);

/* Starts this program again with an argument, waits, and gives how it ended, as waitpid does. setting: "NAME=value" or
 * NULL, for its environment. */
int store_run_child(const char *argument, const char *folder, const char *const *setting, size_t settings);

#endif
