/* boxed._boxed.Box: a live sandbox, which is a launcher's process and the
 * sockets that lead to it.
 *
 * Runs in the caller.  It owns them from the moment in which there is a
 * process.  So an interrupt, wherever it comes, leaves no sandbox behind: a
 * Box that nobody refers to any more tells its sandbox to end and waits for
 * that.  In a forked child it is empty. */
#include "extension/python/methods.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "extension/caller/fork_hook.h"
#include "extension/caller/spawn.h"
#include "extension/python/type_box.h"
#include "shared/deadline.h"
#include "shared/fd.h"
#include "shared/shortage.h"

/* Milliseconds after which a sandbox that was told to end is given up. */
#define END_MS 5000

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct box_object {
    PyObject_HEAD
    struct fork_hook hook;
    struct spawned spawned;
    Py_ssize_t users;
};

static void
close_sockets(struct box_object *self)
{
    fd_close(&self->spawned.control);
    fd_close(&self->spawned.server);
    fd_close(&self->spawned.log);
}

static void
forget_box(struct fork_hook *hook)
{
    struct box_object *self = LIST_OWNER(hook, struct box_object, hook);
    close_sockets(self);
    fd_close(&self->spawned.pidfd);
}

/* The GIL is kept: a fork of another thread's would copy descriptors that no
 * object has yet. */
static PyObject *
new_box(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *path = NULL;
    Py_buffer order;

    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "Box takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "O&y*:Box", PyUnicode_FSConverter, &path,
                          &order)) {
        return NULL;
    }
    struct box_object *self = (struct box_object *)type->tp_alloc(type, 0);
    int error = self == NULL ? -ENOMEM : 0;
    if (self != NULL) {
        self->spawned = SPAWNED_NONE;
        fork_hook_add(&self->hook, forget_box);
        error = spawn_launcher(PyBytes_AS_STRING(path), order.buf,
                               (size_t)order.len, &self->spawned);
    }
    PyBuffer_Release(&order);
    Py_DECREF(path);
    if (error != 0) {
        Py_XDECREF(self);
        return self == NULL ? NULL : method_raise_errno(error);
    }
    return (PyObject *)self;
}

/* Any message ends it.  The end of the socket would not show while a forked
 * copy of this process holds it too. */
static void
tell_to_end(struct box_object *self)
{
    if (self->spawned.control >= 0) {
        (void)send(self->spawned.control, "end", 3,
                   MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    close_sockets(self);
}

/* 0 once it has ended, or is given up; or -EINTR, to look at signals and wait
 * on. */
static int
await_end(struct box_object *self, deadline_ns deadline)
{
    struct pollfd ended = {.fd = self->spawned.pidfd, .events = POLLIN};
    siginfo_t info;

    if (ended.fd < 0) {
        return 0;
    }
    int error = 0;
    Py_BEGIN_ALLOW_THREADS
    if (poll(&ended, 1, deadline_left_ms(deadline)) < 0) {
        error = errno;
    }
    if (error != 0 && error != EINTR) {
        /* A shortage.  Who does not wait leaves a zombie. */
        shortage_pause();
    }
    Py_END_ALLOW_THREADS
    if (error != 0 && deadline_left_ms(deadline) != 0) {
        return -EINTR;
    }
    /* Another thread may have done it meanwhile.  Or it was reaped by the
     * caller's own code, or by SIGCHLD being ignored. */
    if (self->spawned.pidfd >= 0) {
        (void)waitid(P_PIDFD, (id_t)self->spawned.pidfd, &info,
                     WEXITED | WNOHANG);
        fd_close(&self->spawned.pidfd);
    }
    return 0;
}

/* An interrupt leaves the rest to the next time, or to the collector. */
static PyObject *
close_box(PyObject *object, PyObject *unused)
{
    struct box_object *self = (struct box_object *)object;
    deadline_ns deadline = deadline_after_ms(END_MS);

    (void)unused;
    tell_to_end(self);
    while (await_end(self, deadline) == -EINTR) {
        if (PyErr_CheckSignals() != 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static void
dealloc_box(PyObject *object)
{
    struct box_object *self = (struct box_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    deadline_ns deadline = deadline_after_ms(END_MS);

    tell_to_end(self);
    while (await_end(self, deadline) == -EINTR) {
        /* Python looks at its signals as soon as this is over. */
    }
    fork_hook_remove(&self->hook);
    type->tp_free(object);
    Py_DECREF(type);
}

Py_ssize_t *
type_box_users(PyObject *object)
{
    if (Py_TYPE(object)->tp_dealloc != dealloc_box) {
        PyErr_SetString(PyExc_TypeError, "a Box is needed");
        return NULL;
    }
    return &((struct box_object *)object)->users;
}

/* In one step: between a number and its use by somebody else, another thread
 * could close the descriptor and open another. */
static PyObject *
server_index(PyObject *object)
{
    int server = ((struct box_object *)object)->spawned.server;
    return server < 0 ? method_raise_errno(-EPIPE) : PyLong_FromLong(server);
}

static PyObject *
read_log(PyObject *object, PyObject *number)
{
    int log = ((struct box_object *)object)->spawned.log;
    struct stat status;
    Py_ssize_t most = PyLong_AsSsize_t(number);

    if (most == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (log < 0 || fstat(log, &status) != 0) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    off_t start = status.st_size > most ? status.st_size - most : 0;
    PyObject *text = PyBytes_FromStringAndSize(NULL, most);
    if (text == NULL) {
        return NULL;
    }
    ssize_t got = pread(log, PyBytes_AS_STRING(text), (size_t)most, start);
    if (_PyBytes_Resize(&text, got < 0 ? 0 : got) != 0) {
        return NULL;
    }
    return text;
}

static PyObject *
get_pid(PyObject *object, void *unused)
{
    (void)unused;
    return PyLong_FromLong(((struct box_object *)object)->spawned.pid);
}

static PyObject *
get_control(PyObject *object, void *unused)
{
    (void)unused;
    return PyLong_FromLong(((struct box_object *)object)->spawned.control);
}

static PyObject *
get_server(PyObject *object, void *unused)
{
    (void)unused;
    return PyLong_FromLong(((struct box_object *)object)->spawned.server);
}

static PyObject *
get_users(PyObject *object, void *unused)
{
    (void)unused;
    return PyLong_FromSsize_t(((struct box_object *)object)->users);
}

static PyMethodDef box_methods[] = {
    {"log", read_log, METH_O,
     "So many bytes of the end of what was printed; none once closed."},
    {"close", close_box, METH_NOARGS,
     "End every process of the sandbox and wait for the last."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef box_getset[] = {
    {"pid", get_pid, NULL, "The launcher's process.", NULL},
    {"control", get_control, NULL,
     "Orders out, status records in; -1 once closed.", NULL},
    {"server", get_server, NULL, "The zygote's socket; -1 once closed.", NULL},
    {"users", get_users, NULL, "How many Seats are taken for calls of it.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot box_slots[] = {
    {Py_tp_new, new_box},         {Py_tp_dealloc, dealloc_box},
    {Py_tp_methods, box_methods}, {Py_tp_getset, box_getset},
    {Py_nb_index, server_index},  {0, NULL},
};

PyType_Spec type_box_spec = {
    .name = "boxed._boxed.Box",
    .basicsize = sizeof(struct box_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = box_slots,
};
