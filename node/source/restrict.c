#include "node/source/restrict.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the system call filter knows x86-64 and 64-bit ARM"
#endif

sch_err sch_restrict_start(void)
{
    const struct rlimit none = {0, 0};
    bool done = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                setrlimit(RLIMIT_CORE, &none) == 0;
    return sch_check(done, SCH_IO, "the engine's process cannot be confined");
}

/* ---- system calls ---- */

/* Refused with EPERM. tgkill stays: abort uses it. */
static const uint32_t refused[] = {
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_io_uring_setup,
    SYS_kill,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_userfaultfd,
    SYS_memfd_create,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
};

/* Refused as well where there is no folder to spill to. */
static const uint32_t refused_changes[] = {
    SYS_openat2,  SYS_truncate,  SYS_unlinkat, SYS_renameat2, SYS_mkdirat,
    SYS_linkat,   SYS_symlinkat, SYS_fchmodat, SYS_mknodat,
#ifdef SYS_creat
    SYS_creat,    SYS_unlink,    SYS_rename,   SYS_mkdir,     SYS_rmdir,
    SYS_link,     SYS_symlink,   SYS_chmod,    SYS_mknod,
#endif
    SYS_renameat,
};

enum { FILTER_ROOM = 160 };

typedef struct filter {
    struct sock_filter code[FILTER_ROOM];
    unsigned short length;
} filter;

static void add(filter *f, struct sock_filter instruction)
{
    if (f->length < FILTER_ROOM) {
        f->code[f->length] = instruction;
    }
    f->length++;
}

static const struct sock_filter give_refusal = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);

static void add_refusals(filter *f, const uint32_t *number, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number[i], 0, 1));
        add(f, give_refusal);
    }
}

/* Refuses a call of opening whose flags (argument number `argument`) let it write. */
static void add_read_only(filter *f, uint32_t number, size_t argument)
{
    /* Low half of the argument: the flags are an int, and the machine is little-endian. */
    const uint32_t flags = (uint32_t)(offsetof(struct seccomp_data, args) + 8 * argument);
    add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4));
    add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, flags));
    add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 0, 1));
    add(f, give_refusal);
    add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

static sch_err filter_system_calls(bool may_write)
{
    filter f = {.length = 0};
    add(&f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
    add(&f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0));
    add(&f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
    add(&f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
    /* Numbers from here on are the x32 interface's names for the same calls. */
    add(&f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
    add(&f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
    add_refusals(&f, refused, sizeof refused / sizeof *refused);
    if (!may_write) {
        add_refusals(&f, refused_changes, sizeof refused_changes / sizeof *refused_changes);
        add_read_only(&f, SYS_openat, 2);
#ifdef SYS_open
        add_read_only(&f, SYS_open, 1);
#endif
    }
    add(&f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    if (f.length > FILTER_ROOM) {
        return sch_fail(SCH_BUG, "the system call filter outgrew its room");
    }
    struct sock_fprog program = {.len = f.length, .filter = f.code};
    return sch_check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, SCH_IO,
                     "the kernel does not take a system call filter");
}

/* ---- files ---- */

static bool allow_below(int ruleset, int fd, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

static sch_err restrict_files(const int *file_fd, size_t count, const char *spill_dir)
{
    const uint64_t spill_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                  LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                  LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                  LANDLOCK_ACCESS_FS_REMOVE_DIR;
    struct landlock_ruleset_attr handled = {
        .handled_access_fs = spill_access | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                             LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                             LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
    };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (ruleset < 0) {
        return SCH_NONE; /* a kernel without it; the engine's own settings and the filter remain */
    }
    bool done = true;
    for (size_t i = 0; i < count && done; i++) {
        done = allow_below(ruleset, file_fd[i], LANDLOCK_ACCESS_FS_READ_FILE);
    }
    if (spill_dir[0] != '\0') {
        int folder = open(spill_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        done = done && folder >= 0 && allow_below(ruleset, folder, spill_access);
        if (folder >= 0) {
            close(folder);
        }
    }
    done = done && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return sch_check(done, SCH_IO, "the engine's process cannot be confined to its files");
}

sch_err sch_restrict_engine(const int *file_fd, size_t count, const char *spill_dir)
{
    sch_err err = restrict_files(file_fd, count, spill_dir);
    return sch_failed(err) ? err : filter_system_calls(spill_dir[0] != '\0');
}
