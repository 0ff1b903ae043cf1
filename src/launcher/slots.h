/* The cgroups of one sandbox: a directory of its own, and a slot in it for
 * each worker at a time. */
#ifndef BOXED_SLOTS_H
#define BOXED_SLOTS_H

#include <stdint.h>
#include <sys/types.h>

#include "launcher/cgroup.h"
#include "shared/memory_slot.h"

struct slots {
    struct cgroup base;
    int directory;  /* locked as long as its keeper lives */
    char name[48];  /* in base */
    uint32_t count; /* numbers below it were used */
};

/* Makes the directory, below the caller's.  Removes those of keepers that are
 * gone.  Returns 0 or -errno. */
int slots_open(pid_t caller, pid_t launcher, struct slots *ret_slots);

/* Makes a slot and opens its files; -1 for one that there is none of.  Returns
 * 0 or -errno. */
int slots_make(struct slots *slots, uint32_t number, uint64_t limit,
               int fds[MEMORY_SLOT_FILES]);

/* Lowers a slot's limit, if what is in it permits that. */
void slots_lower(const struct slots *slots, uint32_t number, uint64_t limit);

void slots_drop(const struct slots *slots, uint32_t number);

/* Removes all; what a process still dies in is waited for, for a moment. */
void slots_close(struct slots *slots);

#endif
