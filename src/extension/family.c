/* A pid namespace for a call whose function may start processes.
 *
 *     zygote -> outside -> init (pid 1 of the new namespace) -> worker
 *
 * The worker is not pid 1 itself: the kernel would shield it from its own
 * signals and so blur why it ended.  init reaps; its end takes every process
 * of the namespace along, whatever they did to stay.  `outside` is the one
 * that the zygote knows: killing it kills init, and it ends with the worker's
 * own wait status.  All of this is C in a fresh fork, with nothing of the
 * guest's; async-signal-safe calls only. */
#include "extension/family.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine/privileges.h"
#include "extension/charged.h"
#include "extension/frame.h"
#include "shared/numbers.h"
#include "shared/shortage.h"

/* What is kept while everything else is closed: a status pipe, and outside the
 * report socket.  Neither is 0 or 1 before. */
#define STATUS_FD 0
#define REPORT_FD 1

/* How the worker ended. */
struct end {
    int status;
    uint64_t charged_us;
};

static void
keep_only(int status_pipe, int report)
{
    if (dup2(status_pipe, STATUS_FD) != STATUS_FD ||
        (report >= 0 && dup2(report, REPORT_FD) != REPORT_FD) ||
        syscall(NR_close_range, report >= 0 ? REPORT_FD + 1u : STATUS_FD + 1u,
                ~0u, 0u) != 0) {
        _exit(111);
    }
}

/* Ends as the worker did, so that the zygote sees no difference. */
static _Noreturn void
end_as(int status)
{
    if (WIFSIGNALED(status)) {
        (void)signal(WTERMSIG(status), SIG_DFL);
        (void)kill(getpid(), WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 111);
}

/* The zygote cannot see it: what it waits for is this process. */
static void
tell_charged(uint64_t us)
{
    const struct frame_charged charged = {.magic = FRAME_MAGIC, .us = us};
    struct shortage shortage = {.error = 0};

    while (send(REPORT_FD, &charged, sizeof(charged),
                MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
           shortage_wait(&shortage, errno) == 0) {
    }
}

static _Noreturn void
stay_outside(pid_t init, int status_pipe, int report)
{
    struct end end = {.status = 0};
    int of_init = 0;

    keep_only(status_pipe, report);
    if (privileges_lock() != 0) {
        _exit(111);
    }
    ssize_t got = read(STATUS_FD, &end, sizeof(end));
    while (waitpid(init, &of_init, 0) < 0 && errno == EINTR) {
    }
    if (got != (ssize_t)sizeof(end)) {
        /* init could not tell, and was ended itself. */
        end_as(of_init);
    }
    tell_charged(end.charged_us);
    end_as(end.status);
}

/* The next child that has ended, which is still to be reaped; or -1. */
static pid_t
find_ended(void)
{
    siginfo_t ended = {.si_pid = 0};

    while (waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT) != 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return ended.si_pid;
}

static _Noreturn void
stay_init(pid_t worker, int status_pipe)
{
    struct end end;
    pid_t dead;

    memset(&end, 0, sizeof(end));
    keep_only(status_pipe, -1);
    do {
        dead = find_ended();
        end.charged_us = dead == worker ? charged_us(worker) : 0;
    } while (dead > 0 && waitpid(dead, &end.status, 0) > 0 && dead != worker);
    ssize_t put = write(STATUS_FD, &end, sizeof(end));
    _exit(dead == worker && put == (ssize_t)sizeof(end) ? 0 : 111);
}

/* Dies with the process outside.  Its pid cannot be compared, being of
 * another namespace; a pipe without a reader tells that it is gone. */
static int
tie_to_outside(int status_pipe)
{
    struct pollfd reader = {.fd = status_pipe};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
        poll(&reader, 1, 0) < 0) {
        return -errno;
    }
    return (reader.revents & POLLERR) != 0 ? -ESRCH : 0;
}

static int
become_init(int status_pipe)
{
    static const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

    int error = tie_to_outside(status_pipe);
    if (error != 0) {
        return error;
    }
    if (mount("proc", "/proc", "proc", flags,
              "hidepid=ptraceable,subset=pid") != 0) {
        return -errno;
    }
    error = privileges_lock();
    if (error != 0) {
        return error;
    }
    pid_t worker = fork();
    if (worker < 0) {
        return -errno;
    }
    if (worker > 0) {
        stay_init(worker, status_pipe);
    }
    (void)close(status_pipe);
    /* A process group without the two: the guest may signal its own. */
    return setsid() < 0 ? -errno : 0;
}

int
family_enter(int report)
{
    int status_pipe[2];

    if (pipe2(status_pipe, O_CLOEXEC) != 0) {
        return -errno;
    }
    pid_t init = fork();
    if (init < 0) {
        return -errno;
    }
    if (init > 0) {
        stay_outside(init, status_pipe[0], report);
    }
    (void)close(status_pipe[0]);
    return become_init(status_pipe[1]);
}
