/* Starting the launcher. */
#ifndef BOXED_SPAWN_H
#define BOXED_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

/* The caller's ends; the descriptors belong to whoever gets the struct. */
struct spawned {
    pid_t pid;
    int pidfd;
    int control; /* orders out, status records in; its close ends the box */
    int server;  /* the zygote: its policy, its readiness, then calls */
    int log;     /* what launcher and zygote print */
};

#define SPAWNED_NONE                                                          \
    ((struct spawned){                                                        \
        .pid = -1, .pidfd = -1, .control = -1, .server = -1, .log = -1})

/* Starts path with the five standard descriptors and nothing else of the
 * caller's, and writes the order.  Returns 0 or -errno (that of exec too);
 * ret_spawned is untouched on failure.  Thread-safe; the address space of the
 * caller is not copied, however large. */
int spawn_launcher(const char *path, const void *order, size_t size,
                   struct spawned *ret_spawned);

#endif
