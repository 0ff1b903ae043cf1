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

static const char magic_links[] = "/proc/self/fd/";

/* The name of a descriptor, which mount(2) follows to what is covered. */
static void
name_descriptor(int fd, char *name)
{
    char digits[12];
    size_t count = 0;

    memcpy(name, magic_links, sizeof(magic_links) - 1);
    name += sizeof(magic_links) - 1;
    do {
        digits[count++] = (char)('0' + fd % 10);
        fd /= 10;
    } while (fd != 0);
    while (count > 0) {
        *name++ = digits[--count];
    }
    *name = '\0';
}

static int
uncover(const char *path, int fd)
{
    char source[sizeof(magic_links) + 12];
    int error = directories_make_mount_point(path, fd);
    if (error != 0) {
        return error;
    }
    name_descriptor(fd, source);
    if (mount(source, path, NULL, MS_BIND | MS_REC, NULL) != 0) {
        return -errno;
    }
    return 0;
}

/* -1 for one that is not there: an optional tree that was not shown. */
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
    int fds[TMPFS_MAX_KEPT];

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
