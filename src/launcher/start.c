/* Step 1: a known state, whatever the caller's was.
 *
 * First code of a program that may bear capabilities, so: system calls only.
 * umask, signal mask, ignored signals, alarms and limits all survive an
 * execve that gains capabilities (verified on Linux 6.18). */
#include "launcher/launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

/* Opens those that are missing on /dev/null: no socket may become fd 0 to 2.
 */
static void
fill_standard_fds(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) {
            continue;
        }
        if (open("/dev/null", O_RDWR | O_NOCTTY) != fd) {
            _exit(STAGE_EXIT);
        }
    }
}

/* By the kernel's own call: the C library's signal(2) refuses two signals,
 * which a caller may have ignored too.  All zeros is the default action. */
static void
reset_signals(void)
{
    static const struct itimerval off;
    static const char by_default[64];
    sigset_t none;

    (void)alarm(0);
    (void)setitimer(ITIMER_VIRTUAL, &off, NULL);
    (void)setitimer(ITIMER_PROF, &off, NULL);
    for (int number = 1; number < NSIG; number++) {
        (void)syscall(SYS_rt_sigaction, number, by_default, NULL, NSIG / 8);
    }
    (void)sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) {
        die(STAGE_START);
    }
}

/* Soft limits go up to what the caller may have; the sandbox's own are set
 * last.  A limit so low that a step fails is reported by that step. */
static void
raise_soft_limits(struct origin *ret_origin)
{
    for (int resource = 0; resource < (int)RLIM_NLIMITS; resource++) {
        struct rlimit limit;
        if (getrlimit((__rlimit_resource_t)resource, &limit) == 0 &&
            resource != RLIMIT_STACK) {
            if (resource == RLIMIT_NPROC) {
                ret_origin->tasks = limit.rlim_cur;
            }
            limit.rlim_cur = limit.rlim_max;
            (void)setrlimit((__rlimit_resource_t)resource, &limit);
        }
    }
}

void
start_sanely(int argc, struct origin *ret_origin)
{
    fill_standard_fds();
    /* argc is 0 only before Linux 5.18 (CVE-2021-4034). */
    if (argc != 1 || fcntl(ORDER_FD, F_GETFD) < 0) {
        die_explaining();
    }
    if (fcntl(ORDER_FD, F_SETFD, FD_CLOEXEC) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || chdir("/") != 0) {
        die(STAGE_START);
    }
    (void)umask(022);
    reset_signals();
    ret_origin->tasks = RLIM_INFINITY;
    raise_soft_limits(ret_origin);
    ret_origin->uid = getuid();
    ret_origin->gid = getgid();
}
