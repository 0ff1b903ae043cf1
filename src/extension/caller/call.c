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

#include "extension/caller/call_receive.h"
#include "extension/caller/call_round.h"
#include "extension/caller/call_send.h"

int
call_endure(struct call *call, int error)
{
    call->pausing = true;
    call->pausing_until = deadline_after_ms(SHORTAGE_PAUSE_MS);
    return shortage_endure(&call->shortage, error);
}

int
call_distrust(struct call *call, const char *why)
{
    call->protocol_error = why;
    return CALL_PROTOCOL;
}

void
call_set_body(struct call *call, char *body)
{
    memcpy(body, call->first, call->body_have);
    call->body = body;
}

/* Header and body of what the worker sends. */
static bool
is_complete(const struct call *call)
{
    return call->header_have == sizeof(call->header) &&
           call->body_have == call->header.size;
}

bool
call_is_answered(const struct call *call)
{
    return is_complete(call) && call->header.kind != FRAME_HOST_CALL;
}

bool
call_is_asked(const struct call *call)
{
    return is_complete(call) && call->header.kind == FRAME_HOST_CALL;
}

static void
watch_nothing(struct call_watch *watch, deadline_ns until)
{
    for (int i = 0; i < CALL_SOURCES; i++) {
        watch->sources[i] = (struct pollfd){.fd = -1};
    }
    watch->until = until;
}

static void
watch_source(struct call_watch *watch, enum call_source source, int fd)
{
    watch->sources[source] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void
watch_all(const struct call *call, struct call_watch *watch)
{
    watch_source(watch, CALL_FROM_WORKER,
                 call->socket_ended ? -1 : call->socket);
    watch_source(watch, CALL_FROM_ZYGOTE, call->report_socket);
    watch_source(watch, CALL_FROM_STREAMS, call->streams[0]);
    watch_source(watch, CALL_FROM_STREAMS + 1, call->streams[1]);
    if (call_has_to_send(call)) {
        watch->sources[CALL_FROM_WORKER].events |= POLLOUT;
    }
}

/* Looks, after a wait if told so; 0 when something is readable or writable, or
 * an event. */
static int
look(struct call *call, struct call_watch *watch, bool waits)
{
    int ms = waits ? deadline_left_ms(watch->until) : 0;
    int ready = poll(watch->sources, CALL_SOURCES, ms);

    if (ready < 0) {
        /* No read waits, so each can be tried. */
        for (int i = 0; i < CALL_SOURCES; i++) {
            watch->sources[i].revents = POLLIN;
        }
        return errno == EINTR ? -EINTR : call_endure(call, errno);
    }
    if (ready > 0) {
        return 0;
    }
    return waits ? CALL_TIMEOUT : CALL_WAITING;
}

/* Something could not be done for a shortage, and is to be tried again: 0 once
 * it may be, else CALL_WAITING.  Who has signals to look at is not kept from
 * it for long. */
static int
pause_shortly(struct call *call, struct call_watch *watch, bool waits)
{
    if (waits && deadline_left_ms(watch->until) != 0) {
        shortage_pause();
    }
    else if (!waits && deadline_left_ms(call->pausing_until) != 0) {
        if (call->pausing_until < watch->until) {
            watch->until = call->pausing_until;
        }
        return CALL_WAITING;
    }
    call->pausing = false;
    return 0;
}

int
call_step(struct call *call, deadline_ns deadline,
          struct call_watch *ret_watch)
{
    struct call_watch own, *watch = ret_watch != NULL ? ret_watch : &own;
    bool waits = ret_watch == NULL;

    for (;;) {
        /* What is here waits for nothing, least of all for the worker's
         * end. */
        bool is_here = call_is_settled(call) || call_is_over(call);
        int event = 0;

        /* Here, not only in the wait: a guest that never stops printing
         * would always have something to read. */
        if (!is_here && deadline_left_ms(deadline) == 0) {
            return CALL_TIMEOUT;
        }
        watch_nothing(watch, deadline);
        if (call->pausing) {
            event = pause_shortly(call, watch, waits);
        }
        else if (!is_here) {
            watch_all(call, watch);
            event = look(call, watch, waits);
        }
        event = event != 0 ? event : call_take_round(call, watch->sources);
        if (event == 0 && call_is_over(call) && !call->pausing) {
            event = call_conclude(call);
        }
        if (event != 0) {
            return event;
        }
    }
}

int
call_step_rest(struct call *call)
{
    int event = call_receive_output(call, 0, CALL_OUTPUT_SIZE);

    return event != 0 ? event : call_receive_output(call, 1, CALL_OUTPUT_SIZE);
}

int
call_step_end(struct call *call, deadline_ns deadline,
              struct call_watch *ret_watch)
{
    struct call_watch own, *watch = ret_watch != NULL ? ret_watch : &own;
    bool waits = ret_watch == NULL;

    for (;;) {
        int event = call_is_over(call) ? 0 : call_receive_report(call);

        if (event == 0 && call_is_over(call)) {
            return call->reported ? CALL_ENDED : CALL_LOST;
        }
        if (event == 0 && deadline_left_ms(deadline) == 0) {
            return CALL_TIMEOUT;
        }
        watch_nothing(watch, deadline);
        if (event == 0 && call->pausing) {
            event = pause_shortly(call, watch, waits);
        }
        else if (event == 0) {
            watch_source(watch, CALL_FROM_ZYGOTE, call->report_socket);
            event = look(call, watch, waits);
        }
        if (event != 0) {
            return event;
        }
    }
}
