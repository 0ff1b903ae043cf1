/* extension/call.c against a scripted peer: whatever a worker and its zygote
 * do, a call ends in one known way, and never later than its deadline.
 *
 * The peer is this program itself: it holds the far ends, writes its part,
 * and then lets the call run until something happened. */
#include "extension/call.h"
#include "extension/sending.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "test.h"

#define MAX_ANSWER 1000
#define SOON_MS    2000

static const char request[] = "request";

static struct call call;
static char output[CALL_OUTPUT_SIZE];
static int zygote, server;
static int far_ends[FRAME_CALL_FDS]; /* call, report, stdout, stderr */

static void
begin(void)
{
    int pair[2];
    struct frame_call announced;
    char control[CMSG_SPACE(sizeof(far_ends))];
    struct iovec body = {&announced, sizeof(announced)};
    struct msghdr got = {.msg_iov = &body,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof(control)};

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    server = pair[0];
    zygote = pair[1];
    memset(&call, 0, sizeof(call));
    call.max_answer = MAX_ANSWER;
    call.output = output;
    CHECK_EQUAL(call_prepare(&call), 0);
    CHECK_EQUAL(call_announce(&call, server, false), 0);
    CHECK_EQUAL(recvmsg(zygote, &got, 0), sizeof(announced));
    CHECK_EQUAL(announced.id, call.id);
    memcpy(far_ends, CMSG_DATA(CMSG_FIRSTHDR(&got)), sizeof(far_ends));
}

/* As a worker does it that lives to run something. */
static void
read_request(void)
{
    char got[sizeof(struct frame_header) + sizeof(request)];
    call_request(&call, request, sizeof(request), -1);
    CHECK_EQUAL(sending_step(&call), 0);
    CHECK_EQUAL(recv(far_ends[0], got, sizeof(got), 0), sizeof(got));
    CHECK_EQUAL(
        memcmp(got + sizeof(struct frame_header), request, sizeof(request)),
        0);
}

static void
close_far(int which)
{
    if (far_ends[which] >= 0) {
        (void)close(far_ends[which]);
    }
    far_ends[which] = -1;
}

static void
finish(void)
{
    for (int i = 0; i < FRAME_CALL_FDS; i++) {
        close_far(i);
    }
    (void)close(zygote);
    (void)close(server);
    call_close(&call);
    free(call.body);
    call.body = NULL;
}

static void
say(int which, const void *data, size_t size)
{
    CHECK_EQUAL(send(far_ends[which], data, size, MSG_NOSIGNAL), size);
}

static void
print(int which, const void *data, size_t size)
{
    CHECK_EQUAL(write(far_ends[which], data, size), size);
}

static struct frame_header
header_of(size_t size)
{
    return (struct frame_header){FRAME_MAGIC, FRAME_VALUE, call.id, size, 0};
}

static void
report(int status)
{
    struct frame_report one = {
        .magic = FRAME_MAGIC, .status = status, .id = call.id};
    say(1, &one, sizeof(one));
}

/* As the extension does it: memory for the body as soon as it is known. */
static int
step(int64_t ms)
{
    deadline_ns deadline = deadline_after_ms(ms);
    for (;;) {
        int event = call_step(&call, deadline);
        if (event != CALL_BODY) {
            return event;
        }
        CHECK(call.header.size <=
              (call.header.kind == FRAME_VALUE ? MAX_ANSWER : FRAME_MAX_TOLD));
        call_set_body(&call, malloc(call.header.size));
    }
}

static void
a_whole_answer(void)
{
    begin();
    read_request();
    struct frame_header header = header_of(5);
    say(0, &header, sizeof(header));
    say(0, "hello", 5);
    CHECK_EQUAL(step(SOON_MS), CALL_ANSWERED);
    CHECK_EQUAL(memcmp(call.first, "hello", 5), 0);
    finish();
}

static void
an_answer_byte_by_byte(void)
{
    begin();
    read_request();
    char whole[sizeof(struct frame_header) + 5];
    struct frame_header header = header_of(5);
    memcpy(whole, &header, sizeof(header));
    memcpy(whole + sizeof(header), "hello", 5);
    for (size_t i = 0; i < sizeof(whole); i++) {
        CHECK_EQUAL(step(0), CALL_TIMEOUT);
        say(0, whole + i, 1);
        bool is_last = i + 1 == sizeof(whole);
        CHECK_EQUAL(step(1), is_last ? CALL_ANSWERED : CALL_TIMEOUT);
    }
    CHECK_EQUAL(memcmp(call.body, "hello", 5), 0);
    finish();
}

static void
the_longest_and_one_more(void)
{
    for (int more = 0; more <= 1; more++) {
        begin();
        read_request();
        struct frame_header header = header_of(MAX_ANSWER + (size_t)more);
        char body[MAX_ANSWER + 1] = {0};
        say(0, &header, sizeof(header));
        say(0, body, header.size);
        CHECK_EQUAL(step(SOON_MS), more ? CALL_PROTOCOL : CALL_ANSWERED);
        finish();
    }
}

