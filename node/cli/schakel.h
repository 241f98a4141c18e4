/* schakel.h - the commands of the analyst's program. */
#ifndef SCH_NODE_CLI_SCHAKEL_H
#define SCH_NODE_CLI_SCHAKEL_H

#include <stdbool.h>

#include "node/cli/common.h"

/* Set by Ctrl-C. */
extern _Atomic bool sch_schakel_stop;

/* Of a hidden option of those commands that may connect again. */
enum { SCH_SCHAKEL_PATIENCE = 900 };

/* Each reads its own arguments (argv[0] is the command) and gives the program's exit code. profile: NULL for the
 * default. */
sch_exit sch_schakel_query(int argc, char **argv, const char *profile);
sch_exit sch_schakel_regress(int argc, char **argv, const char *profile);
sch_exit sch_schakel_status(int argc, char **argv, const char *profile);
sch_exit sch_schakel_wait(int argc, char **argv, const char *profile);
sch_exit sch_schakel_cancel(int argc, char **argv, const char *profile);
sch_exit sch_schakel_result(int argc, char **argv, const char *profile);
sch_exit sch_schakel_history(int argc, char **argv, const char *profile);
sch_exit sch_schakel_datasets(int argc, char **argv, const char *profile);
sch_exit sch_schakel_keygen(int argc, char **argv, const char *profile);
sch_exit sch_schakel_card(int argc, char **argv, const char *profile);

#endif
