/* Step 7: the keeper makes cgroups for the sandbox's calls, and removes them.
 *
 * A child that stays the caller and gives its capabilities up, as the
 * collector does; but it stays until the sandbox has ended.  So no process
 * inside has a right to any cgroup, each call gets one that the kernel counts
 * all its memory in, and none is left behind, however the caller ends.  It
 * answers the zygote, which runs no guest's code; what it may be asked is in
 * shared/memory_slot.h.  Where there is nothing for it to do, it says so and
 * ends. */
#include "launcher/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher/slots.h"
#include "shared/fd.h"
#include "shared/memory_slot.h"
#include "shared/rights.h"
#include "shared/shortage.h"

/* Numbers of slots: more than a zygote has workers. */
#define MOST_SLOTS (1u << 20)

/* Where the keeper finds its end. */
#define ZYGOTE_FD 0

/* Without all files the other side could not tell them apart. */
static int
send_answer(struct memory_slot_answer *answer, int *fds)
{
    int null = -1, sent[MEMORY_SLOT_FILES];
    size_t count = fds == NULL ? 0 : MEMORY_SLOT_FILES;

    for (size_t i = 0; i < count; i++) {
        if (fds[i] < 0 && null < 0) {
            null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        }
        sent[i] = fds[i] < 0 ? null : fds[i];
    }
    const struct rights message = {answer, sizeof(*answer), sent, count};
    struct shortage shortage = {.error = 0};
    ssize_t put = rights_send(ZYGOTE_FD, &message, 0);
    while (put < 0 && shortage_wait(&shortage, (int)-put) == 0) {
        put = rights_send(ZYGOTE_FD, &message, 0);
    }
    fd_close(&null);
    return put < 0 ? (int)put : 0;
}

static int
make_slot(struct slots *slots, const struct memory_slot_question *question)
{
    int fds[MEMORY_SLOT_FILES] = {-1, -1, -1, -1, -1};
    struct shortage shortage = {.error = 0};
    struct memory_slot_answer answer = {
        .magic = MEMORY_SLOT_MAGIC,
        .ruler = slots->base.ruler,
        .number = question->number,
    };

    int error = slots_make(slots, question->number, question->limit, fds);
    while (error != 0 && shortage_wait(&shortage, -error) == 0) {
        error = slots_make(slots, question->number, question->limit, fds);
    }
    answer.error = -error;
    int sent = send_answer(&answer, error == 0 ? fds : NULL);
    for (int i = 0; i < MEMORY_SLOT_FILES; i++) {
        fd_close(&fds[i]);
    }
    return sent;
}

/* Until the zygote and whatever it forked have closed their ends. */
static void
answer_questions(struct slots *slots)
{
    struct memory_slot_question question;

    for (;;) {
        ssize_t got = recv(ZYGOTE_FD, &question, sizeof(question), 0);
        if (got < 0 && (errno == EINTR || shortage_is(errno))) {
            shortage_pause();
            continue;
        }
        if (got != (ssize_t)sizeof(question) ||
            question.magic != MEMORY_SLOT_MAGIC ||
            question.number >= MOST_SLOTS) {
            return;
        }
        if (question.ask == MEMORY_SLOT_DROP) {
            slots_drop(slots, question.number);
        }
        else if (question.ask == MEMORY_SLOT_LOWER) {
            slots_lower(slots, question.number, question.limit);
        }
        else if (make_slot(slots, &question) != 0) {
            return;
        }
    }
}

/* Version 1 lets a process be moved by root, or by its own user
 * (cgroup1_procs_write, kernel/cgroup/cgroup-v1.c). */
static bool
may_enter(const struct order *order, enum memory_ruler ruler)
{
    return ruler == MEMORY_CGROUP2 || geteuid() == 0 ||
           !order_tier_takes_uid(order->tier);
}

/* 0, or the errno for which there can be none.  That the kernel is short of
 * something is no such reason: then there is no sandbox. */
static int
open_slots(const struct order *order, pid_t caller, pid_t launcher,
           struct slots *ret_slots)
{
    struct shortage shortage = {.error = 0};
    int error = slots_open(caller, launcher, ret_slots);

    while (error != 0 && shortage_wait(&shortage, -error) == 0) {
        error = slots_open(caller, launcher, ret_slots);
    }
    if (shortage_is(-error)) {
        die_with(STAGE_MEMORY, -error, 0);
    }
    if (error == 0 && !may_enter(order, ret_slots->base.ruler)) {
        slots_close(ret_slots);
        error = -EPERM;
    }
    return -error;
}

/* All descriptors go but its end of the pair, and the control socket. */
static int
keep_descriptors(int socket)
{
    return dup2(socket, ZYGOTE_FD) < 0 ||
                   syscall(SYS_close_range, ZYGOTE_FD + 1u, ORDER_FD - 1u,
                           0u) != 0 ||
                   syscall(SYS_close_range, ORDER_FD + 1u, ~0u, 0u) != 0
               ? -1
               : 0;
}

static _Noreturn void
keep(int socket, const struct order *order, pid_t caller, pid_t launcher)
{
    struct slots slots;
    struct memory_slot_answer first = {.magic = MEMORY_SLOT_MAGIC};

    capabilities_forget();
    /* The terminal's signals are for the caller; the name is for whoever looks
     * at processes. */
    if (prctl(PR_SET_NAME, "boxed_keeper", 0, 0, 0) != 0 || setsid() < 0 ||
        keep_descriptors(socket) != 0) {
        die(STAGE_MEMORY);
    }
    first.error = open_slots(order, caller, launcher, &slots);
    (void)close(ORDER_FD);
    if (first.error != 0) {
        _exit(send_answer(&first, NULL) == 0 ? 0 : STAGE_EXIT);
    }
    first.ruler = slots.base.ruler;
    if (send_answer(&first, NULL) == 0) {
        answer_questions(&slots);
    }
    slots_close(&slots);
    _exit(0);
}

/* Left unread for the zygote. */
void
keeper_await(const struct order *order)
{
    struct memory_slot_answer first;
    ssize_t got;

    do {
        got = recv(order->keeper_socket, &first, sizeof(first), MSG_PEEK);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof(first) || first.magic != MEMORY_SLOT_MAGIC) {
        die_with(STAGE_MEMORY, ESHUTDOWN, 0);
    }
}

void
keeper_run(struct order *order)
{
    pid_t caller = getppid(), launcher = getpid();
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        die(STAGE_MEMORY);
    }
    pid_t keeper = fork();
    if (keeper < 0) {
        die(STAGE_MEMORY);
    }
    if (keeper == 0) {
        keep(pair[1], order, caller, launcher);
    }
    (void)close(pair[1]);
    order->keeper = keeper;
    order->keeper_socket = pair[0];
}
