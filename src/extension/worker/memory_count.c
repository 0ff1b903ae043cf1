/* Counts the memory of all processes of a call, where no cgroup does.
 *
 * Runs in the init of the call's pid namespace, in C in a fresh fork;
 * async-signal-safe.  That of each process is soon read, but what they share
 * is in each: after a fork nearly all.  Only where their sum is more than the
 * limit is it asked for their shares, for which the kernel walks through all
 * their pages.  Where it does not tell these, what a process has counts as a
 * whole. */
#include "extension/worker/memory_count.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "shared/fd.h"
#include "shared/listing.h"
#include "extension/worker/memory_status.h"
#include "shared/shortage.h"

/* Asking for shares may take no more than this part of the time. */
#define SHARES_PART 5

static int
open_in(int directory, const char *name, int flags)
{
    int fd = openat(directory, name, flags | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* What one process has, 0 if it is gone. */
static int
read_one(int proc, const char *pid, bool shares, uint64_t *ret_bytes)
{
    struct memory_status status;
    uint64_t bytes;
    cleanup_close int directory = open_in(proc, pid, O_PATH | O_DIRECTORY);
    cleanup_close int fd =
        directory < 0 ? directory : open_in(directory, "status", O_RDONLY);
    int error = fd < 0 ? fd : memory_status_read(fd, &status);

    *ret_bytes = 0;
    if (error != 0) {
        return error == -ENOENT || error == -ESRCH ? 0 : error;
    }
    *ret_bytes = status.bytes;
    if (shares) {
        cleanup_close int rollup =
            open_in(directory, "smaps_rollup", O_RDONLY);
        if (rollup >= 0 && memory_status_read_shares(rollup, &bytes) == 0) {
            *ret_bytes = bytes + status.tables;
        }
    }
    return 0;
}

/* Of a directory's names, those of processes but the one that counts. */
static bool
is_process(const char *name)
{
    return *name >= '0' && *name <= '9' && strcmp(name, "1") != 0;
}

static int
read_all(int proc, bool shares, uint64_t *ret_bytes)
{
    struct listing listing = {.fd = proc};
    const struct listed *entry;
    uint64_t bytes;
    int found;

    *ret_bytes = 0;
    if (lseek(proc, 0, SEEK_SET) != 0) {
        return -errno;
    }
    while ((found = listing_next(&listing, &entry)) == 1) {
        int error = is_process(entry->name)
                        ? read_one(proc, entry->name, shares, &bytes)
                        : (bytes = 0, 0);
        if (error != 0) {
            return error;
        }
        *ret_bytes += bytes;
    }
    return found;
}

void
memory_count_begin(struct memory_count *count, uint64_t limit)
{
    if (count->limit == 0) {
        count->limit = limit;
        count->next_look = deadline_now() + MEMORY_FIRST_LOOK_NS;
    }
}

/* ret_rest: how long not to look again, since it takes long. */
static int
look(const struct memory_count *count, uint64_t *ret_bytes,
     deadline_ns *ret_rest)
{
    int error = read_all(count->proc, false, ret_bytes);

    *ret_rest = 0;
    if (error != 0 || *ret_bytes <= count->limit) {
        return error;
    }
    deadline_ns before = deadline_now();
    error = read_all(count->proc, true, ret_bytes);
    *ret_rest = (deadline_now() - before) * SHARES_PART;
    return error;
}

deadline_ns
memory_count_look(struct memory_count *count)
{
    uint64_t bytes = 0;
    deadline_ns now = deadline_now();

    if (count->limit == 0) {
        return DEADLINE_NEVER;
    }
    if (now < count->next_look) {
        return count->next_look;
    }
    deadline_ns rest, wait = MEMORY_LOOK_LEAST_NS;
    int error = look(count, &bytes, &rest);
    if (error != 0) {
        /* Where the kernel is short of something, it is looked at again. */
        count->hidden = !shortage_is(-error);
    }
    else if (bytes > count->limit) {
        count->bytes = bytes;
    }
    else {
        wait = memory_status_wait(count->limit - bytes);
    }
    count->next_look = deadline_now() + (wait > rest ? wait : rest);
    return count->next_look;
}
