/* extension/caller/call_ends.c: what a zygote is told when a call is closed.
 */
#include "extension/caller/call.h"

#include <errno.h>

#include "call_peer.h"

/* The call's report is what its zygote listens to. */
static struct frame_call
begin_reporting(bool prefork)
{
    struct frame_call announced = announce(prefork);
    for (int i = 0; i < FRAME_CALL_FDS; i++) {
        if (i != 1) {
            close_far(i);
        }
    }
    return announced;
}

/* As if the header of an answer were here, and some of its body. */
static void
answer(uint64_t size, uint64_t have)
{
    call.header_have = sizeof(call.header);
    call.header.size = size;
    call.body_have = have;
}

static void
end(void)
{
    close_far(1);
    (void)close(server);
    (void)close(zygote);
}

/* 1: a word, 0: the end, -1: neither. */
static int
heard(void)
{
    char words[2];
    return (int)recv(far_ends[1], words, sizeof(words), MSG_DONTWAIT);
}

static void
need_is_announced(void)
{
    CHECK_EQUAL(begin_reporting(false).prefork, 0);
    call_close(&call);
    end();
    CHECK_EQUAL(begin_reporting(true).prefork, 1);
    call_close(&call);
    end();
}

static void
an_answered_one_is_let_linger(void)
{
    (void)begin_reporting(false);
    answer(5, 5);
    CHECK_EQUAL(heard(), -1);
    call_close(&call);
    CHECK_EQUAL(heard(), 1);
    CHECK_EQUAL(heard(), 0);
    end();
}

static void
one_without_its_whole_answer_is_killed(void)
{
    (void)begin_reporting(false);
    call_close(&call);
    CHECK_EQUAL(heard(), 0);
    end();
    (void)begin_reporting(false);
    answer(5, 4);
    call_close(&call);
    CHECK_EQUAL(heard(), 0);
    end();
}

static void
one_that_was_killed_stays_so(void)
{
    (void)begin_reporting(false);
    answer(5, 5);
    call_kill(&call);
    CHECK_EQUAL(heard(), 0);
    call_close(&call);
    CHECK_EQUAL(heard(), 0);
    end();
}

/* A forked copy of the caller has the socket too, which then does not end. */
static void
a_copy_of_the_socket_keeps_nothing_alive(void)
{
    for (int answered = 0; answered < 2; answered++) {
        (void)begin_reporting(false);
        answer(5, answered ? 5 : 0);
        int copy = dup(call.report_socket);
        call_close(&call);
        CHECK_EQUAL(heard(), answered ? 1 : 0);
        (void)close(copy);
        end();
    }
}

TEST_MAIN(TEST(need_is_announced), TEST(an_answered_one_is_let_linger),
          TEST(one_without_its_whole_answer_is_killed),
          TEST(one_that_was_killed_stays_so),
          TEST(a_copy_of_the_socket_keeps_nothing_alive))
