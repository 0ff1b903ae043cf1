/* The end of capabilities inside a user namespace.  Used by the launcher and
 * by a worker right after its fork; async-signal-safe. */
#ifndef BOXED_PRIVILEGES_H
#define BOXED_PRIVILEGES_H

/* Empties the bounding, ambient, permitted, effective and inheritable sets
 * and locks the securebits.  Needs a full set in the current namespace.
 * Returns 0 or -errno. */
int privileges_lock(void);

#endif
