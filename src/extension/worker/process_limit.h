/* Whether a call may have one process more. */
#ifndef BOXED_PROCESS_LIMIT_H
#define BOXED_PROCESS_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "shared/deadline.h"

/* More than the tasks that a call can have, see Limits. */
#define PROCESS_LIMIT_MAX 1024

/* Let pass, and not seen yet. */
struct expected {
    pid_t asker; /* thread */
    deadline_ns since;
};

/* All zeros but for the first three to begin with. */
struct process_limit {
    int listener; /* as of notify_of_processes() */
    int proc;     /* the namespace's /proc, in which all are seen */
    size_t most;  /* processes, without the one that counts */
    size_t count; /* of those seen last */
    pid_t seen[PROCESS_LIMIT_MAX];
    bool in_doubt;   /* one that was expected may come yet */
    size_t appeared; /* of those expected: seen, without knowing whose */
    size_t waiting;
    struct expected expected[PROCESS_LIMIT_MAX]; /* the oldest first */
};

/* Answers one question on the listener, if there is one. */
void process_limit_answer(struct process_limit *limit);

/* How often, from when on there is doubt, process_limit_enforce() is to be
 * called. */
#define PROCESS_LIMIT_DOUBT_MS 20

/* Ends those processes that are more than there may be. */
void process_limit_enforce(const struct process_limit *limit);

#endif
