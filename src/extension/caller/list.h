/* A ring of what is part of something larger.  No allocation, no locks: those
 * of this extension are changed with the GIL held. */
#ifndef BOXED_LIST_H
#define BOXED_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct link {
    struct link *next;
    struct link *previous;
};

/* An empty ring, or a link that is in none. */
#define LINK_INIT(link)                                                       \
    {                                                                         \
        &(link), &(link)                                                      \
    }

#define LINK_OWNER(link, type, member)                                        \
    ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void
link_init(struct link *link)
{
    link->next = link->previous = link;
}

static inline bool
link_is_alone(const struct link *link)
{
    return link->next == link;
}

static inline void
link_add_last(struct link *ring, struct link *link)
{
    link->next = ring;
    link->previous = ring->previous;
    ring->previous->next = link;
    ring->previous = link;
}

/* Also where it is in none. */
static inline void
link_remove(struct link *link)
{
    link->next->previous = link->previous;
    link->previous->next = link->next;
    link_init(link);
}

#endif
