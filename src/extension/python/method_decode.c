/* The Python entry to the decoder: _boxed.decode() and _boxed.DecodeError.
 *
 * Parses arguments, holds the buffers they export for as long as the decoder
 * reads, and raises; everything else is in decoder/. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "extension/decoder/decoder.h"
#include "extension/python/methods.h"

PyDoc_STRVAR(decode_error_doc,
             "A guest's result was refused; nothing of it remains.\n\n"
             "reason: a stable word, such as 'truncated' or 'type'\n"
             "type_name: the dotted name that was refused, or None\n"
             "option: the one that would have permitted it, 'allow' or\n"
             "    'allow_setstate', or None");

int
method_decode_exec(PyObject *module)
{
    PyObject *attributes, *error = NULL;

    attributes = Py_BuildValue("{s:O,s:O,s:O}", "reason", Py_None, "type_name",
                               Py_None, "option", Py_None);
    if (attributes == NULL) {
        return -1;
    }
    error =
        PyErr_NewExceptionWithDoc("boxed._boxed.DecodeError", decode_error_doc,
                                  PyExc_ValueError, attributes);
    Py_DECREF(attributes);
    if (error == NULL) {
        return -1;
    }
    if (PyModule_AddObject(module, "DecodeError", error) < 0) {
        Py_DECREF(error);
        return -1;
    }
    return 0;
}

static int
check_dict(PyObject *value, const char *what)
{
    if (!PyDict_CheckExact(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be a dict or None", what);
        return -1;
    }
    return 0;
}

static int
read_allow(PyObject *value, struct decoder_options *options)
{
    if (value == Py_None) {
        return 0;
    }
    options->allow = value;
    return check_dict(value, "allow");
}

static int
read_states(PyObject *value, struct decoder_options *options)
{
    if (value == Py_None) {
        return 0;
    }
    options->states = value;
    return check_dict(value, "states");
}

static int
read_builders(PyObject *value, struct decoder_options *options)
{
    if (value == Py_None) {
        return 0;
    }
    options->builders = value;
    return check_dict(value, "builders");
}

static int
read_buffers(PyObject *value, struct decoder_options *options)
{
    options->buffers = PySequence_Tuple(value);
    return options->buffers == NULL ? -1 : 0;
}

static int
read_bound(PyObject *value, Py_ssize_t most, size_t *ret_bound)
{
    Py_ssize_t bound = PyNumber_AsSsize_t(value, PyExc_OverflowError);

    if (bound == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (bound < 1 || bound > most) {
        PyErr_Format(PyExc_ValueError, "a bound must be 1 to %zd", most);
        return -1;
    }
    *ret_bound = (size_t)bound;
    return 0;
}

static int
read_depth(PyObject *value, struct decoder_options *options)
{
    return read_bound(value, BOXED_DEPTH_MAX, &options->max_depth);
}

static int
read_memory(PyObject *value, struct decoder_options *options)
{
    return read_bound(value, PY_SSIZE_T_MAX, &options->max_memory);
}

static int
read_digits(PyObject *value, struct decoder_options *options)
{
    return read_bound(value, PY_SSIZE_T_MAX / 4, &options->max_digits);
}

static int
read_deadline(PyObject *value, struct decoder_options *options)
{
    if (value == Py_None) {
        return 0;
    }
    options->has_deadline = 1;
    options->deadline = PyFloat_AsDouble(value);
    return options->deadline == -1.0 && PyErr_Occurred() ? -1 : 0;
}

static const struct {
    const char *name;
    int (*read)(PyObject *value, struct decoder_options *options);
} KEYWORDS[] = {
    {"allow", read_allow},       {"states", read_states},
    {"builders", read_builders}, {"buffers", read_buffers},
    {"max_depth", read_depth},   {"max_memory", read_memory},
    {"max_digits", read_digits}, {"deadline", read_deadline},
};

/* A small result takes less time to decode than the parsers of the C API take
 * for these keywords. */
static int
read_keyword(PyObject *name, PyObject *value, struct decoder_options *options)
{
    size_t i;

    for (i = 0; i < sizeof(KEYWORDS) / sizeof(KEYWORDS[0]); i++) {
        if (PyUnicode_CompareWithASCIIString(name, KEYWORDS[i].name) == 0) {
            return KEYWORDS[i].read(value, options);
        }
    }
    PyErr_Format(PyExc_TypeError, "decode() takes no keyword %R", name);
    return -1;
}

PyObject *
method_decode(PyObject *module, PyObject *const *args, Py_ssize_t count,
              PyObject *keywords)
{
    struct decoder_options options = {
        .module = module,
        .max_depth = BOXED_DEPTH_DEFAULT,
        .max_memory = PY_SSIZE_T_MAX,
        .max_digits = BOXED_DIGITS_DEFAULT,
    };
    Py_ssize_t i, named = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
    PyObject *result = NULL;
    Py_buffer data = {.obj = NULL};

    if (count != 1) {
        PyErr_SetString(PyExc_TypeError, "decode() takes the data and"
                                         " keywords");
        return NULL;
    }
    for (i = 0; i < named; i++) {
        if (read_keyword(PyTuple_GET_ITEM(keywords, i), args[count + i],
                         &options) < 0) {
            goto error;
        }
    }
    if (PyObject_GetBuffer(args[0], &data, PyBUF_SIMPLE) == 0) {
        result = decoder_decode(&options, data.buf, (size_t)data.len);
    }
error:
    Py_XDECREF(options.buffers);
    PyBuffer_Release(&data);
    return result;
}
