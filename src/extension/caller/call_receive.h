/* The caller's side of one call: what comes from the worker and the zygote. */
#ifndef BOXED_CALL_RECEIVE_H
#define BOXED_CALL_RECEIVE_H

#include <stddef.h>

#include "extension/caller/call.h"

/* Each reads once and without waiting, and returns an event, -errno, or 0:
 * nothing was there, or the call's fields say what was, or it is to be tried
 * again after a pause (call->pausing). */

/* More of the answer: CALL_BODY, CALL_PROTOCOL; -EAGAIN if nothing came. */
int call_receive_answer(struct call *call);

/* At most so many bytes of a stream: CALL_OUTPUT. */
int call_receive_output(struct call *call, int stream, size_t most);

/* The zygote's report, or that it is gone; and what came from the worker
 * before. */
int call_receive_report(struct call *call);

#endif
