/* Of step 7: makes slots, opens their files, and removes them.
 *
 * Runs in the keeper, with the caller's rights and no more; system calls only.
 * A directory is locked by the keeper that made it.  Where the lock is free
 * its keeper is gone, and what it left is removed: the kernel removes no group
 * that has processes (rmdir(2): EBUSY). */
#include "launcher/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/deadline.h"
#include "shared/decimal.h"
#include "shared/fd.h"
#include "shared/listing.h"
#include "shared/shortage.h"

#define PREFIX      "boxed-"
#define PREFIX_SIZE (sizeof(PREFIX) - 1)

/* Others' directories that one start looks at: there may be very many. */
#define MOST_SWEPT 64

/* How often another name is tried. */
#define NAMES 16

/* The last processes of a sandbox are gone when its launcher is told so, but
 * for what the kernel has yet to do. */
#define REMOVE_MS 2000

static const char *const files[][MEMORY_SLOT_FILES] = {
    [MEMORY_CGROUP1] =
        {
            [MEMORY_SLOT_ENTER] = "tasks",
            [MEMORY_SLOT_PEAK] = "memory.max_usage_in_bytes",
            [MEMORY_SLOT_KILLS] = "memory.oom_control",
            [MEMORY_SLOT_NOW] = "memory.usage_in_bytes",
            [MEMORY_SLOT_FULL] = "memory.failcnt",
        },
    [MEMORY_CGROUP2] =
        {
            [MEMORY_SLOT_ENTER] = "cgroup.procs",
            [MEMORY_SLOT_PEAK] = "memory.peak",
            [MEMORY_SLOT_KILLS] = "memory.events",
            [MEMORY_SLOT_NOW] = "memory.current",
            [MEMORY_SLOT_FULL] = "memory.events",
        },
};

static int
open_directory(int at, const char *name)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static bool
is_number(const char *name)
{
    return *name >= '0' && *name <= '9';
}

/* 0 once it is not there. */
static int
remove_group(int at, const char *name)
{
    return unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0
                                                                    : -errno;
}

/* What is left of a keeper that is gone. */
static void
sweep_one(int base, const char *name)
{
    struct listing listing;
    const struct listed *entry;
    struct stat seen;
    cleanup_close int fd = open_directory(base, name);

    if (fd < 0 || fstat(fd, &seen) != 0 || seen.st_uid != geteuid() ||
        flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return;
    }
    listing = (struct listing){.fd = fd};
    while (listing_next(&listing, &entry) == 1) {
        if (is_number(entry->name)) {
            (void)remove_group(fd, entry->name);
        }
    }
    (void)remove_group(base, name);
}

static void
sweep(int base)
{
    struct listing listing = {.fd = base};
    const struct listed *entry;
    int swept = 0;

    while (swept < MOST_SWEPT && listing_next(&listing, &entry) == 1) {
        if (strncmp(entry->name, PREFIX, PREFIX_SIZE) == 0 &&
            is_number(entry->name + PREFIX_SIZE)) {
            sweep_one(base, entry->name);
            swept++;
        }
    }
}

static char *
append(char *end, const char *text)
{
    size_t size = strlen(text);
    memcpy(end, text, size + 1);
    return end + size;
}

static void
name_directory(struct slots *slots, unsigned attempt)
{
    char number[DECIMAL_SIZE];
    char *end = append(slots->name, PREFIX);

    end = append(end, decimal((uint64_t)getpid(), number));
    end = append(end, "-");
    (void)append(end, decimal(attempt, number));
}

/* -EEXIST: another keeper has one of this name, or took this one for left
 * over before it was locked. */
static int
make_directory(struct slots *slots)
{
    struct stat seen;

    if (mkdirat(slots->base.fd, slots->name, 0755) != 0) {
        return -errno;
    }
    int fd = open_directory(slots->base.fd, slots->name);
    if (fd < 0) {
        return fd == -ENOENT ? -EEXIST : fd;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 ||
        fstatat(slots->base.fd, slots->name, &seen, 0) != 0) {
        (void)close(fd);
        return -EEXIST;
    }
    slots->directory = fd;
    return 0;
}

