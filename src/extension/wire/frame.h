/* The frame of a request and of an answer, and blocking transfer of one. */
#ifndef BOXED_FRAME_H
#define BOXED_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/memory_slot.h"
#include "shared/rights.h"

#define FRAME_MAGIC 0x46584f42u /* "BOXF" */

enum frame_kind {
    FRAME_REQUEST = 1,
    FRAME_VALUE = 2,    /* the function's value, serialised */
    FRAME_ERROR = 3,    /* it raised: type, message, traceback, ... */
    FRAME_REFUSED = 4,  /* the value could not be serialised: a text */
    FRAME_TOO_LONG = 6, /* the value is longer than the limit: its size */

    /* Large ones are in a store, see store.h; the frame's body is the sizes of
     * its parts, uint64_t each: the stream's, then the buffers'. */
    FRAME_WANT = 7,            /* the worker wants a store of `limit` bytes */
    FRAME_GIVEN = 8,           /* here it is, attached; or there is none */
    FRAME_STORED = 9,          /* the function's value, in that store */
    FRAME_REQUEST_STORED = 10, /* a request whose store is attached */

    /* As FRAME_VALUE, behind a note: its size in two bytes, and ASCII. */
    FRAME_NOTED = 11,

    /* The guest calls a function of the caller's, and waits: which, and its
     * arguments.  Then what became of it, behind a header as a request's. */
    FRAME_HOST_CALL = 12,
    FRAME_HOST_ANSWER = 13,
};

#define FRAME_MAX_PARTS 4096
/* Bytes of an answer that tells why there is no value. */
#define FRAME_MAX_TOLD (4u << 20)

struct frame_header {
    uint32_t magic;
    uint32_t kind;
    uint64_t id;
    uint64_t size;  /* of what follows */
    uint64_t limit; /* in a request: of the answer's size */
};

/* What begins a request.  Its store, if it has one, and then its input are
 * attached to it. */
struct frame_request {
    struct frame_header header;
    /* The call has limits of its own, none of them wider than the sandbox's;
     * as in struct rlimits. */
    uint32_t has_limits;
    uint32_t has_input; /* for its descriptor 0 */
    uint64_t cpu_seconds;
    uint64_t memory;
    uint64_t threads;
    uint64_t open_files;
    uint64_t file_size;
};
#define FRAME_REQUEST_FDS 2

/* A call as the caller announces it to the zygote, with the descriptors
 * call socket, report socket, stdout and stderr attached in this order. */
struct frame_call {
    uint32_t magic;
    uint32_t prefork; /* no request is waiting: its fork may wait too */
    uint64_t id;
};
#define FRAME_CALL_FDS 4

/* How a worker ended, from the zygote on the report socket.  Where a wall
 * cannot be raised, a struct boxed_status comes there before. */
struct frame_report {
    uint32_t magic;
    int32_t status; /* as of wait4(2) */
    uint64_t id;
    uint64_t user_us;
    uint64_t system_us;
    uint64_t max_rss_kb;
    uint64_t minor_faults;
    uint64_t major_faults;
    uint64_t voluntary_switches;
    uint64_t involuntary_switches;
    uint64_t charged_us;   /* against a limit of processor time */
    uint64_t peak_memory;  /* bytes that it had, at most, above what was there
                              before: of all its processes and files in memory
                              where there is a cgroup; else of the largest */
    uint64_t memory_limit; /* bytes that all of it could have; 0: no limit is
                              of all of it */
    uint64_t memory_full;  /* how often the kernel found that limit reached */
    uint64_t oom_kills;    /* processes that the kernel ended for it */
    uint32_t memory_ruled_by; /* enum memory_ruler */
    uint32_t reserved;
};

/* From the caller on the report socket, before the request: what the zygote is
 * to see to, from the call's beginning. */
struct frame_limits {
    uint32_t magic;
    uint32_t reserved;
    uint64_t cpu_us; /* processor time that it may use; 0: no limit */
    uint64_t memory; /* as in Limits; 0: the zygote has nothing to see to */
};

/* Before the report, where a call has several processes: what the first of
 * them was charged, from the process that waits outside. */
struct frame_charged {
    uint32_t magic;
    uint32_t reserved;
    uint64_t us;
};

/* Where the init of a call's processes counts their memory: how much they may
 * have, from the zygote; and from init at the end what it saw. */
struct frame_memory {
    uint32_t magic;
    uint32_t ended; /* for having more */
    uint64_t bytes;
};

/* A header, blocking, and the descriptors that come with it.  Returns its size
 * or -errno. */
ssize_t frame_receive(int fd, struct rights *message);

/* Blocking, whole or not at all.  0 or -errno; -ECONNRESET at end of file.
 * Async-signal-safe. */
int frame_read_all(int fd, void *data, size_t size);

/* A header and header->size bytes of data in one message, so that a small
 * frame wakes its reader once. */
int frame_write(int fd, const struct frame_header *header, const void *data);

#endif
