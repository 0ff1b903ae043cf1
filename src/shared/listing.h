/* The names in a directory, one after another, without memory of its own.
 * Async-signal-safe. */
#ifndef BOXED_LISTING_H
#define BOXED_LISTING_H

#include <stddef.h>
#include <stdint.h>

/* As getdents64(2) has it. */
struct listed {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type; /* DT_REG and its like */
    char name[];
};

/* Zero but for fd. */
struct listing {
    int fd; /* a directory, open for reading; stays the caller's */
    size_t at, size;
    _Alignas(struct listed) char buffer[4096];
};

/* Returns 1 and the next name, 0 after the last, or -errno. */
int listing_next(struct listing *listing, const struct listed **ret_name);

#endif
