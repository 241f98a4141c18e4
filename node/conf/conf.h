/* conf.h - a node's configuration and an analyst's profile, in YAML.
 *
 * A node's, with every key (those with a default may be left out; config/node.yaml is an example that runs):
 *
 *     node: gemeente_lv              # this node's name
 *     listen: "0.0.0.0:7300"       # or "*:7300": every address of the machine
 *     address: "schakel.lv.example:7300"  # as others reach it; default: listen, where that names a host
 *     keys: keys                     # folder that schakelctl init made
 *     data_sets: [bijstand.yaml]     # schema files; default none
 *     disclosure:
 *       min_persons: 10              # 1 (off) to 1000000; default 10
 *       zero_cells: suppress         # or show; default suppress
 *     peers: [...]                   # cards, with psk_file where a pre-shared key is agreed; at most SCH_MAX_PEERS
 *     analysts: [...]                # cards without address; at most SCH_MAX_ANALYSTS
 *     limits:
 *       workers: 4                   # threads that compute, 1 to 64; default the number of cores, at most 16
 *       memory_mb: 256               # of an owner's engine, 64 to 1048576; default 256
 *       threads: 2                   # of an owner's engine, 1 to 64; default as workers
 *       spill_dir: /var/tmp/schakel  # where the engine may write what does not fit; default nowhere
 *       max_jobs: 4                  # at a time, 1 to 64; default 4
 *       request_minutes: 60          # a job is ended after this, 1 to 10080; default 60
 *     log:
 *       format: text                 # or json; default text
 *       level: info                  # debug, info, warning, error; default info
 *
 * A profile:
 *
 *     analyst: anna
 *     keys: keys
 *     node: gemeente_lv              # which of the nodes to call; default the first
 *     nodes: [...]                   # cards, as peers
 *
 * Paths are relative to the folder of the file that holds them. */
#ifndef SCH_NODE_CONF_CONF_H
#define SCH_NODE_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "node/base/card.h"
#include "node/base/log.h"

enum {
    SCH_MAX_CONF_BYTES = 1 << 20,
    SCH_MAX_PEERS = 64,
    SCH_MAX_ANALYSTS = 1000,
};

/* Another node. Maps to sch_mesh_peer: name, address, identity and tls_pin from the card, psk. */
typedef struct sch_conf_peer {
    sch_card card;
    char *psk_file; /* owned; NULL where no key is agreed */
    uint8_t *psk;   /* owned, guarded, SCH_KEY_BYTES, secret; NULL likewise */
} sch_conf_peer;

typedef struct sch_conf {
    char node[SCH_NAME_BYTES];
    char listen[SCH_ADDRESS_BYTES];
    char address[SCH_ADDRESS_BYTES];
    char *keys;      /* owned; a folder */
    char **data_set; /* owned; data_set_count paths of schema files */
    size_t data_set_count;
    uint32_t min_persons;
    bool show_zero;
    sch_conf_peer *peer; /* owned */
    size_t peer_count;
    sch_card *analyst; /* owned */
    size_t analyst_count;
    uint32_t workers;
    uint32_t memory_mb;
    uint32_t threads;
    char *spill_dir; /* owned; NULL: nowhere */
    uint32_t max_jobs;
    uint32_t request_minutes;
    sch_log_format log_format;
    sch_log_level log_level;
} sch_conf;

/* Reads and checks a node's configuration: names and keys of peers and analysts are distinct, and no peer has this
 * node's name. The configuration is the caller's to clear, also on failure. Errors: SCH_IO (a file is missing),
 * SCH_BAD_INPUT (the detail names the file and the line or key), SCH_DENIED (a psk_file that others may read),
 * SCH_NO_MEMORY. */
sch_err sch_conf_load(sch_conf *conf, const char *path, sch_detail *detail);

/* The same from bytes that anyone may have made. folder: what paths are relative to; label: for the detail. with_psk:
 * false leaves psk_files unread, psk NULL. */
sch_err sch_conf_parse(sch_conf *conf, const uint8_t *data, size_t bytes, const char *folder, const char *label,
                       bool with_psk, sch_detail *detail);

/* Wipes and frees; accepts a zeroed configuration. */
void sch_conf_clear(sch_conf *conf);

typedef struct sch_profile {
    char analyst[SCH_NAME_BYTES];
    char *keys;          /* owned; a folder */
    sch_conf_peer *node; /* owned */
    size_t node_count;   /* at least 1 */
    size_t call;         /* the node to call, by its number */
} sch_profile;

/* Reads an analyst's profile. Everything as with sch_conf_load. A profile without nodes is SCH_BAD_INPUT; the detail
 * says what to add. */
sch_err sch_profile_load(sch_profile *profile, const char *path, sch_detail *detail);
sch_err sch_profile_parse(sch_profile *profile, const uint8_t *data, size_t bytes, const char *folder,
                          const char *label, bool with_psk, sch_detail *detail);
void sch_profile_clear(sch_profile *profile);

/* Where the profile is when nothing else is said: $XDG_CONFIG_HOME/schakel/schakel.yaml, else
 * ~/.config/schakel/schakel.yaml. Owned by the caller, who frees it; NULL where there is no home folder or memory is
 * lacking. */
char *sch_profile_default_path(void);

#endif
