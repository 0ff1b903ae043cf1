/* extension/wire/frame.c: whole frames or an error, and never a signal. */
#include "extension/wire/frame.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "test.h"

static int near_end, far_end;

static void
make_pair(void)
{
    int pair[2];
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    near_end = pair[0];
    far_end = pair[1];
}

static void
close_pair(void)
{
    (void)close(near_end);
    (void)close(far_end);
}

static void
one_message(void)
{
    struct frame_header sent = {FRAME_MAGIC, FRAME_VALUE, 7, 5, 0}, got;
    char body[5];

    make_pair();
    CHECK_EQUAL(frame_write(near_end, &sent, "hello"), 0);
    CHECK_EQUAL(frame_read_all(far_end, &got, sizeof(got)), 0);
    CHECK_EQUAL(frame_read_all(far_end, body, sizeof(body)), 0);
    CHECK_EQUAL(memcmp(&got, &sent, sizeof(got)), 0);
    CHECK_EQUAL(memcmp(body, "hello", 5), 0);
    close_pair();
}

static void
no_body(void)
{
    struct frame_header sent = {FRAME_MAGIC, FRAME_VALUE, 7, 0, 0}, got;

    make_pair();
    CHECK_EQUAL(frame_write(near_end, &sent, NULL), 0);
    CHECK_EQUAL(frame_read_all(far_end, &got, sizeof(got)), 0);
    CHECK_EQUAL(frame_read_all(far_end, NULL, 0), 0);
    close_pair();
}

/* Much more than a socket holds, to a reader that takes it bit by bit. */
static void
larger_than_the_socket(void)
{
    const size_t size = 3 << 20;
    struct frame_header sent = {FRAME_MAGIC, FRAME_VALUE, 7, size, 0};
    unsigned char *body = malloc(size);

    make_pair();
    for (size_t i = 0; i < size; i++) {
        body[i] = (unsigned char)(i * 31);
    }
    pid_t reader = fork();
    if (reader == 0) {
        struct frame_header got;
        unsigned char piece[4096];
        size_t wrong = frame_read_all(far_end, &got, sizeof(got)) != 0;
        for (size_t at = 0; at < size; at += sizeof(piece)) {
            wrong += frame_read_all(far_end, piece, sizeof(piece)) != 0;
            wrong += memcmp(piece, body + at, sizeof(piece)) != 0;
        }
        _exit(wrong != 0 || got.size != size);
    }
    int status = -1;
    CHECK_EQUAL(frame_write(near_end, &sent, body), 0);
    CHECK_EQUAL(waitpid(reader, &status, 0), reader);
    CHECK_EQUAL(status, 0);
    free(body);
    close_pair();
}

static void
the_other_end_is_gone(void)
{
    struct frame_header sent = {FRAME_MAGIC, FRAME_VALUE, 7, 5, 0}, got;

    make_pair();
    CHECK_EQUAL(send(far_end, "half", 4, 0), 4);
    (void)close(far_end);
    CHECK_EQUAL(frame_write(near_end, &sent, "hello"), -EPIPE);
    CHECK_EQUAL(frame_read_all(near_end, &got, sizeof(got)), -ECONNRESET);
    (void)close(near_end);
    CHECK_EQUAL(frame_write(near_end, &sent, "hello"), -EBADF);
    CHECK_EQUAL(frame_read_all(near_end, &got, sizeof(got)), -EBADF);
}

TEST_MAIN(TEST(one_message), TEST(no_body), TEST(larger_than_the_socket),
          TEST(the_other_end_is_gone))
