/* Looks after the workers: kills them, lets them linger, tells the caller how
 * each ended, and reaps it.
 *
 * Runs in the zygote, for forkserver.c, unprivileged.  Of each child it keeps
 * a pidfd and the report socket.  End of file on the report socket, for
 * whatever reason the caller closed it, kills the child; its death sends
 * {status, rusage}.  A child that has others to end does that itself, since it
 * sees the same end of file (worker/pid_namespace.c).  What a child needs of
 * memory is there before it is forked.
 *
 * A child whose caller says that it has the answer is not killed at once: it
 * lingers, in the order of those that do, until the zygote finds the time; see
 * put_off.h. */
#include "extension/zygote/children.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "extension/wire/frame.h"
#include "extension/worker/cpu_clock.h"
#include "extension/zygote/put_off.h"
#include "shared/fd.h"
#include "shared/shortage.h"

struct child {
    pid_t pid;
    int report;
    int init; /* the socket to that of its processes, or -1 */
    uint64_t id;
    struct memory_slot *slot; /* NULL: there are none */
    struct event_source report_source;
    struct event_source exit_source;
    struct cpu_limit cpu_limit;
    struct memory_watch watch;
    deadline_ns lingers_since; /* 0: it does not */
    struct child *before, *after;
};

static uint64_t
microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

static struct frame_report
make_report(const struct child *child, int status, uint64_t charged,
            const struct rusage *usage)
{
    return (struct frame_report){
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
}

/* The caller may have lost interest. */
static void
send_report(const struct child *child, const struct frame_report *report)
{
    struct shortage shortage = {.error = 0};

    while (send(child->report, report, sizeof(*report),
                MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
           shortage_wait(&shortage, errno) == 0) {
    }
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

static void
stop_watching(struct children *children, struct child *child)
{
    cpu_limits_remove(&children->cpu_limits, &child->cpu_limit);
    memory_watch_end(&children->watches, &child->watch);
}

/* Not reaped yet, so the pid is still its own. */
static void
kill_child(struct children *children, struct child *child)
{
    (void)kill(child->pid, SIGKILL);
    stop_lingering(children, child);
    stop_watching(children, child);
    events_unwatch(children->events, &child->report_source);
}

/* What the call may use up, where that is for the zygote to see to. */
static void
limit_child(struct children *children, struct child *child,
            const struct frame_limits *limits)
{
    struct memory *memory = &children->memory;

    cpu_limits_add(&children->cpu_limits, &child->cpu_limit, child->pid,
                   limits->cpu_us);
    if (limits->memory == 0) {
        return;
    }
    uint64_t most = memory_limit_of(memory, limits->memory);
    if (child->slot != NULL) {
        memory_watch_begin(&children->watches, &child->watch, child->pid, most,
                           memory_lower(memory, child->slot, most));
    }
    else if (child->init >= 0) {
        memory_watch_have_init(&child->watch, child->init, most);
    }
    else if (memory->ruler == MEMORY_WATCHED) {
        memory_watch_begin(&children->watches, &child->watch, child->pid, most,
                           -1);
    }
}

deadline_ns
children_enforce(struct children *children, deadline_ns now)
{
    deadline_ns one = cpu_limits_enforce(&children->cpu_limits, now);
    deadline_ns other = memory_watch_enforce(&children->watches, now);

    return one < other ? one : other;
}

bool
children_hear(struct children *children, struct child *child)
{
    struct frame_limits limits;
    ssize_t got = recv(child->report, &limits, sizeof(limits), MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || shortage_is(errno))) {
        /* It is still there, and shows again. */
        return false;
    }
    if (got == (ssize_t)sizeof(limits) && limits.magic == FRAME_MAGIC) {
        limit_child(children, child, &limits);
        return false;
    }
    if (got != 1 && children->end_themselves) {
        events_unwatch(children->events, &child->report_source);
        return false;
    }
    if (got != 1) {
        kill_child(children, child);
        return false;
    }
    events_unwatch(children->events, &child->report_source);
    begin_lingering(children, child);
    return true;
}

void
children_end_lingering(struct children *children, deadline_ns since)
{
    struct child *first;

    while (
        (first = children->first_lingering) != NULL &&
        (first->lingers_since <= since || children->lingering > LINGER_MAX)) {
        kill_child(children, first);
    }
}

void
children_bury(struct children *children, struct child *child)
{
    struct rusage usage;
    int status = 0;

    memset(&usage, 0, sizeof(usage));
    uint64_t charged = cpu_clock_us(child->pid);
    while (wait4(child->pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    struct frame_report report = make_report(child, status, charged, &usage);
    memory_measure(&children->memory, child->slot, !children->end_themselves,
                   &report);
    if (child->init >= 0) {
        memory_watch_hear_init(&child->watch, child->init);
    }
    memory_watch_report(&child->watch, &report);
    memory_give_back(&children->memory, child->slot);
    send_report(child, &report);
    stop_lingering(children, child);
    stop_watching(children, child);
    /* Taken out by name: closing alone would not do it while a fresh fork
     * still holds copies, and the source is freed here. */
    events_unwatch(children->events, &child->report_source);
    events_unwatch(children->events, &child->exit_source);
    fd_close(&child->report);
    fd_close(&child->init);
    fd_close(&child->exit_source.fd);
    free(child);
    children->count--;
}

static int
watch_child(const struct children *children, struct child *child)
{
    child->report_source = (struct event_source){EVENT_REPORT, .child = child};
    child->exit_source =
        (struct event_source){EVENT_EXIT, .child = child, .fd = -1};
    int error =
        events_watch_exit(children->events, &child->exit_source, child->pid);
    return error != 0 ? error
                      : events_watch_fd(children->events,
                                        &child->report_source, child->report);
}

int
children_reserve(struct children *children)
{
    if (children->spare == NULL) {
        children->spare = calloc(1, sizeof(*children->spare));
    }
    return children->spare != NULL ? 0 : -ENOMEM;
}

int
children_adopt(struct children *children, pid_t pid, uint64_t id, int report,
               int init, struct memory_slot *slot)
{
    struct child *child = children->spare;

    children->spare = NULL;
    *child = (struct child){
        .pid = pid,
        .report = report,
        .init = init,
        .id = id,
        .slot = slot,
        .watch.account = -1,
    };
    children->count++;
    int error = watch_child(children, child);
    if (error != 0) {
        (void)kill(pid, SIGKILL);
        children_bury(children, child);
    }
    return error;
}
