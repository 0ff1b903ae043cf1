/* Reads sizes, lines and numbers from the stream, each checked against what
 * is left of it before anything is allocated. */
#include <string.h>

#include "extension/decoder/parts.h"

/* A little-endian length that the rest of the input can really hold. */
int
decoder_read_size(struct decoder *d, unsigned width, size_t *ret_size)
{
    const unsigned char *bytes = decoder_take(d, width);
    size_t size;

    if (bytes == NULL) {
        return -1;
    }
    size = decoder_little(bytes, width);
    if (size > (size_t)(d->limit - d->pos)) {
        return decoder_truncated(d);
    }
    *ret_size = size;
    return 0;
}

/* That many bytes of what follows, after a length of `width` bytes. */
const unsigned char *
decoder_take_counted(struct decoder *d, unsigned width, size_t *ret_size)
{
    return decoder_read_size(d, width, ret_size) < 0
               ? NULL
               : decoder_take(d, *ret_size);
}

/* Up to the next newline, which is taken but not counted. */
const unsigned char *
decoder_take_line(struct decoder *d, size_t *ret_size)
{
    const unsigned char *line = d->pos;
    const unsigned char *newline =
        memchr(line, '\n', (size_t)(d->limit - line));

    if (newline == NULL) {
        (void)decoder_truncated(d);
        return NULL;
    }
    d->pos = newline + 1;
    *ret_size = (size_t)(newline - line);
    return line;
}

/* The characters of a str or bytes as a C string, where that is the same: NULL
 * without an exception for a NUL inside, a lone surrogate, or another type. */
const char *
decoder_text(PyObject *value)
{
    const char *text = NULL;
    Py_ssize_t size = 0;

    if (PyUnicode_CheckExact(value)) {
        text = PyUnicode_AsUTF8AndSize(value, &size);
    }
    else if (PyBytes_CheckExact(value)) {
        text = PyBytes_AS_STRING(value);
        size = PyBytes_GET_SIZE(value);
    }
    if (text == NULL) {
        PyErr_Clear();
        return NULL;
    }
    return strlen(text) == (size_t)size ? text : NULL;
}

static bool
is_decimal(const char *text, size_t size)
{
    size_t i = size > 0 && text[0] == '-' ? 1 : 0;

    if (i == size || (text[i] == '0' && size > 1)) {
        return false;
    }
    for (; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return true;
}

/* A decimal integer: a sign, then digits, nothing else.  No pickler writes a
 * leading zero, and some readers take it for octal. */
PyObject *
decoder_parse_int(struct decoder *d, const char *text, size_t size)
{
    char small[32], *copy = small;
    PyObject *value;

    if (size > d->options->max_digits + 1) {
        (void)decoder_refuse(d, "digits", "an integer of more than %zu digits",
                             d->options->max_digits);
        return NULL;
    }
    if (!is_decimal(text, size)) {
        (void)decoder_refuse(d, "value", "an integer is no number");
        return NULL;
    }
    if (size >= sizeof(small) && (copy = PyMem_Malloc(size + 1)) == NULL) {
        return PyErr_NoMemory();
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    value = PyLong_FromString(copy, NULL, 10);
    if (copy != small) {
        PyMem_Free(copy);
    }
    return value;
}

PyObject *
decoder_parse_int_str(struct decoder *d, PyObject *text, Py_ssize_t start,
                      Py_ssize_t end)
{
    const char *utf8 = decoder_text(text);

    if (utf8 == NULL || !PyUnicode_IS_ASCII(text)) {
        (void)decoder_refuse(d, "value", "an integer is no number");
        return NULL;
    }
    return decoder_parse_int(d, utf8 + start, (size_t)(end - start));
}
