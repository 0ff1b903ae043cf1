/* Steps 9 and 10: leave the caller's identity, and prove it.
 *
 * The only file that names set*id.  Privileged until identity_change returns;
 * identity_verify then tries every way back.  Groups and gid go first: after
 * the uid is changed and the capabilities are gone they could not. */
#include "launcher/launcher.h"

#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A guest that would be nobody gets a uid of the pool where there is one. */
static void
take_target_uid(struct order *order, const struct origin *origin,
                const struct configuration *configuration)
{
    if (!capabilities_raise()) {
        die(STAGE_CAPABILITIES);
    }
    if (setgroups(0, NULL) != 0 ||
        setresgid(BOXED_NOBODY, BOXED_NOBODY, BOXED_NOBODY) != 0) {
        die(STAGE_IDENTITY);
    }
    if (configuration->pool_count != 0 && order->uid == BOXED_NOBODY) {
        order->uid = pool_take(configuration, origin);
        order->uid_is_its_own = true;
    }
    if (setresuid(order->uid, order->uid, order->uid) != 0) {
        die(STAGE_IDENTITY);
    }
}

void
identity_change(struct order *order, const struct origin *origin,
                const struct configuration *configuration)
{
    if (order_tier_takes_uid(order->tier)) {
        take_target_uid(order, origin, configuration);
    }
    capabilities_forget();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        die(STAGE_NO_NEW_PRIVS);
    }
    /* The change of credentials may have made it dumpable (fs.suid_dumpable).
     */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        die(STAGE_CAPSET);
    }
}

static void
expect_ids(uid_t uid, gid_t gid)
{
    uid_t uids[3];
    gid_t gids[3];

    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 ||
        getresgid(&gids[0], &gids[1], &gids[2]) != 0) {
        die(STAGE_VERIFY);
    }
    for (int i = 0; i < 3; i++) {
        if (uids[i] != uid || gids[i] != gid) {
            die_with(STAGE_VERIFY, EEXIST, 0);
        }
    }
}

/* Each of these must fail; a success is a hole and ends everything.  Where no
 * id is taken the group 0 may be the caller's own, as in some containers. */
static void
expect_no_way_back(const struct order *order, const struct origin *origin)
{
    static const gid_t wheel[] = {0};
    bool taken = order_tier_takes_uid(order->tier);
    uid_t none = (uid_t)-1;

    if (setresuid(0, 0, 0) == 0 || setresuid(none, 0, none) == 0 ||
        ((taken || origin->gid != 0) && setresgid(0, 0, 0) == 0) ||
        setgroups(1, wheel) == 0 || capabilities_raise()) {
        die_with(STAGE_VERIFY, ENOTRECOVERABLE, 0);
    }
    if (taken && (setresuid(origin->uid, origin->uid, origin->uid) == 0 ||
                  setresuid(none, origin->uid, none) == 0 ||
                  setresgid(origin->gid, origin->gid, origin->gid) == 0 ||
                  getgroups(0, NULL) != 0)) {
        die_with(STAGE_VERIFY, ENOTRECOVERABLE, 0);
    }
}

void
identity_verify(const struct order *order, const struct origin *origin)
{
    bool taken = order_tier_takes_uid(order->tier);

    expect_no_way_back(order, origin);
    expect_ids(order->uid, taken ? BOXED_NOBODY : origin->gid);
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        die_with(STAGE_VERIFY, ENOTRECOVERABLE, 0);
    }
}
