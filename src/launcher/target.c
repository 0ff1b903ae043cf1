/* Step 4: which uid a caller may have a guest run as, and the floor, which no
 * configuration moves.
 *
 * Privileged, but its only system call asks for Landlock's version;
 * target_may_write() is called later, after the drop.  Never uid 0, never the
 * caller's own, never a login user's.  `nobody` for everybody; any other only
 * if the caller is root or root listed it.  The launcher alone gives out uids
 * of the pool: no caller can name one. */
#include "launcher/launcher.h"

#include <errno.h>
#include <sys/stat.h>

#include "confine/landlock.h"

/* UID_MIN and UID_MAX of every distribution's login.defs(5). */
#define LOGIN_FIRST 1000u
#define LOGIN_LAST  60000u

static bool
is_listed(const struct configuration *configuration, uid_t uid)
{
    for (size_t i = 0; i < configuration->allowed_count; i++) {
        if (configuration->allowed[i] == uid) {
            return true;
        }
    }
    return false;
}

static bool
is_in_pool(const struct configuration *configuration, uid_t uid)
{
    return uid >= configuration->pool_first &&
           uid - configuration->pool_first < configuration->pool_count;
}

/* The floor. */
bool
target_is_forbidden(uid_t uid, const struct origin *origin)
{
    return uid == 0 || uid == origin->uid || uid == (uid_t)-1 ||
           (uid >= LOGIN_FIRST && uid <= LOGIN_LAST);
}

static bool
uid_is_permitted(uid_t uid, const struct origin *origin,
                 const struct configuration *configuration)
{
    if (target_is_forbidden(uid, origin) || is_in_pool(configuration, uid)) {
        return false;
    }
    return uid == BOXED_NOBODY || origin->uid == 0 ||
           is_listed(configuration, uid);
}

/* Whether what the order runs could signal other processes of its uid: without
 * a pid namespace and without Landlock's scopes nothing keeps them apart.
 * Root could signal them anyway.  Where there is no Landlock at all, the step
 * that needs it fails. */
static bool
uid_is_exposed(const struct order *order, const struct origin *origin,
               const struct configuration *configuration)
{
    bool own = configuration->pool_count != 0 && order->uid == BOXED_NOBODY;
    int abi = landlock_abi();
    return order->tier == TIER_UID && origin->uid != 0 && !own && abi >= 0 &&
           abi < LANDLOCK_SCOPES;
}

/* A guest of another uid could write what that uid owns and the caller
 * cannot: so what is to be written must be the caller's. */
bool
target_may_write(const struct order *order, enum order_kind kind, int fd)
{
    struct stat seen;

    if (kind != KIND_WRITE || order->caller == 0 ||
        !order_tier_takes_uid(order->tier)) {
        return true;
    }
    return fstat(fd, &seen) == 0 && seen.st_uid == order->caller;
}

void
target_check(const struct order *order, const struct origin *origin,
             const struct configuration *configuration)
{
    bool permitted = order_tier_takes_uid(order->tier)
                         ? uid_is_permitted(order->uid, origin, configuration)
                         : order->uid == origin->uid && origin->uid != 0;
    if (!permitted) {
        die_with(STAGE_USER, EPERM, 0);
    }
    if (uid_is_exposed(order, origin, configuration)) {
        die_with(STAGE_SHARED, ENOTUNIQ, 0);
    }
}
