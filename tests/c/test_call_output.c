/* extension/caller/call.c against a scripted peer: what is printed before an
 * answer, after it and without one. */
#include "call_peer.h"

#include <fcntl.h>

/* The sandbox ended, and a worker of it had answered before. */
static void
an_answer_of_a_lost_sandbox(void)
{
    begin();
    read_request();
    struct frame_header header = header_of(5);
    print(2, "out", 3);
    say(0, &header, sizeof(header));
    say(0, "hello", 5);
    close_far(1);
    CHECK_EQUAL(step(SOON_MS), CALL_OUTPUT);
    CHECK_EQUAL(step(SOON_MS), CALL_ANSWERED);
    finish();
}

static void
output_of_both_streams(void)
{
    begin();
    read_request();
    print(2, "out", 3);
    CHECK_EQUAL(step(SOON_MS), CALL_OUTPUT);
    CHECK_EQUAL(call.stream, 0);
    CHECK_EQUAL(call.output_size, 3);
    print(3, "error", 5);
    close_far(2);
    close_far(0);
    report(0);
    CHECK_EQUAL(step(SOON_MS), CALL_OUTPUT);
    CHECK_EQUAL(call.stream, 1);
    CHECK_EQUAL(memcmp(call.output, "error", 5), 0);
    CHECK_EQUAL(step(SOON_MS), CALL_ENDED);
    finish();
}

/* Answer and output are here, and nothing else ever comes: the worker and its
 * zygote live on, and hold all their ends.  Without a deadline, a call that
 * waited for more would wait for ever. */
static void
an_answer_waits_for_nothing(void)
{
    static char full[CALL_OUTPUT_SIZE];
    for (int order = 0; order < 4; order++) {
        begin();
        read_request();
        struct frame_header header = header_of(5);
        size_t printed = order % 2 == 0 ? 3 : sizeof(full);
        if (order >= 2) {
            /* Both are read in one round; else the output in one before. */
            print(2, full, printed);
            CHECK_EQUAL(call_step(&call, DEADLINE_NEVER, NULL), CALL_OUTPUT);
            CHECK_EQUAL(call.output_size, printed);
        }
        print(2, full, printed);
        print(3, full, printed);
        say(0, &header, sizeof(header));
        say(0, "hello", 5);
        for (int stream = 0; stream < 2; stream++) {
            CHECK_EQUAL(call_step(&call, DEADLINE_NEVER, NULL), CALL_OUTPUT);
            CHECK_EQUAL(call.stream, stream);
            CHECK_EQUAL(call.output_size, printed);
        }
        CHECK_EQUAL(call_step(&call, DEADLINE_NEVER, NULL), CALL_ANSWERED);
        finish();
    }
}

/* What is printed before the answer is read counts as its own; what a thread
 * prints for ever does not. */
static void
output_after_the_answer_is_no_part_of_it(void)
{
    static char full[CALL_OUTPUT_SIZE];
    begin();
    read_request();
    struct frame_header header = header_of(0);
    print(2, "before", 6);
    say(0, &header, sizeof(header));
    CHECK_EQUAL(call_step(&call, DEADLINE_NEVER, NULL), CALL_OUTPUT);
    CHECK_EQUAL(call.output_size, 6);
    print(2, full, sizeof(full));
    CHECK_EQUAL(call_step(&call, DEADLINE_NEVER, NULL), CALL_ANSWERED);
    finish();
}

/* A guest may hold a reading end too, and take away what was counted. */
static void
output_that_is_gone_is_not_waited_for(void)
{
    char got[8], name[64];
    begin();
    read_request();
    struct frame_header header = header_of(0);
    print(2, "abcdef", 6);
    say(0, &header, sizeof(header));
    call.output = got;
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", far_ends[2]);
    int reader = open(name, O_RDONLY);
    call.counted = true;
    call.to_read[0] = 6;
    CHECK_EQUAL(read(reader, got, sizeof(got)), 6);
    CHECK_EQUAL(call_step(&call, DEADLINE_NEVER, NULL), CALL_ANSWERED);
    (void)close(reader);
    call.output = output;
    finish();
}

static void
output_without_end_is_no_way_past_the_deadline(void)
{
    static const char full[CALL_OUTPUT_SIZE];
    begin();
    read_request();
    deadline_ns deadline = deadline_after_ms(50);
    int event, rounds = 0;
    do {
        print(2, full, sizeof(full));
        event = call_step(&call, deadline, NULL);
        rounds++;
    } while (event == CALL_OUTPUT);
    CHECK_EQUAL(event, CALL_TIMEOUT);
    CHECK(rounds > 1);
    finish();
}

/* When a call is given up, all that is there is had, and no end waited for. */
static void
the_rest_of_output(void)
{
    begin();
    read_request();
    print(2, "out", 3);
    print(3, "error", 5);
    CHECK_EQUAL(call_step_rest(&call), CALL_OUTPUT);
    CHECK_EQUAL(call.stream, 0);
    CHECK_EQUAL(call_step_rest(&call), CALL_OUTPUT);
    CHECK_EQUAL(call.stream, 1);
    CHECK_EQUAL(call.output_size, 5);
    CHECK_EQUAL(call_step_rest(&call), 0);
    finish();
    CHECK_EQUAL(call_step_rest(&call), 0);
}

TEST_MAIN(TEST(an_answer_of_a_lost_sandbox), TEST(output_of_both_streams),
          TEST(an_answer_waits_for_nothing),
          TEST(output_after_the_answer_is_no_part_of_it),
          TEST(output_that_is_gone_is_not_waited_for),
          TEST(output_without_end_is_no_way_past_the_deadline),
          TEST(the_rest_of_output))
