/* Memory put aside, for telling that there is none. */
#ifndef BOXED_RESERVE_H
#define BOXED_RESERVE_H

#include <stdbool.h>

/* Puts it aside, once; forks inherit it.  Returns 0 or -errno. */
int reserve_make(void);

/* Gives it back to whatever allocates next.  Async-signal-safe. */
void reserve_release(void);

/* The same, and whether there was hardly anything left beside it: false where
 * it was given back before.  Async-signal-safe. */
bool reserve_was_needed(void);

#endif
