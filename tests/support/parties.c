#include "tests/support/parties.h"

#include <pthread.h>

#include "crypto/base/buf.h"

uint64_t parties_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

sch_tag parties_tag(uint64_t name)
{
    sch_tag tag;
    sch_put_u64(tag.byte, parties_random(&name));
    sch_put_u64(tag.byte + 8, parties_random(&name));
    return tag;
}

void parties_init(test_parties *parties, local_net *net, size_t count, uint64_t seed, uint32_t shard,
                  uint64_t (*now_ns)(void))
{
    *parties = (test_parties){.net = net, .count = count};
    for (size_t p = 0; p < count; p++) {
        parties->seat[p] = (sch_seat){.link = local_net_link(net, (sch_party)p), .shard = shard, .now_ns = now_ns};
        for (size_t q = 0; q < p; q++) {
            uint8_t *key = parties->key[p][q];
            for (size_t i = 0; i < SCH_KEY_BYTES; i += 8) {
                sch_put_u64(key + i, parties_random(&seed));
            }
            parties->seat[p].pair_key[q] = key;
            parties->seat[q].pair_key[p] = key;
        }
    }
}

typedef struct runner {
    test_parties *parties;
    parties_part *part;
    void *context;
    sch_party party;
} runner;

static void *run_party(void *argument)
{
    runner *self = argument;
    test_parties *parties = self->parties;
    parties->err[self->party] = self->part(&parties->seat[self->party], self->context);
    local_net_finish(parties->net, self->party);
    return NULL;
}

sch_err parties_run(test_parties *parties, parties_part *part, void *context)
{
    pthread_t thread[SCH_MAX_PARTIES];
    runner runners[SCH_MAX_PARTIES];
    bool started[SCH_MAX_PARTIES];
    for (size_t p = 0; p < parties->count; p++) {
        runners[p] = (runner){parties, part, context, (sch_party)p};
        started[p] = pthread_create(&thread[p], NULL, run_party, &runners[p]) == 0;
        if (!started[p]) {
            parties->err[p] = sch_fail(SCH_NO_MEMORY, "no thread for a party");
            local_net_cancel(parties->net);
        }
    }
    sch_err worst = SCH_NONE;
    for (size_t p = 0; p < parties->count; p++) {
        if (started[p]) {
            pthread_join(thread[p], NULL);
        }
        if (sch_failed(parties->err[p]) && (!sch_failed(worst) || worst.code == SCH_TRY_AGAIN)) {
            worst = parties->err[p];
        }
    }
    return worst;
}
