/* Lets a call make as many processes as it may have: answers each thread that
 * wants to make one, by a count of those that are there.
 *
 * RLIMIT_NPROC counts threads and processes as one, so it cannot bound the
 * processes of a call that may have threads.  Runs in the init of the call's
 * pid namespace, in C in a fresh fork; async-signal-safe.
 *
 * A process that was let pass shows in /proc only once it is made.  Until then
 * it is expected, and counts.  It is not expected for ever, since making it
 * can fail, and it can be gone before it was seen: what does not show within a
 * time that is long for the kernel counts no more.  A guest can make one that
 * takes longer, on a processor that its threads keep busy.  So after one that
 * did not show, processes are counted again and again, and those that are too
 * many are ended. */
#include "extension/worker/process_limit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <linux/seccomp.h>

#include "shared/listing.h"

#define LONG_ENOUGH ((deadline_ns)50 * 1000000)

/* 0 for what is not a process. */
static pid_t
number(const char *name)
{
    pid_t pid = 0;

    for (; *name >= '0' && *name <= '9'; name++) {
        pid = pid * 10 + (*name - '0');
    }
    return *name == '\0' ? pid : 0;
}

static bool
was_seen(const struct process_limit *limit, pid_t pid)
{
    for (size_t i = 0; i < limit->count; i++) {
        if (limit->seen[i] == pid) {
            return true;
        }
    }
    return false;
}

/* The processes of the namespace but the one that counts, which is pid 1.
 * Returns how many, PROCESS_LIMIT_MAX if there are more or it cannot be told.
 */
static size_t
look(const struct process_limit *limit, pid_t *ret_seen)
{
    struct listing listing = {.fd = limit->proc};
    const struct listed *entry;
    size_t count = 0;
    int found;

    if (lseek(limit->proc, 0, SEEK_SET) != 0) {
        return PROCESS_LIMIT_MAX;
    }
    while ((found = listing_next(&listing, &entry)) == 1) {
        pid_t pid = number(entry->name);

        if (pid <= 1) {
            continue;
        }
        if (count == PROCESS_LIMIT_MAX) {
            return count;
        }
        ret_seen[count++] = pid;
    }
    return found < 0 ? PROCESS_LIMIT_MAX : count;
}

/* One that appeared, if any did, is taken for this one. */
static void
forget(struct process_limit *limit, size_t index)
{
    struct expected *gone = &limit->expected[index];

    limit->waiting--;
    limit->appeared -= limit->appeared > 0;
    memmove(gone, gone + 1, (limit->waiting - index) * sizeof(*gone));
}

/* Forgets those that are expected no more. */
static void
revise(struct process_limit *limit, pid_t asker)
{
    deadline_ns oldest = deadline_now() - LONG_ENOUGH;

    if (limit->appeared > limit->waiting) {
        limit->appeared = limit->waiting;
    }
    for (size_t i = limit->waiting; i > 0; i--) {
        if (limit->expected[i - 1].asker == asker) {
            forget(limit, i - 1);
        }
    }
    while (limit->waiting > 0 && limit->expected[0].since < oldest) {
        limit->in_doubt |= limit->waiting > limit->appeared;
        forget(limit, 0);
    }
}

/* Looks once, and takes note: how many more there can be, those that are
 * expected among them. */
static size_t
room(struct process_limit *limit, pid_t asker)
{
    pid_t seen[PROCESS_LIMIT_MAX];
    size_t count = look(limit, seen);

    if (count >= PROCESS_LIMIT_MAX) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        limit->appeared += !was_seen(limit, seen[i]);
    }
    memcpy(limit->seen, seen, count * sizeof(seen[0]));
    limit->count = count;
    revise(limit, asker);
    return count < limit->most ? limit->most - count : 0;
}

/* Where the answer depends on those that are expected, waits for them: another
 * thread's child that was gone at once must not keep this thread from having
 * its own. */
static bool
has_room(struct process_limit *limit, pid_t asker)
{
    static const struct timespec moment = {.tv_nsec = 1000000};
    size_t left;

    while ((left = room(limit, asker)) > 0) {
        if (left > limit->waiting - limit->appeared &&
            limit->waiting < PROCESS_LIMIT_MAX) {
            limit->expected[limit->waiting++] =
                (struct expected){asker, deadline_now()};
            return true;
        }
        (void)nanosleep(&moment, NULL);
    }
    return false;
}

void
process_limit_enforce(const struct process_limit *limit)
{
    pid_t seen[PROCESS_LIMIT_MAX];
    size_t count = limit->in_doubt ? look(limit, seen) : 0;

    /* In the order of their numbers: the worker is never among the last. */
    for (size_t i = limit->most; count < PROCESS_LIMIT_MAX && i < count; i++) {
        (void)kill(seen[i], SIGKILL);
    }
}

/* Newer kernels may have longer ones, of which the rest is zero. */
union question {
    struct seccomp_notif it;
    char room[512];
};
union answer {
    struct seccomp_notif_resp it;
    char room[512];
};

void
process_limit_answer(struct process_limit *limit)
{
    union question question;
    union answer answer;

    memset(&question, 0, sizeof(question));
    memset(&answer, 0, sizeof(answer));
    if (ioctl(limit->listener, SECCOMP_IOCTL_NOTIF_RECV, &question) != 0) {
        return;
    }
    answer.it.id = question.it.id;
    if (has_room(limit, (pid_t)question.it.pid)) {
        answer.it.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    }
    else {
        answer.it.error = -EAGAIN;
    }
    (void)ioctl(limit->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}
