/* Calls that were announced ahead of need and have no worker yet. */
#ifndef BOXED_PREFORK_H
#define BOXED_PREFORK_H

#include "extension/zygote/forkserver.h"
#include "shared/deadline.h"

#define AHEAD_MOST 16

/* The oldest first, each with the time since which it waits. */
struct ahead {
    struct forkserver_call calls[AHEAD_MOST];
    deadline_ns since[AHEAD_MOST];
    int count;
};

/* Keeps a call, whose descriptors are then the queue's; it is not full. */
void ahead_put(struct ahead *ahead, const struct forkserver_call *call);

/* Hands out the call at an index, which is then no longer in the queue. */
void ahead_take(struct ahead *ahead, int index,
                struct forkserver_call *ret_call);

/* The index of a call whose request has come, or whose caller has closed it;
 * -1 if there is none. */
int ahead_find_wanted(const struct ahead *ahead);

#endif
