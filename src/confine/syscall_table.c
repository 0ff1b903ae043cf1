/* The system calls of the sandbox, one table for each purpose; those on files
 * are in syscall_files.c.
 *
 * Data only.  A call that no table names is refused: EPERM if it is one that
 * the kernel knows (syscall_known), ENOSYS otherwise, so that programs fall
 * back from calls newer than this file as they do on an older kernel.  A call
 * that is named twice passes when one of its rules does. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/futex.h>
#include <linux/seccomp.h>

#include "confine/syscall_rules.h"
#include "confine/syscall_table.h"
#include "shared/syscall_numbers.h"

/* Not: MAP_GROWSDOWN, a stack, which RLIMIT_DATA does not count; MAP_HUGETLB,
 * which takes pages that root set apart; MAP_LOCKED; nor what is newer. */
#define MAPPING                                                               \
    ((uint32_t)(MAP_TYPE | MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_ANONYMOUS |  \
                MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |     \
                MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOW))

static const struct syscall_rule memory[] = {
    /* executable pages as well: ctypes, JIT compilers; native code is assumed
     * of every guest, so forbidding them would buy nothing */
    CALL_IF(mmap, BITS(3, ~MAPPING, 0)), CALL(munmap), CALL(mremap),
    CALL(mprotect), CALL(brk), CALL(msync), NEW(mseal),
    /* Not: MADV_MERGEABLE, MADV_PAGEOUT and MADV_COLD, which tell about, or
     * push out, pages shared with others. */
    CALL_IF(madvise,
            IN(2, MADV_DONTNEED, MADV_FREE, MADV_NORMAL, MADV_RANDOM,
               MADV_SEQUENTIAL, MADV_WILLNEED, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
               MADV_DONTFORK, MADV_DOFORK, MADV_DONTDUMP, MADV_DODUMP,
               MADV_WIPEONFORK, MADV_KEEPONFORK))};

static const struct syscall_rule clocks[] = {
    CALL(clock_gettime), CALL(clock_getres), CALL(clock_nanosleep),
    CALL(gettimeofday), CALL(nanosleep), CALL(times),
    /* alarms to itself; the deadline is not kept inside */
    CALL(getitimer), CALL(setitimer)};

/* A thread shares memory, signal handlers and the thread group, and may share
 * the rest; no namespace, no tracing, no other parent. */
#define THREAD (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define THREAD_MAY                                                            \
    ((uint32_t)(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SETTLS |       \
                CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |                    \
                CLONE_CHILD_CLEARTID | CLONE_DETACHED))
/* A process may besides name the signal of its end, and return a pidfd. */
#define PROCESS_MAY (THREAD_MAY | THREAD | CLONE_VFORK | CLONE_PIDFD | CSIGNAL)

static const struct syscall_rule threads[] = {
    CALL_IF(clone, BITS(0, ~THREAD_MAY, THREAD)), CALL(exit), CALL(exit_group),
    CALL(gettid), CALL(set_tid_address), CALL(set_robust_list), CALL(rseq),
    CALL(sched_yield), CALL(getcpu),
    /* Private, any clock; shared ones have tables of their own.  Not: priority
     * inheritance, which Python does not use and where most holes of this
     * call were. */
    CALL_IF(futex, BITS(1, ~(uint32_t)FUTEX_CLOCK_REALTIME, FUTEX_WAIT_PRIVATE,
                        FUTEX_WAKE_PRIVATE, FUTEX_WAIT_BITSET_PRIVATE,
                        FUTEX_WAKE_BITSET_PRIVATE)),
    CALL_IF(futex, IN(1, FUTEX_REQUEUE_PRIVATE, FUTEX_CMP_REQUEUE_PRIVATE,
                      FUTEX_WAKE_OP_PRIVATE)),
    /* how many processors (os.cpu_count, BLAS); priorities of its threads */
    CALL(sched_getaffinity), CALL(sched_getparam), CALL(sched_getscheduler),
    CALL(sched_get_priority_max), CALL(sched_get_priority_min)};

#define SHARED_WAIT                                                           \
    BITS(1, ~(uint32_t)FUTEX_CLOCK_REALTIME, FUTEX_WAIT, FUTEX_WAIT_BITSET)

/* Shared futexes are found by the file and the place in it, so all who can
 * read a file can meet at one of its pages, whatever the mapping; also by the
 * word that the kernel wakes when a thread ends.  A single process needs none,
 * but C libraries use them, in pthread_join, sem_open and std::future.  So
 * nobody is ever woken, and a wait answers that the word has changed, on which
 * all of these look again: that is right, if busy.  A wait with a deadline
 * would never notice it, and gets an error that C libraries hand on. */
