/* Step 3: receives one order from the inherited socket, and from nowhere else.
 *
 * Privileged: system calls and the pure parser only.  The socket must have
 * been made by the user who runs this program: else a confused program of
 * another user could be made to pass somebody's order on. */
#include "launcher/launcher.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/deadline.h"

/* An order is written right after the spawn; a silent peer is no caller. */
#define ORDER_WAIT_MS 3000

static int
socket_option(int option)
{
    int value = -1;
    socklen_t size = sizeof(value);
    if (getsockopt(ORDER_FD, SOL_SOCKET, option, &value, &size) != 0) {
        die_explaining();
    }
    return value;
}

static void
check_socket(void)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (socket_option(SO_DOMAIN) != AF_UNIX ||
        socket_option(SO_TYPE) != SOCK_SEQPACKET) {
        die_explaining();
    }
    if (getsockopt(ORDER_FD, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        die(STAGE_ORDER);
    }
    if (peer.uid != getuid()) {
        die_with(STAGE_ORDER, EACCES, 0);
    }
}

static void
wait_for_order(void)
{
    deadline_ns deadline = deadline_after_ms(ORDER_WAIT_MS);
    struct pollfd order = {.fd = ORDER_FD, .events = POLLIN};
    int ready;

    do {
        ready = poll(&order, 1, deadline_left_ms(deadline));
    } while (ready < 0 && errno == EINTR);
    if (ready != 1) {
        die_with(STAGE_ORDER, ETIMEDOUT, 0);
    }
}

void
receive_order(struct order *ret_order, const struct origin *origin)
{
    static char message[sizeof(struct order_wire) + ORDER_MAX_TEXT];

    check_socket();
    wait_for_order();
    /* Without a control buffer, descriptors sent along are discarded; with
     * MSG_TRUNC the true size shows, so an oversized order is refused. */
    ssize_t size =
        recv(ORDER_FD, message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0) {
        die(STAGE_ORDER);
    }
    if ((size_t)size > sizeof(message)) {
        die_with(STAGE_ORDER, E2BIG, 0);
    }
    int error = order_parse(message, (size_t)size, ret_order);
    if (error != 0) {
        die_with(STAGE_ORDER, -error, 0);
    }
    ret_order->caller = origin->uid;
}
