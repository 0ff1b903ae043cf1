/* extension/caller/call.c against a scripted peer: how a call without an
 * answer ends, and whether its request may have run. */
#include "call_peer.h"

#include <errno.h>

static void
an_end_without_an_answer(void)
{
    begin();
    read_request();
    close_far(0);
    CHECK_EQUAL(step(5), CALL_TIMEOUT);
    report(9);
    CHECK_EQUAL(step(SOON_MS), CALL_ENDED);
    CHECK_EQUAL(call.report.status, 9);
    CHECK_EQUAL(call_step_end(&call, deadline_after_ms(0), NULL), CALL_ENDED);
    finish();
}

static void
a_zygote_that_is_gone(void)
{
    begin();
    read_request();
    close_far(1);
    CHECK_EQUAL(step(SOON_MS), CALL_LOST);
    CHECK_EQUAL(call_step_end(&call, deadline_after_ms(0), NULL), CALL_LOST);
    finish();
    begin();
    read_request();
    struct frame_report foreign = {.magic = FRAME_MAGIC, .id = ~call.id};
    say(1, &foreign, sizeof(foreign));
    CHECK_EQUAL(step(SOON_MS), CALL_LOST);
    finish();
}

/* Whoever ended without having read all of the request has run nothing. */
static void
a_request_that_nobody_reads(void)
{
    for (int how = 0; how < 4; how++) {
        begin();
        if (how == 0) {
            close_far(0);
        }
        if (how == 1) {
            (void)shutdown(far_ends[0], SHUT_RD);
        }
        call_set_request(&call, request, sizeof(request), -1, NULL);
        CHECK_EQUAL(call_send(&call), 0);
        close_far(0);
        if (how == 3) {
            close_far(1);
        }
        else {
            report(9);
        }
        CHECK_EQUAL(step(SOON_MS), CALL_UNREAD);
        CHECK_EQUAL(call.reported, how != 3);
        finish();
    }
}

/* Nobody is to send it again, then. */
static void
a_request_that_was_taken_back(void)
{
    begin();
    call_set_request(&call, request, sizeof(request), -1, NULL);
    CHECK_EQUAL(call_send(&call), 0);
    call_kill(&call);
    close_far(0);
    report(9);
    CHECK_EQUAL(step(SOON_MS), CALL_ENDED);
    finish();
}

/* What it told before is told all the same: a wall that could not be raised.
 */
static void
a_wall_that_could_not_be_raised(void)
{
    for (int order = 0; order < 4; order++) {
        begin();
        struct boxed_status status = {BOXED_STATUS_MAGIC, 3, 28, 0};
        if (order % 2 == 0) {
            say(1, &status, sizeof(status));
            close_far(0);
        }
        call_set_request(&call, request, sizeof(request), -1, NULL);
        CHECK_EQUAL(call_send(&call), 0);
        if (order % 2 != 0) {
            say(1, &status, sizeof(status));
            close_far(0);
        }
        if (order < 2) {
            report(0);
        }
        close_far(1);
        CHECK_EQUAL(step(SOON_MS), CALL_SETUP);
        CHECK_EQUAL(call.setup.error, 28);
        finish();
    }
}

/* It asks for a store and leaves it unread, so that the kernel resets the
 * caller's socket as if the request had been. */
static void
a_store_that_nobody_reads(void)
{
    for (int how = 0; how < 3; how++) {
        char given[sizeof(struct frame_header)];
        begin();
        read_request();
        struct frame_header header = header_of(0);
        header.kind = FRAME_WANT;
        header.limit = 100;
        say(0, &header, sizeof(header));
        CHECK_EQUAL(step(1), CALL_TIMEOUT);
        if (how == 1) {
            /* The control: one that is read resets nothing. */
            CHECK_EQUAL(recv(far_ends[0], given, sizeof(given), 0),
                        sizeof(given));
        }
        if (how == 2) {
            (void)shutdown(far_ends[0], SHUT_RD);
        }
        close_far(0);
        report(0);
        CHECK_EQUAL(step(SOON_MS), CALL_ENDED);
        finish();
    }
}

/* Nor does a word of its own make it so, whatever it left unread. */
static void
a_worker_that_was_heard(void)
{
    begin();
    struct frame_header header = header_of(0);
    call_set_request(&call, request, sizeof(request), -1, NULL);
    CHECK_EQUAL(call_send(&call), 0);
    say(0, &header, 1);
    close_far(0);
    report(0);
    CHECK_EQUAL(step(SOON_MS), CALL_PROTOCOL);
    CHECK(call.unread);
    finish();
}

/* From the process that waits outside a call's namespace. */
static void
time_that_was_charged(void)
{
    begin();
    read_request();
    struct frame_charged charged = {.magic = FRAME_MAGIC, .us = 5000};
    say(1, &charged, sizeof(charged));
    report(24);
    CHECK_EQUAL(step(SOON_MS), CALL_ENDED);
    CHECK_EQUAL(call.charged_us, 5000);
    finish();
}

/* The control of both: nothing that is written after the request was read
 * makes it look unread. */
static void
a_request_that_was_read(void)
{
    for (int how = 0; how < 3; how++) {
        begin();
        read_request();
        (void)shutdown(far_ends[0], how);
        close_far(0);
        report(0);
        CHECK_EQUAL(step(SOON_MS), CALL_ENDED);
        finish();
    }
}

/* In a forked copy of the caller: its worker is another's. */
static void
a_call_that_is_forgotten(void)
{
    char byte;
    begin();
    int copy = dup(call.report_socket);
    call_forget(&call);
    CHECK_EQUAL(recv(far_ends[1], &byte, 1, MSG_DONTWAIT), -1);
    CHECK_EQUAL(errno, EAGAIN);
    (void)close(copy);
    CHECK_EQUAL(recv(far_ends[1], &byte, 1, MSG_DONTWAIT), 0);
    finish();
    begin();
    copy = dup(call.report_socket);
    call_close(&call);
    CHECK_EQUAL(recv(far_ends[1], &byte, 1, MSG_DONTWAIT), 0);
    (void)close(copy);
    finish();
}

static void
no_zygote_to_call(void)
{
    int pair[2];
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    (void)close(pair[1]);
    int before = count_descriptors();
    CHECK_EQUAL(call_prepare(&call), 0);
    CHECK_EQUAL(call_announce(&call, pair[0], false), -EPIPE);
    call_close(&call);
    CHECK_EQUAL(count_descriptors(), before);
    (void)close(pair[0]);
}

TEST_MAIN(TEST(an_end_without_an_answer), TEST(a_zygote_that_is_gone),
          TEST(a_request_that_nobody_reads),
          TEST(a_request_that_was_taken_back),
          TEST(a_wall_that_could_not_be_raised),
          TEST(a_store_that_nobody_reads), TEST(a_worker_that_was_heard),
          TEST(time_that_was_charged), TEST(a_request_that_was_read),
          TEST(a_call_that_is_forgotten), TEST(no_zygote_to_call))
