/* Step 10: where the guest's uid stays the caller's, leaves the caller some
 * processes.
 *
 * Unprivileged; one limit.  The kernel counts the tasks of a sandbox for the
 * uid that its namespace belongs to, outside as well, and so the guest's
 * threads together with all that the caller runs.  A user namespace remembers
 * RLIMIT_NPROC of its maker and holds all that is in it to that (Linux 5.14),
 * however many workers there are: a lower one here, before the namespace is
 * made, keeps the rest for those outside.  Where there is no namespace, each
 * task has it. */
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
