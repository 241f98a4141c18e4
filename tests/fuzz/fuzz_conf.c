/* Arbitrary bytes as a configuration, a profile and a card: refused with a sentence, or values within their bounds. */
#include <stdlib.h>
#include <string.h>

#include "node/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { MAX_BYTES = 1 << 16 };

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_conf(const uint8_t *data, size_t bytes)
{
    sch_conf conf;
    sch_detail detail = {{0}};
    sch_err err = sch_conf_parse(&conf, data, bytes, "/folder", "fuzz.yaml", false, &detail);
    if (sch_failed(err)) {
        must(err.code != SCH_BUG && (err.code != SCH_BAD_INPUT || detail.text[0] != '\0'));
        must(conf.keys == NULL && conf.state == NULL && conf.operator_ == NULL && conf.psk == NULL);
        return;
    }
    must(sch_card_name_is_valid(conf.node) && sch_card_address_is_valid(conf.listen, true));
    must(sch_card_address_is_valid(conf.address, false) && conf.keys[0] == '/');
    must(conf.state[0] == '/' && conf.socket[0] == '/');
    must(conf.workers >= 1 && conf.workers <= 64 && conf.threads >= 1 && conf.threads <= 64);
    must(conf.max_jobs >= 1 && conf.max_jobs <= 64 && conf.memory_mb >= 64 && conf.request_minutes >= 1);
    must(conf.operator_count <= SCH_MAX_OPERATORS && conf.psk_count <= SCH_MAX_PEERS);
    for (size_t i = 0; i < conf.operator_count; i++) {
        must(sch_card_name_is_valid(conf.operator_[i].name));
    }
    for (size_t i = 0; i < conf.psk_count; i++) {
        must(sch_card_name_is_valid(conf.psk[i].peer) && conf.psk[i].file[0] == '/' && conf.psk[i].key == NULL);
    }
    must(conf.data_set_count <= SCH_MAX_DATA_SETS);
    sch_conf_clear(&conf);
}

static void check_profile(const uint8_t *data, size_t bytes)
{
    sch_profile profile;
    sch_detail detail = {{0}};
    sch_err err = sch_profile_parse(&profile, data, bytes, "/folder", "fuzz.yaml", false, &detail);
    if (sch_failed(err)) {
        must(err.code != SCH_BUG && (err.code != SCH_BAD_INPUT || detail.text[0] != '\0'));
        return;
    }
    must(profile.node_count >= 1 && profile.call < profile.node_count);
    must(profile.agreement[0] == '\0' || sch_card_name_is_valid(profile.agreement));
    must(profile.purpose == NULL || strlen(profile.purpose) <= 500);
    sch_profile_clear(&profile);
}

/* A card that is read prints as one that reads the same. */
static void check_card(const uint8_t *data, size_t bytes)
{
    sch_card card, again;
    sch_buf text = {0};
    sch_detail detail = {{0}};
    if (!sch_failed(sch_card_parse(&card, data, bytes, "fuzz.yaml", &detail))) {
        must(!sch_failed(sch_card_print(&text, &card, 0, false)));
        must(!sch_failed(sch_card_parse(&again, text.data, text.bytes, "fuzz.yaml", &detail)));
        must(memcmp(&card, &again, sizeof card) == 0);
    }
    sch_buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes <= MAX_BYTES) {
        check_conf(data, bytes);
        check_profile(data, bytes);
        check_card(data, bytes);
    }
    return 0;
}
