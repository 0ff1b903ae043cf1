/* Host calls as the caller takes them, against a scripted worker: in pieces,
 * one at a time, answered in between, and no others than were permitted. */
#include "call_peer.h"

#include <errno.h>

static struct frame_header
host_call_of(size_t size)
{
    struct frame_header header = header_of(size);
    header.kind = FRAME_HOST_CALL;
    return header;
}

static void
begin_with(uint64_t most)
{
    begin();
    call.max_host_call = most;
    read_request();
}

static void
ask(const char *text)
{
    struct frame_header header = host_call_of(strlen(text));
    say(0, &header, sizeof(header));
    say(0, text, strlen(text));
}

/* What the worker reads where it waits. */
static void
expect_told(const char *text)
{
    struct frame_request got;
    char body[100];

    CHECK_EQUAL(recv(far_ends[0], &got, sizeof(got), MSG_DONTWAIT),
                sizeof(got));
    CHECK_EQUAL(got.header.magic, FRAME_MAGIC);
    CHECK_EQUAL(got.header.kind, FRAME_HOST_ANSWER);
    CHECK_EQUAL(got.header.id, call.id);
    CHECK_EQUAL(got.header.size, strlen(text));
    CHECK_EQUAL(got.has_limits | got.has_input, 0);
    CHECK_EQUAL(recv(far_ends[0], body, sizeof(body), MSG_DONTWAIT),
                strlen(text));
    CHECK_EQUAL(memcmp(body, text, strlen(text)), 0);
}

static void
one_after_another(void)
{
    begin_with(1000);
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(one_step(), CALL_WAITING);
        ask("what?");
        CHECK_EQUAL(one_step(), CALL_ASKED);
        CHECK(call_is_asked(&call) && !call_is_answered(&call));
        CHECK_EQUAL(memcmp(call.first, "what?", 5), 0);
        /* Until it has its answer it stays one. */
        CHECK_EQUAL(one_step(), CALL_ASKED);
        call_set_host_answer(&call, "that", 4);
        CHECK(!call_is_asked(&call));
        CHECK_EQUAL(one_step(), CALL_WAITING);
        expect_told("that");
    }
    struct frame_header header = header_of(0);
    say(0, &header, sizeof(header));
    CHECK_EQUAL(one_step(), CALL_ANSWERED);
    CHECK(call_is_answered(&call) && !call_is_asked(&call));
    finish();
}

static void
in_pieces(void)
{
    char large[20000];

    memset(large, 'x', sizeof(large));
    begin_with(sizeof(large));
    struct frame_header header = host_call_of(sizeof(large));
    for (size_t i = 0; i < sizeof(header); i++) {
        say(0, (char *)&header + i, 1);
        CHECK_EQUAL(one_step(), CALL_WAITING);
    }
    say(0, large, 10000);
    CHECK_EQUAL(one_step(), CALL_WAITING);
    say(0, large, 10000);
    CHECK_EQUAL(one_step(), CALL_ASKED);
    CHECK_EQUAL(call.body_have, sizeof(large));
    CHECK_EQUAL(memcmp(call.body, large, sizeof(large)), 0);
    free(call.body);
    call_set_host_answer(&call, "that", 4);
    CHECK_EQUAL(one_step(), CALL_WAITING);
    expect_told("that");
    finish();
}

/* The control of those that are refused: the same, permitted. */
static void
of_the_largest_size(void)
{
    begin_with(5);
    ask("12345");
    CHECK_EQUAL(one_step(), CALL_ASKED);
    CHECK(!call.host_call_too_long);
    finish();
}

static void
none_is_permitted(void)
{
    begin();
    read_request();
    ask("12345");
    CHECK_EQUAL(one_step(), CALL_PROTOCOL);
    finish();
}

static void
too_long(void)
{
    begin_with(5);
    ask("123456");
    CHECK_EQUAL(one_step(), CALL_ASKED);
    CHECK(call.host_call_too_long);
    CHECK_EQUAL(call.header.size, 6);
    CHECK(call.body == NULL);
    finish();
}

static void
to_another_call(void)
{
    begin_with(100);
    struct frame_header header = host_call_of(0);
    header.id++;
    say(0, &header, sizeof(header));
    CHECK_EQUAL(one_step(), CALL_PROTOCOL);
    finish();
}

/* Who has more to say does not wait, whatever it is. */
static void
one_that_does_not_wait(void)
{
    struct {
        struct frame_header first, second;
    } both;

    begin_with(100);
    both.first = host_call_of(0);
    both.second = header_of(0);
    say(0, &both, sizeof(both));
    CHECK_EQUAL(one_step(), CALL_PROTOCOL);
    finish();
}

/* A guest runs only when it has read its request: this one is forged. */
static void
before_the_request_was_taken(void)
{
    static char large[16 << 20];

    begin();
    call.max_host_call = 100;
    call_set_request(&call, large, sizeof(large), -1, NULL);
    CHECK_EQUAL(call_send(&call), 0);
    CHECK_EQUAL(one_step(), CALL_WAITING);
    ask("now");
    CHECK_EQUAL(one_step(), CALL_PROTOCOL);
    finish();
}

static void
what_was_printed_comes_first(void)
{
    begin_with(100);
    print(2, "out", 3);
    ask("now");
    CHECK_EQUAL(one_step(), CALL_OUTPUT);
    CHECK_EQUAL(call.output_size, 3);
    CHECK_EQUAL(one_step(), CALL_ASKED);
    call_set_host_answer(&call, "that", 4);
    print(2, "more", 4);
    CHECK_EQUAL(one_step(), CALL_OUTPUT);
    CHECK_EQUAL(call.output_size, 4);
    CHECK_EQUAL(one_step(), CALL_WAITING);
    finish();
}

static void
it_ends_meanwhile(void)
{
    begin_with(100);
    ask("now");
    CHECK_EQUAL(one_step(), CALL_ASKED);
    close_far(0);
    close_far(2);
    close_far(3);
    report(9);
    call_set_host_answer(&call, "that", 4);
    CHECK_EQUAL(one_step(), CALL_ENDED);
    CHECK_EQUAL(call.report.status, 9);
    finish();
}

/* A worker that has answered may linger; one that asks has not, and is killed
 * by the end of the report socket, with no word before it. */
static void
it_is_closed_meanwhile(void)
{
    char word;

    begin_with(100);
    ask("now");
    CHECK_EQUAL(one_step(), CALL_ASKED);
    call_close(&call);
    CHECK_EQUAL(recv(far_ends[1], &word, 1, MSG_DONTWAIT), 0);
    finish();
}

TEST_MAIN(TEST(one_after_another), TEST(in_pieces), TEST(of_the_largest_size),
          TEST(none_is_permitted), TEST(too_long), TEST(to_another_call),
          TEST(one_that_does_not_wait), TEST(before_the_request_was_taken),
          TEST(what_was_printed_comes_first), TEST(it_ends_meanwhile),
          TEST(it_is_closed_meanwhile))
