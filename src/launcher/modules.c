/* Of steps 6 and 13: shows the modules of places.  The collector copies them,
 * and the process that builds the root makes them again there.
 *
 * The collector, who is the caller, writes them to a memfd, as records: so
 * what the caller may read is shown whatever its mode, and a place of a
 * thousand modules costs no mount.  Large files are cloned as mounts where the
 * guest can read them by their mode.  The other half runs as pid 1 of the new
 * namespaces, without privilege.  Wherever in its root a record led it to
 * write, no harm would be done: nobody else sees that root yet, and nothing of
 * the host's that can be written is in it. */
#include "launcher/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "launcher/mount_api.h"
#include "launcher/walk.h"
#include "shared/directories.h"
#include "shared/fd.h"
#include "shared/memfd.h"

/* Up to this size, a copy costs less than a mount, which each worker's
 * namespace copies. */
#define COPIED_BYTES (256u << 10)
#define MOST_BYTES   (128ull << 20) /* of all copies */
#define PAGE         4096u

enum record_kind { RECORD_FOLDER, RECORD_FILE, RECORD_MOUNT };

/* Followed by the path with its NUL, then by the size's bytes of a file. */
struct record {
    uint32_t kind;
    uint32_t path_size;
    uint64_t size; /* of a file; the index of a mount */
    struct timespec modified;
};

/* The collector's half */

struct collection {
    const struct order *order;
    int to;
    uint64_t bytes;
    int *large;
    size_t large_count;
};

static int
write_record(int to, struct record *record, const char *path)
{
    record->path_size = (uint32_t)strlen(path) + 1;
    struct iovec parts[] = {
        {record, sizeof(*record)},
        {(void *)(uintptr_t)path, record->path_size},
    };
    ssize_t size = (ssize_t)(sizeof(*record) + record->path_size);
    ssize_t put = writev(to, parts, 2);
    if (put == size) {
        return 0;
    }
    return put < 0 ? -errno : -ENOSPC;
}

static int
collect_folder(void *context, const char *shown)
{
    struct collection *all = context;
    struct record record = {.kind = RECORD_FOLDER};
    return write_record(all->to, &record, shown);
}

/* Copies the bytes that are there by now, at most as many as there were.
 * Returns how many, or -errno. */
static ssize_t
copy_bytes(int to, int from, uint64_t size)
{
    uint64_t done = 0;
    while (done < size) {
        ssize_t put = sendfile(to, from, NULL, size - done);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return -errno;
        }
        if (put == 0) {
            break;
        }
        done += (uint64_t)put;
    }
    return (ssize_t)done;
}

static int
copy_file(struct collection *all, const char *shown, int fd,
          const struct stat *seen)
{
    struct record record = {
        .kind = RECORD_FILE,
        .size = (uint64_t)seen->st_size,
        .modified = seen->st_mtim,
    };
    off_t at = lseek(all->to, 0, SEEK_CUR);
    all->bytes += record.size;
    if (all->bytes > MOST_BYTES) {
        return -EFBIG;
    }
    int error = write_record(all->to, &record, shown);
    if (error != 0) {
        return error;
    }
    ssize_t put = copy_bytes(all->to, fd, record.size);
    if (put >= 0 && (uint64_t)put == record.size) {
        return 0;
    }
    /* A file that cannot be read is left out; one that shrank is shown as it
     * is now.  Only what the machine lacks is an error. */
    if (put == -EIO || put == -ENOMEM || put == -ENOSPC || put == -EFBIG) {
        return (int)put;
    }
    if (put < 0) {
        return ftruncate(all->to, at) == 0 &&
                       lseek(all->to, at, SEEK_SET) == at
                   ? 0
                   : -errno;
    }
    record.size = (uint64_t)put;
    return pwrite(all->to, &record, sizeof(record), at) ==
                   (ssize_t)sizeof(record)
               ? 0
               : -errno;
}

static bool
can_be_mounted(const struct collection *all, const struct stat *seen)
{
    return all->large_count < MAX_LARGE &&
           (!order_tier_takes_uid(all->order->tier) ||
            (seen->st_mode & S_IROTH) != 0);
}

static int
clone_file(struct collection *all, const char *shown, int fd)
{
    struct mount_attributes attributes = {
        .attr_set = MOUNT_NOSUID | MOUNT_NODEV | MOUNT_RDONLY};
    struct record record = {.kind = RECORD_MOUNT, .size = all->large_count};
    cleanup_close int clone =
        mount_open_tree(fd, "", TREE_CLONE | AT_EMPTY_PATH);
    if (clone < 0 ||
        mount_set_attributes(clone, "", AT_EMPTY_PATH, &attributes) != 0) {
        return -errno;
    }
    int error = write_record(all->to, &record, shown);
    if (error == 0) {
        all->large[all->large_count++] = fd_steal(&clone);
    }
    return error;
}

static int
collect_file(void *context, const char *shown, int fd, const struct stat *seen)
{
    struct collection *all = context;
    if (seen->st_size > COPIED_BYTES && can_be_mounted(all, seen)) {
        return clone_file(all, shown, fd);
    }
    return copy_file(all, shown, fd, seen);
}

