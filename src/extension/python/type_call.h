/* A call as an object of Python's.  A deadline is in nanoseconds of
 * CLOCK_MONOTONIC. */
#ifndef BOXED_TYPE_CALL_H
#define BOXED_TYPE_CALL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "extension/caller/call.h"
#include "extension/caller/fork_hook.h"

struct call_object {
    PyObject_HEAD
    struct fork_hook hook;
    struct list_link ending; /* in the list of those that were left */
    struct call call;
    Py_buffer request;
    PyObject *answer;
};

/* (event, what of it, its bytes); of a step also (CALL_WAITING, until when,
 * what to watch). */
PyObject *type_call_wait(PyObject *object, PyObject *deadline);
PyObject *type_call_step(PyObject *object, PyObject *deadline);

/* The same for the worker's end alone; waiting, only which event it is. */
PyObject *type_call_wait_end(PyObject *object, PyObject *deadline);
PyObject *type_call_step_end(PyObject *object, PyObject *deadline);

/* Leaves the call to its worker's end, of which the report tells. */
void type_call_leave(struct call_object *self);

/* (stream, bytes) that nobody has read, or None; never waits. */
PyObject *type_call_rest(PyObject *object, PyObject *unused);

#endif
