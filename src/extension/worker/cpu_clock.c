/* Tells how much processor time a child was charged, as RLIMIT_CPU counts it:
 * so that what the limit ended is told from what ended itself.
 *
 * Runs in the zygote, and in the init of a call with several processes; one
 * system call.  The kernel charges by ticks, and compares that with the limit;
 * wait4(2) tells what the scheduler measured, which can be a fifth less on a
 * busy machine.  The clock here is the one that is compared
 * (check_process_timers and cpu_clock_sample, kernel/time/posix-cpu-timers.c):
 * a process that the limit has ended has been charged the limit, and a guest
 * that ends itself by the same signal has not. */
#include "extension/worker/cpu_clock.h"

#include <time.h>

/* MAKE_PROCESS_CPUCLOCK(child, CPUCLOCK_PROF) of linux/posix-timers.h */
static clockid_t
clock_of(pid_t child)
{
    return (clockid_t)(~(unsigned)child << 3);
}

uint64_t
cpu_clock_us(pid_t child)
{
    struct timespec time;

    if (clock_gettime(clock_of(child), &time) != 0) {
        return 0;
    }
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u;
}
