/* Rebuilds numpy arrays and scalars, without numpy's headers: by
 * numpy.frombuffer over bytes whose number was compared with shape and dtype
 * first, then reshape and, where the array must own its data, copy. */
#include "extension/decoder/parts.h"

#define AXES_MAX 64
/* An array and the flat one that it is a view of; for each axis, size and
 * stride of both. */
#define BYTES_ARRAY 640
#define BYTES_AXIS  32
/* A scalar is all that is left of its array. */
#define BYTES_SCALAR 96

struct layout {
    PyObject *dtype;
    PyObject *shape;
    const char *order; /* "C" or "F" */
    PyObject *source;  /* bytes, bytearray or memoryview */
    bool copy;
};

static int
refuse_array(struct decoder *d)
{
    return decoder_refuse(d, "value", "bad description of a numpy.ndarray");
}

/* A tuple of sizes; the number of elements, where that is wanted. */
int
numpy_check_shape(struct decoder *d, PyObject *shape, Py_ssize_t *ret_count)
{
    Py_ssize_t i, count = 1;
    bool zero = false;

    if (!PyTuple_CheckExact(shape) || PyTuple_GET_SIZE(shape) > AXES_MAX) {
        return refuse_array(d);
    }
    for (i = 0; i < PyTuple_GET_SIZE(shape); i++) {
        PyObject *axis = PyTuple_GET_ITEM(shape, i);
        Py_ssize_t size =
            PyLong_CheckExact(axis) ? PyLong_AsSsize_t(axis) : -1;
        if (size < 0) {
            return refuse_array(d);
        }
        zero = zero || size == 0;
        if (size != 0 && __builtin_mul_overflow(count, size, &count)) {
            return refuse_array(d);
        }
    }
    if (ret_count != NULL) {
        *ret_count = zero ? 0 : count;
    }
    return 0;
}

static int
item_size(struct decoder *d, PyObject *dtype, Py_ssize_t *ret_size)
{
    PyObject *class = decoder_fixed(d, FIXED_NUMPY_DTYPE), *size, *shape;

    if (class == NULL || !PyObject_TypeCheck(dtype, (PyTypeObject *)class)) {
        return class == NULL ? -1 : refuse_array(d);
    }
    shape = PyObject_GetAttrString(dtype, "shape");
    size = PyObject_GetAttrString(dtype, "itemsize");
    *ret_size = -1;
    if (shape != NULL && size != NULL && PyTuple_GET_SIZE(shape) == 0) {
        *ret_size = PyLong_AsSsize_t(size);
    }
    Py_XDECREF(shape);
    Py_XDECREF(size);
    return *ret_size < 0 ? refuse_array(d) : 0;
}

/* An array without data: nothing to read, and numpy.frombuffer refuses. */
static PyObject *
empty_array(struct decoder *d, const struct layout *layout)
{
    PyObject *class = decoder_fixed(d, FIXED_NUMPY_NDARRAY);
    PyObject *args, *options, *made = NULL;

    if (class == NULL) {
        return NULL;
    }
    args = PyTuple_Pack(2, layout->shape, layout->dtype);
    options = Py_BuildValue("{s:s}", "order", layout->order);
    if (args != NULL && options != NULL) {
        made = PyObject_Call(class, args, options);
    }
    Py_XDECREF(args);
    Py_XDECREF(options);
    return made;
}

/* Whether the array keeps its source exported.  One that only points into a
 * bytearray would keep pointing there when that grows and moves. */
static int
base_is_held(PyObject *array, PyObject *source)
{
    PyObject *base = PyObject_GetAttrString(array, "base");
    int held = base != NULL && (PyMemoryView_Check(base) ||
                                (base == source && PyBytes_Check(source)));

    Py_XDECREF(base);
    return base == NULL ? -1 : held;
}

static PyObject *
with_order(PyObject *array, const char *method, PyObject *shape,
           const char *order)
{
    PyObject *bound = PyObject_GetAttrString(array, method);
    PyObject *args = shape == NULL ? PyTuple_New(0) : PyTuple_Pack(1, shape);
    PyObject *options = Py_BuildValue("{s:s}", "order", order);
    PyObject *made = NULL;

    if (bound != NULL && args != NULL && options != NULL) {
        made = PyObject_Call(bound, args, options);
    }
    Py_XDECREF(bound);
    Py_XDECREF(args);
    Py_XDECREF(options);
    return made;
}

static PyObject *
filled_array(struct decoder *d, const struct layout *layout, Py_ssize_t bytes)
{
    PyObject *function = decoder_fixed(d, FIXED_NUMPY_FROMBUFFER);
    PyObject *flat, *shaped, *copied;
    int held;

    if (function == NULL) {
        return NULL;
    }
    flat = PyObject_CallFunctionObjArgs(function, layout->source,
                                        layout->dtype, NULL);
    if (flat == NULL) {
        return NULL;
    }
    held = layout->copy ? 0 : base_is_held(flat, layout->source);
    shaped = held < 0
                 ? NULL
                 : with_order(flat, "reshape", layout->shape, layout->order);
    Py_DECREF(flat);
    if (shaped == NULL || held > 0) {
        return shaped;
    }
    copied = decoder_charge_copy(d, bytes) < 0 ||
                     decoder_charge_memory(d, (size_t)bytes) < 0
                 ? NULL
                 : with_order(shaped, "copy", NULL, layout->order);
    Py_DECREF(shaped);
    return copied;
}

