/* Mounts a worker's own /tmp and /dev/shm over the zygote's.
 *
 * Runs right after the fork with the capabilities of a fresh user namespace;
 * async-signal-safe.  A program may live below /tmp itself, interpreter and
 * modules: what is shown there is opened before it is covered, and bound into
 * the new file system at the same path. */
#include "extension/worker/tmpfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "shared/directories.h"
#include "shared/fd.h"
#include "shared/magic_link.h"

static int
uncover(const char *path, int fd)
{
    const struct magic_link source = magic_link(fd);
    int error = directories_make_mount_point(path, fd);
    if (error != 0) {
        return error;
    }
    if (mount(source.path, path, NULL, MS_BIND | MS_REC, NULL) != 0) {
        return -errno;
    }
    return 0;
}

/* Opens what stays visible; -1 for an optional tree that was not shown. */
static void
open_kept(const struct tmpfs *tmpfs, int *fds)
{
    for (size_t i = 0; i < tmpfs->kept_count; i++) {
        fds[i] = open(tmpfs->kept[i], O_PATH | O_CLOEXEC);
    }
}

static int
cover(const char *options)
{
    static const char *const points[] = {"/tmp", "/dev/shm"};
    unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        if (mount("tmpfs", points[i], "tmpfs", flags, options) != 0) {
            return -errno;
        }
    }
    return 0;
}

int
tmpfs_mount(const struct tmpfs *tmpfs)
{
    int fds[ORDER_MAX_COVERED];

    open_kept(tmpfs, fds);
    int error = cover(tmpfs->options);
    for (size_t i = 0; i < tmpfs->kept_count; i++) {
        if (fds[i] >= 0 && error == 0) {
            error = uncover(tmpfs->kept[i], fds[i]);
        }
        fd_close(&fds[i]);
    }
    if (error != 0) {
        return error;
    }
    return chdir("/tmp") == 0 ? 0 : -errno;
}
