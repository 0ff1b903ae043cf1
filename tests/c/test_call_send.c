/* extension/caller/call_send.c against a scripted worker: a store goes out
 * with its request, and in answer to one well-made wish. */
#include "extension/caller/call_send.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include "extension/wire/store.h"
#include "shared/rights.h"
#include "test.h"

#define MAX_ANSWER 100000

static struct call call;
static int worker;

/* A call whose request, by then, was taken by the socket. */
static void
begin(void)
{
    int pair[2];

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    call = (struct call){.socket = pair[0],
                         .store = -1,
                         .input = -1,
                         .id = 7,
                         .max_answer = MAX_ANSWER};
    worker = pair[1];
    call_set_request(&call, "hello", 5, -1, NULL);
    CHECK_EQUAL(call_send(&call), 0);
    CHECK(!call_has_to_send(&call));
}

static void
finish(void)
{
    (void)close(worker);
    (void)close(call.socket);
    if (call.store >= 0) {
        (void)close(call.store);
    }
}

/* What call.c does with the header of a wish. */
static int
wish(uint64_t size, uint64_t body)
{
    call.header_have = sizeof(call.header);
    call.header =
        (struct frame_header){FRAME_MAGIC, FRAME_WANT, call.id, body, size};
    return call_send_store(&call);
}

/* Size of the file that came along with a header of this kind; -1: none. */
static long long
receive(uint32_t kind)
{
    struct frame_request got;
    bool begins = kind == FRAME_REQUEST || kind == FRAME_REQUEST_STORED;
    size_t size = begins ? sizeof(got) : sizeof(got.header);
    struct stat state = {.st_size = -1};
    int store = -1;
    struct rights message = {&got, size, &store, 1};

    CHECK_EQUAL(rights_receive(worker, &message, MSG_DONTWAIT), size);
    CHECK_EQUAL(got.header.kind, kind);
    CHECK_EQUAL(got.header.id, call.id);
    if (message.count == 1) {
        CHECK_EQUAL(fstat(store, &state), 0);
        (void)close(store);
    }
    return state.st_size;
}

static void
skip_request(void)
{
    char body[5];

    CHECK_EQUAL(receive(FRAME_REQUEST), -1);
    CHECK_EQUAL(recv(worker, body, 5, MSG_DONTWAIT), 5);
}

static void
a_request_with_a_store(void)
{
    char table[8] = "table";

    begin();
    skip_request();
    int file = fileno(stdin);
    call_set_request(&call, table, sizeof(table), file, NULL);
    while (call_has_to_send(&call)) {
        CHECK_EQUAL(call_send(&call), 0);
    }
    struct stat state;
    CHECK_EQUAL(fstat(file, &state), 0);
    CHECK_EQUAL(receive(FRAME_REQUEST_STORED), state.st_size);
    CHECK_EQUAL(recv(worker, table, sizeof(table), MSG_DONTWAIT), 8);
    finish();
}

/* Limits, a store and an input in one message; the input is not kept. */
static void
a_request_with_all_there_is(void)
{
    const struct frame_request limits = {.memory = 5, .file_size = 6};
    struct frame_request got;
    struct stat sent[2], came[2];
    int fds[3];
    struct rights message = {&got, sizeof(got), fds, 3};

    begin();
    skip_request();
    CHECK_EQUAL(store_new_input("input", 5, &call.input), 0);
    CHECK_EQUAL(fstat(fileno(stdin), &sent[0]), 0);
    CHECK_EQUAL(fstat(call.input, &sent[1]), 0);
    call_set_request(&call, "table", 5, fileno(stdin), &limits);
    CHECK_EQUAL(call_send(&call), 0);
    CHECK_EQUAL(call.input, -1);
    CHECK_EQUAL(rights_receive(worker, &message, MSG_DONTWAIT), sizeof(got));
    CHECK_EQUAL(message.count, 2);
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(fstat(fds[i], &came[i]), 0);
        CHECK_EQUAL(came[i].st_ino, sent[i].st_ino);
        (void)close(fds[i]);
    }
    CHECK_EQUAL(got.header.kind, FRAME_REQUEST_STORED);
    CHECK(got.has_limits && got.has_input);
    CHECK_EQUAL(got.memory, 5);
    CHECK_EQUAL(got.file_size, 6);
    finish();
}

static void
a_wish_is_granted_once(void)
{
    begin();
    skip_request();
    CHECK_EQUAL(wish(MAX_ANSWER, 0), 0);
    CHECK_EQUAL(call.header_have, 0);
    CHECK_EQUAL(receive(FRAME_GIVEN), MAX_ANSWER);
    CHECK_EQUAL(wish(MAX_ANSWER, 0), CALL_PROTOCOL);
    finish();
}

static void
wishes_that_are_refused(void)
{
    static const uint64_t sizes[] = {0, MAX_ANSWER + 1, 1ull << 63,
                                     UINT64_MAX};
    begin();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK_EQUAL(wish(sizes[i], 0), CALL_PROTOCOL);
    }
    CHECK_EQUAL(wish(5, 5), CALL_PROTOCOL);
    CHECK_EQUAL(call.store, -1);
    finish();
}

static void
a_wish_before_the_request_was_read(void)
{
    static char body[4 << 20];

    begin();
    call_set_request(&call, body, sizeof(body), -1, NULL);
    CHECK_EQUAL(call_send(&call), 0);
    CHECK(call_has_to_send(&call));
    CHECK_EQUAL(wish(5, 0), CALL_PROTOCOL);
    CHECK_EQUAL(call.store, -1);
    finish();
}

/* Its socket is full; and it is gone. */
static void
a_worker_that_does_not_take_it(void)
{
    char byte = 0;

    begin();
    while (send(call.socket, &byte, 1, MSG_DONTWAIT) == 1) {
    }
    CHECK_EQUAL(wish(5, 0), CALL_PROTOCOL);
    finish();
    begin();
    (void)close(worker);
    CHECK_EQUAL(wish(5, 0), 0);
    CHECK(!call_has_to_send(&call));
    finish();
}

/* Without a store: over the socket, then. */
static void
a_size_that_cannot_be(void)
{
    begin();
    skip_request();
    call.max_answer = UINT64_MAX;
    CHECK_EQUAL(wish(UINT64_MAX, 0), 0);
    CHECK_EQUAL(receive(FRAME_GIVEN), -1);
    CHECK_EQUAL(call.store, -1);
    finish();
}

TEST_MAIN(TEST(a_request_with_a_store), TEST(a_request_with_all_there_is),
          TEST(a_wish_is_granted_once), TEST(wishes_that_are_refused),
          TEST(a_wish_before_the_request_was_read),
          TEST(a_worker_that_does_not_take_it), TEST(a_size_that_cannot_be))
