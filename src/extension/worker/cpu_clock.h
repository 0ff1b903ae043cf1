/* Processor time as the kernel charges it against a limit. */
#ifndef BOXED_CPU_CLOCK_H
#define BOXED_CPU_CLOCK_H

#include <stdint.h>
#include <sys/types.h>

/* Microseconds that all threads of a child have had, as the scheduler measured
 * them; it may have ended, but must not have been reaped.  0 if it is not
 * known.  Async-signal-safe. */
uint64_t cpu_clock_used_us(pid_t child);

/* The same, or what it was charged if that is more. */
uint64_t cpu_clock_us(pid_t child);

#endif
