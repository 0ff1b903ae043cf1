/* A worker's resource limits. */
#ifndef BOXED_RLIMITS_H
#define BOXED_RLIMITS_H

#include <stdbool.h>
#include <stdint.h>

/* More is no limit. */
#define RLIMITS_MOST_MEMORY (1ull << 46)

/* What Python's Limits asks for; numbers of 0 mean no limit. */
struct rlimits {
    unsigned long long cpu_seconds;
    unsigned long long
        memory; /* bytes above the zygote's own, see rlimits_baseline */
    unsigned long long threads;
    unsigned long long open_files;
    unsigned long long file_size;
};

/* What the zygote has before its first fork, in bytes. */
struct rlimits_baseline {
    uint64_t address_space;
    uint64_t data;
    uint64_t tasks; /* of the uid; 0 where a user namespace counts anew */
};

/* Measures the calling process, and its uid's tasks where asked to.  Returns
 * 0 or -errno. */
int rlimits_measure(struct rlimits_baseline *ret_baseline, bool count_tasks);

/* Sets all but the number of threads.  Returns 0 or -errno.
 * Async-signal-safe. */
int rlimits_set(const struct rlimits *limits,
                const struct rlimits_baseline *baseline);

/* Limits threads.  The kernel counts per uid and user namespace (Linux 5.14):
 * exact in one of the worker's own; elsewhere above what was there, with room
 * for others of the uid. */
int rlimits_set_threads(const struct rlimits *limits,
                        const struct rlimits_baseline *baseline);

#endif
