/* Waits for a worker's request, or gives up in such a way that none can come
 * any more.
 *
 * Runs in a worker before any guest code; system calls only.  A worker that
 * was forked ahead of need and never used ends by itself.  The caller may send
 * a request at that very moment, and must know whether it was taken.  So the
 * worker first shuts its socket down for reading and then looks a last time.
 * The kernel puts data into a socket under the lock that shutdown takes
 * (unix_stream_sendmsg, net/unix/af_unix.c): either a request is there before,
 * and is found, or its sender gets EPIPE, and then not all of it is there. */
#include "extension/worker/request.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "shared/deadline.h"
#include "shared/shortage.h"

int
request_await(int fd, int milliseconds)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    deadline_ns deadline = deadline_after_ms(milliseconds);
    int ready;

    struct shortage shortage = {.error = 0};

    do {
        ready = poll(&watched, 1, deadline_left_ms(deadline));
    } while (ready < 0 &&
             (errno == EINTR || shortage_wait(&shortage, errno) == 0));
    return ready < 0 ? -errno : ready;
}

int
request_refuse(int fd)
{
    char first;

    if (shutdown(fd, SHUT_RD) != 0) {
        return -errno;
    }
    ssize_t got = recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) {
        return errno == EAGAIN ? 0 : -errno;
    }
    return got > 0;
}
