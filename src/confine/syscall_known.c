/* Which numbers mean a call on this architecture: the call of such a number is
 * refused with EPERM where no table names it, any other does not exist.
 *
 * Data only. */
#include "confine/syscall_table.h"
#include "shared/syscall_numbers.h"

const struct syscall_range syscall_known[] = {
#if defined(__x86_64__)
    {0, 334},
#elif defined(__aarch64__)
    {0, 243},
    {260, 294},
#else
#error "the system calls of this architecture have not been reviewed"
#endif
    {424, NR_LAST},
};
const size_t syscall_known_count =
    sizeof(syscall_known) / sizeof(syscall_known[0]);
