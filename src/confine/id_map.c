/* Writes the uid and gid map of a user namespace that was just made, from
 * inside it.  Each is one line, for the process's own id, after setgroups is
 * denied: that needs no privilege (user_namespaces(7)).
 *
 * Unprivileged and async-signal-safe: no allocation, no stdio.  Only
 * /proc/self is named: a path with a pid could come to mean another process.
 */
#include "confine/id_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "shared/fd.h"

static int
write_file(const char *path, const char *text, size_t size)
{
    cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    ssize_t written = write(fd, text, size);
    if (written < 0) {
        return -errno;
    }
    return (size_t)written == size ? 0 : -EIO;
}

static char *
append_number(char *end, unsigned number)
{
    char digits[10];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0) {
        *end++ = digits[--count];
    }
    *end++ = ' ';
    return end;
}

static int
write_map(const char *path, unsigned inside, unsigned outside)
{
    char line[32];
    char *end = append_number(append_number(line, inside), outside);
    *end++ = '1';
    return write_file(path, line, (size_t)(end - line));
}

static int
write_maps(uid_t uid, gid_t gid, unsigned inside)
{
    /* Before gid_map, which the kernel refuses otherwise (Linux 3.19). */
    int error = write_file("/proc/self/setgroups", "deny", 4);
    if (error == 0) {
        error = write_map("/proc/self/uid_map", inside, uid);
    }
    if (error == 0) {
        error = write_map("/proc/self/gid_map", inside, gid);
    }
    return error;
}

int
id_map_write(uid_t uid, gid_t gid, unsigned inside)
{
    /* While the process is not dumpable, the files belong to root.  In the
     * moment in which it is, nobody gains by it: the uid has changed already.
     */
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) {
        return -errno;
    }
    int error = write_maps(uid, gid, inside);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return -errno;
    }
    if (error != 0) {
        return error;
    }
    return getuid() == inside && getgid() == inside ? 0 : -ENOTRECOVERABLE;
}
