/* Bounds of a JSON text, before the standard library reads it.
 *
 * Runs in the caller on a guest's bytes.  The parser recurses once per level,
 * as deep as the caller's recursion limit allows, which a program may have
 * raised beyond its stack; an integer's digits cost their square; and a number
 * that no float can hold becomes an infinity, which is no JSON.  One linear
 * pass over the bytes, which decides nothing else. */
#include "extension/python/methods.h"

#include <stdbool.h>
#include <string.h>

/* 10**308 is the last power of ten that is a float. */
#define FLOAT_DIGITS 308

struct bounds {
    Py_ssize_t depth;
    Py_ssize_t digits;
    Py_ssize_t exponent;
};

static bool
is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Behind the string that begins before `text`.  A quote ends it if an even
 * number of backslashes stands before it; no two quotes share any. */
static const char *
skip_string(const char *text, const char *end)
{
    const char *start = text;

    for (;;) {
        const char *quote = memchr(text, '"', (size_t)(end - text));
        const char *before = quote;
        if (quote == NULL) {
            return end;
        }
        while (before > start && before[-1] == '\\') {
            before--;
        }
        text = quote + 1;
        if ((quote - before) % 2 == 0) {
            return text;
        }
        start = text;
    }
}

/* Of a number, from behind its "e" on; 0 if it is not positive. */
static Py_ssize_t
read_exponent(const char *text, const char *end)
{
    Py_ssize_t exponent = 0;

    text += text < end && *text == '+';
    for (; text < end && is_digit(*text) && exponent <= FLOAT_DIGITS; text++) {
        exponent = exponent * 10 + (*text - '0');
    }
    return exponent;
}

static void
keep_larger(Py_ssize_t *kept, Py_ssize_t found)
{
    if (found > *kept) {
        *kept = found;
    }
}

/* The deepest nesting, the longest run of digits and the largest exponent
 * outside strings.  An "e" after a digit is an exponent's. */
static struct bounds
measure(const char *text, const char *end)
{
    struct bounds found = {0, 0, 0};
    Py_ssize_t depth = 0, digits = 0;

    while (text < end) {
        char byte = *text++;
        if (is_digit(byte)) {
            keep_larger(&found.digits, ++digits);
            continue;
        }
        if (byte == '"') {
            text = skip_string(text, end);
        }
        else if (byte == '[' || byte == '{') {
            keep_larger(&found.depth, ++depth);
        }
        else if (byte == ']' || byte == '}') {
            depth--;
        }
        else if ((byte == 'e' || byte == 'E') && digits > 0) {
            keep_larger(&found.exponent, read_exponent(text, end));
        }
        digits = 0;
    }
    return found;
}

PyObject *
method_json_bounds(PyObject *Py_UNUSED(module), PyObject *data)
{
    Py_buffer view;
    struct bounds found;

    if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    found = measure(view.buf, (const char *)view.buf + view.len);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&view);
    return Py_BuildValue(
        "(nnO)", found.depth, found.digits,
        found.digits + found.exponent > FLOAT_DIGITS ? Py_True : Py_False);
}
