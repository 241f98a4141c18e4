/* ctl.h - the commands of schakelctl. Each takes its own arguments, argv[0] being the command as it is shown in help,
 * and gives the exit code. */
#ifndef SCH_NODE_CLI_CTL_H
#define SCH_NODE_CLI_CTL_H

int sch_ctl_init(int argc, char **argv);
int sch_ctl_card(int argc, char **argv);
int sch_ctl_fingerprint(int argc, char **argv);
int sch_ctl_psk(int argc, char **argv);
int sch_ctl_check_config(int argc, char **argv);
int sch_ctl_dataset(int argc, char **argv);

#endif
