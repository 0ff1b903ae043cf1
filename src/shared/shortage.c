/* Tells which errors mean that the kernel is short of something just now, and
 * how long to go on trying.
 *
 * Runs in the launcher, the caller, the zygote and the worker; system calls
 * only.  EAGAIN is none of these errors: of a socket it means that nothing is
 * there yet, and of fork(2) a limit, which whoever forks has to judge. */
#include "shared/shortage.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

/* A shortage that lasts so long is an error. */
#define PATIENCE ((deadline_ns)10000000000)

bool
shortage_is(int error)
{
    switch (error) {
    case ENOMEM:       /* memory of the kernel, or of the control group */
    case ENOBUFS:      /* memory for a message */
    case ENFILE:       /* open files of the machine */
    case EMFILE:       /* descriptors of the process */
    case ETOOMANYREFS: /* descriptors of the user in flight, unix(7) */
    case ENOSPC:       /* watches of the user, epoll_ctl(2) */
        return true;
    default:
        return false;
    }
}

void
shortage_pause(void)
{
    const struct timespec pause = {.tv_nsec = SHORTAGE_PAUSE_MS * 1000000L};
    (void)nanosleep(&pause, NULL);
}

int
shortage_endure(struct shortage *shortage, int error)
{
    deadline_ns now = deadline_now();

    if (!shortage_is(error)) {
        return -error;
    }
    if (shortage->error == 0) {
        shortage->since = now;
    }
    shortage->error = error;
    return now - shortage->since < PATIENCE ? 0 : -error;
}

int
shortage_wait(struct shortage *shortage, int error)
{
    int lasting = shortage_endure(shortage, error);

    if (lasting == 0) {
        shortage_pause();
    }
    return lasting;
}
