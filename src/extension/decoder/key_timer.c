/* Watches how long keys take, and from when on each is foreseen. */
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
decoder_watch(struct decoder *d, size_t size)
{
    d->watched = size < TABLE_SMALL || d->wary ? 0 : nanoseconds();
    d->watch_keys = 0;
}

/* After the keys that were counted since. */
int
decoder_look(struct decoder *d)
{
    int64_t now;

    d->countdown -= d->watch_keys;
    if (d->countdown < 0 && decoder_tick(d) < 0) {
        return -1;
    }
    if (d->watched == 0) {
        d->watch_keys = 0;
        return 0;
    }
    now = nanoseconds();
    d->watch_left += d->watch_keys * WATCH_KEY - (now - d->watched);
    d->watch_left = d->watch_left > 0 ? 0 : d->watch_left;
    d->watch_keys = 0;
    d->watched = now;
    if (d->watch_left < -WATCH_BASE) {
        d->wary = true;
        d->watched = 0;
    }
    return 0;
}
