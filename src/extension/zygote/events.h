/* What the zygote waits for: a descriptor, and what its events are about. */
#ifndef BOXED_EVENTS_H
#define BOXED_EVENTS_H

#include <sys/types.h>

enum event_kind { EVENT_SERVER, EVENT_PREFORK, EVENT_REPORT, EVENT_EXIT };

struct child;

/* child is that of an EVENT_REPORT or EVENT_EXIT. */
struct event_source {
    enum event_kind kind;
    struct child *child;
    int fd;
    pid_t pid; /* of an EVENT_EXIT: fd is its pidfd, or -1 */
    struct event_source *next_outside; /* in the list of them */
};

struct events {
    int epoll;
    struct event_source *outside; /* for which the kernel had no room */
};

/* Has events_next() tell of a descriptor that becomes readable, or of a
 * child's end, by a descriptor that is made for it.  The source must stay
 * where it is until events_unwatch().  Returns 0 or -errno; 0 also where the
 * kernel is short of something: the source is then looked at now and then. */
int events_watch_fd(struct events *events, struct event_source *source,
                    int fd);
int events_watch_exit(struct events *events, struct event_source *source,
                      pid_t pid);

/* The same for one of several descriptors that share a source; without another
 * try where the kernel is short of something. */
int events_try(const struct events *events, struct event_source *source,
               int fd);

/* One that is not watched (any more) is no error. */
void events_unwatch_fd(const struct events *events, int fd);
void events_unwatch(struct events *events, struct event_source *source);

/* The next event within milliseconds (-1: whenever it comes): 1 and its
 * source, 0 if there was none or a signal came, or -errno. */
int events_next(struct events *events, int milliseconds,
                struct event_source **ret_source);

#endif
