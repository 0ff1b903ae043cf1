/* The caller's side of one call: one round over its descriptors. */
#ifndef BOXED_CALL_ROUND_H
#define BOXED_CALL_ROUND_H

#include <stdbool.h>

#include "extension/caller/call.h"

/* Whether nothing more will come: the report is here, or the zygote gone. */
bool call_is_over(const struct call *call);

/* Whether all of the answer is here, or as much of it as will be read. */
bool call_is_settled(const struct call *call);

/* Takes what the watched descriptors have.  An event, -errno, or 0: there is
 * nothing, or it is to be tried again after a pause (call->pausing). */
int call_take_round(struct call *call,
                    const struct pollfd watched[CALL_SOURCES]);

/* The event that a call is which is over and has nothing left to read. */
int call_conclude(struct call *call);

#endif
