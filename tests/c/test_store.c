/* extension/wire/store.c: of one size, never executable, and once sealed never
 * changed; each refusal with what it is refused without. */
#include "extension/wire/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "test.h"

#define SIZE 10000

static int store;
static char letters[SIZE];

static void
begin(void)
{
    for (size_t i = 0; i < SIZE; i++) {
        letters[i] = (char)(i * 31);
    }
    CHECK_EQUAL(store_new(SIZE, &store), 0);
}

static void
write_all(void)
{
    CHECK_EQUAL(store_write(store, 0, letters, 100), 0);
    CHECK_EQUAL(store_write(store, 100, letters + 100, SIZE - 100), 0);
}

/* What a new mapping shows. */
static bool
holds_the_letters(void)
{
    void *memory = NULL;
    size_t size = 0;

    CHECK_EQUAL(store_map(store, &memory, &size), 0);
    CHECK_EQUAL(size, SIZE);
    bool equal = memcmp(memory, letters, SIZE) == 0;
    (void)munmap(memory, size);
    return equal;
}

static void
written_sealed_and_mapped(void)
{
    begin();
    write_all();
    CHECK_EQUAL(store_seal(store), 0);
    CHECK(holds_the_letters());
    (void)close(store);
}

static void
a_reader_changes_its_own_only(void)
{
    void *memory = NULL;
    size_t size = 0;

    begin();
    write_all();
    CHECK_EQUAL(store_seal(store), 0);
    CHECK_EQUAL(store_map(store, &memory, &size), 0);
    memset(memory, 0, size);
    CHECK(holds_the_letters());
    (void)munmap(memory, size);
    (void)close(store);
}

static void
the_size_is_fixed_from_the_start(void)
{
    begin();
    CHECK_EQUAL(ftruncate(store, SIZE - 1), -1);
    CHECK_EQUAL(errno, EPERM);
    CHECK_EQUAL(ftruncate(store, SIZE + 1), -1);
    CHECK_EQUAL(errno, EPERM);
    CHECK_EQUAL(store_write(store, SIZE, "x", 1), -EPERM);
    CHECK_EQUAL(store_write(store, SIZE - 1, "xy", 2), -EPERM);
    (void)close(store);
}

/* Before the seal all three change it. */
static void
nobody_writes_after_the_seal(void)
{
    begin();
    write_all();
    CHECK_EQUAL(pwrite(store, "!", 1, 0), 1);
    CHECK(!holds_the_letters());
    CHECK_EQUAL(store_write(store, 0, letters, 1), 0);
    void *early = mmap(NULL, SIZE, PROT_WRITE, MAP_SHARED, store, 0);
    CHECK(early != MAP_FAILED);
    CHECK_EQUAL(store_seal(store), -EBUSY);
    (void)munmap(early, SIZE);
    CHECK_EQUAL(store_seal(store), 0);
    CHECK_EQUAL(pwrite(store, "!", 1, 0), -1);
    CHECK_EQUAL(
        fallocate(store, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096),
        -1);
    CHECK(mmap(NULL, SIZE, PROT_WRITE, MAP_SHARED, store, 0) == MAP_FAILED);
    CHECK(holds_the_letters());
    (void)close(store);
}

static void
seals_of_somebody_else(void)
{
    begin();
    write_all();
    CHECK_EQUAL(fcntl(store, F_ADD_SEALS, F_SEAL_SEAL), 0);
    CHECK_EQUAL(store_seal(store), -EPERM);
    (void)close(store);
}

static void
holes(void)
{
    begin();
    CHECK_EQUAL(store_write(store, 4096, letters, SIZE - 4096), 0);
    CHECK_EQUAL(store_seal(store), -ENODATA);
    (void)close(store);
    begin();
    write_all();
    CHECK_EQUAL(fallocate(store, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                          4096, 4096),
                0);
    CHECK_EQUAL(store_seal(store), -ENODATA);
    (void)close(store);
}

static void
never_executable(void)
{
    int other = memfd_create("executable", MFD_CLOEXEC);
    struct stat state;

    CHECK_EQUAL(fchmod(other, 0700), 0);
    (void)close(other);
    begin();
    CHECK_EQUAL(fstat(store, &state), 0);
    CHECK_EQUAL(state.st_mode & 0111, 0);
    CHECK_EQUAL(fchmod(store, 0700), -1);
    CHECK_EQUAL(errno, EPERM);
    (void)close(store);
}

/* A limit on file sizes: a maker heeds it, and a writer is not hit by it. */
static void
a_limit_on_file_sizes(void)
{
    struct rlimit before, small = {.rlim_cur = 4096};
    int none = -1;

    begin();
    CHECK_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    CHECK_EQUAL(store_new(4097, &none), -EFBIG);
    CHECK_EQUAL(store_new(UINT64_MAX, &none), -EFBIG);
    CHECK_EQUAL(none, -1);
    (void)signal(SIGXFSZ, SIG_IGN);
    CHECK_EQUAL(pwrite(store, letters, 1, 5000), -1);
    CHECK_EQUAL(errno, EFBIG);
    (void)signal(SIGXFSZ, SIG_DFL);
    write_all();
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    CHECK_EQUAL(store_seal(store), 0);
    CHECK(holds_the_letters());
    (void)close(store);
}

static void
what_is_no_store(void)
{
    void *memory = NULL;
    size_t size = 0;
    int pair[2];

    CHECK_EQUAL(store_seal(-1), -EBADF);
    CHECK_EQUAL(store_map(-1, &memory, &size), -EBADF);
    CHECK_EQUAL(pipe(pair), 0);
    CHECK_EQUAL(store_seal(pair[1]), -EINVAL);
    CHECK(store_map(pair[0], &memory, &size) != 0);
    CHECK(memory == NULL && size == 0);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

TEST_MAIN(TEST(written_sealed_and_mapped), TEST(a_reader_changes_its_own_only),
          TEST(the_size_is_fixed_from_the_start),
          TEST(nobody_writes_after_the_seal), TEST(seals_of_somebody_else),
          TEST(holes), TEST(never_executable), TEST(a_limit_on_file_sizes),
          TEST(what_is_no_store))
