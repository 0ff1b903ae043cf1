/* Lowers resource limits, for the launcher and for a worker right after its
 * fork.  Two system calls, async-signal-safe. */
#include "shared/rlimit.h"

#include <errno.h>

int
rlimit_lower(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit limit;

    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0) {
        return -errno;
    }
    if (limit.rlim_max > hard) {
        limit.rlim_max = hard;
    }
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    return setrlimit((__rlimit_resource_t)resource, &limit) == 0 ? 0 : -errno;
}