static const struct syscall_rule feigned_futexes[] = {
    FEIGN_IF(futex, 0, IN(1, FUTEX_WAKE, FUTEX_WAKE_BITSET)),
    FEIGN_IF(futex, EAGAIN, SHARED_WAIT, IN(3, 0)),
    FEIGN_IF(futex, EOVERFLOW, SHARED_WAIT)};

/* Not: requeueing, which would move others' waiters to where nobody wakes
 * them. */
static const struct syscall_rule shared_futexes[] = {
    CALL_IF(futex, BITS(1, ~(uint32_t)FUTEX_CLOCK_REALTIME, FUTEX_WAIT,
                        FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET))};

static const struct syscall_rule signals[] = {
    CALL(rt_sigaction),  CALL(rt_sigprocmask),  CALL(rt_sigreturn),
    CALL(rt_sigpending), CALL(rt_sigtimedwait), CALL(rt_sigsuspend),
    CALL(sigaltstack),   CALL(restart_syscall)};

/* What a process may know of itself and change for itself. */
static const struct syscall_rule process[] = {
    CALL(getpid), CALL(getppid), CALL(getpgid), CALL(getsid), CALL(getuid),
    CALL(geteuid), CALL(getgid), CALL(getegid), CALL(getresuid),
    CALL(getresgid), CALL(getgroups), CALL(capget), CALL(uname), CALL(sysinfo),
    CALL(getrandom), CALL(getrusage), CALL(wait4), CALL(waitid),
    CALL(getrlimit), CALL(setrlimit), CALL_IF(prlimit64, SELF_OR(0, 0)),
    /* os.nice */
    CALL_IF(getpriority, IN(0, PRIO_PROCESS), SELF_OR(1, 0)),
    CALL_IF(setpriority, IN(0, PRIO_PROCESS), SELF_OR(1, 0)),
    /* the query, which changes nothing */
    CALL_IF(personality, IN(0, 0xffffffffU)),
    CALL_IF(prctl, IN(0, PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE,
                      PR_CAPBSET_READ, PR_GET_SECUREBITS, PR_SET_TIMERSLACK,
                      PR_GET_TIMERSLACK, PR_SET_NO_NEW_PRIVS,
                      PR_GET_NO_NEW_PRIVS, PR_GET_THP_DISABLE, PR_SET_VMA))};

#define SOCK_FLAGS ((uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK))

/* Urgent data in AF_UNIX sockets (Linux 5.15) is in nobody's use, and was the
 * way into the kernel of CVE-2025-38236. */
#define NOT_URGENT(flags) BITS(flags, MSG_OOB, 0)

/* Sockets that lead nowhere but to themselves. */
static const struct syscall_rule socketpairs[] = {
    /* Not: SOCK_DGRAM; even one of a pair can send to any named socket that
     * it sees, such as /dev/log. */
    CALL_IF(socketpair, IN(0, AF_UNIX),
            BITS(1, ~SOCK_FLAGS, SOCK_STREAM, SOCK_SEQPACKET)),
    CALL_IF(getsockopt, IN(1, SOL_SOCKET),
            IN(2, SO_TYPE, SO_ERROR, SO_SNDBUF, SO_RCVBUF, SO_PEERCRED,
               SO_ACCEPTCONN, SO_PROTOCOL, SO_DOMAIN)),
    CALL_IF(sendto, NOT_URGENT(3)),
    CALL_IF(recvfrom, NOT_URGENT(3)),
    CALL_IF(recvmsg, NOT_URGENT(2)),
    CALL_IF(recvmmsg, NOT_URGENT(3)),
    CALL(shutdown),
    CALL(getsockname),
    CALL(getpeername)};

/* Descriptors that lie in a socket unread count for the uid, which others have
 * too, and no filter sees whether a message has any.  So nothing is sent with
 * these but where the network needs them: resolvers and event loops. */
static const struct syscall_rule messages[] = {
    CALL_IF(sendmsg, NOT_URGENT(2)), CALL_IF(sendmmsg, NOT_URGENT(3))};

