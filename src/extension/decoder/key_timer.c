/* Says from when on insertions are foreseen one by one (tables.h): as soon as
 * keys take longer than most do.  Looks at the clock twice for many keys. */
#include <time.h>

#include "extension/decoder/tables.h"

static int64_t
nanoseconds(void)
{
    struct timespec clock;

    (void)clock_gettime(CLOCK_MONOTONIC, &clock);
    return (int64_t)clock.tv_sec * 1000000000 + clock.tv_nsec;
}

/* Before keys are added; `size`: how many the container has in the end. */
void
decoder_start_key_timer(struct decoder *d, size_t size)
{
    d->timer_start = size < TABLE_SMALL || d->wary ? 0 : nanoseconds();
    d->timer_keys = 0;
}

/* After the keys that were counted since. */
int
decoder_check_key_timer(struct decoder *d)
{
    int64_t now;

    d->countdown -= d->timer_keys;
    if (d->countdown < 0 && decoder_tick(d) < 0) {
        return -1;
    }
    if (d->timer_start == 0) {
        d->timer_keys = 0;
        return 0;
    }
    now = nanoseconds();
    d->timer_left += d->timer_keys * KEY_TIMER_KEY - (now - d->timer_start);
    d->timer_left = d->timer_left > 0 ? 0 : d->timer_left;
    d->timer_keys = 0;
    d->timer_start = now;
    if (d->timer_left < -KEY_TIMER_BASE) {
        d->wary = true;
        d->timer_start = 0;
    }
    return 0;
}
