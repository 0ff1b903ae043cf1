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
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine/privileges.h"
#include "shared/numbers.h"

/* Where a status pipe is kept while everything else is closed. */
#define STATUS_FD 0

static void
keep_only(int fd)
{
    if (dup2(fd, STATUS_FD) != STATUS_FD ||
        syscall(NR_close_range, STATUS_FD + 1u, ~0u, 0u) != 0) {
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

static _Noreturn void
stay_outside(pid_t init, int status_pipe)
{
    int status = 0;

    keep_only(status_pipe);
    if (privileges_lock() != 0) {
        _exit(111);
    }
    ssize_t got = read(STATUS_FD, &status, sizeof(status));
    while (waitpid(init, NULL, 0) < 0 && errno == EINTR) {
    }
    if (got != (ssize_t)sizeof(status)) {
        _exit(111);
    }
    end_as(status);
}

static _Noreturn void
stay_init(pid_t worker, int status_pipe)
{
    int status = 0;
    pid_t dead;

    keep_only(status_pipe);
    do {
        dead = waitpid(-1, &status, 0);
    } while (dead != worker && (dead > 0 || errno == EINTR));
    ssize_t put = write(STATUS_FD, &status, sizeof(status));
    _exit(put == (ssize_t)sizeof(status) ? 0 : 111);
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
family_enter(void)
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
        stay_outside(init, status_pipe[0]);
    }
    (void)close(status_pipe[0]);
    return become_init(status_pipe[1]);
}
