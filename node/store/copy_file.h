/* copy_file.h - a copy's file for SQLite: one that is open already, by its descriptor. SQLite opens files by their
 * paths, and whoever may write in the folder could put another file or a link at a path in the meantime. Internal to
 * node/store. */
#ifndef SCH_NODE_STORE_COPY_FILE_H
#define SCH_NODE_STORE_COPY_FILE_H

#include <sqlite3.h>

/* Fills an empty file with the pages of `from`, its WAL included, and marks it as a file without a WAL of its own.
 * Nothing is synced. descriptor: open for reading and writing; stays the caller's. Gives SQLite's code. */
int sch_copy_file_fill(int descriptor, sqlite3 *from);

#endif
