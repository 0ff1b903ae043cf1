/* Blocking transfer of frames, used by the zygote and the worker, whose
 * waiting the caller bounds by killing them.  Without sendmsg(2), which a
 * worker's filter refuses.  CPython ignores SIGPIPE; where a guest does not,
 * a vanished caller ends it.  Async-signal-safe. */
#include "extension/frame.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

int
frame_read_all(int fd, void *data, size_t size)
{
    char *next = data;
    while (size > 0) {
        ssize_t got = recv(fd, next, size, 0);
        if (got < 0 && errno == EINTR) {
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
    while (size > 0) {
        ssize_t put = send(fd, data, size, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) {
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
    struct iovec parts[] = {
        {(void *)header, sizeof(*header)},
        {(void *)data, header->size},
    };
    ssize_t put;

    do {
        put = writev(fd, parts, 2);
    } while (put < 0 && errno == EINTR);
    if (put < 0) {
        return -errno;
    }
    /* A stream socket takes at least the header, which is its first bytes,
     * before it takes less than all. */
    if ((size_t)put < sizeof(*header)) {
        return -EIO;
    }
    size_t sent = (size_t)put - sizeof(*header);
    return write_all(fd, (const char *)data + sent, header->size - sent);
}
