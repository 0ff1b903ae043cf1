/* What the zygote puts off, how much of it and for how long; the reasons are
 * in docs/design.rst, "What is put off".
 *
 * Processors are few, and a process's birth and death cost more than a short
 * call.  So both wait for a quiet moment where nobody waits for them: the
 * fork for a call that is announced ahead of need (prefork.c), and the end of
 * a worker whose caller has the answer, which lingers (children.c). */
#ifndef BOXED_PUT_OFF_H
#define BOXED_PUT_OFF_H

#include "shared/deadline.h"

/* So long after a call last began or ended, the moment is quiet. */
#define PUT_OFF_QUIET_NS ((deadline_ns)1000000)

/* What was put off for so long waits for no quiet moment. */
#define PUT_OFF_MAX_NS ((deadline_ns)10000000)

/* Calls that may wait for their fork; where so many do, the oldest waits no
 * longer. */
#define PREFORK_QUEUE_MAX 16

/* With fewer workers that have not answered, a fork does not wait. */
#define PREFORK_WORKERS_MIN 4

/* Workers that may linger.  They hold memory and, where the tier has no
 * namespaces, count among the neighbours of those that work. */
#define LINGER_MAX 8

/* After which a worker that lingers ends by itself.  The zygote ends it
 * before, in a moment at which that takes nothing from a call. */
#define LINGER_MAX_MS 1000

#endif
