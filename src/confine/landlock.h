/* A Landlock domain: which files, ports and peers a sandbox reaches.  Used by
 * the launcher and by a worker right after its fork. */
#ifndef BOXED_LANDLOCK_H
#define BOXED_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

enum landlock_access {
    LANDLOCK_READ,   /* read files, list directories, execute */
    LANDLOCK_WRITE,  /* read and list; create, change, move, remove: all but
                        devices.  Not execute: grant READ too for that */
    LANDLOCK_DEVICE, /* read and write a character device that is there */
    LANDLOCK_LIST,   /* list directories */
};

struct landlock_grant {
    int fd; /* of a file or directory, O_PATH will do; stays the caller's */
    enum landlock_access access;
};

/* A domain that is being made. */
struct landlock_rules;

struct landlock_options {
    const struct landlock_grant *grants;
    size_t count;
    bool filesystem; /* false: leaves files alone, so that mount(2) works */
    bool network;    /* true: leaves TCP alone */
    /* Called once for grants that are too many for an array; may be NULL.
     * Returns 0, or -errno, with which landlock_confine() then fails. */
    int (*more)(const struct landlock_rules *rules, void *context);
    void *context;
};

/* From this version on a domain keeps signals and abstract sockets inside. */
#define LANDLOCK_SCOPES 6

/* Adds one; for landlock_options.more.  Returns 0 or -errno. */
int landlock_grant_add(const struct landlock_rules *rules,
                       const struct landlock_grant *grant);

/* Returns the version of Landlock that the kernel offers, 1 or more, or
 * -errno: -ENOSYS not built in, -EOPNOTSUPP switched off at boot. */
int landlock_abi(void);

/* Confines the calling thread, for good, and sets no_new_privs.  What the
 * kernel's version cannot restrict stays unrestricted: ask landlock_abi().
 * Returns 0 or -errno: then nothing is confined. */
int landlock_confine(const struct landlock_options *options);

#endif