/* Not executable, which kernels before 6.3 do not know of. */
static int
new_memory(void)
{
    int made = memfd_create("boxed", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    return made < 0 && errno == EINVAL
               ? memfd_create("boxed", MFD_CLOEXEC | MFD_ALLOW_SEALING)
               : made;
}

int
modules_collect(const struct order *order, int *ret_made, int *ret_large,
                size_t *ret_large_count, uint32_t *ret_entry)
{
    struct collection all = {.order = order, .to = -1, .large = ret_large};
    const struct walk_sink sink = {collect_folder, collect_file, &all};
    cleanup_close int made = -1;

    *ret_large_count = 0;
    for (size_t i = 0; i < order->count; i++) {
        if (!order_kind_is_place(order->entries[i].kind)) {
            continue;
        }
        *ret_entry = (uint32_t)i;
        if (made < 0) {
            made = all.to = new_memory();
        }
        int error =
            made < 0 ? -errno : walk_place(order, &order->entries[i], &sink);
        if (error != 0) {
            return error;
        }
    }
    *ret_large_count = all.large_count;
    *ret_made = fd_steal(&made);
    return 0;
}

/* The root's half */

struct reader {
    const char *next;
    size_t left;
};

/* The next record, 1; 0 at the end; -EPROTO for what is none. */
static int
next_record(struct reader *from, struct record *ret_record,
            const char **ret_path, const char **ret_content)
{
    if (from->left == 0) {
        return 0;
    }
    if (from->left < sizeof(*ret_record)) {
        return -EPROTO;
    }
    memcpy(ret_record, from->next, sizeof(*ret_record));
    from->next += sizeof(*ret_record);
    from->left -= sizeof(*ret_record);
    uint64_t size = ret_record->kind == RECORD_FILE ? ret_record->size : 0;
    *ret_path = from->next;
    *ret_content = from->next + ret_record->path_size;
    if (ret_record->path_size == 0 || ret_record->path_size > from->left ||
        (*ret_content)[-1] != '\0' || (*ret_path)[0] != '/' ||
        size > from->left - ret_record->path_size) {
        return -EPROTO;
    }
    from->next = *ret_content + size;
    from->left -= ret_record->path_size + size;
    return 1;
}

/* Maps what can no longer change, and says what a tmpfs needs for it. */
int
modules_open(const struct order *order, struct modules *ret_modules)
{
    struct stat seen;
    struct record record;
    const char *path, *content;
    int fd = order->modules, found;

    *ret_modules = (struct modules){0};
    if (fd < 0) {
        return 0;
    }
    if (fcntl(fd, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0 ||
        fstat(fd, &seen) != 0) {
        return -errno;
    }
    if (seen.st_size == 0) {
        return 0;
    }
    void *mapped =
        mmap(NULL, (size_t)seen.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED) {
        return -errno;
    }
    ret_modules->records = mapped;
    ret_modules->size = (size_t)seen.st_size;
    struct reader reader = {mapped, ret_modules->size};
    while ((found = next_record(&reader, &record, &path, &content)) == 1) {
        ret_modules->files++;
        ret_modules->bytes += record.kind == RECORD_FILE
                                  ? (record.size + PAGE - 1) / PAGE * PAGE
                                  : 0;
    }
    return found;
}

static int
make_copy(const struct record *record, const char *path, const char *content)
{
    const struct timespec times[] = {record->modified, record->modified};
    cleanup_close int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (fd < 0) {
        /* It is in two places, one of which is in the other. */
        return errno == EEXIST ? 0 : -errno;
    }
    for (uint64_t done = 0; done < record->size;) {
        ssize_t put = write(fd, content + done, record->size - done);
        if (put < 0) {
            return -errno;
        }
        done += (uint64_t)put;
    }
    /* Compiled files name the time of the source that they are of. */
    return futimens(fd, times) == 0 ? 0 : -errno;
}

static int
make_record(const struct order *order, const struct record *record,
            const char *path, const char *content)
{
    switch (record->kind) {
    case RECORD_FOLDER:
        return mkdir(path, 0755) == 0 || errno == EEXIST
                   ? 0
                   : directories_make(path, true);
    case RECORD_FILE: {
        int error = make_copy(record, path, content);
        if (error != -ENOENT) {
            return error;
        }
        /* A module that was found by itself. */
        error = directories_make(path, false);
        return error != 0 ? error : make_copy(record, path, content);
    }
    case RECORD_MOUNT: {
        if (record->size >= order->large_count) {
            return -EPROTO;
        }
        int fd = order->large[record->size];
        int error = directories_make_mount_point(path, fd);
        if (error != 0) {
            return error;
        }
        return mount_attach(fd, path) == 0 ? 0 : -errno;
    }
    default:
        return -EPROTO;
    }
}

int
modules_make(const struct order *order, const struct modules *modules)
{
    struct reader reader = {modules->records, modules->size};
    struct record record;
    const char *path, *content;
    int found;

    while ((found = next_record(&reader, &record, &path, &content)) == 1) {
        int error = make_record(order, &record, path, content);
        if (error != 0) {
            return error;
        }
    }
    return found;
}

/* The zygote loses all this when it becomes the interpreter; the supervisor
 * would keep it for as long as the sandbox lives. */
void
modules_close(const struct order *order, const struct modules *modules)
{
    if (modules->records != NULL) {
        (void)munmap((void *)(uintptr_t)modules->records, modules->size);
    }
    if (order->modules >= 0) {
        (void)close(order->modules);
    }
    for (size_t i = 0; i < order->large_count; i++) {
        (void)close(order->large[i]);
    }
}
