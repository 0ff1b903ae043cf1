/* The caller's side of one call: what goes to the worker. */
#ifndef BOXED_CALL_SEND_H
#define BOXED_CALL_SEND_H

#include <stdbool.h>

#include "extension/caller/call.h"

/* Whether the socket has not yet taken all of the request. */
bool call_has_request_left(const struct call *call);

/* Whether anything is left to send. */
bool call_has_to_send(const struct call *call);

/* Sends what the socket takes at once.  0, CALL_PROTOCOL or -errno. */
int call_send(struct call *call);

/* Gives the worker the store that it wants by the header just read, and makes
 * ready for the next.  0, CALL_PROTOCOL or -errno. */
int call_send_store(struct call *call);

#endif
