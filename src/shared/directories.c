/* Makes directories and mount points in a file system that was just made and
 * that nobody else sees, for the launcher and for a worker right after its
 * fork.  Unprivileged, async-signal-safe, no allocation. */
#include "shared/directories.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/order.h"

int
directories_make(const char *path, bool itself)
{
    char part[ORDER_MAX_PATH];
    size_t length = strlen(path);

    if (length >= sizeof(part)) {
        return -ENAMETOOLONG;
    }
    for (size_t end = 1; end <= length; end++) {
        bool whole = path[end] == '\0';
        if ((path[end] != '/' && !whole) || (whole && !itself)) {
            continue;
        }
        memcpy(part, path, end);
        part[end] = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST) {
            return -errno;
        }
    }
    return 0;
}

int
directories_make_mount_point(const char *path, int fd)
{
    struct stat seen;
    if (fstat(fd, &seen) != 0) {
        return -errno;
    }
    int error = directories_make(path, S_ISDIR(seen.st_mode));
    if (error != 0 || S_ISDIR(seen.st_mode)) {
        return error;
    }
    /* It is there already below a tree that was mounted before.  Made without
     * being opened: to open a FIFO would wait for its other end. */
    if (mknod(path, S_IFREG | 0444, 0) != 0 && errno != EEXIST) {
        return -errno;
    }
    return 0;
}
