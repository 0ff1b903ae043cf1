/* What the zygote waits for.  Runs in the zygote, unprivileged. */
#include "extension/watch.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>

int
watch_fd(int epoll, int fd, struct watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

void
unwatch_fd(int epoll, int fd)
{
    (void)epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}
