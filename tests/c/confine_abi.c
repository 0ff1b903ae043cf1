/* confine_abi ABI FS NETWORK: what landlock.c asks of a kernel of that ABI.
 *
 * Stands in for the kernel: refuses, as the kernel does, every bit and every
 * flag which that version does not know, and prints what was asked for:
 * "ruleset FILES NETWORK SCOPES", "rule RIGHTS" for READ and WRITE of a
 * directory and of a file and for DEVICE, "restrict FLAGS", "result RC". */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static long kernel(long number, ...);

#define syscall kernel
#include "confine/landlock.c"
#undef syscall

static int version;

static const uint64_t known_files[] = {
    0,      0x1fff, 0x3fff, 0x7fff,  0x7fff,  0xffff,
    0xffff, 0xffff, 0xffff, 0x1ffff, 0x1ffff,
};

static long
refuse(int error)
{
    errno = error;
    return -1;
}

static long
create_ruleset(const struct ruleset *rules, size_t size)
{
    uint64_t network = version >= 4 ? 3 : 0;
    uint64_t scopes = version >= 6 ? 3 : 0;

    if (rules == NULL) {
        return version > 0 ? version : refuse(-version);
    }
    if (size != sizeof(*rules) || (rules->files & ~known_files[version]) ||
        (rules->network & ~network) || (rules->scopes & ~scopes)) {
        return refuse(EINVAL);
    }
    if ((rules->files | rules->network | rules->scopes) == 0) {
        return refuse(ENOMSG);
    }
    printf("ruleset %#lx %#lx %#lx\n", rules->files, rules->network,
           rules->scopes);
    return open("/dev/null", O_RDONLY);
}

static long
kernel(long number, ...)
{
    va_list ap;
    const void *pointer;
    long first, flags, rc = 0;

    va_start(ap, number);
    if (number == NR_landlock_create_ruleset) {
        pointer = va_arg(ap, const void *);
        rc = create_ruleset(pointer, va_arg(ap, size_t));
    }
    else if (number == NR_landlock_add_rule) {
        (void)va_arg(ap, int);
        (void)va_arg(ap, unsigned);
        pointer = va_arg(ap, const void *);
        printf("rule %#lx\n", ((const struct path_rule *)pointer)->allowed);
    }
    else {
        first = va_arg(ap, int);
        flags = va_arg(ap, unsigned);
        printf("restrict %#lx\n", (unsigned long)flags);
        if (first < 0 || (flags != 0 && version < 7)) {
            rc = refuse(EINVAL);
        }
    }
    va_end(ap);
    return rc;
}

int
main(int argc, char **argv)
{
    int directory = open("/", O_PATH), file = open("/proc/version", O_PATH);
    struct landlock_grant grants[] = {
        {directory, LANDLOCK_READ},
        {directory, LANDLOCK_WRITE},
        {file, LANDLOCK_READ},
        {file, LANDLOCK_WRITE},
        {open("/dev/null", O_PATH), LANDLOCK_DEVICE},
    };
    struct landlock_options options = {.grants = grants, .count = 5};

    if (argc != 4) {
        return 100;
    }
    version = atoi(argv[1]);
    options.filesystem = atoi(argv[2]) != 0;
    options.network = atoi(argv[3]) != 0;
    if (!options.filesystem) {
        options.count = 0;
    }
    printf("result %d\n", landlock_confine(&options));
    return 0;
}
