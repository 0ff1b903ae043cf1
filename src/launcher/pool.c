/* A uid that no process has, out of those that root reserved.
 *
 * Privileged: cap_setuid is raised, and nothing else is.  There is no lock
 * file and no record: a uid is taken by having it, and free when no process
 * has it, zombies included.  The kernel counts processes by real uid, across
 * pid namespaces, for RLIMIT_NPROC.  So a launcher puts a uid on, allows
 * itself one child, and forks: that fails if anybody else has it.  Of two that
 * put the same on at once, the later one at least fails and goes on. */
#include "launcher/launcher.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
one_child_fits(void)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    if (child < 0 && errno != EAGAIN) {
        die(STAGE_POOL);
    }
    return child > 0 && waitpid(child, NULL, 0) == child;
}

static bool
is_free(uid_t uid)
{
    struct rlimit before;

    /* The real uid only: capabilities, and so the way on, are kept. */
    if (setresuid(uid, (uid_t)-1, (uid_t)-1) != 0 ||
        getrlimit(RLIMIT_NPROC, &before) != 0) {
        die(STAGE_POOL);
    }
    const struct rlimit two = {.rlim_cur = 2, .rlim_max = before.rlim_max};
    if (setrlimit(RLIMIT_NPROC, &two) != 0) {
        die(STAGE_POOL);
    }
    bool is_alone = one_child_fits();
    if (setrlimit(RLIMIT_NPROC, &before) != 0) {
        die(STAGE_POOL);
    }
    return is_alone;
}

uid_t
pool_take(const struct configuration *configuration,
          const struct origin *origin)
{
    uint32_t start = 0;

    if (getrandom(&start, sizeof(start), 0) != sizeof(start)) {
        die(STAGE_POOL);
    }
    for (uint32_t i = 0; i < configuration->pool_count; i++) {
        uint32_t index =
            (uint32_t)(((uint64_t)start + i) % configuration->pool_count);
        uid_t uid = configuration->pool_first + index;
        if (!target_is_forbidden(uid, origin) && is_free(uid)) {
            return uid;
        }
    }
    die_with(STAGE_POOL, EUSERS, 0);
}
