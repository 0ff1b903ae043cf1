/* The names in a directory: system calls only. */
#include "shared/listing.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int
names_next(struct names *names, const struct name **ret_name)
{
    if (names->at >= names->size) {
        long size = syscall(SYS_getdents64, names->fd, names->buffer,
                            sizeof(names->buffer));
        if (size <= 0) {
            return size < 0 ? -errno : 0;
        }
        names->size = (size_t)size;
        names->at = 0;
    }
    const void *at = names->buffer + names->at;
    *ret_name = at;
    names->at += (*ret_name)->size;
    return 1;
}
