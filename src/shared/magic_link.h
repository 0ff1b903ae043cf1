/* The name of an open file below /proc, by which it can be opened anew or
 * asked where it is.  Async-signal-safe. */
#ifndef BOXED_MAGIC_LINK_H
#define BOXED_MAGIC_LINK_H

#include <string.h>

#include "shared/decimal.h"

struct magic_link {
    char path[sizeof("/proc/self/fd/") + DECIMAL_SIZE];
};

static inline struct magic_link
magic_link(int fd)
{
    struct magic_link link = {"/proc/self/fd/"};
    char digits[DECIMAL_SIZE];
    const char *number = decimal((uint64_t)fd, digits);

    memcpy(link.path + strlen(link.path), number, strlen(number) + 1);
    return link;
}

#endif
