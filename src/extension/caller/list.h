/* A list of what is part of something larger, a ring through its head.  No
 * allocation, no locks: the lists of this extension are changed with the GIL
 * held. */
#ifndef BOXED_LIST_H
#define BOXED_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* The head of a list, or a member's place in one.  An empty list, and a member
 * that is in none, leads to itself: list_init(), or {&it, &it}. */
struct list_link {
    struct list_link *next;
    struct list_link *previous;
};

/* What a link is the member of. */
#define LIST_OWNER(link, type, member)                                        \
    ((type *)(void *)((char *)(link) - (offsetof(type, member))))

static inline void
list_init(struct list_link *link)
{
    link->next = link->previous = link;
}

static inline bool
list_is_empty(const struct list_link *head)
{
    return head->next == head;
}

static inline void
list_append(struct list_link *head, struct list_link *link)
{
    link->next = head;
    link->previous = head->previous;
    head->previous->next = link;
    head->previous = link;
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
