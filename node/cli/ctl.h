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

/* agreements as files: ctl_agreement.c */
int sch_ctl_agreement_check(int argc, char **argv);
int sch_ctl_agreement_sign(int argc, char **argv);
int sch_ctl_agreement_show(int argc, char **argv);
int sch_ctl_agreement_diff(int argc, char **argv);

/* copies of a node's state: ctl_audit.c, ctl_restore.c */
int sch_ctl_audit_verify(int argc, char **argv);
int sch_ctl_audit_export(int argc, char **argv);
int sch_ctl_restore(int argc, char **argv);

/* keys: ctl_keys.c */
int sch_ctl_operator_new(int argc, char **argv);
int sch_ctl_key_rotate(int argc, char **argv);

/* a running node, over its control socket: ctl_node.c, ctl_requests.c, ctl_agreements.c */
int sch_ctl_status(int argc, char **argv);
int sch_ctl_requests(int argc, char **argv);
int sch_ctl_requests_show(int argc, char **argv);
int sch_ctl_approve(int argc, char **argv);
int sch_ctl_deny(int argc, char **argv);
int sch_ctl_agreement_activate(int argc, char **argv);
int sch_ctl_agreement_revoke(int argc, char **argv);
int sch_ctl_agreement_list(int argc, char **argv);
int sch_ctl_agreement_get(int argc, char **argv);
int sch_ctl_audit_heads(int argc, char **argv);
int sch_ctl_backup(int argc, char **argv);
int sch_ctl_peer_accept(int argc, char **argv);
int sch_ctl_reload(int argc, char **argv);

#endif
