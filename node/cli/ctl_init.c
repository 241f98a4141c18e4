/* schakelctl init: keys, a commented configuration and an example of a schema, in a folder of their own. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "node/base/file.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"

typedef struct arguments {
    const char *folder, *name, *address;
    bool passphrase;
} arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *out = state->input;
    switch (key) {
    case 'n':
        out->name = argument;
        return 0;
    case 'a':
        out->address = argument;
        return 0;
    case 'P':
        out->passphrase = true;
        return 0;
    case ARGP_KEY_ARG:
        if (out->folder != NULL) {
            argp_error(state, "one folder is enough");
        }
        out->folder = argument;
        return 0;
    case ARGP_KEY_END:
        if (out->folder == NULL || out->name == NULL || out->address == NULL) {
            argp_error(state, "a folder, --name and --address are needed");
        }
        if (!sch_card_name_is_valid(out->name)) {
            argp_error(state, "--name has to be a small letter, then small letters, digits and _, 63 at most");
        }
        if (!sch_card_address_is_valid(out->address, false)) {
            argp_error(state, "--address has to be HOST:PORT");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char configuration[] =
    "# The configuration of a node of Schakel. Start it with: schakeld %s\n"
    "# Check it after each change with: schakelctl check-config %s\n"
    "# Paths are relative to the folder of this file.\n"
    "\n"
    "node: %s\n"
    "listen: \"%s\"       # the machine's own address; \"*:PORT\" is every one of them\n"
    "address: \"%s\"      # as others reach this node\n"
    "keys: keys\n"
    "\n"
    "# The schemas of the data sets that this node offers. example.yaml shows what one looks like.\n"
    "data_sets: []\n"
    "#  - bijstand.yaml\n"
    "\n"
    "# What the node must not forget, and the socket where schakelctl reaches it. Operators with accounts of their own "
    "need a\n"
    "# socket in a folder that they may enter, such as /run/schakel/control.sock, and the node's group.\n"
    "state: state\n"
    "# socket: state/control.sock\n"
    "\n"
    "# Who may give this node orders: the lines that schakelctl operator new prints, in place of the []. user: the "
    "system\n"
    "# account that has to be at the other end of the socket; default: any that may write to it.\n"
    "operators: []\n"
    "\n"
    "# Keys that are agreed with another party besides the agreement (schakelctl psk new), in place of the [].\n"
    "psk: []\n"
    "#  - peer: cbs\n"
    "#    file: cbs.psk\n"
    "\n"
    "# Other nodes, analysts and what may leave are not here: they stand in the agreements that the parties sign.\n"
    "\n"
    "limits:\n"
    "  # workers: 4             # threads that compute; default: the number of cores, at most 16\n"
    "  memory_mb: 256           # of the engine that reads data sets\n"
    "  # threads: 2             # of that engine; default: as workers\n"
    "  # spill_dir: spill       # where the engine may write what does not fit in memory; default: nowhere\n"
    "  max_jobs: 4              # at a time\n"
    "  request_minutes: 60      # a job is ended after this\n"
    "\n"
    "log:\n"
    "  format: text             # or json: one object a line\n"
    "  level: info              # debug, info, warning or error\n";

static const char example_schema[] =
    "# An example of a data set's schema: what a file holds, and what others may know of it. They learn names, types, "
    "code\n"
    "# lists and ranges; never values, and never this file. Copy it, change it, check it with\n"
    "#     schakelctl dataset check FILE\n"
    "# and list it under data_sets in schakel.yaml.\n"
    "\n"
    "name: bijstand\n"
    "description: Social assistance, one row a person\n"
    "rows: one per person         # or: many per person\n"
    "max_rows: 100000             # the file never has more\n"
    "\n"
    "file:\n"
    "  path: bijstand.csv         # relative to this file\n"
    "  format: csv                # or parquet\n"
    "  delimiter: \";\"\n"
    "  decimal_separator: \",\"\n"
    "\n"
    "columns:\n"
    "  - name: bsn\n"
    "    role: identifier         # links; never shown, filtered or grouped on\n"
    "    identifier: bsn          # or text\n"
    "  - name: traject\n"
    "    role: dimension          # may be grouped on\n"
    "    type: text\n"
    "    codes: [werkfit, taal, scholing]\n"
    "  - name: instroomjaar\n"
    "    role: dimension\n"
    "    type: integer\n"
    "    minimum: 2015\n"
    "    maximum: 2030\n"
    "  - name: uitkering\n"
    "    role: measure            # may be summed and averaged\n"
    "    type: decimal\n"
    "    decimals: 2\n"
    "    minimum: 0\n"
    "    maximum: 5000\n";

/* Where the node listens: its address as it stands where that is this machine alone, else all addresses at its port. */
static sch_err listen_text(sch_buf *out, const char *address)
{
    static const char *const local[] = {"127.", "localhost:", "[::1]:"};
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        if (strncmp(address, local[i], strlen(local[i])) == 0) {
            return sch_buf_append_text(out, address);
        }
    }
    const char *colon = strrchr(address, ':'); /* the address was checked */
    return sch_buf_printf(out, "*%s", colon == NULL ? "" : colon);
}

