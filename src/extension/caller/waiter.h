/* A thread that waits until another one wakes it. */
#ifndef BOXED_WAITER_H
#define BOXED_WAITER_H

#include <stdatomic.h>
#include <stdint.h>

#include "extension/caller/list.h"
#include "shared/deadline.h"

struct waiter {
    struct list_link link; /* in the list of those that wait for the same */
    _Atomic uint32_t woken;
};

/* Lines up.  With the GIL held, as the two that follow. */
void waiter_begin(struct waiter *waiter, struct list_link *waiting);

/* Wakes the one that has waited longest, and takes it out of the list; NULL
 * where nobody waits. */
struct waiter *waiter_wake_first(struct list_link *waiting);

/* Until woken, without the GIL.  0, -ETIMEDOUT or -EINTR; for the last two it
 * is to be taken out of the list. */
int waiter_sleep(struct waiter *waiter, deadline_ns deadline);

#endif
