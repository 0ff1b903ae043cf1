/* Making directories in a fresh mount.  Async-signal-safe. */
#ifndef BOXED_DIRECTORIES_H
#define BOXED_DIRECTORIES_H

#include <stdbool.h>

/* Makes the directories above an absolute path, and the path itself where
 * asked; those that exist stay.  Returns 0 or -errno. */
int directories_make(const char *path, bool itself);

/* Makes an empty directory or file to mount on, as the kind of fd asks. */
int directories_make_mount_point(const char *path, int fd);

#endif
