/* Which numbers mean a system call on this architecture.  Of these, a call
 * that no table names is refused with EPERM; any other number gets ENOSYS, as
 * the kernel itself says of a call that it does not have.
 *
 * Data only; seccomp.c reads it. */
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
