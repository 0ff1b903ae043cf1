/* Prints the capabilities it was given, then exits: a stand-in for the
 * launcher wherever a test asks whether file capabilities are granted.
 *
 *     permitted=<hex> effective=<hex> secure=<AT_SECURE>
 */
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By this sentence `boxed setup` knows a launcher from any other program. */
__attribute__((used)) static const char sentence[] =
    "python_boxed is the launcher of boxed";

int
main(void)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {{0}, {0}};
    if (syscall(SYS_capget, &header, sets) != 0) {
        return 1;
    }
    printf("permitted=%x effective=%x secure=%lu\n", sets[0].permitted,
           sets[0].effective, getauxval(AT_SECURE));
    return 0;
}
