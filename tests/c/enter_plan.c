/* Reads the options of `enter` into a plan.
 *
 * No privileged call is made here; a word that is not in one of the tables
 * ends the program, so that a mistyped environment is never a weaker one. */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "enter_plan.h"

#define USAGE "usage: enter [option ...] -- /command [argument ...]"

struct name {
    const char *text;
    long value;
};

#define CALL(name) .text = #name, .value = SYS_##name
static const struct name calls[] = {
    {CALL(unshare)},
    {CALL(setns)},
    {CALL(clone)},
    {CALL(clone3)},
    {CALL(mount)},
    {CALL(umount2)},
    {CALL(pivot_root)},
    {CALL(open_tree)},
    {CALL(move_mount)},
    {CALL(fsopen)},
    {CALL(fsconfig)},
    {CALL(fsmount)},
    {CALL(fspick)},
    {CALL(mount_setattr)},
    {CALL(add_key)},
    {CALL(request_key)},
    {CALL(keyctl)},
    {CALL(landlock_create_ruleset)},
    {CALL(landlock_add_rule)},
    {CALL(landlock_restrict_self)},
    {CALL(seccomp)},
    {CALL(setgroups)},
    {CALL(setresgid)},
    {CALL(setresuid)},
    {CALL(setsid)},
    {CALL(capset)},
    {CALL(prctl)},
    {CALL(prlimit64)},
    {CALL(close_range)},
    {CALL(memfd_create)},
    {CALL(fsetxattr)},
    {CALL(pidfd_open)},
    {CALL(pidfd_send_signal)},
    {NULL, 0},
};

#define NAMED(name) .text = #name, .value = name
static const struct name errors[] = {
    {NAMED(EPERM)},  {NAMED(ENOSYS)},  {NAMED(EACCES)}, {NAMED(EAGAIN)},
    {NAMED(EINVAL)}, {NAMED(ENOTSUP)}, {NAMED(ENOMEM)}, {NAMED(ENOSPC)},
    {NAMED(EUSERS)}, {NAMED(EMFILE)},  {NAMED(ENFILE)}, {NAMED(EDQUOT)},
    {NULL, 0},
};

static const struct name limits[] = {
    {"AS", RLIMIT_AS},         {"CORE", RLIMIT_CORE},
    {"CPU", RLIMIT_CPU},       {"DATA", RLIMIT_DATA},
    {"FSIZE", RLIMIT_FSIZE},   {"MEMLOCK", RLIMIT_MEMLOCK},
    {"NOFILE", RLIMIT_NOFILE}, {"NPROC", RLIMIT_NPROC},
    {"STACK", RLIMIT_STACK},   {NULL, 0},
};

/* What a container engine's profile takes from a process without
 * CAP_SYS_ADMIN; clone loses its namespace flags only, and clone3, whose
 * flags a filter cannot see, is said not to exist. */
static const char *const userns_group[] = {"unshare", "setns", "clone3=ENOSYS",
                                           NULL};
static const char *const mounts_group[] = {
    "mount",      "umount2",       "pivot_root", "open_tree",
    "move_mount", "fsopen",        "fsconfig",   "fsmount",
    "fspick",     "mount_setattr", NULL};
static const char *const keyring_group[] = {"add_key", "request_key", "keyctl",
                                            NULL};
static const char *const landlock_group[] = {
    "landlock_create_ruleset=ENOSYS", "landlock_add_rule=ENOSYS",
    "landlock_restrict_self=ENOSYS", NULL};

static long
find_name(const struct name *table, const char *text, const char *what)
{
    for (; table->text != NULL; table++) {
        if (strcmp(table->text, text) == 0) {
            return table->value;
        }
    }
    errx(FAILED, "unknown %s: %s", what, text);
}

unsigned long long
plan_number(const char *text, int base)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, base);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-') {
        errx(FAILED, "not a number: %s", text);
    }
    return value;
}

char *
plan_cut(char *text, char at)
{
    char *found = strchr(text, at);
    if (found != NULL) {
        *found++ = '\0';
    }
    return found;
}

static size_t
next_slot(size_t *used, size_t size)
{
    if (*used == size) {
        errx(FAILED, "an option was given too often");
    }
    return (*used)++;
}

int
plan_limit(const char *name)
{
    return (int)find_name(limits, name, "resource limit");
}

/*** Options ***/

