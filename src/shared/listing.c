/* Reads the names in a directory without allocating, as readdir(3) would: for
 * the launcher's walk, and for the init of a call, which counts processes in
 * /proc.  One system call, async-signal-safe. */
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
