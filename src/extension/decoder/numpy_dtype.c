/* Rebuilds numpy dtypes from a checked description.
 *
 * dtype.__setstate__ trusts its argument, so it is not used: what the stream
 * says is put together to a text such as "<M8[25ns]" or to the dict that
 * numpy.dtype documents, and numpy makes and checks the dtype. */
#include <string.h>

#include "extension/decoder/parts.h"

#define TEXT_MAX   64
#define ALIGNED    0x80
#define FIELD_WORK 32
/* A dtype; a field of it, in its tables and while it is described. */
#define BYTES_DTYPE 512
#define BYTES_FIELD 1024

enum {
    STATE_VERSION,
    STATE_ORDER,
    STATE_SUBARRAY,
    STATE_NAMES,
    STATE_FIELDS,
    STATE_SIZE,
    STATE_ALIGNMENT,
    STATE_FLAGS,
    STATE_METADATA,
};

static PyObject *
refuse_dtype(struct decoder *d)
{
    (void)decoder_refuse(d, "value", "bad description of a numpy.dtype");
    return NULL;
}

static bool
is_dtype(struct decoder *d, PyObject *value)
{
    PyObject *class = d->fixed[FIXED_NUMPY_DTYPE];

    return class != NULL && PyObject_TypeCheck(value, (PyTypeObject *)class);
}

/* A kind and a size in digits: "f8", "U10". */
static bool
is_simple_code(const char *code)
{
    size_t digits;

    if (code[0] == '\0' || strchr("biufcSUVmM", code[0]) == NULL) {
        return false;
    }
    digits = strspn(code + 1, "0123456789");
    return digits > 0 && digits < 11 && code[1 + digits] == '\0';
}

/* (code, align, copy); the object exists once its state has come. */
MAKE(make_numpy_dtype)
{
    PyObject *code = NULL;
    const char *text;

    if (PyTuple_GET_SIZE(args->value) == 3) {
        code = PyTuple_GET_ITEM(args->value, 0);
    }
    if (code == NULL || !PyUnicode_CheckExact(code) ||
        (text = decoder_text(code)) == NULL) {
        return refuse_dtype(d);
    }
    if (text[0] == 'O') {
        (void)decoder_refuse_unallowed(
            d, PyUnicode_FromString("numpy.ndarray of dtype object"));
        return NULL;
    }
    if (!is_simple_code(text)) {
        return refuse_dtype(d);
    }
    return decoder_pend(d, self, code, ret);
}

/* "[25ns]" from ({}, (b"ns", 25, 1, 1)), or "" for the generic unit. */
static int
read_unit(PyObject *metadata, char *text, size_t size)
{
    static const char *const UNITS[] = {"Y",  "M",  "W",  "D",  "h",  "m", "s",
                                        "ms", "us", "ns", "ps", "fs", "as"};
    PyObject *unit, *name;
    const char *word;
    long multiple;
    size_t i;

    if (metadata == NULL || !PyTuple_CheckExact(metadata) ||
        PyTuple_GET_SIZE(metadata) != 2) {
        return -1;
    }
    unit = PyTuple_GET_ITEM(metadata, 1);
    if (!PyTuple_CheckExact(unit) || PyTuple_GET_SIZE(unit) != 4 ||
        !PyLong_CheckExact(PyTuple_GET_ITEM(unit, 1))) {
        return -1;
    }
    name = PyTuple_GET_ITEM(unit, 0);
    multiple = PyLong_AsLong(PyTuple_GET_ITEM(unit, 1));
    word = decoder_text(name);
    if (word == NULL || multiple < 1 || multiple > INT32_MAX) {
        return -1;
    }
    text[0] = '\0';
    for (i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
        if (strcmp(word, UNITS[i]) == 0) {
            (void)PyOS_snprintf(text, size, "[%ld%s]", multiple, word);
            return 0;
        }
    }
    return strcmp(word, "generic") == 0 ? 0 : -1;
}

static PyObject *
simple_dtype(struct decoder *d, const char *code, PyObject *state)
{
    PyObject *order = PyTuple_GET_ITEM(state, STATE_ORDER), *metadata = NULL;
    char text[TEXT_MAX], unit[TEXT_MAX] = "";
    const char *sign;

    if (PyTuple_GET_SIZE(state) > STATE_METADATA) {
        metadata = PyTuple_GET_ITEM(state, STATE_METADATA);
    }
    sign = decoder_text(order);
    if (sign == NULL || strlen(sign) != 1 || strchr("<>|=", *sign) == NULL ||
        ((*code == 'm' || *code == 'M') &&
         read_unit(metadata, unit, sizeof(unit)) < 0)) {
        return refuse_dtype(d);
    }
    (void)PyOS_snprintf(text, sizeof(text), "%s%s%s", sign, code, unit);
    return PyObject_CallFunction(d->fixed[FIXED_NUMPY_DTYPE], "s", text);
}

static PyObject *
subarray_dtype(struct decoder *d, PyObject *subarray)
{
    if (!PyTuple_CheckExact(subarray) || PyTuple_GET_SIZE(subarray) != 2 ||
        !is_dtype(d, PyTuple_GET_ITEM(subarray, 0)) ||
        numpy_check_shape(d, PyTuple_GET_ITEM(subarray, 1), NULL) < 0) {
        return refuse_dtype(d);
    }
    return PyObject_CallFunction(d->fixed[FIXED_NUMPY_DTYPE], "((OO))",
                                 PyTuple_GET_ITEM(subarray, 0),
                                 PyTuple_GET_ITEM(subarray, 1));
}

