/* Constructors for decimal, fractions, uuid, pathlib and collections: classes
 * from names.c, called with arguments of exact builtin types that were checked
 * first. */
#include <string.h>

#include "extension/decoder/parts.h"

/* As their sys.getsizeof, and what they always hold. */
#define BYTES_DECIMAL  112
#define BYTES_FRACTION 128
#define BYTES_UUID     192
#define BYTES_DEQUE    800 /* it allocates 64 places at once */
#define BYTES_TABLE    272 /* up to Python 3.10 never quite empty */
#define BYTES_ORDER    96  /* what an OrderedDict has beside */
#define BYTES_PATH     224
/* Up to Python 3.11 a path interns its parts at once. */
#define BYTES_PART 176

/* What a Decimal may have besides its digits: sign, point, exponent. */
#define DECIMAL_EXTRA 32

MAKE(make_decimal)
{
    PyObject *text = decoder_only_text(args), *class;

    (void)ret;
    if (text == NULL) {
        return decoder_bad_arguments(d, self);
    }
    if ((size_t)PyUnicode_GET_LENGTH(text) >
        d->options->max_digits + DECIMAL_EXTRA) {
        (void)decoder_refuse(d, "digits", "a Decimal of more than %zu digits",
                             d->options->max_digits);
        return NULL;
    }
    if (decoder_charge_copy(d, PyUnicode_GET_LENGTH(text)) < 0) {
        return NULL;
    }
    d->memory += BYTES_DECIMAL + (size_t)PyUnicode_GET_LENGTH(text);
    class = decoder_fixed(d, FIXED_DECIMAL);
    return class == NULL ? NULL
                         : PyObject_CallFunctionObjArgs(class, text, NULL);
}

/* "3/4" or "3" up to Python 3.11, two integers since. */
static int
fraction_parts(struct decoder *d, const struct slot *args, PyObject **parts)
{
    PyObject *text = decoder_only_text(args);
    Py_ssize_t length, slash;

    if (PyTuple_GET_SIZE(args->value) == 2) {
        parts[0] = PyTuple_GET_ITEM(args->value, 0);
        parts[1] = PyTuple_GET_ITEM(args->value, 1);
        Py_INCREF(parts[0]);
        Py_INCREF(parts[1]);
        return 0;
    }
    if (text == NULL) {
        return 0;
    }
    length = PyUnicode_GET_LENGTH(text);
    if (decoder_charge_copy(d, length) < 0) {
        return -1;
    }
    d->memory += (size_t)length;
    slash = PyUnicode_FindChar(text, '/', 0, length, 1);
    if (slash == -2) {
        return -1;
    }
    parts[0] = decoder_parse_int_str(d, text, 0, slash < 0 ? length : slash);
    parts[1] = slash < 0 ? PyLong_FromLong(1)
                         : decoder_parse_int_str(d, text, slash + 1, length);
    return parts[0] == NULL || parts[1] == NULL ? -1 : 0;
}

MAKE(make_fraction)
{
    PyObject *parts[2] = {NULL, NULL}, *class, *made = NULL;

    (void)ret;
    d->memory += BYTES_FRACTION;
    if (fraction_parts(d, args, parts) == 0) {
        if (parts[0] == NULL || !PyLong_CheckExact(parts[0]) ||
            !PyLong_CheckExact(parts[1])) {
            (void)decoder_bad_arguments(d, self);
        }
        else if (decoder_charge_int(d, parts[0]) == 0 &&
                 decoder_charge_int(d, parts[1]) == 0 &&
                 (class = decoder_fixed(d, FIXED_FRACTION)) != NULL) {
            made =
                PyObject_CallFunctionObjArgs(class, parts[0], parts[1], NULL);
        }
    }
    Py_XDECREF(parts[0]);
    Py_XDECREF(parts[1]);
    return made;
}

static size_t
part_bytes(PyObject *part)
{
    Py_ssize_t i, length = PyUnicode_GET_LENGTH(part);
    size_t parts = 1;

    for (i = 0; i < length; i++) {
        Py_UCS4 character = PyUnicode_READ_CHAR(part, i);
        parts += character == '/' || character == '\\';
    }
    return parts * BYTES_PART + 2 * (size_t)length * PyUnicode_KIND(part);
}

MAKE(make_path)
{
    PyObject *class;
    Py_ssize_t i;

    (void)ret;
    for (i = 0; i < PyTuple_GET_SIZE(args->value); i++) {
        PyObject *part = PyTuple_GET_ITEM(args->value, i);
        if (!PyUnicode_CheckExact(part)) {
            return decoder_bad_arguments(d, self);
        }
        if (decoder_charge_copy(d, PyUnicode_GET_LENGTH(part) + 1) < 0 ||
            decoder_charge_memory(d, part_bytes(part)) < 0) {
            return NULL;
        }
    }
    d->memory += BYTES_PATH;
    class = decoder_fixed(d, (enum fixed_id)self->fixed);
    return class == NULL ? NULL : PyObject_CallObject(class, args->value);
}

