/* The caller's side of one call: what goes to the worker. */
#ifndef BOXED_SENDING_H
#define BOXED_SENDING_H

#include <stdbool.h>

#include "extension/call.h"

/* Whether something of the request is left to send. */
bool sending_is_pending(const struct call *call);

/* Sends what the socket takes at once. */
void sending_step(struct call *call);

/* Gives the worker the store that it wants by the header just read, and makes
 * ready for the next.  Returns NULL, or why the call is refused. */
const char *sending_give_store(struct call *call);

#endif
