/* Step 8: leaves the caller's session and its keyring.
 *
 * Unprivileged: two system calls.  A new session takes the controlling
 * terminal away.  The session keyring survives setresuid and a new user
 * namespace (verified on Linux 6.18), so a fresh one replaces it.  A container
 * profile that refuses keyctl here refuses it to the guest as well, as the
 * guest's own filter does. */
#include "launcher/launcher.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JOIN_SESSION_KEYRING 1 /* KEYCTL_JOIN_SESSION_KEYRING */

void
session_leave(void)
{
    if (setsid() < 0) {
        die(STAGE_SESSION);
    }
    if (syscall(SYS_keyctl, JOIN_SESSION_KEYRING, NULL) < 0 &&
        errno != ENOSYS && errno != EPERM) {
        die(STAGE_SESSION);
    }
}
