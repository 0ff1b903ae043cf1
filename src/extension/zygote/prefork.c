/* The queue of calls that were announced ahead of need.
 *
 * Runs in the zygote, unprivileged.  forkserver.c decides when their workers
 * are forked. */
#include "extension/zygote/prefork.h"

#include <poll.h>
#include <string.h>

void
ahead_put(struct ahead *ahead, const struct forkserver_call *call)
{
    ahead->since[ahead->count] = deadline_now();
    ahead->calls[ahead->count++] = *call;
}

void
ahead_take(struct ahead *ahead, int index, struct forkserver_call *ret_call)
{
    size_t after = (size_t)(--ahead->count - index);

    *ret_call = ahead->calls[index];
    memmove(&ahead->calls[index], &ahead->calls[index + 1],
            after * sizeof(ahead->calls[0]));
    memmove(&ahead->since[index], &ahead->since[index + 1],
            after * sizeof(ahead->since[0]));
}

int
ahead_find_wanted(const struct ahead *ahead)
{
    struct pollfd sockets[AHEAD_MOST];

    for (int i = 0; i < ahead->count; i++) {
        sockets[i] =
            (struct pollfd){.fd = ahead->calls[i].fds[0], .events = POLLIN};
    }
    if (poll(sockets, (nfds_t)ahead->count, 0) <= 0) {
        return -1;
    }
    for (int i = 0; i < ahead->count; i++) {
        if (sockets[i].revents != 0) {
            return i;
        }
    }
    return -1;
}
