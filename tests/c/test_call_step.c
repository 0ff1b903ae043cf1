/* extension/caller/call.c by steps, as an event loop takes them: a step never
 * blocks, and what it says to watch is enough.  Every deadline here is
 * endless: a step that waited would never return. */
#include "call_peer.h"

#include <errno.h>

/* The descriptors of a watch that have something, of those it names. */
static int
ready(void)
{
    return poll(watch.sources, CALL_SOURCES, 0);
}

static void
nothing_is_there(void)
{
    begin();
    read_request();
    CHECK_EQUAL(one_step(), CALL_WAITING);
    CHECK_EQUAL(watch.until, DEADLINE_NEVER);
    CHECK_EQUAL(watch.sources[CALL_FROM_WORKER].fd, call.socket);
    CHECK_EQUAL(watch.sources[CALL_FROM_WORKER].events, POLLIN);
    CHECK_EQUAL(watch.sources[CALL_FROM_ZYGOTE].fd, call.report_socket);
    CHECK_EQUAL(watch.sources[CALL_FROM_STREAMS].fd, call.streams[0]);
    CHECK_EQUAL(watch.sources[CALL_FROM_STREAMS + 1].fd, call.streams[1]);
    CHECK_EQUAL(ready(), 0);
    CHECK_EQUAL(call_step_end(&call, DEADLINE_NEVER, &watch), CALL_WAITING);
    CHECK_EQUAL(watch.sources[CALL_FROM_ZYGOTE].fd, call.report_socket);
    CHECK_EQUAL(watch.sources[CALL_FROM_WORKER].fd, -1);
    finish();
}

static void
a_deadline(void)
{
    begin();
    read_request();
    deadline_ns later = deadline_after_ms(1000000);
    CHECK_EQUAL(call_step(&call, later, &watch), CALL_WAITING);
    CHECK_EQUAL(watch.until, later);
    CHECK_EQUAL(call_step(&call, deadline_now(), &watch), CALL_TIMEOUT);
    CHECK_EQUAL(call_step_end(&call, deadline_now(), &watch), CALL_TIMEOUT);
    finish();
}

static void
an_answer_in_pieces(void)
{
    begin();
    read_request();
    struct frame_header header = header_of(5);
    char whole[sizeof(header) + 5];
    memcpy(whole, &header, sizeof(header));
    memcpy(whole + sizeof(header), "hello", 5);
    for (size_t i = 0; i < sizeof(whole); i++) {
        CHECK_EQUAL(one_step(), CALL_WAITING);
        CHECK_EQUAL(ready(), 0);
        say(0, whole + i, 1);
        CHECK_EQUAL(ready(), 1);
    }
    CHECK_EQUAL(one_step(), CALL_ANSWERED);
    finish();
}

/* A stream that its writer has closed would be readable for ever. */
static void
a_stream_that_has_ended(void)
{
    begin();
    read_request();
    print(2, "out", 3);
    CHECK_EQUAL(one_step(), CALL_OUTPUT);
    close_far(2);
    CHECK_EQUAL(one_step(), CALL_WAITING);
    CHECK_EQUAL(watch.sources[CALL_FROM_STREAMS].fd, -1);
    close_far(0);
    CHECK_EQUAL(one_step(), CALL_WAITING);
    CHECK_EQUAL(watch.sources[CALL_FROM_WORKER].fd, -1);
    CHECK_EQUAL(ready(), 0);
    report(3);
    CHECK_EQUAL(ready(), 1);
    CHECK_EQUAL(one_step(), CALL_ENDED);
    CHECK_EQUAL(call_step_end(&call, DEADLINE_NEVER, &watch), CALL_ENDED);
    finish();
}

static void
a_request_that_does_not_fit(void)
{
    const size_t size = 4 << 20;
    char *large = calloc(1, size), *got = malloc(size);
    size_t left = sizeof(struct frame_request) + size;

    begin();
    call_set_request(&call, large, size, -1, NULL);
    while (left > 0) {
        CHECK_EQUAL(one_step(), CALL_WAITING);
        short events = watch.sources[CALL_FROM_WORKER].events;
        CHECK_EQUAL(events,
                    call_has_to_send(&call) ? POLLIN | POLLOUT : POLLIN);
        CHECK_EQUAL(ready(), 0);
        ssize_t some = recv(far_ends[0], got, size, MSG_DONTWAIT);
        CHECK(some > 0);
        left -= (size_t)some;
    }
    free(large);
    free(got);
    finish();
}

/* Until it is over nothing is tried, and there is nothing to watch. */
static void
a_shortage(void)
{
    begin();
    read_request();
    report(0);
    CHECK_EQUAL(call_endure(&call, ENOMEM), 0);
    CHECK_EQUAL(one_step(), CALL_WAITING);
    CHECK(!call.reported);
    for (int i = 0; i < CALL_SOURCES; i++) {
        CHECK_EQUAL(watch.sources[i].fd, -1);
    }
    CHECK(watch.until != DEADLINE_NEVER);
    CHECK_EQUAL(call_step_end(&call, DEADLINE_NEVER, &watch), CALL_ENDED);
    finish();

    begin();
    read_request();
    struct frame_header header = header_of(0);
    say(0, &header, sizeof(header));
    CHECK_EQUAL(call_endure(&call, ENOMEM), 0);
    while (one_step() == CALL_WAITING) {
        (void)poll(watch.sources, CALL_SOURCES, deadline_left_ms(watch.until));
    }
    CHECK(call_is_answered(&call));
    finish();
}

TEST_MAIN(TEST(nothing_is_there), TEST(a_deadline), TEST(an_answer_in_pieces),
          TEST(a_stream_that_has_ended), TEST(a_request_that_does_not_fit),
          TEST(a_shortage))
