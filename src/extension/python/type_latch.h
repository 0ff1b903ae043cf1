/* Which thread has something that others may wait for. */
#ifndef BOXED_TYPE_LATCH_H
#define BOXED_TYPE_LATCH_H

#include <stdbool.h>

/* type_seat.c: whether a call of this thread is open. */
bool type_seat_is_held_by(unsigned long thread);

#endif
