/* A pid namespace for a call whose function may start processes.
 *
 *     zygote -> outside -> init (pid 1 of the new namespace) -> worker
 *
 * The worker is not pid 1 itself: the kernel would shield it from its own
 * signals and so blur why it ended.  init reaps, and is asked before a process
 * is made, so that there are no more than were granted; its end takes every
 * process of the namespace along, whatever they did to stay.  `outside` is the
 * one that the zygote knows: killing it kills init, and it ends with the
 * worker's own wait status, and with what all of them have used as its own.
 * All of this is C in a fresh fork, with nothing of the guest's;
 * async-signal-safe calls only. */
#include "extension/worker/pid_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
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

#include "confine/notify.h"
#include "confine/privileges.h"
#include "extension/wire/frame.h"
#include "extension/worker/namespace_init.h"
#include "shared/deadline.h"
#include "shared/rights.h"
#include "shared/shortage.h"
#include "shared/stage.h"
#include "shared/syscall_numbers.h"

/* What is kept outside while everything else is closed. */
#define STATUS_FD 0
#define REPORT_FD 1

/* For init to end all others, once it is asked to. */
#define INIT_END_MS 500

/* Ends as the worker did, so that the zygote sees no difference. */
static _Noreturn void
end_as(int status)
{
    if (WIFSIGNALED(status)) {
        (void)signal(WTERMSIG(status), SIG_DFL);
        (void)kill(getpid(), WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : STAGE_EXIT);
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

/* The caller wants the call ended.  init is asked to, so that what all have
 * used is counted; if it does not, its end takes the others along. */
static void
end_init(pid_t init)
{
    struct pollfd told = {.fd = STATUS_FD, .events = POLLIN};
    deadline_ns deadline = deadline_after_ms(INIT_END_MS);
    int ready;

    (void)kill(init, SIGTERM);
    do {
        ready = poll(&told, 1, deadline_left_ms(deadline));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) {
        (void)kill(init, SIGKILL);
    }
}

/* Until init tells how the worker ended, or the caller has closed. */
static void
await_end(pid_t init)
{
    struct pollfd watched[] = {
        {.fd = STATUS_FD, .events = POLLIN},
        {.fd = REPORT_FD, .events = POLLRDHUP},
    };
    struct shortage shortage = {.error = 0};

    while (poll(watched, 2, -1) < 0 &&
           (errno == EINTR || shortage_wait(&shortage, errno) == 0)) {
    }
    if (watched[0].revents == 0) {
        end_init(init);
    }
}

static _Noreturn void
stay_outside(pid_t init, int status_pipe, int report)
{
    struct worker_end end = {.status = 0};
    int of_init = 0;

    const int kept[] = {status_pipe, report};
    namespace_init_keep_only(kept, 2);
    if (privileges_lock() != 0) {
        _exit(STAGE_EXIT);
    }
    await_end(init);
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

/* In the worker: init is asked from now on before a process is made. */
static int
ask_init(int channel)
{
    int listener = notify_of_processes();
    if (listener < 0) {
        return listener;
    }
    struct rights message = {"", 1, &listener, 1};
    struct shortage shortage = {.error = 0};
    ssize_t put = rights_send(channel, &message, 0);
    while (put < 0 && shortage_wait(&shortage, (int)-put) == 0) {
        put = rights_send(channel, &message, 0);
    }
    (void)close(listener);
    return put < 0 ? (int)put : 0;
}

/* Dies with the process outside.  Its pid cannot be compared, being of
 * another namespace; a pipe without a reader tells that it is gone. */
static int
tie_to_outside(int status_pipe)
{
    struct pollfd reader = {.fd = status_pipe};
    struct shortage shortage = {.error = 0};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return -errno;
    }
    while (poll(&reader, 1, 0) < 0) {
        int error = shortage_wait(&shortage, errno);
        if (error != 0) {
            return error;
        }
    }
    return (reader.revents & POLLERR) != 0 ? -ESRCH : 0;
}

/* A look at all processes of the namespace, which the guest's /proc, mounted
 * over it, does not give. */
static int
mount_proc(int *ret_look)
{
    static const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

    if (mount("proc", "/proc", "proc", flags, "subset=pid") != 0) {
        return -errno;
    }
    *ret_look = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret_look < 0 || mount("proc", "/proc", "proc", flags,
                               "hidepid=ptraceable,subset=pid") != 0) {
        return -errno;
    }
    return 0;
}

static int
become_init(int status_pipe, size_t processes, int watch)
{
    int look = -1, channel[2];

    int error = tie_to_outside(status_pipe);
    error = error ? error : mount_proc(&look);
    error = error ? error : privileges_lock();
    if (error != 0) {
        return error;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) {
        return -errno;
    }
    pid_t worker = fork();
    if (worker < 0) {
        return -errno;
    }
    if (worker > 0) {
        const int kept[] = {status_pipe, channel[0], look, watch};
        namespace_init_stay(worker, kept, processes);
    }
    error = ask_init(channel[1]);
    if (watch >= 0) {
        /* For init alone, which is told no shares of pages otherwise. */
        error =
            error || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 ? error : -errno;
        (void)close(watch);
    }
    (void)close(status_pipe);
    (void)close(look);
    (void)close(channel[0]);
    (void)close(channel[1]);
    /* A process group without the two: the guest may signal its own. */
    return error != 0 || setsid() >= 0 ? error : -errno;
}

int
pid_namespace_enter(int report, unsigned processes, int watch)
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
    return become_init(status_pipe[1], processes, watch);
}
