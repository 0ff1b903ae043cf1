/* Step 8: the guest's file system, and the end of in-namespace capabilities.
 *
 * Runs as pid 1 of the new namespaces, unprivileged outside them.  The root
 * is a tmpfs that holds only what the order names, at the same paths; every
 * tree arrives as a detached mount, so no host path is opened here.  The root
 * is left before anything is made in it, so a symbolic link in it cannot lead
 * out. */
#include "launcher/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/privileges.h"
#include "launcher/mountapi.h"
#include "shared/directories.h"
#include "shared/fd.h"

struct option {
    const char *key, *value;
};

/* Process ids only; a process sees those it could trace. */
static const struct option proc_options[] = {
    {"hidepid", "ptraceable"}, {"subset", "pid"}, {NULL, NULL}};
/* Directories, links and a few small files. */
static const struct option root_options[] = {
    {"size", "1m"}, {"nr_inodes", "4096"}, {"mode", "0755"}, {NULL, NULL}};
/* What imports in the zygote want to write. */
static const struct option tmp_options[] = {
    {"size", "16m"}, {"nr_inodes", "4096"}, {"mode", "1777"}, {NULL, NULL}};

/* A detached mount of a new file system. */
static int
make_mount(const char *type, const struct option *options, unsigned attributes,
           enum boxed_stage stage)
{
    cleanup_close int fs = (int)syscall(NR_FSOPEN, type, FS_CLOEXEC);
    bool made = fs >= 0;

    for (; made && options->key != NULL; options++) {
        made = syscall(NR_FSCONFIG, fs, FS_SET_STRING, options->key,
                       options->value, 0) == 0;
    }
    if (!made || syscall(NR_FSCONFIG, fs, FS_CREATE, NULL, NULL, 0) != 0) {
        die(stage);
    }
    attributes |= MOUNT_NOSUID | MOUNT_NODEV;
    int mount = (int)syscall(NR_FSMOUNT, fs, FS_CLOEXEC, attributes);
    if (mount < 0) {
        die(stage);
    }
    return mount;
}

/* pivot_root(".", ".") stacks the old root on the new one, from where it is
 * detached (pivot_root(2), NOTES); no directory is needed to put it in. */
static void
enter_root(int root)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount_attach(root, "/") != 0 || fchdir(root) != 0 ||
        syscall(SYS_pivot_root, ".", ".") != 0 ||
        umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) {
        die(STAGE_ROOT);
    }
}

static int
make_file(const char *path, const char *text)
{
    cleanup_close int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (fd < 0) {
        return -errno;
    }
    ssize_t written = write(fd, text, strlen(text));
    if (written < 0) {
        return -errno;
    }
    return (size_t)written == strlen(text) ? 0 : -ENOSPC;
}

static int
attach_tree(const struct entry *entry)
{
    int error = directories_make_mount_point(entry->path, entry->fd);
    if (error != 0) {
        return error;
    }
    return mount_attach(entry->fd, entry->path) == 0 ? 0 : -errno;
}

static int
make_entry(const struct entry *entry)
{
    if (entry->kind == KIND_LINK || entry->kind == KIND_FILE) {
        int error = directories_make(entry->path, false);
        if (error != 0) {
            return error;
        }
        if (entry->kind == KIND_FILE) {
            return make_file(entry->path, entry->content);
        }
        return symlink(entry->content, entry->path) == 0 ? 0 : -errno;
    }
    return entry->fd < 0 ? 0 : attach_tree(entry);
}

static void
make_entries(const struct order *order)
{
    for (size_t i = 0; i < order->count; i++) {
        int error = make_entry(&order->entries[i]);
        if (error != 0) {
            die_with(STAGE_TREES, -error, (uint32_t)i);
        }
        if (order->entries[i].fd >= 0) {
            (void)close(order->entries[i].fd);
        }
    }
}

/* The zygote has a /tmp of its own, since many a module writes there when it
 * is imported; each worker mounts its own on top, and on /dev/shm.  Before
 * the entries, some of which may be below /tmp. */
static void
make_mount_points(int proc)
{
    cleanup_close int tmp =
        make_mount("tmpfs", tmp_options, MOUNT_NOEXEC, STAGE_ROOT);
    static const char *const points[] = {"/proc", "/tmp", "/dev/shm"};

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        if (directories_make(points[i], true) != 0) {
            die(STAGE_ROOT);
        }
    }
    if (mount_attach(proc, "/proc") != 0 || mount_attach(tmp, "/tmp") != 0) {
        die(STAGE_ROOT);
    }
}

void
root_build(const struct order *order)
{
    if (!tier_has_namespaces(order->tier)) {
        return;
    }
    struct mount_attributes read_only = {.attr_set = MOUNT_RDONLY};
    /* Made while the host's /proc is still visible, which the kernel asks for
     * (mount_too_revealing). */
    cleanup_close int proc =
        make_mount("proc", proc_options, MOUNT_NOEXEC, STAGE_PROC);
    cleanup_close int root = make_mount("tmpfs", root_options, 0, STAGE_ROOT);

    enter_root(root);
    make_mount_points(proc);
    make_entries(order);
    if (mount_set_attributes(AT_FDCWD, "/", 0, &read_only) != 0) {
        die(STAGE_ROOT);
    }
    int error = privileges_lock();
    if (error != 0) {
        die_with(STAGE_BOUNDING, -error, 0);
    }
}
