/* shared/rights.c: as many descriptors as there is room for, and no more. */
#include "shared/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "test.h"

static int pair[2];

static void
send_copies(size_t count)
{
    int fds[RIGHTS_MAX];
    const struct rights message = {"x", 1, fds, count};

    for (size_t i = 0; i < count; i++) {
        fds[i] = 0;
    }
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    CHECK_EQUAL(rights_send(pair[0], &message, 0), 1);
}

/* Receives with room for some, of which so many must come; then the end. */
static void
receive(size_t room, size_t wanted)
{
    int fds[RIGHTS_MAX];
    char byte;
    struct rights message = {&byte, 1, fds, room};

    CHECK_EQUAL(rights_receive(pair[1], &message, 0), 1);
    CHECK_EQUAL(message.count, wanted);
    for (size_t i = 0; i < message.count; i++) {
        CHECK_EQUAL(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
        (void)close(fds[i]);
    }
    (void)close(pair[0]);
    CHECK_EQUAL(rights_receive(pair[1], &message, 0), 0);
    CHECK_EQUAL(message.count, 0);
    (void)close(pair[1]);
}

static void
all_of_them(void)
{
    for (size_t count = 0; count <= RIGHTS_MAX; count += 11) {
        send_copies(count);
        receive(count, count);
    }
}

static void
no_more_than_there_is_room_for(void)
{
    int lowest = dup(0);

    (void)close(lowest);
    for (size_t room = 0; room < 4; room++) {
        send_copies(4);
        receive(room, room);
        CHECK_EQUAL(dup(0), lowest);
        (void)close(lowest);
    }
}

static void
impossible_numbers(void)
{
    int fds[RIGHTS_MAX + 1] = {0};
    struct rights many = {"x", 1, fds, RIGHTS_MAX + 1};

    CHECK_EQUAL(rights_send(0, &many, 0), -EINVAL);
    CHECK_EQUAL(rights_receive(0, &many, 0), -EINVAL);
}

TEST_MAIN(TEST(all_of_them), TEST(no_more_than_there_is_room_for),
          TEST(impossible_numbers))
