/* Absolute deadlines on CLOCK_MONOTONIC, so that a retry cannot extend a
 * wait.  Async-signal-safe. */
#ifndef BOXED_DEADLINE_H
#define BOXED_DEADLINE_H

#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC at which waiting ends. */
typedef int64_t deadline_ns;

#define DEADLINE_NEVER INT64_MAX

deadline_ns deadline_now(void);
deadline_ns deadline_after_ms(int64_t ms);

/* Milliseconds left for poll(2): rounded up, 0 when passed, -1 for never. */
int deadline_left_ms(deadline_ns deadline);

#endif
