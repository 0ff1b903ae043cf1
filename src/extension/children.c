/* The zygote's children: heard, killed, reported and buried.
 *
 * Runs in the zygote, unprivileged.  Of each child it keeps a pidfd and the
 * report socket.  End of file on the report socket, for whatever reason the
 * caller closed it, kills the child; its death sends {status, rusage}.
 *
 * The death of a process costs more than a short call.  So a child whose
 * caller says that it has the answer is not killed at once: it lingers, in
 * the order of those that do, until the zygote finds the time. */
#include "extension/children.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "extension/charged.h"
#include "extension/frame.h"
#include "shared/fd.h"
#include "shared/numbers.h"

/* They hold memory and, where the tier has no namespaces, count among the
 * neighbours of those that work. */
#define MOST_LINGERING 8

struct child {
    pid_t pid;
    int pidfd;
    int report;
    uint64_t id;
    struct watch report_watch;
    struct watch exit_watch;
    deadline_ns lingers_since; /* 0: it does not */
    struct child *before, *after;
};

static uint64_t
microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

static void
send_report(const struct child *child, int status, uint64_t charged,
            const struct rusage *usage)
{
    const struct frame_report report = {
        .magic = FRAME_MAGIC,
        .status = status,
        .id = child->id,
        .user_us = microseconds(usage->ru_utime),
        .system_us = microseconds(usage->ru_stime),
        .max_rss_kb = (uint64_t)usage->ru_maxrss,
        .minor_faults = (uint64_t)usage->ru_minflt,
        .major_faults = (uint64_t)usage->ru_majflt,
        .voluntary_switches = (uint64_t)usage->ru_nvcsw,
        .involuntary_switches = (uint64_t)usage->ru_nivcsw,
        .charged_us = charged,
    };
    /* The caller may have lost interest. */
    (void)send(child->report, &report, sizeof(report),
               MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
begin_lingering(struct children *children, struct child *child)
{
    child->lingers_since = deadline_now();
    child->before = children->last_lingering;
    *(child->before != NULL ? &child->before->after
                            : &children->first_lingering) = child;
    children->last_lingering = child;
    children->lingering++;
}

static void
stop_lingering(struct children *children, struct child *child)
{
    if (child->lingers_since == 0) {
        return;
    }
    *(child->before != NULL ? &child->before->after
                            : &children->first_lingering) = child->after;
    *(child->after != NULL ? &child->after->before
                           : &children->last_lingering) = child->before;
    child->lingers_since = 0;
    children->lingering--;
}

/* Not reaped yet, so the pid is still its own. */
static void
kill_child(struct children *children, struct child *child)
{
    (void)kill(child->pid, SIGKILL);
    stop_lingering(children, child);
    unwatch_fd(children->epoll, child->report);
}

bool
children_hear(struct children *children, struct child *child)
{
    char word;

    if (recv(child->report, &word, 1, MSG_DONTWAIT) != 1) {
        kill_child(children, child);
        return false;
    }
    unwatch_fd(children->epoll, child->report);
    begin_lingering(children, child);
    return true;
}

void
children_end_lingering(struct children *children, deadline_ns since)
{
    struct child *first;

    while ((first = children->first_lingering) != NULL &&
           (first->lingers_since <= since ||
            children->lingering > MOST_LINGERING)) {
        kill_child(children, first);
    }
}

void
children_bury(struct children *children, struct child *child)
{
    struct rusage usage;
    int status = 0;

    memset(&usage, 0, sizeof(usage));
    uint64_t charged = charged_us(child->pid);
    while (wait4(child->pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    send_report(child, status, charged, &usage);
    stop_lingering(children, child);
    /* Taken out by name: closing alone would not do it while a fresh fork
     * still holds copies, and the watch is freed here. */
    unwatch_fd(children->epoll, child->report);
    unwatch_fd(children->epoll, child->pidfd);
    close_fd(&child->report);
    close_fd(&child->pidfd);
    free(child);
    children->count--;
}

static int
watch_child(const struct children *children, struct child *child)
{
    child->report_watch = (struct watch){WATCH_REPORT, child};
    child->exit_watch = (struct watch){WATCH_EXIT, child};
    child->pidfd = (int)syscall(NR_pidfd_open, child->pid, 0u);
    if (child->pidfd < 0) {
        return -errno;
    }
    int error = watch_fd(children->epoll, child->pidfd, &child->exit_watch);
    return error != 0 ? error
                      : watch_fd(children->epoll, child->report,
                                 &child->report_watch);
}

int
children_adopt(struct children *children, pid_t pid, uint64_t id, int report)
{
    struct child *child = calloc(1, sizeof(*child));

    if (child == NULL) {
        (void)kill(pid, SIGKILL);
        close_fd(&report);
        return -ENOMEM;
    }
    *child =
        (struct child){.pid = pid, .pidfd = -1, .report = report, .id = id};
    children->count++;
    int error = watch_child(children, child);
    if (error != 0) {
        (void)kill(pid, SIGKILL);
        children_bury(children, child);
    }
    return error;
}
