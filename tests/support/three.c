#include "tests/support/three.h"

#include <pthread.h>

uint64_t three_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void three_init(three_parties *three, local_net *net, uint64_t seed, uint32_t shard, uint64_t (*now_ns)(void))
{
    three->net = net;
    for (size_t p = 0; p < SCH_PARTIES; p++) {
        for (size_t i = 0; i < SCH_KEY_BYTES; i += 8) {
            sch_put_u64(&three->key[p][i], three_random(&seed));
        }
    }
    for (sch_party p = SCH_SPINE; p < SCH_PARTIES; p++) {
        three->err[p] = SCH_NONE;
        three->trio[p] = (sch_trio){.link = local_net_link(net, p), .shard = shard, .now_ns = now_ns};
        for (size_t other = 0; other < SCH_PARTIES; other++) {
            three->trio[p].pair_key[other] = other == p ? NULL : three->key[SCH_PARTIES - p - other];
        }
    }
}

typedef struct runner {
    three_parties *three;
    three_part *part;
    void *context;
    sch_party party;
} runner;

static void *run_party(void *argument)
{
    runner *self = argument;
    three_parties *three = self->three;
    three->err[self->party] = self->part(&three->trio[self->party], self->context);
    local_net_finish(three->net, self->party);
    return NULL;
}

sch_err three_run(three_parties *three, three_part *part, void *context)
{
    pthread_t thread[SCH_PARTIES];
    runner runners[SCH_PARTIES];
    bool started[SCH_PARTIES];
    for (sch_party p = SCH_SPINE; p < SCH_PARTIES; p++) {
        runners[p] = (runner){three, part, context, p};
        started[p] = pthread_create(&thread[p], NULL, run_party, &runners[p]) == 0;
        if (!started[p]) {
            three->err[p] = sch_fail(SCH_NO_MEMORY, "no thread for a party");
            local_net_cancel(three->net);
        }
    }
    sch_err worst = SCH_NONE;
    for (size_t p = 0; p < SCH_PARTIES; p++) {
        if (started[p]) {
            pthread_join(thread[p], NULL);
        }
        if (sch_failed(three->err[p]) && (!sch_failed(worst) || worst.code == SCH_TRY_AGAIN)) {
            worst = three->err[p];
        }
    }
    return worst;
}