static void
add_refusal(struct plan *plan, const char *text)
{
    char copy[64];
    if (strlen(text) >= sizeof(copy)) {
        errx(FAILED, "unknown system call: %s", text);
    }
    strcpy(copy, text);
    char *error = plan_cut(copy, '=');
    size_t slot = next_slot(&plan->n_refusals, 2 * MANY);
    plan->refusals[slot] = (struct refusal){
        .nr = find_name(calls, copy, "system call"),
        .error = error ? (int)find_name(errors, error, "errno") : EPERM,
    };
}

static void
add_group(struct plan *plan, const char *const *names)
{
    for (; *names != NULL; names++) {
        add_refusal(plan, *names);
    }
}

static void
add_groups(struct plan *plan, char *text)
{
    plan->has_groups = true;
    while (text != NULL && *text != '\0') {
        char *rest = plan_cut(text, ',');
        size_t slot = next_slot(&plan->n_groups, MANY);
        plan->groups[slot] = (gid_t)plan_number(text, 10);
        text = rest;
    }
}

static const struct option options[] = {
    {"uid", 1, NULL, 'u'},
    {"gid", 1, NULL, 'g'},
    {"groups", 1, NULL, 'G'},
    {"bounding", 1, NULL, 'b'},
    {"no-new-privs", 0, NULL, 'n'},
    {"refuse", 1, NULL, 'r'},
    {"refuse-userns", 0, NULL, 'U'},
    {"refuse-mounts", 0, NULL, 'M'},
    {"refuse-keyring", 0, NULL, 'K'},
    {"refuse-landlock", 0, NULL, 'L'},
    {"bind", 1, NULL, 'B'},
    {"nosuid-mount", 1, NULL, 'N'},
    {"rlimit", 1, NULL, 'l'},
    {"umask", 1, NULL, 'm'},
    {"ignore-signal", 1, NULL, 'i'},
    {"block-signal", 1, NULL, 's'},
    {"close", 1, NULL, 'c'},
    {"empty-env", 0, NULL, 'e'},
    {NULL, 0, NULL, 0},
};

/* Options that collect: lists, refusals and single switches. */
static void
take_collecting(struct plan *plan, int letter, char *value)
{
    switch (letter) {
    case 'G':
        add_groups(plan, value);
        break;
    case 'r':
        add_refusal(plan, value);
        break;
    case 'U':
        plan->refuse_clone = true;
        add_group(plan, userns_group);
        add_group(plan, mounts_group);
        break;
    case 'M':
        add_group(plan, mounts_group);
        break;
    case 'K':
        add_group(plan, keyring_group);
        break;
    case 'L':
        add_group(plan, landlock_group);
        break;
    case 'B':
        plan->binds[next_slot(&plan->n_binds, MANY)] = value;
        break;
    case 'N':
        plan->nosuid[next_slot(&plan->n_nosuid, MANY)] = value;
        break;
    case 'l':
        plan->limits[next_slot(&plan->n_limits, MANY)] = value;
        break;
    default:
        errx(FAILED, USAGE);
    }
}

static void
take_option(struct plan *plan, int letter, char *value)
{
    switch (letter) {
    case 'u':
        plan->has_uid = true;
        plan->uid = (uid_t)plan_number(value, 10);
        break;
    case 'g':
        plan->has_gid = true;
        plan->gid = (gid_t)plan_number(value, 10);
        break;
    case 'b':
        plan->has_bounding = true;
        plan->bounding = plan_number(value, 16);
        break;
    case 'm':
        plan->has_umask = true;
        plan->umask = (mode_t)plan_number(value, 8);
        break;
    case 'n':
        plan->no_new_privs = true;
        break;
    case 'e':
        plan->empty_env = true;
        break;
    case 'i':
        plan->ignored[next_slot(&plan->n_ignored, MANY)] =
            (int)plan_number(value, 10);
        break;
    case 's':
        plan->blocked[next_slot(&plan->n_blocked, MANY)] =
            (int)plan_number(value, 10);
        break;
    case 'c':
        plan->closed[next_slot(&plan->n_closed, MANY)] =
            (int)plan_number(value, 10);
        break;
    default:
        take_collecting(plan, letter, value);
    }
}

int
plan_read(struct plan *plan, int argc, char **argv)
{
    int letter;
    while ((letter = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        take_option(plan, letter, optarg);
    }
    if (optind == argc) {
        errx(FAILED, USAGE);
    }
    return optind;
}
