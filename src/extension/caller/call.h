/* The caller's side of one call.  Pure C: no Python, no allocation. */
#ifndef BOXED_CALL_H
#define BOXED_CALL_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "extension/wire/frame.h"
#include "shared/deadline.h"
#include "shared/shortage.h"
#include "shared/stage.h"

/* What call_step() comes back with. */
enum call_event {
    CALL_BODY = 1, /* header read and checked: call_set_body() is next */
    CALL_ANSWERED, /* header and body are complete; so is what was printed
                      before */
    CALL_ASKED,    /* so are those of a host call: the worker waits for
                      call_set_host_answer() */
    CALL_OUTPUT,   /* output holds output_size bytes of stream */
    CALL_ENDED,    /* the worker ended without an answer: see report */
    CALL_LOST,     /* so did the zygote: nothing is known */
    CALL_UNREAD,   /* so it did, or the zygote, and not killed by us, before
                      it had read all of the request: nothing has run */
    CALL_SETUP,    /* a wall could not be raised: see setup; nothing ran */
    CALL_TIMEOUT,
    CALL_PROTOCOL, /* bad header, or a frame cut short: see protocol_error */
    CALL_WAITING,  /* nothing is there: see the watch */
};

#define CALL_OUTPUT_SIZE 65536
#define CALL_FIRST_SIZE  4096

struct call {
    int socket;
    int report_socket;
    int streams[2];          /* stdout, stderr */
    int far[FRAME_CALL_FDS]; /* the other ends, until they are sent */
    uint64_t id;
    uint64_t max_answer;     /* a longer answer is refused before allocation */
    uint64_t max_host_call;  /* so is a longer host call; 0: all are */
    bool host_call_too_long; /* such a one came */

    const char *request; /* what is left to send */
    size_t request_left;
    struct frame_request request_header;
    size_t header_sent;
    int request_store; /* goes along, if not -1; borrowed */
    int input;         /* so does this, the call's, until it is sent */

    int store; /* given to the worker for its answer; -1: none */
    bool store_asked;
    bool giving;     /* that is still to be sent */
    bool unsendable; /* the worker takes nothing any more */

    struct frame_header header;
    size_t header_have;
    char first[CALL_FIRST_SIZE]; /* of the body; all of a small one */
    char *body;                  /* NULL: it is all in first */
    size_t body_have;

    struct frame_report report;
    bool reported;
    uint64_t charged_us; /* processor time of the worker, as limited */
    struct boxed_status setup;
    bool setup_failed; /* and setup says at which stage */
    bool lost;         /* the zygote is gone without a report */
    bool socket_ended;
    bool heard;         /* the worker has sent something */
    bool unread;        /* the kernel says: not all of the request was read */
    atomic_bool killed; /* by us, maybe in another thread */
    const char *protocol_error;
    struct shortage shortage; /* what the call waits to pass, if anything */
    bool pausing;             /* for its sake, */
    deadline_ns pausing_until;

    bool counted;   /* the output that goes with the answer is known */
    int to_read[2]; /* bytes of it, of each stream */

    int stream; /* 0 or 1 */
    size_t output_size;
    char *output; /* of CALL_OUTPUT_SIZE, before a step */
};

enum call_source {
    CALL_FROM_WORKER,
    CALL_FROM_ZYGOTE,
    CALL_FROM_STREAMS, /* stdout, stderr */
    CALL_SOURCES = CALL_FROM_STREAMS + 2,
};

/* What a call waits for: one of these descriptors, of which -1 is none, or
 * that point in time. */
struct call_watch {
    struct pollfd sources[CALL_SOURCES];
    deadline_ns until;
};

/* Makes the sockets and pipes of a call: all that can be made before it is
 * known when.  Returns 0 or -errno.  They are closed by call_close(). */
int call_prepare(struct call *call);

/* Has the zygote at server fork a worker for a prepared call, and closes the
 * worker's ends.  Ahead of need it waits for a quiet moment, or the request.
 * Returns 0 or -errno (-EPIPE, -ECONNRESET: no zygote; -EAGAIN: it has more
 * calls to take than fit). */
int call_announce(struct call *call, int server, bool prefork);

/* Sets the request; its memory must stay until the call is over.  With a
 * store, which must be sealed, data is the sizes of its parts; else it is -1.
 * limits are the call's own, or NULL. */
void call_set_request(struct call *call, const void *data, size_t size,
                      int store, const struct frame_request *limits);

/* Has the zygote end the worker once it has used so much processor time, or
 * has more memory, where these are not 0; before the request is sent.  Returns
 * 0 or -errno. */
int call_limit(const struct call *call, uint64_t cpu_us, uint64_t memory);

/* What it means that the kernel refused something to the call: 0, to be tried
 * again after a pause, or -error. */
int call_endure(struct call *call, int error);

/* The guest has sent what is no answer: CALL_PROTOCOL, and why. */
int call_distrust(struct call *call, const char *why);

/* Takes what is there, and never blocks.  Returns an event, or CALL_WAITING
 * and what to watch: step again when something of it comes; or -errno (-EINTR:
 * look at signals and call again).  Without a watch it waits until something
 * happened: blocking, so without the GIL. */
int call_step(struct call *call, deadline_ns deadline,
              struct call_watch *ret_watch);

/* Asks the zygote to kill the worker; the report still arrives. */
void call_kill(struct call *call);

/* The same for the report only: CALL_ENDED, CALL_LOST, CALL_TIMEOUT. */
int call_step_end(struct call *call, deadline_ns deadline,
                  struct call_watch *ret_watch);

/* What was printed and not yet read when the worker had ended, or the call is
 * given up: CALL_OUTPUT, 0 if there is no more, or -errno.  Never waits. */
int call_step_rest(struct call *call);

/* After CALL_BODY: memory of header.size bytes, for the whole body. */
void call_set_body(struct call *call, char *body);

/* Whether the answer is here, as a whole. */
bool call_is_answered(const struct call *call);

/* Whether a host call is, and its answer is not yet set. */
bool call_is_asked(const struct call *call);

/* Sets what the worker waits for after a host call; its memory must stay until
 * the next event.  The next step sends it. */
void call_set_host_answer(struct call *call, const void *data, size_t size);

/* The call is over but for the report, and all that is not needed for that is
 * closed; a worker that still lives is killed. */
void call_leave(struct call *call);

/* Closes all; a worker that still lives is killed by that: soon if it has
 * answered, else at once. */
void call_close(struct call *call);

/* Closes all in a forked copy of the caller, to whom the call is still
 * open: its worker lives on. */
void call_forget(struct call *call);

#endif
