/* Watches the memory of workers where no kernel's limit is of all of it. */
#ifndef BOXED_MEMORY_WATCH_H
#define BOXED_MEMORY_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "extension/wire/frame.h"
#include "shared/deadline.h"

/* Of one child; account is -1 and all else zero while it has none. */
struct memory_watch {
    uint64_t limit; /* bytes; 0: it is not watched */
    uint64_t most;  /* that it was seen to have */
    pid_t pid;
    int account;    /* what tells of it: /proc/PID/status, or a cgroup's */
    bool of_cgroup; /* which of the two; a cgroup's is not closed here */
    bool ended;     /* for having more */
    deadline_ns next_look;
    struct memory_watch *before, *after;
};

/* Of all that have one. */
struct memory_watches {
    int looks; /* the socket to the supervisor, or -1 */
    struct memory_watch *first;
};

/* Whether a process can be looked at: this one is. */
bool memory_watch_is_possible(int looks);

/* Begins to watch a child; account is that of its cgroup, or -1.  It must stay
 * where it is meanwhile. */
void memory_watch_begin(struct memory_watches *watches,
                        struct memory_watch *watch, pid_t pid, uint64_t limit,
                        int account);

/* Has the init of the call's processes do it; and hears what it saw, once it
 * is gone. */
void memory_watch_have_init(struct memory_watch *watch, int init,
                            uint64_t limit);
void memory_watch_hear_init(struct memory_watch *watch, int init);

/* Ends it; also one that has not begun. */
void memory_watch_end(struct memory_watches *watches,
                      struct memory_watch *watch);

/* Kills those that have more than they may, and those that let nobody look.
 * Returns when to do it again. */
deadline_ns memory_watch_enforce(struct memory_watches *watches,
                                 deadline_ns now);

/* Puts into its report what was seen of it. */
void memory_watch_report(const struct memory_watch *watch,
                         struct frame_report *report);

#endif
