/* Of step 7: finds the cgroup below which the slots are made.
 *
 * Runs in the keeper, with the caller's rights and no more.  What it can make
 * is decided by making it.  A hierarchy is where every distribution and
 * container mounts it; that it is the right directory is seen by the calling
 * process being in it.
 *
 * Version 1 lets a group have processes and members.  Version 2 does not, but
 * for the root ("no internal processes", cgroups(7)); so there the members are
 * made beside the caller's own group, if the caller may and if that escapes no
 * limit; or the caller goes down into a member itself, if it has the group to
 * itself, as a service with Delegate= or a container does. */
#include "launcher/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "shared/decimal.h"
#include "shared/fd.h"

/* A member for the caller and its launchers. */
#define CALLERS "boxed-caller"

/* Processes from one of the sandbox's up to the launcher. */
#define FAMILY 4

/* How often processes are moved that were just being forked. */
#define ROUNDS 16

static const struct hierarchy {
    enum memory_ruler ruler;
    const char *mount;
    long magic;
} hierarchies[] = {
    {MEMORY_CGROUP1, "/sys/fs/cgroup/memory", CGROUP_SUPER_MAGIC},
    {MEMORY_CGROUP2, "/sys/fs/cgroup", CGROUP2_SUPER_MAGIC},
    {MEMORY_CGROUP2, "/sys/fs/cgroup/unified", CGROUP2_SUPER_MAGIC},
};

int
cgroup_write(int directory, const char *name, const char *text)
{
    cleanup_close int fd = openat(directory, name, O_WRONLY | O_CLOEXEC);
    size_t size = strlen(text);

    if (fd < 0 || write(fd, text, size) != (ssize_t)size) {
        return -errno;
    }
    return 0;
}

/* All of a small file, as a string. */
static int
read_text(int directory, const char *name, char *text, size_t size)
{
    cleanup_close int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

    if (got < 0) {
        return -errno;
    }
    text[got] = '\0';
    return 0;
}

/* Whether a word is in a text of words. */
static bool
has_word(const char *text, const char *word)
{
    static const char between[] = " \n,";

    while (*text != '\0') {
        size_t length = strcspn(text, between);
        if (length == strlen(word) && strncmp(text, word, length) == 0) {
            return true;
        }
        text += length;
        text += strspn(text, between);
    }
    return false;
}

/* The path of a line "NUMBER:CONTROLLERS:PATH" whose controllers are those
 * looked for; NULL if there is none.  Cuts the lines up. */
static const char *
path_of(char *text, enum memory_ruler ruler)
{
    char *line, *rest = text;

    while ((line = strsep(&rest, "\n")) != NULL) {
        (void)strsep(&line, ":");
        const char *controllers = strsep(&line, ":");
        if (line != NULL &&
            (ruler == MEMORY_CGROUP1 ? has_word(controllers, "memory")
                                     : *controllers == '\0')) {
            return line;
        }
    }
    return NULL;
}

static pid_t
next_pid(const char **at)
{
    pid_t pid = 0;

    while (**at != '\0' && (**at < '0' || **at > '9')) {
        (*at)++;
    }
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        pid = pid * 10 + (**at - '0');
    }
    return pid;
}

