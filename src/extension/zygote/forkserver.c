/* The fork server: the zygote's loop, which takes calls in, says for which of
 * them to fork now, and has the workers looked after.
 *
 * Runs in the zygote without the GIL, unprivileged; no Python.  The fork
 * itself is its caller's, python/method_serve.c, which asks for the next call
 * and hands the worker's pid back.  One event is taken at a time, so an event
 * can never name a worker that is gone.  What nobody waits for is put off, see
 * put_off.h. */
#include "extension/zygote/forkserver.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "extension/zygote/children.h"
#include "extension/zygote/events.h"
#include "extension/zygote/prefork.h"
#include "extension/zygote/put_off.h"
#include "shared/fd.h"
#include "shared/memory_look.h"
#include "shared/rights.h"
#include "shared/shortage.h"

struct forkserver {
    int server;
    struct events events;
    unsigned most;    /* children for which there are descriptors */
    bool takes_calls; /* the server socket is watched */
    struct event_source server_source;
    struct event_source prefork_source;
    struct prefork_queue queue;
    struct children children;
    deadline_ns active; /* when a call last began or ended */
};

/* Descriptors that are not for children: the zygote's own, those of a call as
 * it comes in, some that imports left open, and those of the queue. */
#define OTHER_FDS (32 + PREFORK_QUEUE_MAX * FRAME_CALL_FDS)

/* A call that comes in when no descriptors are left loses those it brings.
 * So calls wait in the socket while there are too many children for one more.
 */
static unsigned
most_children(void)
{
    struct rlimit open_files;

    if (getrlimit(RLIMIT_NOFILE, &open_files) != 0 ||
        open_files.rlim_cur < OTHER_FDS + CHILDREN_FDS_EACH) {
        return 1;
    }
    rlim_t most = (open_files.rlim_cur - OTHER_FDS) / CHILDREN_FDS_EACH;
    return most < UINT_MAX ? (unsigned)most : UINT_MAX;
}

/* Whether the server socket is watched follows the number of children. */
static int
watch_server(struct forkserver *forkserver)
{
    bool wanted = forkserver->server >= 0 &&
                  forkserver->children.count < forkserver->most;
    int error = 0;

    if (wanted && !forkserver->takes_calls) {
        error =
            events_watch_fd(&forkserver->events, &forkserver->server_source,
                            forkserver->server);
    }
    if (!wanted && forkserver->takes_calls) {
        events_unwatch(&forkserver->events, &forkserver->server_source);
    }
    forkserver->takes_calls = wanted && error == 0;
    return error;
}

struct forkserver *
forkserver_new(int server, enum memory_ruler ruler, uint64_t granted,
               uint64_t memory)
{
    struct forkserver *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return NULL;
    }
    made->server = server;
    made->most = most_children();
    made->server_source.kind = EVENT_SERVER;
    made->prefork_source.kind = EVENT_PREFORK;
    made->events.epoll = epoll_create1(EPOLL_CLOEXEC);
    made->children.events = &made->events;
    if (made->events.epoll < 0 || watch_server(made) != 0) {
        fd_close(&made->events.epoll);
        free(made);
        return NULL;
    }
    memory_begin(&made->children.memory, ORDER_KEEPER_FD, ruler, granted,
                 memory);
    made->children.watches.looks = ORDER_LOOK_FD;
    if (ruler != MEMORY_WATCHED) {
        fd_close(&made->children.watches.looks);
    }
    return made;
}

void
forkserver_let_end_themselves(struct forkserver *forkserver)
{
    forkserver->children.end_themselves = true;
}

static void
close_call(struct forkserver_call *call)
{
    for (int i = 0; i < FRAME_CALL_FDS; i++) {
        fd_close(&call->fds[i]);
    }
    fd_close(&call->init);
    fd_close(&call->end_of_init);
}

void
forkserver_refuse_call(struct forkserver_call *call, int error)
{
    worker_refuse(call->fds[1], STAGE_FORK, error);
    close_call(call);
}

/* A message whose descriptors did not all find room; what there is of the call
 * is closed, by which the caller sees that nothing has run. */
static void
drop_call(struct forkserver_call *call, size_t count)
{
    for (size_t i = count; i < FRAME_CALL_FDS; i++) {
        call->fds[i] = -1;
    }
    if (call->fds[1] >= 0) {
        worker_refuse(call->fds[1], STAGE_FORK, -EMFILE);
    }
    close_call(call);
}

/* FORKSERVER_CALL or FORKSERVER_END, 0 for none, or -errno. */
static int
receive_call(const struct forkserver *forkserver,
             struct forkserver_call *ret_call)
{
    struct rights message = {&ret_call->call, sizeof(ret_call->call),
                             ret_call->fds, FRAME_CALL_FDS};
    ret_call->init = ret_call->end_of_init = -1;
    ssize_t got = rights_receive(forkserver->server, &message, 0);
    if (got < 0 && shortage_is((int)-got)) {
        /* It is still there, and shows again. */
        shortage_pause();
        return 0;
    }
    if (got <= 0) {
        return got < 0 && got != -ECONNRESET ? (int)got : FORKSERVER_END;
    }
    if (got != (ssize_t)sizeof(ret_call->call) ||
        ret_call->call.magic != FRAME_MAGIC) {
        return -EPROTO;
    }
    if (message.count != FRAME_CALL_FDS) {
        drop_call(ret_call, message.count);
        return 0;
    }
    return FORKSERVER_CALL;
}

/* A call has come in.  The event that it is, or 0: it is announced ahead of
 * need, and waits until its request shows on its socket if not forked for
 * before. */
