/* Slots: cgroups that workers take turns in, one at a time in each, so that
 * the kernel counts and bounds all memory of a call.
 *
 * The keeper, a child of the launcher that stays the caller, makes them; the
 * zygote asks for them on a SEQPACKET socket, where one message from the
 * keeper comes unasked, before all others: whether there can be any. */
#ifndef BOXED_MEMORY_SLOT_H
#define BOXED_MEMORY_SLOT_H

#include <stdint.h>

/* Where the zygote finds its end. */
#define ORDER_KEEPER_FD 5

#define MEMORY_SLOT_MAGIC 0x534d5842u /* "BXMS" */

/* What bounds the memory of a call. */
enum memory_ruler {
    MEMORY_RLIMIT = 0,  /* limits of each process */
    MEMORY_CGROUP1 = 1, /* a cgroup of its own, of the old hierarchy */
    MEMORY_CGROUP2 = 2, /* and of the new one */
    MEMORY_WATCHED = 3, /* the zygote, which looks at all that a call has */
    MEMORY_RULERS = 4,
};

enum memory_slot_ask {
    MEMORY_SLOT_MAKE = 1,
    MEMORY_SLOT_DROP = 2,
    MEMORY_SLOT_LOWER = 3, /* its limit, while a worker is in it */
};

/* From the zygote; only the first kind is answered.  A limit that cannot be
 * lowered is one that was exceeded meanwhile, which the zygote sees. */
struct memory_slot_question {
    uint32_t magic;
    uint32_t ask;
    uint32_t number; /* of the slot: the zygote's choice */
    uint32_t reserved;
    uint64_t limit; /* bytes; 0: none */
};

/* From the keeper.  With a slot come its files, in this order. */
struct memory_slot_answer {
    uint32_t magic;
    uint32_t ruler; /* MEMORY_RLIMIT: there are none, for this reason: */
    int32_t error;  /* errno, or 0 */
    uint32_t number;
};

enum memory_slot_file {
    MEMORY_SLOT_ENTER, /* "0" moves the thread that writes it here */
    MEMORY_SLOT_PEAK,  /* bytes; writing to it, where permitted, begins anew */
    MEMORY_SLOT_KILLS, /* lines with a word and a number, "oom_kill" one */
    MEMORY_SLOT_NOW,   /* bytes */
    MEMORY_SLOT_FULL,  /* how often the limit was reached; v2: as KILLS, "max"
                        */
    MEMORY_SLOT_FILES,
};

#endif
