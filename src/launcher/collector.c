/* Step 4: the collector clones the trees that the guest will see.
 *
 * A child that stays the caller: it drops its capabilities first, so no path
 * is opened with more rights than the caller's own, and an interpreter in a
 * 0700 home works.  In a user and mount namespace of its own it clones each
 * tree, makes it read-only, and passes the detached mounts back.  The parent
 * touches no path at all. */
#include "launcher/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/mountapi.h"
#include "shared/fd.h"
#include "shared/rights.h"

/* One message carries all. */
_Static_assert(ORDER_MAX_ENTRIES <= RIGHTS_MAX, "too many for one message");

static bool
kind_is_mounted(enum order_kind kind)
{
    return kind != KIND_LINK && kind != KIND_FILE;
}

/* A new mount namespace locks submounts together: a tree is cloned with all
 * of them or not at all (mount_namespaces(7)), hence AT_RECURSIVE. */
static int
clone_tree(const struct entry *entry)
{
    struct mount_attributes attributes = {
        .attr_set = MOUNT_NOSUID,
    };
    cleanup_close int tree =
        open_tree_at(AT_FDCWD, entry->path, TREE_CLONE | AT_RECURSIVE);

    if (tree < 0) {
        return -errno;
    }
    if (entry->kind != KIND_DEVICE) {
        attributes.attr_set |= MOUNT_NODEV;
    }
    if (entry->kind != KIND_WRITE) {
        attributes.attr_set |= MOUNT_RDONLY;
    }
    if (mount_set_attributes(tree, "", AT_EMPTY_PATH | AT_RECURSIVE,
                             &attributes) != 0) {
        return -errno;
    }
    return steal_fd(&tree);
}

static _Noreturn void
run_collector(int to, const struct order *order)
{
    uint8_t entries[ORDER_MAX_ENTRIES];
    int fds[ORDER_MAX_ENTRIES];
    /* The message's bytes say which entry each descriptor is for. */
    struct rights found = {.data = entries, .fds = fds};

    capabilities_forget();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
        die(STAGE_COLLECTOR);
    }
    for (size_t i = 0; i < order->count; i++) {
        const struct entry *entry = &order->entries[i];
        if (!kind_is_mounted(entry->kind)) {
            continue;
        }
        int fd = clone_tree(entry);
        if (fd >= 0) {
            entries[found.count] = (uint8_t)i;
            fds[found.count++] = fd;
        }
        else if (entry->kind != KIND_OPTIONAL) {
            die_with(STAGE_COLLECT, -fd, (uint32_t)i);
        }
    }
    found.size = found.count;
    ssize_t sent = found.count > 0 ? rights_send(to, &found, 0) : 0;
    if (sent < 0) {
        die_with(STAGE_COLLECT, (int)-sent, UINT32_MAX);
    }
    _exit(0);
}

/* Nothing comes where there is nothing to show, or the collector failed. */
static void
receive_trees(int from, struct order *order)
{
    uint8_t entries[ORDER_MAX_ENTRIES];
    int fds[ORDER_MAX_ENTRIES];
    struct rights found = {entries, sizeof(entries), fds, ORDER_MAX_ENTRIES};
    ssize_t count = rights_receive(from, &found, 0);

    if (count < 0) {
        die_with(STAGE_COLLECT, (int)-count, 0);
    }
    /* Too few descriptors: the limit on open files. */
    if ((size_t)count != found.count) {
        die_with(STAGE_COLLECT, EMFILE, UINT32_MAX);
    }
    for (ssize_t i = 0; i < count; i++) {
        if (entries[i] >= order->count) {
            die_with(STAGE_COLLECT, EPROTO, UINT32_MAX);
        }
        struct entry *entry = &order->entries[entries[i]];
        entry->fd = fds[i];
        if (!target_may_write(order, entry->kind, entry->fd)) {
            die_with(STAGE_USER, EPERM, entries[i]);
        }
    }
}

void
trees_collect(struct order *order)
{
    int pair[2];

    if (!tier_has_namespaces(order->tier)) {
        return;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        die(STAGE_COLLECT);
    }
    pid_t child = fork();
    if (child < 0) {
        die(STAGE_COLLECT);
    }
    if (child == 0) {
        run_collector(pair[1], order);
    }
    (void)close(pair[1]);
    receive_trees(pair[0], order);
    (void)close(pair[0]);
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) {
        /* It has told why; this exit must not hide its record. */
        _exit(111);
    }
}
