/* Objects with something of the caller's that a forked child must not keep. */
#ifndef BOXED_FORK_HOOK_H
#define BOXED_FORK_HOOK_H

#include "extension/caller/list.h"

/* The first member of such an object but for its head. */
struct fork_hook {
    struct list_link link;
    void (*forget)(struct fork_hook *hook);
};

/* From its birth to its end.  `forget` runs no Python code: it closes copies
 * of descriptors, and leaves what they lead to to the parent. */
void fork_hook_add(struct fork_hook *hook,
                   void (*forget)(struct fork_hook *hook));
void fork_hook_remove(struct fork_hook *hook);

/* In a forked child: forgets every one. */
void fork_hook_run_all(void);

#endif
