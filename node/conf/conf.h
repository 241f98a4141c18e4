/* conf.h - a node's configuration and an analyst's profile, in YAML.
 *
 * A node's, with every key (those with a default may be left out; config/node.yaml is an example that runs):
 *
 *     node: gemeente_lv              # this node's name
 *     listen: "0.0.0.0:7300"       # or "*:7300": every address of the machine
 *     address: "schakel.lv.example:7300"  # as others reach it; default: listen, where that names a host
 *     keys: keys                     # folder that schakelctl init made
 *     state: state                   # folder of state.db and the control socket; default "state"
 *     socket: state/control.sock     # the control socket; default control.sock in the state folder
 *     data_sets: [bijstand.yaml]     # schema files; default none
 *     operators:                     # who may give orders over the control socket; default nobody
 *       - name: jan
 *         user: jan                  # system account that has to be at the other end; default any
 *         identity: "<44 characters>"  # Ed25519 public key, base64, as schakelctl operator new prints it
 *     psk:                           # pre-shared keys that are agreed with other parties; default none
 *       - peer: cbs
 *         file: cbs.psk
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
 *     nodes: [...]                   # cards, with psk_file where a pre-shared key is agreed; at most SCH_MAX_PEERS
 *     agreement: lv_cbs              # which agreement to ask under; default the only one
 *     purpose: "..."                 # of queries that state none of their own; default none
 *
 * Other nodes, analysts and the rules of disclosure are no part of a node's configuration: they come from the
 * agreements that are active at the node (proto/agreement.h).
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
    SCH_MAX_OPERATORS = 64,
};

/* A node that an analyst may call. Maps to sch_mesh_peer: name, address, identity and tls_pin from the card, psk. */
typedef struct sch_conf_peer {
    sch_card card;
    char *psk_file; /* owned; NULL where no key is agreed */
    uint8_t *psk;   /* owned, guarded, SCH_KEY_BYTES, secret; NULL likewise */
} sch_conf_peer;

/* Who may give this node orders. One whose account is not the node's may read the configuration and enter the socket's
 * folder, or gets nowhere: the state folder is open to the node's account alone. */
typedef struct sch_conf_operator {
    char name[SCH_NAME_BYTES];
    char *user; /* owned; the account's name; NULL: any */
    uint8_t identity[SCH_CARD_KEY_BYTES];
} sch_conf_operator;

/* A pre-shared key that is agreed with another party. */
typedef struct sch_conf_psk {
    char peer[SCH_NAME_BYTES];
    char *file;   /* owned */
    uint8_t *key; /* owned, guarded, SCH_KEY_BYTES, secret; NULL where files are not read */
} sch_conf_psk;

typedef struct sch_conf {
    char node[SCH_NAME_BYTES];
    char listen[SCH_ADDRESS_BYTES];
    char address[SCH_ADDRESS_BYTES];
    char *keys;      /* owned; a folder */
    char *state;     /* owned; a folder */
    char *socket;    /* owned; how long it may be is for who opens it to say */
    char **data_set; /* owned; data_set_count paths of schema files */
    size_t data_set_count;
    sch_conf_operator *operator_; /* owned; names distinct, keys distinct */
    size_t operator_count;
    sch_conf_psk *psk; /* owned; peers distinct, none of this node's name */
    size_t psk_count;
    uint32_t workers;
    uint32_t memory_mb;
    uint32_t threads;
    char *spill_dir; /* owned; NULL: nowhere */
    uint32_t max_jobs;
    uint32_t request_minutes;
    sch_log_format log_format;
    sch_log_level log_level;
} sch_conf;

/* Reads and checks a node's configuration. It is the caller's to clear, also on failure (empty then). Errors: SCH_IO (a
 * file is missing), SCH_BAD_INPUT (the detail names the file and the line or key, and where the key belongs to an
 * agreement it says that), SCH_DENIED (a pre-shared key that others may read), SCH_NO_MEMORY. */
sch_err sch_conf_load(sch_conf *conf, const char *path, sch_detail *detail);

/* The same from bytes that anyone may have made. folder: what paths are relative to; label: for the detail. with_psk:
 * false leaves files of pre-shared keys unread, keys NULL. */
sch_err sch_conf_parse(sch_conf *conf, const uint8_t *data, size_t bytes, const char *folder, const char *label,
                       bool with_psk, sch_detail *detail);

/* Wipes and frees; accepts a zeroed configuration. */
void sch_conf_clear(sch_conf *conf);

typedef struct sch_profile {
    char analyst[SCH_NAME_BYTES];
    char *keys;                     /* owned; a folder */
    sch_conf_peer *node;            /* owned */
    size_t node_count;              /* at least 1 */
    size_t call;                    /* the node to call, by its number */
    char agreement[SCH_NAME_BYTES]; /* its id; "" where none is chosen */
    char *purpose; /* owned; printable UTF-8 of 1 to SCH_MAX_PURPOSE_BYTES bytes; NULL where there is none */
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
