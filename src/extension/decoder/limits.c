/* The bounds of a decode and the words of a refusal.
 *
 * Every few thousand units of work (opcodes, keys, bytes copied, places tried
 * for a key) the deadline is compared with the clock, and every 50 ms signals
 * are looked at and other threads get the interpreter.  What a constructor
 * copies, what hashing keys costs and what objects take in memory is charged
 * against budgets that grow with the stream, so total work and total memory
 * stay linear in its length. */
#include <stdarg.h>
#include <time.h>

#include "extension/decoder/parts.h"

#define TICK      4096
#define NAME_SHOW 200
/* How long Ctrl-C may have to wait, in seconds. */
#define SIGNAL_SECONDS 0.05

static void
raise_refusal(struct decoder *d, const char *reason, PyObject *type_name,
              const char *option, PyObject *message)
{
    PyObject *class = NULL, *error = NULL, *words = NULL;

    if (message == NULL || (class = PyObject_GetAttrString(
                                d->options->module, "DecodeError")) == NULL) {
        return;
    }
    d->refused = true;
    error = PyObject_CallFunctionObjArgs(class, message, NULL);
    words = Py_BuildValue("(sz)", reason, option);
    if (error == NULL || words == NULL ||
        PyObject_SetAttrString(error, "reason", PyTuple_GET_ITEM(words, 0)) <
            0 ||
        PyObject_SetAttrString(error, "option", PyTuple_GET_ITEM(words, 1)) <
            0 ||
        PyObject_SetAttrString(error, "type_name", type_name) < 0) {
        goto error;
    }
    PyErr_SetObject(class, error);
error:
    Py_DECREF(class);
    Py_XDECREF(error);
    Py_XDECREF(words);
}

int
decoder_refuse(struct decoder *d, const char *reason, const char *format, ...)
{
    PyObject *detail, *message;
    va_list arguments;

    /* What led here, such as a TypeError from hashing, says less. */
    PyErr_Clear();
    va_start(arguments, format);
    detail = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    if (detail == NULL) {
        return -1;
    }
    message = PyUnicode_FromFormat("result refused at byte %zd: %U",
                                   (Py_ssize_t)(d->pos - d->start), detail);
    raise_refusal(d, reason, Py_None, NULL, message);
    Py_DECREF(detail);
    Py_XDECREF(message);
    return -1;
}

/* The guest wrote the name: it is shown shortened, and escaped where it does
 * not print. */
static PyObject *
presentable(PyObject *name)
{
    PyObject *shown = PyUnicode_Substring(name, 0, NAME_SHOW);
    PyObject *escaped, *inner;
    Py_ssize_t i;

    if (shown == NULL) {
        return NULL;
    }
    for (i = 0; i < PyUnicode_GET_LENGTH(shown); i++) {
        if (!Py_UNICODE_ISPRINTABLE(PyUnicode_READ_CHAR(shown, i))) {
            break;
        }
    }
    if (i == PyUnicode_GET_LENGTH(shown)) {
        return shown;
    }
    escaped = PyObject_ASCII(shown);
    Py_DECREF(shown);
    if (escaped == NULL) {
        return NULL;
    }
    inner = PyUnicode_Substring(escaped, 1, PyUnicode_GET_LENGTH(escaped) - 1);
    Py_DECREF(escaped);
    return inner;
}

/* Takes the reference to `name`; NULL is passed on.  `option` names the option
 * of the caller's by which the type would be read, or is NULL. */
static int
refuse_unless(struct decoder *d, PyObject *name, const char *why,
              const char *option)
{
    PyObject *shown = NULL, *message = NULL;

    if (name == NULL) {
        return -1;
    }
    PyErr_Clear();
    shown = presentable(name);
    if (shown == NULL) {
        goto error;
    }
    message =
        PyUnicode_FromFormat("result refused at byte %zd: %U %s",
                             (Py_ssize_t)(d->pos - d->start), shown, why);
    raise_refusal(d, "type", shown, option, message);
error:
    Py_DECREF(name);
    Py_XDECREF(shown);
    Py_XDECREF(message);
    return -1;
}

/* For good: no option helps. */
int
decoder_refuse_name(struct decoder *d, PyObject *name, const char *why)
{
    return refuse_unless(d, name, why, NULL);
}

int
decoder_refuse_unallowed(struct decoder *d, PyObject *name)
{
    return refuse_unless(d, name, "is not allowed", "allow");
}

/* `method` is the class's own, and would run. */
int
decoder_refuse_code(struct decoder *d, PyObject *name, const char *method)
{
    char why[96];

    (void)PyOS_snprintf(why, sizeof(why),
                        "has a %s of its own, which would run on what the"
                        " guest sent",
                        method);
    return refuse_unless(d, name, why, "allow_setstate");
}

