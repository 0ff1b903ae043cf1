/* The steps of setting a sandbox up, and the record a failed one leaves.
 *
 * The launcher and the worker's set-up write one boxed_status and die; the
 * caller turns it into SetupError(stage, errno, remedy).  The names are part
 * of the public interface (SetupError.stage). */
#ifndef BOXED_STAGE_H
#define BOXED_STAGE_H

#include <stdint.h>

#define BOXED_STAGES(STAGE)                                                   \
    STAGE(START, "start")               /* fds, signals, limits, dumpable */  \
    STAGE(CAPABILITIES, "capabilities") /* what the tier needs, no more */    \
    STAGE(ORDER, "order")               /* refused or malformed order */      \
    STAGE(CONFIGURATION, "configuration") /* untrusted or not understood */   \
    STAGE(USER, "user")                   /* target uid is not permitted */   \
    STAGE(SHARED, "shared")               /* nothing parts it from others */  \
    STAGE(POOL, "pool")                   /* no uid of the pool is free */    \
    STAGE(COLLECT, "collect")             /* a tree could not be cloned */    \
    STAGE(COLLECTOR, "collector")         /* its user or mount namespace */   \
    STAGE(MEMORY, "memory")               /* a cgroup of its own */           \
    STAGE(SESSION, "session")             /* setsid, keyring */               \
    STAGE(IDENTITY, "identity") /* setgroups, setresgid, setresuid */         \
    STAGE(CAPSET, "capset")     /* giving the capabilities up */              \
    STAGE(NO_NEW_PRIVS, "no_new_privs")                                       \
    STAGE(VERIFY, "verify")         /* a way back was open */                 \
    STAGE(NAMESPACES, "namespaces") /* unshare */                             \
    STAGE(UID_MAP, "uid_map")                                                 \
    STAGE(PROC, "proc")         /* a fresh /proc */                           \
    STAGE(ROOT, "root")         /* tmpfs root, pivot_root */                  \
    STAGE(TREES, "trees")       /* mounts and files in the root */            \
    STAGE(BOUNDING, "bounding") /* bounding set, securebits */                \
    STAGE(FORK, "fork")                                                       \
    STAGE(LIMITS, "limits")                                                   \
    STAGE(DESCRIPTORS, "descriptors")                                         \
    STAGE(LANDLOCK, "landlock")                                               \
    STAGE(SECCOMP, "seccomp")                                                 \
    STAGE(EXEC, "exec")                                                       \
    STAGE(ZYGOTE, "zygote")   /* the interpreter ended: detail = status */    \
    STAGE(SCRATCH, "scratch") /* a worker's private /tmp */                   \
    STAGE(WORKER, "worker")   /* any other step of a worker's set-up */

/* clang-format off */
enum boxed_stage {
#define BOXED_STAGE_ENUM(id, name) STAGE_##id,
    BOXED_STAGES(BOXED_STAGE_ENUM)
#undef BOXED_STAGE_ENUM
    STAGE_COUNT
};
/* clang-format on */

/* The exit status of a process in which a step failed. */
#define STAGE_EXIT 111

#define BOXED_STATUS_MAGIC 0x54535842u /* "BXST" */

struct boxed_status {
    uint32_t magic;
    uint32_t stage;
    int32_t error;   /* errno, or 0 */
    uint32_t detail; /* index of an order's entry, or a wait status */
};

#endif
