/* The cgroup below which a sandbox's own are made. */
#ifndef BOXED_CGROUP_H
#define BOXED_CGROUP_H

#include <stddef.h>
#include <sys/types.h>

#include "shared/memory_slot.h"

struct cgroup {
    int fd; /* the directory */
    enum memory_ruler ruler;
};

/* Finds one that counts memory and in which others can be made: that of the
 * calling process, or the one above it where that bounds no less.  Where the
 * caller has one of version 2 to itself, caller and launcher go down into a
 * new one, since none may have processes and members.  Returns 0 or -errno:
 * -ENOENT there is none. */
int cgroup_find(pid_t caller, pid_t launcher, struct cgroup *ret_found);

/* Writes a file of a cgroup.  Returns 0 or -errno. */
int cgroup_write(int directory, const char *name, const char *text);

#endif
