/* Has workers take turns in slots, and tells what each of them used.
 *
 * Runs in the zygote, for children.c and python/method_serve.c, and for one
 * system call in a fresh fork.  The zygote has no right to any cgroup: it has
 * files that the keeper opened, which it writes "0" and "0" alone to, and
 * which a worker closes before any code of the guest's runs.  A move by the
 * thread itself, of itself, is the one that waits for nobody in the kernel
 * (cgroup_procs_write_start, kernel/cgroup/cgroup.c). */
#include "extension/zygote/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/fd.h"
#include "shared/rights.h"
#include "shared/shortage.h"

/* What a slot may still hold of those that were in it: what the kernel keeps
 * for itself.  One with more waits for whoever has the rest, such as the
 * caller an answer's store; it is not used again. */
#define LEFT_OVER (4ull * 1024 * 1024)

/* Where a peak cannot begin anew, a slot is used again only if it was no more
 * than this part of the limit. */
#define LOW_PEAK 8

struct memory_slot {
    uint32_t number;
    uint64_t limit;
    int files[MEMORY_SLOT_FILES];
    bool begins_anew;           /* its peak is of one worker */
    uint64_t peak, full, kills; /* when the worker began */
    struct memory_slot *next;
};

/* All of a small file, as a string; empty where it cannot be read. */
static void
read_text(int fd, char *text, size_t size)
{
    ssize_t got = pread(fd, text, size - 1, 0);
    text[got > 0 ? got : 0] = '\0';
}

static uint64_t
read_number(int fd)
{
    char text[32];

    read_text(fd, text, sizeof(text));
    return strtoull(text, NULL, 10);
}

/* Of lines with a word and a number, that of one word. */
static uint64_t
number_of(const char *text, const char *word)
{
    size_t length = strlen(word);

    while (text != NULL && *text != '\0') {
        if (strncmp(text, word, length) == 0 && text[length] == ' ') {
            return strtoull(text + length, NULL, 10);
        }
        text = strchr(text, '\n');
        text += text != NULL;
    }
    return 0;
}

/* How often the limit was reached, and how many processes that ended. */
static void
read_events(const struct memory *memory, const struct memory_slot *slot,
            uint64_t *ret_full, uint64_t *ret_kills)
{
    char text[512];

    read_text(slot->files[MEMORY_SLOT_KILLS], text, sizeof(text));
    *ret_kills = number_of(text, "oom_kill");
    *ret_full = memory->ruler == MEMORY_CGROUP1
                    ? read_number(slot->files[MEMORY_SLOT_FULL])
                    : number_of(text, "max");
}

