/* boxed._boxed.Call: one call, for Python.
 *
 * Runs in the caller.  wait() gives the GIL up while it blocks and comes back
 * for what only Python can do: allocate the answer, hand output on, look at
 * signals.  A Call that is closed, or that nobody refers to any more, has its
 * worker killed; in a forked child it is lost. */
#include "extension/python/methods.h"

#include "extension/caller/call.h"
#include "extension/caller/call_send.h"
#include "extension/caller/fork_hook.h"
#include "shared/fd.h"

struct call_object {
    PyObject_HEAD
    struct fork_hook hook;
    struct call call;
    Py_buffer request;
    PyObject *answer;
};

/* In a forked child the worker is the parent's. */
static void
forget_call(struct fork_hook *hook)
{
    call_forget(&LIST_OWNER(hook, struct call_object, hook)->call);
}

static PyObject *
new_call(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    int server;
    unsigned long long max_answer;

    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "Call takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "iK:Call", &server, &max_answer)) {
        return NULL;
    }
    struct call_object *self = (struct call_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    fork_hook_add(&self->hook, forget_call);
    self->call.max_answer = max_answer;
    int error = call_prepare(&self->call);
    if (error == 0 && server >= 0) {
        error = call_announce(&self->call, server, false);
    }
    if (error != 0) {
        Py_DECREF(self);
        return method_raise_errno(error);
    }
    return (PyObject *)self;
}

static PyObject *
announce_call(PyObject *object, PyObject *number)
{
    long server = PyLong_AsLong(number);
    if (server == -1 && PyErr_Occurred()) {
        return NULL;
    }
    int error = call_announce(&((struct call_object *)object)->call,
                              (int)server, true);
    if (error != 0) {
        return method_raise_errno(error);
    }
    Py_RETURN_NONE;
}

static void
release(struct call_object *self)
{
    if (self->request.obj != NULL) {
        PyBuffer_Release(&self->request);
    }
    Py_CLEAR(self->answer);
    PyMem_RawFree(self->call.output);
    self->call.output = NULL;
}

static PyObject *
close_call(PyObject *object, PyObject *unused)
{
    struct call_object *self = (struct call_object *)object;
    (void)unused;
    call_close(&self->call);
    release(self);
    Py_RETURN_NONE;
}

