/* What the names of files say: modules, hidden ones, where a file is. */
#ifndef BOXED_PATHS_H
#define BOXED_PATHS_H

#include <stdbool.h>

bool path_ends_with(const char *name, const char *suffix);
bool path_is_module(const char *name);
bool path_is_hidden(const char *name);
bool path_is_metadata(const char *name);
bool path_is_beside_package(const char *name);
bool path_has_hidden_part(const char *path);

/* What a path names below a directory, or NULL. */
const char *path_below(const char *path, const char *top);

/* Where an open file really is, in ORDER_MAX_PATH bytes; false where it has no
 * name any more. */
bool path_of_fd(int fd, char *ret_path);

#endif
