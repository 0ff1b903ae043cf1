/* Walks the fields of a numpy dtype, and through the data of an array along
 * them.
 *
 * Two things numpy takes on trust: how many fields there are (it visits each
 * for every operation, and a few nested dtypes can describe billions), and
 * that text holds characters and a bool is 0 or 1.  Text beyond U+10FFFF would
 * become a str that the interpreter thinks impossible. */
#include <string.h>

#include "extension/decoder/parts.h"

#define CHARACTER_MAX 0x10ffff
/* Looking at a field, against visiting a key. */
#define FIELD_WORK 32

struct run {
    Py_ssize_t offset;
    Py_ssize_t size;
    bool (*valid)(const unsigned char *bytes, Py_ssize_t size);
};

struct walk {
    struct decoder *d;
    struct run *runs;
    size_t count;
    size_t visited;
};

static bool
valid_bools(const unsigned char *bytes, Py_ssize_t size)
{
    unsigned seen = 0;
    Py_ssize_t i;

    for (i = 0; i < size; i++) {
        seen |= bytes[i];
    }
    return seen <= 1;
}

static bool
valid_text(const unsigned char *bytes, Py_ssize_t size, bool swap)
{
    bool valid = true;
    Py_ssize_t i;

    for (i = 0; i + 4 <= size; i += 4) {
        uint32_t character;
        memcpy(&character, bytes + i, sizeof(character));
        valid &=
            (swap ? __builtin_bswap32(character) : character) <= CHARACTER_MAX;
    }
    return valid;
}

