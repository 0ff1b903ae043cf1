/* Lets a thread of the caller wait for another one, for python/type_seat.c and
 * python/type_latch.c.
 *
 * By a futex and not by one of Python's locks: nothing is held that would have
 * to be given back, so an interrupted wait leaves nothing behind.  Only the
 * sleep runs without the GIL. */
#include "extension/caller/waiter.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long
futex(_Atomic uint32_t *word, int operation, const struct timespec *until)
{
    /* FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC. */
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG,
                   operation == FUTEX_WAKE ? 1u : 0u, until, NULL,
                   FUTEX_BITSET_MATCH_ANY);
}

void
waiter_begin(struct waiter *waiter, struct list_link *waiting)
{
    waiter->woken = 0;
    list_append(waiting, &waiter->link);
}

struct waiter *
waiter_wake_first(struct list_link *waiting)
{
    if (list_is_empty(waiting)) {
        return NULL;
    }
    struct waiter *first = LIST_OWNER(waiting->next, struct waiter, link);
    list_remove(&first->link);
    first->woken = 1;
    (void)futex(&first->woken, FUTEX_WAKE, NULL);
    return first;
}

int
waiter_sleep(struct waiter *waiter, deadline_ns deadline)
{
    const struct timespec until = {.tv_sec = deadline / 1000000000,
                                   .tv_nsec = deadline % 1000000000};

    while (waiter->woken == 0) {
        const struct timespec *limit =
            deadline == DEADLINE_NEVER ? NULL : &until;
        if (futex(&waiter->woken, FUTEX_WAIT_BITSET, limit) != 0 &&
            errno != EAGAIN) {
            return -errno;
        }
    }
    return 0;
}
