/* Sends and receives frames, for the zygote and the worker, and waits until
 * that is done: the caller bounds the wait by killing them.
 *
 * Async-signal-safe.  On sockets only, where MSG_NOSIGNAL keeps a vanished
 * peer from raising SIGPIPE; without sendmsg(2), which a worker's filter
 * refuses. */
#include "extension/wire/frame.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "shared/shortage.h"

/* Whether what failed is to be tried again, by now. */
static bool
may_go_on(struct shortage *shortage, int error)
{
    return error == EINTR || shortage_wait(shortage, error) == 0;
}

ssize_t
frame_receive(int fd, struct rights *message)
{
    const size_t most = message->count;
    struct shortage shortage = {.error = 0};
    ssize_t got;

    do {
        message->count = most;
        got = rights_receive(fd, message, MSG_WAITALL);
    } while (got < 0 && may_go_on(&shortage, (int)-got));
    return got;
}

int
frame_read_all(int fd, void *data, size_t size)
{
    struct shortage shortage = {.error = 0};
    char *next = data;

    while (size > 0) {
        ssize_t got = recv(fd, next, size, 0);
        if (got < 0 && may_go_on(&shortage, errno)) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? -errno : -ECONNRESET;
        }
        next += got;
        size -= (size_t)got;
    }
    return 0;
}

static int
write_all(int fd, const char *data, size_t size)
{
    struct shortage shortage = {.error = 0};

    while (size > 0) {
        ssize_t put = send(fd, data, size, MSG_NOSIGNAL);
        if (put < 0 && may_go_on(&shortage, errno)) {
            continue;
        }
        if (put < 0) {
            return -errno;
        }
        data += put;
        size -= (size_t)put;
    }
    return 0;
}

int
frame_write(int fd, const struct frame_header *header, const void *data)
{
    char first[4096];
    size_t size = sizeof(first) - sizeof(*header);

    if (size > header->size) {
        size = header->size;
    }
    memcpy(first, header, sizeof(*header));
    if (size > 0) {
        memcpy(first + sizeof(*header), data, size);
    }
    int error = write_all(fd, first, sizeof(*header) + size);
    if (error != 0 || size == header->size) {
        return error;
    }
    return write_all(fd, (const char *)data + size, header->size - size);
}
