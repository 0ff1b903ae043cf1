/* Sends and receives descriptors over a socket (SCM_RIGHTS), for launcher,
 * caller, zygote and worker.  System calls only, async-signal-safe. */
#include "shared/rights.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union control {
    char bytes[CMSG_SPACE(sizeof(int) * RIGHTS_MAX)];
    struct cmsghdr align;
};

static void
attach(struct msghdr *sent, union control *control,
       const struct rights *message)
{
    size_t size = sizeof(int) * message->count;

    sent->msg_control = control->bytes;
    sent->msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *header = CMSG_FIRSTHDR(sent);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), message->fds, size);
}

ssize_t
rights_send(int to, const struct rights *message, int flags)
{
    union control control;
    struct iovec body = {message->data, message->size};
    struct msghdr sent = {
        .msg_iov = &body,
        .msg_iovlen = 1,
    };
    ssize_t put;

    if (message->count > RIGHTS_MAX) {
        return -EINVAL;
    }
    if (message->count > 0) {
        attach(&sent, &control, message);
    }
    do {
        put = sendmsg(to, &sent, flags | MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    return put < 0 ? -errno : put;
}

ssize_t
rights_receive(int from, struct rights *message, int flags)
{
    union control control;
    struct iovec body = {message->data, message->size};
    struct msghdr got = {
        .msg_iov = &body,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        /* Not CMSG_SPACE: its padding has room for one more. */
        .msg_controllen = CMSG_LEN(sizeof(int) * message->count),
    };
    ssize_t size;

    if (message->count > RIGHTS_MAX) {
        return -EINVAL;
    }
    do {
        size = recvmsg(from, &got, flags | MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return -errno;
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&got);
    message->count = 0;
    if (header != NULL && header->cmsg_level == SOL_SOCKET &&
        header->cmsg_type == SCM_RIGHTS) {
        message->count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(message->fds, CMSG_DATA(header), sizeof(int) * message->count);
    }
    return size;
}
