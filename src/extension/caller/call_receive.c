/* Reads what comes in for a call: answer, output and report.
 *
 * Runs in the caller without the GIL, for call.c; each function reads once and
 * never waits.  What comes from the call socket and the pipes is hostile.
 * What comes from the report socket is not: the zygote writes to it, and a
 * worker only while its walls go up, before any code of the guest's.  Nothing
 * here takes descriptors: the kernel discards any that a guest sends along. */
#include "extension/caller/call_receive.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "extension/caller/call_send.h"
#include "shared/fd.h"

/* The messages of the report socket. */
union report_message {
    struct frame_report report;
    struct boxed_status status;
    struct frame_charged charged;
};

/* What a failed read means, -EAGAIN if that nothing is there. */
static int
failed(struct call *call, int error)
{
    if (error == EAGAIN || error == EINTR) {
        return -EAGAIN;
    }
    int lasting = call_endure(call, error);
    return lasting != 0 ? lasting : -EAGAIN;
}

static bool
begins_an_answer(const struct call *call)
{
    switch (call->header.kind) {
    case FRAME_VALUE:
    case FRAME_NOTED:
    case FRAME_ERROR:
    case FRAME_REFUSED:
    case FRAME_TOO_LONG:
    case FRAME_WANT:
        return true;
    case FRAME_STORED:
        return call->store >= 0;
    case FRAME_HOST_CALL:
        return call->max_host_call > 0;
    default:
        return false;
    }
}

/* The limit of a result does not rule what tells why there is none. */
static uint64_t
longest(const struct call *call, uint32_t kind)
{
    switch (kind) {
    case FRAME_VALUE:
    case FRAME_NOTED:
        return call->max_answer;
    case FRAME_STORED:
        return FRAME_MAX_PARTS * sizeof(uint64_t);
    default:
        return FRAME_MAX_TOLD;
    }
}

/* Who makes a host call waits for its answer, and has read all before.  Of one
 * that is too long nothing more is read. */
static int
check_host_call(struct call *call)
{
    if (call->body_have > call->header.size || call_has_request_left(call)) {
        return call_distrust(call, "a host call comes out of turn");
    }
    if (call->header.size > call->max_host_call) {
        call->host_call_too_long = true;
        call->body_have = call->header.size;
    }
    return call->body_have == call->header.size ? 0 : CALL_BODY;
}

static int
check_header(struct call *call)
{
    const struct frame_header *header = &call->header;

    if (header->magic != FRAME_MAGIC || !begins_an_answer(call)) {
        return call_distrust(call, "the answer does not begin with a header");
    }
    if (header->id != call->id) {
        return call_distrust(call, "the answer is not to this call");
    }
    if (header->kind == FRAME_WANT && call->body_have > 0) {
        return call_distrust(call,
                             "the answer asks for memory and does not wait");
    }
    if (header->kind == FRAME_WANT) {
        return call_send_store(call);
    }
    if (header->kind == FRAME_HOST_CALL) {
        return check_host_call(call);
    }
    if (header->size > longest(call, header->kind)) {
        return call_distrust(call, "the answer is longer than permitted");
    }
    if (call->body_have >= header->size) {
        /* What may follow is no part of the answer. */
        call->body_have = header->size;
        return 0;
    }
    return CALL_BODY;
}

/* The header, and with it as much of the body as has room: all of a small
 * one. */
static ssize_t
receive_header(struct call *call)
{
    struct iovec parts[] = {
        {(char *)&call->header + call->header_have,
         sizeof(call->header) - call->header_have},
        {call->first, sizeof(call->first)},
    };
    /* No room for control data: the kernel discards it. */
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    ssize_t got = recvmsg(call->socket, &message, MSG_DONTWAIT);
    if (got <= 0) {
        return got;
    }
    size_t of_header =
        (size_t)got < parts[0].iov_len ? (size_t)got : parts[0].iov_len;
    call->header_have += of_header;
    call->body_have = (size_t)got - of_header;
    return got;
}

static ssize_t
receive_body(struct call *call)
{
    ssize_t got = recv(call->socket, call->body + call->body_have,
                       call->header.size - call->body_have, MSG_DONTWAIT);
    if (got > 0) {
        call->body_have += (size_t)got;
    }
    return got;
}

int
call_receive_answer(struct call *call)
{
    bool in_header = call->header_have < sizeof(call->header);
    ssize_t got = in_header ? receive_header(call) : receive_body(call);

    if (got < 0 && errno != ECONNRESET) {
        return failed(call, errno);
    }
    if (got <= 0) {
        /* A stream is reset where its other end had unread bytes in it when
         * it was closed.  Those are bytes of the request, unless a store was
         * sent too, which a guest may leave unread. */
        call->unread |= got < 0 && !call->store_asked;
        call->socket_ended = true;
        return 0;
    }
    call->heard = true;
    call->shortage.error = 0;
    if (!in_header || call->header_have < sizeof(call->header)) {
        return 0;
    }
    return check_header(call);
}

int
call_receive_output(struct call *call, int stream, size_t most)
{
    int fd = call->streams[stream];
    if (fd < 0) {
        return 0;
    }
    ssize_t got = read(fd, call->output, most);
    if (got < 0) {
        int event = failed(call, errno);
        return event == -EAGAIN ? 0 : event;
    }
    if (got == 0) {
        fd_close(&call->streams[stream]);
        return 0;
    }
    call->stream = stream;
    call->output_size = (size_t)got;
    return CALL_OUTPUT;
}

/* One message.  The zygote that closes while words of ours lie unread in its
 * socket resets it, of which the kernel speaks first, and once. */
static ssize_t
receive_message(const struct call *call, union report_message *ret_message)
{
    ssize_t got = -1;

    for (int i = 0; i < 2 && got < 0; i++) {
        got = recv(call->report_socket, ret_message, sizeof(*ret_message),
                   MSG_DONTWAIT);
        if (got < 0 && errno != ECONNRESET) {
            break;
        }
    }
    return got;
}

int
call_receive_report(struct call *call)
{
    union report_message message;
    ssize_t got = receive_message(call, &message);

    if (got < 0 && errno != ECONNRESET) {
        int event = failed(call, errno);
        return event == -EAGAIN ? 0 : event;
    }
    if (got == (ssize_t)sizeof(message.status) &&
        message.status.magic == BOXED_STATUS_MAGIC) {
        /* Its end, and so the report, follows. */
        call->setup = message.status;
        call->setup_failed = true;
        return 0;
    }
    if (got == (ssize_t)sizeof(message.charged) &&
        message.charged.magic == FRAME_MAGIC) {
        call->charged_us = message.charged.us;
        return 0;
    }
    call->lost = got != (ssize_t)sizeof(message.report) ||
                 message.report.magic != FRAME_MAGIC ||
                 message.report.id != call->id;
    call->reported = !call->lost;
    if (call->reported) {
        call->report = message.report;
        if (call->charged_us < message.report.charged_us) {
            call->charged_us = message.report.charged_us;
        }
    }
    return 0;
}
