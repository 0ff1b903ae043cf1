/* Values that functions of the caller build, from plain data of the stream.
 *
 * The option `builders` maps names to functions; a stream may REDUCE such a
 * name with a tuple of decoded values, and nothing else of it.  The function
 * checks what it is given; the decoder has only weighed it, since a function
 * copies and one small value can be handed over again and again. */
#include "extension/decoder/classes.h"

/* What pandas makes of a tuple, a list or an array, however small. */
#define BYTES_PIECE 1024
/* The place in a list, the one in an array made of it, and a copy of that. */
#define BYTES_CELL 24
/* Of an array: what is made of it, and what it is made from meanwhile. */
#define COPIES 3

static int weigh(struct decoder *d, PyObject *value);

static int
weigh_items(struct decoder *d, PyObject *const *items, Py_ssize_t count)
{
    Py_ssize_t i;

    if (decoder_charge_copy(d, count) < 0 ||
        decoder_charge_memory(d, BYTES_PIECE + (size_t)count * BYTES_CELL) <
            0) {
        return -1;
    }
    for (i = 0; i < count; i++) {
        if (weigh(d, items[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
weigh_array(struct decoder *d, PyObject *array)
{
    PyObject *number = PyObject_GetAttrString(array, "nbytes");
    Py_ssize_t size = number == NULL ? -1 : PyLong_AsSsize_t(number);

    Py_XDECREF(number);
    if (size < 0 || decoder_charge_copy(d, size) < 0) {
        return -1;
    }
    return decoder_charge_memory(d, BYTES_PIECE + COPIES * (size_t)size);
}

/* Recursion is bounded: no value is nested deeper than max_depth. */
static int
weigh(struct decoder *d, PyObject *value)
{
    PyObject *array = d->fixed[FIXED_NUMPY_NDARRAY];

    if (PyTuple_CheckExact(value)) {
        return weigh_items(d, ((PyTupleObject *)value)->ob_item,
                           PyTuple_GET_SIZE(value));
    }
    if (PyList_CheckExact(value)) {
        return weigh_items(d, ((PyListObject *)value)->ob_item,
                           PyList_GET_SIZE(value));
    }
    if (array != NULL && PyObject_TypeCheck(value, (PyTypeObject *)array)) {
        return weigh_array(d, value);
    }
    return 0;
}

PyObject *
decoder_build(struct decoder *d, struct allowed *allowed,
              const struct slot *args, struct slot *ret)
{
    if (args->flags & SLOT_INTERNAL) {
        (void)decoder_refuse_internal(d, args->value);
        return NULL;
    }
    if (weigh(d, args->value) < 0) {
        return NULL;
    }
    ret->depth = args->depth;
    return PyObject_CallObject(allowed->builder, args->value);
}
