/* confine/seccomp.c: a filter fits the room it is given, or is refused.
 *
 * What the filters answer is tested in test_seccomp.py; here is what
 * the compiler does to memory. */
#include "confine/seccomp.h"

#include <errno.h>
#include <stdint.h>

#include "test.h"

static size_t
length_of(enum seccomp_stage stage, const struct seccomp_options *options)
{
    struct sock_filter code[SECCOMP_MAX_FILTER];
    size_t length = 0;
    CHECK_EQUAL(
        seccomp_compile(stage, options, code, SECCOMP_MAX_FILTER, &length), 0);
    return length;
}

static int
compile_into(enum seccomp_stage stage, const struct seccomp_options *options,
             size_t capacity)
{
    size_t length = SIZE_MAX;
    struct sock_filter *code = malloc(capacity * sizeof(*code));
    int error = seccomp_compile(stage, options, code, capacity, &length);
    /* On failure the outputs stay as they were. */
    CHECK((error == 0) == (length != SIZE_MAX));
    free(code);
    return error;
}

static void
each_capacity(enum seccomp_stage stage, const struct seccomp_options *options)
{
    size_t length = length_of(stage, options);
    CHECK(length > 50 && length < SECCOMP_MAX_FILTER);
    /* Room for the result alone may be too little; never too little is what
     * the header promises, and nothing is ever written beside it. */
    for (size_t capacity = 0; capacity <= length + 2; capacity++) {
        int error = compile_into(stage, options, capacity);
        CHECK(error == -ENOSPC || (error == 0 && capacity >= length));
    }
    CHECK_EQUAL(compile_into(stage, options, SECCOMP_MAX_FILTER), 0);
}

static void
every_stage_and_option(void)
{
    for (unsigned bits = 0; bits < 64; bits++) {
        const struct seccomp_options options = {
            .network = bits & 1u,
            .locks = bits & 2u,
            .processes = bits & 4u ? 4 : 1,
            .host_files = bits & 8u,
            .keep_modes = bits & 16u,
            .keep_sizes = bits & 32u,
        };
        each_capacity(SECCOMP_ZYGOTE, &options);
        each_capacity(SECCOMP_WORKER, &options);
        each_capacity(SECCOMP_WORKER_OF_ZYGOTE, &options);
        CHECK(length_of(SECCOMP_WORKER_OF_ZYGOTE, &options) <
              length_of(SECCOMP_WORKER, &options) / 2);
    }
}

static void
no_such_stage(void)
{
    const struct seccomp_options options = {.processes = 1};
    CHECK_EQUAL(compile_into((enum seccomp_stage)7, &options, 1000), -EINVAL);
}

TEST_MAIN(TEST(every_stage_and_option), TEST(no_such_stage))
