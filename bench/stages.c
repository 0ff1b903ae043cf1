/* Clock stamps around the steps of launcher, zygote and worker.
 *
 * Linked into a copy of boxed by bench/stages.py with the linker's --wrap, so
 * that the product has no switch and no code for it.  A stamp is {name, start,
 * end} of CLOCK_MONOTONIC.  The launcher writes its own to the log before it
 * becomes the interpreter; those of a zygote and its workers are in a page
 * that they share, where the guest of the next call reads them. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct stamp {
    char name[32];
    uint64_t start;
    uint64_t end;
};

#define MAX_STAMPS 80

/* Of the zygote's start, and of the last calls, by number. */
#define PARTS 5
struct stages {
    uint64_t calls;
    uint64_t counts[PARTS];
    struct stamp stamps[PARTS][MAX_STAMPS];
};

static struct stages in_launcher;
struct stages *stages = &in_launcher;
/* The call that this process works for; a worker has it from the zygote. */
uint64_t own_call = 0;

static unsigned
own_part(void)
{
    return own_call == 0 ? 0 : 1 + own_call % (PARTS - 1);
}

static uint64_t
now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static struct stamp *
stage_begin(const char *name)
{
    unsigned part = own_part();
    uint64_t index = stages->counts[part];
    if (index < MAX_STAMPS - 1) {
        stages->counts[part]++;
    }
    struct stamp *stamp = &stages->stamps[part][index];
    (void)snprintf(stamp->name, sizeof(stamp->name), "%s", name);
    stamp->end = 0;
    stamp->start = now();
    return stamp;
}

/* By the types of the product's own headers: a step that changed its
 * parameters is an error of the compiler here. */
#define WRAP(type, name, parameters, arguments)                               \
    extern __typeof__(name) __real_##name, __wrap_##name;                     \
    type __wrap_##name parameters                                             \
    {                                                                         \
        struct stamp *stamp = stage_begin(#name);                             \
        type result = __real_##name arguments;                                \
        stamp->end = now();                                                   \
        return result;                                                        \
    }

#define WRAP_VOID(name, parameters, arguments)                                \
    extern __typeof__(name) __real_##name, __wrap_##name;                     \
    void __wrap_##name parameters                                             \
    {                                                                         \
        struct stamp *stamp = stage_begin(#name);                             \
        __real_##name arguments;                                              \
        stamp->end = now();                                                   \
    }

#ifdef STAGES_LAUNCHER

#include "launcher/launcher.h"

WRAP_VOID(start_sanely, (int a, struct origin *b), (a, b))
WRAP_VOID(capabilities_read, (void), ())
WRAP_VOID(receive_order, (struct order * a, const struct origin *b), (a, b))
WRAP_VOID(configuration_read, (struct configuration * a), (a))
WRAP_VOID(collector_run, (struct order * a), (a))
WRAP_VOID(session_leave, (void), ())
WRAP_VOID(identity_change,
          (struct order * a, const struct origin *b,
           const struct configuration *c),
          (a, b, c))
WRAP_VOID(identity_verify, (const struct order *a, const struct origin *b),
          (a, b))
WRAP_VOID(namespaces_enter, (const struct order *a), (a))
WRAP_VOID(root_build, (const struct order *a), (a))
WRAP_VOID(supervisor_run, (enum order_tier a), (a))
WRAP_VOID(guest_confine, (const struct order *a), (a))

extern __typeof__(execve) __real_execve, __wrap_execve;

int
__wrap_execve(const char *path, char *const *argv, char *const *envp)
{
    for (uint64_t i = 0; i < stages->counts[0]; i++) {
        const struct stamp *stamp = &stages->stamps[0][i];
        (void)dprintf(2, "%s %lu %lu\n", stamp->name, stamp->start,
                      stamp->end);
    }
    uint64_t start = now();
    (void)dprintf(2, "execve %lu %lu\n", start, start);
    return __real_execve(path, argv, envp);
}

#else

#include "extension/python/methods.h"

#include <sched.h>

#include "confine/id_map.h"
#include "confine/landlock.h"
#include "confine/privileges.h"
#include "confine/seccomp.h"
#include "extension/wire/frame.h"
#include "extension/worker/rlimits.h"
#include "extension/worker/tmpfs.h"
#include "extension/worker/worker.h"
#include "extension/zygote/forkserver.h"

static __attribute__((constructor)) void
share(void)
{
    void *page = mmap(NULL, sizeof(struct stages), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED) {
        stages = page;
    }
}

WRAP(PyObject *, method_seal, (PyObject * a, PyObject *b), (a, b))
WRAP(PyObject *, method_send, (PyObject * a, PyObject *b), (a, b))
WRAP(PyObject *, method_receive, (PyObject * a, PyObject *b), (a, b))
WRAP(int, forkserver_adopt,
     (struct forkserver * a, pid_t b, struct forkserver_call *c), (a, b, c))
WRAP(pid_t, fork, (void), ())
WRAP_VOID(worker_confine,
          (const struct worker_policy *a, pid_t b, const int *c), (a, b, c))
WRAP(int, rlimits_set,
     (const struct rlimits *a, const struct rlimits_baseline *b), (a, b))
WRAP(int, unshare, (int a), (a))
WRAP(int, id_map_write, (uid_t a, gid_t b, unsigned c), (a, b, c))
WRAP(int, tmpfs_mount, (const struct tmpfs *a), (a))
WRAP(int, privileges_lock, (void), ())
WRAP(int, landlock_confine, (const struct landlock_options *a), (a))
WRAP(int, seccomp_confine,
     (enum seccomp_stage a, const struct seccomp_options *b), (a, b))
WRAP_VOID(PyOS_AfterFork_Child, (void), ())
WRAP(int, frame_read_all, (int a, void *b, size_t c), (a, b, c))
WRAP(int, frame_write, (int a, const struct frame_header *b, const void *c),
     (a, b, c))

extern __typeof__(forkserver_next) __real_forkserver_next,
    __wrap_forkserver_next;

/* Each call begins when the zygote has its message. */
int
__wrap_forkserver_next(struct forkserver *a, struct forkserver_call *b)
{
    int event = __real_forkserver_next(a, b);
    own_call = ++stages->calls;
    stages->counts[own_part()] = 0;
    stage_begin("forkserver_next")->end = now();
    return event;
}

#endif
