/* Stores, for Python: descriptors in, descriptors out.
 *
 * new_store() and seal_store() run in the caller, ask_store() in the worker,
 * write_store() in both. */
#include "extension/methods.h"

#include <sys/socket.h>

#include "extension/frame.h"
#include "extension/store.h"
#include "extension/worker.h"
#include "shared/rights.h"

PyObject *
method_new_store(PyObject *module, PyObject *args)
{
    unsigned long long size;
    int store = -1;

    (void)module;
    if (!PyArg_ParseTuple(args, "K:new_store", &size)) {
        return NULL;
    }
    int error = store_new(size, &store);
    return error != 0 ? raise_errno(error) : PyLong_FromLong(store);
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
    if (error != 0) {
        return raise_errno(error);
    }
    Py_RETURN_NONE;
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
    if (error != 0) {
        return raise_errno(error);
    }
    Py_RETURN_NONE;
}

/* The caller's answer: the store, or -1 in its place. */
static int
receive_store(uint64_t id, int *ret_store)
{
    struct frame_header given;
    int store = -1;
    struct rights message = {&given, sizeof(given), &store, 1};
    ssize_t got = rights_receive(WORKER_CALL_FD, &message, MSG_WAITALL);

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
    return error != 0 ? raise_errno(error) : PyLong_FromLong(store);
}
