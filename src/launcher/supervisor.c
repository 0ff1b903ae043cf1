/* Step 14, in the parent: the supervisor ends the sandbox.
 *
 * pid 1 of the pid namespace, or where the tier has none a subreaper;
 * unprivileged.  It is needed because the caller cannot signal a process of
 * another uid, and a parent-death signal is not delivered across uids
 * (verified on Linux 6.18).  It watches the control socket: a message on it
 * ends everything, and so does its end of file, which any death of the caller
 * brings about.  Signals are read from a descriptor, so there is no handler
 * and no race. */
#include "launcher/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/fd.h"
#include "shared/shortage.h"

/* Whether the zygote is among the dead. */
static bool
reap(pid_t zygote, int *ret_status)
{
    bool ended = false;
    int status;
    pid_t dead;

    while ((dead = waitpid(-1, &status, WNOHANG)) > 0) {
        if (dead == zygote) {
            *ret_status = status;
            ended = true;
        }
    }
    return ended;
}

/* Orphans become children of this process, so even one that left its session
 * and its parent is found here.  In the file each pid ends with a space.
 * The keeper ends by itself, after all others. */
static void
kill_children(pid_t keeper)
{
    char text[4096];
    pid_t pid = 0;
    cleanup_close int fd =
        open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text));

    for (ssize_t i = 0; i < length; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            pid = pid * 10 + (text[i] - '0');
        }
        else if (pid > 0) {
            if (pid != keeper) {
                (void)kill(pid, SIGKILL);
            }
            pid = 0;
        }
    }
}

/* As pid 1 it ends every process of the namespace.  Elsewhere it ends the
 * zygote, with which workers die by a signal that they cannot disarm, and
 * whatever else an order may have started. */
static _Noreturn void
end_all(const struct order *order, pid_t zygote)
{
    bool alone = order_tier_has_namespaces(order->tier);
    (void)kill(alone ? -1 : zygote, SIGKILL);
    do {
        if (!alone) {
            kill_children(order->keeper);
        }
    } while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
    _exit(0);
}

static _Noreturn void
stay_until_the_end(const struct order *order, pid_t zygote, int signals)
{
    struct pollfd watched[] = {
        {.fd = ORDER_FD, .events = POLLIN},
        {.fd = signals, .events = POLLIN},
        {.fd = order->looks, .events = POLLIN},
    };
    struct signalfd_siginfo info;
    struct shortage shortage = {.error = 0};
    int status = 0;

    for (;;) {
        int ready = poll(watched, 3, -1);
        /* The kernel may be out of memory for a moment, which is no reason to
         * end calls. */
        if (ready < 0 &&
            (errno == EINTR || shortage_wait(&shortage, errno) == 0)) {
            continue;
        }
        shortage.error = 0;
        if (ready < 0 || watched[0].revents != 0) {
            end_all(order, zygote);
        }
        if (watched[2].revents != 0 &&
            !looks_answer(order->looks, order->proc)) {
            /* Whoever asks again is told by its end. */
            fd_close(&watched[2].fd);
        }
        if (watched[1].revents == 0) {
            continue;
        }
        if (read(signals, &info, sizeof(info)) < 0 && errno != EINTR) {
            end_all(order, zygote);
        }
        if (reap(zygote, &status)) {
            die_send_record(STAGE_ZYGOTE, 0, (uint32_t)status);
            end_all(order, zygote);
        }
    }
}

static _Noreturn void
become_supervisor(const struct order *order, pid_t zygote, const sigset_t *all)
{
    int signals = signalfd(-1, all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) {
        die(STAGE_FORK);
    }
    (void)close(ORDER_SERVER_FD);
    (void)close(order->keeper_socket);
    (void)close(order->looks_of_zygote);
    for (int fd = 0; fd <= 2; fd++) {
        (void)close(fd);
    }
    stay_until_the_end(order, zygote, signals);
}

/* Returns in the child only, which goes on to become the zygote. */
void
supervisor_run(struct order *order)
{
    sigset_t all, none;

    looks_prepare(order);
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    if (sigprocmask(SIG_BLOCK, &all, NULL) != 0 ||
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        die(STAGE_FORK);
    }
    pid_t parent = getpid();
    pid_t zygote = fork();
    if (zygote < 0) {
        die(STAGE_FORK);
    }
    if (zygote > 0) {
        become_supervisor(order, zygote, &all);
    }
    /* Same uid on both sides here, so the signal is delivered. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
        getppid() != parent || sigprocmask(SIG_SETMASK, &none, NULL) != 0) {
        die(STAGE_FORK);
    }
}