/* network=True: TCP and UDP over IPv4 and IPv6; nothing raw. */
static const struct syscall_rule network[] = {
    CALL_IF(socket, IN(0, AF_INET, AF_INET6),
            BITS(1, ~SOCK_FLAGS, SOCK_STREAM, SOCK_DGRAM),
            IN(2, 0, IPPROTO_TCP, IPPROTO_UDP)),
    CALL(connect), CALL(bind), CALL(listen), CALL(accept), CALL(accept4),
    CALL_IF(getsockopt,
            IN(1, SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6)),
    /* Not: socket filters. */
    CALL_IF(setsockopt, IN(1, SOL_SOCKET),
            IN(2, SO_REUSEADDR, SO_BROADCAST, SO_SNDBUF, SO_RCVBUF,
               SO_KEEPALIVE, SO_OOBINLINE, SO_LINGER, SO_REUSEPORT,
               SO_RCVTIMEO, SO_SNDTIMEO)),
    /* Not: kernel TLS, repair, choice of the congestion module. */
    CALL_IF(setsockopt, IN(1, IPPROTO_TCP),
            IN(2, TCP_NODELAY, TCP_CORK, TCP_KEEPIDLE, TCP_KEEPINTVL,
               TCP_KEEPCNT, TCP_SYNCNT, TCP_LINGER2, TCP_DEFER_ACCEPT,
               TCP_QUICKACK, TCP_USER_TIMEOUT, TCP_FASTOPEN, TCP_NOTSENT_LOWAT,
               TCP_FASTOPEN_CONNECT)),
    /* What resolvers and event loops set.  Not: multicast, IP options. */
    CALL_IF(setsockopt, IN(1, IPPROTO_IP),
            IN(2, IP_TOS, IP_TTL, IP_PKTINFO, IP_MTU_DISCOVER, IP_RECVERR,
               IP_BIND_ADDRESS_NO_PORT)),
    CALL_IF(setsockopt, IN(1, IPPROTO_IPV6),
            IN(2, IPV6_UNICAST_HOPS, IPV6_MTU_DISCOVER, IPV6_RECVERR,
               IPV6_V6ONLY, IPV6_RECVPKTINFO, IPV6_TCLASS))};

/* One process: signals reach itself and nothing else, groups are refused. */
static const struct syscall_rule own_signals[] = {
    CALL_IF(kill, SELF(0)), CALL_IF(tgkill, SELF(0)), CALL_IF(tkill, SELF(0)),
    CALL_IF(rt_sigqueueinfo, SELF(0)), CALL_IF(rt_tgsigqueueinfo, SELF(0))};

/* processes > 1, and the zygote.  A child's pid is not known beforehand, so
 * the pid namespace and Landlock's scope bound what signals reach. */
static const struct syscall_rule processes[] = {
    CALL_IF(clone, BITS(0, ~PROCESS_MAY, 0)),
    CALL(execve),
    CALL(setsid),
    CALL(setpgid),
    CALL(kill),
    CALL(tgkill),
    CALL(tkill),
    OLD(CALL(fork), CALL(vfork)) NEW(pidfd_open)};

/* The kernel counts what epoll watches by uid.  One guest could have as many
 * watches as the cube of its descriptors: of each file, under each number that
 * it ever had, in each epoll instance.  Selectors fall back to poll. */
static const struct syscall_rule watches[] = {OLD(CALL(epoll_create))
                                                  CALL(epoll_create1)};
static const struct syscall_rule no_watches[] = {
    OLD(ABSENT(__NR_epoll_create)) ABSENT(__NR_epoll_create1)};

/* A worker's own pid is not the one in the zygote's filter, so any pid passes
 * here and the worker's filter decides.  Not without a pid namespace: there
 * the pids are those of the host's processes, and an order can make any
 * program the zygote. */
static const struct syscall_rule other_pids[] = {
    CALL(prlimit64), CALL(getpriority), CALL(setpriority)};

/* What C code of the zygote does in a new worker before it adds its filter. */
static const struct syscall_rule worker_setup[] = {
    CALL_IF(unshare, BITS(0,
                          ~(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC |
                            (uint32_t)CLONE_NEWPID),
                          0)),
    CALL(mount), CALL(capset), NEW(pidfd_send_signal),
    CALL_IF(prctl, IN(0, PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP,
                      PR_SET_SECUREBITS, PR_CAP_AMBIENT)),
    NEW(landlock_create_ruleset), NEW(landlock_add_rule),
    NEW(landlock_restrict_self),
    /* A listener too, by which an init counts the processes of a call. */
    CALL_IF(seccomp, IN(0, SECCOMP_SET_MODE_FILTER),
            BITS(1,
                 ~(uint32_t)(SECCOMP_FILTER_FLAG_TSYNC |
                             SECCOMP_FILTER_FLAG_NEW_LISTENER),
                 0)),
    CALL_IF(ioctl, IN(1, SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND))};

