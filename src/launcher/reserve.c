/* Step 11: leaves the caller some processes, where the guest keeps the
 * caller's uid.
 *
 * Unprivileged; sets one limit.  The kernel counts the tasks of a sandbox, its
 * threads included, for the uid that its namespace belongs to, together with
 * all that the caller runs.  A user namespace remembers the RLIMIT_NPROC of
 * its maker and holds all that is in it to that (Linux 5.14), however many
 * workers there are.  So the limit is lowered here, before the namespace is
 * made, and the rest is for those outside.  Where there is no namespace, each
 * task has the limit itself. */
#include "launcher/launcher.h"

#include "shared/rlimit.h"

void
reserve_tasks(const struct order *order, const struct origin *origin)
{
    if (order_tier_takes_uid(order->tier) || origin->tasks == RLIM_INFINITY) {
        return;
    }
    rlim_t most = origin->tasks - origin->tasks / 4;
    int error = rlimit_lower(RLIMIT_NPROC, most, most);
    if (error != 0) {
        die_with(STAGE_LIMITS, -error, 0);
    }
}
