/* Finding the modules of a place on the import path, and nothing beside. */
#ifndef BOXED_WALK_H
#define BOXED_WALK_H

#include <sys/stat.h>

#include "launcher/launcher.h"

/* Where each thing that is found goes.  Both return 0 or -errno, which ends
 * the walk. */
struct walk_sink {
    /* A directory, before what is in it, that has something to show. */
    int (*folder)(void *context, const char *shown);
    /* A regular file, open for reading. */
    int (*file)(void *context, const char *shown, int fd,
                const struct stat *seen);
    void *context;
};

/* Walks the place of an entry: KIND_PLACE, KIND_PACKAGE or KIND_SPREAD.  What
 * the process cannot open is passed over, and so is a place that is not there;
 * a shortage is -errno, more than WALK_MOST modules and
 * directories are -E2BIG. */
int walk_place(const struct order *order, const struct entry *place,
               const struct walk_sink *sink);

#define WALK_MOST 100000

#endif