static int
ask(const struct memory *memory, enum memory_slot_ask what, uint32_t number,
    uint64_t limit)
{
    const struct memory_slot_question question = {
        .magic = MEMORY_SLOT_MAGIC,
        .ask = what,
        .number = number,
        .limit = limit,
    };
    struct shortage shortage = {.error = 0};

    while (send(memory->keeper, &question, sizeof(question), MSG_NOSIGNAL) <
           0) {
        int error = errno == EINTR ? 0 : shortage_wait(&shortage, errno);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static bool
has_slots(const struct memory *memory)
{
    return memory->ruler == MEMORY_CGROUP1 || memory->ruler == MEMORY_CGROUP2;
}

uint64_t
memory_limit_of(const struct memory *memory, uint64_t granted)
{
    return memory->limit == 0 || granted >= memory->granted
               ? memory->limit
               : memory->limit - (memory->granted - granted);
}

static void
ask_for_slot(struct memory *memory)
{
    memory->asked =
        ask(memory, MEMORY_SLOT_MAKE, memory->slots, memory->limit) == 0;
}

static int
hear(int keeper, struct memory_slot_answer *ret_answer, int *fds,
     size_t *ret_count)
{
    struct rights message = {ret_answer, sizeof(*ret_answer), fds,
                             MEMORY_SLOT_FILES};
    struct shortage shortage = {.error = 0};
    ssize_t got;

    do {
        message.count = MEMORY_SLOT_FILES;
        got = rights_receive(keeper, &message, 0);
    } while (got < 0 && shortage_wait(&shortage, (int)-got) == 0);
    *ret_count = got < 0 ? 0 : message.count;
    return got == (ssize_t)sizeof(*ret_answer) &&
                   ret_answer->magic == MEMORY_SLOT_MAGIC
               ? 0
               : -ESHUTDOWN;
}

int
memory_hear_ruler(int keeper, enum memory_ruler *ret_ruler, int *ret_why)
{
    struct memory_slot_answer answer;
    int fds[MEMORY_SLOT_FILES];
    size_t count;

    int error = hear(keeper, &answer, fds, &count);
    if (error != 0 || count != 0 || answer.ruler > MEMORY_CGROUP2) {
        return -ESHUTDOWN;
    }
    *ret_ruler = (enum memory_ruler)answer.ruler;
    *ret_why = answer.error;
    return 0;
}

void
memory_begin(struct memory *memory, int keeper, enum memory_ruler ruler,
             uint64_t granted, uint64_t limit)
{
    *memory = (struct memory){
        .keeper = keeper,
        .granted = granted,
        .limit = limit,
        .ruler = ruler,
    };
    (void)fcntl(keeper, F_SETFD, FD_CLOEXEC);
    if (!has_slots(memory)) {
        fd_close(&memory->keeper);
    }
    else {
        ask_for_slot(memory);
    }
}

static void
forget(struct memory *memory, struct memory_slot *slot)
{
    (void)ask(memory, MEMORY_SLOT_DROP, slot->number, 0);
    for (int i = 0; i < MEMORY_SLOT_FILES; i++) {
        fd_close(&slot->files[i]);
    }
    free(slot);
}

/* Begins to count.  -EBUSY: more than nearly nothing is in it, or what a
 * worker will have cannot be told from what others had.  -ESHUTDOWN: there is
 * no such group any more.  Its keeper was ended by somebody else, and the next
 * sandbox's has removed what it left. */
static int
begin(const struct memory *memory, struct memory_slot *slot)
{
    int peak = slot->files[MEMORY_SLOT_PEAK];
    char now[32];

    slot->begins_anew = pwrite(peak, "0", 1, 0) == 1;
    slot->peak = read_number(peak);
    read_events(memory, slot, &slot->full, &slot->kills);
    read_text(slot->files[MEMORY_SLOT_NOW], now, sizeof(now));
    if (now[0] == '\0') {
        return -ESHUTDOWN;
    }
    return strtoull(now, NULL, 10) <= LEFT_OVER &&
                   (slot->begins_anew ||
                    slot->peak <= memory->limit / LOW_PEAK)
               ? 0
               : -EBUSY;
}

/* The slot that was asked for. */
static int
hear_slot(struct memory *memory, struct memory_slot **ret_slot)
{
    struct memory_slot_answer answer;
    struct memory_slot *slot = malloc(sizeof(*slot));
    size_t count;

    if (slot == NULL) {
        return -ENOMEM;
    }
    int error = hear(memory->keeper, &answer, slot->files, &count);
    if (error != 0) {
        free(slot);
        return error;
    }
    memory->asked = false;
    slot->number = answer.number;
    slot->limit = memory->limit;
    memory->slots = answer.number + 1;
    if (answer.error == 0 && count == MEMORY_SLOT_FILES) {
        if (begin(memory, slot) == -ESHUTDOWN) {
            forget(memory, slot);
            return -ESHUTDOWN;
        }
        *ret_slot = slot;
        return 0;
    }
    for (size_t i = count; i < MEMORY_SLOT_FILES; i++) {
        slot->files[i] = -1;
    }
    forget(memory, slot);
    return answer.error != 0 ? -answer.error : -EMFILE;
}

int
memory_take(struct memory *memory, struct memory_slot **ret_slot)
{
    *ret_slot = NULL;
    if (!has_slots(memory)) {
        return 0;
    }
    while (memory->first != NULL) {
        struct memory_slot *slot = memory->first;
        memory->first = slot->next;
        if (begin(memory, slot) == 0) {
            *ret_slot = slot;
            return 0;
        }
        forget(memory, slot);
    }
    if (!memory->asked) {
        ask_for_slot(memory);
    }
    return memory->asked ? hear_slot(memory, ret_slot) : -ESHUTDOWN;
}

int
memory_lower(struct memory *memory, struct memory_slot *slot, uint64_t limit)
{
    if (limit < slot->limit) {
        slot->limit = limit;
        (void)ask(memory, MEMORY_SLOT_LOWER, slot->number, limit);
    }
    return slot->files[MEMORY_SLOT_NOW];
}

int
memory_enter(const struct memory_slot *slot)
{
    return write(slot->files[MEMORY_SLOT_ENTER], "0", 1) == 1 ? 0 : -errno;
}

static uint64_t
above(uint64_t number, uint64_t base)
{
    return number > base ? number - base : 0;
}

/* What it had at its height, without what is still there now: that is files'
 * contents, which the kernel keeps as long as nobody needs the room, and not
 * what the call could not do without. */
static uint64_t
most_had(const struct memory_slot *slot)
{
    uint64_t peak = read_number(slot->files[MEMORY_SLOT_PEAK]);

    /* One of all workers that were in the slot is this one's if it is higher
     * than before. */
    return slot->begins_anew || peak > slot->peak
               ? above(peak, read_number(slot->files[MEMORY_SLOT_NOW]))
               : 0;
}

/* Of a single process: contents of a file that the call itself removed are
 * gone as well, and were never its own. */
static uint64_t
least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

void
memory_measure(const struct memory *memory, const struct memory_slot *slot,
               bool is_alone, struct frame_report *report)
{
    uint64_t resident = report->max_rss_kb * 1024;
    struct rusage own;
    uint64_t full, kills;

    report->memory_ruled_by = memory->ruler;
    if (slot == NULL) {
        /* A fork begins with what the zygote has. */
        (void)getrusage(RUSAGE_SELF, &own);
        report->peak_memory = above(resident, (uint64_t)own.ru_maxrss * 1024);
        return;
    }
    read_events(memory, slot, &full, &kills);
    report->memory_limit = slot->limit;
    report->memory_full = above(full, slot->full);
    report->oom_kills = above(kills, slot->kills);
    report->peak_memory = most_had(slot);
    if (report->memory_full > 0 && report->oom_kills > 0) {
        /* It had given files' contents up by then. */
        report->peak_memory = read_number(slot->files[MEMORY_SLOT_PEAK]);
    }
    else if (is_alone) {
        report->peak_memory = least(report->peak_memory, resident);
    }
}

void
memory_give_back(struct memory *memory, struct memory_slot *slot)
{
    if (slot == NULL) {
        return;
    }
    if (slot->limit != memory->limit) {
        /* Nobody else is to have so little. */
        forget(memory, slot);
        return;
    }
    slot->next = NULL;
    *(memory->first != NULL ? &memory->last->next : &memory->first) = slot;
    memory->last = slot;
}
