/* What the memory of workers is counted in and bounded by: a cgroup for each
 * at a time, where the keeper makes some. */
#ifndef BOXED_MEMORY_H
#define BOXED_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "extension/wire/frame.h"
#include "shared/memory_slot.h"

struct memory_slot;

struct memory {
    int keeper;
    uint64_t granted; /* that the guest is promised: Limits.memory */
    uint64_t limit;   /* of all that a call has; 0: none */
    enum memory_ruler ruler;
    bool asked;                       /* for a slot that has not come */
    uint32_t slots;                   /* numbers below it are given out */
    struct memory_slot *first, *last; /* that nobody is in, the oldest first */
};

/* What the keeper says first: which ruler there is, and the errno for which
 * there is no cgroup.  Returns 0, or -ESHUTDOWN: it is gone. */
int memory_hear_ruler(int keeper, enum memory_ruler *ret_ruler, int *ret_why);

/* Takes the socket to the keeper, and asks for a first slot. */
void memory_begin(struct memory *memory, int keeper, enum memory_ruler ruler,
                  uint64_t granted, uint64_t limit);

/* Bytes of all that a call has, which is promised no more than this; 0: no
 * limit. */
uint64_t memory_limit_of(const struct memory *memory, uint64_t granted);

/* Lowers the limit of the slot that a worker is in.  Returns the file that
 * tells how much is in it, which stays the slot's. */
int memory_lower(struct memory *memory, struct memory_slot *slot,
                 uint64_t limit);

/* A slot for one worker, or NULL where there are none.  Returns 0 or -errno;
 * -ESHUTDOWN: the keeper is gone, or cannot tell, and no worker may be made
 * without. */
int memory_take(struct memory *memory, struct memory_slot **ret_slot);

/* In the worker, before anything else: goes into its slot.  Returns 0 or
 * -errno.  Async-signal-safe. */
int memory_enter(const struct memory_slot *slot);

/* Once the worker is gone: puts into its report what its memory came to.
 * is_alone: the report's other figures are of all that the call had. */
void memory_measure(const struct memory *memory,
                    const struct memory_slot *slot, bool is_alone,
                    struct frame_report *report);

/* Keeps a slot that nobody is in for another worker.  Of NULL, nothing. */
void memory_give_back(struct memory *memory, struct memory_slot *slot);

#endif
