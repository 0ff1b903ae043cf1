/* extension/caller/call_ends.c: what a zygote is told when a call is closed.
 */
#include "extension/caller/call.h"

#include <errno.h>
#include <sys/socket.h>

#include "test.h"

static struct call call;
static int server, zygote, report;

static struct frame_call
begin(bool prefork)
{
    int pair[2], fds[FRAME_CALL_FDS];
    struct frame_call announced;
    char control[CMSG_SPACE(sizeof(fds))];
    struct iovec body = {&announced, sizeof(announced)};
    struct msghdr got = {.msg_iov = &body,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof(control)};

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    server = pair[0];
    zygote = pair[1];
    memset(&call, 0, sizeof(call));
    CHECK_EQUAL(call_prepare(&call), 0);
    CHECK_EQUAL(call_announce(&call, server, prefork), 0);
    CHECK_EQUAL(recvmsg(zygote, &got, 0), sizeof(announced));
    memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&got)), sizeof(fds));
    report = fds[1];
    for (int i = 0; i < FRAME_CALL_FDS; i++) {
        if (i != 1) {
            (void)close(fds[i]);
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
finish(void)
{
    (void)close(report);
    (void)close(server);
    (void)close(zygote);
}

/* 1: a word, 0: the end, -1: neither. */
static int
heard(void)
{
    char words[2];
    return (int)recv(report, words, sizeof(words), MSG_DONTWAIT);
}

static void
need_is_announced(void)
{
    CHECK_EQUAL(begin(false).prefork, 0);
    call_close(&call);
    finish();
    CHECK_EQUAL(begin(true).prefork, 1);
    call_close(&call);
    finish();
}

static void
an_answered_one_is_let_linger(void)
{
    (void)begin(false);
    answer(5, 5);
    CHECK_EQUAL(heard(), -1);
    call_close(&call);
    CHECK_EQUAL(heard(), 1);
    CHECK_EQUAL(heard(), 0);
    finish();
}

static void
one_without_its_whole_answer_is_killed(void)
{
    (void)begin(false);
    call_close(&call);
    CHECK_EQUAL(heard(), 0);
    finish();
    (void)begin(false);
    answer(5, 4);
    call_close(&call);
    CHECK_EQUAL(heard(), 0);
    finish();
}

static void
one_that_was_killed_stays_so(void)
{
    (void)begin(false);
    answer(5, 5);
    call_kill(&call);
    CHECK_EQUAL(heard(), 0);
    call_close(&call);
    CHECK_EQUAL(heard(), 0);
    finish();
}

/* A forked copy of the caller has the socket too, which then does not end. */
static void
a_copy_of_the_socket_keeps_nothing_alive(void)
{
    for (int answered = 0; answered < 2; answered++) {
        (void)begin(false);
        answer(5, answered ? 5 : 0);
        int copy = dup(call.report_socket);
        call_close(&call);
        CHECK_EQUAL(heard(), answered ? 1 : 0);
        (void)close(copy);
        finish();
    }
}

TEST_MAIN(TEST(need_is_announced), TEST(an_answered_one_is_let_linger),
          TEST(one_without_its_whole_answer_is_killed),
          TEST(one_that_was_killed_stays_so),
          TEST(a_copy_of_the_socket_keeps_nothing_alive))
