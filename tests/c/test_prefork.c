/* Calls announced ahead of need: their order, and which of them is wanted. */
#include "extension/zygote/prefork.h"

#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

static struct ahead ahead;
/* The callers' ends of the call sockets. */
static int callers[AHEAD_MOST];

static void
put(uint64_t id)
{
    struct forkserver_call call = {.call.id = id, .fds = {-1, -1, -1, -1}};
    int pair[2];

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    callers[ahead.count] = pair[0];
    call.fds[0] = pair[1];
    ahead_put(&ahead, &call);
}

static void
fill(void)
{
    ahead = (struct ahead){.count = 0};
    for (uint64_t id = 0; id < AHEAD_MOST; id++) {
        put(id);
    }
}

static uint64_t
take(int index)
{
    struct forkserver_call taken;

    ahead_take(&ahead, index, &taken);
    (void)close(taken.fds[0]);
    return taken.call.id;
}

static void
let_go(void)
{
    while (ahead.count > 0) {
        (void)take(0);
    }
    for (int i = 0; i < AHEAD_MOST; i++) {
        (void)close(callers[i]);
    }
}

static void
the_oldest_comes_first(void)
{
    fill();
    CHECK_EQUAL(ahead.count, AHEAD_MOST);
    for (uint64_t id = 0; id < AHEAD_MOST; id++) {
        deadline_ns since = ahead.since[0];
        CHECK_EQUAL(take(0), id);
        CHECK(ahead.count == 0 || ahead.since[0] >= since);
    }
    CHECK_EQUAL(ahead.count, 0);
    let_go();
}

static void
one_from_the_middle_leaves_the_others(void)
{
    fill();
    deadline_ns since = ahead.since[6];
    CHECK_EQUAL(take(5), 5);
    CHECK_EQUAL(ahead.count, AHEAD_MOST - 1);
    CHECK_EQUAL(ahead.since[5], since);
    CHECK_EQUAL(take(5), 6);
    CHECK_EQUAL(take(4), 4);
    CHECK_EQUAL(take(AHEAD_MOST - 4), AHEAD_MOST - 1);
    CHECK_EQUAL(take(0), 0);
    let_go();
}

static void
none_is_wanted_without_a_request(void)
{
    ahead = (struct ahead){.count = 0};
    CHECK_EQUAL(ahead_find_wanted(&ahead), -1);
    fill();
    CHECK_EQUAL(ahead_find_wanted(&ahead), -1);
    let_go();
}

static void
a_request_is_found(void)
{
    fill();
    CHECK_EQUAL(write(callers[9], "x", 1), 1);
    CHECK_EQUAL(ahead_find_wanted(&ahead), 9);
    CHECK_EQUAL(write(callers[2], "x", 1), 1);
    CHECK_EQUAL(ahead_find_wanted(&ahead), 2);
    CHECK_EQUAL(take(2), 2);
    CHECK_EQUAL(ahead_find_wanted(&ahead), 8);
    CHECK_EQUAL(take(8), 9);
    CHECK_EQUAL(ahead_find_wanted(&ahead), -1);
    let_go();
}

static void
one_that_was_closed_is_found(void)
{
    fill();
    (void)close(callers[3]);
    CHECK_EQUAL(ahead_find_wanted(&ahead), 3);
    callers[3] = -1;
    let_go();
}

TEST_MAIN(TEST(the_oldest_comes_first),
          TEST(one_from_the_middle_leaves_the_others),
          TEST(none_is_wanted_without_a_request), TEST(a_request_is_found),
          TEST(one_that_was_closed_is_found))
