/* boxed._boxed.Call: one call, for Python.
 *
 * Runs in the caller.  It owns the call's descriptors: a Call that is closed,
 * or that nobody refers to any more, has its worker killed; in a forked child
 * it is lost.  Its events are in type_call_events.c. */
#include "extension/python/methods.h"

#include "extension/caller/call_send.h"
#include "extension/python/type_call.h"
#include "extension/wire/store.h"
#include "shared/fd.h"

/* In a forked child the worker is the parent's. */
static void
forget_call(struct fork_hook *hook)
{
    struct call_object *self = LIST_OWNER(hook, struct call_object, hook);

    list_remove(&self->ending);
    call_forget(&self->call);
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
    list_init(&self->ending);
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

static PyObject *
leave_call(PyObject *object, PyObject *unused)
{
    (void)unused;
    type_call_leave((struct call_object *)object);
    release((struct call_object *)object);
    Py_RETURN_NONE;
}

static void
dealloc_call(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    Py_XDECREF(close_call(object, NULL));
    fork_hook_remove(&((struct call_object *)object)->hook);
    list_remove(&((struct call_object *)object)->ending);
    type->tp_free(object);
    Py_DECREF(type);
}

/* What the worker is to read on its descriptor 0.  Another thread may close
 * the call meanwhile. */
static int
set_input(struct call *call, PyObject *input)
{
    Py_buffer data;
    int error, store = -1;

    if (PyObject_GetBuffer(input, &data, PyBUF_SIMPLE) != 0) {
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    error = store_new_input(data.buf, (size_t)data.len, &store);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    call->input = store;
    if (error != 0) {
        (void)method_raise_errno(error);
    }
    return error != 0 ? -1 : 0;
}

/* The limits of this call alone; a shorter answer is one of them. */
static int
read_limits(PyObject *tuple, unsigned long long *ret_result,
            struct frame_request *ret_limits)
{
    unsigned long long cpu_seconds, memory, threads, open_files, file_size;

    if (!PyArg_ParseTuple(tuple, "KKKKKK:limits", ret_result, &cpu_seconds,
                          &memory, &threads, &open_files, &file_size)) {
        return -1;
    }
    *ret_limits = (struct frame_request){
        .cpu_seconds = cpu_seconds,
        .memory = memory,
        .threads = threads,
        .open_files = open_files,
        .file_size = file_size,
    };
    return 0;
}

static int
read_request(PyObject *args, struct call *call, PyObject **ret_data,
             int *ret_store, struct frame_request *ret_limits,
             bool *ret_has_limits)
{
    unsigned long long cpu_us = 0, memory = 0, result = call->max_answer;
    PyObject *input = Py_None, *limits = Py_None;

    if (!PyArg_ParseTuple(args, "O|iOKKO:request", ret_data, ret_store, &input,
                          &cpu_us, &memory, &limits)) {
        return -1;
    }
    *ret_has_limits = limits != Py_None;
    if (*ret_has_limits && read_limits(limits, &result, ret_limits) != 0) {
        return -1;
    }
    if (result < call->max_answer) {
        call->max_answer = result;
    }
    if (input != Py_None && set_input(call, input) != 0) {
        return -1;
    }
    int error =
        cpu_us != 0 || memory != 0 ? call_limit(call, cpu_us, memory) : 0;
    if (error != 0) {
        (void)method_raise_errno(error);
    }
    return error != 0 ? -1 : 0;
}

static PyObject *
set_request(PyObject *object, PyObject *args)
{
    struct call_object *self = (struct call_object *)object;
    struct frame_request limits;
    PyObject *data;
    bool has_limits;
    int store = -1;

    if (self->request.obj != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "the request is set already");
        return NULL;
    }
    if (read_request(args, &self->call, &data, &store, &limits, &has_limits) !=
        0) {
        return NULL;
    }
    if (PyObject_GetBuffer(data, &self->request, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    call_set_request(&self->call, self->request.buf, (size_t)self->request.len,
                     store, has_limits ? &limits : NULL);
    int error = call_send(&self->call);
    if (error != 0) {
        return method_raise_errno(error);
    }
    Py_RETURN_NONE;
}

static PyObject *
permit_host_calls(PyObject *object, PyObject *most)
{
    unsigned long long size = PyLong_AsUnsignedLongLong(most);
    if (size == (unsigned long long)-1 && PyErr_Occurred()) {
        return NULL;
    }
    ((struct call_object *)object)->call.max_host_call = size;
    Py_RETURN_NONE;
}

/* The request was read, so that its memory is not needed any more. */
static PyObject *
answer_host_call(PyObject *object, PyObject *data)
{
    struct call_object *self = (struct call_object *)object;
    Py_buffer answer;

    if (PyObject_GetBuffer(data, &answer, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    if (!call_is_asked(&self->call)) {
        PyBuffer_Release(&answer);
        PyErr_SetString(PyExc_RuntimeError, "there is no host call");
        return NULL;
    }
    Py_buffer before = self->request;
    self->request = answer;
    Py_CLEAR(self->answer);
    call_set_host_answer(&self->call, answer.buf, (size_t)answer.len);
    if (before.obj != NULL) {
        PyBuffer_Release(&before);
    }
    Py_RETURN_NONE;
}

static PyObject *
kill_call(PyObject *object, PyObject *unused)
{
    (void)unused;
    call_kill(&((struct call_object *)object)->call);
    Py_RETURN_NONE;
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
get_memory(PyObject *object, void *unused)
{
    const struct call *call = &((struct call_object *)object)->call;
    const struct frame_report *report = &call->report;

    (void)unused;
    if (!call->reported) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("(IKKKK)", (unsigned)report->memory_ruled_by,
                         report->peak_memory, report->memory_limit,
                         report->memory_full, report->oom_kills);
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
    {"wait", type_call_wait, METH_O, "The next event before a deadline."},
    {"step", type_call_step, METH_O,
     "The next event if it is here; or CALL_WAITING, until when, and the\n"
     "descriptors to watch, each with its poll(2) events.  Never blocks."},
    {"permit_host_calls", permit_host_calls, METH_O,
     "Let the worker make host calls of so many bytes, before the request."},
    {"answer_host_call", answer_host_call, METH_O,
     "What the worker waits for, after CALL_ASKED."},
    {"kill", kill_call, METH_NOARGS, "Have the worker killed."},
    {"wait_end", type_call_wait_end, METH_O,
     "Wait for the worker's end only."},
    {"step_end", type_call_step_end, METH_O,
     "The same as step() is to wait()."},
    {"rest", type_call_rest, METH_NOARGS,
     "A piece of output that nobody has read, or None."},
    {"leave", leave_call, METH_NOARGS,
     "Close but for the report, and have the worker killed."},
    {"close", close_call, METH_NOARGS, "Close; kills a live worker."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef call_getset[] = {
    {"store", get_store, NULL,
     "The descriptor of a stored answer, which is the call's.", NULL},
    {"report", get_report, NULL, "How the worker ended, or None.", NULL},
    {"memory", get_memory, NULL,
     "What bounded its memory, and what the kernel measured; or None.", NULL},
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
