/* What `enter` was asked to make: read from its options by enter_plan.c,
 * carried out by enter.c. */
#ifndef ENTER_PLAN_H
#define ENTER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The exit code for an environment that could not be made. */
#define FAILED 125
#define MANY   32

struct refusal {
    long nr;
    int error;
};

struct plan {
    bool has_uid, has_gid, has_groups, has_bounding, has_umask;
    bool no_new_privs, empty_env, refuse_clone;
    uid_t uid;
    gid_t gid;
    mode_t umask;
    uint64_t bounding;
    gid_t groups[MANY];
    char *binds[MANY], *nosuid[MANY], *limits[MANY];
    int closed[MANY], ignored[MANY], blocked[MANY];
    struct refusal refusals[2 * MANY];
    size_t n_groups, n_binds, n_nosuid, n_limits, n_closed, n_ignored,
        n_blocked, n_refusals;
};

/* Fills PLAN from the options; returns the index of the command in ARGV.
 * The plan keeps pointers into ARGV.  Exits with FAILED on a bad option. */
int plan_read(struct plan *plan, int argc, char **argv);

/* "NAME=VALUE" cut in place; returns VALUE, or NULL where there is none. */
char *plan_cut(char *text, char at);

/* The number of a resource limit, by the name it has without RLIMIT_. */
int plan_limit(const char *name);

unsigned long long plan_number(const char *text, int base);

#endif
