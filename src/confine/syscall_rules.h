/* The macros in which syscall_table.c and syscall_files.c write their rules,
 * and constants that older headers lack.  The macros name calls and errors
 * whose headers their user includes. */
#ifndef BOXED_SYSCALL_RULES_H
#define BOXED_SYSCALL_RULES_H

#include "confine/syscall_table.h"

/* Newer than some headers. */
#ifdef MAP_32BIT
#define MAP_LOW MAP_32BIT
#else
#define MAP_LOW 0
#endif
#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x80u
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* Calls that only x86-64 has. */
#ifdef __x86_64__
#define OLD(...) __VA_ARGS__,
#else
#define OLD(...)
#endif

/* clang-format off */
#define LIST(...) (const uint32_t[]){__VA_ARGS__}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CHECK(arg, bits, self, ...)                                           \
    {.mask = (bits), .argument = (arg), .own_pid = (self),                    \
     .count = COUNT(LIST(__VA_ARGS__)), .values = LIST(__VA_ARGS__)}
/* The argument is one of the values. */
#define IN(arg, ...) CHECK(arg, 0xffffffffU, false, __VA_ARGS__)
/* The argument is one of the values, or the pid of this process. */
#define SELF_OR(arg, ...) CHECK(arg, 0xffffffffU, true, __VA_ARGS__)
/* The pid of this process and nothing else. */
#define SELF(arg) {.mask = 0xffffffffU, .argument = (arg), .own_pid = true}
/* The argument's bits under the mask are one of the values; no others are
 * looked at. */
#define BITS(arg, bits, ...) CHECK(arg, bits, false, __VA_ARGS__)

#define RULE(nr, act, ...)                                                    \
    {.action = (act), .number = (nr), .checks = {__VA_ARGS__}}
#define CALL(name)         {.action = SECCOMP_RET_ALLOW, .number = __NR_##name}
#define CALL_IF(name, ...) RULE(__NR_##name, SECCOMP_RET_ALLOW, __VA_ARGS__)
#define NEW(name)          {.action = SECCOMP_RET_ALLOW, .number = NR_##name}
#define NEW_IF(name, ...)  RULE(NR_##name, SECCOMP_RET_ALLOW, __VA_ARGS__)
#define ABSENT(nr)         {.action = SECCOMP_RET_ERRNO | ENOSYS, .number = (nr)}
#define NONE(nr)           {.action = SECCOMP_RET_ERRNO | EOPNOTSUPP, .number = (nr)}
/* Answers so in place of the call: with success, or with an error that is
 * true of what the caller can see. */
#define FEIGN_IF(name, error, ...)                                            \
    RULE(__NR_##name, SECCOMP_RET_ERRNO | (error), __VA_ARGS__)
#define RULES(list)           {list, COUNT(list)}
#define TABLE(list, when)     {&(const struct syscall_rules)RULES(list), when}
#define TABLE_OF(rules, when) {&(rules), when}

/* No file gets a setuid or setgid bit. */
#define PLAIN_MODE(arg) BITS(arg, S_ISUID | S_ISGID, 0)
#define NODE_MODE(arg)  /* no device; 0 means a plain file */                 \
    BITS(arg, S_IFMT | S_ISUID | S_ISGID, 0, S_IFREG, S_IFIFO, S_IFSOCK)
/* Flags of open(2). */
#define CREATES     (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))
#define WRITES(arg) BITS(arg, O_ACCMODE, O_WRONLY, O_RDWR)
/* clang-format on */

#endif
