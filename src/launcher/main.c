/* python_boxed: starts the sandboxed interpreter.  The only program of boxed
 * that may hold capabilities.
 *
 * Theory of operation.  The caller spawns this program with a socket as fd 3
 * and writes one order on it.  The program may hold cap_setuid and cap_setgid;
 * it uses them to become the target user, gives them up for good and proves
 * it, and only then builds the rest of the sandbox without privilege and
 * executes the caller's own interpreter.
 *
 *     caller --spawn--> python_boxed ............ waits, to be waited for
 *        |                  `--fork--> supervisor  pid 1 of the sandbox
 *        |  control socket (fd 3)  <---'   `--fork--> zygote: the interpreter
 *        `-- server socket (fd 4) -----------------------'
 *
 * Where the tier has no pid namespace, python_boxed itself is the supervisor.
 * The order of the steps is the security argument; docs/design.rst gives the
 * reason for each.  Nothing here retries, and nothing degrades. */
#include "launcher/launcher.h"

#include <unistd.h>

/* What a build with sanitizers needs for its extension to load inside. */
#ifndef BOXED_SANITIZER_ENVIRONMENT
#define BOXED_SANITIZER_ENVIRONMENT NULL
#endif

static const char *const environment[] = {
    "PATH=/usr/bin:/bin",        "HOME=/tmp", "TMPDIR=/tmp", "LANG=C.UTF-8",
    BOXED_SANITIZER_ENVIRONMENT, NULL,
};

int
main(int argc, char **argv)
{
    static struct order order;
    static struct configuration configuration;
    struct origin origin;

    (void)argv;
    start_sanely(argc, &origin);
    capabilities_read();
    receive_order(&order, &origin);
    configuration_read(&configuration);
    target_check(&order, &origin, &configuration);
    capabilities_require(order.tier, &origin);
    collector_run(&order);
    keeper_run(&order);
    session_leave();
    identity_change(&order, &origin, &configuration);
    identity_verify(&order, &origin);
    reserve_tasks(&order, &origin);
    namespaces_enter(&order);
    root_build(&order);
    supervisor_run(&order);
    guest_confine(&order);
    execve(order.argv[0], order.argv, (char *const *)environment);
    die(STAGE_EXEC);
}
