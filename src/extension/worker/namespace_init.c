/* The init of a call's pid namespace: reaps, lets processes be made as long as
 * there are not too many, counts their memory where no cgroup does, and takes
 * all along when the worker has ended.
 *
 * C in a fresh fork, with nothing of the guest's, which can neither signal nor
 * trace it; async-signal-safe calls only. */
#include "extension/worker/namespace_init.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "extension/wire/frame.h"
#include "extension/worker/cpu_clock.h"
#include "extension/worker/memory_count.h"
#include "extension/worker/process_limit.h"
#include "shared/deadline.h"
#include "shared/rights.h"
#include "shared/shortage.h"
#include "shared/stage.h"
#include "shared/syscall_numbers.h"

/* What is kept while everything else is closed: a status pipe, the socket on
 * which the listener comes, a look at /proc, and the zygote's word on memory,
 * if it has one. */
#define STATUS_FD  0
#define CHANNEL_FD 1
#define PROC_FD    2
#define WATCH_FD   3

/* fds are above those that they are to be. */
void
namespace_init_keep_only(const int *fds, int count)
{
    for (int i = 0; i < count; i++) {
        if (dup2(fds[i], i) != i) {
            _exit(STAGE_EXIT);
        }
    }
    if (syscall(NR_close_range, (unsigned)count, ~0u, 0u) != 0) {
        _exit(STAGE_EXIT);
    }
}

/* Reaps those that have ended.  Whether the worker is among them. */
static bool
reap(pid_t worker, struct worker_end *ret_end)
{
    siginfo_t ended;

    do {
        memset(&ended, 0, sizeof(ended));
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT | WNOHANG) != 0) {
            _exit(STAGE_EXIT);
        }
        if (ended.si_pid == worker) {
            ret_end->charged_us = cpu_clock_us(worker);
            return waitpid(worker, &ret_end->status, 0) == worker;
        }
    } while (ended.si_pid > 0 && waitpid(ended.si_pid, NULL, 0) > 0);
    return false;
}

/* What is left of the call.  It is reaped here, since nobody counts what the
 * processes have used that the kernel ends with this one. */
static void
end_others(void)
{
    (void)kill(-1, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
}

/* -1 if the worker ended before it had one. */
static int
receive_listener(void)
{
    char word;
    int listener = -1;
    struct rights message = {&word, 1, &listener, 1};
    ssize_t got = rights_receive(CHANNEL_FD, &message, 0);

    return got == 1 && message.count == 1 ? listener : -1;
}

/* A signal that is blocked waits, so none is missed. */
static int
open_signals(void)
{
    sigset_t awaited;

    (void)sigemptyset(&awaited);
    (void)sigaddset(&awaited, SIGCHLD);
    (void)sigaddset(&awaited, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &awaited, NULL);
    return signalfd(-1, &awaited, SFD_CLOEXEC);
}

/* What init waits for, and counts. */
static struct first {
    pid_t worker;
    struct process_limit limit;
    struct memory_count memory;
    struct pollfd signals, listener, watch;
} first;

/* Until when there is nothing to do but for what comes. */
static deadline_ns
look_around(void)
{
    deadline_ns next = memory_count_look(&first.memory);

    if (first.memory.bytes != 0 || first.memory.hidden) {
        (void)kill(-1, SIGKILL);
        first.memory.limit = 0;
    }
    process_limit_enforce(&first.limit);
    deadline_ns doubt = first.limit.in_doubt
                            ? deadline_after_ms(PROCESS_LIMIT_DOUBT_MS)
                            : DEADLINE_NEVER;
    return doubt < next ? doubt : next;
}

static void
hear_signals(void)
{
    struct signalfd_siginfo info;

    if (first.signals.revents != 0 &&
        read(first.signals.fd, &info, sizeof(info)) == sizeof(info) &&
        info.ssi_signo == SIGTERM) {
        (void)kill(first.worker, SIGKILL);
    }
}

static void
hear_listener(void)
{
    if ((first.listener.revents & POLLIN) != 0) {
        process_limit_answer(&first.limit);
    }
    else if (first.listener.revents != 0) {
        first.listener.fd = -1;
    }
}

static void
hear_zygote(void)
{
    struct frame_memory most;

    if (first.watch.revents == 0) {
        return;
    }
    if (recv(WATCH_FD, &most, sizeof(most), MSG_DONTWAIT) ==
            (ssize_t)sizeof(most) &&
        most.magic == FRAME_MAGIC) {
        memory_count_begin(&first.memory, most.bytes);
    }
    first.watch.fd = -1;
}

static void
serve(void)
{
    struct shortage shortage = {.error = 0};
    deadline_ns until = look_around();
    struct pollfd watched[] = {first.signals, first.listener, first.watch};

    if (poll(watched, 3, deadline_left_ms(until)) < 0) {
        if (errno != EINTR && shortage_wait(&shortage, errno) != 0) {
            _exit(STAGE_EXIT);
        }
        return;
    }
    first.signals.revents = watched[0].revents;
    first.listener.revents = watched[1].revents;
    first.watch.revents = watched[2].revents;
    hear_signals();
    hear_listener();
    hear_zygote();
}

/* What was seen of memory, if that is why the call was ended. */
static void
tell_memory(void)
{
    const struct frame_memory seen = {
        .magic = FRAME_MAGIC,
        .ended = 1,
        .bytes = first.memory.bytes,
    };
    struct shortage shortage = {.error = 0};

    while (first.memory.bytes != 0 &&
           send(WATCH_FD, &seen, sizeof(seen), MSG_NOSIGNAL) < 0 &&
           shortage_wait(&shortage, errno) == 0) {
    }
}

_Noreturn void
namespace_init_stay(pid_t worker, const int *fds, size_t processes)
{
    bool is_watched = fds[WATCH_FD] >= 0;
    struct worker_end end;

    memset(&end, 0, sizeof(end));
    namespace_init_keep_only(fds, is_watched ? WATCH_FD + 1 : PROC_FD + 1);
    first.worker = worker;
    first.signals = (struct pollfd){.fd = open_signals(), .events = POLLIN};
    first.limit.listener = receive_listener();
    first.limit.proc = first.memory.proc = PROC_FD;
    first.limit.most = processes;
    first.listener = (struct pollfd){first.limit.listener, POLLIN, 0};
    first.watch = (struct pollfd){is_watched ? WATCH_FD : -1, POLLIN, 0};
    while (first.signals.fd >= 0 && !reap(worker, &end)) {
        serve();
    }
    end_others();
    tell_memory();
    ssize_t put = write(STATUS_FD, &end, sizeof(end));
    _exit(first.signals.fd >= 0 && put == (ssize_t)sizeof(end) ? 0
                                                               : STAGE_EXIT);
}
