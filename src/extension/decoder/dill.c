/* Names that dill, in its own way, writes for builtin types, ranges, arrays
 * and named tuples.  What it would evaluate or call is read here as data. */
#include "extension/decoder/parts.h"

MAKE(make_dill_type)
{
    PyObject *name = decoder_only_text(args);
    const char *text = name == NULL ? NULL : decoder_text(name);
    const struct global *global;

    if (text == NULL) {
        return decoder_bad_arguments(d, self);
    }
    global = decoder_find_global("builtins", text);
    if (global == NULL) {
        (void)decoder_refuse_unallowed(
            d, PyUnicode_FromFormat("builtins.%U", name));
        return NULL;
    }
    d->memory += BYTES_NAME;
    ret->flags = SLOT_INTERNAL;
    return decoder_wrap_global(global);
}

/* dill evaluates this text; here it is "range(a, b)" or "range(a, b, c)". */
static PyObject *
split_bounds(PyObject *text)
{
    static const char OPEN[] = "range(";
    Py_ssize_t start = (Py_ssize_t)sizeof(OPEN) - 1;
    PyObject *open, *inner = NULL, *comma = NULL, *parts = NULL;

    open = PyUnicode_FromString(OPEN);
    if (open != NULL && PyUnicode_Tailmatch(text, open, 0, start, -1) == 1) {
        inner =
            PyUnicode_Substring(text, start, PyUnicode_GET_LENGTH(text) - 1);
        comma = PyUnicode_FromString(", ");
    }
    if (inner != NULL && comma != NULL) {
        parts = PyUnicode_Split(inner, comma, 3);
    }
    Py_XDECREF(open);
    Py_XDECREF(inner);
    Py_XDECREF(comma);
    return parts;
}

MAKE(make_dill_range)
{
    PyObject *text = decoder_only_text(args), *bounds = NULL, *made = NULL;
    Py_ssize_t i, last;

    (void)ret;
    if (text != NULL &&
        decoder_charge_copy(d, PyUnicode_GET_LENGTH(text)) < 0) {
        return NULL;
    }
    if (text != NULL && (last = PyUnicode_GET_LENGTH(text) - 1) >= 0 &&
        PyUnicode_READ_CHAR(text, last) == ')') {
        bounds = split_bounds(text);
    }
    if (bounds == NULL || PyList_GET_SIZE(bounds) < 2) {
        (void)decoder_bad_arguments(d, self);
        goto error;
    }
    for (i = 0; i < PyList_GET_SIZE(bounds); i++) {
        PyObject *part = PyList_GET_ITEM(bounds, i);
        PyObject *number =
            decoder_parse_int_str(d, part, 0, PyUnicode_GET_LENGTH(part));
        if (number == NULL || PyList_SetItem(bounds, i, number) < 0) {
            goto error;
        }
    }
    d->memory += (size_t)4 * BYTES_NUMBER +
                 (size_t)PyUnicode_GET_LENGTH(text) + BYTES_SMALL;
    made = PyObject_CallFunctionObjArgs(
        (PyObject *)&PyRange_Type, PyList_GET_ITEM(bounds, 0),
        PyList_GET_ITEM(bounds, 1),
        PyList_GET_SIZE(bounds) == 3 ? PyList_GET_ITEM(bounds, 2) : NULL,
        NULL);
error:
    Py_XDECREF(bounds);
    return made;
}

/* (_reconstruct, its arguments, the array's state, no attributes) */
MAKE(make_dill_array)
{
    PyObject *function = NULL, *inner = NULL, *pending;
    struct slot rest = *args, place = {.kind = KIND_DONE};

    (void)ret;
    if (PyTuple_GET_SIZE(args->value) == 4) {
        function = PyTuple_GET_ITEM(args->value, 0);
        inner = PyTuple_GET_ITEM(args->value, 1);
        rest.value = PyTuple_GET_ITEM(args->value, 2);
    }
    if (function == NULL ||
        decoder_global_of(function) !=
            decoder_find_global("numpy._core.multiarray", "_reconstruct") ||
        !PyTuple_CheckExact(inner) ||
        PyTuple_GET_ITEM(args->value, 3) != Py_None) {
        return decoder_bad_arguments(d, self);
    }
    place.value = inner;
    pending = make_numpy_array(d, decoder_global_of(function), &place, &place);
    if (pending == NULL) {
        return NULL;
    }
    Py_DECREF(pending);
    return build_numpy_array(d, Py_None, &rest);
}

/* (name, fields, module, defaults): a named tuple's class, if allowed. */
MAKE(make_dill_named_tuple)
{
    PyObject *called, *module, *found;

    if (PyTuple_GET_SIZE(args->value) < 3) {
        return decoder_bad_arguments(d, self);
    }
    called = PyTuple_GET_ITEM(args->value, 0);
    module = PyTuple_GET_ITEM(args->value, 2);
    if (!PyUnicode_CheckExact(called) || !PyUnicode_CheckExact(module)) {
        return decoder_bad_arguments(d, self);
    }
    d->memory += BYTES_NAME;
    found = decoder_find_class(d, module, called);
    if (found == NULL && !PyErr_Occurred()) {
        (void)decoder_refuse_unallowed(
            d, PyUnicode_FromFormat("%U.%U", module, called));
    }
    ret->flags = SLOT_INTERNAL;
    return found;
}
