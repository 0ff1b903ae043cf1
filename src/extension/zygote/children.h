/* The zygote's children: workers that were forked and are not yet buried. */
#ifndef BOXED_CHILDREN_H
#define BOXED_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "extension/zygote/cpu_limits.h"
#include "extension/zygote/events.h"
#include "extension/zygote/memory.h"
#include "extension/zygote/memory_watch.h"
#include "shared/deadline.h"

struct children {
    struct events *events; /* where they are watched */
    struct memory memory;
    struct child *spare; /* room for the next one */
    unsigned count;      /* those that linger included */
    unsigned lingering;
    bool end_themselves; /* at the end of file that kills others */
    struct child *first_lingering, *last_lingering;
    struct cpu_limits cpu_limits;
    struct memory_watches watches;
};

/* Descriptors that each takes. */
#define CHILDREN_FDS_EACH (2 + MEMORY_SLOT_FILES)

/* Makes room for one more, before it is forked: 0 or -ENOMEM. */
int children_reserve(struct children *children);

/* Takes a fresh fork, for which there is room, the report socket of its call,
 * that to its init or -1, and the slot that its memory is counted in, if any.
 * Returns 0 or -errno (the child is then dead and the socket closed).
 */
int children_adopt(struct children *children, pid_t pid, uint64_t id,
                   int report, int init, struct memory_slot *slot);

/* At an EVENT_REPORT: the caller has closed, and the child is killed; or it
 * limits what the child may use up; or it has the answer, and the child may
 * linger.  Returns whether it does. */
bool children_hear(struct children *children, struct child *child);

/* At an EVENT_EXIT: tells the caller how it ended, and forgets it. */
void children_bury(struct children *children, struct child *child);

/* Ends those that have used up what they may.  Returns when to look again. */
deadline_ns children_enforce(struct children *children, deadline_ns now);

/* Kills those that have lingered since then or longer, and those that are too
 * many. */
void children_end_lingering(struct children *children, deadline_ns since);

#endif
