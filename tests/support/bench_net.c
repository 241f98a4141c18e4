/* bench_net.c - how fast links between two meshes in one process are: bytes of plain payload per second, one direction
 * and both, one shard and several; and the processor time a byte, of both ends together, which says more on a busy
 * machine. Not a test.
 *
 *     bench_net [megabytes [shards]] */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "node/base/clock.h"
#include "tests/support/test_mesh.h"

enum { MESSAGE_BYTES = 2 << 20, MAX_SHARDS = 16 };

typedef struct task {
    sch_link link;
    sch_party peer;
    size_t messages;
    bool send;
} task;

static void *run(void *context)
{
    task *t = context;
    uint8_t *data = malloc(MESSAGE_BYTES);
    if (data == NULL) {
        return context;
    }
    memset(data, 1, MESSAGE_BYTES);
    for (size_t i = 0; i < t->messages; i++) {
        sch_err err = t->send ? sch_link_send(&t->link, t->peer, (uint16_t)i, data, MESSAGE_BYTES)
                              : sch_link_receive(&t->link, t->peer, (uint16_t)i, data, MESSAGE_BYTES);
        if (sch_failed(err)) {
            (void)fprintf(stderr, "%s\n", err.text);
            exit(1);
        }
    }
    free(data);
    return NULL;
}

static void open_links(sch_mesh_job *job[static 2], task sender[static MAX_SHARDS], task receiver[static MAX_SHARDS],
                       size_t shards, size_t messages, bool both)
{
    for (size_t s = 0; s < shards; s++) {
        size_t from = both ? s % 2 : 0;
        sch_err err = sch_mesh_link_open(job[from], &sender[s].link, (uint32_t)s, 3);
        if (!sch_failed(err)) {
            err = sch_mesh_link_open(job[1 - from], &receiver[s].link, (uint32_t)s, 3);
        }
        if (sch_failed(err)) {
            exit(1);
        }
        sender[s].peer = (sch_party)(1 - from);
        receiver[s].peer = (sch_party)from;
        sender[s].messages = receiver[s].messages = messages;
        sender[s].send = true;
    }
}

/* Seconds of processor time of the whole process, both ends of every connection. */
static double processor_seconds(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void measure(sch_test_net *net, const char *what, size_t megabytes, size_t shards, bool both)
{
    static uint8_t id; /* credits of a job that was closed may still be on their way */
    id++;
    sch_mesh_job *job[2] = {0};
    task sender[MAX_SHARDS] = {0};
    task receiver[MAX_SHARDS] = {0};
    pthread_t thread[2 * MAX_SHARDS];
    size_t messages = megabytes * 1000000 / MESSAGE_BYTES / shards;
    if (sch_failed(sch_test_job_open(net, 0, &job[0], id)) || sch_failed(sch_test_job_open(net, 1, &job[1], id))) {
        exit(1);
    }
    open_links(job, sender, receiver, shards, messages, both);
    double processor = processor_seconds();
    uint64_t start = sch_clock_ns();
    for (size_t s = 0; s < shards; s++) {
        (void)pthread_create(&thread[2 * s], NULL, run, &receiver[s]);
        (void)pthread_create(&thread[2 * s + 1], NULL, run, &sender[s]);
    }
    for (size_t s = 0; s < 2 * shards; s++) {
        (void)pthread_join(thread[s], NULL);
    }
    double seconds = (double)(sch_clock_ns() - start) / 1e9;
    double bytes = (double)messages * (double)shards * MESSAGE_BYTES;
    processor = processor_seconds() - processor;
    (void)printf("%-32s %8.0f MB/s  %.2f s, %.2f ns of processor time a byte\n", what, bytes / seconds / 1e6, seconds,
                 processor * 1e9 / bytes);
    (void)fflush(stdout);
    for (size_t s = 0; s < shards; s++) {
        sch_mesh_link_close(&sender[s].link);
        sch_mesh_link_close(&receiver[s].link);
    }
    sch_mesh_job_close(job[0]);
    sch_mesh_job_close(job[1]);
}

int main(int argc, char **argv)
{
    size_t megabytes = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 2000;
    size_t shards = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 4;
    if (megabytes == 0 || shards == 0 || shards > MAX_SHARDS) {
        (void)fprintf(stderr, "usage: bench_net [megabytes [shards up to %d]]\n", MAX_SHARDS);
        return 2;
    }
    static sch_test_net net;
    static const uint8_t psk[32] = {1, 2, 3};
    sch_test_net_open(&net);
    for (int round = 0; round < 3; round++) {
        measure(&net, "one shard, one direction", megabytes, 1, false);
    }
    measure(&net, "shards, one direction", megabytes, shards, false);
    measure(&net, "shards, both directions", megabytes, shards, true);
    for (size_t i = 0; i < SCH_TEST_NODES; i++) {
        sch_test_node_close(&net, i);
    }
    net.node[0].peer[0].psk = psk;
    net.node[1].peer[0].psk = psk;
    for (size_t i = 0; i < SCH_TEST_NODES; i++) {
        sch_test_node_open(&net, i);
    }
    if (sch_test_wait_up(&net, 0, 1, true) && sch_test_wait_up(&net, 1, 0, true) &&
        sch_test_wait_up(&net, 0, 2, true) && sch_test_wait_up(&net, 1, 2, true)) {
        measure(&net, "pre-shared key, one direction", megabytes, 1, false);
    }
    sch_test_net_clear(&net);
    return 0;
}
