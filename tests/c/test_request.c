/* extension/worker/request.c: a worker that gives up waiting, and a caller
 * that sends at that moment, agree on whether the request was taken. */
#include "extension/worker/request.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

static int near, far;

static void
begin(void)
{
    int pair[2];
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    near = pair[0];
    far = pair[1];
}

static void
finish(void)
{
    (void)close(near);
    (void)close(far);
}

static int
say(void)
{
    return send(near, "x", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static void
nothing_comes(void)
{
    begin();
    CHECK_EQUAL(request_await(far, 0), 0);
    CHECK_EQUAL(request_await(far, 2), 0);
    CHECK_EQUAL(request_refuse(far), 0);
    CHECK_EQUAL(say(), -EPIPE);
    finish();
}

static void
a_request_comes(void)
{
    char byte;
    begin();
    CHECK_EQUAL(say(), 0);
    CHECK_EQUAL(request_await(far, 0), 1);
    CHECK_EQUAL(request_refuse(far), 1);
    CHECK_EQUAL(recv(far, &byte, 1, 0), 1);
    finish();
}

static void
the_caller_goes(void)
{
    begin();
    (void)close(near);
    near = -1;
    CHECK_EQUAL(request_await(far, 0), 1);
    CHECK_EQUAL(request_refuse(far), 0);
    finish();
}

static void *
send_one(void *ret_error)
{
    *(int *)ret_error = say();
    return NULL;
}

static void
both_at_once(void)
{
    for (int round = 0; round < 2000; round++) {
        pthread_t sender;
        int error = 0;
        begin();
        CHECK_EQUAL(pthread_create(&sender, NULL, send_one, &error), 0);
        for (volatile int wait = 0; wait < round * 20; wait++) {
        }
        int taken = request_refuse(far);
        (void)pthread_join(sender, NULL);
        CHECK(taken >= 0);
        CHECK_EQUAL(error, taken ? 0 : -EPIPE);
        finish();
    }
}

TEST_MAIN(TEST(nothing_comes), TEST(a_request_comes), TEST(the_caller_goes),
          TEST(both_at_once))
