/* Tells how much processor time a child has had: so that it can be ended when
 * that is enough, and what a limit ended be told from what ended itself.
 *
 * Runs in the zygote, and in the init of a call with several processes; system
 * calls only.  The kernel has two clocks of it
 * (kernel/time/posix-cpu-timers.c).  One is what the scheduler measured, which
 * wait4(2) tells too.  The other is charged by ticks and compared with
 * RLIMIT_CPU (check_process_timers): it can be a fifth more on a busy machine,
 * and nothing for a process that sleeps at every tick.  A process that either
 * limit has ended has had, by one of them, what was granted; a guest that ends
 * itself by the same signal has not. */
#include "extension/worker/cpu_clock.h"

#include <time.h>

/* Of linux/posix-timers.h. */
enum { CHARGED_BY_TICKS = 0, MEASURED = 2 };

static uint64_t
read_clock(pid_t child, unsigned which)
{
    /* MAKE_PROCESS_CPUCLOCK(child, which) */
    clockid_t clock = (clockid_t)((~(unsigned)child << 3) | which);
    struct timespec time;

    if (clock_gettime(clock, &time) != 0) {
        return 0;
    }
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u;
}

uint64_t
cpu_clock_used_us(pid_t child)
{
    return read_clock(child, MEASURED);
}

uint64_t
cpu_clock_us(pid_t child)
{
    uint64_t charged = read_clock(child, CHARGED_BY_TICKS);
    uint64_t used = read_clock(child, MEASURED);

    return charged > used ? charged : used;
}
