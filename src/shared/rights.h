/* Messages with descriptors (SCM_RIGHTS, unix(7)).  Async-signal-safe. */
#ifndef BOXED_RIGHTS_H
#define BOXED_RIGHTS_H

#include <stddef.h>
#include <sys/types.h>

/* SCM_MAX_FD: what the kernel takes in one message. */
#define RIGHTS_MAX 253

struct rights {
    void *data;
    size_t size;
    int *fds;
    size_t count; /* of fds: to be sent, or room for; RIGHTS_MAX at most */
};

/* Sends the data and the descriptors, which stay open here.  Returns the
 * number of bytes sent, which on a stream may be fewer, or -errno. */
ssize_t rights_send(int to, const struct rights *message, int flags);

/* Receives one message.  Returns the number of bytes, 0 at end of file, or
 * -errno.  Changes message->count to how many descriptors came: close-on-exec
 * and now the caller's.  The kernel drops those for which there is no room
 * here or in the table of descriptors. */
ssize_t rights_receive(int from, struct rights *message, int flags);

#endif
