/* The other side of a call under test: this program itself holds the far
 * ends, writes the part of a worker and its zygote, and then lets the call run
 * until something happened. */
#ifndef BOXED_CALL_PEER_H
#define BOXED_CALL_PEER_H

#include "extension/caller/call.h"
#include "extension/caller/call_send.h"

#include <dirent.h>
#include <sys/socket.h>

#include "test.h"

#define MAX_ANSWER 1000
#define SOON_MS    2000

static const char request[] = "request";

static struct call call;
static char output[CALL_OUTPUT_SIZE];
static int zygote, server;
static int far_ends[FRAME_CALL_FDS]; /* call, report, stdout, stderr */

/* Makes a call and announces it, wanting a standby for the next or not; what
 * its zygote was told. */
static inline struct frame_call
announce(bool prefork)
{
    int pair[2];
    struct frame_call announced;
    char control[CMSG_SPACE(sizeof(far_ends))];
    struct iovec body = {&announced, sizeof(announced)};
    struct msghdr got = {.msg_iov = &body,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof(control)};

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    server = pair[0];
    zygote = pair[1];
    memset(&call, 0, sizeof(call));
    call.max_answer = MAX_ANSWER;
    call.output = output;
    CHECK_EQUAL(call_prepare(&call), 0);
    CHECK_EQUAL(call_announce(&call, server, prefork), 0);
    CHECK_EQUAL(recvmsg(zygote, &got, 0), sizeof(announced));
    CHECK_EQUAL(announced.id, call.id);
    memcpy(far_ends, CMSG_DATA(CMSG_FIRSTHDR(&got)), sizeof(far_ends));
    return announced;
}

static inline void
begin(void)
{
    (void)announce(false);
}

/* As a worker does it that lives to run something. */
static inline void
read_request(void)
{
    char got[sizeof(struct frame_request) + sizeof(request)];
    call_set_request(&call, request, sizeof(request), -1, NULL);
    CHECK_EQUAL(call_send(&call), 0);
    CHECK_EQUAL(recv(far_ends[0], got, sizeof(got), 0), sizeof(got));
    CHECK_EQUAL(
        memcmp(got + sizeof(struct frame_request), request, sizeof(request)),
        0);
}

static inline void
close_far(int which)
{
    if (far_ends[which] >= 0) {
        (void)close(far_ends[which]);
    }
    far_ends[which] = -1;
}

static inline void
finish(void)
{
    for (int i = 0; i < FRAME_CALL_FDS; i++) {
        close_far(i);
    }
    (void)close(zygote);
    (void)close(server);
    call_close(&call);
    free(call.body);
    call.body = NULL;
}

static inline void
say(int which, const void *data, size_t size)
{
    CHECK_EQUAL(send(far_ends[which], data, size, MSG_NOSIGNAL), size);
}

static inline void
print(int which, const void *data, size_t size)
{
    CHECK_EQUAL(write(far_ends[which], data, size), size);
}

static inline struct frame_header
header_of(size_t size)
{
    return (struct frame_header){FRAME_MAGIC, FRAME_VALUE, call.id, size, 0};
}

static inline void
report(int status)
{
    struct frame_report one = {
        .magic = FRAME_MAGIC, .status = status, .id = call.id};
    say(1, &one, sizeof(one));
}

/* As the extension does it: memory for the body as soon as it is known. */
static inline int
step(int64_t ms)
{
    deadline_ns deadline = deadline_after_ms(ms);
    for (;;) {
        int event = call_step(&call, deadline, NULL);
        if (event != CALL_BODY) {
            return event;
        }
        CHECK(call.header.size <=
              (call.header.kind == FRAME_VALUE ? MAX_ANSWER : FRAME_MAX_TOLD));
        call_set_body(&call, malloc(call.header.size));
    }
}

static struct call_watch watch;

/* The same without waiting: what an event loop does. */
static inline int
one_step(void)
{
    for (;;) {
        int event = call_step(&call, DEADLINE_NEVER, &watch);
        if (event != CALL_BODY) {
            return event;
        }
        call_set_body(&call, malloc(call.header.size));
    }
}

static inline int
count_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

#endif
