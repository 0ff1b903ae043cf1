/* Step 4: the floor, which uid a caller may have a guest run as.
 *
 * Privileged, but asks only the kernel's version; what may be written is asked
 * after the drop.  Never uid 0, never the caller's own, never a login user's;
 * `nobody` for everybody; another one only if the caller is root or root
 * listed it.  A uid of the pool is the launcher's to give, not a caller's to
 * name. */
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

/* Whatever the configuration says. */
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

/* Whether what the order runs could signal others of its uid: without a pid
 * namespace and without Landlock's scopes nothing is between them.  Root could
 * anyway.  Where there is no Landlock, the step that needs it tells. */
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
