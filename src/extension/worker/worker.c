/* Turns a fork of the zygote into a worker: raises its walls, one after the
 * other, or tells the caller which one could not be.
 *
 * Runs for python/method_serve.c, between the fork and the first line of the
 * guest, unprivileged, in a process whose other threads are gone:
 * async-signal-safe calls only.  A user and mount namespace of its own gives
 * each worker a private /tmp without any capability in the zygote; its own
 * Landlock domain keeps siblings, which share a uid, from signalling, tracing
 * and seeing it. */
#include "extension/worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/id_map.h"
#include "confine/landlock.h"
#include "confine/privileges.h"
#include "confine/seccomp.h"
#include "extension/worker/pid_namespace.h"
#include "shared/order.h"
#include "shared/shortage.h"
#include "shared/syscall_numbers.h"

/* Where it finds its end of the report socket. */
#define REPORT_FD 4

/* And, while its init is made, the zygote's word on memory. */
#define WATCH_FD 5

struct grant {
    const char *path;
    enum landlock_access access;
};

/* The mount namespace holds nothing that the guest may not read. */
static const struct grant grants[] = {
    {"/", LANDLOCK_READ},
    {"/tmp", LANDLOCK_WRITE},
    {"/dev/shm", LANDLOCK_WRITE},
    {"/dev/null", LANDLOCK_DEVICE},
    {"/dev/zero", LANDLOCK_DEVICE},
    {"/dev/full", LANDLOCK_DEVICE},
    {"/dev/random", LANDLOCK_DEVICE},
    {"/dev/urandom", LANDLOCK_DEVICE},
};
#define GRANT_COUNT (sizeof(grants) / sizeof(grants[0]))

/* Dies with the zygote: where there is no pid namespace, this is what ends a
 * worker when the sandbox ends, and the guest's filter forbids to disarm it.
 * Elsewhere a new user namespace disarms it, and the pid namespace ends. */
static int
tie_to_zygote(pid_t zygote)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return -errno;
    }
    if (getppid() != zygote) {
        /* No wall is missing, so nothing is told.  The caller sees that its
         * request was not read. */
        _exit(STAGE_EXIT);
    }
    return setsid() < 0 ? -errno : 0;
}

/* After this the worker holds stdin (/dev/null), stdout, stderr, its end of
 * the call socket and, until its walls are up, that of the report socket. None
 * is an open file of the zygote's: its flags, which any holder can set, would
 * be seen by all workers. */
static int
keep_descriptors(const int *fds, int watch)
{
    unsigned above = watch < 0 ? WATCH_FD : WATCH_FD + 1u;

    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    /* Every given one is above 4, where the zygote's server socket was. */
    if (null < 0 || dup2(null, 0) < 0 || dup2(fds[2], 1) < 0 ||
        dup2(fds[3], 2) < 0 || dup2(fds[0], WORKER_CALL_FD) < 0 ||
        dup2(fds[1], REPORT_FD) < 0 ||
        (watch >= 0 && dup2(watch, WATCH_FD) < 0) ||
        syscall(NR_close_range, above, ~0u, 0u) != 0) {
        return -errno;
    }
    return 0;
}

static int
enter_namespaces(const struct worker_policy *policy, int watch)
{
    if (!policy->namespaces) {
        return rlimits_set_threads(&policy->limits, &policy->baseline);
    }
    bool several = policy->processes > 1;
    int flags = CLONE_NEWUSER | CLONE_NEWNS | (several ? CLONE_NEWPID : 0);
    if (unshare(flags) != 0) {
        return -errno;
    }
    int error = id_map_write(BOXED_NOBODY, BOXED_NOBODY, BOXED_NOBODY);
    error = error ? error
                  : rlimits_set_threads(&policy->limits, &policy->baseline);
    error = error ? error : tmpfs_mount(&policy->tmpfs);
    if (error != 0) {
        return error;
    }
    return several ? pid_namespace_enter(REPORT_FD, policy->processes,
                                         watch < 0 ? -1 : WATCH_FD)
                   : privileges_lock();
}

