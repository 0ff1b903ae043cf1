/* The fork server in the zygote: it forks nothing itself, but says when, and
 * looks after what was forked.
 *
 * Per worker it keeps a pidfd and the report socket.  End of file on the
 * report socket, for whatever reason the caller closed it, kills the worker;
 * the worker's death sends {status, rusage} and drops both.  One event is
 * taken at a time, so an event can never name a worker that is gone. */
#include "extension/forkserver.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/fd.h"
#include "shared/numbers.h"
#include "shared/rights.h"

enum watch_kind { WATCH_SERVER, WATCH_REPORT, WATCH_EXIT };

struct worker;

struct watch {
    enum watch_kind kind;
    struct worker *worker;
};

struct worker {
    pid_t pid;
    int pidfd;
    int report;
    uint64_t id;
    struct watch report_watch;
    struct watch exit_watch;
};

struct forkserver {
    int server;
    int epoll;
    rlim_t workers;
    rlim_t most;
    struct watch server_watch;
};

/* Descriptors that are not for workers: the zygote's own, those of a call as
 * it comes in, and some that imports left open. */
#define OTHER_FDS    32
#define FDS_A_WORKER 2

/* A call that comes in when no descriptors are left loses those it brings.
 * So calls wait in the socket while there are too many workers for one more.
 */
static rlim_t
most_workers(void)
{
    struct rlimit open_files;

    if (getrlimit(RLIMIT_NOFILE, &open_files) != 0 ||
        open_files.rlim_cur < OTHER_FDS + FDS_A_WORKER) {
        return 1;
    }
    return (open_files.rlim_cur - OTHER_FDS) / FDS_A_WORKER;
}

static int
watch_fd(const struct forkserver *forkserver, int fd, struct watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};
    if (epoll_ctl(forkserver->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        return -errno;
    }
    return 0;
}

/* One that is not watched (any more) is no error. */
static void
unwatch_fd(const struct forkserver *forkserver, int fd)
{
    (void)epoll_ctl(forkserver->epoll, EPOLL_CTL_DEL, fd, NULL);
}

struct forkserver *
forkserver_new(int server)
{
    struct forkserver *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return NULL;
    }
    made->server = server;
    made->most = most_workers();
    made->server_watch.kind = WATCH_SERVER;
    made->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (made->epoll < 0 || watch_fd(made, server, &made->server_watch) != 0) {
        close_fd(&made->epoll);
        free(made);
        return NULL;
    }
    return made;
}

void
forkserver_close_call(struct forkserver_call *call)
{
    for (int i = 0; i < FRAME_CALL_FDS; i++) {
        close_fd(&call->fds[i]);
    }
}

static uint64_t
microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

static void
send_report(const struct worker *worker, int status,
            const struct rusage *usage)
{
    const struct frame_report report = {
        .magic = FRAME_MAGIC,
        .status = status,
        .id = worker->id,
        .user_us = microseconds(usage->ru_utime),
        .system_us = microseconds(usage->ru_stime),
        .max_rss_kb = (uint64_t)usage->ru_maxrss,
        .minor_faults = (uint64_t)usage->ru_minflt,
        .major_faults = (uint64_t)usage->ru_majflt,
        .voluntary_switches = (uint64_t)usage->ru_nvcsw,
        .involuntary_switches = (uint64_t)usage->ru_nivcsw,
    };
    /* The caller may have lost interest. */
    (void)send(worker->report, &report, sizeof(report),
               MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
bury(struct forkserver *forkserver, struct worker *worker)
{
    struct rusage usage;
    int status = 0;

    memset(&usage, 0, sizeof(usage));
    while (wait4(worker->pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    send_report(worker, status, &usage);
    /* Taken out by name: closing alone would not do it while a fresh fork
     * still holds copies, and the watch is freed here. */
    unwatch_fd(forkserver, worker->report);
    unwatch_fd(forkserver, worker->pidfd);
    close_fd(&worker->report);
    close_fd(&worker->pidfd);
    free(worker);
    if (forkserver->workers-- == forkserver->most) {
        /* It cannot fail for want of memory: one watch was just freed. */
        (void)watch_fd(forkserver, forkserver->server,
                       &forkserver->server_watch);
    }
}

/* Not reaped yet, so the pid is still its own. */
static void
kill_worker(const struct forkserver *forkserver, struct worker *worker)
{
    (void)kill(worker->pid, SIGKILL);
    unwatch_fd(forkserver, worker->report);
}

static int
receive_call(const struct forkserver *forkserver,
             struct forkserver_call *ret_call)
{
    struct rights message = {&ret_call->call, sizeof(ret_call->call),
                             ret_call->fds, FRAME_CALL_FDS};
    ssize_t got = rights_receive(forkserver->server, &message, 0);
    if (got <= 0) {
        return got < 0 && got != -ECONNRESET ? (int)got : FORKSERVER_END;
    }
    if (got != (ssize_t)sizeof(ret_call->call) ||
        ret_call->call.magic != FRAME_MAGIC ||
        message.count != FRAME_CALL_FDS) {
        return -EPROTO;
    }
    return FORKSERVER_CALL;
}

int
forkserver_next(struct forkserver *forkserver,
                struct forkserver_call *ret_call)
{
    struct epoll_event event;

    for (;;) {
        int ready = epoll_wait(forkserver->epoll, &event, 1, -1);
        if (ready < 0 && errno != EINTR) {
            return -errno;
        }
        if (ready <= 0) {
            continue;
        }
        const struct watch *watch = event.data.ptr;
        switch (watch->kind) {
        case WATCH_SERVER:
            return receive_call(forkserver, ret_call);
        case WATCH_REPORT:
            kill_worker(forkserver, watch->worker);
            break;
        case WATCH_EXIT:
            bury(forkserver, watch->worker);
            break;
        }
    }
}

static int
watch_worker(const struct forkserver *forkserver, struct worker *worker)
{
    worker->report_watch = (struct watch){WATCH_REPORT, worker};
    worker->exit_watch = (struct watch){WATCH_EXIT, worker};
    worker->pidfd = (int)syscall(NR_pidfd_open, worker->pid, 0u);
    if (worker->pidfd < 0) {
        return -errno;
    }
    int error = watch_fd(forkserver, worker->pidfd, &worker->exit_watch);
    return error != 0
               ? error
               : watch_fd(forkserver, worker->report, &worker->report_watch);
}

int
forkserver_adopt(struct forkserver *forkserver, pid_t pid,
                 struct forkserver_call *call)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    int error = worker == NULL ? -ENOMEM : 0;

    if (error == 0) {
        forkserver->workers++;
        *worker = (struct worker){
            .pid = pid,
            .pidfd = -1,
            .report = steal_fd(&call->fds[1]),
            .id = call->call.id,
        };
        error = watch_worker(forkserver, worker);
    }
    forkserver_close_call(call);
    if (forkserver->workers == forkserver->most) {
        unwatch_fd(forkserver, forkserver->server);
    }
    if (error != 0) {
        (void)kill(pid, SIGKILL);
        if (worker != NULL) {
            bury(forkserver, worker);
        }
    }
    return error;
}
