/* shared/deadline.c: no wait is longer than asked for, and none spins. */
#include "shared/deadline.h"

#include <limits.h>
#include <time.h>

#include "test.h"

static void
never_and_passed(void)
{
    CHECK_EQUAL(deadline_left_ms(DEADLINE_NEVER), -1);
    CHECK_EQUAL(deadline_left_ms(0), 0);
    CHECK_EQUAL(deadline_left_ms(-1), 0);
    CHECK_EQUAL(deadline_left_ms(INT64_MIN + deadline_now()), 0);
    CHECK_EQUAL(deadline_left_ms(deadline_now()), 0);
}

static void
rounded_up(void)
{
    CHECK_EQUAL(deadline_left_ms(deadline_now() + 900000), 1);
    int left = deadline_left_ms(deadline_after_ms(1000));
    CHECK(left > 900 && left <= 1000);
}

static void
too_far_for_poll(void)
{
    CHECK_EQUAL(deadline_left_ms(DEADLINE_NEVER - 1), INT_MAX);
    CHECK_EQUAL(deadline_left_ms(deadline_after_ms(1LL << 40)), INT_MAX);
}

static void
the_clock_goes_on(void)
{
    const struct timespec nap = {.tv_nsec = 2000000};
    deadline_ns before = deadline_now();
    (void)nanosleep(&nap, NULL);
    CHECK(deadline_now() - before >= 2000000);
}

TEST_MAIN(TEST(never_and_passed), TEST(rounded_up), TEST(too_far_for_poll),
          TEST(the_clock_goes_on))
