#include "node/cli/keygen.h"

#include <stdlib.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/identity/identity.h"

static const char profile_template[] =
    "# The profile of an analyst of Schakel. Keep this folder to yourself: keys/ holds your secret keys.\n"
    "\n"
    "analyst: %s\n"
    "keys: keys\n"
    "\n"
    "# Which of the nodes below to call; default: the first.\n"
    "# node: gemeente_lv\n"
    "\n"
    "# All nodes that take part. Each organisation prints its card with: schakelctl card. Compare its fingerprint by\n"
    "# telephone before you add it here, in this form:\n"
    "#   - name: gemeente_lv\n"
    "#     address: \"schakel.lv.example:7300\"\n"
    "#     identity: \"...\"\n"
    "#     exchange: \"...\"\n"
    "#     tls_pin: \"...\"\n"
    "nodes: []\n";

/* The profile comes first, since one file is easier taken back than a folder of keys. */
sch_err sch_keygen_create(const char *folder, const char *name, const char *passphrase, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    bool made_profile = false;
    sch_buf text = {0};
    char *keys = sch_file_join(folder, "keys");
    char *profile = sch_file_join(folder, "schakel.yaml");
    SCH_TRY(sch_check(keys != NULL && profile != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_check(sch_card_name_is_valid(name), SCH_BAD_INPUT,
                      "a name has to be a small letter, then small letters, digits and _, 63 at most"));
    SCH_TRY(sch_file_make_folder(folder, detail));
    SCH_TRY(sch_buf_printf(&text, profile_template, name));
    SCH_TRY(sch_file_write(profile, text.data, text.bytes, SCH_FILE_SECRET, false, detail));
    made_profile = true;
    SCH_TRY(sch_identity_create(keys, name, NULL, passphrase, detail));
out:
    if (sch_failed(err) && made_profile) {
        (void)unlink(profile);
    }
    sch_buf_clear(&text);
    free(keys);
    free(profile);
    return err;
}