/* Adds one field, (dtype, offset[, title]), to the lists of the description.
 */
static int
add_field(struct decoder *d, PyObject *name, PyObject *field,
          PyObject *const *lists)
{
    PyObject *title = Py_None;

    if (!PyUnicode_CheckExact(name) || field == NULL ||
        !PyTuple_CheckExact(field) || PyTuple_GET_SIZE(field) < 2 ||
        PyTuple_GET_SIZE(field) > 3 ||
        !is_dtype(d, PyTuple_GET_ITEM(field, 0)) ||
        !PyLong_CheckExact(PyTuple_GET_ITEM(field, 1))) {
        (void)refuse_dtype(d);
        return -1;
    }
    if (PyTuple_GET_SIZE(field) == 3) {
        title = PyTuple_GET_ITEM(field, 2);
        if (!PyUnicode_CheckExact(title)) {
            (void)refuse_dtype(d);
            return -1;
        }
    }
    if (PyList_Append(lists[0], name) < 0 ||
        PyList_Append(lists[1], PyTuple_GET_ITEM(field, 0)) < 0 ||
        PyList_Append(lists[2], PyTuple_GET_ITEM(field, 1)) < 0) {
        return -1;
    }
    return PyList_Append(lists[3], title);
}

static int
add_fields(struct decoder *d, PyObject *names, PyObject *fields,
           PyObject *const *lists)
{
    Py_ssize_t i;

    for (i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i), *field = NULL;
        if (decoder_charge_work(d, FIELD_WORK) < 0 ||
            decoder_charge_memory(d, BYTES_FIELD) < 0) {
            return -1;
        }
        if (PyUnicode_CheckExact(name)) {
            field = PyDict_GetItemWithError(fields, name);
        }
        if (add_field(d, name, field, lists) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
structured_dtype(struct decoder *d, PyObject *state)
{
    static const char *const KEYS[] = {"names", "formats", "offsets",
                                       "titles"};
    PyObject *names = PyTuple_GET_ITEM(state, STATE_NAMES);
    PyObject *fields = PyTuple_GET_ITEM(state, STATE_FIELDS);
    PyObject *lists[4] = {NULL}, *description = NULL, *made = NULL;
    PyObject *flags = PyTuple_GET_ITEM(state, STATE_FLAGS);
    long bits;
    size_t i;

    if (!PyTuple_CheckExact(names) || !PyDict_CheckExact(fields) ||
        !PyLong_CheckExact(flags) ||
        PyTuple_GET_SIZE(names) > NUMPY_FIELDS_MAX ||
        !PyLong_CheckExact(PyTuple_GET_ITEM(state, STATE_SIZE))) {
        return refuse_dtype(d);
    }
    description = PyDict_New();
    for (i = 0; description != NULL && i < 4; i++) {
        lists[i] = PyList_New(0);
        if (lists[i] == NULL ||
            PyDict_SetItemString(description, KEYS[i], lists[i]) < 0) {
            Py_CLEAR(description);
        }
    }
    if (description == NULL || add_fields(d, names, fields, lists) < 0) {
        goto error;
    }
    bits = PyLong_AsLong(flags);
    if ((bits == -1 && PyErr_Occurred()) ||
        PyDict_SetItemString(description, "itemsize",
                             PyTuple_GET_ITEM(state, STATE_SIZE)) < 0 ||
        PyDict_SetItemString(description, "aligned",
                             bits & ALIGNED ? Py_True : Py_False) < 0) {
        goto error;
    }
    made = PyObject_CallFunctionObjArgs(d->fixed[FIXED_NUMPY_DTYPE],
                                        description, NULL);
error:
    for (i = 0; i < 4; i++) {
        Py_XDECREF(lists[i]);
    }
    Py_XDECREF(description);
    return made;
}

BUILD(build_numpy_dtype)
{
    PyObject *made = NULL, *version;
    const char *code = decoder_text(args);

    d->memory += BYTES_DTYPE;
    if (decoder_fixed(d, FIXED_NUMPY_DTYPE) == NULL) {
        return NULL;
    }
    if (code == NULL || !PyTuple_CheckExact(state->value) ||
        PyTuple_GET_SIZE(state->value) < STATE_METADATA ||
        PyTuple_GET_SIZE(state->value) > STATE_METADATA + 1) {
        return refuse_dtype(d);
    }
    version = PyTuple_GET_ITEM(state->value, STATE_VERSION);
    if (!PyLong_CheckExact(version) || PyLong_AsLong(version) < 3 ||
        PyLong_AsLong(version) > 4) {
        return refuse_dtype(d);
    }
    if (PyTuple_GET_ITEM(state->value, STATE_SUBARRAY) != Py_None) {
        made =
            subarray_dtype(d, PyTuple_GET_ITEM(state->value, STATE_SUBARRAY));
    }
    else if (PyTuple_GET_ITEM(state->value, STATE_NAMES) != Py_None) {
        made = structured_dtype(d, state->value);
    }
    else {
        made = simple_dtype(d, code, state->value);
    }
    if (made != NULL && numpy_check_fields(d, made) < 0) {
        Py_CLEAR(made);
    }
    return made;
}
