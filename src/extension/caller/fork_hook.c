/* What a forked child has to forget: every live object that owns something.
 *
 * Runs in the caller, with the GIL held.  A table in Python would know only
 * what was put there: not what another thread is just making, nor the calls
 * that are open. */
#include "extension/caller/fork_hook.h"

static struct link all = LINK_INIT(all);

void
owned_add(struct owned *owned, void (*forget)(struct owned *owned))
{
    owned->forget = forget;
    link_add_last(&all, &owned->link);
}

void
owned_remove(struct owned *owned)
{
    link_remove(&owned->link);
}

void
owned_forget_all(void)
{
    for (struct link *one = all.next; one != &all; one = one->next) {
        struct owned *owned = LINK_OWNER(one, struct owned, link);
        owned->forget(owned);
    }
}
