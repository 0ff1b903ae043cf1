/* The maps of a new user namespace, one line each.  Used by the launcher and
 * by a worker right after its fork; async-signal-safe. */
#ifndef BOXED_ID_MAP_H
#define BOXED_ID_MAP_H

#include <sys/types.h>

/* Maps the calling process's own uid and gid, as they were before
 * unshare(CLONE_NEWUSER), to inside, and checks the outcome.  Not dumpable
 * afterwards.  Returns 0 or -errno. */
int id_map_write(uid_t uid, gid_t gid, unsigned inside);

#endif
