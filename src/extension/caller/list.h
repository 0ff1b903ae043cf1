/* A ring of what is part of something larger.  No allocation, no locks: those
 * of this extension are changed with the GIL held. */
#ifndef BOXED_LIST_H
#define BOXED_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_link {
    struct list_link *next;
    struct list_link *previous;
};

/* An empty ring, or a link that is in none. */
#define LINK_INIT(link)                                                       \
    {                                                                         \
        &(link), &(link)                                                      \
    }

#define LIST_OWNER(link, type, member)                                        \
    ((type *)(void *)((char *)(link) - (offsetof(type, member))))

static inline void
list_init(struct list_link *link)
{
    link->next = link->previous = link;
}

static inline bool
list_is_empty(const struct list_link *link)
{
    return link->next == link;
}

static inline void
list_append(struct list_link *ring, struct list_link *link)
{
    link->next = ring;
    link->previous = ring->previous;
    ring->previous->next = link;
    ring->previous = link;
}

/* Also where it is in none. */
static inline void
list_remove(struct list_link *link)
{
    link->next->previous = link->previous;
    link->previous->next = link->next;
    list_init(link);
}

#endif
