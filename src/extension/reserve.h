/* Memory put aside, for telling that there is none. */
#ifndef BOXED_RESERVE_H
#define BOXED_RESERVE_H

#include <stdbool.h>

/* Puts it aside, once; forks inherit it.  Returns 0 or -errno. */
int reserve_make(void);

/* Gives it back to whatever allocates next.  Returns whether there was hardly
 * anything left beside it.  Async-signal-safe. */
bool reserve_release(void);

#endif
