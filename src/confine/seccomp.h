/* Which system calls the sandbox may make: two seccomp filters. */
#ifndef BOXED_SECCOMP_H
#define BOXED_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/filter.h>

/* The zygote's filter lets CPython start, fork and prepare workers; a worker
 * adds its own over it, and the stricter answer of the two counts.  In a fork
 * of a zygote with the same options the worker's can leave to the other what
 * that answers alike; it is a quarter as long. */
enum seccomp_stage {
    SECCOMP_ZYGOTE,
    SECCOMP_WORKER,
    SECCOMP_WORKER_OF_ZYGOTE,
};

/* The zygote's filter depends on `network` alone; set it as for the workers.
 */
struct seccomp_options {
    bool network;       /* stream and datagram sockets of IPv4 and IPv6 */
    bool locks;         /* real file locks: needed where files are shared */
    bool host_files;    /* there are no mounts to keep the host's files away */
    bool keep_modes;    /* nor a uid of its own: no change of modes, times */
    bool keep_sizes;    /* nor Landlock, before ABI 3: no truncate(2) */
    unsigned processes; /* more than 1: fork and execve stay possible */
};

/* Enough for every filter that seccomp_compile() makes. */
#define SECCOMP_MAX_FILTER 1024

/* Writes the filter for the calling process (its pid is part of it) to `out`,
 * and how many instructions it has to *ret_length.  Returns 0, -EINVAL, or
 * -ENOSPC when `capacity` is too small. */
int seccomp_compile(enum seccomp_stage stage,
                    const struct seccomp_options *options,
                    struct sock_filter *out, size_t capacity,
                    size_t *ret_length);

/* Confines every thread of the calling process, for good, and sets
 * no_new_privs.  Returns 0 or -errno: then nothing is confined. */
int seccomp_confine(enum seccomp_stage stage,
                    const struct seccomp_options *options);

#endif
