/* What the names of files say, for walk.c: modules, hidden ones, and where an
 * open file is.
 *
 * Pure, but for readlink(2) of a descriptor's own name. */
#include "launcher/paths.h"

#include <string.h>
#include <unistd.h>

#include "shared/magic_link.h"
#include "shared/order.h"

bool
path_ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), end = strlen(suffix);
    return length > end && strcmp(name + length - end, suffix) == 0;
}

/* Whether it ends as "libgfortran.so.5.0.0" does. */
static bool
is_numbered_library(const char *name)
{
    const char *version = strstr(name, ".so.");
    return version != NULL && version != name && version[4] != '\0' &&
           strspn(version + 4, "0123456789.") == strlen(version + 4);
}

/* The suffixes of importlib.machinery's all_suffixes(), and a library that
 * modules are linked with. */
bool
path_is_module(const char *name)
{
    return path_ends_with(name, ".py") || path_ends_with(name, ".pyc") ||
           path_ends_with(name, ".so") || is_numbered_library(name);
}

/* Directories beside packages in which there are modules, as it were: compiled
 * ones, and the libraries that auditwheel puts there. */
bool
path_is_beside_package(const char *name)
{
    return strcmp(name, "__pycache__") == 0 || path_ends_with(name, ".libs");
}

bool
path_is_hidden(const char *name)
{
    return name[0] == '.';
}

/* Names, versions and entry points of an installed package: shown, since its
 * code asks for them. */
bool
path_is_metadata(const char *name)
{
    return path_ends_with(name, ".dist-info") ||
           path_ends_with(name, ".egg-info");
}

bool
path_has_hidden_part(const char *path)
{
    return path[0] == '.' || strstr(path, "/.") != NULL;
}

/* What a path names below a directory, or NULL. */
const char *
path_below(const char *path, const char *top)
{
    size_t length = strlen(top);
    return strncmp(path, top, length) == 0 && path[length] == '/'
               ? path + length + 1
               : NULL;
}

/* Where an open file really is; false where that has no name any more. */
bool
path_of_fd(int fd, char *ret_path)
{
    struct magic_link link = magic_link(fd);
    ssize_t length = readlink(link.path, ret_path, ORDER_MAX_PATH - 1);
    if (length <= 0) {
        return false;
    }
    /* So that the path of what is in it is this one, a slash and a name. */
    ret_path[length == 1 ? 0 : length] = '\0';
    return length == 1 || ret_path[0] == '/';
}
