/* What the zygote waits for: a descriptor, and what its events are about. */
#ifndef BOXED_WATCH_H
#define BOXED_WATCH_H

enum watch_kind { WATCH_SERVER, WATCH_AHEAD, WATCH_REPORT, WATCH_EXIT };

struct child;

/* child is that of a WATCH_REPORT or WATCH_EXIT. */
struct watch {
    enum watch_kind kind;
    struct child *child;
};

/* The watch must stay where it is until the descriptor is watched no more.
 * Returns 0 or -errno. */
int watch_fd(int epoll, int fd, struct watch *watch);

/* One that is not watched (any more) is no error. */
void unwatch_fd(int epoll, int fd);

#endif
