/* Makes the sockets and pipes of a call, sends the far ends to the zygote, has
 * the worker killed, and closes all.
 *
 * Runs in the caller, for python/type_call.c; no Python, no allocation, and
 * nothing that waits but for a moment where the kernel is short of something.
 * Making and sending are two steps, since the first can be done while the
 * caller waits for something else, and the second sets a fork off. */
#include "extension/caller/call.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/fd.h"
#include "shared/rights.h"
#include "shared/shortage.h"

/* Of a call, where the kernel was short of something for the first. */
#define MORE_ATTEMPTS 2

static int
send_call(struct call *call, int server, bool prefork)
{
    struct frame_call announced = {
        .magic = FRAME_MAGIC, .prefork = prefork, .id = call->id};
    const struct rights message = {&announced, sizeof(announced), call->far,
                                   FRAME_CALL_FDS};
    /* Never waits: a zygote that does not take calls is no reason to hold the
     * caller up. */
    ssize_t sent = rights_send(server, &message, MSG_DONTWAIT);

    return sent < 0 ? (int)sent : 0;
}

static int
make_pair(int type, int *ret_near, int *ret_far)
{
    int pair[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0) {
        return -errno;
    }
    *ret_near = pair[0];
    *ret_far = pair[1];
    return 0;
}

static int
make_pipe(int *ret_near, int *ret_far)
{
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) != 0) {
        return -errno;
    }
    *ret_near = pair[0];
    *ret_far = pair[1];
    /* Only this side: the guest's stdout must block as any pipe does. */
    return fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : -errno;
}

static void
close_far_ends(struct call *call)
{
    for (int i = 0; i < FRAME_CALL_FDS; i++) {
        fd_close(&call->far[i]);
    }
}

int
call_prepare(struct call *call)
{
    call->socket = call->report_socket = -1;
    call->streams[0] = call->streams[1] = -1;
    call->request_store = call->input = call->store = -1;
    for (int i = 0; i < FRAME_CALL_FDS; i++) {
        call->far[i] = -1;
    }
    if (getrandom(&call->id, sizeof(call->id), 0) != sizeof(call->id)) {
        return -errno;
    }
    int error = make_pair(SOCK_STREAM, &call->socket, &call->far[0]);
    error =
        error ? error
              : make_pair(SOCK_SEQPACKET, &call->report_socket, &call->far[1]);
    error = error ? error : make_pipe(&call->streams[0], &call->far[2]);
    error = error ? error : make_pipe(&call->streams[1], &call->far[3]);
    if (error != 0) {
        call_close(call);
    }
    return error;
}

int
call_announce(struct call *call, int server, bool prefork)
{
    int error = send_call(call, server, prefork);
    /* Nobody waits for a standby. */
    int more = prefork ? 0 : MORE_ATTEMPTS;
    while (more-- > 0 && shortage_is(-error)) {
        shortage_pause();
        error = send_call(call, server, prefork);
    }
    close_far_ends(call);
    return error;
}

void
call_kill(struct call *call)
{
    call->killed = true;
    if (call->report_socket >= 0) {
        (void)shutdown(call->report_socket, SHUT_WR);
    }
}

/* Whether the zygote was told that the worker, which has answered, need not
 * be killed at once. */
static bool
let_linger(const struct call *call)
{
    return call_is_answered(call) && !call->killed &&
           send(call->report_socket, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

void
call_close(struct call *call)
{
    /* A forked copy of the caller may hold the socket too: its end alone
     * would then not show. */
    if (!let_linger(call)) {
        call_kill(call);
    }
    call_forget(call);
}

static void
close_talk(struct call *call)
{
    close_far_ends(call);
    fd_close(&call->store);
    fd_close(&call->input);
    fd_close(&call->socket);
    fd_close(&call->streams[0]);
    fd_close(&call->streams[1]);
}

void
call_leave(struct call *call)
{
    call_kill(call);
    close_talk(call);
}

void
call_forget(struct call *call)
{
    close_talk(call);
    fd_close(&call->report_socket);
}
