/* Ends workers that have used up their processor time.
 *
 * Runs in the zygote, for children.c, unprivileged; system calls only.  It
 * looks at the clock of each child that has a limit, no earlier than all
 * processors together could have used up what is left, and kills it from
 * outside: there is nothing in the child that a guest could disarm, as a timer
 * of its own, and no signal that it could ignore. */
#include "extension/zygote/cpu_limits.h"

#include <sched.h>
#include <signal.h>
#include <stddef.h>

#include "extension/worker/cpu_clock.h"

/* Nanoseconds between two looks: so much is used beyond the limit at most, on
 * each processor; and as much later is it seen that a guest has moved itself
 * to more processors than there seemed to be. */
#define LOOK_LEAST_NS ((deadline_ns)2000000)
#define LOOK_MOST_NS  ((deadline_ns)50000000)

void
cpu_limits_add(struct cpu_limits *limits, struct cpu_limit *limit, pid_t pid,
               uint64_t us)
{
    cpu_limits_remove(limits, limit);
    if (us == 0) {
        return;
    }
    *limit = (struct cpu_limit){.us = us, .pid = pid, .after = limits->first};
    if (limits->first != NULL) {
        limits->first->before = limit;
    }
    limits->first = limit;
}

void
cpu_limits_remove(struct cpu_limits *limits, struct cpu_limit *limit)
{
    if (limit->us == 0) {
        return;
    }
    *(limit->before != NULL ? &limit->before->after : &limits->first) =
        limit->after;
    if (limit->after != NULL) {
        limit->after->before = limit->before;
    }
    limit->us = 0;
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

/* How long to wait until the next look at a child that has this left. */
static deadline_ns
wait_for(uint64_t left_us)
{
    static deadline_ns processors;

    if (processors == 0) {
        processors = count_processors();
    }
    if (left_us >= (uint64_t)(LOOK_MOST_NS / 1000) * (uint64_t)processors) {
        return LOOK_MOST_NS;
    }
    deadline_ns wait = (deadline_ns)left_us * 1000 / processors;
    return wait > LOOK_LEAST_NS ? wait : LOOK_LEAST_NS;
}

deadline_ns
cpu_limits_enforce(struct cpu_limits *limits, deadline_ns now)
{
    struct cpu_limit *after;
    deadline_ns next = DEADLINE_NEVER;

    for (struct cpu_limit *limit = limits->first; limit != NULL;
         limit = after) {
        after = limit->after;
        if (now >= limit->next_look) {
            uint64_t used = cpu_clock_used_us(limit->pid);
            if (used >= limit->us) {
                /* Not reaped yet, so the pid is still its own. */
                (void)kill(limit->pid, SIGKILL);
                cpu_limits_remove(limits, limit);
                continue;
            }
            limit->next_look = now + wait_for(limit->us - used);
        }
        if (limit->next_look < next) {
            next = limit->next_look;
        }
    }
    return next;
}
