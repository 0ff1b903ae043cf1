/* Has somebody asked before a process is made: a filter beside those of
 * seccomp.c, which lets everything else pass.
 *
 * Runs in the worker of a call with several processes, before its own filter;
 * raw system calls only.  It is a filter apart because its listener has to be
 * sent to the process that will answer, and a worker that has its own filter
 * can send nothing.  Where two filters answer, a refusal wins over this
 * question, and the question over permission.  clone3, whose flags no filter
 * sees, is refused by the others. */
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

/* The low half of the flags of clone: the kernel looks at no other, and both
 * architectures are little-endian. */
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
