/* Step 13: the guest's file system, and the end of in-namespace capabilities.
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
#include "launcher/mount_api.h"
#include "shared/decimal.h"
#include "shared/directories.h"
#include "shared/fd.h"

#define TMP "/tmp"

struct option {
    const char *key, *value;
};

/* Process ids only; a process sees those it could trace. */
static const struct option proc_options[] = {
    {"hidepid", "ptraceable"}, {"subset", "pid"}, {NULL, NULL}};
/* The supervisor sees all of them; it is mounted nowhere. */
static const struct option all_of_proc[] = {{"subset", "pid"}, {NULL, NULL}};
/* Room for what imports in the zygote write. */
static const struct option tmp_options[] = {
    {"size", "16m"}, {"nr_inodes", "4096"}, {"mode", "1777"}, {NULL, NULL}};

/* A detached mount of a new file system. */
static int
make_mount(const char *type, const struct option *options, unsigned attributes,
           enum boxed_stage stage)
{
    cleanup_close int fs = (int)syscall(NR_fsopen, type, FS_CLOEXEC);
    bool made = fs >= 0;

    for (; made && options->key != NULL; options++) {
        made = syscall(NR_fsconfig, fs, FS_SET_STRING, options->key,
                       options->value, 0) == 0;
    }
    if (!made || syscall(NR_fsconfig, fs, FS_CREATE, NULL, NULL, 0) != 0) {
        die(stage);
    }
    attributes |= MOUNT_NOSUID | MOUNT_NODEV;
    int mount = (int)syscall(NR_fsmount, fs, FS_CLOEXEC, attributes);
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
        /* It can be there already, where a place has a link to another. */
        return symlink(entry->content, entry->path) == 0 || errno == EEXIST
                   ? 0
                   : -errno;
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

static void
make_mount_points(int proc)
{
    static const char *const points[] = {"/proc", "/tmp", "/dev/shm"};

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        if (directories_make(points[i], true) != 0) {
            die(STAGE_ROOT);
        }
    }
    if (mount_attach(proc, "/proc") != 0) {
        die(STAGE_ROOT);
    }
}

/* A file system for what is shown: directories, links, a few small files, and
 * the modules of places. */
static int
make_shown(const struct modules *modules)
{
    char size[DECIMAL_SIZE], inodes[DECIMAL_SIZE];
    const struct option options[] = {
        {"size", decimal(modules->bytes + (1u << 20), size)},
        {"nr_inodes", decimal(modules->files + 8192, inodes)},
        {"mode", "0755"},
        {NULL, NULL},
    };

    return make_mount("tmpfs", options, 0, STAGE_ROOT);
}

static void
make_modules(const struct order *order, const struct modules *modules)
{
    int error = modules_make(order, modules);
    if (error != 0) {
        die_with(STAGE_TREES, -error, UINT32_MAX);
    }
}

static bool
shows_below_tmp(const struct order *order)
{
    for (size_t i = 0; i < order->count; i++) {
        const struct entry *entry = &order->entries[i];
        const char *path =
            order_kind_is_place(entry->kind) ? entry->content : entry->path;
        if (strncmp(path, TMP "/", sizeof(TMP)) == 0) {
            return true;
        }
    }
    return false;
}

void
root_build(struct order *order)
{
    if (!order_tier_has_namespaces(order->tier)) {
        return;
    }
    struct mount_attributes read_only = {.attr_set = MOUNT_RDONLY};
    struct modules modules;
    int error = modules_open(order, &modules);
    if (error != 0) {
        die_with(STAGE_TREES, -error, UINT32_MAX);
    }
    /* Made while the host's /proc is still visible, which the kernel asks for
     * (mount_too_revealing). */
    cleanup_close int proc =
        make_mount("proc", proc_options, MOUNT_NOEXEC, STAGE_PROC);
    order->proc = make_mount("proc", all_of_proc, MOUNT_NOEXEC, STAGE_PROC);
    cleanup_close int root = make_shown(&modules);
    cleanup_close int tmp =
        make_mount("tmpfs", tmp_options, MOUNT_NOEXEC, STAGE_ROOT);
    cleanup_close int below_tmp =
        shows_below_tmp(order) ? make_shown(&modules) : -1;

    enter_root(root);
    make_mount_points(proc);
    if (below_tmp >= 0 && mount_attach(below_tmp, TMP) != 0) {
        die(STAGE_ROOT);
    }
    make_modules(order, &modules);
    modules_close(order, &modules);
    make_entries(order);
    if (below_tmp >= 0) {
        tmp_exchange(tmp);
    }
    else if (mount_attach(tmp, TMP) != 0) {
        die(STAGE_ROOT);
    }
    if (mount_set_attributes(AT_FDCWD, "/", 0, &read_only) != 0) {
        die(STAGE_ROOT);
    }
    error = privileges_lock();
    if (error != 0) {
        die_with(STAGE_BOUNDING, -error, 0);
    }
}
