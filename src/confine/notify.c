/* Has the kernel ask another process before a process is made
 * (seccomp_unotify(2)): a filter beside that of seccomp.c, which lets
 * everything else pass.
 *
 * Runs in the worker of a call that may have several processes, before that
 * worker's own filter; raw system calls only.  It is a filter apart because
 * its listener has to be sent to the process that will answer, and once the
 * worker has its own filter it can send nothing.  Where two filters differ, a
 * refusal wins over the question, and the question over permission.  No filter
 * sees the flags of clone3; the other filters refuse it. */
#include "confine/notify.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define FIELD(name) ((uint32_t)offsetof(struct seccomp_data, name))
#define LOAD(name)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(name))
#define IS(value, yes, no)                                                    \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), yes, no)
#define HAS(bits, yes, no)                                                    \
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(bits), yes, no)
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, action)

/* Looks at the low half of clone's flags, as the kernel does.  It comes first,
 * since both architectures are little-endian. */
static const struct sock_filter asking[] = {
    LOAD(nr),
#ifdef __x86_64__
    IS(__NR_fork, 5, 0),
    IS(__NR_vfork, 4, 0),
#endif
    IS(__NR_clone, 0, 2),
    LOAD(args[0]),
    HAS(CLONE_THREAD, 0, 1),
    ANSWER(SECCOMP_RET_ALLOW),
    ANSWER(SECCOMP_RET_USER_NOTIF),
};

int
notify_of_processes(void)
{
    const struct sock_fprog program = {
        .len = sizeof(asking) / sizeof(asking[0]),
        .filter = (struct sock_filter *)asking,
    };
    long listener = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                            SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);

    return listener < 0 ? -errno : (int)listener;
}