static sch_err make_configuration(sch_buf *out, const char *path, const arguments *given)
{
    sch_err err = SCH_NONE;
    sch_buf listen = {0};
    SCH_TRY(listen_text(&listen, given->address));
    SCH_TRY(sch_check(sch_buf_text(&listen) != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_buf_printf(out, configuration, path, path, given->name, (const char *)listen.data, given->address));
out:
    sch_buf_clear(&listen);
    return err;
}

/* Files first, then keys: on failure the files of this call are taken back. */
static sch_err make_node(const arguments *given, const char *passphrase, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    bool made_conf = false, made_schema = false;
    char *keys = sch_file_join(given->folder, "keys");
    char *conf = sch_file_join(given->folder, "schakel.yaml");
    char *schema = sch_file_join(given->folder, "example.yaml");
    SCH_TRY(sch_check(keys != NULL && conf != NULL && schema != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_file_make_folder(given->folder, detail));
    SCH_TRY(make_configuration(&text, conf, given));
    SCH_TRY(sch_file_write(conf, text.data, text.bytes, SCH_FILE_SECRET, false, detail));
    made_conf = true;
    SCH_TRY(sch_file_write(schema, example_schema, sizeof example_schema - 1, SCH_FILE_SECRET, false, detail));
    made_schema = true;
    SCH_TRY(sch_identity_create(keys, given->name, given->address, passphrase, detail));
out:
    if (sch_failed(err) && made_schema) {
        (void)unlink(schema);
    }
    if (sch_failed(err) && made_conf) {
        (void)unlink(conf);
    }
    sch_buf_clear(&text);
    free(keys);
    free(conf);
    free(schema);
    return err;
}

static void print_next_steps(const char *folder)
{
    sch_cli_style style = sch_cli_style_of(stdout);
    (void)printf("%sA node was made in %s%s\n\n", style.bold, folder, style.plain);
    (void)printf("Next:\n"
                 "  1. Send the others this node's card for the agreement, and compare fingerprints by telephone:\n"
                 "         schakelctl card %s\n"
                 "         schakelctl fingerprint %s\n"
                 "  2. Describe your data as %s/example.yaml shows, and check it:\n"
                 "         schakelctl dataset check %s/example.yaml\n"
                 "  3. Make keys for each operator, and put what is printed under \"operators:\" in %s/schakel.yaml:\n"
                 "         schakelctl operator new ~/.config/schakel/operator --name NAME\n"
                 "  4. Check the whole and start:\n"
                 "         schakelctl check-config %s/schakel.yaml\n"
                 "         schakeld %s/schakel.yaml\n"
                 "  5. Sign the agreement, and give it to the node when all parties have signed:\n"
                 "         schakelctl agreement sign FILE --keys %s\n"
                 "         schakelctl agreement activate FILE -c %s/schakel.yaml\n"
                 "\n"
                 "Keep a copy of %s/keys in a safe: without it this node is somebody else.\n",
                 folder, folder, folder, folder, folder, folder, folder, folder, folder, folder);
}

int sch_ctl_init(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"name", 'n', "NAME", 0, "The node's name, as others call it", 0},
        {"address", 'a', "HOST:PORT", 0, "Where others reach it", 0},
        {"passphrase", 'P', NULL, 0, "Put the keys under a passphrase, asked for or in SCHAKEL_PASSPHRASE_FILE", 0},
        {0},
    };
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "DIR",
        .doc = "Makes a node's keys, a commented configuration and an example of a schema in DIR. What exists is not "
               "overwritten.",
    };
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    char *passphrase = NULL;
    arguments given = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0) {
        return SCH_EXIT_USAGE;
    }
    if (given.passphrase) {
        SCH_TRY(sch_cli_new_passphrase(&passphrase, &detail));
    }
    SCH_TRY(make_node(&given, passphrase, &detail));
    print_next_steps(given.folder);
out:
    sch_secret_free(passphrase);
    return (int)sch_cli_report(err, &detail);
}
