#include "node/source/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "node/source/job.h"

enum {
    PIPE_BYTES = 1 << 20,
    FIRST_FREE_FD = 10, /* the ends that the child gets are moved up here, clear of 3 and 4 */
    POLL_MS = 100,
    LINGER_MS = 1000,
    COMMAND_NOT_FOUND = 127, /* how the dynamic linker ends a program whose libraries are missing */
};

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* Moves a descriptor to a number of at least FIRST_FREE_FD. */
static bool move_up(int *fd)
{
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    close_fd(fd);
    *fd = moved;
    return moved >= 0;
}

/* Gives 0, or posix_spawn's error number. */
static int spawn(pid_t *pid, const char *program, int job_fd, int chunk_fd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return ENOMEM;
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    int failed = 0;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && failed == 0; fd++) {
        failed =
            posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
    }
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&actions, job_fd, SCH_JOB_FD);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&actions, chunk_fd, SCH_CHUNK_FD);
    failed = failed != 0 ? failed : posix_spawn_file_actions_addclosefrom_np(&actions, SCH_CHUNK_FD + 1);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    failed = failed != 0 ? failed : posix_spawnattr_setsigmask(&attributes, &none);
    failed = failed != 0 ? failed : posix_spawnattr_setsigdefault(&attributes, &all);
    failed =
        failed != 0 ? failed : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (failed == 0) {
        char name[] = "schakel-source";
        char *const arguments[] = {name, NULL};
        char *const environment[] = {NULL};
        failed = posix_spawn(pid, program, &actions, &attributes, arguments, environment);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

sch_err sch_child_start(sch_child *child, const char *program)
{
    *child = (sch_child){.job_fd = -1, .chunk_fd = -1};
    int job[2] = {-1, -1};
    int chunk[2] = {-1, -1};
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, job) == 0 && pipe2(chunk, O_CLOEXEC) == 0 &&
                          move_up(&job[1]) && move_up(&chunk[1]),
                      SCH_IO, "no file descriptors are left to start schakel-source"));
    /* Larger means fewer turns between the two processes; a smaller pipe works as well. */
    (void)fcntl(chunk[0], F_SETPIPE_SZ, PIPE_BYTES);
    pid_t pid = 0;
    SCH_TRY(sch_check(spawn(&pid, program, job[1], chunk[1]) == 0, SCH_IO,
                      "schakel-source cannot be started; is it installed, and may it be executed?"));
    *child = (sch_child){.pid = pid, .job_fd = job[0], .chunk_fd = chunk[0]};
    job[0] = -1;
    chunk[0] = -1;
out:
    close_fd(&job[0]);
    close_fd(&job[1]);
    close_fd(&chunk[0]);
    close_fd(&chunk[1]);
    return err;
}

/* Waits until a descriptor is ready. Errors: SCH_TRY_AGAIN. */
static sch_err wait_ready(int fd, short events, const _Atomic bool *cancel)
{
    struct pollfd ready = {.fd = fd, .events = events};
    for (;;) {
        if (cancel != NULL && atomic_load(cancel)) {
            return sch_fail(SCH_TRY_AGAIN, "reading the data set was cancelled");
        }
        int count = poll(&ready, 1, POLL_MS);
        if (count > 0) {
            return SCH_NONE;
        }
        if (count < 0 && errno != EINTR) {
            return sch_fail(SCH_IO, "waiting for schakel-source failed");
        }
    }
}

sch_err sch_child_send(sch_child *child, const uint8_t *data, size_t bytes, const _Atomic bool *cancel)
{
    sch_err err = SCH_NONE;
    while (bytes > 0) {
        SCH_TRY(wait_ready(child->job_fd, POLLOUT, cancel));
        ssize_t sent = send(child->job_fd, data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            continue;
        }
        if (sent < 0) {
            break;
        }
        data += sent;
        bytes -= (size_t)sent;
    }
    close_fd(&child->job_fd);
out:
    return err;
}

sch_err sch_child_receive(sch_child *child, uint8_t *out, size_t bytes, const _Atomic bool *cancel)
{
    sch_err err = SCH_NONE;
    while (bytes > 0) {
        SCH_TRY(wait_ready(child->chunk_fd, POLLIN, cancel));
        ssize_t got = read(child->chunk_fd, out, bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        SCH_TRY(sch_check(got > 0, SCH_IO, "schakel-source ended before its work was done"));
        out += got;
        bytes -= (size_t)got;
    }
out:
    return err;
}

sch_err sch_child_explain(sch_child *child, const char *place, sch_detail *detail)
{
    int status = 0;
    pid_t ended = 0;
    const struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
    for (int waited_ms = 0; waited_ms < LINGER_MS; waited_ms += 5) {
        ended = waitpid(child->pid, &status, WNOHANG);
        if (ended != 0) {
            break;
        }
        nanosleep(&moment, NULL);
    }
    if (ended == child->pid) {
        child->pid = 0;
    }
    const char *check = "see the system's log";
    if (ended > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        check = "it was killed; does the machine have enough memory?";
    } else if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == COMMAND_NOT_FOUND) {
        check = "it does not start; can it find libduckdb.so? (ldd schakel-source)";
    } else if (ended > 0 && WIFSIGNALED(status)) {
        check = "it crashed";
    }
    sch_detail_set(detail, "%s: schakel-source ended before its work was done: %s", place, check);
    return sch_fail(SCH_IO, "schakel-source ended before its work was done");
}

void sch_child_end(sch_child *child)
{
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    close_fd(&child->job_fd);
    close_fd(&child->chunk_fd);
    *child = (sch_child){.job_fd = -1, .chunk_fd = -1};
}
