/* job.h - what the node tells schakel-source to do: written whole into its file descriptor 3, then the end of the
 * stream.
 *
 * Little-endian 64-bit words and texts with their length in front, in the order of the structs. Both sides are of one
 * version, built together; the reader checks bounds all the same. */
#ifndef SCH_NODE_SOURCE_JOB_H
#define SCH_NODE_SOURCE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/source/schema.h"
#include "node/source/source.h"

enum {
    SCH_JOB_FD = 3,               /* the child reads its job here */
    SCH_CHUNK_FD = 4,             /* and writes chunks here */
    SCH_MAX_JOB_BYTES = 16 << 20, /* a catalogue has at most a quarter of that */
    SCH_JOB_KEYS = 64,
    SCH_JOB_VALUES = 1024, /* as many as a row program has registers */
};

typedef enum sch_job_kind { SCH_JOB_EXECUTE = 1, SCH_JOB_CHECK } sch_job_kind;

/* A data set without its names and those of its link keys, and its file. Of bins only the number comes along: the
 * statement has the edges. */
typedef struct sch_job_relation {
    sch_data_set data_set; /* owned */
    sch_source_file file;  /* owned */
} sch_job_relation;

typedef struct sch_job_key {
    uint32_t relation, column; /* by number */
    bool bin;
} sch_job_key;

typedef struct sch_source_job {
    sch_job_kind kind;
    uint32_t memory_mb, threads;
    char *spill_dir; /* owned; "" for none */
    sch_job_relation relation[SCH_MAX_FROM];
    size_t relation_count; /* 1 to SCH_MAX_FROM; 1 where kind is SCH_JOB_CHECK */
    char *sql;             /* owned; "" where kind is SCH_JOB_CHECK */
    sch_job_key key[SCH_JOB_KEYS];
    size_t key_count;
    size_t value_count;
} sch_source_job;

/* Appends a job. query: NULL for a check. Errors: SCH_NO_MEMORY; SCH_BUG where a key is no column of its relation or
 * has no codes, or there are more relations, keys or values than the bounds. */
sch_err sch_job_encode(sch_buf *out, const sch_source_options *options, const sch_source_relation *relation,
                       size_t relation_count, const sch_source_query *query);

/* The keys of a job that was read; room for SCH_JOB_KEYS, which borrow its columns. */
void sch_job_keys(sch_source_key *out, const sch_source_job *job);

/* Reads one; the caller clears it, also on failure. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_job_decode(sch_source_job *job, const uint8_t *data, size_t bytes);

void sch_job_clear(sch_source_job *job);

#endif
