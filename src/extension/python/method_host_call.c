/* A host call from the worker's side: sends what the guest asks, and waits for
 * the answer.
 *
 * Runs inside the sandbox, in the guest's own process; system calls only, and
 * the memory of the answer.  The caller bounds the wait by killing the worker.
 * Nothing here is checked for the caller's sake: a guest may write to the
 * socket what it likes. */
#include "extension/python/methods.h"

#include "extension/wire/frame.h"
#include "extension/worker/worker.h"
#include "shared/rights.h"

static int
ask(uint64_t id, const Py_buffer *asked, uint64_t *ret_size)
{
    const struct frame_header header = {
        .magic = FRAME_MAGIC,
        .kind = FRAME_HOST_CALL,
        .id = id,
        .size = (uint64_t)asked->len,
    };
    struct frame_request begin;
    int error = frame_write(WORKER_CALL_FD, &header, asked->buf);

    if (error == 0) {
        error = frame_read_all(WORKER_CALL_FD, &begin, sizeof(begin));
    }
    if (error == 0 && (begin.header.magic != FRAME_MAGIC ||
                       begin.header.kind != FRAME_HOST_ANSWER ||
                       begin.header.size > PY_SSIZE_T_MAX)) {
        error = -EPROTO;
    }
    *ret_size = error == 0 ? begin.header.size : 0;
    return error;
}

PyObject *
method_host_call(PyObject *module, PyObject *args)
{
    unsigned long long id;
    uint64_t size;
    Py_buffer asked;
    int error;

    (void)module;
    if (!PyArg_ParseTuple(args, "Ky*:host_call", &id, &asked)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    error = ask(id, &asked, &size);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&asked);
    if (error != 0) {
        return method_raise_errno(error);
    }
    PyObject *answer = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (answer == NULL) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    error = frame_read_all(WORKER_CALL_FD, PyBytes_AS_STRING(answer), size);
    Py_END_ALLOW_THREADS
    if (error != 0) {
        Py_DECREF(answer);
        return method_raise_errno(error);
    }
    return answer;
}
