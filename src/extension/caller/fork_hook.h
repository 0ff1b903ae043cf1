/* Objects with something of the caller's that a forked child must not keep. */
#ifndef BOXED_FORK_HOOK_H
#define BOXED_FORK_HOOK_H

#include "extension/caller/list.h"

/* The first member of such an object but for its head. */
struct owned {
    struct link link;
    void (*forget)(struct owned *owned);
};

/* From its birth to its end.  `forget` runs no Python code: it closes copies
 * of descriptors, and leaves what they lead to to the parent. */
void owned_add(struct owned *owned, void (*forget)(struct owned *owned));
void owned_remove(struct owned *owned);

/* In a forked child: forgets every one. */
void owned_forget_all(void);

#endif
