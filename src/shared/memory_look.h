/* How the zygote, where no cgroup counts a worker's memory, comes by what the
 * kernel tells of it: it asks the supervisor on a SEQPACKET socket, which
 * opens /proc/PID/status.  The zygote itself cannot: Landlock or hidepid keeps
 * it, and with it all guests, from other processes' files. */
#ifndef BOXED_MEMORY_LOOK_H
#define BOXED_MEMORY_LOOK_H

#include <stdint.h>

/* Where the zygote finds its end. */
#define ORDER_LOOK_FD 6

#define MEMORY_LOOK_MAGIC 0x4c4d5842u /* "BXML" */

struct memory_look_question {
    uint32_t magic;
    int32_t pid; /* as both of them have it */
};

/* The file comes with it if there was no error. */
struct memory_look_answer {
    uint32_t magic;
    int32_t error; /* errno, or 0 */
};

#endif
