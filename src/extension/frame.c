/* Blocking transfer of frames, used by the zygote and the worker, whose
 * waiting the caller bounds by killing them.  Sockets only: MSG_NOSIGNAL
 * keeps a vanished peer from raising SIGPIPE.  Without sendmsg(2), which a
 * worker's filter refuses.  Async-signal-safe. */
#include "extension/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

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
