/* Makes one of the environments boxed must work in, then execs a command.
 *
 *     enter [option ...] -- /absolute/command [argument ...]
 *
 * Run as root it can make them all; an ordinary user gets those that need
 * no_new_privs anyway.  It is a test tool: it may use stdio, and exits with
 * 125 when it cannot make what was asked, 127 when the exec fails, so that a
 * test never mistakes a broken environment for a refusal inside it.
 *
 * The order of main is what makes the environments true.  The seccomp filter
 * goes in while CAP_SYS_ADMIN is still held, because only then it does not
 * need no_new_privs, under which file capabilities would be lost.  It goes in
 * after the uid change, so that set*id calls can be refused too; the
 * capability survives that change by PR_SET_KEEPCAPS and is given up right
 * after. */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "enter_plan.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "enter.c knows x86_64 and aarch64"
#endif

/* Every CLONE_NEW* flag that clone can carry, as container engines mask it. */
#define NAMESPACE_FLAGS 0x7E020000U

extern char **environ;

/* A mount namespace of the command's own: the host's mounts never change. */
static void
make_mounts(const struct plan *plan)
{
    if (plan->n_binds + plan->n_nosuid == 0) {
        return;
    }
    if (unshare(CLONE_NEWNS) != 0) {
        err(FAILED, "unshare(CLONE_NEWNS)");
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        err(FAILED, "making the mounts private");
    }
    for (size_t i = 0; i < plan->n_binds; i++) {
        char *to = plan_cut(plan->binds[i], ':');
        if (to == NULL) {
            errx(FAILED, "--bind takes FROM:TO");
        }
        if (mount(plan->binds[i], to, NULL, MS_BIND | MS_REC, NULL) != 0) {
            err(FAILED, "bind of %s on %s", plan->binds[i], to);
        }
    }
    for (size_t i = 0; i < plan->n_nosuid; i++) {
        const char *dir = plan->nosuid[i];
        if (mount(dir, dir, NULL, MS_BIND, NULL) != 0 ||
            mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL) !=
                0) {
            err(FAILED, "nosuid mount of %s", dir);
        }
    }
}

static void
set_limits(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_limits; i++) {
        char *value = plan_cut(plan->limits[i], '=');
        int resource = plan_limit(plan->limits[i]);
        if (value == NULL) {
            errx(FAILED, "--rlimit takes NAME=VALUE");
        }
        rlim_t limit = strcmp(value, "unlimited") == 0
                           ? RLIM_INFINITY
                           : (rlim_t)plan_number(value, 10);
        struct rlimit both = {.rlim_cur = limit, .rlim_max = limit};
        /* The enum type of glibc's prototype is not the kernel's int. */
        if (syscall(SYS_prlimit64, 0, resource, &both, NULL) != 0) {
            err(FAILED, "limit %s", plan->limits[i]);
        }
    }
}

static void
set_signals(const struct plan *plan)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    for (size_t i = 0; i < plan->n_blocked; i++) {
        if (sigaddset(&blocked, plan->blocked[i]) != 0) {
            err(FAILED, "signal %d", plan->blocked[i]);
        }
    }
    if (sigprocmask(SIG_SETMASK, &blocked, NULL) != 0) {
        err(FAILED, "sigprocmask");
    }
    for (size_t i = 0; i < plan->n_ignored; i++) {
        if (signal(plan->ignored[i], SIG_IGN) == SIG_ERR) {
            err(FAILED, "signal %d", plan->ignored[i]);
        }
    }
}

static void
drop_bounding(const struct plan *plan)
{
    if (!plan->has_bounding) {
        return;
    }
    for (unsigned long cap = 0; cap < 64; cap++) {
        int held = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
        if (held < 0) {
            return;
        }
        if (held == 1 && ((plan->bounding >> cap) & 1) == 0 &&
            prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) {
            err(FAILED, "dropping capability %lu", cap);
        }
    }
}

static void
change_ids(const struct plan *plan)
{
    if (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) != 0) {
        errx(FAILED, "securebits are set: an ordinary uid would not be one");
    }
    if (plan->has_gid || plan->has_uid || plan->has_groups) {
        if (setgroups(plan->n_groups, plan->groups) != 0) {
            err(FAILED, "setgroups");
        }
    }
    if (plan->has_gid && setresgid(plan->gid, plan->gid, plan->gid) != 0) {
        err(FAILED, "setresgid");
    }
    if (!plan->has_uid) {
        return;
    }
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
        err(FAILED, "PR_SET_KEEPCAPS");
    }
    if (setresuid(plan->uid, plan->uid, plan->uid) != 0) {
        err(FAILED, "setresuid");
    }
}