static PyObject *
new_array(struct decoder *d, const struct layout *layout)
{
    Py_ssize_t count = 0, size = 0, bytes, held;

    if (item_size(d, layout->dtype, &size) < 0 ||
        numpy_check_shape(d, layout->shape, &count) < 0) {
        return NULL;
    }
    if (!PyBytes_CheckExact(layout->source) &&
        !PyByteArray_CheckExact(layout->source) &&
        !PyMemoryView_Check(layout->source)) {
        (void)refuse_array(d);
        return NULL;
    }
    held = PyMemoryView_Check(layout->source)
               ? PyMemoryView_GET_BUFFER(layout->source)->len
               : PyObject_Size(layout->source);
    if (__builtin_mul_overflow(count, size, &bytes) || held != bytes) {
        (void)refuse_array(d);
        return NULL;
    }
    d->memory +=
        BYTES_ARRAY + (size_t)PyTuple_GET_SIZE(layout->shape) * BYTES_AXIS;
    if (numpy_check_data(d, layout->dtype, layout->source) < 0) {
        return NULL;
    }
    if (bytes == 0) {
        return decoder_charge_copy(d, count) < 0 ? NULL
                                                 : empty_array(d, layout);
    }
    return filled_array(d, layout, bytes);
}

/* (numpy.ndarray, (0,), b"b"): a place for the array that BUILD brings. */
MAKE(make_numpy_array)
{
    const struct global *class;

    if (PyTuple_GET_SIZE(args->value) != 3) {
        (void)refuse_array(d);
        return NULL;
    }
    class = decoder_global_of(PyTuple_GET_ITEM(args->value, 0));
    if (class == NULL || class != decoder_find_global("numpy", "ndarray")) {
        return decoder_bad_arguments(d, self);
    }
    return decoder_pend(d, self, Py_None, ret);
}

/* (version, shape, dtype, is Fortran order, data) */
BUILD(build_numpy_array)
{
    struct layout layout = {.order = "C", .copy = true};
    PyObject *tuple = state->value;

    (void)args;
    if (!PyTuple_CheckExact(tuple) || PyTuple_GET_SIZE(tuple) != 5 ||
        !PyBool_Check(PyTuple_GET_ITEM(tuple, 3))) {
        (void)refuse_array(d);
        return NULL;
    }
    layout.shape = PyTuple_GET_ITEM(tuple, 1);
    layout.dtype = PyTuple_GET_ITEM(tuple, 2);
    layout.source = PyTuple_GET_ITEM(tuple, 4);
    if (PyTuple_GET_ITEM(tuple, 3) == Py_True) {
        layout.order = "F";
    }
    return new_array(d, &layout);
}

/* (dtype, data): an array of no axes, and its only item. */
MAKE(make_numpy_scalar)
{
    struct layout layout = {.order = "C", .copy = true};
    PyObject *array, *none, *scalar = NULL;

    (void)ret;
    if (PyTuple_GET_SIZE(args->value) != 2) {
        return decoder_bad_arguments(d, self);
    }
    if (decoder_fixed(d, FIXED_NUMPY_GENERIC) == NULL ||
        decoder_fixed(d, FIXED_NUMPY_VOID) == NULL) {
        return NULL;
    }
    none = PyTuple_New(0);
    if (none == NULL) {
        return NULL;
    }
    layout.dtype = PyTuple_GET_ITEM(args->value, 0);
    layout.shape = none;
    layout.source = PyTuple_GET_ITEM(args->value, 1);
    array = new_array(d, &layout);
    if (array != NULL) {
        scalar = PyObject_GetItem(array, none);
        Py_DECREF(array);
        d->memory -= BYTES_ARRAY - BYTES_SCALAR;
    }
    Py_DECREF(none);
    return scalar;
}

/* The axes of a contiguous array that is in neither C nor Fortran order. */
static PyObject *
transposed(struct decoder *d, PyObject *array, PyObject *axes)
{
    PyObject *made;

    if (array == NULL || numpy_check_shape(d, axes, NULL) < 0) {
        Py_XDECREF(array);
        return NULL;
    }
    made = PyObject_CallMethod(array, "transpose", "(O)", axes);
    Py_DECREF(array);
    return made;
}

/* Protocol 5: (buffer, dtype, shape, order[, axes]). */
MAKE(make_numpy_view)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args->value);
    struct layout layout = {.order = "C", .copy = false};
    PyObject *order, *axes = Py_None;

    (void)ret;
    if (count < 4 || count > 5 ||
        !PyUnicode_CheckExact(PyTuple_GET_ITEM(args->value, 3))) {
        return decoder_bad_arguments(d, self);
    }
    layout.source = PyTuple_GET_ITEM(args->value, 0);
    layout.dtype = PyTuple_GET_ITEM(args->value, 1);
    layout.shape = PyTuple_GET_ITEM(args->value, 2);
    order = PyTuple_GET_ITEM(args->value, 3);
    axes = count == 5 ? PyTuple_GET_ITEM(args->value, 4) : Py_None;
    if (PyUnicode_CompareWithASCIIString(order, "F") == 0) {
        layout.order = "F";
    }
    else if (PyUnicode_CompareWithASCIIString(order, "K") == 0 &&
             axes != Py_None) {
        return transposed(d, new_array(d, &layout), axes);
    }
    else if (PyUnicode_CompareWithASCIIString(order, "C") != 0) {
        return decoder_bad_arguments(d, self);
    }
    return new_array(d, &layout);
}
