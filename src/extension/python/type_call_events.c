/* What happens in a call, for Python: Call.wait() and Call.step().
 *
 * Runs in the caller.  The GIL is given up while C waits, sends and receives;
 * it comes back for what only Python can do: allocate the answer, hand output
 * on, look at signals. */
#include "extension/python/type_call.h"

#include "extension/python/methods.h"

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
    case CALL_ASKED:
        if (call->host_call_too_long) {
            return Py_BuildValue("(iiK)", event, 0, call->header.size);
        }
        /* Fall through. */
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

/* What to watch, for an event loop: until when, and the descriptors. */
static PyObject *
describe_watch(const struct call_watch *watch)
{
    PyObject *sources = PyList_New(0);

    for (int i = 0; sources != NULL && i < CALL_SOURCES; i++) {
        const struct pollfd *source = &watch->sources[i];
        if (source->fd < 0) {
            continue;
        }
        PyObject *pair = Py_BuildValue("(ii)", source->fd, source->events);
        if (pair == NULL || PyList_Append(sources, pair) != 0) {
            Py_CLEAR(sources);
        }
        Py_XDECREF(pair);
    }
    return sources == NULL ? NULL
                           : Py_BuildValue("(iLN)", CALL_WAITING,
                                           (long long)watch->until, sources);
}

typedef int step_function(struct call *call, deadline_ns deadline,
                          struct call_watch *ret_watch);

/* The next event by such a step; what only Python can do is done in between.
 * Negative: an exception is set. */
static int
next_event(struct call_object *self, step_function *step, PyObject *deadline,
           struct call_watch *ret_watch)
{
    long long until = PyLong_AsLongLong(deadline);

    if (until == -1 && PyErr_Occurred()) {
        return -1;
    }
    for (;;) {
        int event;
        /* In a child forked by code that a signal ran, it is the parent's. */
        if (self->call.report_socket < 0) {
            return CALL_LOST;
        }
        Py_BEGIN_ALLOW_THREADS
        event = step(&self->call, until, ret_watch);
        Py_END_ALLOW_THREADS
        if (event > 0 && event != CALL_BODY) {
            return event;
        }
        if (event == CALL_BODY ? allocate_answer(self) != 0
                               : event != -EINTR) {
            if (event < 0) {
                (void)method_raise_errno(event);
            }
            return -1;
        }
        if (event == -EINTR && PyErr_CheckSignals() != 0) {
            return -1;
        }
    }
}

PyObject *
type_call_wait(PyObject *object, PyObject *deadline)
{
    struct call_object *self = (struct call_object *)object;
    int event = allocate_output(self) != 0
                    ? -1
                    : next_event(self, call_step, deadline, NULL);

    return event < 0 ? NULL : describe(self, event);
}

PyObject *
type_call_step(PyObject *object, PyObject *deadline)
{
    struct call_object *self = (struct call_object *)object;
    struct call_watch watch;
    int event = allocate_output(self) != 0
                    ? -1
                    : next_event(self, call_step, deadline, &watch);

    if (event == CALL_WAITING) {
        return describe_watch(&watch);
    }
    return event < 0 ? NULL : describe(self, event);
}

PyObject *
type_call_step_end(PyObject *object, PyObject *deadline)
{
    struct call_object *self = (struct call_object *)object;
    struct call_watch watch;
    int event = next_event(self, call_step_end, deadline, &watch);

    if (event == CALL_WAITING) {
        return describe_watch(&watch);
    }
    return event < 0 ? NULL : describe(self, event);
}

PyObject *
type_call_rest(PyObject *object, PyObject *unused)
{
    struct call_object *self = (struct call_object *)object;

    (void)unused;
    if (allocate_output(self) != 0) {
        return NULL;
    }
    int event = call_step_rest(&self->call);
    if (event < 0) {
        return method_raise_errno(event);
    }
    if (event != CALL_OUTPUT) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("(iy#)", self->call.stream, self->call.output,
                         (Py_ssize_t)self->call.output_size);
}
