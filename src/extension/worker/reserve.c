/* Puts memory aside, so that a worker whose memory is full can say so.
 *
 * The zygote does it before it measures itself, so that a worker has it beside
 * its limit; nothing touches it, so that it costs an address range and no
 * more.  A worker gives it back before it tells of an exception, since Python
 * needs memory to put even a MemoryError into words.  A guest may do so
 * before, and has then that much more than its limit.  System calls only. */
#include "extension/worker/reserve.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

/* What is told has at most FRAME_MAX_TOLD bytes, and is put together once. */
#define RESERVE_SIZE (8u << 20)

/* What Python takes at a time (its arenas, since 3.10). */
#define HARDLY_ANYTHING (1u << 20)

static void *reserve;

static void *
take(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int
reserve_make(void)
{
    void *made = take(RESERVE_SIZE);
    if (made == MAP_FAILED) {
        return -errno;
    }
    reserve = made;
    return 0;
}

bool
reserve_was_needed(void)
{
    if (reserve == NULL) {
        return false;
    }
    void *more = take(HARDLY_ANYTHING);
    if (more != MAP_FAILED) {
        (void)munmap(more, HARDLY_ANYTHING);
    }
    reserve_release();
    return more == MAP_FAILED;
}

void
reserve_release(void)
{
    if (reserve != NULL) {
        (void)munmap(reserve, RESERVE_SIZE);
        reserve = NULL;
    }
}
