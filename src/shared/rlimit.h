/* Lowering resource limits.  Async-signal-safe. */
#ifndef BOXED_RLIMIT_H
#define BOXED_RLIMIT_H

#include <sys/resource.h>

/* Sets both limits of a resource, or leaves them where they are lower: what
 * the caller may not have, no guest gets.  Returns 0 or -errno. */
int rlimit_lower(int resource, rlim_t soft, rlim_t hard);

#endif