static void
set_no_new_privs(const struct plan *plan)
{
    if (plan->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        err(FAILED, "PR_SET_NO_NEW_PRIVS");
    }
}

/* Sets permitted and effective to what is held of KEEP; the inheritable set
 * is emptied, and with it the ambient one.  Returns -1 with errno. */
static int
set_capabilities(uint64_t keep)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    if (syscall(SYS_capget, &header, sets) != 0) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        sets[i].permitted &= (uint32_t)(keep >> (32 * i));
        sets[i].effective = sets[i].permitted;
        sets[i].inheritable = 0;
    }
    return syscall(SYS_capset, &header, sets) != 0 ? -1 : 0;
}

static bool
is_refused(const struct plan *plan, long nr)
{
    for (size_t i = 0; i < plan->n_refusals; i++) {
        if (plan->refusals[i].nr == nr) {
            return true;
        }
    }
    return false;
}

static struct sock_filter
statement(unsigned code, uint32_t value)
{
    return (struct sock_filter){.code = (uint16_t)code, .k = value};
}

static struct sock_filter
jump(unsigned code, uint32_t value, uint8_t otherwise)
{
    return (struct sock_filter){.code = (uint16_t)(BPF_JMP | code | BPF_K),
                                .k = value,
                                .jf = otherwise};
}

#define LOAD      (BPF_LD | BPF_W | BPF_ABS)
#define RETURN    (BPF_RET | BPF_K)
#define FIELD(of) ((uint32_t)offsetof(struct seccomp_data, of))
/* Each refusal takes two instructions, the frame around them nine. */
#define LONGEST (2 * 2 * MANY + 9)

static unsigned short
write_filter(const struct plan *plan, struct sock_filter *to)
{
    struct sock_filter *at = to;
    *at++ = statement(LOAD, FIELD(arch));
    *at++ = jump(BPF_JEQ, NATIVE_ARCH, 1);
    *at++ = statement(BPF_JMP | BPF_JA, 1);
    *at++ = statement(RETURN, SECCOMP_RET_ALLOW);
    *at++ = statement(LOAD, FIELD(nr));
    for (size_t i = 0; i < plan->n_refusals; i++) {
        *at++ = jump(BPF_JEQ, (uint32_t)plan->refusals[i].nr, 1);
        *at++ = statement(RETURN, SECCOMP_RET_ERRNO |
                                      (uint32_t)plan->refusals[i].error);
    }
    if (plan->refuse_clone) {
        *at++ = jump(BPF_JEQ, SYS_clone, 3);
        /* The low half: both architectures are little-endian. */
        *at++ = statement(LOAD, FIELD(args[0]));
        *at++ = jump(BPF_JSET, NAMESPACE_FLAGS, 1);
        *at++ = statement(RETURN, SECCOMP_RET_ERRNO | EPERM);
    }
    *at++ = statement(RETURN, SECCOMP_RET_ALLOW);
    return (unsigned short)(at - to);
}

static void
refuse_calls(const struct plan *plan)
{
    struct sock_filter filter[LONGEST];
    if (plan->n_refusals == 0) {
        return;
    }
    struct sock_fprog program = {.len = write_filter(plan, filter),
                                 .filter = filter};
    if (plan->has_uid && set_capabilities(1ULL << CAP_SYS_ADMIN) != 0) {
        err(FAILED, "keeping CAP_SYS_ADMIN");
    }
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
        err(FAILED, "seccomp filter");
    }
}

/* Where the filter refuses capset or prctl, the exec below does the same: a
 * uid other than 0 keeps nothing over it but ambient capabilities, of which
 * there are none without inheritable ones. */
static void
drop_capabilities(const struct plan *plan)
{
    if (!plan->has_uid || plan->uid == 0) {
        return;
    }
    if (set_capabilities(0) != 0 && !is_refused(plan, SYS_capset)) {
        err(FAILED, "dropping capabilities");
    }
}

static int
run_command(const struct plan *plan, char **argv)
{
    static char *nothing[] = {NULL};
    if (plan->has_umask) {
        (void)umask(plan->umask);
    }
    for (size_t i = 0; i < plan->n_closed; i++) {
        (void)close(plan->closed[i]);
    }
    (void)execve(argv[0], argv, plan->empty_env ? nothing : environ);
    err(127, "%s", argv[0]);
}

int
main(int argc, char **argv)
{
    struct plan plan = {0};
    int command = plan_read(&plan, argc, argv);
    make_mounts(&plan);
    set_limits(&plan);
    set_signals(&plan);
    drop_bounding(&plan);
    change_ids(&plan);
    set_no_new_privs(&plan);
    refuse_calls(&plan);
    drop_capabilities(&plan);
    return run_command(&plan, argv + command);
}
