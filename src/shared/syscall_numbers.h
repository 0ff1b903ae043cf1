/* System calls newer than the kernel headers that one may have to build with.
 * From 424 on every architecture gives a call the same number. */
#ifndef BOXED_SYSCALL_NUMBERS_H
#define BOXED_SYSCALL_NUMBERS_H

enum syscall_number {
    NR_pidfd_send_signal = 424,
    NR_open_tree = 428,
    NR_move_mount = 429,
    NR_fsopen = 430,
    NR_fsconfig = 431,
    NR_fsmount = 432,
    NR_pidfd_open = 434,
    NR_clone3 = 435,
    NR_close_range = 436,
    NR_openat2 = 437,
    NR_faccessat2 = 439,
    NR_epoll_pwait2 = 441,
    NR_mount_setattr = 442,
    NR_landlock_create_ruleset = 444,
    NR_landlock_add_rule = 445,
    NR_landlock_restrict_self = 446,
    NR_futex_waitv = 449,
    NR_fchmodat2 = 452,
    NR_map_shadow_stack = 453,
    NR_futex_wake = 454,
    NR_futex_wait = 455,
    NR_futex_requeue = 456,
    NR_mseal = 462,
    NR_getxattrat = 464,
    NR_listxattrat = 465,
    NR_LAST = 469, /* file_setattr, Linux 6.17 */
};

#endif
