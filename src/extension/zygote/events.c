/* What the zygote waits for.
 *
 * Runs in the zygote, unprivileged.  The kernel bounds the watches of a user,
 * whom other sandboxes may share, and may be out of memory or of descriptors:
 * what it has no room for is kept in a list, tried again, and polled
 * meanwhile, so that a shortage delays what is watched and loses nothing. */
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
watch_try(const struct watches *watches, struct watch *watch, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};

    return epoll_ctl(watches->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0
                                                                     : -errno;
}

static int
begin(const struct watches *watches, struct watch *watch)
{
    if (watch->fd < 0) {
        watch->fd = (int)syscall(NR_pidfd_open, watch->pid, 0u);
    }
    return watch->fd < 0 ? -errno : watch_try(watches, watch, watch->fd);
}

static int
begin_or_wait(struct watches *watches, struct watch *watch)
{
    int error = begin(watches, watch);

    if (error != 0 && shortage_is(-error)) {
        watch->next_outside = watches->outside;
        watches->outside = watch;
        return 0;
    }
    return error;
}

int
watch_fd(struct watches *watches, struct watch *watch, int fd)
{
    watch->fd = fd;
    return begin_or_wait(watches, watch);
}

int
watch_exit(struct watches *watches, struct watch *watch, pid_t pid)
{
    watch->fd = -1;
    watch->pid = pid;
    return begin_or_wait(watches, watch);
}

void
unwatch_fd(const struct watches *watches, int fd)
{
    (void)epoll_ctl(watches->epoll, EPOLL_CTL_DEL, fd, NULL);
}

void
unwatch(struct watches *watches, struct watch *watch)
{
    for (struct watch **at = &watches->outside; *at != NULL;
         at = &(*at)->next_outside) {
        if (*at == watch) {
            *at = watch->next_outside;
            return;
        }
    }
    if (watch->fd >= 0) {
        unwatch_fd(watches, watch->fd);
    }
}

static bool
has_event(const struct watch *watch)
{
    struct pollfd one = {.fd = watch->fd, .events = POLLIN};

    return watch->fd >= 0 && poll(&one, 1, 0) == 1;
}

/* One of those outside that has an event, or NULL. */
static struct watch *
look_outside(struct watches *watches)
{
    struct watch **at = &watches->outside;

    while (*at != NULL) {
        struct watch *watch = *at;
        if (begin(watches, watch) == 0) {
            *at = watch->next_outside;
            continue;
        }
        if (has_event(watch)) {
            return watch;
        }
        at = &watch->next_outside;
    }
    return NULL;
}

int
watch_next(struct watches *watches, int milliseconds, struct watch **ret_watch)
{
    struct epoll_event event;

    *ret_watch = look_outside(watches);
    if (*ret_watch != NULL) {
        return 1;
    }
    if (watches->outside != NULL &&
        (milliseconds < 0 || milliseconds > SHORTAGE_PAUSE_MS)) {
        milliseconds = SHORTAGE_PAUSE_MS;
    }
    int ready = epoll_wait(watches->epoll, &event, 1, milliseconds);
    if (ready < 0 && shortage_is(errno)) {
        shortage_pause();
        return 0;
    }
    if (ready < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    if (ready == 1) {
        *ret_watch = event.data.ptr;
    }
    return ready;
}
