/* Step 15, in the child: confines what is about to become the zygote.
 *
 * Unprivileged.  Limits, descriptors, Landlock and the system call filter, in
 * this order: each later one would forbid an earlier one.  Where mounts hide
 * the host, Landlock's file rules wait for the worker, because a domain with
 * file rules forbids mount(2), and each worker mounts its own /tmp. */
#include "launcher/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/landlock.h"
#include "confine/seccomp.h"
#include "launcher/walk.h"
#include "shared/fd.h"
#include "shared/memory_look.h"
#include "shared/memory_slot.h"
#include "shared/rlimit.h"

/* The zygote's; a worker's are lower.  A core limit of 1, not 0, also stops
 * a core_pattern that is a pipe (core(5)). */
static const struct {
    int resource;
    rlim_t value;
} guest_limits[] = {
    {RLIMIT_CORE, 1},   {RLIMIT_MSGQUEUE, 0},    {RLIMIT_NICE, 0},
    {RLIMIT_RTPRIO, 0}, {RLIMIT_MEMLOCK, 65536}, {RLIMIT_NOFILE, 16384},
};

static void
set_limits(void)
{
    for (size_t i = 0; i < sizeof(guest_limits) / sizeof(guest_limits[0]);
         i++) {
        rlim_t value = guest_limits[i].value;
        int error = rlimit_lower(guest_limits[i].resource, value, value);
        if (error != 0) {
            die_with(STAGE_LIMITS, -error, 0);
        }
    }
}

/* Keeps stdin, the log twice, the server socket, and those to keeper and
 * supervisor.  The control socket closes itself when execve succeeds, and
 * serves to tell if it does not. */
static void
keep_descriptors(int keeper, int looks)
{
    int above = fcntl(looks, F_DUPFD_CLOEXEC, ORDER_LOOK_FD + 1);

    if (dup2(2, 1) < 0 || fcntl(ORDER_SERVER_FD, F_SETFD, 0) != 0 ||
        above < 0 || dup2(keeper, ORDER_KEEPER_FD) < 0 ||
        fcntl(ORDER_KEEPER_FD, F_SETFD, 0) != 0 ||
        dup2(above, ORDER_LOOK_FD) < 0 ||
        syscall(SYS_close_range, ORDER_LOOK_FD + 1u, ~0u, 0u) != 0) {
        die(STAGE_DESCRIPTORS);
    }
}

static enum landlock_access
access_of(enum order_kind kind)
{
    if (kind == KIND_DEVICE) {
        return LANDLOCK_DEVICE;
    }
    return kind == KIND_WRITE ? LANDLOCK_WRITE : LANDLOCK_READ;
}

static int
open_grants(const struct order *order, struct landlock_grant *ret_grants)
{
    int count = 0;
    for (size_t i = 0; i < order->count; i++) {
        const struct entry *entry = &order->entries[i];
        if (!order_kind_is_mounted(entry->kind)) {
            continue;
        }
        int fd = open(entry->path, O_PATH | O_CLOEXEC);
        if (fd < 0 && entry->kind == KIND_OPTIONAL) {
            continue;
        }
        if (fd < 0) {
            die_with(STAGE_LANDLOCK, errno, (uint32_t)i);
        }
        if (!target_may_write(order, entry->kind, fd)) {
            die_with(STAGE_USER, EPERM, (uint32_t)i);
        }
        ret_grants[count].fd = fd;
        ret_grants[count].access = access_of(entry->kind);
        count++;
    }
    return count;
}

/* What the modules of one place are granted with. */
struct modules_grant {
    const struct order *order;
    const struct landlock_rules *rules;
    uint32_t entry;
};

static int
grant_nothing(void *context, const char *shown)
{
    (void)context;
    (void)shown;
    return 0;
}

static int
grant_module(void *context, const char *shown, int fd, const struct stat *seen)
{
    const struct modules_grant *modules = context;
    const struct landlock_grant grant = {fd, LANDLOCK_READ};

    (void)shown;
    (void)seen;
    return landlock_grant_add(modules->rules, &grant);
}

/* To import from it, one must list it. */
static int
grant_list(const struct landlock_rules *rules, const char *path)
{
    cleanup_close int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const struct landlock_grant grant = {fd, LANDLOCK_LIST};
    return fd < 0 ? 0 : landlock_grant_add(rules, &grant);
}

/* Where there are no mounts, each module by itself. */
static int
grant_modules(const struct landlock_rules *rules, void *context)
{
    struct modules_grant *modules = context;
    const struct walk_sink sink = {grant_nothing, grant_module, modules};
    const struct order *order = modules->order;

    modules->rules = rules;
    for (size_t i = 0; i < order->count; i++) {
        const struct entry *entry = &order->entries[i];
        if (!order_kind_is_place(entry->kind)) {
            continue;
        }
        modules->entry = (uint32_t)i;
        int error = grant_list(rules, entry->path);
        error = error != 0 ? error : walk_place(order, entry, &sink);
        if (error != 0) {
            return error;
        }
    }
    modules->entry = UINT32_MAX;
    return 0;
}

static void
confine_files(const struct order *order)
{
    struct landlock_grant grants[ORDER_MAX_MOUNTS];
    struct modules_grant modules = {.order = order, .entry = UINT32_MAX};
    bool files = !order_tier_has_namespaces(order->tier);
    int count = files ? open_grants(order, grants) : 0;
    struct landlock_options options = {
        .grants = grants,
        .count = (size_t)count,
        .filesystem = files,
        .network = order->network,
        .more = grant_modules,
        .context = &modules,
    };
    int error = landlock_confine(&options);
    if (error != 0) {
        die_with(STAGE_LANDLOCK, -error, modules.entry);
    }
    for (int i = 0; i < count; i++) {
        (void)close(grants[i].fd);
    }
}

void
guest_confine(const struct order *order)
{
    int abi = landlock_abi();
    if (abi < 0) {
        die_with(STAGE_LANDLOCK, -abi, UINT32_MAX);
    }
    const struct seccomp_options options = {
        .network = order->network,
        .host_files = !order_tier_has_namespaces(order->tier),
        /* Without mounts, modes could be changed of all that the guest's uid
         * owns, and `nobody` may own files of others. */
        .keep_modes =
            !order_tier_has_namespaces(order->tier) && !order->uid_is_its_own,
        .keep_sizes = !order_tier_has_namespaces(order->tier) && abi < 3,
    };

    set_limits();
    keeper_await(order);
    keep_descriptors(order->keeper_socket, order->looks_of_zygote);
    confine_files(order);
    int error = seccomp_confine(SECCOMP_ZYGOTE, &options);
    if (error != 0) {
        die_with(STAGE_SECCOMP, -error, 0);
    }
}
