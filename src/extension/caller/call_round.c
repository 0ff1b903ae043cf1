/* One round over all that can be read and sent for a call, and what it comes
 * to: which event, in which order.
 *
 * Runs in the caller without the GIL, for call.c; nothing here waits.  No
 * Python, no allocation.  That a request was not read is said only where the
 * kernel proves it. */
#include "extension/caller/call_round.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "extension/caller/call_receive.h"
#include "extension/caller/call_send.h"

/* What was printed before the answer, or a host call, is in the pipes when its
 * last byte was read.  What is printed after it, by threads or processes that
 * go on, is no part of the call: it would have no end. */
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
    if (call->protocol_error != NULL) {
        return CALL_PROTOCOL;
    }
    return call_is_asked(call) ? CALL_ASKED : CALL_ANSWERED;
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
int
call_conclude(struct call *call)
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
        return call_distrust(call, "the answer was cut short");
    }
    return CALL_ENDED;
}

bool
call_is_over(const struct call *call)
{
    return call->reported || call->lost;
}

bool
call_is_settled(const struct call *call)
{
    return call_is_answered(call) || call_is_asked(call) ||
           call->protocol_error != NULL;
}

/* What is to be sent, and the answer. */
static int
talk(struct call *call)
{
    bool is_sending = call_has_to_send(call) && !call_is_over(call);
    int event = is_sending ? call_send(call) : 0;

    while (event == 0 && !call->socket_ended && !call_is_settled(call)) {
        event = call_receive_answer(call);
    }
    return event == -EAGAIN ? 0 : event;
}

/* What was written before an answer or a death comes before it. */
int
call_take_round(struct call *call, const struct pollfd watched[CALL_SOURCES])
{
    int event = 0;

    if (watched[CALL_FROM_ZYGOTE].revents != 0 && !call_is_over(call)) {
        event = call_receive_report(call);
    }
    if (event == 0 && !call_is_settled(call) &&
        (call_is_over(call) || watched[CALL_FROM_WORKER].revents != 0)) {
        event = talk(call);
    }
    if (event == CALL_PROTOCOL || (event == 0 && call_is_settled(call))) {
        return drain(call);
    }
    for (int i = 0; i < 2 && event == 0; i++) {
        if (call_is_over(call) ||
            watched[CALL_FROM_STREAMS + i].revents != 0) {
            event = call_receive_output(call, i, CALL_OUTPUT_SIZE);
        }
    }
    return event;
}
