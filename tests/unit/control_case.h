/* control_case.h - a node's control socket in a temporary folder, with two operators, jan and piet, and a run function
 * that remembers what it was given. Every function fails the test where it cannot do its work. */
#ifndef SCH_TESTS_UNIT_CONTROL_CASE_H
#define SCH_TESTS_UNIT_CONTROL_CASE_H

#include <pthread.h>
#include <stddef.h>

#include "node/control/client.h"
#include "node/control/server.h"

enum { CONTROL_MAX_SEEN = 64 };

extern char control_folder[];
extern sch_identity control_jan, control_piet;

/* Of a group of tests: the folder and the operators' identities. */
int control_setup(void **state);
int control_teardown(void **state);

typedef struct control_seen {
    sch_command_kind kind;
    char operator_name[SCH_NAME_BYTES];
    char text[64];
} control_seen;

typedef struct control_fake {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    control_seen seen[CONTROL_MAX_SEEN];
    size_t count;
    unsigned running;   /* commands that wait for each other */
    unsigned wait_for;  /* RELOAD waits until so many run */
    sch_code login_err; /* what a login's record gives */
    sch_buf bytes;      /* of the last command */
} control_fake;

typedef struct control_node {
    control_fake fake;
    sch_conf_operator operator_[2];
    sch_conf conf; /* of node cbs */
    char path[128];
    sch_control_server *server;
} control_node;

/* The run function; context: a control_fake. */
sch_err control_fake_run(void *context, json_t **answer, const sch_command *command, sch_detail *detail);
void control_assert_seen(const control_fake *f, size_t at, sch_command_kind kind, const char *name, const char *text);

/* init: without a server. close: asserts that the socket is gone. */
void control_node_init(control_node *n);
void control_node_open(control_node *n);
void control_node_close(control_node *n);

/* Runs a command as a client does, with the path of a backup as its text. */
sch_err control_run(const control_node *n, json_t **answer, const sch_identity *self, sch_command_kind kind,
                    sch_detail *detail);

/* A client by hand: a connection, which the caller closes; a line, "" where the node closed, until the next one; a text
 * as it is. */
int control_call(const control_node *n);
const char *control_hear(int socket);
void control_say(int socket, const char *text);

/* The node's first line; a login for its challenge; that as a line. */
sch_greeting control_greeting_of(int socket);
sch_login control_login_for(const sch_greeting *greeting, const sch_identity *self);
void control_say_login(int socket, const sch_login *login);

#endif
