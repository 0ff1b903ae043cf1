/* The order: what a caller may ask of the launcher, and its form on the wire.
 *
 * One message on an AF_UNIX SOCK_SEQPACKET socket: struct order_wire, then
 * text_size bytes of NUL-terminated strings: argc arguments, then `entries`
 * entries.  An entry is a kind character and an absolute path in one string,
 * followed by a second string for the kinds that have a content.  Written by
 * the unprivileged package, read by a privileged program. */
#ifndef BOXED_ORDER_H
#define BOXED_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#define ORDER_MAGIC       0x32305842u /* "BX02": changes with the format */
#define ORDER_FD          3           /* where the launcher finds its order */
#define ORDER_SERVER_FD   4           /* the zygote's socket, passed through */
#define ORDER_MAX_TEXT    163840
#define ORDER_MAX_ARGC    16
#define ORDER_MAX_ENTRIES 1024
#define ORDER_MAX_MOUNTS  128 /* of the entries */
#define ORDER_MAX_PATH    4096
/* Trees shown at or below /tmp and /dev/shm, over which each worker mounts a
 * file system of its own. */
#define ORDER_MAX_COVERED 64

/* The guest keeps the caller's network namespace. */
#define ORDER_NETWORK 1u

/* The guest's uid and gid inside, and by default outside too. */
#define BOXED_NOBODY 65534u

enum order_tier {
    TIER_FULL = 1,
    TIER_UID = 2,
    TIER_ROOTLESS = 3,
    TIER_LANDLOCK = 4,
};

/* Whether the guest gets another uid than the caller's. */
static inline bool
order_tier_takes_uid(enum order_tier tier)
{
    return tier == TIER_FULL || tier == TIER_UID;
}

/* Whether the guest gets namespaces of its own, and so mounts. */
static inline bool
order_tier_has_namespaces(enum order_tier tier)
{
    return tier == TIER_FULL || tier == TIER_ROOTLESS;
}

enum order_kind {
    KIND_TREE = 'r',     /* show read-only; failing to is an error */
    KIND_OPTIONAL = 'o', /* show read-only if the caller can reach it */
    KIND_WRITE = 'w',    /* show writable; failing to is an error */
    KIND_DEVICE = 'd',   /* a device node, usable */
    KIND_LINK = 'l',     /* symbolic link; content: its target */
    KIND_FILE = 'f',     /* a small file; content: its text */
    /* Of a place, the modules; content: where they are shown. */
    KIND_PLACE = 'p',   /* a directory on the import path */
    KIND_PACKAGE = 'k', /* a regular package, or one module's file */
    KIND_SPREAD = 'n',  /* a namespace package */
};

static inline bool
order_kind_is_place(enum order_kind kind)
{
    return kind == KIND_PLACE || kind == KIND_PACKAGE || kind == KIND_SPREAD;
}

/* Shown by a mount of the host's own. */
static inline bool
order_kind_is_mounted(enum order_kind kind)
{
    return kind != KIND_LINK && kind != KIND_FILE &&
           !order_kind_is_place(kind);
}

struct order_wire {
    uint32_t magic;
    uint32_t tier;
    uint32_t uid;   /* target uid outside; own uid where none is taken */
    uint32_t flags; /* ORDER_NETWORK or 0 */
    uint32_t argc;
    uint32_t entries;
    uint32_t text_size;
    uint32_t reserved; /* must be 0 */
};

#endif
