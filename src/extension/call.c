/* The caller's side of one call: a request out; an answer, two streams of
 * output and a report in, all against one deadline.
 *
 * Runs in the caller without the GIL; several threads run it at once on
 * different calls.  Whatever comes from the call socket and the pipes is
 * hostile; the report is from the zygote and the kernel.  Nothing here takes
 * descriptors: the kernel discards any that a guest sends along. */
#include "extension/call.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "extension/sending.h"
#include "shared/fd.h"

static bool
is_transient(int error)
{
    return error == EAGAIN || error == EINTR;
}

static int
refuse(struct call *call, const char *why)
{
    call->protocol_error = why;
    return CALL_PROTOCOL;
}

static bool
begins_an_answer(const struct call *call)
{
    uint32_t kind = call->header.kind;

    return (kind >= FRAME_VALUE && kind <= FRAME_WANT) ||
           (kind == FRAME_STORED && call->store >= 0);
}

/* The limit of a result does not rule what tells why there is none. */
static uint64_t
longest(const struct call *call, uint32_t kind)
{
    switch (kind) {
    case FRAME_VALUE:
        return call->max_answer;
    case FRAME_STORED:
        return FRAME_MAX_PARTS * sizeof(uint64_t);
    default:
        return FRAME_MAX_TOLD;
    }
}

