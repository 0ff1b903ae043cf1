/* The form of the tables of system calls.  The tables are data; seccomp.c
 * gives them their meaning. */
#ifndef BOXED_SYSCALL_TABLE_H
#define BOXED_SYSCALL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Passes if the low 32 bits of the argument, masked, equal one of the values.
 * The high half is left out on purpose.  The kernel drops it as well: every
 * argument named in the tables is an int, an unsigned int, a mode_t, or flags
 * of which it takes the low half or refuses the rest itself. */
struct syscall_check {
    uint32_t mask; /* 0: no check */
    uint8_t argument;
    bool own_pid; /* the pid of the confined process passes too */
    uint8_t count;
    const uint32_t *values;
};

#define SYSCALL_CHECKS 3

/* Answers with `action` when every check passes. */
struct syscall_rule {
    uint32_t action;
    uint16_t number;
    struct syscall_check checks[SYSCALL_CHECKS];
};

/* Who a table is for: all the bits named must hold; none means everybody. */
enum syscall_scope {
    SCOPE_ZYGOTE = 1,
    SCOPE_WORKER = 2,
    SCOPE_NETWORK = 4,
    SCOPE_PROCESSES = 8,
    SCOPE_ALONE = 16, /* a worker that is one process */
    SCOPE_LOCKS = 32,
    SCOPE_NO_LOCKS = 64,
    SCOPE_OWN_FILES = 128, /* mounts keep the host's files away */
    SCOPE_HOST_FILES = 256,
    SCOPE_MODES = 512,  /* what it owns is not the host's */
    SCOPE_SIZES = 1024, /* nor is what it could truncate */
};

struct syscall_rules {
    const struct syscall_rule *list;
    size_t count;
};

struct syscall_table {
    const struct syscall_rules *rules;
    unsigned scope;
};

/* Numbers that mean a call on this architecture; all others are unknown. */
struct syscall_range {
    uint16_t first, last;
};

/* syscall_files.c */
extern const struct syscall_rules syscall_descriptors;
extern const struct syscall_rules syscall_paths;
extern const struct syscall_rules syscall_sizes;
extern const struct syscall_rules syscall_modes;
extern const struct syscall_rules syscall_attributes;
extern const struct syscall_rules syscall_no_attributes;
extern const struct syscall_rules syscall_locks;
extern const struct syscall_rules syscall_no_locks;

/* syscall_table.c */
extern const struct syscall_table syscall_tables[];
extern const size_t syscall_tables_count;

/* syscall_known.c */
extern const struct syscall_range syscall_known[];
extern const size_t syscall_known_count;

#endif