static int
begin_call(struct forkserver *forkserver, struct forkserver_call *ret_call)
{
    int event = receive_call(forkserver, ret_call);

    if (event != FORKSERVER_CALL) {
        return event;
    }
    forkserver->active = deadline_now();
    if (!ret_call->call.prefork ||
        forkserver->queue.count == PREFORK_QUEUE_MAX ||
        events_try(&forkserver->events, &forkserver->prefork_source,
                   ret_call->fds[0]) != 0) {
        return FORKSERVER_CALL;
    }
    prefork_put(&forkserver->queue, ret_call);
    return 0;
}

/* The call of the queue at an index, if there is one.  Its descriptors are
 * counted for already, so that there may be as many children more. */
static int
take_prefork(struct forkserver *forkserver, int index,
             struct forkserver_call *ret_call)
{
    if (index < 0) {
        return 0;
    }
    prefork_take(&forkserver->queue, index, ret_call);
    events_unwatch_fd(&forkserver->events, ret_call->fds[0]);
    return FORKSERVER_CALL;
}

/* What an event of a source leads to: one of forkserver_next(), 0 or -errno.
 */
static int
handle(struct forkserver *forkserver, const struct event_source *source,
       struct forkserver_call *ret_call)
{
    switch (source->kind) {
    case EVENT_SERVER:
        return begin_call(forkserver, ret_call);
    case EVENT_PREFORK:
        return take_prefork(forkserver,
                            prefork_find_wanted(&forkserver->queue), ret_call);
    case EVENT_REPORT:
        if (children_hear(&forkserver->children, source->child)) {
            forkserver->active = deadline_now();
        }
        return 0;
    case EVENT_EXIT:
        children_bury(&forkserver->children, source->child);
        return watch_server(forkserver);
    }
    return 0;
}

/* Whether to fork for the oldest call of the queue, if there is nothing else
 * to do. */
static bool
is_prefork_due(const struct forkserver *forkserver, deadline_ns now)
{
    const struct prefork_queue *queue = &forkserver->queue;
    const struct children *children = &forkserver->children;

    return queue->count > 0 &&
           (now - forkserver->active >= PUT_OFF_QUIET_NS ||
            now - queue->since[0] >= PUT_OFF_MAX_NS ||
            queue->count == PREFORK_QUEUE_MAX ||
            children->count - children->lingering < PREFORK_WORKERS_MIN);
}

/* Milliseconds until something is to be done without an event, or -1.
 * next_look: when the processor time of a child is. */
static int
idle_ms(const struct forkserver *forkserver, deadline_ns now,
        deadline_ns next_look)
{
    if (is_prefork_due(forkserver, now)) {
        return 0;
    }
    deadline_ns quiet = forkserver->active + PUT_OFF_QUIET_NS;
    if ((forkserver->queue.count > 0 || forkserver->children.lingering > 0) &&
        quiet < next_look) {
        return deadline_left_ms(quiet);
    }
    return deadline_left_ms(next_look);
}

int
forkserver_next(struct forkserver *forkserver,
                struct forkserver_call *ret_call)
{
    while (forkserver->server >= 0 || forkserver->children.count > 0) {
        deadline_ns now = deadline_now();
        bool quiet = now - forkserver->active >= PUT_OFF_QUIET_NS;
        struct event_source *source = NULL;

        children_end_lingering(&forkserver->children,
                               quiet ? now : now - PUT_OFF_MAX_NS);
        deadline_ns next_look = children_enforce(&forkserver->children, now);
        int found = events_next(&forkserver->events,
                                idle_ms(forkserver, now, next_look), &source);
        if (found > 0) {
            found = handle(forkserver, source, ret_call);
        }
        else if (found == 0 && is_prefork_due(forkserver, now)) {
            found = take_prefork(forkserver, 0, ret_call);
        }
        int error = found == FORKSERVER_CALL
                        ? children_reserve(&forkserver->children)
                        : 0;
        if (error != 0) {
            forkserver_refuse_call(ret_call, error);
            continue;
        }
        if (found != 0) {
            return found;
        }
    }
    return FORKSERVER_END;
}

/* Calls that wait in the socket or in the queue are closed unread. */
static void
retire(struct forkserver *forkserver)
{
    struct forkserver_call call;

    events_unwatch(&forkserver->events, &forkserver->server_source);
    fd_close(&forkserver->server);
    while (forkserver->queue.count > 0) {
        (void)take_prefork(forkserver, 0, &call);
        close_call(&call);
    }
}

static int
connect_init(const struct forkserver *forkserver, struct forkserver_call *call)
{
    int pair[2];

    if (forkserver->children.memory.ruler != MEMORY_WATCHED) {
        return 0;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return -errno;
    }
    call->init = pair[0];
    call->end_of_init = pair[1];
    return 0;
}

bool
forkserver_take_slot(struct forkserver *forkserver,
                     struct forkserver_call *call,
                     struct memory_slot **ret_slot)
{
    int error = memory_take(&forkserver->children.memory, ret_slot);

    if (error == 0 && forkserver->children.end_themselves) {
        error = connect_init(forkserver, call);
    }
    if (error == -ESHUTDOWN) {
        close_call(call);
        retire(forkserver);
    }
    else if (error != 0) {
        forkserver_refuse_call(call, error);
    }
    return error == 0;
}

void
forkserver_give_back(struct forkserver *forkserver, struct memory_slot *slot)
{
    memory_give_back(&forkserver->children.memory, slot);
}

int
forkserver_adopt(struct forkserver *forkserver, pid_t pid,
                 struct forkserver_call *call, struct memory_slot *slot)
{
    int error =
        children_adopt(&forkserver->children, pid, call->call.id,
                       fd_steal(&call->fds[1]), fd_steal(&call->init), slot);
    close_call(call);
    int unwatched = watch_server(forkserver);
    return error != 0 ? error : unwatched;
}