static int
open_grant(const struct grant *grant, struct landlock_grant *ret_opened)
{
    ret_opened->access = grant->access;
    ret_opened->fd = open(grant->path, O_PATH | O_CLOEXEC);
    return ret_opened->fd < 0 ? -errno : 0;
}

/* The fixed grants and the policy's; how many, or -errno. */
static int
open_grants(const struct worker_policy *policy, struct landlock_grant *opened)
{
    int count = 0, error = 0;

    for (size_t i = 0; error == 0 && i < GRANT_COUNT; i++) {
        error = open_grant(&grants[i], &opened[count++]);
    }
    for (size_t i = 0; error == 0 && i < policy->writable_count; i++) {
        struct grant grant = {policy->writable[i], LANDLOCK_WRITE};
        error = open_grant(&grant, &opened[count++]);
    }
    return error != 0 ? error : count;
}

static int
confine_files(const struct worker_policy *policy)
{
    struct landlock_grant opened[GRANT_COUNT + WORKER_MAX_WRITABLE];
    int count = policy->namespaces ? open_grants(policy, opened) : 0;

    if (count < 0) {
        return count;
    }
    /* Where the launcher's domain already rules the files, a bare domain of
     * its own keeps this worker apart from its siblings. */
    struct landlock_options options = {
        .grants = opened,
        .count = (size_t)count,
        .filesystem = policy->namespaces,
        .network = policy->network,
    };
    int error = landlock_confine(&options);
    for (int i = 0; i < count; i++) {
        (void)close(opened[i].fd);
    }
    return error;
}

/* Told on the report socket, where no guest can tell anything: the worker's
 * end is closed before any code of the guest's runs. */
void
worker_refuse(int report, enum boxed_stage stage, int error)
{
    const struct boxed_status status = {
        .magic = BOXED_STATUS_MAGIC,
        .stage = stage,
        .error = -error,
    };
    struct shortage shortage = {.error = 0};

    while (send(report, &status, sizeof(status), MSG_NOSIGNAL | MSG_DONTWAIT) <
               0 &&
           shortage_wait(&shortage, errno) == 0) {
    }
}

static _Noreturn void
refuse(enum boxed_stage stage, int error)
{
    worker_refuse(REPORT_FD, stage, error);
    _exit(STAGE_EXIT);
}

/* What limits are added to, for those of one call. */
static struct rlimits_baseline kept_baseline;

int
worker_lower_limits(const struct rlimits *limits)
{
    int error = rlimits_set(limits, &kept_baseline);
    return error ? error : rlimits_set_threads(limits, &kept_baseline);
}

void
worker_confine(const struct worker_policy *policy, pid_t zygote,
               const int *fds, int watch)
{
    const struct seccomp_options options = {
        .network = policy->network,
        .locks = policy->writable_count > 0,
        .processes = policy->processes,
        .host_files = !policy->namespaces,
    };

    kept_baseline = policy->baseline;
    int error = keep_descriptors(fds, watch);
    if (error != 0) {
        worker_refuse(fds[1], STAGE_DESCRIPTORS, error);
        _exit(STAGE_EXIT);
    }
    error = tie_to_zygote(zygote);
    if (error != 0) {
        refuse(STAGE_WORKER, error);
    }
    error = rlimits_set(&policy->limits, &policy->baseline);
    if (error != 0) {
        refuse(STAGE_LIMITS, error);
    }
    error = enter_namespaces(policy, watch);
    if (error != 0) {
        refuse(STAGE_SCRATCH, error);
    }
    error = confine_files(policy);
    if (error != 0) {
        refuse(STAGE_LANDLOCK, error);
    }
    error = seccomp_confine(SECCOMP_WORKER_OF_ZYGOTE, &options);
    if (error != 0) {
        refuse(STAGE_SECCOMP, error);
    }
    if (close(REPORT_FD) != 0) {
        _exit(STAGE_EXIT);
    }
}
