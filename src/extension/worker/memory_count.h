/* The memory of all processes of a call together. */
#ifndef BOXED_MEMORY_COUNT_H
#define BOXED_MEMORY_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/deadline.h"

/* All zeros but for proc to begin with. */
struct memory_count {
    int proc;       /* the namespace's /proc, in which all are seen */
    uint64_t limit; /* bytes; 0: it is not counted */
    uint64_t bytes; /* that they had when they had more */
    bool hidden;    /* one of them lets nobody look */
    deadline_ns next_look;
};

/* Counts from now on; a second time does nothing. */
void memory_count_begin(struct memory_count *count, uint64_t limit);

/* Looks, if it is time to: `bytes` or `hidden` says why the call is to be
 * ended.  Returns when to do it again. */
deadline_ns memory_count_look(struct memory_count *count);

#endif
