/* Values that functions of the caller build, from plain data of the stream.
 *
 * The option `builders` maps names to functions; a stream may REDUCE such a
 * name with a tuple of decoded values, and nothing else of it.  The function
 * checks what it is given.  It alone knows what it will allocate, and one
 * small value can be handed over again and again: so it is told what there is
 * room for, keeps to it, and says what it took. */
#include "extension/decoder/classes.h"

/* The room, then what the stream holds. */
static PyObject *
arguments(struct decoder *d, PyObject *parts)
{
    size_t left = d->memory > d->max_memory ? 0 : d->max_memory - d->memory;
    Py_ssize_t i, count = PyTuple_GET_SIZE(parts);
    PyObject *room, *made;

    if (decoder_charge_copy(d, count) < 0) {
        return NULL;
    }
    room = PyLong_FromSize_t(left);
    made = room == NULL ? NULL : PyTuple_New(count + 1);
    if (made == NULL) {
        Py_XDECREF(room);
        return NULL;
    }
    PyTuple_SET_ITEM(made, 0, room);
    for (i = 0; i < count; i++) {
        PyObject *part = PyTuple_GET_ITEM(parts, i);
        Py_INCREF(part);
        PyTuple_SET_ITEM(made, i + 1, part);
    }
    return made;
}

/* (value, bytes taken), as the function returned it. */
static PyObject *
unpack(struct decoder *d, PyObject *pair)
{
    PyObject *value = NULL;
    Py_ssize_t taken;

    if (!PyTuple_CheckExact(pair) ||
        !PyArg_ParseTuple(pair, "On", &value, &taken) || taken < 0) {
        d->foreign = true;
        PyErr_SetString(PyExc_TypeError,
                        "a builder returns (value, bytes taken)");
        return NULL;
    }
    if (decoder_charge_memory(d, (size_t)taken) < 0) {
        return NULL;
    }
    Py_INCREF(value);
    return value;
}

PyObject *
decoder_build(struct decoder *d, struct allowed *allowed,
              const struct slot *args, struct slot *ret)
{
    PyObject *parts, *pair, *value = NULL;

    if (args->flags & SLOT_INTERNAL) {
        (void)decoder_refuse_internal(d, args->value);
        return NULL;
    }
    parts = arguments(d, args->value);
    if (parts == NULL) {
        return NULL;
    }
    ret->depth = args->depth;
    pair = PyObject_CallObject(allowed->builder, parts);
    Py_DECREF(parts);
    if (pair != NULL) {
        value = unpack(d, pair);
        Py_DECREF(pair);
    }
    else if (PyErr_ExceptionMatches(PyExc_MemoryError)) {
        (void)decoder_refuse(d, "memory",
                             "the value would take more than %zu bytes",
                             d->max_memory);
    }
    return value;
}
