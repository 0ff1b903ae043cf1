/* Sends what goes to a worker: the request, and a store if it asks for one.
 *
 * Runs in the caller without the GIL, for call.c.  Sends what the socket takes
 * and never waits, for the worker may not read. */
#include "extension/caller/call_send.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "extension/wire/store.h"
#include "shared/fd.h"
#include "shared/rights.h"

int
call_limit(const struct call *call, uint64_t cpu_us, uint64_t memory)
{
    const struct frame_limits limits = {
        .magic = FRAME_MAGIC,
        .cpu_us = cpu_us,
        .memory = memory,
    };
    ssize_t put = send(call->report_socket, &limits, sizeof(limits),
                       MSG_NOSIGNAL | MSG_DONTWAIT);

    /* A zygote that is gone is found out by what comes next. */
    return put < 0 && errno != EPIPE && errno != ECONNRESET ? -errno : 0;
}

void
call_set_request(struct call *call, const void *data, size_t size, int store,
                 const struct frame_request *limits)
{
    call->request_header = (struct frame_request){.has_limits = 0};
    if (limits != NULL) {
        call->request_header = *limits;
        call->request_header.has_limits = 1;
    }
    call->request_header.has_input = call->input >= 0;
    call->request_header.header = (struct frame_header){
        .magic = FRAME_MAGIC,
        .kind = store < 0 ? FRAME_REQUEST : FRAME_REQUEST_STORED,
        .id = call->id,
        .size = size,
        .limit = call->max_answer,
    };
    call->header_sent = 0;
    call->request = data;
    call->request_left = size;
    call->request_store = store;
}

void
call_set_host_answer(struct call *call, const void *data, size_t size)
{
    call->request_header = (struct frame_request){
        .header =
            {
                .magic = FRAME_MAGIC,
                .kind = FRAME_HOST_ANSWER,
                .id = call->id,
                .size = size,
            },
    };
    call->header_sent = 0;
    call->request = data;
    call->request_left = size;
    call->request_store = -1;
    call->header_have = call->body_have = 0;
    call->body = NULL;
    call->counted = false;
}

bool
call_has_request_left(const struct call *call)
{
    return call->header_sent < sizeof(call->request_header) ||
           call->request_left > 0;
}

bool
call_has_to_send(const struct call *call)
{
    return !call->unsendable && (call_has_request_left(call) || call->giving);
}

/* What it means that nothing of a message was taken. */
static int
failed(struct call *call, int error)
{
    switch (error) {
    case EAGAIN:
    case EINTR:
        return 0;
    case EPIPE:
    case ECONNRESET:
        /* The worker is gone, or takes nothing any more; what there is to
         * say about it is still to be read. */
        call->unsendable = true;
        return 0;
    default:
        return call_endure(call, error);
    }
}

/* Header and body in one message: the worker wakes once.  Descriptors go with
 * the header's first byte. */
static ssize_t
send_some(struct call *call, char *header, size_t header_left)
{
    int fds[FRAME_REQUEST_FDS];
    size_t count = 0;

    if (call->request_store >= 0) {
        fds[count++] = call->request_store;
    }
    if (call->input >= 0) {
        fds[count++] = call->input;
    }
    if (call->header_sent == 0 && count > 0) {
        const struct rights first = {header, header_left, fds, count};
        return rights_send(call->socket, &first, MSG_DONTWAIT);
    }
    struct iovec parts[] = {
        {header, header_left},
        {(void *)call->request, call->request_left},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t put = sendmsg(call->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return put < 0 ? -errno : put;
}

static int
send_request(struct call *call)
{
    char *header = (char *)&call->request_header + call->header_sent;
    size_t header_left = sizeof(call->request_header) - call->header_sent;
    ssize_t put = send_some(call, header, header_left);

    if (put < 0) {
        return failed(call, (int)-put);
    }
    size_t of_header = (size_t)put < header_left ? (size_t)put : header_left;
    call->shortage.error = 0;
    /* From here on it is the worker's alone. */
    fd_close(&call->input);
    call->header_sent += of_header;
    call->request += (size_t)put - of_header;
    call->request_left -= (size_t)put - of_header;
    return 0;
}

static ssize_t
send_given(const struct call *call)
{
    struct frame_header given = {
        .magic = FRAME_MAGIC,
        .kind = FRAME_GIVEN,
        .id = call->id,
    };
    int store = call->store;
    const struct rights message = {&given, sizeof(given), &store,
                                   store >= 0 ? 1 : 0};

    return rights_send(call->socket, &message, MSG_DONTWAIT);
}

/* A message so small is taken as a whole. */
static int
give(struct call *call)
{
    ssize_t put = send_given(call);

    if (put == -ETOOMANYREFS) {
        /* Without a store, then, and over the socket. */
        fd_close(&call->store);
        put = send_given(call);
    }
    if (put == -EAGAIN) {
        return call_distrust(
            call, "the answer asks for memory and does not take it");
    }
    if (put < 0) {
        return failed(call, (int)-put);
    }
    call->giving = false;
    return 0;
}

int
call_send(struct call *call)
{
    return call_has_request_left(call) ? send_request(call) : give(call);
}

/* Once, after the request, and no larger than the answer may be.  Where no
 * store can be had, the answer comes without. */
int
call_send_store(struct call *call)
{
    uint64_t size = call->header.limit;

    if (call->store_asked || call_has_request_left(call)) {
        return call_distrust(call, "the answer asks for memory out of turn");
    }
    if (call->header.size != 0 || size == 0 || size > call->max_answer) {
        return call_distrust(call, "the answer is longer than permitted");
    }
    call->store_asked = true;
    call->header_have = 0;
    if (store_new(size, &call->store) != 0) {
        call->store = -1;
    }
    call->giving = true;
    return give(call);
}
