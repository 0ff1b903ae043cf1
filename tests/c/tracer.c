/* Another process of the user who starts the launcher: starts it again and
 * again with the order from its input, and all the while tries whatever one
 * process can do to another on everything that comes of it.
 *
 *     tracer LAUNCHER STARTS < ORDER
 *
 * Prints for each attack how often it was tried and how often it worked.  It
 * attacks nothing but its own descendants. */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_PIDFD_OPEN  434
#define NR_PIDFD_GETFD 438
#define LONGEST        (128 * 1024)
/* How many pids after the launcher's own may be its descendants'. */
#define AHEAD 12

/* The last of the attacks: where it works there is nothing left to try. */
static bool
attack_seize(pid_t pid)
{
    return ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0 &&
           kill(pid, SIGKILL) == 0;
}

static bool
attack_memory(pid_t pid)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
    /* A refusal is EPERM; anything else got as far as the address. */
    return process_vm_readv(pid, &here, 1, &there, 1, 0) == 1 ||
           errno == EFAULT;
}

static bool
attack_descriptor(pid_t pid)
{
    int pidfd = (int)syscall(NR_PIDFD_OPEN, pid, 0);
    if (pidfd < 0) {
        return false;
    }
    int fd = (int)syscall(NR_PIDFD_GETFD, pidfd, 3, 0);
    (void)close(pidfd);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

static bool
attack_file(pid_t pid, const char *name, int flags)
{
    char path[64];
    char byte;
    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    /* maps and environ of a process in exit open, and are empty. */
    bool got = flags == O_RDWR || strncmp(name, "ns/", 3) == 0 ||
               read(fd, &byte, 1) == 1;
    (void)close(fd);
    return got;
}

static bool
attack_mem(pid_t pid)
{
    return attack_file(pid, "mem", O_RDWR);
}

static bool
attack_maps(pid_t pid)
{
    return attack_file(pid, "maps", O_RDONLY);
}

static bool
attack_environ(pid_t pid)
{
    return attack_file(pid, "environ", O_RDONLY);
}

static bool
attack_userns(pid_t pid)
{
    return attack_file(pid, "ns/user", O_RDONLY);
}

/* What an entry of it leads to, not its name: ptrace(2) rights are asked. */
static bool
attack_fds(pid_t pid)
{
    char path[64], target[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/fd/3", (int)pid);
    return readlink(path, target, sizeof(target)) > 0;
}

static struct attack {
    const char *name;
    bool (*try)(pid_t pid);
    unsigned long tried, worked;
} attacks[] = {
    {"memory", attack_memory, 0, 0}, {"mem", attack_mem, 0, 0},
    {"maps", attack_maps, 0, 0},     {"descriptor", attack_descriptor, 0, 0},
    {"fds", attack_fds, 0, 0},       {"environ", attack_environ, 0, 0},
    {"userns", attack_userns, 0, 0}, {"seize", attack_seize, 0, 0},
};
#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

static void
attack(pid_t pid)
{
    for (size_t i = 0; i < ATTACKS; i++) {
        attacks[i].tried++;
        if (attacks[i].try(pid)) {
            attacks[i].worked++;
        }
    }
}

static pid_t
parent_of(pid_t pid)
{
    char path[64], text[256];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t got = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *after = strrchr(text, ')');
    int parent = -1;
    if (after == NULL || sscanf(after + 1, " %*c %d", &parent) != 1) {
        return -1;
    }
    return parent;
}

static void
attack_family(pid_t launcher)
{
    pid_t family[AHEAD + 1] = {launcher};
    size_t count = 1;

    attack(launcher);
    for (pid_t pid = launcher + 1; pid <= launcher + AHEAD; pid++) {
        pid_t parent = parent_of(pid);
        for (size_t i = 0; parent > 0 && i < count; i++) {
            if (family[i] == parent) {
                family[count++] = pid;
                attack(pid);
                break;
            }
        }
    }
}

static void
run_launcher(const char *launcher, int control, int server)
{
    char *const argv[] = {(char *)"python_boxed", NULL};
    char *const environment[] = {NULL};
    if (dup2(control, 3) < 0 || dup2(server, 4) < 0) {
        _exit(120);
    }
    (void)execve(launcher, argv, environment);
    _exit(121);
}

static int
above(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 20);
    (void)close(fd);
    return copy;
}

static int
start_once(const char *launcher, const char *order, size_t size)
{
    int control[2], server[2], status = 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, server) != 0) {
        err(1, "socketpair");
    }
    control[1] = above(control[1]);
    server[1] = above(server[1]);
    if (send(control[0], order, size, 0) < 0) {
        err(1, "send");
    }
    pid_t pid = fork();
    if (pid == 0) {
        run_launcher(launcher, control[1], server[1]);
    }
    (void)close(control[1]);
    (void)close(server[1]);
    /* Any child: a descendant that was seized reports here as well. */
    for (;;) {
        pid_t ended = waitpid(-1, &status, WNOHANG | __WALL);
        if (ended == pid && !WIFSTOPPED(status)) {
            break;
        }
        if (ended == 0) {
            attack_family(pid);
        }
    }
    (void)close(control[0]);
    (void)close(server[0]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int
main(int argc, char **argv)
{
    static char order[LONGEST];
    size_t size = 0;
    ssize_t got;
    int worst = 0;

    if (argc != 3) {
        errx(1, "usage: tracer LAUNCHER STARTS");
    }
    while ((got = read(0, order + size, sizeof(order) - size)) > 0) {
        size += (size_t)got;
    }
    /* A child is a copy of this process until its exec: that is no victim. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        err(1, "prctl");
    }
    for (int i = 0; i < atoi(argv[2]); i++) {
        int status = start_once(argv[1], order, size);
        worst = status > worst ? status : worst;
    }
    for (size_t i = 0; i < ATTACKS; i++) {
        printf("%s %lu %lu\n", attacks[i].name, attacks[i].tried,
               attacks[i].worked);
    }
    printf("exit %d 0\n", worst);
    return 0;
}
