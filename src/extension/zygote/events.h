/* What the zygote waits for: a descriptor, and what its events are about. */
#ifndef BOXED_EVENTS_H
#define BOXED_EVENTS_H

#include <sys/types.h>

enum watch_kind { WATCH_SERVER, WATCH_AHEAD, WATCH_REPORT, WATCH_EXIT };

struct child;

/* child is that of a WATCH_REPORT or WATCH_EXIT. */
struct watch {
    enum watch_kind kind;
    struct child *child;
    int fd;
    pid_t pid;                  /* of a WATCH_EXIT: fd is its pidfd, or -1 */
    struct watch *next_outside; /* in the list of those */
};

struct watches {
    int epoll;
    struct watch *outside; /* for which the kernel had no room */
};

/* Begins to watch a descriptor, or the end of a child, by a descriptor that
 * is made for it.  The watch must stay where it is until unwatch().  Returns 0
 * or -errno; where the kernel is short of something it is 0, and the watch is
 * looked at now and then meanwhile. */
int watch_fd(struct watches *watches, struct watch *watch, int fd);
int watch_exit(struct watches *watches, struct watch *watch, pid_t pid);

/* Once, and with a watch that several descriptors share. */
int watch_try(const struct watches *watches, struct watch *watch, int fd);

/* One that is not watched (any more) is no error. */
void unwatch_fd(const struct watches *watches, int fd);
void unwatch(struct watches *watches, struct watch *watch);

/* The next event within milliseconds (-1: whenever it comes): 1 and its watch,
 * 0 if there was none or a signal came, or -errno. */
int watch_next(struct watches *watches, int milliseconds,
               struct watch **ret_watch);

#endif
