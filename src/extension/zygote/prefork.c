/* The queue of calls that were announced ahead of need, in their order.
 *
 * Runs in the zygote, for forkserver.c, which decides when their workers are
 * forked.  No allocation; one poll(2). */
#include "extension/zygote/prefork.h"

#include <poll.h>
#include <string.h>

void
prefork_put(struct prefork_queue *queue, const struct forkserver_call *call)
{
    queue->since[queue->count] = deadline_now();
    queue->calls[queue->count++] = *call;
}

void
prefork_take(struct prefork_queue *queue, int index,
             struct forkserver_call *ret_call)
{
    size_t after = (size_t)(--queue->count - index);

    *ret_call = queue->calls[index];
    memmove(&queue->calls[index], &queue->calls[index + 1],
            after * sizeof(queue->calls[0]));
    memmove(&queue->since[index], &queue->since[index + 1],
            after * sizeof(queue->since[0]));
}

int
prefork_find_wanted(const struct prefork_queue *queue)
{
    struct pollfd sockets[PREFORK_QUEUE_MAX];

    for (int i = 0; i < queue->count; i++) {
        sockets[i] =
            (struct pollfd){.fd = queue->calls[i].fds[0], .events = POLLIN};
    }
    if (poll(sockets, (nfds_t)queue->count, 0) <= 0) {
        return -1;
    }
    for (int i = 0; i < queue->count; i++) {
        if (sockets[i].revents != 0) {
            return i;
        }
    }
    return -1;
}
