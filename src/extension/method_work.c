/* A worker's two messages, for Python: the request it waits for, and the
 * answer.
 *
 * Runs inside the sandbox, behind the worker's walls. */
#include "extension/methods.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "extension/frame.h"
#include "extension/request.h"
#include "extension/worker.h"
#include "shared/rights.h"

PyObject *
method_await_request(PyObject *module, PyObject *args)
{
    int milliseconds, found;

    (void)module;
    if (!PyArg_ParseTuple(args, "i:await_request", &milliseconds)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    found = request_await(WORKER_CALL_FD, milliseconds);
    Py_END_ALLOW_THREADS
    return found < 0 ? raise_errno(found) : PyBool_FromLong(found);
}

PyObject *
method_refuse_request(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    int found = request_refuse(WORKER_CALL_FD);
    return found < 0 ? raise_errno(found) : PyBool_FromLong(found);
}

/* A request's header, and its store or -1. */
static int
read_header(uint64_t id, struct frame_header *ret_header, int *ret_store)
{
    struct rights message = {ret_header, sizeof(*ret_header), ret_store, 1};
    ssize_t got = rights_receive(WORKER_CALL_FD, &message, MSG_WAITALL);

    if (got < 0) {
        return (int)got;
    }
    uint32_t kind = message.count == 1 ? FRAME_REQUEST_STORED : FRAME_REQUEST;
    bool valid = got == (ssize_t)sizeof(*ret_header) &&
                 ret_header->magic == FRAME_MAGIC &&
                 ret_header->kind == kind && ret_header->id == id &&
                 ret_header->size <= PY_SSIZE_T_MAX;
    return valid ? 0 : -EPROTO;
}

PyObject *
method_read_request(PyObject *module, PyObject *args)
{
    unsigned long long id;
    struct frame_header header;
    int error, store = -1;

    (void)module;
    if (!PyArg_ParseTuple(args, "K:read_request", &id)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    error = read_header(id, &header, &store);
    Py_END_ALLOW_THREADS
    if (error != 0) {
        return raise_errno(error);
    }
    PyObject *request =
        PyBytes_FromStringAndSize(NULL, (Py_ssize_t)header.size);
    if (request == NULL) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    error = frame_read_all(WORKER_CALL_FD, PyBytes_AS_STRING(request),
                           header.size);
    Py_END_ALLOW_THREADS
    if (error != 0) {
        Py_DECREF(request);
        return raise_errno(error);
    }
    return Py_BuildValue("(NKi)", request, header.limit, store);
}

PyObject *
method_answer(PyObject *module, PyObject *args)
{
    unsigned long long id;
    unsigned int kind;
    Py_buffer data;
    int error;

    (void)module;
    if (!PyArg_ParseTuple(args, "KIy*:answer", &id, &kind, &data)) {
        return NULL;
    }
    const struct frame_header header = {
        .magic = FRAME_MAGIC,
        .kind = kind,
        .id = id,
        .size = (uint64_t)data.len,
    };
    Py_BEGIN_ALLOW_THREADS
        /* What C code of the guest printed goes before the answer, which ends
         * the call. */
        (void)
    fflush(NULL);
    error = frame_write(WORKER_CALL_FD, &header, data.buf);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    if (error != 0) {
        return raise_errno(error);
    }
    Py_RETURN_NONE;
}

/* The zygote ends it before, in a moment at which that takes nothing from a
 * call. */
#define MOST_LINGERING_MS 1000

PyObject *
method_await_end(PyObject *module, PyObject *unused)
{
    PyThreadState *threads =
        PyInterpreterState_ThreadHead(PyInterpreterState_Get());

    (void)module;
    (void)unused;
    /* One that would go on working has no business to. */
    if (PyThreadState_Next(threads) != NULL) {
        Py_RETURN_NONE;
    }
    Py_BEGIN_ALLOW_THREADS(void)
    poll(NULL, 0, MOST_LINGERING_MS);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}
