/* Compiles the tables of syscall_table.c to a seccomp filter and installs it.
 *
 * Runs in the launcher for the zygote, and in each worker.  Needs no
 * privilege.  Every function may run after fork in a process that had threads:
 * no allocation, no locks, no stdio, only raw system calls.
 *
 * The filter, in this order: kill on a foreign architecture; a binary search
 * by the number of the call over runs of numbers with one and the same answer;
 * at its leaves that answer, or the checks of the call's arguments.  Each
 * process compiles its own, which takes some microseconds, because its pid is
 * part of it. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "confine/seccomp.h"
#include "confine/syscall_table.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

#define NUMBERS 512 /* more than the highest known number */

#define REFUSED (SECCOMP_RET_ERRNO | EPERM)
#define UNKNOWN (SECCOMP_RET_ERRNO | ENOSYS)

/* Instructions are emitted from the last to the first: a jump can only lead
 * forward, so where it leads is always known when it is emitted.  A place is
 * an index in `code`. */
#define ACTIONS 12 /* more than there are different ones */

struct compiler {
    struct sock_filter *code;
    size_t first;    /* place of the latest instruction */
    size_t overflow; /* how many found no room */
    unsigned scope;
    unsigned below; /* the scope of a filter that stands already, or 0 */
    uint32_t pid;
    struct answer {
        uint32_t action;
        size_t place; /* 0: not emitted yet */
    } answers[ACTIONS];
};

/* Numbers from `first` up to the next run; `checked` calls have their own. */
struct run {
    uint32_t first;
    uint32_t action;
    bool checked;
};

/* The reach of a conditional jump is 255; one is kept for a second detour. */
#define REACH 254

static size_t
emit(struct compiler *c, unsigned code, uint32_t k, size_t yes, size_t no)
{
    if (c->first == 0) {
        c->overflow++;
        return 0;
    }
    c->code[--c->first] =
        (struct sock_filter){(uint16_t)code, (uint8_t)yes, (uint8_t)no, k};
    return c->first;
}

/* The place itself, or that of an unconditional jump to it within reach. */
static size_t
near(struct compiler *c, size_t place)
{
    size_t distance = place - c->first;

    if (distance <= REACH) {
        return place;
    }
    return emit(c, BPF_JMP | BPF_JA, (uint32_t)distance, 0, 0);
}

static size_t
emit_jump(struct compiler *c, unsigned test, uint32_t k, size_t yes, size_t no)
{
    yes = near(c, yes);
    no = near(c, no);
    return emit(c, BPF_JMP | test | BPF_K, k, yes - c->first, no - c->first);
}

