/* What the kernel writes of the memory of a process, and how often to look at
 * it.  Async-signal-safe. */
#ifndef BOXED_MEMORY_STATUS_H
#define BOXED_MEMORY_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/deadline.h"

/* What a process has: private and shared pages, page tables, and what was
 * swapped out.  Files' contents are not among it, which the kernel gives up by
 * itself. */
struct memory_status {
    uint64_t bytes;  /* of all that */
    uint64_t tables; /* of page tables */
};

/* Reads an open /proc/PID/status.  0 or -errno; -ENODATA: the first thread has
 * no memory any more, and others have; -ESRCH: none has. */
int memory_status_read(int fd, struct memory_status *ret_status);

/* Bytes of an open /proc/PID/smaps_rollup, where a page of n processes is the
 * nth part of one.  Page tables are not among it.  0 or -errno. */
int memory_status_read_shares(int fd, uint64_t *ret_bytes);

/* When to look first at a call: those of milliseconds are never looked at. */
#define MEMORY_FIRST_LOOK_NS ((deadline_ns)5000000)

/* How long to wait until all processors together could have filled what is
 * left, within bounds. */
deadline_ns memory_status_wait(uint64_t left);
#define MEMORY_LOOK_LEAST_NS ((deadline_ns)2000000)

#endif
