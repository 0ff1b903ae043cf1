/* extension/caller/call.c and call_receive.c against a scripted peer: whatever
 * a worker answers, a call ends in one known way, and never later than its
 * deadline. */
#include "call_peer.h"

#include <errno.h>

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
    static const uint32_t kinds[] = {FRAME_VALUE, FRAME_NOTED};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (int more = 0; more <= 1; more++) {
            begin();
            read_request();
            struct frame_header header = header_of(MAX_ANSWER + (size_t)more);
            header.kind = kinds[i];
            char body[MAX_ANSWER + 1] = {0};
            say(0, &header, sizeof(header));
            say(0, body, header.size);
            CHECK_EQUAL(step(SOON_MS), more ? CALL_PROTOCOL : CALL_ANSWERED);
            finish();
        }
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

static void
the_request_arrives_whole(void)
{
    const size_t size = 1 << 20;
    char *large = malloc(size), *got = malloc(size + 100);
    size_t have = 0;

    begin();
    memset(large, 'r', size);
    call_set_request(&call, large, size, -1, NULL);
    while (have < sizeof(struct frame_request) + size) {
        CHECK_EQUAL(step(1), CALL_TIMEOUT);
        ssize_t more =
            recv(far_ends[0], got + have, size + 100 - have, MSG_DONTWAIT);
        if (more <= 0) {
            break;
        }
        have += (size_t)more;
    }
    struct frame_request begin;
    memcpy(&begin, got, sizeof(begin));
    CHECK_EQUAL(have, sizeof(begin) + size);
    CHECK_EQUAL(begin.header.size, size);
    CHECK_EQUAL(begin.header.limit, MAX_ANSWER);
    CHECK_EQUAL(begin.has_limits, 0);
    CHECK_EQUAL(begin.has_input, 0);
    CHECK_EQUAL(memcmp(got + sizeof(begin), large, size), 0);
    free(large);
    free(got);
    finish();
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

TEST_MAIN(TEST(a_whole_answer), TEST(an_answer_byte_by_byte),
          TEST(the_longest_and_one_more), TEST(what_is_told),
          TEST(bad_headers), TEST(an_answer_cut_short),
          TEST(a_guest_that_tells_of_walls), TEST(the_request_arrives_whole),
          TEST(descriptors_sent_along_are_dropped), TEST(any_order_of_things))
