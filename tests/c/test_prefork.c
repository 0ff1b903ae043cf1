/* Calls announced ahead of need: their order, and which of them is wanted. */
#include "extension/zygote/prefork.h"

#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

static struct prefork_queue queue;
/* The callers' ends of the call sockets. */
static int callers[PREFORK_QUEUE_MAX];

static void
put(uint64_t id)
{
    struct forkserver_call call = {.call.id = id, .fds = {-1, -1, -1, -1}};
    int pair[2];

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    callers[queue.count] = pair[0];
    call.fds[0] = pair[1];
    prefork_put(&queue, &call);
}

static void
fill(void)
{
    queue = (struct prefork_queue){.count = 0};
    for (uint64_t id = 0; id < PREFORK_QUEUE_MAX; id++) {
        put(id);
    }
}

static uint64_t
take(int index)
{
    struct forkserver_call taken;

    prefork_take(&queue, index, &taken);
    (void)close(taken.fds[0]);
    return taken.call.id;
}

static void
let_go(void)
{
    while (queue.count > 0) {
        (void)take(0);
    }
    for (int i = 0; i < PREFORK_QUEUE_MAX; i++) {
        (void)close(callers[i]);
    }
}

static void
the_oldest_comes_first(void)
{
    fill();
    CHECK_EQUAL(queue.count, PREFORK_QUEUE_MAX);
    for (uint64_t id = 0; id < PREFORK_QUEUE_MAX; id++) {
        deadline_ns since = queue.since[0];
        CHECK_EQUAL(take(0), id);
        CHECK(queue.count == 0 || queue.since[0] >= since);
    }
    CHECK_EQUAL(queue.count, 0);
    let_go();
}

static void
one_from_the_middle_leaves_the_others(void)
{
    fill();
    deadline_ns since = queue.since[6];
    CHECK_EQUAL(take(5), 5);
    CHECK_EQUAL(queue.count, PREFORK_QUEUE_MAX - 1);
    CHECK_EQUAL(queue.since[5], since);
    CHECK_EQUAL(take(5), 6);
    CHECK_EQUAL(take(4), 4);
    CHECK_EQUAL(take(PREFORK_QUEUE_MAX - 4), PREFORK_QUEUE_MAX - 1);
    CHECK_EQUAL(take(0), 0);
    let_go();
}

static void
none_is_wanted_without_a_request(void)
{
    queue = (struct prefork_queue){.count = 0};
    CHECK_EQUAL(prefork_find_wanted(&queue), -1);
    fill();
    CHECK_EQUAL(prefork_find_wanted(&queue), -1);
    let_go();
}

static void
a_request_is_found(void)
{
    fill();
    CHECK_EQUAL(write(callers[9], "x", 1), 1);
    CHECK_EQUAL(prefork_find_wanted(&queue), 9);
    CHECK_EQUAL(write(callers[2], "x", 1), 1);
    CHECK_EQUAL(prefork_find_wanted(&queue), 2);
    CHECK_EQUAL(take(2), 2);
    CHECK_EQUAL(prefork_find_wanted(&queue), 8);
    CHECK_EQUAL(take(8), 9);
    CHECK_EQUAL(prefork_find_wanted(&queue), -1);
    let_go();
}

static void
one_that_was_closed_is_found(void)
{
    fill();
    (void)close(callers[3]);
    CHECK_EQUAL(prefork_find_wanted(&queue), 3);
    callers[3] = -1;
    let_go();
}

TEST_MAIN(TEST(the_oldest_comes_first),
          TEST(one_from_the_middle_leaves_the_others),
          TEST(none_is_wanted_without_a_request), TEST(a_request_is_found),
          TEST(one_that_was_closed_is_found))
