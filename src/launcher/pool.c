/* Of step 9: finds a uid that no process has, among those that root reserved.
 *
 * Privileged: cap_setuid is raised, and nothing else is.  There is no lock
 * file and no record: a uid is taken by having it, and free when no process
 * has it, zombies included.  The kernel counts processes by real uid, across
 * pid namespaces, for RLIMIT_NPROC.  So a launcher puts a uid on, allows
 * itself one child, and forks: that fails if anybody else has the uid.  If two
 * put on the same one at once, at least the later fails, and tries the next.
 */
#include "launcher/launcher.h"

#include <errno.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine/landlock.h"

/* Waits for a child's end: 1 if it ended by itself and well, 0 if not, or
 * -errno.  Where no Landlock domain keeps signals inside, a guest with the uid
 * that the child puts on may kill the child, or stop it for ever. */
static int
ended_well(pid_t child)
{
    int status = 0;

    if (waitpid(child, &status, WUNTRACED) != child) {
        return -errno;
    }
    if (WIFSTOPPED(status)) {
        if (kill(child, SIGKILL) != 0 || waitpid(child, NULL, 0) != child) {
            return -errno;
        }
        return 0;
    }
    return status == 0;
}

/* 1 if one more process fits below the limit, 0 if not, or -errno. */
static int
one_child_fits(void)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    if (child < 0) {
        return errno == EAGAIN ? 0 : -errno;
    }
    return ended_well(child);
}

/* Puts a uid on: 1 if nobody else has it, 0 if so, or -errno. */
static int
put_on(uid_t uid)
{
    struct rlimit before;

    /* The real uid only: so the capabilities are kept, and another uid can be
     * tried. */
    if (setresuid(uid, (uid_t)-1, (uid_t)-1) != 0 ||
        getrlimit(RLIMIT_NPROC, &before) != 0) {
        return -errno;
    }
    const struct rlimit two = {.rlim_cur = 2, .rlim_max = before.rlim_max};
    if (setrlimit(RLIMIT_NPROC, &two) != 0) {
        return -errno;
    }
    int alone = one_child_fits();
    return setrlimit(RLIMIT_NPROC, &before) == 0 ? alone : -errno;
}

/* Asked by a child, since whoever has the uid may signal who puts it on. */
static bool
looks_free(uid_t uid)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(put_on(uid) == 1 ? 0 : 1);
    }
    int well = child < 0 ? -errno : ended_well(child);
    if (well < 0) {
        die_with(STAGE_POOL, -well, 0);
    }
    return well == 1;
}

static bool
is_free(uid_t uid, bool carefully)
{
    if (carefully && !looks_free(uid)) {
        return false;
    }
    int alone = put_on(uid);
    if (alone < 0) {
        die_with(STAGE_POOL, -alone, 0);
    }
    return alone == 1;
}

uid_t
pool_take(const struct configuration *configuration,
          const struct origin *origin)
{
    uint32_t start = 0;
    bool carefully = landlock_abi() < LANDLOCK_SCOPES;

    if (getrandom(&start, sizeof(start), 0) != sizeof(start)) {
        die(STAGE_POOL);
    }
    for (uint32_t i = 0; i < configuration->pool_count; i++) {
        uint32_t index =
            (uint32_t)(((uint64_t)start + i) % configuration->pool_count);
        uid_t uid = configuration->pool_first + index;
        if (!target_is_forbidden(uid, origin) && is_free(uid, carefully)) {
            return uid;
        }
    }
    /* A control group without room for one more process looks the same from
     * every uid, the caller's too. */
    if (setresuid(origin->uid, (uid_t)-1, (uid_t)-1) != 0) {
        die(STAGE_POOL);
    }
    int fits = one_child_fits();
    if (fits < 0) {
        die_with(STAGE_POOL, -fits, 0);
    }
    die_with(STAGE_POOL, fits == 0 ? EAGAIN : EUSERS, 0);
}
