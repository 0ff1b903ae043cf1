/* Opcodes for values that hold no others: numbers, text, bytes, buffers.  Each
 * length is checked against what is left of the stream before anything is
 * allocated. */
#include <string.h>

#include "extension/decoder/opcodes.h"

static PyObject *
new_reference(PyObject *value)
{
    Py_INCREF(value);
    return value;
}

int
op_none(struct decoder *d)
{
    return decoder_push(d, new_reference(Py_None));
}

int
op_true(struct decoder *d)
{
    return decoder_push(d, new_reference(Py_True));
}

int
op_false(struct decoder *d)
{
    return decoder_push(d, new_reference(Py_False));
}

int
op_binint(struct decoder *d)
{
    const unsigned char *bytes = decoder_take(d, 4);

    if (bytes == NULL) {
        return -1;
    }
    return decoder_push_new(
        d, PyLong_FromLong((int32_t)(uint32_t)decoder_little(bytes, 4)),
        BYTES_NUMBER);
}

int
op_binint1(struct decoder *d)
{
    const unsigned char *bytes = decoder_take(d, 1);

    return bytes == NULL ? -1 : decoder_push(d, PyLong_FromLong(bytes[0]));
}

int
op_binint2(struct decoder *d)
{
    const unsigned char *bytes = decoder_take(d, 2);

    if (bytes == NULL) {
        return -1;
    }
    return decoder_push_new(d, PyLong_FromLong(bytes[0] | bytes[1] << 8),
                            BYTES_NUMBER);
}

/* Two's complement, little-endian.  8 bits are 2.408 decimal digits; the
 * sign and an incomplete byte may add three more. */
static int
push_binary_int(struct decoder *d, size_t size)
{
    const unsigned char *bytes = decoder_take(d, size);
    size_t most = d->options->max_digits + 3;

    if (bytes == NULL) {
        return -1;
    }
    if (size > most || size * 2408 / 1000 > most) {
        return decoder_refuse(d, "digits",
                              "an integer of more than %zu digits",
                              d->options->max_digits);
    }
    if (size == 0) {
        return decoder_push(d, PyLong_FromLong(0));
    }
    d->memory += BYTES_NUMBER + size + size / 8;
#if PY_VERSION_HEX >= 0x030D0000
    return decoder_push(d, PyLong_FromNativeBytes(
                               bytes, size, Py_ASNATIVEBYTES_LITTLE_ENDIAN));
#else
    return decoder_push(d, _PyLong_FromByteArray(bytes, size, 1, 1));
#endif
}

int
op_long1(struct decoder *d)
{
    size_t size;

    return decoder_read_size(d, 1, &size) < 0 ? -1 : push_binary_int(d, size);
}

int
op_long4(struct decoder *d)
{
    size_t size;

    return decoder_read_size(d, 4, &size) < 0 ? -1 : push_binary_int(d, size);
}

int
op_binfloat(struct decoder *d)
{
    const unsigned char *bytes = decoder_take(d, 8);
    uint64_t bits = 0;
    double value;
    int i;

    if (bytes == NULL) {
        return -1;
    }
    for (i = 0; i < 8; i++) {
        bits = bits << 8 | bytes[i];
    }
    memcpy(&value, &bits, sizeof(value));
    return decoder_push_new(d, PyFloat_FromDouble(value), BYTES_NUMBER);
}

static int
push_text(struct decoder *d, PyObject *text)
{
    if (text == NULL) {
        return -1;
    }
    return decoder_push_new(d, text,
                            BYTES_TEXT + (size_t)PyUnicode_GET_LENGTH(text) *
                                             PyUnicode_KIND(text));
}

static int
push_utf8(struct decoder *d, unsigned width)
{
    size_t size;
    const char *bytes = (const char *)decoder_take_counted(d, width, &size);

    if (bytes == NULL) {
        return -1;
    }
    return push_text(
        d, PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)size, "surrogatepass"));
}

int
op_short_binunicode(struct decoder *d)
{
    return push_utf8(d, 1);
}

int
op_binunicode(struct decoder *d)
{
    return push_utf8(d, 4);
}

int
op_binunicode8(struct decoder *d)
{
    return push_utf8(d, 8);
}

static int
push_bytes(struct decoder *d, unsigned width)
{
    size_t size;
    const char *bytes = (const char *)decoder_take_counted(d, width, &size);

    if (bytes == NULL || decoder_charge_memory(d, BYTES_BYTES + size) < 0) {
        return -1;
    }
    return decoder_push(d, PyBytes_FromStringAndSize(bytes, (Py_ssize_t)size));
}

int
op_short_binbytes(struct decoder *d)
{
    return push_bytes(d, 1);
}

int
op_binbytes(struct decoder *d)
{
    return push_bytes(d, 4);
}

int
op_binbytes8(struct decoder *d)
{
    return push_bytes(d, 8);
}

int
op_bytearray8(struct decoder *d)
{
    size_t size;
    const char *bytes = (const char *)decoder_take_counted(d, 8, &size);

    if (bytes == NULL ||
        decoder_charge_memory(d, BYTES_BYTEARRAY + size) < 0) {
        return -1;
    }
    return decoder_push(
        d, PyByteArray_FromStringAndSize(bytes, (Py_ssize_t)size));
}

/* A view of the next buffer the caller supplied, writable if that is. */
int
op_next_buffer(struct decoder *d)
{
    PyObject *buffers = d->options->buffers;

    if (buffers == NULL || d->next_buffer >= PyTuple_GET_SIZE(buffers)) {
        return decoder_refuse(d, "buffers", "a buffer is missing");
    }
    return decoder_push_new(
        d,
        PyMemoryView_FromObject(PyTuple_GET_ITEM(buffers, d->next_buffer++)),
        BYTES_VIEW);
}

int
op_readonly_buffer(struct decoder *d)
{
    struct slot *slot;
    PyObject *view;

    if (decoder_need(d, 1) < 0) {
        return -1;
    }
    slot = &d->stack[d->top - 1];
    if (!PyMemoryView_Check(slot->value) || slot->memo != 0) {
        return decoder_refuse(d, "buffers", "a buffer is missing");
    }
    d->memory += BYTES_VIEW;
    view = PyObject_CallMethod(slot->value, "toreadonly", NULL);
    if (view == NULL) {
        return -1;
    }
    Py_SETREF(slot->value, view);
    return 0;
}