static size_t
emit_load(struct compiler *c, size_t offset)
{
    return emit(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* One return for each action serves all the jumps within reach. */
static size_t
answer(struct compiler *c, uint32_t action)
{
    struct answer *a = c->answers;
    struct answer *last = &c->answers[ACTIONS - 1];

    while (a < last && a->place != 0 && a->action != action) {
        a++;
    }
    if (a->action != action || a->place == 0 ||
        a->place - c->first > REACH - 2) {
        a->action = action;
        a->place = emit(c, BPF_RET | BPF_K, action, 0, 0);
    }
    return a->place;
}

static size_t
emit_check(struct compiler *c, const struct syscall_check *check, size_t pass,
           size_t fail)
{
    for (size_t i = check->count; i > 0; i--) {
        fail = emit_jump(c, BPF_JEQ, check->values[i - 1], pass, fail);
    }
    if (check->own_pid) {
        (void)emit_jump(c, BPF_JEQ, c->pid, pass, fail);
    }
    if (check->mask != UINT32_MAX) {
        emit(c, BPF_ALU | BPF_AND | BPF_K, check->mask, 0, 0);
    }
    /* The low half: both architectures are little-endian. */
    return emit_load(c, offsetof(struct seccomp_data, args[check->argument]));
}

static size_t
emit_rule(struct compiler *c, const struct syscall_rule *rule, size_t fail)
{
    size_t pass = answer(c, rule->action);

    for (size_t i = SYSCALL_CHECKS; i > 0; i--) {
        if (rule->checks[i - 1].mask != 0) {
            pass = emit_check(c, &rule->checks[i - 1], pass, fail);
        }
    }
    return pass;
}

/* Whether the table counts for a scope. */
static bool
applies(unsigned scope, const struct syscall_table *table)
{
    return (table->scope & ~scope) == 0;
}

static size_t
emit_rules_of(struct compiler *c, uint32_t number)
{
    size_t place = answer(c, REFUSED);

    for (size_t t = syscall_tables_count; t > 0; t--) {
        const struct syscall_table *table = &syscall_tables[t - 1];

        for (size_t i = table->rules->count; applies(c->scope, table) && i > 0;
             i--) {
            if (table->rules->list[i - 1].number == number) {
                place = emit_rule(c, &table->rules->list[i - 1], place);
            }
        }
    }
    return place;
}

static size_t
emit_search(struct compiler *c, const struct run *runs, size_t count)
{
    size_t half = count / 2;
    size_t left, right;

    if (count == 1) {
        return runs->checked ? emit_rules_of(c, runs->first)
                             : answer(c, runs->action);
    }
    right = emit_search(c, runs + half, count - half);
    left = emit_search(c, runs, half);
    return emit_jump(c, BPF_JGE, runs[half].first, right, left);
}

/* The answer for every number: known or not, then what the tables say.  A
 * rule without checks decides alone. */
static void
look_up(const struct compiler *c, struct run answers[NUMBERS])
{
    for (uint32_t nr = 0; nr < NUMBERS; nr++) {
        answers[nr] = (struct run){nr, UNKNOWN, false};
    }
    for (size_t i = 0; i < syscall_known_count; i++) {
        for (uint32_t nr = syscall_known[i].first; nr <= syscall_known[i].last;
             nr++) {
            answers[nr].action = REFUSED;
        }
    }
    for (size_t t = 0; t < syscall_tables_count; t++) {
        const struct syscall_table *table = &syscall_tables[t];

        for (size_t i = 0; applies(c->scope, table) && i < table->rules->count;
             i++) {
            const struct syscall_rule *rule = &table->rules->list[i];
            struct run *answer = &answers[rule->number];

            if (rule->checks[0].mask == 0) {
                *answer = (struct run){rule->number, rule->action, false};
            }
            else if (answer->action == REFUSED) {
                answer->checked = true;
            }
        }
    }
}

static bool
names_own_pid(const struct syscall_rule *rule)
{
    bool named = false;

    for (size_t i = 0; i < SYSCALL_CHECKS; i++) {
        named |= rule->checks[i].mask != 0 && rule->checks[i].own_pid;
    }
    return named;
}

/* Leaves to the filter below the numbers for which the same rules apply there:
 * it gives the same answer.  A rule with the own pid is another rule in
 * another process. */
static void
leave_to_below(const struct compiler *c, struct run answers[NUMBERS])
{
    bool differs[NUMBERS] = {false};

    for (size_t t = 0; t < syscall_tables_count; t++) {
        const struct syscall_table *table = &syscall_tables[t];
        bool here = applies(c->scope, table);
        bool same = here == applies(c->below, table);

        for (size_t i = 0; i < table->rules->count; i++) {
            const struct syscall_rule *rule = &table->rules->list[i];
            if (!same || (here && names_own_pid(rule))) {
                differs[rule->number] = true;
            }
        }
    }
    for (uint32_t nr = 0; nr < NUMBERS; nr++) {
        if (!differs[nr]) {
            answers[nr] = (struct run){nr, SECCOMP_RET_ALLOW, false};
        }
    }
}

/* Joins neighbours with one answer, in place; returns how many runs remain. */
static size_t
join(struct run runs[NUMBERS])
{
    size_t last = 0;

    for (size_t i = 1; i < NUMBERS; i++) {
        if (runs[i].checked || runs[last].checked ||
            runs[i].action != runs[last].action) {
            runs[++last] = runs[i];
        }
    }
    return last + 1;
}

static unsigned
scope_of(enum seccomp_stage stage, const struct seccomp_options *options)
{
    bool alone = options->processes <= 1;
    /* Processes that share a /tmp need locks that work between them. */
    bool locks = options->locks || !alone;

    return (unsigned)(stage == SECCOMP_ZYGOTE ? SCOPE_ZYGOTE : SCOPE_WORKER) |
           (alone ? SCOPE_ALONE : SCOPE_PROCESSES) |
           (locks ? SCOPE_LOCKS : SCOPE_NO_LOCKS) |
           (options->network ? SCOPE_NETWORK : 0U) |
           (options->host_files ? SCOPE_HOST_FILES : SCOPE_OWN_FILES) |
           (options->keep_modes ? 0U : SCOPE_MODES) |
           (options->keep_sizes ? 0U : SCOPE_SIZES);
}

int
seccomp_compile(enum seccomp_stage stage,
                const struct seccomp_options *options, struct sock_filter *out,
                size_t capacity, size_t *ret_length)
{
    struct run runs[NUMBERS + 2];
    struct compiler c = {.code = out, .first = capacity};
    size_t count, search;

    if (stage > SECCOMP_WORKER_OF_ZYGOTE) {
        return -EINVAL;
    }
    c.scope = scope_of(stage, options);
    c.pid = (uint32_t)getpid();
    look_up(&c, runs);
    if (stage == SECCOMP_WORKER_OF_ZYGOTE) {
        c.below = scope_of(SECCOMP_ZYGOTE, options);
        leave_to_below(&c, runs);
    }
    count = join(runs);
#ifdef __x86_64__
    /* The x32 calls: the same calls under other numbers. */
    runs[count++] = (struct run){0x40000000U, SECCOMP_RET_KILL_PROCESS, false};
    runs[count++] = (struct run){0x80000000U, UNKNOWN, false};
#endif
    emit_search(&c, runs, count);
    search = emit_load(&c, offsetof(struct seccomp_data, nr));
    emit_jump(&c, BPF_JEQ, NATIVE_ARCH, search,
              answer(&c, SECCOMP_RET_KILL_PROCESS));
    emit_load(&c, offsetof(struct seccomp_data, arch));
    if (c.overflow > 0) {
        return -ENOSPC;
    }
    *ret_length = capacity - c.first;
    memmove(out, out + c.first, *ret_length * sizeof(*out));
    return 0;
}

int
seccomp_confine(enum seccomp_stage stage,
                const struct seccomp_options *options)
{
    struct sock_filter code[SECCOMP_MAX_FILTER];
    struct sock_fprog program = {.filter = code};
    size_t length = 0;
    long rc =
        seccomp_compile(stage, options, code, SECCOMP_MAX_FILTER, &length);

    if (rc < 0) {
        return (int)rc;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -errno;
    }
    program.len = (unsigned short)length;
    /* All threads at once, or none: a positive answer names the thread that
     * could not be confined. */
    rc = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                 SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (rc < 0) {
        return -errno;
    }
    return rc > 0 ? -EBUSY : 0;
}