#ifdef __x86_64__
/* Older forms of the calls above, which only x86-64 has. */
static const struct syscall_rule legacy[] = {
    CALL(stat), CALL(lstat), CALL(access), CALL(readlink), CALL(getdents),
    CALL(mkdir), CALL(rmdir), CALL(unlink), CALL(rename), CALL(link),
    CALL(symlink), CALL(pipe), CALL(dup2), CALL(poll), CALL(select),
    CALL(epoll_wait), CALL(eventfd), CALL(signalfd), CALL(time), CALL(alarm),
    CALL(pause), CALL(getpgrp), CALL_IF(open, BITS(1, CREATES | O_TRUNC, 0)),
    CALL_IF(open, BITS(1, CREATES, 0), WRITES(1)),
    CALL_IF(open, BITS(1, O_TRUNC, 0), PLAIN_MODE(2)),
    CALL_IF(open, WRITES(1), PLAIN_MODE(2)), CALL_IF(creat, PLAIN_MODE(1)),
    CALL_IF(mknod, NODE_MODE(1)),
    /* ARCH_SET_GS to ARCH_GET_GS; AMX state, which BLAS asks for;
     * CET_STATUS, SHSTK_ENABLE, _DISABLE, _LOCK, _STATUS, for ld.so */
    CALL_IF(arch_prctl, IN(0, 0x1001, 0x1002, 0x1003, 0x1004, 0x1022, 0x1023,
                           0x3001, 0x5001, 0x5002, 0x5003, 0x5005))};
#endif

/* Calls with a fallback that is taken on ENOSYS and not on EPERM.  The flags
 * of clone3 and the mode of openat2 lie in memory, where no filter looks. */
static const struct syscall_rule absent[] = {
    ABSENT(NR_clone3),           ABSENT(NR_openat2),
    ABSENT(__NR_pkey_mprotect),  ABSENT(__NR_pkey_alloc),
    ABSENT(__NR_pkey_free),      ABSENT(NR_futex_waitv),
    ABSENT(NR_map_shadow_stack), ABSENT(NR_futex_wake),
    ABSENT(NR_futex_wait),       ABSENT(NR_futex_requeue)};

const struct syscall_table syscall_tables[] = {
    TABLE_OF(syscall_descriptors, 0),
    TABLE_OF(syscall_paths, 0),
    TABLE_OF(syscall_sizes, SCOPE_SIZES),
    TABLE_OF(syscall_modes, SCOPE_MODES),
    TABLE_OF(syscall_attributes, SCOPE_OWN_FILES),
    TABLE_OF(syscall_no_attributes, SCOPE_HOST_FILES),
    TABLE(memory, 0),
    TABLE(clocks, 0),
    TABLE(threads, 0),
    TABLE(signals, 0),
    TABLE(process, 0),
    TABLE(socketpairs, 0),
#ifdef __x86_64__
    TABLE(legacy, 0),
#endif
    TABLE(absent, 0),
    TABLE(shared_futexes, SCOPE_ZYGOTE),
    TABLE(shared_futexes, SCOPE_WORKER | SCOPE_PROCESSES),
    TABLE(feigned_futexes, SCOPE_WORKER | SCOPE_ALONE),
    TABLE(messages, SCOPE_ZYGOTE),
    TABLE(messages, SCOPE_WORKER | SCOPE_NETWORK),
    /* Of these two the last whose scope fits decides. */
    TABLE(no_watches, SCOPE_WORKER | SCOPE_ALONE),
    TABLE(watches, SCOPE_ZYGOTE),
    TABLE(watches, SCOPE_WORKER | SCOPE_PROCESSES),
    TABLE(watches, SCOPE_WORKER | SCOPE_NETWORK),
    TABLE(network, SCOPE_NETWORK),
    TABLE(own_signals, SCOPE_WORKER | SCOPE_ALONE),
    TABLE(processes, SCOPE_WORKER | SCOPE_PROCESSES),
    TABLE(processes, SCOPE_ZYGOTE),
    TABLE_OF(syscall_locks, SCOPE_ZYGOTE),
    TABLE_OF(syscall_locks, SCOPE_WORKER | SCOPE_LOCKS),
    TABLE_OF(syscall_no_locks, SCOPE_WORKER | SCOPE_NO_LOCKS),
    TABLE(worker_setup, SCOPE_ZYGOTE),
    TABLE(other_pids, SCOPE_ZYGOTE | SCOPE_OWN_FILES),
};
const size_t syscall_tables_count = COUNT(syscall_tables);
