/* How many processes a call has, and whether it may have one more. */
#ifndef BOXED_PROCESS_LIMIT_H
#define BOXED_PROCESS_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "shared/deadline.h"

/* More than the tasks that a call can have, see Limits. */
#define CENSUS_MOST 1024

/* Let pass, and not seen yet. */
struct expected {
    pid_t asker; /* thread */
    deadline_ns since;
};

/* All zeros but for the first three to begin with. */
struct census {
    int listener; /* as of notify_of_processes() */
    int proc;     /* the namespace's /proc, in which all are seen */
    size_t most;  /* processes, without the one that counts */
    size_t count; /* of those seen last */
    pid_t seen[CENSUS_MOST];
    bool in_doubt;   /* one that was expected may come yet */
    size_t appeared; /* of those expected: seen, without knowing whose */
    size_t waiting;
    struct expected expected[CENSUS_MOST]; /* the oldest first */
};

/* Answers one question on the listener, if there is one. */
void census_answer(struct census *census);

/* How often, from when on there is doubt, census_enforce() is to be called. */
#define CENSUS_DOUBT_MS 20

/* Ends those processes that are more than there may be. */
void census_enforce(const struct census *census);

#endif
