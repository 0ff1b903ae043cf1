/* Ends workers that have more memory than they may, where no limit of the
 * kernel's is of all of it.
 *
 * Runs in the zygote, for children.c, unprivileged; system calls only.  The
 * file that tells it is opened by the supervisor (shared/memory_look.h), and
 * stays that process's.  Where a call has several, their init counts
 * (worker/memory_count.c): it is told the limit, and tells what it saw.
 *
 * Nothing in the guest takes part, so there is nothing that it could disarm;
 * one that lets nobody look, as by ending its first thread, is ended. */
#include "extension/zygote/memory_watch.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/fd.h"
#include "shared/memory_look.h"
#include "extension/worker/memory_status.h"
#include "shared/rights.h"
#include "shared/shortage.h"

/* The limit of a cgroup is lowered meanwhile, and has the kernel give files'
 * contents up. */
#define FIRST_LOOK_AT_CGROUP_NS ((deadline_ns)100000000)

static int
ask(int looks, pid_t pid)
{
    const struct memory_look_question question = {
        .magic = MEMORY_LOOK_MAGIC,
        .pid = pid,
    };
    struct shortage shortage = {.error = 0};

    while (send(looks, &question, sizeof(question), MSG_NOSIGNAL) < 0) {
        int error = errno == EINTR ? 0 : shortage_wait(&shortage, errno);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

/* The status file of a process, or -errno. */
static int
open_account(int looks, pid_t pid)
{
    struct memory_look_answer answer;
    int account = -1;
    struct rights message = {&answer, sizeof(answer), &account, 1};
    struct shortage shortage = {.error = 0};
    ssize_t got;

    int error = ask(looks, pid);
    if (error != 0) {
        return error;
    }
    do {
        message.count = 1;
        got = rights_receive(looks, &message, 0);
    } while (got < 0 &&
             (got == -EINTR || shortage_wait(&shortage, (int)-got) == 0));
    if (got != (ssize_t)sizeof(answer) || answer.magic != MEMORY_LOOK_MAGIC) {
        return -ESHUTDOWN;
    }
    if (answer.error != 0) {
        return -answer.error;
    }
    return message.count == 1 ? account : -EMFILE;
}

static int
read_group(int account, uint64_t *ret_bytes)
{
    char text[32];
    ssize_t got = pread(account, text, sizeof(text) - 1, 0);

    if (got < 0) {
        return -errno;
    }
    text[got] = '\0';
    *ret_bytes = strtoull(text, NULL, 10);
    return 0;
}

static int
look(const struct memory_watches *watches, struct memory_watch *watch,
     uint64_t *ret_bytes)
{
    struct memory_status status;

    if (watch->of_cgroup) {
        return read_group(watch->account, ret_bytes);
    }
    if (watch->account < 0) {
        int account = open_account(watches->looks, watch->pid);
        if (account < 0) {
            return account;
        }
        watch->account = account;
    }
    int error = memory_status_read(watch->account, &status);
    *ret_bytes = error == 0 ? status.bytes : 0;
    return error;
}

bool
memory_watch_is_possible(int looks)
{
    struct memory_status status;
    cleanup_close int account = open_account(looks, getpid());

    return account >= 0 && memory_status_read(account, &status) == 0;
}

void
memory_watch_have_init(struct memory_watch *watch, int init, uint64_t limit)
{
    const struct frame_memory most = {.magic = FRAME_MAGIC, .bytes = limit};
    struct shortage shortage = {.error = 0};

    if (watch->limit != 0 || limit == 0) {
        return;
    }
    watch->limit = limit;
    while (send(init, &most, sizeof(most), MSG_NOSIGNAL) < 0 &&
           shortage_wait(&shortage, errno) == 0) {
    }
}

void
memory_watch_hear_init(struct memory_watch *watch, int init)
{
    struct frame_memory seen;

    if (recv(init, &seen, sizeof(seen), MSG_DONTWAIT) ==
            (ssize_t)sizeof(seen) &&
        seen.magic == FRAME_MAGIC) {
        watch->most = seen.bytes;
        watch->ended = seen.ended != 0;
    }
}

void
memory_watch_begin(struct memory_watches *watches, struct memory_watch *watch,
                   pid_t pid, uint64_t limit, int account)
{
    if (watch->limit != 0 || limit == 0) {
        return;
    }
    *watch = (struct memory_watch){
        .limit = limit,
        .pid = pid,
        .account = account,
        .of_cgroup = account >= 0,
        .after = watches->first,
    };
    watch->next_look =
        deadline_now() +
        (watch->of_cgroup ? FIRST_LOOK_AT_CGROUP_NS : MEMORY_FIRST_LOOK_NS);
    if (watches->first != NULL) {
        watches->first->before = watch;
    }
    watches->first = watch;
}

static bool
is_watched(const struct memory_watches *watches,
           const struct memory_watch *watch)
{
    return watches->first == watch || watch->before != NULL;
}

void
memory_watch_end(struct memory_watches *watches, struct memory_watch *watch)
{
    if (!is_watched(watches, watch)) {
        return;
    }
    *(watch->before != NULL ? &watch->before->after : &watches->first) =
        watch->after;
    if (watch->after != NULL) {
        watch->after->before = watch->before;
    }
    watch->before = watch->after = NULL;
    if (!watch->of_cgroup) {
        fd_close(&watch->account);
    }
}

/* Whether it goes on.  Where the kernel is short of something, it is looked at
 * again soon. */
static bool
look_after(const struct memory_watches *watches, struct memory_watch *watch,
           deadline_ns now)
{
    uint64_t bytes = 0;
    int error = look(watches, watch, &bytes);

    watch->next_look = now + MEMORY_LOOK_LEAST_NS;
    if (error != 0) {
        return shortage_is(-error);
    }
    if (bytes > watch->most) {
        watch->most = bytes;
    }
    watch->ended = bytes > watch->limit;
    if (watch->ended) {
        return false;
    }
    watch->next_look = now + memory_status_wait(watch->limit - bytes);
    return true;
}

deadline_ns
memory_watch_enforce(struct memory_watches *watches, deadline_ns now)
{
    struct memory_watch *after;
    deadline_ns next = DEADLINE_NEVER;

    for (struct memory_watch *watch = watches->first; watch != NULL;
         watch = after) {
        after = watch->after;
        if (now >= watch->next_look && !look_after(watches, watch, now)) {
            /* Not reaped yet, so the pid is still its own. */
            (void)kill(watch->pid, SIGKILL);
            memory_watch_end(watches, watch);
            continue;
        }
        if (watch->next_look < next) {
            next = watch->next_look;
        }
    }
    return next;
}

void
memory_watch_report(const struct memory_watch *watch,
                    struct frame_report *report)
{
    if (watch->limit == 0) {
        return;
    }
    report->memory_limit = watch->limit;
    if (watch->ended) {
        report->memory_full++;
        report->oom_kills++;
        if (watch->most > report->peak_memory) {
            report->peak_memory = watch->most;
        }
    }
}