/* What tells of an error has a bound of its own. */
static void
what_is_told(void)
{
    static const uint32_t kinds[] = {FRAME_ERROR, FRAME_REFUSED,
                                     FRAME_TOO_LONG};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (unsigned more = 0; more <= 1; more++) {
            begin();
            read_request();
            struct frame_header header = header_of(FRAME_MAX_TOLD + more);
            header.kind = kinds[i];
            say(0, &header, sizeof(header));
            CHECK_EQUAL(step(1), more ? CALL_PROTOCOL : CALL_TIMEOUT);
            finish();

            begin();
            read_request();
            char body[MAX_ANSWER + 1] = {0};
            header = header_of(sizeof(body));
            header.kind = kinds[i];
            say(0, &header, sizeof(header));
            say(0, body, sizeof(body));
            CHECK_EQUAL(step(SOON_MS), CALL_ANSWERED);
            finish();
        }
    }
}

static void
bad_headers(void)
{
    for (int which = 0; which < 7; which++) {
        begin();
        read_request();
        struct frame_header header = header_of(5);
        header.magic ^= which == 0;
        header.kind = which == 1 ? 0 : header.kind;
        header.kind = which == 2 ? FRAME_REQUEST : header.kind;
        header.kind = which == 3 ? FRAME_TOO_LONG + 1 : header.kind;
        header.id ^= which == 4;
        header.size = which == 5 ? UINT64_MAX : header.size;
        header.size = which == 6 ? 1ULL << 63 : header.size;
        say(0, &header, sizeof(header));
        CHECK_EQUAL(step(SOON_MS), CALL_PROTOCOL);
        CHECK(call.protocol_error != NULL && call.body == NULL);
        finish();
    }
}

static void
an_answer_cut_short(void)
{
    struct frame_header header;
    for (size_t size = 1; size < sizeof(header) + 5; size++) {
        begin();
        read_request();
        char whole[sizeof(header) + 5] = {0};
        header = header_of(5);
        memcpy(whole, &header, sizeof(header));
        say(0, whole, size);
        close_far(0);
        report(0);
        CHECK_EQUAL(step(SOON_MS), CALL_PROTOCOL);
        finish();
    }
}

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
    CHECK_EQUAL(call_wait_end(&call, deadline_after_ms(0)), CALL_ENDED);
    finish();
}

static void
a_zygote_that_is_gone(void)
{
    begin();
    read_request();
    close_far(1);
    CHECK_EQUAL(step(SOON_MS), CALL_LOST);
    CHECK_EQUAL(call_wait_end(&call, deadline_after_ms(0)), CALL_LOST);
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
        call_request(&call, request, sizeof(request), -1);
        CHECK_EQUAL(sending_step(&call), 0);
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
    call_request(&call, request, sizeof(request), -1);
    CHECK_EQUAL(sending_step(&call), 0);
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
        call_request(&call, request, sizeof(request), -1);
        CHECK_EQUAL(sending_step(&call), 0);
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

/* On the socket that a guest holds, the same means nothing. */
static void
a_guest_that_tells_of_walls(void)
{
    const uint32_t none = 5; /* a number that is no kind of frame */
    const struct boxed_status status = {BOXED_STATUS_MAGIC, 3, 28, 0};

    begin();
    read_request();
    struct frame_header header = header_of(sizeof(status));
    header.kind = none;
    say(0, &header, sizeof(header));
    say(0, &status, sizeof(status));
    CHECK_EQUAL(step(SOON_MS), CALL_PROTOCOL);
    finish();
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
    call_request(&call, request, sizeof(request), -1);
    CHECK_EQUAL(sending_step(&call), 0);
    say(0, &header, 1);
    close_far(0);
    report(0);
    CHECK_EQUAL(step(SOON_MS), CALL_PROTOCOL);
    CHECK(call.unread);
    finish();
}

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
            CHECK_EQUAL(call_step(&call, DEADLINE_NEVER), CALL_OUTPUT);
            CHECK_EQUAL(call.output_size, printed);
        }
        print(2, full, printed);
        print(3, full, printed);
        say(0, &header, sizeof(header));
        say(0, "hello", 5);
        for (int stream = 0; stream < 2; stream++) {
            CHECK_EQUAL(call_step(&call, DEADLINE_NEVER), CALL_OUTPUT);
            CHECK_EQUAL(call.stream, stream);
            CHECK_EQUAL(call.output_size, printed);
        }
        CHECK_EQUAL(call_step(&call, DEADLINE_NEVER), CALL_ANSWERED);
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
    CHECK_EQUAL(call_step(&call, DEADLINE_NEVER), CALL_OUTPUT);
    CHECK_EQUAL(call.output_size, 6);
    print(2, full, sizeof(full));
    CHECK_EQUAL(call_step(&call, DEADLINE_NEVER), CALL_ANSWERED);
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
    CHECK_EQUAL(call_step(&call, DEADLINE_NEVER), CALL_ANSWERED);
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
        event = call_step(&call, deadline);
        rounds++;
    } while (event == CALL_OUTPUT);
    CHECK_EQUAL(event, CALL_TIMEOUT);
    CHECK(rounds > 1);
    finish();
}

