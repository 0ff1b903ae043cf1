/* A worker's own /tmp, and shared/directories.c, in mounts of their own. */
#include "extension/worker/tmpfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "confine/id_map.h"
#include "shared/directories.h"
#include "shared/magic_link.h"
#include "shared/order.h"
#include "test.h"

static bool
named(int fd, const char *wanted)
{
    return strcmp(magic_link(fd).path, wanted) == 0;
}

static void
names_of_descriptors(void)
{
    CHECK(named(0, "/proc/self/fd/0"));
    CHECK(named(9, "/proc/self/fd/9"));
    CHECK(named(10, "/proc/self/fd/10"));
    CHECK(named(4095, "/proc/self/fd/4095"));
    CHECK(named(INT_MAX, "/proc/self/fd/2147483647"));
}

static void
write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

static bool
holds(const char *path, const char *text)
{
    char got[64] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, got, sizeof(got) - 1);
    (void)close(fd);
    return size == (ssize_t)strlen(text) && strcmp(got, text) == 0;
}

static void
directories(void)
{
    char *long_path = malloc(ORDER_MAX_PATH + 2);

    CHECK_EQUAL(directories_make("/tmp/one/two/three", false), 0);
    CHECK_EQUAL(access("/tmp/one/two", F_OK), 0);
    CHECK_EQUAL(access("/tmp/one/two/three", F_OK), -1);
    CHECK_EQUAL(directories_make("/tmp/one/two/three", true), 0);
    CHECK_EQUAL(directories_make("/tmp/one/two/three", true), 0);
    CHECK_EQUAL(access("/tmp/one/two/three", F_OK), 0);
    write_file("/tmp/one/file", "f");
    CHECK_EQUAL(directories_make("/tmp/one/file/below", true), -ENOTDIR);
    memset(long_path, 'a', ORDER_MAX_PATH + 1);
    long_path[0] = '/';
    long_path[ORDER_MAX_PATH + 1] = '\0';
    CHECK_EQUAL(directories_make(long_path, true), -ENAMETOOLONG);
    long_path[ORDER_MAX_PATH] = '\0';
    CHECK_EQUAL(directories_make(long_path, true), -ENAMETOOLONG);
    free(long_path);
}

static void
what_is_kept_stays(void)
{
    struct tmpfs tmpfs = {
        .options = "size=1048576,nr_inodes=64,mode=1777",
        .kept = {"/tmp/kept", "/tmp/deep/below/file", "/tmp/never"},
        .kept_count = 3,
    };
    struct statvfs found;

    CHECK_EQUAL(directories_make("/tmp/kept", true), 0);
    CHECK_EQUAL(directories_make("/tmp/deep/below", true), 0);
    write_file("/tmp/kept/inside", "kept");
    write_file("/tmp/deep/below/file", "file");
    write_file("/tmp/other", "covered");
    CHECK_EQUAL(tmpfs_mount(&tmpfs), 0);
    CHECK(holds("/tmp/kept/inside", "kept"));
    CHECK(holds("/tmp/deep/below/file", "file"));
    CHECK_EQUAL(access("/tmp/other", F_OK), -1);
    CHECK_EQUAL(access("/tmp/never", F_OK), -1);
    CHECK_EQUAL(access("kept", F_OK), 0);
    CHECK_EQUAL(statvfs("/tmp", &found), 0);
    CHECK_EQUAL(found.f_blocks * found.f_frsize, 1048576);
    CHECK_EQUAL(found.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC),
                ST_NOSUID | ST_NODEV | ST_NOEXEC);
    CHECK_EQUAL(statvfs("/dev/shm", &found), 0);
    CHECK_EQUAL(found.f_blocks * found.f_frsize, 1048576);
}

static void
options_that_the_kernel_refuses(void)
{
    struct tmpfs tmpfs = {.options = "size=many"};
    CHECK_EQUAL(tmpfs_mount(&tmpfs), -EINVAL);
}

/* A /tmp that nobody else sees, or an exit status that says why not. */
static void
own_mounts(void)
{
    uid_t uid = getuid();
    gid_t gid = getgid();

    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
        CHECK_EQUAL(id_map_write(uid, gid, 0), 0);
    }
    else if (unshare(CLONE_NEWNS) != 0) {
        perror("no mount namespace");
        exit(2);
    }
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "/tmp", "tmpfs", 0, NULL) != 0) {
        perror("no mounts");
        exit(2);
    }
}

TEST_MAIN(TEST(names_of_descriptors), TEST(own_mounts), TEST(directories),
          TEST(what_is_kept_stays), TEST(options_that_the_kernel_refuses))
