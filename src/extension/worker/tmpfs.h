/* A worker's private, size-capped /tmp and /dev/shm. */
#ifndef BOXED_TMPFS_H
#define BOXED_TMPFS_H

#include <stddef.h>

#include "shared/order.h"

struct tmpfs {
    const char *options; /* of each tmpfs: size=...,nr_inodes=... */
    const char *kept[ORDER_MAX_COVERED]; /* trees that stay visible */
    size_t kept_count;
};

/* Mounts both in the current mount namespace, which must be the caller's own,
 * and makes /tmp the current directory.  Returns 0 or -errno. */
int tmpfs_mount(const struct tmpfs *tmpfs);

#endif