static void
the_request_arrives_whole(void)
{
    const size_t size = 1 << 20;
    char *large = malloc(size), *got = malloc(size + 100);
    size_t have = 0;

    begin();
    memset(large, 'r', size);
    call_request(&call, large, size, -1);
    while (have < sizeof(struct frame_header) + size) {
        CHECK_EQUAL(step(1), CALL_TIMEOUT);
        ssize_t more =
            recv(far_ends[0], got + have, size + 100 - have, MSG_DONTWAIT);
        if (more <= 0) {
            break;
        }
        have += (size_t)more;
    }
    struct frame_header header;
    memcpy(&header, got, sizeof(header));
    CHECK_EQUAL(have, sizeof(header) + size);
    CHECK_EQUAL(header.size, size);
    CHECK_EQUAL(header.limit, MAX_ANSWER);
    CHECK_EQUAL(memcmp(got + sizeof(header), large, size), 0);
    free(large);
    free(got);
    finish();
}

static int
count_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

static void
descriptors_sent_along_are_dropped(void)
{
    begin();
    read_request();
    int before = count_descriptors();
    struct frame_header header = header_of(0);
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec body = {&header, sizeof(header)};
    struct msghdr message = {.msg_iov = &body,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(part), &server, sizeof(int));
    CHECK_EQUAL(sendmsg(far_ends[0], &message, 0), sizeof(header));
    CHECK_EQUAL(step(SOON_MS), CALL_ANSWERED);
    CHECK_EQUAL(count_descriptors(), before);
    finish();
    CHECK_EQUAL(count_descriptors(), before - 10);
}

static uint32_t
chance(void)
{
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* Into a pipe or socket that may be full, or closed at its other end. */
static void
try_write(int fd, const void *data, size_t size)
{
    ssize_t put = write(fd, data, size);
    (void)put;
}

/* Bytes, frames and closed ends in any order. */
static void
any_order_of_things(void)
{
    for (int round = 0; round < 2000; round++) {
        begin();
        read_request();
        int event = 0;
        for (int moves = 0; moves < 12 && event != CALL_LOST; moves++) {
            uint32_t junk[8] = {chance(), chance(), chance(), chance()};
            struct frame_header header = header_of(chance() % 1100);
            header.kind = chance() % 4 != 0 ? header.kind : chance() % 12;
            header.limit = chance() % 1100;
            uint32_t move = chance() % 8;
            if (move < 4 && far_ends[move] >= 0) {
                try_write(far_ends[move], junk, chance() % sizeof(junk));
            }
            else if (move == 4 && far_ends[0] >= 0) {
                try_write(far_ends[0], &header, sizeof(header));
            }
            else if (move == 5 && far_ends[1] >= 0) {
                report((int)chance());
            }
            else if (move == 6) {
                close_far((int)(chance() % FRAME_CALL_FDS));
            }
            event = step(0);
            CHECK(event >= CALL_ANSWERED && event <= CALL_PROTOCOL);
            if (event == CALL_PROTOCOL || event == CALL_ANSWERED) {
                break;
            }
        }
        finish();
    }
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

TEST_MAIN(TEST(a_whole_answer), TEST(an_answer_byte_by_byte),
          TEST(the_longest_and_one_more), TEST(what_is_told),
          TEST(bad_headers), TEST(an_answer_cut_short),
          TEST(an_end_without_an_answer), TEST(a_zygote_that_is_gone),
          TEST(a_request_that_nobody_reads),
          TEST(a_wall_that_could_not_be_raised),
          TEST(a_guest_that_tells_of_walls), TEST(a_store_that_nobody_reads),
          TEST(a_worker_that_was_heard), TEST(an_answer_of_a_lost_sandbox),
          TEST(time_that_was_charged), TEST(a_request_that_was_taken_back),
          TEST(a_request_that_was_read), TEST(a_call_that_is_forgotten),
          TEST(output_of_both_streams), TEST(an_answer_waits_for_nothing),
          TEST(output_after_the_answer_is_no_part_of_it),
          TEST(output_that_is_gone_is_not_waited_for),
          TEST(output_without_end_is_no_way_past_the_deadline),
          TEST(the_request_arrives_whole),
          TEST(descriptors_sent_along_are_dropped), TEST(any_order_of_things),
          TEST(no_zygote_to_call))
