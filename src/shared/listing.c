/* Reads the names in a directory, for the launcher's walks and for who counts
 * processes in /proc: readdir(3) would allocate.  One system call,
 * async-signal-safe. */
#include "shared/listing.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int
listing_next(struct listing *listing, const struct listed **ret_name)
{
    if (listing->at >= listing->size) {
        long size = syscall(SYS_getdents64, listing->fd, listing->buffer,
                            sizeof(listing->buffer));
        if (size <= 0) {
            return size < 0 ? -errno : 0;
        }
        listing->size = (size_t)size;
        listing->at = 0;
    }
    const void *at = listing->buffer + listing->at;
    *ret_name = at;
    listing->at += (*ret_name)->size;
    return 1;
}