int
slots_open(pid_t caller, pid_t launcher, struct slots *ret_slots)
{
    *ret_slots = (struct slots){.base.fd = -1, .directory = -1};
    int error = cgroup_find(caller, launcher, &ret_slots->base);
    if (error != 0) {
        return error;
    }
    sweep(ret_slots->base.fd);
    error = -EEXIST;
    for (unsigned i = 0; i < NAMES && error == -EEXIST; i++) {
        name_directory(ret_slots, i);
        error = make_directory(ret_slots);
    }
    if (error == 0 && ret_slots->base.ruler == MEMORY_CGROUP2) {
        error = cgroup_write(ret_slots->directory, "cgroup.subtree_control",
                             "+memory");
    }
    if (error != 0) {
        slots_close(ret_slots);
    }
    return error;
}

/* Without swap: pages that were swapped out would not count. */
static int
set_limit(const struct slots *slots, int slot, uint64_t limit)
{
    bool is_old = slots->base.ruler == MEMORY_CGROUP1;
    char buffer[DECIMAL_SIZE];
    const char *bytes = decimal(limit, buffer);

    if (limit == 0) {
        return 0;
    }
    int error = cgroup_write(
        slot, is_old ? "memory.limit_in_bytes" : "memory.max", bytes);
    if (error != 0) {
        return error;
    }
    /* One page more, so that it is the limit of memory that is reached and
     * counted. */
    error = is_old ? cgroup_write(slot, "memory.memsw.limit_in_bytes",
                                  decimal(limit + 4096, buffer))
                   : cgroup_write(slot, "memory.swap.max", "0");
    if (error == 0 && !is_old) {
        /* A call ends as a whole. */
        error = cgroup_write(slot, "memory.oom.group", "1");
    }
    /* Kernels without swap, or before Linux 4.19. */
    return error == -ENOENT ? 0 : error;
}

/* Those that only tell can be missing: before Linux 5.19 there is no peak. */
static int
open_file(int slot, enum memory_slot_file file, const char *name, int *ret_fd)
{
    int flags = file == MEMORY_SLOT_ENTER ? O_WRONLY : O_RDONLY;

    *ret_fd = -1;
    if (file == MEMORY_SLOT_PEAK) {
        *ret_fd = openat(slot, name, O_RDWR | O_CLOEXEC);
    }
    if (*ret_fd < 0) {
        *ret_fd = openat(slot, name, flags | O_CLOEXEC);
    }
    return *ret_fd >= 0 || (file == MEMORY_SLOT_PEAK && errno == ENOENT)
               ? 0
               : -errno;
}

static int
open_files(const struct slots *slots, int slot, int fds[MEMORY_SLOT_FILES])
{
    int error = 0;

    for (int i = 0; i < MEMORY_SLOT_FILES && error == 0; i++) {
        error = open_file(slot, (enum memory_slot_file)i,
                          files[slots->base.ruler][i], &fds[i]);
    }
    return error;
}

int
slots_make(struct slots *slots, uint32_t number, uint64_t limit,
           int fds[MEMORY_SLOT_FILES])
{
    char buffer[DECIMAL_SIZE];
    const char *name = decimal(number, buffer);

    if (mkdirat(slots->directory, name, 0755) != 0) {
        return -errno;
    }
    if (slots->count <= number) {
        slots->count = number + 1;
    }
    cleanup_close int slot = open_directory(slots->directory, name);
    int error = slot < 0 ? slot : set_limit(slots, slot, limit);
    error = error ? error : open_files(slots, slot, fds);
    if (error != 0) {
        for (int i = 0; i < MEMORY_SLOT_FILES; i++) {
            fd_close(&fds[i]);
        }
        slots_drop(slots, number);
    }
    return error;
}

void
slots_lower(const struct slots *slots, uint32_t number, uint64_t limit)
{
    char buffer[DECIMAL_SIZE];
    cleanup_close int slot =
        open_directory(slots->directory, decimal(number, buffer));

    if (slot >= 0) {
        (void)set_limit(slots, slot, limit);
    }
}

void
slots_drop(const struct slots *slots, uint32_t number)
{
    char buffer[DECIMAL_SIZE];

    (void)remove_group(slots->directory, decimal(number, buffer));
}

void
slots_close(struct slots *slots)
{
    deadline_ns deadline = deadline_after_ms(REMOVE_MS);
    char buffer[DECIMAL_SIZE];

    for (uint32_t i = 0; i < slots->count; i++) {
        while (remove_group(slots->directory, decimal(i, buffer)) == -EBUSY &&
               deadline_now() < deadline) {
            shortage_pause();
        }
    }
    if (slots->directory >= 0) {
        (void)remove_group(slots->base.fd, slots->name);
    }
    fd_close(&slots->directory);
    fd_close(&slots->base.fd);
}
