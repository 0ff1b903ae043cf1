/* A worker's walls, raised right after the fork. */
#ifndef BOXED_WORKER_H
#define BOXED_WORKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "extension/wire/frame.h"
#include "extension/worker/rlimits.h"
#include "extension/worker/tmpfs.h"
#include "shared/stage.h"

#define WORKER_MAX_WRITABLE 64

struct worker_policy {
    int namespaces;     /* the tier has them: mount a private /tmp */
    int network;        /* sockets of IPv4 and IPv6 are granted */
    unsigned processes; /* more than 1: fork and exec are granted */
    struct tmpfs tmpfs;
    struct rlimits limits;
    struct rlimits_baseline baseline;
    unsigned long long answer; /* bytes that the store of an answer may have */
    const char *writable[WORKER_MAX_WRITABLE];
    size_t writable_count;
};

/* Where a worker finds its end of the call socket. */
#define WORKER_CALL_FD 3

/* Turns a fresh fork of the zygote into a worker.  fds are those of struct
 * frame_call; watch is that of its init, or -1.  Never returns when a wall
 * cannot be raised: it tells on the report socket and exits. */
void worker_confine(const struct worker_policy *policy, pid_t zygote,
                    const int *fds, int watch);

/* Lowers this worker's limits to those of one call, before any of the guest's
 * code runs.  Returns 0 or -errno. */
int worker_lower_limits(const struct rlimits *limits);

/* Tells the caller, on a call's report socket, why there is no worker. */
void worker_refuse(int report, enum boxed_stage stage, int error);

#endif
