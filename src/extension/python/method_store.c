/* _boxed.new_store() and its like: stores (wire/store.h) by their descriptors.
 *
 * new_store() and seal_store() run in the caller, ask_store() in the worker,
 * write_store() in both. */
#include "extension/python/methods.h"

#include <sys/socket.h>
#include <unistd.h>

#include "extension/wire/frame.h"
#include "extension/wire/store.h"
#include "extension/worker/worker.h"
#include "shared/fd.h"
#include "shared/rights.h"

PyObject *
method_new_store(PyObject *module, PyObject *args)
{
    unsigned long long size;
    PyObject *owner = NULL;
    cleanup_close int store = -1;

    (void)module;
    if (!PyArg_ParseTuple(args, "K|O:new_store", &size, &owner)) {
        return NULL;
    }
    int error = store_new(size, &store);
    PyObject *number =
        error != 0 ? method_raise_errno(error) : PyLong_FromLong(store);
    /* Here, and not by the caller, whom an interrupt could keep from it. */
    if (number != NULL && owner != NULL &&
        PyObject_SetAttrString(owner, "store", number) != 0) {
        Py_CLEAR(number);
    }
    if (number != NULL) {
        (void)fd_steal(&store);
    }
    return number;
}

/* Once, wherever an interrupt comes: there is no moment in which a closed
 * number, which may be another file's by then, is still noted.  An owner whose
 * making was interrupted may have no number at all. */
PyObject *
method_close_store(PyObject *module, PyObject *owner)
{
    (void)module;
    PyObject *number = PyObject_GetAttrString(owner, "store");
    PyObject *none = PyLong_FromLong(-1);
    if (number == NULL || none == NULL) {
        PyErr_Clear();
        Py_XDECREF(number);
        Py_XDECREF(none);
        Py_RETURN_NONE;
    }
    long store = PyLong_AsLong(number);
    int failed = PyObject_SetAttrString(owner, "store", none);
    Py_DECREF(number);
    Py_DECREF(none);
    if (failed != 0 || PyErr_Occurred()) {
        return NULL;
    }
    if (store >= 0) {
        (void)close((int)store);
    }
    Py_RETURN_NONE;
}

PyObject *
method_write_store(PyObject *module, PyObject *args)
{
    unsigned long long at;
    Py_buffer data;
    int store, error;

    (void)module;
    if (!PyArg_ParseTuple(args, "iKy*:write_store", &store, &at, &data)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    error = store_write(store, at, data.buf, (size_t)data.len);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    return method_none_or_raise(error);
}

PyObject *
method_seal_store(PyObject *module, PyObject *args)
{
    int store, error;

    (void)module;
    if (!PyArg_ParseTuple(args, "i:seal_store", &store)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    error = store_seal(store);
    Py_END_ALLOW_THREADS
    return method_none_or_raise(error);
}

/* The caller's answer: the store, or -1 in its place. */
static int
receive_store(uint64_t id, int *ret_store)
{
    struct frame_header given;
    int store = -1;
    struct rights message = {&given, sizeof(given), &store, 1};
    ssize_t got = frame_receive(WORKER_CALL_FD, &message);

    if (got < 0) {
        return (int)got;
    }
    if (got != (ssize_t)sizeof(given) || given.magic != FRAME_MAGIC ||
        given.kind != FRAME_GIVEN || given.id != id) {
        return -EPROTO;
    }
    *ret_store = message.count == 1 ? store : -1;
    return 0;
}

PyObject *
method_ask_store(PyObject *module, PyObject *args)
{
    unsigned long long id, size;
    int store = -1, error;

    (void)module;
    if (!PyArg_ParseTuple(args, "KK:ask_store", &id, &size)) {
        return NULL;
    }
    const struct frame_header asked = {
        .magic = FRAME_MAGIC,
        .kind = FRAME_WANT,
        .id = id,
        .limit = size,
    };
    Py_BEGIN_ALLOW_THREADS
    error = frame_write(WORKER_CALL_FD, &asked, NULL);
    error = error != 0 ? error : receive_store(id, &store);
    Py_END_ALLOW_THREADS
    return error != 0 ? method_raise_errno(error) : PyLong_FromLong(store);
}
