/* Waits for whatever concerns the zygote next: a call, a report socket, a
 * worker's end.
 *
 * Runs in the zygote, for forkserver.c and children.c, unprivileged; system
 * calls only.  It is epoll(7) with a way out: the kernel bounds the watches of
 * a user, whom other sandboxes may share, and may be out of memory or of
 * descriptors.  What it has no room for is kept in a list, tried again, and
 * polled meanwhile, so that a shortage delays an event and loses none. */
#include "extension/zygote/events.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared/shortage.h"
#include "shared/syscall_numbers.h"

int
events_try(const struct events *events, struct event_source *source, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};

    return epoll_ctl(events->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0
                                                                    : -errno;
}

static int
begin(const struct events *events, struct event_source *source)
{
    if (source->fd < 0) {
        source->fd = (int)syscall(NR_pidfd_open, source->pid, 0u);
    }
    return source->fd < 0 ? -errno : events_try(events, source, source->fd);
}

static int
begin_or_wait(struct events *events, struct event_source *source)
{
    int error = begin(events, source);

    if (error != 0 && shortage_is(-error)) {
        source->next_outside = events->outside;
        events->outside = source;
        return 0;
    }
    return error;
}

int
events_watch_fd(struct events *events, struct event_source *source, int fd)
{
    source->fd = fd;
    return begin_or_wait(events, source);
}

int
events_watch_exit(struct events *events, struct event_source *source,
                  pid_t pid)
{
    source->fd = -1;
    source->pid = pid;
    return begin_or_wait(events, source);
}

void
events_unwatch_fd(const struct events *events, int fd)
{
    (void)epoll_ctl(events->epoll, EPOLL_CTL_DEL, fd, NULL);
}

void
events_unwatch(struct events *events, struct event_source *source)
{
    for (struct event_source **at = &events->outside; *at != NULL;
         at = &(*at)->next_outside) {
        if (*at == source) {
            *at = source->next_outside;
            return;
        }
    }
    if (source->fd >= 0) {
        events_unwatch_fd(events, source->fd);
    }
}

static bool
has_event(const struct event_source *source)
{
    struct pollfd one = {.fd = source->fd, .events = POLLIN};

    return source->fd >= 0 && poll(&one, 1, 0) == 1;
}

/* One of those outside that has an event, or NULL. */
static struct event_source *
look_outside(struct events *events)
{
    struct event_source **at = &events->outside;

    while (*at != NULL) {
        struct event_source *source = *at;
        if (begin(events, source) == 0) {
            *at = source->next_outside;
            continue;
        }
        if (has_event(source)) {
            return source;
        }
        at = &source->next_outside;
    }
    return NULL;
}

int
events_next(struct events *events, int milliseconds,
            struct event_source **ret_source)
{
    struct epoll_event event;

    *ret_source = look_outside(events);
    if (*ret_source != NULL) {
        return 1;
    }
    if (events->outside != NULL &&
        (milliseconds < 0 || milliseconds > SHORTAGE_PAUSE_MS)) {
        milliseconds = SHORTAGE_PAUSE_MS;
    }
    int ready = epoll_wait(events->epoll, &event, 1, milliseconds);
    if (ready < 0 && shortage_is(errno)) {
        shortage_pause();
        return 0;
    }
    if (ready < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    if (ready == 1) {
        *ret_source = event.data.ptr;
    }
    return ready;
}
