/* Limits of processor time, finer than RLIMIT_CPU's whole seconds. */
#ifndef BOXED_CPU_LIMITS_H
#define BOXED_CPU_LIMITS_H

#include <stdint.h>
#include <sys/types.h>

#include "shared/deadline.h"

/* Of one child. */
struct cpu_limit {
    uint64_t us; /* 0: it has none */
    pid_t pid;
    deadline_ns next_look;
    struct cpu_limit *before, *after;
};

/* Of all that have one. */
struct cpu_limits {
    struct cpu_limit *first;
};

/* Begins to watch a child, or ends it; the second can come without the first.
 * The limit must stay where it is meanwhile. */
void cpu_limits_add(struct cpu_limits *limits, struct cpu_limit *limit,
                    pid_t pid, uint64_t us);
void cpu_limits_remove(struct cpu_limits *limits, struct cpu_limit *limit);

/* Kills those that have used theirs up.  Returns when to do it again. */
deadline_ns cpu_limits_enforce(struct cpu_limits *limits, deadline_ns now);

#endif
