/* Gives up every capability that a new user namespace granted.
 *
 * Used by the launcher, and by a worker right after its fork.
 * Async-signal-safe: raw capset, because libcap allocates.  no_new_privs alone
 * would keep an exec from gaining any; an empty bounding set and locked
 * securebits do so without it. */
#include "confine/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOCKED_SECUREBITS                                                     \
    (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |          \
     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |                \
     SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static int
drop_bounding_set(void)
{
    /* The kernel may know more capabilities than the headers. */
    for (unsigned long capability = 0;; capability++) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
            return errno == EINVAL && capability > CAP_SETPCAP ? 0 : -errno;
        }
    }
}

int
privileges_lock(void)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct none[2] = {{0}};

    int error = drop_bounding_set();
    if (error != 0) {
        return error;
    }
    if (prctl(PR_SET_SECUREBITS, LOCKED_SECUREBITS, 0, 0, 0) != 0 ||
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
        syscall(SYS_capset, &header, none) != 0) {
        return -errno;
    }
    return 0;
}
