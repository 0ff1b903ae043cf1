/* Enters a Landlock domain that denies what was not granted.
 *
 * Runs in the launcher and in a worker right after its fork.  Needs no
 * privilege.  Every function may run after fork in a process that had threads:
 * no allocation, no locks, no stdio, only raw system calls.
 *
 * Numbers, structures and rights are defined here, because the kernel may be
 * newer than the headers on the machine that builds. */
#include <errno.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/landlock.h"
#include "shared/syscall_numbers.h"

#define GET_VERSION       1U /* of landlock_create_ruleset */
#define PATH_BENEATH      1U /* of landlock_add_rule */
#define LOG_SAME_EXEC_OFF 1U /* of landlock_restrict_self */
#define LOGGING_ABI       7

enum files {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REMOVE_DIR = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_CHAR = 1 << 6,
    MAKE_DIR = 1 << 7,
    MAKE_REG = 1 << 8,
    MAKE_SOCK = 1 << 9,
    MAKE_FIFO = 1 << 10,
    MAKE_BLOCK = 1 << 11,
    MAKE_SYM = 1 << 12,
    REFER = 1 << 13,
    TRUNCATE = 1 << 14,
    IOCTL_DEV = 1 << 15,
    RESOLVE_UNIX = 1 << 16,
};

enum network { BIND_TCP = 1 << 0, CONNECT_TCP = 1 << 1 };
enum scopes { ABSTRACT_UNIX = 1 << 0, SIGNAL = 1 << 1 };

struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

struct path_rule {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

/* What each version added to what can be denied. */
static const struct version {
    int abi;
    struct ruleset adds;
} versions[] = {
    {1,
     {.files = EXECUTE | WRITE_FILE | READ_FILE | READ_DIR | REMOVE_DIR |
               REMOVE_FILE | MAKE_CHAR | MAKE_DIR | MAKE_REG | MAKE_SOCK |
               MAKE_FIFO | MAKE_BLOCK | MAKE_SYM}},
    {2, {.files = REFER}},
    {3, {.files = TRUNCATE}},
    {4, {.network = BIND_TCP | CONNECT_TCP}},
    {5, {.files = IOCTL_DEV}},
    {6, {.scopes = ABSTRACT_UNIX | SIGNAL}},
    {9, {.files = RESOLVE_UNIX}},
};

/* The rights that a file which is no directory can have. */
#define FILE_RIGHTS (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV)

/* Nobody gets MAKE_CHAR, MAKE_BLOCK, IOCTL_DEV or RESOLVE_UNIX. */
static const uint64_t granted[] = {
    [LANDLOCK_READ] = EXECUTE | READ_FILE | READ_DIR,
    [LANDLOCK_WRITE] = READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE |
                       REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG |
                       MAKE_SOCK | MAKE_FIFO | MAKE_SYM | REFER,
    [LANDLOCK_DEVICE] = READ_FILE | WRITE_FILE,
    [LANDLOCK_LIST] = READ_DIR,
};

struct landlock_rules {
    int fd;
    uint64_t files; /* that the domain handles */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int
landlock_abi(void)
{
    long abi = syscall(NR_landlock_create_ruleset, NULL, 0, GET_VERSION);

    return abi < 0 ? -errno : (int)abi;
}

static struct ruleset
handled(int abi, const struct landlock_options *options)
{
    struct ruleset all = {0};

    for (size_t i = 0; i < COUNT(versions) && versions[i].abi <= abi; i++) {
        all.files |= versions[i].adds.files;
        all.network |= versions[i].adds.network;
        all.scopes |= versions[i].adds.scopes;
    }
    if (!options->filesystem) {
        all.files = 0;
    }
    if (options->network) {
        all.network = 0;
    }
    return all;
}

/* The kernel answers EINVAL to rights of directories on a plain file.  What is
 * granted as a device must be one, so that no other file becomes writable
 * under that name. */
int
landlock_grant_add(const struct landlock_rules *rules,
                   const struct landlock_grant *grant)
{
    struct path_rule rule = {.fd = grant->fd};
    struct stat st;

    if ((unsigned)grant->access >= COUNT(granted)) {
        return -EINVAL;
    }
    if (fstat(grant->fd, &st) != 0) {
        return -errno;
    }
    if (grant->access == LANDLOCK_DEVICE && !S_ISCHR(st.st_mode)) {
        return -EINVAL;
    }
    rule.allowed = granted[grant->access] & rules->files;
    if (!S_ISDIR(st.st_mode)) {
        rule.allowed &= FILE_RIGHTS;
    }
    if (syscall(NR_landlock_add_rule, rules->fd, PATH_BENEATH, &rule, 0) !=
        0) {
        return -errno;
    }
    return 0;
}

static int
enter(const struct landlock_rules *rules, int abi,
      const struct landlock_options *options)
{
    /* A guest must not fill the audit log with its denials. */
    unsigned quiet = abi >= LOGGING_ABI ? LOG_SAME_EXEC_OFF : 0;
    int rc = 0;

    for (size_t i = 0; i < options->count; i++) {
        rc = landlock_grant_add(rules, &options->grants[i]);
        if (rc != 0) {
            return rc;
        }
    }
    if (options->more != NULL && options->filesystem) {
        rc = options->more(rules, options->context);
    }
    if (rc != 0) {
        return rc;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -errno;
    }
    if (syscall(NR_landlock_restrict_self, rules->fd, quiet) != 0) {
        return -errno;
    }
    return 0;
}

int
landlock_confine(const struct landlock_options *options)
{
    int abi = landlock_abi();
    struct ruleset rules;
    int ruleset, rc;

    if (abi < 0) {
        return abi;
    }
    if (!options->filesystem && options->count != 0) {
        return -EINVAL;
    }
    rules = handled(abi, options);
    if (rules.files == 0 && rules.network == 0 && rules.scopes == 0) {
        /* This kernel can deny nothing of what was asked for, and would refuse
         * an empty set of rules with ENOMSG. */
        return 0;
    }
    ruleset =
        (int)syscall(NR_landlock_create_ruleset, &rules, sizeof(rules), 0);
    if (ruleset < 0) {
        return -errno;
    }
    rc = enter(&(struct landlock_rules){ruleset, rules.files}, abi, options);
    (void)close(ruleset);
    return rc;
}