static bool
valid_little_text(const unsigned char *bytes, Py_ssize_t size)
{
    return valid_text(bytes, size, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static bool
valid_big_text(const unsigned char *bytes, Py_ssize_t size)
{
    return valid_text(bytes, size, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
}

/* The first character of a dtype's text attribute; 0 on failure. */
static char
read_letter(PyObject *dtype, const char *attribute)
{
    PyObject *text = PyObject_GetAttrString(dtype, attribute);
    char letter = 0;

    if (text != NULL && PyUnicode_Check(text) &&
        PyUnicode_GET_LENGTH(text) == 1) {
        letter = (char)PyUnicode_READ_CHAR(text, 0);
    }
    Py_XDECREF(text);
    return letter;
}

static Py_ssize_t
read_item_size(PyObject *dtype)
{
    PyObject *number = PyObject_GetAttrString(dtype, "itemsize");
    Py_ssize_t size = number == NULL ? -1 : PyLong_AsSsize_t(number);

    Py_XDECREF(number);
    return size;
}

static int
visit(struct walk *walk)
{
    if (++walk->visited > NUMPY_FIELDS_MAX) {
        return decoder_refuse(walk->d, "items",
                              "a numpy.dtype of more than %d fields",
                              NUMPY_FIELDS_MAX);
    }
    return decoder_charge_work(walk->d, FIELD_WORK);
}

/* `size` bytes at `offset` are values of a dtype without fields. */
static int
add_run(struct walk *walk, PyObject *dtype, Py_ssize_t offset, Py_ssize_t size)
{
    struct run run = {.offset = offset, .size = size};
    char kind = read_letter(dtype, "kind");
    char order = read_letter(dtype, "byteorder");

    if (kind == 0 || order == 0) {
        return -1;
    }
    if (kind == 'O') {
        return decoder_refuse(walk->d, "type", "a numpy.dtype with objects");
    }
    if (kind == 'U') {
        bool big = order == '>' ||
                   (order == '=' && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
        run.valid = big ? valid_big_text : valid_little_text;
    }
    else if (kind == 'b') {
        run.valid = valid_bools;
    }
    if (run.valid != NULL) {
        walk->runs[walk->count++] = run;
    }
    return 0;
}

static int walk_dtype(struct walk *walk, PyObject *dtype, Py_ssize_t offset);

static int
walk_fields(struct walk *walk, PyObject *fields, Py_ssize_t offset)
{
    PyObject *values = PyMapping_Values(fields);
    Py_ssize_t i;
    int failed = values == NULL ? -1 : 0;

    for (i = 0; failed == 0 && i < PyList_GET_SIZE(values); i++) {
        PyObject *field = PyList_GET_ITEM(values, i), *dtype;
        Py_ssize_t start;
        failed = PyArg_ParseTuple(field, "On|O", &dtype, &start, &field)
                     ? walk_dtype(walk, dtype, offset + start)
                     : -1;
    }
    Py_XDECREF(values);
    return failed;
}

static int
walk_subarray(struct walk *walk, PyObject *dtype, PyObject *base,
              Py_ssize_t offset)
{
    PyObject *fields = PyObject_GetAttrString(base, "fields");
    Py_ssize_t size = read_item_size(dtype), step = read_item_size(base);
    Py_ssize_t start;
    int failed = fields == NULL || size < 0 || step < 0 ? -1 : 0;

    if (failed == 0 && fields == Py_None) {
        failed = add_run(walk, base, offset, size);
    }
    else if (failed == 0) {
        for (start = 0; failed == 0 && step > 0 && start < size;
             start += step) {
            failed = walk_dtype(walk, base, offset + start);
        }
    }
    Py_XDECREF(fields);
    return failed;
}

/* Recursion ends with the fields that may be visited; numpy makes no dtype
 * whose item is larger than an int, so offsets do not overflow. */
static int
walk_dtype(struct walk *walk, PyObject *dtype, Py_ssize_t offset)
{
    PyObject *fields = NULL, *base = NULL;
    Py_ssize_t size;
    int failed = visit(walk);

    if (failed == 0) {
        fields = PyObject_GetAttrString(dtype, "fields");
        base = PyObject_GetAttrString(dtype, "base");
        size = read_item_size(dtype);
        failed = fields == NULL || base == NULL || size < 0 ? -1
                 : fields != Py_None ? walk_fields(walk, fields, offset)
                 : base != dtype     ? walk_subarray(walk, dtype, base, offset)
                                     : add_run(walk, dtype, offset, size);
    }
    Py_XDECREF(fields);
    Py_XDECREF(base);
    return failed;
}

static bool
check_runs(const struct walk *walk, Py_ssize_t step, const Py_buffer *view)
{
    const unsigned char *bytes = view->buf;
    Py_ssize_t start;
    size_t i;

    if (walk->count == 1 && walk->runs[0].size == step) {
        return walk->runs[0].valid(bytes, view->len);
    }
    for (start = 0; start < view->len; start += step) {
        for (i = 0; i < walk->count; i++) {
            const struct run *run = &walk->runs[i];
            if (!run->valid(bytes + start + run->offset, run->size)) {
                return false;
            }
        }
    }
    return true;
}

static int
check_source(const struct walk *walk, PyObject *dtype, PyObject *source)
{
    Py_ssize_t step = read_item_size(dtype);
    Py_buffer view;
    bool valid;
    int charged;

    if (step < 0 || PyObject_GetBuffer(source, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    charged = decoder_charge_copy(walk->d, view.len);
    valid = charged < 0 || step == 0 || check_runs(walk, step, &view);
    PyBuffer_Release(&view);
    return valid ? charged
                 : decoder_refuse(walk->d, "value",
                                  "numpy data that is no text or no bool");
}

/* `source`: NULL, or bytes that are whole items of `dtype`. */
int
numpy_check_data(struct decoder *d, PyObject *dtype, PyObject *source)
{
    struct walk walk = {.d = d};
    int failed;

    if (dtype == d->plain_dtype) {
        return 0;
    }
    walk.runs = PyMem_New(struct run, NUMPY_FIELDS_MAX);
    if (walk.runs == NULL) {
        (void)PyErr_NoMemory();
        return -1;
    }
    failed = walk_dtype(&walk, dtype, 0);
    if (failed == 0 && source != NULL && walk.count > 0) {
        failed = check_source(&walk, dtype, source);
    }
    PyMem_Free(walk.runs);
    if (failed == 0 && walk.count == 0 && walk.visited == 1) {
        Py_INCREF(dtype);
        Py_XSETREF(d->plain_dtype, dtype);
    }
    return failed;
}

int
numpy_check_fields(struct decoder *d, PyObject *dtype)
{
    return numpy_check_data(d, dtype, NULL);
}