static void
dealloc_call(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    Py_XDECREF(close_call(object, NULL));
    fork_hook_remove(&((struct call_object *)object)->hook);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *
set_request(PyObject *object, PyObject *args)
{
    struct call_object *self = (struct call_object *)object;
    PyObject *data;
    int store = -1;

    if (!PyArg_ParseTuple(args, "O|i:request", &data, &store)) {
        return NULL;
    }
    if (self->request.obj != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "the request is set already");
        return NULL;
    }
    if (PyObject_GetBuffer(data, &self->request, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    call_set_request(&self->call, self->request.buf, (size_t)self->request.len,
                     store);
    int error = call_send(&self->call);
    if (error != 0) {
        return method_raise_errno(error);
    }
    Py_RETURN_NONE;
}

/* The header was checked against the limit of its kind. */
static int
allocate_answer(struct call_object *self)
{
    self->answer =
        PyBytes_FromStringAndSize(NULL, (Py_ssize_t)self->call.header.size);
    if (self->answer == NULL) {
        return -1;
    }
    call_set_body(&self->call, PyBytes_AS_STRING(self->answer));
    return 0;
}

/* Not before it is needed, and not cleared: a call that was only opened
 * takes no memory for it. */
static int
allocate_output(struct call_object *self)
{
    if (self->call.output == NULL) {
        self->call.output = PyMem_RawMalloc(CALL_OUTPUT_SIZE);
    }
    if (self->call.output == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static PyObject *
describe(struct call_object *self, int event)
{
    const struct call *call = &self->call;
    switch (event) {
    case CALL_ANSWERED:
        if (call->body == NULL) {
            return Py_BuildValue("(iIy#)", event, call->header.kind,
                                 call->first, (Py_ssize_t)call->body_have);
        }
        return Py_BuildValue("(iIO)", event, call->header.kind, self->answer);
    case CALL_OUTPUT:
        return Py_BuildValue("(iiy#)", event, call->stream, call->output,
                             (Py_ssize_t)call->output_size);
    case CALL_SETUP:
        return Py_BuildValue("(iiy#)", event, 0, (const char *)&call->setup,
                             (Py_ssize_t)sizeof(call->setup));
    case CALL_PROTOCOL:
        return Py_BuildValue("(iis)", event, 0, call->protocol_error);
    default:
        return Py_BuildValue("(iiO)", event, 0, Py_None);
    }
}

static PyObject *
wait_call(PyObject *object, PyObject *args)
{
    struct call_object *self = (struct call_object *)object;
    long long deadline;
    int event;

    if (!PyArg_ParseTuple(args, "L:wait", &deadline) ||
        allocate_output(self) != 0) {
        return NULL;
    }
    for (;;) {
        /* In a child forked by code that a signal ran, it is the parent's. */
        if (self->call.report_socket < 0) {
            return describe(self, CALL_LOST);
        }
        Py_BEGIN_ALLOW_THREADS
        event = call_step(&self->call, deadline);
        Py_END_ALLOW_THREADS
        if (event == CALL_BODY) {
            if (allocate_answer(self) != 0) {
                return NULL;
            }
            continue;
        }
        if (event == -EINTR) {
            if (PyErr_CheckSignals() != 0) {
                return NULL;
            }
            continue;
        }
        return event < 0 ? method_raise_errno(event) : describe(self, event);
    }
}

static PyObject *
kill_call(PyObject *object, PyObject *unused)
{
    (void)unused;
    call_kill(&((struct call_object *)object)->call);
    Py_RETURN_NONE;
}

static PyObject *
wait_end(PyObject *object, PyObject *args)
{
    struct call_object *self = (struct call_object *)object;
    long long deadline;
    int event;

    if (!PyArg_ParseTuple(args, "L:wait_end", &deadline)) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        event = call_wait_end(&self->call, deadline);
        Py_END_ALLOW_THREADS
    } while (event == -EINTR && PyErr_CheckSignals() == 0);
    if (event < 0) {
        return PyErr_Occurred() ? NULL : method_raise_errno(event);
    }
    return PyLong_FromLong(event);
}

static PyObject *
get_report(PyObject *object, void *unused)
{
    const struct call *call = &((struct call_object *)object)->call;
    const struct frame_report *report = &call->report;

    (void)unused;
    if (!call->reported) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("(iKKKKKKKK)", (int)report->status, report->user_us,
                         report->system_us, report->max_rss_kb,
                         report->minor_faults, report->major_faults,
                         report->voluntary_switches,
                         report->involuntary_switches, call->charged_us);
}

static PyObject *
get_shortage(PyObject *object, void *unused)
{
    (void)unused;
    return PyLong_FromLong(
        ((struct call_object *)object)->call.shortage.error);
}

static PyObject *
get_store(PyObject *object, void *unused)
{
    (void)unused;
    return PyLong_FromLong(((struct call_object *)object)->call.store);
}

static PyMethodDef call_methods[] = {
    {"announce", announce_call, METH_O,
     "Have the worker forked, ahead of need."},
    {"request", set_request, METH_VARARGS, "Send the request, once."},
    {"wait", wait_call, METH_VARARGS, "The next event before a deadline."},
    {"kill", kill_call, METH_NOARGS, "Have the worker killed."},
    {"wait_end", wait_end, METH_VARARGS, "Wait for the worker's end."},
    {"close", close_call, METH_NOARGS, "Close; kills a live worker."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef call_getset[] = {
    {"store", get_store, NULL,
     "The descriptor of a stored answer, which is the call's.", NULL},
    {"report", get_report, NULL, "How the worker ended, or None.", NULL},
    {"shortage", get_shortage, NULL,
     "What it waits for to pass: an errno, or 0.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot call_slots[] = {
    {Py_tp_new, new_call},
    {Py_tp_dealloc, dealloc_call},
    {Py_tp_methods, call_methods},
    {Py_tp_getset, call_getset},
    {0, NULL},
};

PyType_Spec type_call_spec = {
    .name = "boxed._boxed.Call",
    .basicsize = sizeof(struct call_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = call_slots,
};
