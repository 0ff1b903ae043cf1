/* One call from the caller's side, once it is announced: sends the request,
 * and takes in the answer, two streams of output and the report, all against
 * one deadline.
 *
 * Runs in the caller without the GIL, for python/type_call.c; several threads
 * run it at once on different calls.  No Python, no allocation.  Whatever
 * comes from the call socket and the pipes is hostile; what comes from the
 * report socket is not.  What the kernel refuses for a shortage is tried again
 * until the deadline. */
#include "extension/caller/call.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

#include "extension/caller/call_receive.h"
#include "extension/caller/call_send.h"

int
call_endure(struct call *call, int error)
{
    call->pausing = true;
    return shortage_endure(&call->shortage, error);
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

/* What was printed before the answer is in the pipes when its last byte was
 * read.  What is printed after it, by threads or processes that go on, is no
 * part of the call: it would have no end. */
static void
count_output(struct call *call)
{
    for (int i = 0; i < 2; i++) {
        int *bytes = &call->to_read[i];
        if (call->streams[i] < 0) {
            *bytes = 0;
        }
        else if (ioctl(call->streams[i], FIONREAD, bytes) != 0) {
            /* What a pipe holds, if nobody made it larger. */
            *bytes = CALL_OUTPUT_SIZE;
        }
    }
    call->counted = true;
}

/* The rest of that output; where all was read, what the answer is. */
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
        int event = most > 0 ? call_receive_output(call, i, most) : 0;
        if (event == CALL_OUTPUT) {
            call->to_read[i] -= (int)call->output_size;
        }
        if (event != 0) {
            return event;
        }
    }
    if (call->pausing) {
        return 0;
    }
    return call->protocol_error != NULL ? CALL_PROTOCOL : CALL_ANSWERED;
}

/* Whether nothing of the request can have run.  The guest's code runs only
 * once the whole request was read, so either the socket never took all of it,
 * or its end was reset with a part unread.  A guest can bring about neither:
 * by then all of it was taken and read. */
static bool
is_unread(const struct call *call)
{
    return (call->unread || call_has_request_left(call)) && !call->heard &&
           !call->killed;
}

/* After the report nothing more is written: an answer is whole or it is not.
 * Output went first, so that none is lost.  Without a zygote nothing is known
 * but what the kernel knows. */
static int
conclude(struct call *call)
{
    if (call->setup_failed) {
        return CALL_SETUP;
    }
    if (is_unread(call)) {
        return CALL_UNREAD;
    }
    if (call->lost) {
        return CALL_LOST;
    }
    if (call->header_have > 0) {
        call->protocol_error = "the answer was cut short";
        return CALL_PROTOCOL;
    }
    return CALL_ENDED;
}

enum source { SOURCE_SOCKET, SOURCE_REPORT, SOURCE_STREAMS, SOURCES = 4 };

/* Waits; 0 when something is readable or writable, or an event. */
static int
wait_any(struct call *call, deadline_ns deadline,
         struct pollfd watched[SOURCES])
{
    const struct pollfd all[SOURCES] = {
        {.fd = call->socket_ended ? -1 : call->socket, .events = POLLIN},
        {.fd = call->report_socket, .events = POLLIN},
        {.fd = call->streams[0], .events = POLLIN},
        {.fd = call->streams[1], .events = POLLIN},
    };
    memcpy(watched, all, sizeof(all));
    if (call_has_to_send(call)) {
        watched[SOURCE_SOCKET].events |= POLLOUT;
    }
    int ready = poll(watched, SOURCES, deadline_left_ms(deadline));
    if (ready < 0) {
        /* No read waits, so each can be tried. */
        for (int i = 0; i < SOURCES; i++) {
            watched[i].revents = POLLIN;
        }
        return errno == EINTR ? -EINTR : call_endure(call, errno);
    }
    return ready == 0 ? CALL_TIMEOUT : 0;
}

/* Something could not be done for a shortage, and is to be tried again.  Who
 * has signals to look at is not kept from it for long. */
static void
pause_shortly(struct call *call, deadline_ns deadline)
{
    call->pausing = false;
    if (deadline_left_ms(deadline) != 0) {
        shortage_pause();
    }
}

static bool
is_over(const struct call *call)
{
    return call->reported || call->lost;
}

/* Whether all of the answer is here, or as much of it as will be read. */
static bool
is_settled(const struct call *call)
{
    return call_is_answered(call) || call->protocol_error != NULL;
}

/* What is to be sent, and the answer. */
static int
talk(struct call *call)
{
    bool is_sending = call_has_to_send(call) && !is_over(call);
    int event = is_sending ? call_send(call) : 0;

    while (event == 0 && !call->socket_ended && !call_is_answered(call)) {
        event = call_receive_answer(call);
    }
    return event == -EAGAIN ? 0 : event;
}

/* One round over what can be read; 0 when there is nothing.  What was written
 * before an answer or a death comes before it. */
static int
take_round(struct call *call, const struct pollfd watched[SOURCES])
{
    int event = 0;

    if (watched[SOURCE_REPORT].revents != 0 && !is_over(call)) {
        event = call_receive_report(call);
    }
    if (event == 0 && !is_settled(call) &&
        (is_over(call) || watched[SOURCE_SOCKET].revents != 0)) {
        event = talk(call);
    }
    if (event == CALL_PROTOCOL || (event == 0 && is_settled(call))) {
        return drain(call);
    }
    for (int i = 0; i < 2 && event == 0; i++) {
        if (is_over(call) || watched[SOURCE_STREAMS + i].revents != 0) {
            event = call_receive_output(call, i, CALL_OUTPUT_SIZE);
        }
    }
    return event;
}

int
call_step(struct call *call, deadline_ns deadline)
{
    for (;;) {
        struct pollfd watched[SOURCES] = {{.fd = -1}};
        /* What is here waits for nothing, least of all for the worker's
         * end. */
        bool is_here = is_settled(call) || is_over(call);
        int event = 0;

        /* Here, not only in the wait: a guest that never stops printing
         * would always have something to read. */
        if (!is_here && deadline_left_ms(deadline) == 0) {
            return CALL_TIMEOUT;
        }
        if (call->pausing) {
            pause_shortly(call, deadline);
        }
        else if (!is_here) {
            event = wait_any(call, deadline, watched);
        }
        event = event != 0 ? event : take_round(call, watched);
        if (event == 0 && is_over(call) && !call->pausing) {
            event = conclude(call);
        }
        if (event != 0) {
            return event;
        }
    }
}

int
call_wait_end(struct call *call, deadline_ns deadline)
{
    struct pollfd watched = {.fd = call->report_socket, .events = POLLIN};

    for (;;) {
        int error = is_over(call) ? 0 : call_receive_report(call);
        if (error != 0) {
            return error;
        }
        if (is_over(call)) {
            return call->reported ? CALL_ENDED : CALL_LOST;
        }
        int ready = 0;
        if (call->pausing) {
            pause_shortly(call, deadline);
        }
        else {
            ready = poll(&watched, 1, deadline_left_ms(deadline));
        }
        if (ready < 0 && (errno == EINTR || call_endure(call, errno) != 0)) {
            return -errno;
        }
        if (ready == 0 && deadline_left_ms(deadline) == 0) {
            return CALL_TIMEOUT;
        }
    }
}
