/* Step 12: six namespaces, entered after the drop and never before it.
 *
 * Unprivileged.  A user namespace belongs to the uid that made it: made by
 * the caller, any process of the caller could setns into it and run
 * unconfined as the target uid, or trace this process while half built
 * (the class of CVE-2016-8659). */
#include "launcher/launcher.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine/id_map.h"

/* Leaves a parent outside that only waits, so that the caller has a child of
 * its own whose end means that the whole sandbox has ended. */
static void
become_first_process(void)
{
    pid_t child = fork();
    if (child < 0) {
        die(STAGE_FORK);
    }
    if (child == 0) {
        return;
    }
    int status = 0, ended;
    pid_t pid;
    (void)syscall(SYS_close_range, 0u, ~0u, 0u);
    /* The keeper ends after all others, if there is something to keep. */
    while ((pid = waitpid(-1, &ended, 0)) > 0 || errno == EINTR) {
        status = pid == child ? ended : status;
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : STAGE_EXIT);
}

void
namespaces_enter(const struct order *order)
{
    if (!order_tier_has_namespaces(order->tier)) {
        return;
    }
    gid_t gid = getgid();
    int flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
                CLONE_NEWUTS | CLONE_NEWCGROUP;
    if (!order->network) {
        flags |= CLONE_NEWNET;
    }
    if (unshare(flags) != 0) {
        die(STAGE_NAMESPACES);
    }
    int error = id_map_write(order->uid, gid, BOXED_NOBODY);
    if (error != 0) {
        die_with(STAGE_UID_MAP, -error, 0);
    }
    if (sethostname("boxed", 5) != 0) {
        die(STAGE_NAMESPACES);
    }
    become_first_process();
}
