/* _boxed.serve(): the zygote's loop, with the fork in it.
 *
 * Runs inside the sandbox.  It returns once in every worker, after its walls
 * are up, and once in the zygote, when the caller is done.  The fork is here
 * and not in zygote/, since Python has work of its own to do before and after
 * one.  After the first fork the zygote once runs a function of Python's,
 * which does what need not be done before the first call. */
#include "extension/python/methods.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "extension/worker/reserve.h"
#include "extension/worker/worker.h"
#include "extension/zygote/forkserver.h"
#include "extension/zygote/memory_watch.h"
#include "shared/fd.h"
#include "shared/memory_look.h"

/* Forks for one call; returns the pid, 0 in the worker, or -1 with an
 * exception.  The walls come before Python's own after-fork work, so that no
 * hook of a preloaded module runs outside them. */
static pid_t
fork_worker(const struct worker_policy *policy, pid_t zygote,
            const struct forkserver_call *call, const struct memory_slot *slot)
{
    PyOS_BeforeFork();
    pid_t pid = fork();
    if (pid == 0) {
        int outside = slot == NULL ? 0 : memory_enter(slot);
        if (outside != 0) {
            /* Where its keeper was ended by somebody else, another sandbox's
             * has removed the group since it was looked at: the request goes
             * unread to another worker, as this sandbox makes none. */
            if (outside != -ENODEV) {
                worker_refuse(call->fds[1], STAGE_MEMORY, outside);
            }
            _exit(STAGE_EXIT);
        }
        worker_confine(policy, zygote, call->fds, call->end_of_init);
        PyOS_AfterFork_Child();
        return 0;
    }
    int error = errno;
    PyOS_AfterFork_Parent();
    errno = error;
    return pid;
}

/* What a call can have in all, where that can be limited.  Beside what it was
 * granted: what RLIMIT_DATA does not count against it, as the interpreter's
 * own, the reserve and the store of its answer; and what the kernel needs for
 * it, so that it hears of full memory by a MemoryError, not by its end. */
static uint64_t
most_memory(const struct worker_policy *policy)
{
    const uint64_t kib = 1024, mib = 1024 * kib;
    uint64_t memory = policy->limits.memory;

    if (memory == 0 || memory > RLIMITS_MOST_MEMORY) {
        return 0;
    }
    uint64_t answer = policy->answer < memory ? policy->answer : memory;
    uint64_t kernels = memory / 64 + 4 * mib +
                       policy->limits.threads * 32 * kib +
                       policy->processes * (512 * kib);
    return memory + policy->baseline.data + answer + kernels;
}

/* More than what is put off can weigh. */
#define MOST_PUT_OFF (64ull * 1024 * 1024)

/* What the zygote weighs now, if that can be had and is plausible: a guest
 * runs by now, and could hold what the kernel measures by. */
static void
measure_again(struct worker_policy *policy)
{
    struct rlimits_baseline *before = &policy->baseline, now = *before;

    int error = rlimits_measure(&now, false);
    if (error == 0 && now.data - before->data <= MOST_PUT_OFF &&
        now.address_space - before->address_space <= MOST_PUT_OFF) {
        *before = now;
    }
}

/* What the zygote puts off until the first worker is on its way.  Where it
 * raises, the log says so and it is done without. */
static void
run_put_off(PyObject **put_off, struct worker_policy *policy)
{
    if (*put_off == NULL) {
        return;
    }
    PyObject *done = PyObject_CallNoArgs(*put_off);
    if (done == NULL) {
        PyErr_WriteUnraisable(*put_off);
    }
    Py_XDECREF(done);
    *put_off = NULL;
    measure_again(policy);
}

/* Serves until a fork (1, id set), the end (0) or an error (-errno). */
static int
serve_until_fork(struct forkserver *forkserver, struct worker_policy *policy,
                 PyObject *put_off, uint64_t *ret_id)
{
    pid_t zygote = getpid();
    struct forkserver_call call;
    int event;

    for (;;) {
        Py_BEGIN_ALLOW_THREADS
        event = forkserver_next(forkserver, &call);
        Py_END_ALLOW_THREADS
        if (event != FORKSERVER_CALL) {
            return event == FORKSERVER_END ? 0 : event;
        }
        struct memory_slot *slot;
        if (!forkserver_take_slot(forkserver, &call, &slot)) {
            continue;
        }
        pid_t pid = fork_worker(policy, zygote, &call, slot);
        if (pid == 0) {
            *ret_id = call.call.id;
            return 1;
        }
        if (pid < 0) {
            forkserver_refuse_call(&call, -errno);
            forkserver_give_back(forkserver, slot);
            continue;
        }
        (void)forkserver_adopt(forkserver, pid, &call, slot);
        run_put_off(&put_off, policy);
    }
}

