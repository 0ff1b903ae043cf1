/* Of step 14: opens for the zygote what the kernel tells of a worker's memory.
 *
 * Runs in the supervisor, unprivileged.  It has a view of /proc that neither
 * zygote nor guest has: without hidepid where there is a pid namespace, and
 * without Landlock elsewhere.  An open file stays that of one process, also
 * when another has its number; and the status of a process tells nothing that
 * the zygote, which made it, could not know. */
#include "launcher/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "shared/decimal.h"
#include "shared/fd.h"
#include "shared/memory_look.h"
#include "shared/rights.h"
#include "shared/shortage.h"

static int
open_status(int proc, pid_t pid)
{
    char number[DECIMAL_SIZE];
    cleanup_close int directory =
        openat(proc, decimal((uint64_t)pid, number), O_PATH | O_CLOEXEC);
    int fd =
        directory < 0 ? -1 : openat(directory, "status", O_RDONLY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

/* Without the file where the kernel is short of something for it.  Of what the
 * user has in flight, unix(7), that may be descriptors of calls which the
 * zygote takes in as soon as it has its answer: so waiting here would be in
 * vain, and it asks again. */
static bool
send_answer(int socket, struct memory_look_answer *answer, int status)
{
    struct rights message = {answer, sizeof(*answer), &status,
                             status < 0 ? 0 : 1};
    struct shortage shortage = {.error = 0};
    ssize_t put = rights_send(socket, &message, 0);

    if (put < 0 && message.count > 0 && shortage_is((int)-put)) {
        answer->error = (int)-put;
        message.count = 0;
        put = rights_send(socket, &message, 0);
    }
    while (put < 0 && shortage_wait(&shortage, (int)-put) == 0) {
        put = rights_send(socket, &message, 0);
    }
    return put >= 0;
}

bool
looks_answer(int socket, int proc)
{
    struct memory_look_question question;
    struct memory_look_answer answer = {.magic = MEMORY_LOOK_MAGIC};
    ssize_t got = recv(socket, &question, sizeof(question), MSG_DONTWAIT);

    if (got < 0 && (errno == EINTR || errno == EAGAIN || shortage_is(errno))) {
        return true;
    }
    if (got != (ssize_t)sizeof(question) ||
        question.magic != MEMORY_LOOK_MAGIC || question.pid <= 0) {
        return false;
    }
    cleanup_close int status = open_status(proc, question.pid);
    answer.error = status < 0 ? -status : 0;
    return send_answer(socket, &answer, status);
}

void
looks_prepare(struct order *order)
{
    int pair[2];

    if (order->proc < 0) {
        order->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    /* Where there is none, no process can be looked at, and the zygote is
     * told so. */
    if (order->proc < 0 && shortage_is(errno)) {
        die(STAGE_MEMORY);
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        die(STAGE_MEMORY);
    }
    order->looks = pair[0];
    order->looks_of_zygote = pair[1];
}
