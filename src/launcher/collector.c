/* Step 6: the collector clones the trees that the guest will see.
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
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/mount_api.h"
#include "shared/fd.h"
#include "shared/rights.h"

/* One message carries all. */
_Static_assert(ORDER_MAX_MOUNTS + MAX_LARGE + 1 <= RIGHTS_MAX,
               "too many for one message");

/* What a descriptor is for: the index of an entry, or one of these. */
enum { FOR_MODULES = ORDER_MAX_ENTRIES, FOR_LARGE };

/* A new mount namespace locks submounts together: a tree is cloned with all
 * of them or not at all (mount_namespaces(7)), hence AT_RECURSIVE. */
static int
clone_tree(const struct entry *entry)
{
    struct mount_attributes attributes = {
        .attr_set = MOUNT_NOSUID,
    };
    cleanup_close int tree =
        mount_open_tree(AT_FDCWD, entry->path, TREE_CLONE | AT_RECURSIVE);

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
    return fd_steal(&tree);
}

static void
collect_modules(const struct order *order, struct rights *found)
{
    uint16_t *uses = found->data;
    int made = -1, large[MAX_LARGE];
    size_t count;
    uint32_t entry = UINT32_MAX;
    int error = modules_collect(order, &made, large, &count, &entry);

    if (error != 0) {
        die_with(STAGE_COLLECT, -error, entry);
    }
    if (made < 0) {
        return;
    }
    uses[found->count] = FOR_MODULES;
    found->fds[found->count++] = made;
    for (size_t i = 0; i < count; i++) {
        uses[found->count] = FOR_LARGE;
        found->fds[found->count++] = large[i];
    }
}

static _Noreturn void
run_collector(int to, const struct order *order)
{
    uint16_t uses[RIGHTS_MAX];
    int fds[RIGHTS_MAX];
    /* The message's numbers say what each descriptor is for. */
    struct rights found = {.data = uses, .fds = fds};

    capabilities_forget();
    /* A limit on file sizes is told as EFBIG. */
    (void)signal(SIGXFSZ, SIG_IGN);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
        die(STAGE_COLLECTOR);
    }
    for (size_t i = 0; i < order->count; i++) {
        const struct entry *entry = &order->entries[i];
        if (!order_kind_is_mounted(entry->kind)) {
            continue;
        }
        int fd = clone_tree(entry);
        if (fd >= 0) {
            uses[found.count] = (uint16_t)i;
            fds[found.count++] = fd;
        }
        else if (entry->kind != KIND_OPTIONAL) {
            die_with(STAGE_COLLECT, -fd, (uint32_t)i);
        }
    }
    collect_modules(order, &found);
    found.size = found.count * sizeof(uses[0]);
    ssize_t sent = found.count > 0 ? rights_send(to, &found, 0) : 0;
    if (sent < 0) {
        die_with(STAGE_COLLECT, (int)-sent, UINT32_MAX);
    }
    _exit(0);
}

static void
take_descriptor(struct order *order, uint16_t use, int fd)
{
    if (use == FOR_MODULES && order->modules < 0) {
        order->modules = fd;
        return;
    }
    if (use == FOR_LARGE && order->large_count < MAX_LARGE) {
        order->large[order->large_count++] = fd;
        return;
    }
    if (use >= order->count ||
        !order_kind_is_mounted(order->entries[use].kind)) {
        die_with(STAGE_COLLECT, EPROTO, UINT32_MAX);
    }
    struct entry *entry = &order->entries[use];
    entry->fd = fd;
    if (!target_may_write(order, entry->kind, entry->fd)) {
        die_with(STAGE_USER, EPERM, use);
    }
}

/* Nothing comes where there is nothing to show, or the collector failed. */
static void
receive_trees(int from, struct order *order)
{
    uint16_t uses[RIGHTS_MAX];
    int fds[RIGHTS_MAX];
    struct rights found = {uses, sizeof(uses), fds, RIGHTS_MAX};
    ssize_t size = rights_receive(from, &found, 0);

    if (size < 0) {
        die_with(STAGE_COLLECT, (int)-size, 0);
    }
    /* Too few descriptors: the limit on open files. */
    if ((size_t)size != found.count * sizeof(uses[0])) {
        die_with(STAGE_COLLECT, EMFILE, UINT32_MAX);
    }
    for (size_t i = 0; i < found.count; i++) {
        take_descriptor(order, uses[i], fds[i]);
    }
}

void
collector_run(struct order *order)
{
    int pair[2];

    if (!order_tier_has_namespaces(order->tier)) {
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
        _exit(STAGE_EXIT);
    }
}
