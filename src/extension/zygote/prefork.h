/* Calls that were announced ahead of need and have no worker yet. */
#ifndef BOXED_PREFORK_H
#define BOXED_PREFORK_H

#include "extension/zygote/forkserver.h"
#include "extension/zygote/put_off.h"
#include "shared/deadline.h"

/* The oldest first, each with the time since which it waits. */
struct prefork_queue {
    struct forkserver_call calls[PREFORK_QUEUE_MAX];
    deadline_ns since[PREFORK_QUEUE_MAX];
    int count;
};

/* Keeps a call, whose descriptors are then the queue's; it is not full. */
void prefork_put(struct prefork_queue *queue,
                 const struct forkserver_call *call);

/* Hands out the call at an index, which is then no longer in the queue. */
void prefork_take(struct prefork_queue *queue, int index,
                  struct forkserver_call *ret_call);

/* The index of a call whose request has come, or whose caller has closed it;
 * -1 if there is none. */
int prefork_find_wanted(const struct prefork_queue *queue);

#endif