/* (), or an empty tuple and the maximal length. */
MAKE(make_deque)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args->value);
    PyObject *class, *items, *length;

    if (count != 0 && count != 2) {
        return decoder_bad_arguments(d, self);
    }
    if (count == 2) {
        items = PyTuple_GET_ITEM(args->value, 0);
        length = PyTuple_GET_ITEM(args->value, 1);
        if (!PyTuple_CheckExact(items) || PyTuple_GET_SIZE(items) != 0 ||
            (length != Py_None && !PyLong_CheckExact(length))) {
            return decoder_bad_arguments(d, self);
        }
    }
    d->memory += BYTES_DEQUE;
    ret->kind = KIND_DEQUE;
    ret->depth = 1;
    class = decoder_fixed(d, FIXED_DEQUE);
    return class == NULL ? NULL : PyObject_CallObject(class, args->value);
}

/* Made empty and filled as the dict it is, so that none of its methods run. */
MAKE(make_counter)
{
    PyObject *counts, *class, *made;

    if (PyTuple_GET_SIZE(args->value) != 1 ||
        !PyDict_CheckExact(PyTuple_GET_ITEM(args->value, 0))) {
        return decoder_bad_arguments(d, self);
    }
    counts = PyTuple_GET_ITEM(args->value, 0);
    if (decoder_charge_copy(d, PyDict_GET_SIZE(counts)) < 0 ||
        decoder_charge_memory(
            d, decoder_dict_bytes(0, (size_t)PyDict_GET_SIZE(counts))) < 0 ||
        decoder_foresee_copy(d, counts) < 0) {
        return NULL;
    }
    d->memory += BYTES_TABLE;
    ret->depth = args->depth;
    class = decoder_fixed(d, FIXED_COUNTER);
    made = class == NULL ? NULL : PyObject_CallObject(class, NULL);
    if (made != NULL && PyDict_Update(made, counts) < 0) {
        Py_CLEAR(made);
    }
    return made;
}

MAKE(make_defaultdict)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args->value);
    PyObject *class, *factory = Py_None;
    const struct global *global;

    if (count > 1) {
        return decoder_bad_arguments(d, self);
    }
    if (count == 1 && PyTuple_GET_ITEM(args->value, 0) != Py_None) {
        global = decoder_global_of(PyTuple_GET_ITEM(args->value, 0));
        if (global == NULL || global->factory == NULL) {
            (void)decoder_refuse_name(
                d, decoder_global_name(PyTuple_GET_ITEM(args->value, 0)),
                "cannot be a default_factory");
            return NULL;
        }
        factory = (PyObject *)global->factory;
    }
    d->memory += BYTES_TABLE;
    ret->kind = KIND_DICT;
    ret->depth = 1;
    class = decoder_fixed(d, FIXED_DEFAULTDICT);
    return class == NULL ? NULL
                         : PyObject_CallFunctionObjArgs(class, factory, NULL);
}

MAKE(make_ordered_dict)
{
    if (PyTuple_GET_SIZE(args->value) != 0) {
        return decoder_bad_arguments(d, self);
    }
    d->memory += BYTES_TABLE + BYTES_ORDER;
    ret->kind = KIND_ORDERED_DICT;
    ret->depth = 1;
    return PyODict_New();
}

MAKE(make_uuid)
{
    d->memory += BYTES_UUID;
    if (PyTuple_GET_SIZE(args->value) != 0) {
        return decoder_bad_arguments(d, self);
    }
    return decoder_pend(d, self, args->value, ret);
}

static PyObject *
call_uuid(struct decoder *d, PyObject *number, PyObject *safe)
{
    PyObject *class = decoder_fixed(d, FIXED_UUID);
    PyObject *safe_class = decoder_fixed(d, FIXED_SAFE_UUID);
    PyObject *none = NULL, *options = NULL, *made = NULL;

    if (class == NULL || safe_class == NULL) {
        return NULL;
    }
    none = PyTuple_New(0);
    options = Py_BuildValue("{s:O}", "int", number);
    if (none == NULL || options == NULL) {
        goto error;
    }
    if (safe != NULL) {
        PyObject *member =
            PyObject_CallFunctionObjArgs(safe_class, safe, NULL);
        int failed = member == NULL
                         ? -1
                         : PyDict_SetItemString(options, "is_safe", member);
        Py_XDECREF(member);
        if (failed < 0) {
            goto error;
        }
    }
    made = PyObject_Call(class, none, options);
error:
    Py_XDECREF(none);
    Py_XDECREF(options);
    return made;
}

/* {"int": n}, and "is_safe" where the platform could tell. */
BUILD(build_uuid)
{
    PyObject *number = NULL, *safe = NULL;

    (void)args;
    if (PyDict_CheckExact(state->value)) {
        number = PyDict_GetItemString(state->value, "int");
        safe = PyDict_GetItemString(state->value, "is_safe");
    }
    if (number == NULL || !PyLong_CheckExact(number) ||
        (safe != NULL && !PyLong_CheckExact(safe))) {
        (void)decoder_refuse(d, "value", "bad state for uuid.UUID");
        return NULL;
    }
    return call_uuid(d, number, safe);
}