/* Borrows the strings of the list, which outlives the zygote's loop. */
static int
read_paths(PyObject *list, const char **paths, size_t max, size_t *ret_count)
{
    Py_ssize_t count = PyList_GET_SIZE(list);
    if ((size_t)count > max) {
        PyErr_SetString(PyExc_ValueError, "too many paths");
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        paths[i] = PyUnicode_AsUTF8(PyList_GET_ITEM(list, i));
        if (paths[i] == NULL) {
            return -1;
        }
    }
    *ret_count = (size_t)count;
    return 0;
}

static int
read_policy(PyObject *args, PyObject *kwargs, int *ret_server, int *ret_ruler,
            PyObject **ret_put_off, struct worker_policy *ret_policy)
{
    static char *names[] = {"",          "",        "namespaces", "network",
                            "processes", "scratch", "kept",       "writable",
                            "cpu_time",  "memory",  "threads",    "open_files",
                            "file_size", "answer",  "ruler",      NULL};
    struct tmpfs *tmpfs = &ret_policy->tmpfs;
    struct rlimits *limits = &ret_policy->limits;
    PyObject *kept, *writable;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "iO$ppIsO!O!KKKKKKi:serve", names, ret_server,
            ret_put_off, &ret_policy->namespaces, &ret_policy->network,
            &ret_policy->processes, &tmpfs->options, &PyList_Type, &kept,
            &PyList_Type, &writable, &limits->cpu_seconds, &limits->memory,
            &limits->threads, &limits->open_files, &limits->file_size,
            &ret_policy->answer, ret_ruler)) {
        return -1;
    }
    if (*ret_put_off == Py_None) {
        *ret_put_off = NULL;
    }
    if (read_paths(kept, tmpfs->kept, ORDER_MAX_COVERED, &tmpfs->kept_count) !=
        0) {
        return -1;
    }
    return read_paths(writable, ret_policy->writable, WORKER_MAX_WRITABLE,
                      &ret_policy->writable_count);
}

PyObject *
method_serve(PyObject *module, PyObject *args, PyObject *kwargs)
{
    struct worker_policy policy = {.namespaces = 0};
    PyObject *put_off;
    int server, ruler;
    uint64_t id = 0;

    (void)module;
    if (read_policy(args, kwargs, &server, &ruler, &put_off, &policy) != 0) {
        return NULL;
    }
    int error = reserve_make();
    error =
        error ? error : rlimits_measure(&policy.baseline, !policy.namespaces);
    if (error != 0) {
        return method_raise_errno(error);
    }
    struct forkserver *forkserver =
        forkserver_new(server, (enum memory_ruler)ruler, policy.limits.memory,
                       most_memory(&policy));
    if (forkserver == NULL) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if (policy.processes > 1) {
        forkserver_let_end_themselves(forkserver);
    }
    int outcome = serve_until_fork(forkserver, &policy, put_off, &id);
    if (outcome < 0) {
        return method_raise_errno(outcome);
    }
    if (outcome == 0) {
        Py_RETURN_NONE;
    }
    return PyLong_FromUnsignedLongLong(id);
}

PyObject *
method_memory_ruler(PyObject *module, PyObject *unused)
{
    enum memory_ruler ruler;
    int why, error;

    (void)module;
    (void)unused;
    Py_BEGIN_ALLOW_THREADS
    error = memory_hear_ruler(ORDER_KEEPER_FD, &ruler, &why);
    (void)fcntl(ORDER_LOOK_FD, F_SETFD, FD_CLOEXEC);
    if (error == 0 && ruler == MEMORY_RLIMIT &&
        memory_watch_is_possible(ORDER_LOOK_FD)) {
        ruler = MEMORY_WATCHED;
    }
    Py_END_ALLOW_THREADS
    if (error != 0) {
        return method_raise_errno(error);
    }
    return Py_BuildValue("(ii)", (int)ruler, why);
}

PyObject *
method_seal(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    /* exec made the process dumpable again; its children could then open its
     * memory for writing (verified on Linux 6.18). */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}