/* Whether a process is in a group; there may be more than are read. */
static bool
has_process(int directory, pid_t wanted)
{
    cleanup_close int fd =
        openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    char text[4096];
    pid_t pid = 0;
    ssize_t got;

    while (fd >= 0 && (got = read(fd, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (text[i] >= '0' && text[i] <= '9') {
                pid = pid * 10 + (text[i] - '0');
                continue;
            }
            if (pid == wanted) {
                return true;
            }
            pid = 0;
        }
    }
    return false;
}

/* The directory of the calling process's group.  A container may see no more
 * of the hierarchy than that, under the name of all of it. */
static int
open_own(const struct hierarchy *hierarchy, const char *path)
{
    struct statfs seen;
    cleanup_close int mount =
        open(hierarchy->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (mount < 0 || fstatfs(mount, &seen) != 0) {
        return -errno;
    }
    if ((long)seen.f_type != hierarchy->magic) {
        return -ENOENT;
    }
    if (path[0] == '/' && path[1] != '\0') {
        cleanup_close int fd =
            openat(mount, path + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0 && has_process(fd, getpid())) {
            return fd_steal(&fd);
        }
    }
    return has_process(mount, getpid()) ? fd_steal(&mount) : -ENOENT;
}

static bool
gives_memory(int directory)
{
    char text[256] = "";

    return read_text(directory, "cgroup.subtree_control", text,
                     sizeof(text)) == 0 &&
           has_word(text, "memory");
}

/* What the caller's own group permits it, no member beside it may exceed. */
static bool
is_unlimited(int directory)
{
    static const char *const limits[] = {"memory.max", "memory.high",
                                         "memory.swap.max"};
    char text[64] = "";

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        int error = read_text(directory, limits[i], text, sizeof(text));
        if (error != -ENOENT && (error != 0 || !has_word(text, "max"))) {
            return false;
        }
    }
    return true;
}

static int
open_above(int own)
{
    struct stat here, there;
    cleanup_close int above =
        openat(own, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (above < 0 || fstat(own, &here) != 0 || fstat(above, &there) != 0) {
        return -errno;
    }
    if (here.st_dev != there.st_dev || here.st_ino == there.st_ino ||
        !gives_memory(above) || !is_unlimited(own)) {
        return -ENOENT;
    }
    /* Members are made by whom it belongs to. */
    return there.st_uid == geteuid() ? fd_steal(&above) : -EACCES;
}

/* -1 of a process that is gone. */
static pid_t
parent_of(int processes, pid_t pid)
{
    char number[DECIMAL_SIZE], text[512] = "";
    cleanup_close int own = openat(processes, decimal((uint64_t)pid, number),
                                   O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (own < 0 || read_text(own, "stat", text, sizeof(text)) != 0) {
        return -1;
    }
    /* Behind the program's name, which may be anything: ") S PARENT". */
    const char *at = strrchr(text, ')');
    return at == NULL ? -1 : next_pid(&at);
}

/* Whether a process is of this start: of the launcher's family, which grows
 * meanwhile, or the one that began it.  One that is gone is in nobody's way.
 */
static bool
is_of_start(int processes, pid_t pid, pid_t caller, pid_t launcher)
{
    bool found = pid == caller;

    for (int i = 0; i < FAMILY && !found && pid > 1; i++) {
        found = pid == launcher;
        pid = parent_of(processes, pid);
    }
    return found || pid < 0;
}

/* Moves all of a group's processes to a member, if all are of this start. */
static int
move_down(int own, pid_t caller, pid_t launcher)
{
    char text[1024] = "", number[DECIMAL_SIZE];
    cleanup_close int processes =
        open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = read_text(own, "cgroup.procs", text, sizeof(text));

    if (error != 0) {
        return error;
    }
    const char *at = text;
    for (pid_t pid = next_pid(&at); pid != 0; pid = next_pid(&at)) {
        if (!is_of_start(processes, pid, caller, launcher)) {
            return -EBUSY;
        }
    }
    error = mkdirat(own, CALLERS, 0755) != 0 && errno != EEXIST ? -errno : 0;
    at = text;
    for (pid_t pid = next_pid(&at); pid != 0 && error == 0;
         pid = next_pid(&at)) {
        error = cgroup_write(own, CALLERS "/cgroup.procs",
                             decimal((uint64_t)pid, number));
        if (error == -ESRCH) {
            error = 0;
        }
    }
    return error;
}

/* Gives members the memory controller, which the caller's being there
 * forbids. */
static int
make_room(int own, pid_t caller, pid_t launcher)
{
    char text[256] = "";

    int error = read_text(own, "cgroup.controllers", text, sizeof(text));
    if (error == 0 && !has_word(text, "memory")) {
        error = -ENOENT;
    }
    error =
        error ? error : cgroup_write(own, "cgroup.subtree_control", "+memory");
    if (error != -EBUSY) {
        return error;
    }
    /* What the launcher forks meanwhile is found the next time. */
    for (int i = 0; i < ROUNDS && error == -EBUSY; i++) {
        error = move_down(own, caller, launcher);
        if (error != 0) {
            return error;
        }
        error = cgroup_write(own, "cgroup.subtree_control", "+memory");
    }
    return error;
}

static int
find_of_version_2(int own, pid_t caller, pid_t launcher)
{
    struct stat seen;

    if (gives_memory(own)) {
        return fcntl(own, F_DUPFD_CLOEXEC, 0);
    }
    int above = open_above(own);
    if (above >= 0) {
        return above;
    }
    if (fstat(own, &seen) != 0 || seen.st_uid != geteuid()) {
        return -EACCES;
    }
    int error = make_room(own, caller, launcher);
    return error != 0 ? error : fcntl(own, F_DUPFD_CLOEXEC, 0);
}

int
cgroup_find(pid_t caller, pid_t launcher, struct cgroup *ret_found)
{
    char text[4096] = "";
    int error = -ENOENT;

    for (size_t i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++) {
        const struct hierarchy *hierarchy = &hierarchies[i];
        int failed =
            read_text(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text));
        const char *path = failed ? NULL : path_of(text, hierarchy->ruler);
        if (path == NULL) {
            continue;
        }
        cleanup_close int own = open_own(hierarchy, path);
        int found = own;
        if (own >= 0) {
            found = hierarchy->ruler == MEMORY_CGROUP2
                        ? find_of_version_2(own, caller, launcher)
                        : fcntl(own, F_DUPFD_CLOEXEC, 0);
        }
        if (found >= 0) {
            ret_found->fd = found;
            ret_found->ruler = hierarchy->ruler;
            return 0;
        }
        if (error == -ENOENT) {
            error = found;
        }
    }
    return error;
}
