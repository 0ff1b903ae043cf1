/* Constructors for the builtin types that have no opcode of their own, and for
 * those that have one and that a class's own __reduce__ may call all the same.
 */
#include "extension/decoder/tables.h"

/* It holds its length, and keeps three ints alive. */
#define BYTES_RANGE 96

static PyObject *
argument(const struct slot *args, Py_ssize_t index)
{
    return index < PyTuple_GET_SIZE(args->value)
               ? PyTuple_GET_ITEM(args->value, index)
               : NULL;
}

/* A copy of bytes, of a bytearray or of an out-of-band buffer. */
static PyObject *
copy_buffer(struct decoder *d, const struct global *self, PyObject *source,
            PyObject *(*copy)(const char *, Py_ssize_t))
{
    PyObject *made = NULL;
    Py_buffer view;

    if (!PyBytes_CheckExact(source) && !PyByteArray_CheckExact(source) &&
        !PyMemoryView_Check(source)) {
        return decoder_bad_arguments(d, self);
    }
    if (PyObject_GetBuffer(source, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (decoder_charge_copy(d, view.len) == 0 &&
        decoder_charge_memory(d, BYTES_BYTEARRAY + (size_t)view.len) == 0) {
        made = copy(view.buf, view.len);
    }
    PyBuffer_Release(&view);
    return made;
}

MAKE(make_bytes)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args->value);

    (void)ret;
    if (count == 0) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    if (count == 1) {
        return copy_buffer(d, self, argument(args, 0),
                           PyBytes_FromStringAndSize);
    }
    return decoder_bad_arguments(d, self);
}

MAKE(make_bytearray)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args->value);

    (void)ret;
    if (count == 0) {
        d->memory += BYTES_BYTEARRAY;
        return PyByteArray_FromStringAndSize(NULL, 0);
    }
    if (count == 1) {
        return copy_buffer(d, self, argument(args, 0),
                           PyByteArray_FromStringAndSize);
    }
    return decoder_bad_arguments(d, self);
}

MAKE(make_complex)
{
    PyObject *real = argument(args, 0), *imaginary = argument(args, 1);

    (void)ret;
    if (PyTuple_GET_SIZE(args->value) != 2 || !PyFloat_CheckExact(real) ||
        !PyFloat_CheckExact(imaginary)) {
        return decoder_bad_arguments(d, self);
    }
    d->memory += BYTES_NUMBER;
    return PyComplex_FromDoubles(PyFloat_AS_DOUBLE(real),
                                 PyFloat_AS_DOUBLE(imaginary));
}

MAKE(make_range)
{
    Py_ssize_t i;

    (void)ret;
    for (i = 0; i < 3; i++) {
        if (PyTuple_GET_SIZE(args->value) != 3 ||
            !PyLong_CheckExact(argument(args, i))) {
            return decoder_bad_arguments(d, self);
        }
        if (decoder_charge_int(d, argument(args, i)) < 0) {
            return NULL;
        }
    }
    d->memory += BYTES_RANGE;
    return PyObject_CallObject((PyObject *)&PyRange_Type, args->value);
}

/* Bounds of a slice may be any object; those of a result are scalars, since
 * freeing nested slices recurses without bound. */
MAKE(make_slice)
{
    Py_ssize_t i;

    (void)ret;
    if (PyTuple_GET_SIZE(args->value) != 3) {
        return decoder_bad_arguments(d, self);
    }
    for (i = 0; i < 3; i++) {
        PyObject *bound = argument(args, i);
        if (bound != Py_None && !PyLong_CheckExact(bound) &&
            !PyFloat_CheckExact(bound) && !PyUnicode_CheckExact(bound) &&
            !PyBool_Check(bound)) {
            return decoder_bad_arguments(d, self);
        }
    }
    d->memory += BYTES_SMALL;
    return PySlice_New(argument(args, 0), argument(args, 1),
                       argument(args, 2));
}

/* The list is walked by index: hashing an item may run library code. */
static PyObject *
fill_from_list(struct decoder *d, PyObject *list, PyObject *set)
{
    struct slot made = {.value = set};
    Py_ssize_t i;
    int failed = set == NULL ? -1 : 0;

    decoder_start_key_timer(d, (size_t)PyList_GET_SIZE(list));
    for (i = 0; failed == 0 && i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        Py_INCREF(item);
        failed = decoder_add_to_set(d, &made, item);
        Py_DECREF(item);
        failed = failed < 0 ? -1 : decoder_count_key(d);
    }
    failed = failed < 0 ? -1 : decoder_check_key_timer(d);
    if (failed < 0) {
        Py_XDECREF(set);
        return NULL;
    }
    return set;
}

static PyObject *
make_any_set(struct decoder *d, const struct global *self,
             const struct slot *args, struct slot *ret,
             PyObject *(*new_set)(PyObject *))
{
    PyObject *items = argument(args, 0);

    if (PyTuple_GET_SIZE(args->value) != 1 || !PyList_CheckExact(items)) {
        return decoder_bad_arguments(d, self);
    }
    ret->depth = args->depth;
    if (decoder_charge_copy(d, PyList_GET_SIZE(items)) < 0 ||
        decoder_charge_memory(
            d, BYTES_SET +
                   decoder_set_bytes(0, (size_t)PyList_GET_SIZE(items))) < 0) {
        return NULL;
    }
    return fill_from_list(d, items, new_set(NULL));
}

MAKE(make_set)
{
    return make_any_set(d, self, args, ret, PySet_New);
}

MAKE(make_frozenset)
{
    return make_any_set(d, self, args, ret, PyFrozenSet_New);
}
