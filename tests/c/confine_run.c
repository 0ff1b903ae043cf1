/* confine_run STEP... -- COMMAND [ARG...]: confines itself, then execs.
 *
 * Steps, in the order given:
 *   zygote[,network][,locks][,processes]  install that seccomp filter
 *   worker[,...]                  alone, or [,above] what stands already
 *   landlock[,nofs][,network]     enter a domain with the grants so far
 *   r:PATH w:PATH d:PATH          grant, for the next landlock step
 * Commands: `exec PROGRAM ARG...`; `syscall NR [ARG...]`, which prints
 * "RESULT ERRNO"; `sweep FIRST LAST`, which makes each of these calls in a
 * child of its own and prints "NR RESULT ERRNO" or "NR signal N";
 * `int80`, which asks for its pid by the 32-bit way in; `dump STAGE
 * [CAPACITY]`, which prints the pid and the filter, an instruction a line.
 * Exits with 111 and "step: errno" where a step fails. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine/landlock.h"
#include "confine/seccomp.h"

static struct landlock_grant grants[16];
static size_t granted;

static void
fail(const char *step, int error)
{
    fprintf(stderr, "%s: %d %s\n", step, error, strerror(error));
    exit(111);
}

static bool
has(const char *step, const char *word)
{
    return strstr(step, word) != NULL;
}

static void
grant(const char *step)
{
    int fd = open(step + 2, O_PATH | O_CLOEXEC);

    if (fd < 0) {
        fail(step, errno);
    }
    grants[granted].fd = fd;
    grants[granted++].access = step[0] == 'r'   ? LANDLOCK_READ
                               : step[0] == 'w' ? LANDLOCK_WRITE
                                                : LANDLOCK_DEVICE;
}

static struct seccomp_options
options_of(const char *step)
{
    return (struct seccomp_options){
        .network = has(step, "network"),
        .locks = has(step, "locks"),
        .keep_sizes = has(step, "sizes"),
        .host_files = has(step, "host"),
        .processes = has(step, "processes") ? 2 : 1,
    };
}

static enum seccomp_stage
stage_of(const char *step)
{
    if (step[0] == 'z') {
        return SECCOMP_ZYGOTE;
    }
    return has(step, "above") ? SECCOMP_WORKER_OF_ZYGOTE : SECCOMP_WORKER;
}

static void
take(const char *step)
{
    struct seccomp_options options = options_of(step);
    struct landlock_options domain = {
        .grants = grants,
        .count = granted,
        .filesystem = !has(step, "nofs"),
        .network = has(step, "network"),
    };
    int rc;

    if (step[1] == ':') {
        grant(step);
        return;
    }
    if (has(step, "landlock")) {
        rc = landlock_confine(&domain);
    }
    else {
        rc = seccomp_confine(stage_of(step), &options);
    }
    if (rc != 0) {
        fail(step, -rc);
    }
    if (has(step, "landlock")) {
        granted = 0;
    }
}

static void
dump(const char *step, size_t capacity)
{
    struct sock_filter code[SECCOMP_MAX_FILTER];
    struct seccomp_options options = options_of(step);
    size_t length = 0;
    int rc =
        seccomp_compile(stage_of(step), &options, code, capacity, &length);

    if (rc != 0) {
        fail(step, -rc);
    }
    printf("%d\n", (int)getpid());
    for (size_t i = 0; i < length; i++) {
        printf("%u %u %u %u\n", code[i].code, code[i].jt, code[i].jf,
               code[i].k);
    }
}

static long
number(const char *text)
{
    return (long)strtoul(text, NULL, 0);
}

static int
call(char **words)
{
    long args[7] = {0};
    long result;

    for (int i = 0; i < 7 && words[i] != NULL; i++) {
        args[i] = strcmp(words[i], "pid") == 0 ? getpid() : number(words[i]);
    }
    errno = 0;
    result =
        syscall(args[0], args[1], args[2], args[3], args[4], args[5], args[6]);
    printf("%ld %d\n", result, errno);
    return 0;
}

static int
int80(void)
{
#ifdef __x86_64__
    long result = 20; /* getpid of i386 */

    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     :
                     : "memory", "r8", "r9", "r10", "r11");
    printf("%ld %d\n", result, (int)getpid());
#endif
    return 0;
}

/* Arguments that no call can do harm with: no pointer, no fd, no pid. */
static void
try_one(int nr, int out)
{
    char line[64];
    long result;
    int n;

    (void)setsid();
    errno = 0;
    result = syscall(nr, -1, -1, -1, -1, -1, -1);
    n = snprintf(line, sizeof(line), "%d %ld %d\n", nr, result, errno);
    if (write(out, line, (size_t)n) != n) {
        _exit(1);
    }
    _exit(0);
}

static int
sweep(int first, int last)
{
    for (int nr = first; nr <= last; nr++) {
        int status = 0;
        pid_t pid;

        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            alarm(2);
            try_one(nr, STDOUT_FILENO);
        }
        waitpid(pid, &status, 0);
        if (WIFSIGNALED(status)) {
            printf("%d signal %d\n", nr, WTERMSIG(status));
        }
    }
    return 0;
}

int
main(int argc, char **argv)
{
    int i = 1;

    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "abi") == 0) {
            printf("%d\n", landlock_abi());
        }
        else {
            take(argv[i]);
        }
    }
    argv += i + 1;
    if (i + 1 >= argc) {
        return 0;
    }
    if (strcmp(argv[0], "dump") == 0) {
        dump(argv[1], argv[2] ? (size_t)atol(argv[2]) : SECCOMP_MAX_FILTER);
    }
    else if (strcmp(argv[0], "int80") == 0) {
        return int80();
    }
    else if (strcmp(argv[0], "syscall") == 0) {
        return call(argv + 1);
    }
    else if (strcmp(argv[0], "sweep") == 0) {
        return sweep(atoi(argv[1]), atoi(argv[2]));
    }
    else if (strcmp(argv[0], "exec") == 0) {
        execv(argv[1], argv + 1);
        fail("exec", errno);
    }
    return 0;
}
