/* Knows every live object that a forked child of the caller must not keep:
 * what has a process, sockets or a count of the parent's.
 *
 * Runs in the caller, with the GIL held; calls only what was given to it.  A
 * list in C, since a table in Python would know only what was put there: not
 * what another thread is just making, nor the calls that are open. */
#include "extension/caller/fork_hook.h"

static struct list_link all = {&all, &all};

void
fork_hook_add(struct fork_hook *hook, void (*forget)(struct fork_hook *hook))
{
    hook->forget = forget;
    list_append(&all, &hook->link);
}

void
fork_hook_remove(struct fork_hook *hook)
{
    list_remove(&hook->link);
}

void
fork_hook_run_all(void)
{
    for (struct list_link *one = all.next; one != &all; one = one->next) {
        struct fork_hook *hook = LIST_OWNER(one, struct fork_hook, link);
        hook->forget(hook);
    }
}
