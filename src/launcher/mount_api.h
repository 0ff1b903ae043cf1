/* The file-descriptor based mount calls (Linux 5.2; mount_setattr 5.12) for
 * C libraries whose headers are older.  Unprivileged here: they act in
 * namespaces that this program made itself. */
#ifndef BOXED_MOUNT_API_H
#define BOXED_MOUNT_API_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared/syscall_numbers.h"

#define TREE_CLONE    (1u | (unsigned)O_CLOEXEC) /* OPEN_TREE_CLONE */
#define FS_CLOEXEC    1u
#define FS_SET_STRING 1u /* FSCONFIG_SET_STRING */
#define FS_CREATE     6u /* FSCONFIG_CMD_CREATE */

#define MOUNT_RDONLY 0x1u
#define MOUNT_NOSUID 0x2u
#define MOUNT_NODEV  0x4u
#define MOUNT_NOEXEC 0x8u

#define MOVE_FROM_EMPTY_PATH 0x4u

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

struct mount_attributes {
    uint64_t attr_set;
    uint64_t attr_clr;
    uint64_t propagation;
    uint64_t userns_fd;
};

static inline int
mount_open_tree(int dir, const char *path, unsigned flags)
{
    return (int)syscall(NR_open_tree, dir, path, flags);
}

static inline int
mount_set_attributes(int dir, const char *path, unsigned flags,
                     const struct mount_attributes *attributes)
{
    return (int)syscall(NR_mount_setattr, dir, path, flags, attributes,
                        sizeof(*attributes));
}

/* Attaches a detached mount at path. */
static inline int
mount_attach(int mount, const char *path)
{
    return (int)syscall(NR_move_mount, mount, "", AT_FDCWD, path,
                        MOVE_FROM_EMPTY_PATH);
}

#endif
