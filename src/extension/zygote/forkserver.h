/* The zygote's loop: calls in, workers out, reports back. */
#ifndef BOXED_FORKSERVER_H
#define BOXED_FORKSERVER_H

#include "extension/wire/frame.h"
#include "extension/worker/worker.h"
#include "extension/zygote/memory.h"

struct forkserver;

/* What forkserver_next() came back with, when it is not -errno. */
enum forkserver_event {
    FORKSERVER_CALL = 1, /* to be forked for: call and fds are set */
    FORKSERVER_END,      /* the caller closed the server socket */
};

struct forkserver_call {
    struct frame_call call;
    int fds[FRAME_CALL_FDS];
    /* To the init of its processes, where that counts their memory. */
    int init, end_of_init;
};

/* Serves the SEQPACKET socket; each worker is granted so many bytes of memory,
 * for which all that it has is limited to `memory`, where a ruler can.  NULL
 * and errno on failure. */
struct forkserver *forkserver_new(int server, enum memory_ruler ruler,
                                  uint64_t granted, uint64_t memory);

/* Children end by themselves what their calls have started: they are not
 * killed where the caller closes. */
void forkserver_let_end_themselves(struct forkserver *forkserver);

/* Handles reports, kills and deaths until a call arrives; blocking, needs no
 * GIL.  The call's descriptors belong to the caller of this function. */
int forkserver_next(struct forkserver *forkserver,
                    struct forkserver_call *ret_call);

/* Before the fork: where its memory is to be counted, or NULL.  False: it
 * cannot be, and the caller was told so.  If the keeper is gone, no more calls
 * are taken; those that have workers go on, and then comes the end. */
bool forkserver_take_slot(struct forkserver *forkserver,
                          struct forkserver_call *call,
                          struct memory_slot **ret_slot);

/* Where there was no fork. */
void forkserver_give_back(struct forkserver *forkserver,
                          struct memory_slot *slot);

/* After the fork, in the parent: keeps the report socket and watches pid,
 * closes the other descriptors.  0 or -errno (the worker is then dead). */
int forkserver_adopt(struct forkserver *forkserver, pid_t pid,
                     struct forkserver_call *call, struct memory_slot *slot);

/* Instead, where it could not be forked: tells the caller why. */
void forkserver_refuse_call(struct forkserver_call *call, int error);

#endif
