/* Memory that goes from one process to another: a memfd, always made by the
 * caller, for a guest may not make one.
 *
 * Runs in the caller and in the worker, unprivileged; system calls only.  The
 * seals on its size are there before a guest sees it, so that neither a limit
 * can be passed by growing it, nor its reader be sent SIGBUS by shrinking it.
 * F_SEAL_WRITE (fcntl(2)) fails while a writable mapping exists and forbids
 * every later one: what is checked after it stays as it was checked. */
#include "extension/wire/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "shared/fd.h"
#include "shared/memfd.h"

#define SIZE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

/* Bytes up to which this process may write a file; past them, a signal. */
static uint64_t
writable_size(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 ? limit.rlim_cur : 0;
}

static bool
is_too_large(uint64_t size)
{
    return size > INT64_MAX || size > writable_size();
}

/* Takes the memfd over. */
static int
make_store(int memfd, uint64_t size, int *ret_store)
{
    cleanup_close int store = memfd;

    if (store < 0 || ftruncate(store, (off_t)size) != 0 ||
        fcntl(store, F_ADD_SEALS, SIZE_SEALS) != 0) {
        return -errno;
    }
    *ret_store = fd_steal(&store);
    return 0;
}

int
store_new(uint64_t size, int *ret_store)
{
    if (is_too_large(size)) {
        return -EFBIG;
    }
    /* Else a guest with several processes could execute what it wrote, as it
     * can nowhere else. */
    return make_store(memfd_create("boxed", MFD_CLOEXEC | MFD_NOEXEC_SEAL),
                      size, ret_store);
}

/* Slower: the kernel clears each page before it is overwritten. */
static int
write_mapped(int store, uint64_t at, const void *data, size_t size)
{
    size_t skipped = (size_t)at % (size_t)sysconf(_SC_PAGESIZE);
    size_t mapped = size + skipped;
    char *memory = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED,
                        store, (off_t)(at - skipped));

    if (memory == MAP_FAILED) {
        return -errno;
    }
    /* A copy of the mapping in a process of the guest's would keep the store
     * from being sealed. */
    (void)madvise(memory, mapped, MADV_DONTFORK);
    memcpy(memory + skipped, data, size);
    (void)munmap(memory, mapped);
    return 0;
}

int
store_write(int store, uint64_t at, const void *data, size_t size)
{
    const char *next = data;

    if (size > 0 && at + size > writable_size()) {
        return write_mapped(store, at, data, size);
    }
    while (size > 0) {
        ssize_t put = pwrite(store, next, size, (off_t)at);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return put < 0 ? -errno : -ENOSPC;
        }
        next += put;
        at += (uint64_t)put;
        size -= (size_t)put;
    }
    return 0;
}

/* Before Linux 6.3, the same as far as it goes there: what is in it is the
 * caller's, and not a guest's. */
static int
create_input(void)
{
    int memfd = memfd_create("boxed", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

    if (memfd < 0 && errno == EINVAL) {
        memfd = memfd_create("boxed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    }
    /* Its owner is the caller, and most guests are not. */
    if (memfd >= 0) {
        (void)fchmod(memfd, S_IRUSR | S_IRGRP | S_IROTH);
    }
    return memfd;
}

int
store_new_input(const void *data, size_t size, int *ret_store)
{
    cleanup_close int store = -1;

    if (is_too_large(size)) {
        return -EFBIG;
    }
    int error = make_store(create_input(), size, &store);
    error = error ? error : store_write(store, 0, data, size);
    error = error || size == 0 ? error : store_seal(store);
    if (error != 0) {
        return error;
    }
    /* It was looked through, and is to be read from where it begins. */
    if (lseek(store, 0, SEEK_SET) != 0) {
        return -errno;
    }
    *ret_store = fd_steal(&store);
    return 0;
}

int
store_seal(int store)
{
    struct stat state;

    if (fcntl(store, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL) != 0 ||
        fstat(store, &state) != 0) {
        return -errno;
    }
    /* Reading a hole takes a page, and where the kernel promises no more
     * memory than it has, that can fail, by SIGBUS. */
    off_t hole = lseek(store, 0, SEEK_HOLE);
    return hole == state.st_size ? 0 : -ENODATA;
}

int
store_map(int store, void **ret_memory, size_t *ret_size)
{
    struct stat state;

    if (fstat(store, &state) != 0) {
        return -errno;
    }
    size_t size = (size_t)state.st_size;
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, store, (off_t)0);
    if (memory == MAP_FAILED) {
        return -errno;
    }
    *ret_memory = memory;
    *ret_size = size;
    return 0;
}
