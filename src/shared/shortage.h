/* Errors that say that the kernel is short of something just now: memory,
 * descriptors, watches.  They pass; what failed by one may be tried again.
 * Async-signal-safe. */
#ifndef BOXED_SHORTAGE_H
#define BOXED_SHORTAGE_H

#include <stdbool.h>

#include "shared/deadline.h"

/* How long to wait before another attempt. */
#define SHORTAGE_PAUSE_MS 5

/* The shortage that one thing meets; all zero when there is none. */
struct shortage {
    int error;         /* its errno */
    deadline_ns since; /* when it was met first */
};

bool shortage_is(int error);

/* The pause; shorter if a signal comes. */
void shortage_pause(void);

/* What it means that an attempt failed with an errno.  0: it is a shortage
 * that has not lasted long, try again after a pause.  -error: give up. */
int shortage_endure(struct shortage *shortage, int error);

/* The same, and the pause. */
int shortage_wait(struct shortage *shortage, int error);

#endif
