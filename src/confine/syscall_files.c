/* The system calls on descriptors and files, one table for each purpose.
 *
 * Data only.  syscall_table.c says when each of them counts, and has the
 * other tables. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <linux/seccomp.h>

#include "confine/syscall_rules.h"
#include "confine/syscall_table.h"
#include "shared/syscall_numbers.h"

#define PLAIN_IO ((uint32_t)(RWF_DSYNC | RWF_SYNC | RWF_APPEND))
#define ANY_IO   (PLAIN_IO | (uint32_t)RWF_NOWAIT | RWF_DONTCACHE)

/* What is open already, and what can be opened without naming a file. */
static const struct syscall_rule descriptors[] = {
    /* bytes of an open file */
    CALL(read), CALL(write), CALL(readv), CALL(writev), CALL(pread64),
    CALL(pwrite64), CALL(preadv), CALL(pwritev), CALL(lseek), CALL(sendfile),
    CALL(copy_file_range),
    /* Not: RWF_NOWAIT, which tells whether somebody has read the page, and
     * RWF_DONTCACHE, which drops it.  Some kernels and file systems have
     * neither, and say so with this error. */
    CALL_IF(preadv2, BITS(5, ~PLAIN_IO, 0)),
    CALL_IF(pwritev2, BITS(5, ~PLAIN_IO, 0)),
    FEIGN_IF(preadv2, EOPNOTSUPP, BITS(5, ~ANY_IO, 0)),
    FEIGN_IF(pwritev2, EOPNOTSUPP, BITS(5, ~ANY_IO, 0)),
    /* size and state; a sync of one file waits for nobody else's */
    CALL(fstat), CALL(fstatfs), CALL(ftruncate), CALL(fallocate), CALL(fsync),
    CALL(fdatasync),
    /* Advice need not be taken: DONTNEED would push out what others read. */
    CALL_IF(fadvise64,
            IN(3, POSIX_FADV_NORMAL, POSIX_FADV_RANDOM, POSIX_FADV_SEQUENTIAL,
               POSIX_FADV_WILLNEED, POSIX_FADV_NOREUSE)),
    FEIGN_IF(fadvise64, 0, IN(3, POSIX_FADV_DONTNEED)),
    /* the table of descriptors */
    CALL(close), CALL(dup), CALL(dup3), NEW(close_range),
    /* not O_NOTIFICATION_PIPE, for which the kernel has another O_EXCL */
    CALL_IF(pipe2, BITS(1, O_EXCL, 0)),
    /* waiting: event loops, select, self-pipes */
    CALL(ppoll), CALL(pselect6), CALL(epoll_ctl), CALL(epoll_pwait),
    NEW(epoll_pwait2), CALL(eventfd2), CALL(signalfd4), CALL(timerfd_create),
    CALL(timerfd_settime), CALL(timerfd_gettime),
    /* Not: owners and signals of files, leases and F_NOTIFY, which reach
     * other processes; locks have tables of their own. */
    CALL_IF(fcntl,
            IN(1, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC,
               F_GETLK, F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS)),
    /* Nothing that changes a terminal or feeds it; isatty asks TCGETS or
     * TCGETS2 (0x802c542a). */
    CALL_IF(ioctl, IN(1, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TIOCGWINSZ,
                      TCGETS, 0x802c542a))};

/* Files by name; which ones is for Landlock and the mounts to say. */
static const struct syscall_rule paths[] = {
    CALL(newfstatat), CALL(statx), CALL(statfs), CALL(faccessat),
    NEW(faccessat2), CALL(readlinkat), CALL(getdents64), CALL(getcwd),
    CALL(chdir), CALL(fchdir), CALL(umask),
    /* changes, for /tmp and granted trees */
    CALL(mkdirat), CALL(unlinkat), CALL(renameat), CALL(renameat2),
    CALL(linkat), CALL(symlinkat),
    /* No setuid and no setgid bit, by whatever way a file gets its mode: such
     * a file would outlive its maker.  What opens without creating passes
     * with any third argument, for it need not be there.  And nothing is
     * emptied that is opened to be read, which Landlock takes for reading. */
    CALL_IF(openat, BITS(2, CREATES | O_TRUNC, 0)),
    CALL_IF(openat, BITS(2, CREATES, 0), WRITES(2)),
    CALL_IF(openat, BITS(2, O_TRUNC, 0), PLAIN_MODE(3)),
    CALL_IF(openat, WRITES(2), PLAIN_MODE(3)), CALL_IF(mknodat, NODE_MODE(2)),
    /* reading attributes: shutil.copy2 fails without; setting is refused */
    CALL(fgetxattr), CALL(flistxattr)};

/* Landlock rules over this call from ABI 3 on.  Not over ftruncate, which
 * needs a file that was opened to be written. */
static const struct syscall_rule sizes[] = {CALL(truncate)};

/* Modes and times, which Landlock does not rule over: without mounts every
 * file that the guest's uid owns is within reach, by name or opened to read.
 */
static const struct syscall_rule modes[] = {
    CALL(utimensat),
    CALL_IF(fchmod, PLAIN_MODE(1)),
    CALL_IF(fchmodat, PLAIN_MODE(2)),
    NEW_IF(fchmodat2, PLAIN_MODE(2)),
#ifdef __x86_64__
    CALL(utime),
    CALL(utimes),
    CALL(futimesat),
    CALL_IF(chmod, PLAIN_MODE(1)),
#endif
};

/* Extended attributes, which Landlock does not rule over either. */
static const struct syscall_rule attributes[] = {
    CALL(getxattr),   CALL(lgetxattr), CALL(listxattr),
    CALL(llistxattr), NEW(getxattrat), NEW(listxattrat)};

/* Where the host's files are within reach, asking for attributes by a file's
 * name is answered as on file systems that have none, so that shutil.copy2
 * goes on.  A file that is open may be asked. */
static const struct syscall_rule no_attributes[] = {
    NONE(__NR_getxattr),   NONE(__NR_lgetxattr), NONE(__NR_listxattr),
    NONE(__NR_llistxattr), NONE(NR_getxattrat),  NONE(NR_listxattrat)};

static const struct syscall_rule locks[] = {
    CALL(flock), CALL_IF(fcntl, IN(1, F_SETLK, F_SETLKW, F_OFD_GETLK,
                                   F_OFD_SETLK, F_OFD_SETLKW))};

/* Without shared files a worker needs no lock, and a lock on a read-only file
 * would be a signal to, or a trap for, whoever else reads it.  A record lock
 * never conflicts within a process, so SETLK and SETLKW can answer success
 * without locking: sqlite3 works, and nobody else notices.  flock and OFD
 * locks do conflict within a process: those are refused, not feigned. */
static const struct syscall_rule no_locks[] = {
    FEIGN_IF(fcntl, 0, IN(1, F_SETLK, F_SETLKW))};

const struct syscall_rules syscall_descriptors = RULES(descriptors);
const struct syscall_rules syscall_paths = RULES(paths);
const struct syscall_rules syscall_sizes = RULES(sizes);
const struct syscall_rules syscall_modes = RULES(modes);
const struct syscall_rules syscall_attributes = RULES(attributes);
const struct syscall_rules syscall_no_attributes = RULES(no_attributes);
const struct syscall_rules syscall_locks = RULES(locks);
const struct syscall_rules syscall_no_locks = RULES(no_locks);
