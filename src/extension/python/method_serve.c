/* _boxed.serve(): the zygote's loop, with the fork in it.
 *
 * Runs inside the sandbox.  It returns once in every worker, after its walls
 * are up, and once in the zygote, when the caller is done.  The fork is here
 * and not in zygote/, since Python has work of its own to do before and after
 * one.  After the first fork the zygote once runs a function of Python's,
 * which does what need not be done before the first call. */
#include "extension/python/methods.h"

#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "extension/worker/reserve.h"
#include "extension/worker/worker.h"
#include "extension/zygote/forkserver.h"
#include "shared/fd.h"

/* Forks for one call; returns the pid, 0 in the worker, or -1 with an
 * exception.  The walls come before Python's own after-fork work, so that no
 * hook of a preloaded module runs outside them. */
static pid_t
fork_worker(const struct worker_policy *policy, pid_t zygote,
            const struct forkserver_call *call)
{
    PyOS_BeforeFork();
    pid_t pid = fork();
    if (pid == 0) {
        worker_confine(policy, zygote, call->fds);
        PyOS_AfterFork_Child();
        return 0;
    }
    int error = errno;
    PyOS_AfterFork_Parent();
    errno = error;
    return pid;
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
        pid_t pid = fork_worker(policy, zygote, &call);
        if (pid == 0) {
            *ret_id = call.call.id;
            return 1;
        }
        if (pid < 0) {
            forkserver_refuse_call(&call, -errno);
            continue;
        }
        (void)forkserver_adopt(forkserver, pid, &call);
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
read_policy(PyObject *args, PyObject *kwargs, int *ret_server,
            PyObject **ret_put_off, struct worker_policy *ret_policy)
{
    static char *names[] = {"",          "",        "namespaces", "network",
                            "processes", "scratch", "kept",       "writable",
                            "cpu_time",  "memory",  "threads",    "open_files",
                            "file_size", NULL};
    struct tmpfs *tmpfs = &ret_policy->tmpfs;
    struct rlimits *limits = &ret_policy->limits;
    PyObject *kept, *writable;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "iO$ppIsO!O!KKKKK:serve", names, ret_server,
            ret_put_off, &ret_policy->namespaces, &ret_policy->network,
            &ret_policy->processes, &tmpfs->options, &PyList_Type, &kept,
            &PyList_Type, &writable, &limits->cpu_seconds, &limits->memory,
            &limits->threads, &limits->open_files, &limits->file_size)) {
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
    int server;
    uint64_t id = 0;

    (void)module;
    if (read_policy(args, kwargs, &server, &put_off, &policy) != 0) {
        return NULL;
    }
    int error = reserve_make();
    error =
        error ? error : rlimits_measure(&policy.baseline, !policy.namespaces);
    if (error != 0) {
        return method_raise_errno(error);
    }
    struct forkserver *forkserver = forkserver_new(server);
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
