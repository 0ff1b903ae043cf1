/* Tests of one unit of C: a table of functions, run in order.
 *
 * A failed check is printed and counted, and the test goes on; the exit
 * status is 1 if there was any.  An alarm ends a test that hangs. */
#ifndef BOXED_TEST_H
#define BOXED_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct test {
    const char *name;
    void (*run)(void);
};

static int test_failures;

static inline void
test_fail(const char *file, int line, const char *what, long long found,
          long long wanted)
{
    (void)fprintf(stderr, "%s:%d: %s: %lld, not %lld\n", file, line, what,
                  found, wanted);
    test_failures++;
}

#define CHECK_EQUAL(found, wanted)                                            \
    do {                                                                      \
        long long test_found = (long long)(found);                            \
        long long test_wanted = (long long)(wanted);                          \
        if (test_found != test_wanted) {                                      \
            test_fail(__FILE__, __LINE__, #found, test_found, test_wanted);   \
        }                                                                     \
    } while (0)
#define CHECK(condition) CHECK_EQUAL(!!(condition), true)

/* A copy with nothing behind it, so that a sanitizer sees what reads on. */
static inline void *
test_copy(const void *data, size_t size)
{
    void *copy = malloc(size);
    if (copy == NULL && size > 0) {
        abort();
    }
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

static inline int
test_run(const struct test *tests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int before = test_failures;
        (void)alarm(30);
        tests[i].run();
        (void)printf("%s %s\n", test_failures == before ? "ok  " : "FAIL",
                     tests[i].name);
    }
    return test_failures == 0 ? 0 : 1;
}

/* Makes main() of the names of test functions, each as TEST(name). */
#define TEST(function)                                                        \
    {                                                                         \
#function, function                                                   \
    }
#define TEST_MAIN(...)                                                        \
    int main(void)                                                            \
    {                                                                         \
        static const struct test tests[] = {__VA_ARGS__};                     \
        return test_run(tests, sizeof(tests) / sizeof(tests[0]));             \
    }

#endif
