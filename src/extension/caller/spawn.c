/* Starts the launcher, for python/type_box.c, from a caller that may be large
 * and threaded.
 *
 * By vfork: the child borrows the address space, so a caller of 30 GB costs
 * the same as a small one.  The child's half makes async-signal-safe system
 * calls only, writes to nothing but `failure`, and never returns; every signal
 * is blocked around it, since a handler would run in borrowed memory. */
#include "extension/caller/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/fd.h"
#include "shared/order.h"
#include "shared/syscall_numbers.h"

/* Above every number the child will fill, so that no dup2 overwrites one. */
#define FIRST_FREE_FD 10

struct ends {
    int null;
    int log;
    int control;
    int server;
};

/* A copy with a high enough number, or -errno.  Where the limit permits no
 * such number the kernel says EINVAL (fcntl(2)): there are too few. */
static int
copy_up(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    if (copy < 0) {
        return errno == EINVAL ? -EMFILE : -errno;
    }
    return copy;
}

static int
move_up(int *fd)
{
    if (*fd >= FIRST_FREE_FD) {
        return 0;
    }
    int moved = copy_up(*fd);
    if (moved < 0) {
        return moved;
    }
    (void)close(*fd);
    *fd = moved;
    return 0;
}

static _Noreturn void
run_child(const char *path, const struct ends *ends, volatile int *failure)
{
    char *const argv[] = {(char *)"python_boxed", NULL};
    char *const environment[] = {NULL};

    if (dup2(ends->null, 0) == 0 && dup2(ends->null, 1) == 1 &&
        dup2(ends->log, 2) == 2 && dup2(ends->control, ORDER_FD) >= 0 &&
        dup2(ends->server, ORDER_SERVER_FD) >= 0 &&
        syscall(NR_close_range, ORDER_SERVER_FD + 1u, ~0u, 0u) == 0) {
        (void)execve(path, argv, environment);
    }
    *failure = errno;
    _exit(127);
}

/* Not inlined: locals of the caller must not live across vfork. */
static __attribute__((noinline)) int
spawn(const char *path, const struct ends *ends, pid_t *ret_pid)
{
    volatile int failure = 0;
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0) {
        run_child(path, ends, &failure);
    }
    int error = pid < 0 ? errno : failure;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid > 0 && error != 0) {
        (void)waitpid(pid, NULL, 0);
    }
    if (error != 0) {
        return -error;
    }
    *ret_pid = pid;
    return 0;
}

static int
socket_pair(int *ret_near, int *ret_far)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return -errno;
    }
    *ret_near = pair[0];
    *ret_far = pair[1];
    return 0;
}

/* What launcher, interpreter and imports print.  A file in memory: nobody
 * reads it while they run, so a pipe would fill up and stop them. */
static int
make_log(int *ret_near, int *ret_far)
{
    int fd = (int)syscall(SYS_memfd_create, "boxed-log", 1u /* CLOEXEC */);
    if (fd < 0) {
        return -errno;
    }
    *ret_near = fd;
    int copy = copy_up(fd);
    if (copy < 0) {
        return copy;
    }
    *ret_far = copy;
    return 0;
}

int
spawn_launcher(const char *path, const void *order, size_t size,
               struct spawned *ret_spawned)
{
    cleanup_close int control = -1, server = -1, log = -1, pidfd = -1;
    cleanup_close int far_control = -1, far_server = -1, far_log = -1;
    cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int *moved[] = {&control, &server,     &log, &far_control,
                    &far_log, &far_server, &null};
    pid_t pid = -1;

    int error = null < 0 ? -errno : socket_pair(&control, &far_control);
    error = error ? error : socket_pair(&server, &far_server);
    error = error ? error : make_log(&log, &far_log);
    for (size_t i = 0; error == 0 && i < sizeof(moved) / sizeof(*moved); i++) {
        error = move_up(moved[i]);
    }
    /* Written ahead of the spawn: the launcher never waits for it. */
    if (error == 0 && send(control, order, size, MSG_NOSIGNAL) < 0) {
        error = -errno;
    }
    struct ends ends = {null, far_log, far_control, far_server};
    error = error ? error : spawn(path, &ends, &pid);
    if (error != 0) {
        return error;
    }
    /* What is not needed any more makes room for the pidfd. */
    fd_close(&null);
    fd_close(&far_log);
    fd_close(&far_control);
    fd_close(&far_server);
    pidfd = (int)syscall(NR_pidfd_open, pid, 0u);
    if (pidfd < 0 && errno != ESRCH) {
        error = -errno;
        /* It ends by this, and is not to be a zombie. */
        (void)send(control, "end", 3, MSG_NOSIGNAL | MSG_DONTWAIT);
        fd_close(&control);
        (void)waitpid(pid, NULL, 0);
        return error;
    }
    /* Without one, it ended already and was reaped, as under an ignored
     * SIGCHLD; its status record tells why. */
    *ret_spawned = (struct spawned){
        .pid = pid,
        .pidfd = fd_steal(&pidfd),
        .control = fd_steal(&control),
        .server = fd_steal(&server),
        .log = fd_steal(&log),
    };
    return 0;
}
