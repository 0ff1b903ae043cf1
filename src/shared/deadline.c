/* Absolute deadlines on CLOCK_MONOTONIC, for launcher and extension.
 * Async-signal-safe: clock_gettime(2) only. */
#include "shared/deadline.h"

#include <limits.h>
#include <time.h>

#define NS_PER_MS 1000000
#define NS_PER_S  1000000000

deadline_ns
deadline_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (deadline_ns)now.tv_sec * NS_PER_S + now.tv_nsec;
}

deadline_ns
deadline_after_ms(int64_t ms)
{
    return deadline_now() + ms * NS_PER_MS;
}

int
deadline_left_ms(deadline_ns deadline)
{
    if (deadline == DEADLINE_NEVER) {
        return -1;
    }
    deadline_ns now = deadline_now();
    if (deadline <= now) {
        return 0;
    }
    deadline_ns left = deadline - now;
    /* Rounds up: rounded down, the last wait would be of 0 ms, again and
     * again. */
    deadline_ns ms = (left - 1) / NS_PER_MS + 1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}
