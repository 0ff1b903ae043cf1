/* The caller's side of one call: what goes to the worker. */
#ifndef BOXED_CALL_SEND_H
#define BOXED_CALL_SEND_H

#include <stdbool.h>

#include "extension/caller/call.h"

/* Whether the socket has not yet taken all of the request. */
bool sending_is_request_left(const struct call *call);

/* Whether anything is left to send. */
bool sending_is_pending(const struct call *call);

/* Sends what the socket takes at once.  0, CALL_PROTOCOL or -errno. */
int sending_step(struct call *call);

/* Gives the worker the store that it wants by the header just read, and makes
 * ready for the next.  0, CALL_PROTOCOL or -errno. */
int sending_give_store(struct call *call);

#endif
