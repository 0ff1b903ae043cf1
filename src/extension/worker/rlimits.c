/* Sets a worker's resource limits right after its fork, and measures before,
 * in the zygote, what they are to be added to.
 *
 * Unprivileged; setting is async-signal-safe.  Memory is limited above what
 * the interpreter and its preloaded modules have already, so that a limit
 * means the same with and without numpy.  RLIMIT_DATA counts private writable
 * memory (Linux 4.7) and so leaves the reservations of allocators alone;
 * RLIMIT_AS, wider, bounds what that does not count: shared anonymous
 * mappings, stacks, and so page tables. */
#include "extension/worker/rlimits.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/rlimit.h"

#define MIB        (1024ull * 1024)
#define MOST_TASKS (1ull << 22) /* PID_MAX_LIMIT of the kernel */

/* Signals that wait count per uid: what POSIX promises (_POSIX_SIGQUEUE_MAX).
 * A stack below is too small for CPython. */
#define PENDING_SIGNALS 32
#define LEAST_STACK     (8 * MIB)

/* Where all of a uid's tasks count together: what may come to be later. */
#define NEIGHBOURS 512

/* What is limited: where to begin to look, for most zygotes have less; how to
 * take one more of it, and how fine to measure. */
struct measured {
    __rlimit_resource_t resource;
    uint64_t likely;
    uint64_t highest;
    uint64_t step;
    bool (*take_one)(void);
};

static bool
take_page(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return false;
    }
    (void)munmap(page, size);
    return true;
}

static bool
take_process(void)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    return child > 0 && waitpid(child, NULL, 0) == child;
}

static const struct measured address_space = {
    RLIMIT_AS, 256 * MIB, RLIMITS_MOST_MEMORY, 4096, take_page};
static const struct measured private_memory = {
    RLIMIT_DATA, 32 * MIB, RLIMITS_MOST_MEMORY, 4096, take_page};
static const struct measured tasks = {RLIMIT_NPROC, 16, MOST_TASKS, 1,
                                      take_process};

static bool
fits(const struct measured *what, uint64_t limit, rlim_t hard)
{
    const struct rlimit tried = {.rlim_cur = limit, .rlim_max = hard};
    return setrlimit(what->resource, &tried) == 0 && what->take_one();
}

/* The lowest limit under which one more fits: what is in use, and that one.
 * Asked of the kernel, since /proc is closed to some tiers' zygotes. */
static int
measure(const struct measured *what, uint64_t *ret_value)
{
    struct rlimit before;
    uint64_t low = 0, high = what->likely, highest = what->highest;

    if (getrlimit(what->resource, &before) != 0) {
        return -errno;
    }
    if (before.rlim_max < highest) {
        highest = before.rlim_max;
    }
    while (high < highest && !fits(what, high, before.rlim_max)) {
        low = high;
        high *= 2;
    }
    if (high > highest) {
        high = highest;
    }
    while (high - low > what->step) {
        uint64_t middle = low + (high - low) / 2;
        if (fits(what, middle, before.rlim_max)) {
            high = middle;
        }
        else {
            low = middle;
        }
    }
    if (setrlimit(what->resource, &before) != 0) {
        return -errno;
    }
    *ret_value = high;
    return 0;
}

int
rlimits_measure(struct rlimits_baseline *ret_baseline, bool count_tasks)
{
    int error = measure(&address_space, &ret_baseline->address_space);
    error = error ? error : measure(&private_memory, &ret_baseline->data);
    if (error == 0 && count_tasks) {
        error = measure(&tasks, &ret_baseline->tasks);
    }
    return error;
}

/* Libraries are mapped in it, too. */
static uint64_t
slack(uint64_t memory)
{
    uint64_t wanted = 4 * memory;

    if (wanted < 256 * MIB) {
        return 256 * MIB;
    }
    return wanted < 1024 * MIB ? wanted : 1024 * MIB;
}

/* The first thread's stack grows to its soft limit, beside RLIMIT_DATA. */
static int
set_stack(uint64_t memory)
{
    struct rlimit stack;
    uint64_t most = memory > LEAST_STACK ? memory : LEAST_STACK;

    if (getrlimit(RLIMIT_STACK, &stack) != 0) {
        return -errno;
    }
    return rlimit_lower(RLIMIT_STACK, stack.rlim_cur, most);
}

static int
set_memory(uint64_t memory, const struct rlimits_baseline *baseline)
{
    uint64_t data = baseline->data + memory;
    uint64_t space = baseline->address_space + 2 * memory + slack(memory);

    if (memory == 0 || memory > RLIMITS_MOST_MEMORY) {
        return 0;
    }
    int error = rlimit_lower(RLIMIT_DATA, data, data);
    error = error ? error : rlimit_lower(RLIMIT_AS, space, space);
    return error != 0 ? error : set_stack(memory);
}

int
rlimits_set(const struct rlimits *limits,
            const struct rlimits_baseline *baseline)
{
    int error =
        rlimit_lower(RLIMIT_NOFILE, limits->open_files, limits->open_files);
    if (error == 0) {
        error =
            rlimit_lower(RLIMIT_FSIZE, limits->file_size, limits->file_size);
    }
    if (error == 0 && limits->cpu_seconds != 0) {
        /* SIGXCPU at the soft limit, SIGKILL a second later: the signal can
         * be ignored, the kill cannot (getrlimit(2)). */
        error = rlimit_lower(RLIMIT_CPU, limits->cpu_seconds,
                             limits->cpu_seconds + 1);
    }
    if (error == 0) {
        error =
            rlimit_lower(RLIMIT_SIGPENDING, PENDING_SIGNALS, PENDING_SIGNALS);
    }
    return error != 0 ? error : set_memory(limits->memory, baseline);
}

int
rlimits_set_threads(const struct rlimits *limits,
                    const struct rlimits_baseline *baseline)
{
    uint64_t most = limits->threads;
    if (baseline->tasks != 0) {
        most += baseline->tasks + NEIGHBOURS;
    }
    return rlimit_lower(RLIMIT_NPROC, most, most);
}
