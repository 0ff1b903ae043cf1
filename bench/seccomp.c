/* seccomp MAKER [CALLS]: what one way to make the worker's filter costs.
 *
 * Built with -DLIBSECCOMP, MAKER is `libseccomp` or `libseccomp-tree` (its
 * binary search); otherwise it is `own` or `none`.  All use the tables of
 * src/confine/syscall_table.c.  Prints, as "name value": instructions,
 * microseconds to compile and to install, bytes of heap, nanoseconds for one
 * call whose answer the kernel caches (getppid) and for one whose arguments
 * are checked (fcntl), and for one that is refused (ptrace). */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/seccomp.h>

#include "confine/seccomp.h"
#include "confine/syscall_table.h"

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
report(const char *name, double value)
{
    printf("%s %.1f\n", name, value);
}

static void
install(struct sock_filter *code, size_t length)
{
    struct sock_fprog program = {(unsigned short)length, code};
    double start;

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    start = now();
    if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
        abort();
    }
    report("install_us", (now() - start) / 1e3);
    report("instructions", (double)length);
}

#ifdef LIBSECCOMP
#include <seccomp.h>

/* Every combination of one value of each check is a rule of its own. */
static int
add(scmp_filter_ctx ctx, const struct syscall_rule *rule, size_t i,
    struct scmp_arg_cmp *args)
{
    const struct syscall_check *check = &rule->checks[i];
    uint32_t action = rule->action == SECCOMP_RET_ALLOW
                          ? SCMP_ACT_ALLOW
                          : SCMP_ACT_ERRNO(rule->action & 0xffffU);

    if (i == SYSCALL_CHECKS || check->mask == 0) {
        return seccomp_rule_add_array(ctx, action, rule->number, (unsigned)i,
                                      args);
    }
    for (unsigned v = 0; v < check->count + (unsigned)check->own_pid; v++) {
        uint32_t value =
            v < check->count ? check->values[v] : (uint32_t)getpid();

        args[i] = (struct scmp_arg_cmp){check->argument, SCMP_CMP_MASKED_EQ,
                                        check->mask, value};
        if (add(ctx, rule, i + 1, args) != 0) {
            return -1;
        }
    }
    return 0;
}

static void
make(const char *maker)
{
    struct scmp_arg_cmp args[SYSCALL_CHECKS];
    static struct sock_filter code[4096];
    unsigned scope = SCOPE_WORKER | SCOPE_ALONE | SCOPE_NO_LOCKS;
    int fd = memfd_create("filter", 0);
    double start = now();
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    ssize_t size;
    int failed = 0;

    if (strcmp(maker, "libseccomp-tree") == 0) {
        seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    }
    for (size_t t = 0; t < syscall_tables_count; t++) {
        const struct syscall_rules *rules = syscall_tables[t].rules;
        bool applies = (syscall_tables[t].scope & ~scope) == 0;
        for (size_t i = 0; applies && i < rules->count; i++) {
            failed += add(ctx, &rules->list[i], 0, args);
        }
    }
    if (failed != 0 || seccomp_export_bpf(ctx, fd) != 0) {
        abort();
    }
    report("compile_us", (now() - start) / 1e3);
    report("heap_bytes", (double)mallinfo2().uordblks);
    size = pread(fd, code, sizeof(code), 0);
    install(code, (size_t)size / sizeof(code[0]));
}
#else
static void
make(const char *maker)
{
    static struct sock_filter code[SECCOMP_MAX_FILTER];
    struct seccomp_options options = {.processes = 1};
    size_t length = 0;
    double start = now();

    if (strcmp(maker, "none") == 0) {
        return;
    }
    if (seccomp_compile(SECCOMP_WORKER, &options, code, SECCOMP_MAX_FILTER,
                        &length) != 0) {
        abort();
    }
    report("compile_us", (now() - start) / 1e3);
    install(code, length);
}
#endif

static void
measure(const char *name, long calls, long nr, long a, long b)
{
    double start = now();

    for (long i = 0; i < calls; i++) {
        syscall(nr, a, b, 0, 0);
    }
    report(name, (now() - start) / (double)calls);
}

int
main(int argc, char **argv)
{
    long calls = argc > 2 ? atol(argv[2]) : 200000;

    if (argc < 2) {
        return 100;
    }
    setvbuf(stdout, NULL, _IOFBF, 4096);
    make(argv[1]);
    measure("cached_ns", calls, __NR_getppid, 0, 0);
    measure("checked_ns", calls, __NR_fcntl, 0, F_GETFD);
    measure("refused_ns", calls, __NR_ptrace, -1, -1);
    return 0;
}