/* `value` is a global, or a tuple that holds one somewhere inside. */
int
decoder_refuse_internal(struct decoder *d, PyObject *value)
{
    while (PyTuple_CheckExact(value)) {
        PyObject *next = NULL;
        Py_ssize_t i;

        for (i = 0; i < PyTuple_GET_SIZE(value) && next == NULL; i++) {
            PyObject *item = PyTuple_GET_ITEM(value, i);
            if (PyCapsule_CheckExact(item) || PyTuple_CheckExact(item)) {
                next = item;
            }
        }
        if (next == NULL) {
            return decoder_refuse(d, "type", "a name inside a value");
        }
        value = next;
    }
    return decoder_refuse_name(d, decoder_global_name(value),
                               "is a name, not a value");
}

int
decoder_truncated(struct decoder *d)
{
    if (d->in_frame) {
        return decoder_refuse(d, "frame", "an opcode crosses its frame's end");
    }
    return decoder_refuse(d, "truncated", "the stream ends early");
}

/* Not at every tick: from Python 3.12 on this also collects garbage, and would
 * do so many times over while a large result grows. */
static int
check_signals(struct decoder *d, double now)
{
    if (d->next_check == 0) {
        d->next_check = now + SIGNAL_SECONDS;
    }
    if (now < d->next_check) {
        return 0;
    }
    d->next_check = now + SIGNAL_SECONDS;
    /* The main thread gets it too: only there does Ctrl-C do anything. */
    Py_BEGIN_ALLOW_THREADS;
    Py_END_ALLOW_THREADS;
    if (PyErr_CheckSignals() < 0) {
        d->foreign = true;
        return -1;
    }
    return 0;
}

int
decoder_tick(struct decoder *d)
{
    struct timespec clock;
    double now;

    d->countdown = TICK;
    if (decoder_charge_memory(d, 0) < 0) {
        return -1;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &clock);
    now = (double)clock.tv_sec + (double)clock.tv_nsec * 1e-9;
    if (d->options->has_deadline && now > d->options->deadline) {
        return decoder_refuse(d, "deadline", "decoding took too long");
    }
    return check_signals(d, now);
}

static int
spend_time(struct decoder *d, size_t units)
{
    d->countdown -= units > TICK ? TICK : (long)units;
    return d->countdown < 0 ? decoder_tick(d) : 0;
}

/* A constructor that copies its argument could be fed the same argument again
 * and again; an honest stream holds each one it copies in full. */
int
decoder_charge_copy(struct decoder *d, Py_ssize_t units)
{
    if ((size_t)units > d->copy_left) {
        return decoder_refuse(d, "items", "one value is copied too often");
    }
    d->copy_left -= (size_t)units;
    return spend_time(d, (size_t)units);
}

/* Refuses before that much is allocated. */
int
decoder_charge_memory(struct decoder *d, size_t bytes)
{
    d->memory += bytes;
    if (d->memory > d->max_memory) {
        return decoder_refuse(d, "memory",
                              "the value would take more than %zu bytes",
                              d->max_memory);
    }
    return 0;
}

/* The first table of a dict has room for five; later ones hold twice what
 * they must, and for a moment there are two. */
size_t
decoder_dict_bytes(Py_ssize_t before, size_t added)
{
    size_t first = before == 0 ? 5 : 0;

    return (before == 0 && added > 0 ? 192 : 0) +
           (added > first ? (added - first) * 90 : 0);
}

/* Four fit into the set itself; then its table is up to seven times as large
 * as what it holds. */
size_t
decoder_set_bytes(Py_ssize_t before, size_t added)
{
    return before == 0 && added < 5 ? 0 : added * 120;
}

/* Arithmetic on an int costs more the longer it is. */
int
decoder_charge_int(struct decoder *d, PyObject *value)
{
    PyObject *bits;
    Py_ssize_t size;
    int overflow;

    (void)PyLong_AsLongAndOverflow(value, &overflow);
    if (overflow == 0) {
        return 0;
    }
    bits = PyObject_CallMethod(value, "bit_length", NULL);
    size = bits == NULL ? -1 : PyLong_AsSsize_t(bits);
    Py_XDECREF(bits);
    return size < 0 ? -1 : decoder_charge_copy(d, size / 8);
}

int
decoder_charge_work(struct decoder *d, size_t units)
{
    if (units > d->work_left) {
        return decoder_refuse(d, "keys", "the keys are too costly to compare");
    }
    d->work_left -= units;
    return spend_time(d, units);
}

/* Of the object in a slot, and of its memo entry with it. */
int
decoder_set_depth(struct decoder *d, struct slot *slot, unsigned depth)
{
    if (depth <= slot->depth) {
        return 0;
    }
    if (depth > d->options->max_depth) {
        return decoder_refuse(d, "depth", "nested deeper than %zu",
                              d->options->max_depth);
    }
    slot->depth = (uint16_t)depth;
    if (slot->memo != 0) {
        d->memo[slot->memo - 1].depth = (uint16_t)depth;
    }
    return 0;
}
