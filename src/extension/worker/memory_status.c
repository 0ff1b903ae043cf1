/* Reads what the kernel writes of the memory of a process (proc_pid_status(5),
 * proc_pid_smaps(5)).
 *
 * Runs in the zygote and in the init of a call's processes; system calls only,
 * and no allocation.  What a guest can choose of these files, the program's
 * name, cannot have a line of its own: the kernel escapes it. */
#include "extension/worker/memory_status.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than the kernel writes, unless the guest is in thousands of groups. */
#define TEXT_SIZE 65536

#define LOOK_MOST_NS ((deadline_ns)50000000)

/* Bytes in a nanosecond that one processor can fill, at most: the kernel has
 * to clear them. */
#define FILLED_IN_NS 16

static char text[TEXT_SIZE];

static int
read_text(int fd)
{
    ssize_t got = pread(fd, text, sizeof(text) - 1, 0);

    if (got < 0) {
        return -errno;
    }
    text[got] = '\0';
    return 0;
}

/* The number behind a word that begins a line.  Whether it is there. */
static bool
find(const char *word, uint64_t *ret_number)
{
    const char *line = strstr(text, word);

    if (line == NULL) {
        return false;
    }
    *ret_number = strtoull(line + strlen(word), NULL, 10);
    return true;
}

/* Adds numbers of KiB up, if all are there. */
static bool
sum(const char *const *words, size_t count, uint64_t *ret_bytes)
{
    uint64_t number;

    *ret_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        if (!find(words[i], &number)) {
            return false;
        }
        *ret_bytes += number * 1024;
    }
    return true;
}

int
memory_status_read(int fd, struct memory_status *ret_status)
{
    static const char *const words[] = {
        "\nRssAnon:", "\nRssShmem:", "\nVmPTE:", "\nVmSwap:"};
    uint64_t threads = 0, tables = 0;
    int error = read_text(fd);

    if (error != 0) {
        return error;
    }
    if (!sum(words, sizeof(words) / sizeof(words[0]), &ret_status->bytes) ||
        !find("\nVmPTE:", &tables)) {
        return find("\nThreads:", &threads) && threads <= 1 ? -ESRCH
                                                            : -ENODATA;
    }
    ret_status->tables = tables * 1024;
    return 0;
}

int
memory_status_read_shares(int fd, uint64_t *ret_bytes)
{
    static const char *const words[] = {
        "\nPss_Anon:", "\nPss_Shmem:", "\nSwapPss:"};
    int error = read_text(fd);

    if (error != 0) {
        return error;
    }
    return sum(words, sizeof(words) / sizeof(words[0]), ret_bytes) ? 0
                                                                   : -ENODATA;
}

static deadline_ns
count_processors(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0) {
        return CPU_SETSIZE;
    }
    return CPU_COUNT(&set);
}

deadline_ns
memory_status_wait(uint64_t left)
{
    static deadline_ns processors;

    if (processors == 0) {
        processors = count_processors();
    }
    uint64_t wait = left / FILLED_IN_NS / (uint64_t)processors;
    if (wait >= (uint64_t)LOOK_MOST_NS) {
        return LOOK_MOST_NS;
    }
    return (deadline_ns)wait > MEMORY_LOOK_LEAST_NS ? (deadline_ns)wait
                                                    : MEMORY_LOOK_LEAST_NS;
}
