/* How the launcher ends, whatever the step: one fixed record on the control
 * socket, and an exit status.
 *
 * Async-signal-safe; runs with or without privilege, before and after any
 * fork.  Exit status 100: started by hand; STAGE_EXIT: a step failed. */
#include "launcher/launcher.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static const char explanation[] =
    "python_boxed is the launcher of boxed, the Python sandbox.\n"
    "It takes its orders only from the boxed package, over a socket; there\n"
    "is nothing to run by hand.  See `boxed doctor` and `boxed run`.\n";

void
die_send_record(enum boxed_stage stage, int error, uint32_t detail)
{
    const struct boxed_status status = {
        .magic = BOXED_STATUS_MAGIC,
        .stage = stage,
        .error = error,
        .detail = detail,
    };
    /* Nobody may be listening; there is nobody else to tell. */
    (void)send(ORDER_FD, &status, sizeof(status), MSG_NOSIGNAL | MSG_DONTWAIT);
}

_Noreturn void
die_with(enum boxed_stage stage, int error, uint32_t detail)
{
    die_send_record(stage, error, detail);
    _exit(STAGE_EXIT);
}

_Noreturn void
die(enum boxed_stage stage)
{
    die_with(stage, errno, 0);
}

_Noreturn void
die_explaining(void)
{
    ssize_t written = write(2, explanation, sizeof(explanation) - 1);
    (void)written;
    _exit(100);
}
