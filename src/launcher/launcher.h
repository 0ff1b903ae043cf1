/* The launcher's parts, grouped by file: a map of the program.
 *
 * Every step returns only when it worked; otherwise it dies with the stage
 * and errno.  No step prints or reads the environment. */
#ifndef BOXED_LAUNCHER_H
#define BOXED_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "shared/order.h"
#include "shared/stage.h"

/* A checked order.  All strings point into one private buffer. */
struct entry {
    enum order_kind kind;
    const char *path;
    const char *content; /* NULL unless the kind has one */
    int fd;              /* detached mount, or O_PATH descriptor; -1: none */
};

/* Files of places that are mounted, not copied: with the entries' mounts and
 * the memfd, what one message carries. */
#define MAX_LARGE 120

struct order {
    enum order_tier tier;
    uid_t uid;
    bool uid_is_its_own; /* one of the pool's */
    uid_t caller;
    bool network;
    char *argv[ORDER_MAX_ARGC + 1];
    size_t count;
    struct entry entries[ORDER_MAX_ENTRIES];
    /* What the collector found in the places: a memfd, and mounts. */
    int modules;
    int large[MAX_LARGE];
    size_t large_count;
    pid_t keeper;
    int keeper_socket; /* on which the zygote asks it */
    int proc;          /* where all processes of the sandbox are seen, or -1 */
    int looks;         /* on which the zygote asks for them, both ends */
    int looks_of_zygote;
};

/* Who is asking. */
struct origin {
    uid_t uid;
    gid_t gid;
    rlim_t tasks; /* as many as its uid may have, RLIMIT_NPROC */
};

/* What root permits and reserves. */
#define MAX_ALLOWED 64
struct configuration {
    uint32_t pool_first;
    uint32_t pool_count; /* 0: no pool, every guest is nobody */
    uint32_t allowed[MAX_ALLOWED + 1];
    size_t allowed_count;
};

/* die.c */
void die_send_record(enum boxed_stage stage, int error, uint32_t detail);
_Noreturn void die(enum boxed_stage stage);
_Noreturn void die_with(enum boxed_stage stage, int error, uint32_t detail);
_Noreturn void die_explaining(void);

/* start.c */
void start_sanely(int argc, struct origin *ret_origin);

/* order.c */
int order_parse(char *message, size_t size, struct order *ret_order);
/* receive.c */
void receive_order(struct order *ret_order, const struct origin *origin);

/* capabilities.c */
void capabilities_read(void);
void capabilities_require(enum order_tier tier, const struct origin *origin);
bool capabilities_raise(void);
void capabilities_forget(void);

/* configuration.c */
void configuration_read(struct configuration *ret_configuration);

/* target.c */
bool target_may_write(const struct order *order, enum order_kind kind, int fd);
bool target_is_forbidden(uid_t uid, const struct origin *origin);
void target_check(const struct order *order, const struct origin *origin,
                  const struct configuration *configuration);

/* pool.c */
uid_t pool_take(const struct configuration *configuration,
                const struct origin *origin);

/* collector.c */
void collector_run(struct order *order);

/* keeper.c */
void keeper_run(struct order *order);
/* Waits until it has found out what there is for it to do. */
void keeper_await(const struct order *order);

/* session.c */
void session_leave(void);

/* identity.c */
void identity_change(struct order *order, const struct origin *origin,
                     const struct configuration *configuration);
void identity_verify(const struct order *order, const struct origin *origin);

/* reserve.c */
void reserve_tasks(const struct order *order, const struct origin *origin);

/* namespaces.c */
void namespaces_enter(const struct order *order);

/* modules.c */
struct modules {
    const char *records;
    size_t size;
    uint64_t bytes; /* that they take in a tmpfs */
    uint64_t files;
};
/* A memfd, or -1 where there is no place; or -errno with the entry. */
int modules_collect(const struct order *order, int *ret_made, int *ret_large,
                    size_t *ret_large_count, uint32_t *ret_entry);
int modules_open(const struct order *order, struct modules *ret_modules);
int modules_make(const struct order *order, const struct modules *modules);
void modules_close(const struct order *order, const struct modules *modules);

/* tmp.c */
void tmp_exchange(int tmp);

/* root.c */
void root_build(struct order *order);

/* looks.c */
void looks_prepare(struct order *order);
/* Whether the zygote may ask again. */
bool looks_answer(int socket, int proc);

/* supervisor.c */
void supervisor_run(struct order *order);

/* guest.c */
void guest_confine(const struct order *order);

#endif