static int
check_header(struct call *call)
{
    const struct frame_header *header = &call->header;

    if (header->magic != FRAME_MAGIC || !begins_an_answer(call)) {
        return refuse(call, "the answer does not begin with a header");
    }
    if (header->id != call->id) {
        return refuse(call, "the answer is not to this call");
    }
    if (header->kind == FRAME_WANT && call->body_have > 0) {
        return refuse(call, "the answer asks for memory and does not wait");
    }
    if (header->kind == FRAME_WANT) {
        const char *why = sending_give_store(call);
        return why != NULL ? refuse(call, why) : 0;
    }
    if (header->size > longest(call, header->kind)) {
        return refuse(call, "the answer is longer than permitted");
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

/* Reads once.  An event, 0 to go on, or -EAGAIN. */
static int
read_answer(struct call *call)
{
    bool in_header = call->header_have < sizeof(call->header);
    ssize_t got = in_header ? receive_header(call) : receive_body(call);

    if (got < 0 && is_transient(errno)) {
        return -EAGAIN;
    }
    if (got <= 0) {
        /* A stream is reset where its other end had unread bytes in it when
         * it was closed: the kernel says so, no guest can. */
        call->unread |= got < 0 && errno == ECONNRESET;
        call->socket_ended = true;
        return 0;
    }
    if (!in_header || call->header_have < sizeof(call->header)) {
        return 0;
    }
    return check_header(call);
}

void
call_set_body(struct call *call, char *body)
{
    memcpy(body, call->first, call->body_have);
    call->body = body;
}

bool
call_is_answered(const struct call *call)
{
    return call->header_have == sizeof(call->header) &&
           call->body_have == call->header.size;
}

/* Output that is there already; CALL_OUTPUT, or 0 where there is none. */
static int
read_stream(struct call *call, int stream, size_t most)
{
    int fd = call->streams[stream];
    if (fd < 0) {
        return 0;
    }
    ssize_t got = read(fd, call->output, most);
    if (got < 0 && is_transient(errno)) {
        return 0;
    }
    if (got <= 0) {
        close_fd(&call->streams[stream]);
        return 0;
    }
    call->stream = stream;
    call->output_size = (size_t)got;
    return CALL_OUTPUT;
}

/* What was printed before the answer is in the pipes when its last byte was
 * read.  What is printed after it, by threads or processes that go on, is no
 * part of the call: it would have no end. */
static void
count_output(struct call *call)
{
    for (int i = 0; i < 2; i++) {
        if (call->streams[i] < 0 ||
            ioctl(call->streams[i], FIONREAD, &call->to_read[i]) != 0) {
            call->to_read[i] = 0;
        }
    }
    call->counted = true;
}

/* The rest of that output; CALL_ANSWERED where all was read. */
static int
drain(struct call *call)
{
    if (!call->counted) {
        count_output(call);
    }
    for (int i = 0; i < 2; i++) {
        size_t most = (size_t)call->to_read[i];
        if (most > CALL_OUTPUT_SIZE) {
            most = CALL_OUTPUT_SIZE;
        }
        /* Nothing may be there any more: a guest can read its own pipe. */
        if (most > 0 && read_stream(call, i, most) == CALL_OUTPUT) {
            call->to_read[i] -= (int)call->output_size;
            return CALL_OUTPUT;
        }
    }
    return CALL_ANSWERED;
}

/* Reads a report that is there: 0, CALL_LOST at its end of file, -EAGAIN. */
static int
read_report(struct call *call)
{
    ssize_t got = recv(call->report_socket, &call->report,
                       sizeof(call->report), MSG_DONTWAIT);
    if (got < 0 && is_transient(errno)) {
        return -EAGAIN;
    }
    if (got != (ssize_t)sizeof(call->report) ||
        call->report.magic != FRAME_MAGIC || call->report.id != call->id) {
        return CALL_LOST;
    }
    call->reported = true;
    return 0;
}

/* After the report nothing more is written: an answer is whole or it is not.
 * Output went first, so that none is lost. */
static int
conclude(struct call *call)
{
    if (call->header_have > 0) {
        return refuse(call, "the answer was cut short");
    }
    return call->unread && !call->killed ? CALL_UNREAD : CALL_ENDED;
}

/* Without the zygote nothing is known but what the kernel knows. */
static int
conclude_lost(struct call *call)
{
    if (!call->socket_ended && call->header_have == 0) {
        (void)read_answer(call);
    }
    bool unread = call->unread && call->header_have == 0 && !call->killed;
    return unread ? CALL_UNREAD : CALL_LOST;
}

enum source { SOURCE_SOCKET, SOURCE_REPORT, SOURCE_STREAMS, SOURCES = 4 };

/* Waits; 0 when something is readable or writable, or an event. */
static int
wait_any(const struct call *call, deadline_ns deadline,
         struct pollfd watched[SOURCES])
{
    const struct pollfd all[SOURCES] = {
        {.fd = call->socket_ended ? -1 : call->socket, .events = POLLIN},
        {.fd = call->report_socket, .events = POLLIN},
        {.fd = call->streams[0], .events = POLLIN},
        {.fd = call->streams[1], .events = POLLIN},
    };
    memcpy(watched, all, sizeof(all));
    if (sending_is_pending(call)) {
        watched[SOURCE_SOCKET].events |= POLLOUT;
    }
    int ready = poll(watched, SOURCES, deadline_left_ms(deadline));
    if (ready < 0) {
        return -errno;
    }
    return ready == 0 ? CALL_TIMEOUT : 0;
}

/* One round over what can be read; 0 when there is nothing.  What was written
 * before an answer or a death comes before it. */
static int
take_round(struct call *call, const struct pollfd watched[SOURCES])
{
    bool is_ready = call->reported || watched[SOURCE_SOCKET].revents != 0;
    int event = 0;

    if (is_ready && sending_is_pending(call)) {
        sending_step(call);
    }
    while (is_ready && event == 0 && !call->socket_ended &&
           !call_is_answered(call)) {
        event = read_answer(call);
    }
    if (event != 0 && event != -EAGAIN) {
        return event;
    }
    if (call_is_answered(call)) {
        return drain(call);
    }
    for (int i = 0; i < 2; i++) {
        if (call->reported || watched[SOURCE_STREAMS + i].revents != 0) {
            event = read_stream(call, i, CALL_OUTPUT_SIZE);
            if (event != 0) {
                return event;
            }
        }
    }
    return 0;
}

int
call_step(struct call *call, deadline_ns deadline)
{
    struct pollfd watched[SOURCES] = {{.fd = -1}};

    /* An answer waits for nothing, least of all for the worker's end. */
    if (call_is_answered(call)) {
        return drain(call);
    }
    for (;;) {
        /* Here, not only in the wait: a guest that never stops printing
         * would always have something to read. */
        if (deadline_left_ms(deadline) == 0) {
            return CALL_TIMEOUT;
        }
        int event = call->reported ? 0 : wait_any(call, deadline, watched);
        if (event != 0) {
            return event;
        }
        if (watched[SOURCE_REPORT].revents != 0 && !call->reported &&
            read_report(call) == CALL_LOST) {
            return conclude_lost(call);
        }
        event = take_round(call, watched);
        if (event != 0) {
            return event;
        }
        if (call->reported) {
            return conclude(call);
        }
    }
}

int
call_wait_end(struct call *call, deadline_ns deadline)
{
    struct pollfd watched = {.fd = call->report_socket, .events = POLLIN};
    for (;;) {
        int event = call->reported ? 0 : read_report(call);
        if (event == 0) {
            return CALL_ENDED;
        }
        if (event == CALL_LOST) {
            return event;
        }
        int ready = poll(&watched, 1, deadline_left_ms(deadline));
        if (ready <= 0) {
            return ready < 0 ? -errno : CALL_TIMEOUT;
        }
    }
}
