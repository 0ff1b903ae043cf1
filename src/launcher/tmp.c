/* Of step 13: the zygote's /tmp, and what is shown below it.
 *
 * The zygote has a /tmp of its own, since many a module writes there when it
 * is imported; each worker mounts its own on top, and on /dev/shm.  What is
 * shown below /tmp, a program that lives there, was made in a file system of
 * its own: each name in that is taken along into the new /tmp, read-only, with
 * the mounts in it.  Unprivileged, in the namespaces of the sandbox. */
#include "launcher/launcher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/mount_api.h"
#include "shared/directories.h"
#include "shared/fd.h"
#include "shared/listing.h"

struct child {
    char path[sizeof("/tmp/") + NAME_MAX];
    int fd;
};

/* What is itself a mount keeps its own flags. */
static int
clone_child(int folder, dev_t device, const char *name)
{
    struct mount_attributes read_only = {.attr_set =
                                             MOUNT_RDONLY | MOUNT_NOSUID};
    struct stat seen;
    cleanup_close int fd = mount_open_tree(
        folder, name, TREE_CLONE | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
    if (fd < 0 || fstat(fd, &seen) != 0) {
        return -errno;
    }
    if (seen.st_dev == device &&
        mount_set_attributes(fd, "", AT_EMPTY_PATH, &read_only) != 0) {
        return -errno;
    }
    return fd_steal(&fd);
}

static void
take_child(struct child *child, int folder, dev_t device, const char *name)
{
    memcpy(child->path, "/tmp/", 5);
    memcpy(child->path + 5, name, strlen(name) + 1);
    child->fd = clone_child(folder, device, name);
    if (child->fd < 0) {
        die_with(STAGE_TREES, -child->fd, UINT32_MAX);
    }
}

/* Symbolic links in /tmp itself are left behind. */
static size_t
clone_children(struct child *children)
{
    cleanup_close int folder =
        open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct listing listing = {.fd = folder};
    const struct listed *entry;
    struct stat seen;
    size_t count = 0;
    int found;

    if (folder < 0 || fstat(folder, &seen) != 0) {
        die(STAGE_TREES);
    }
    while ((found = listing_next(&listing, &entry)) == 1) {
        if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0 ||
            entry->type == DT_LNK) {
            continue;
        }
        if (count == ORDER_MAX_COVERED) {
            die_with(STAGE_TREES, E2BIG, UINT32_MAX);
        }
        take_child(&children[count++], folder, seen.st_dev, entry->name);
    }
    if (found < 0) {
        die_with(STAGE_TREES, -found, UINT32_MAX);
    }
    return count;
}

void
tmp_exchange(int tmp)
{
    struct child children[ORDER_MAX_COVERED];
    size_t count = clone_children(children);

    if (umount2("/tmp", MNT_DETACH) != 0 || mount_attach(tmp, "/tmp") != 0) {
        die(STAGE_TREES);
    }
    for (size_t i = 0; i < count; i++) {
        int error =
            directories_make_mount_point(children[i].path, children[i].fd);
        if (error != 0) {
            die_with(STAGE_TREES, -error, UINT32_MAX);
        }
        if (mount_attach(children[i].fd, children[i].path) != 0) {
            die(STAGE_TREES);
        }
        fd_close(&children[i].fd);
    }
}
