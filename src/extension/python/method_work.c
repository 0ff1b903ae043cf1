/* What a worker does for Python: waits for its request, reads it, answers, and
 * lingers; and answers by itself where Python cannot.
 *
 * Runs inside the sandbox, behind the worker's walls, in a process that the
 * guest's code may have broken: the last resort, answer_in_c(), runs no Python
 * and allocates nothing. */
#include "extension/python/methods.h"

#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "extension/wire/frame.h"
#include "extension/worker/request.h"
#include "extension/worker/reserve.h"
#include "extension/worker/worker.h"
#include "extension/zygote/put_off.h"
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
    return found < 0 ? method_raise_errno(found) : PyBool_FromLong(found);
}

PyObject *
method_refuse_request(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    int found = request_refuse(WORKER_CALL_FD);
    return found < 0 ? method_raise_errno(found) : PyBool_FromLong(found);
}

/* How many descriptors must have come with a request; -1: it is none. */
static int
count_descriptors(const struct frame_request *request, uint64_t id)
{
    const struct frame_header *header = &request->header;
    bool is_stored = header->kind == FRAME_REQUEST_STORED;

    if (header->magic != FRAME_MAGIC || header->id != id ||
        (!is_stored && header->kind != FRAME_REQUEST) ||
        header->size > PY_SSIZE_T_MAX) {
        return -1;
    }
    return (is_stored ? 1 : 0) + (request->has_input ? 1 : 0);
}

/* What was in its place is as /dev/null is: nothing was read of it, and no
 * object that reads from it knows more than that. */
static int
take_input(int input)
{
    int error = dup2(input, STDIN_FILENO) < 0 ? -errno : 0;
    (void)close(input);
    return error;
}

static int
take_limits(const struct frame_request *request)
{
    const struct rlimits limits = {
        .cpu_seconds = request->cpu_seconds,
        .memory = request->memory,
        .threads = request->threads,
        .open_files = request->open_files,
        .file_size = request->file_size,
    };
    return worker_lower_limits(&limits);
}

/* What begins a request, carried out, and its store or -1. */
static int
read_header(uint64_t id, struct frame_request *ret_request, int *ret_store)
{
    int fds[FRAME_REQUEST_FDS];
    struct rights message = {ret_request, sizeof(*ret_request), fds,
                             FRAME_REQUEST_FDS};
    ssize_t got = frame_receive(WORKER_CALL_FD, &message);

    if (got < 0) {
        return (int)got;
    }
    if (got != (ssize_t)sizeof(*ret_request) ||
        count_descriptors(ret_request, id) != (int)message.count) {
        return -EPROTO;
    }
    if (ret_request->header.kind == FRAME_REQUEST_STORED) {
        *ret_store = fds[0];
    }
    int error =
        ret_request->has_input ? take_input(fds[message.count - 1]) : 0;
    return error != 0 || !ret_request->has_limits ? error
                                                  : take_limits(ret_request);
}

PyObject *
method_read_request(PyObject *module, PyObject *args)
{
    unsigned long long id;
    struct frame_request begin;
    int error, store = -1;

    (void)module;
    if (!PyArg_ParseTuple(args, "K:read_request", &id)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    error = read_header(id, &begin, &store);
    Py_END_ALLOW_THREADS
    if (error != 0) {
        return method_raise_errno(error);
    }
    PyObject *request =
        PyBytes_FromStringAndSize(NULL, (Py_ssize_t)begin.header.size);
    if (request == NULL) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    error = frame_read_all(WORKER_CALL_FD, PyBytes_AS_STRING(request),
                           begin.header.size);
    Py_END_ALLOW_THREADS
    if (error != 0) {
        Py_DECREF(request);
        return method_raise_errno(error);
    }
    return Py_BuildValue("(NKi)", request, begin.header.limit, store);
}

/* Whether the first byte of an answer has gone out, which cannot be taken
 * back, and whether its last has. */
static bool has_begun, has_answered;

/* Sends what C code of the guest printed before the answer, which ends the
 * call. */
static void
flush_all(void)
{
    (void)fflush(NULL);
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
    flush_all();
    has_begun = true;
    error = frame_write(WORKER_CALL_FD, &header, data.buf);
    has_answered = error == 0;
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    return method_none_or_raise(error);
}

/* What an answer writes to and uses for the first time, touched before there
 * is one. */
PyObject *
method_rehearse_answer(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    flush_all();
    has_begun = has_answered = false;
    Py_RETURN_NONE;
}

PyObject *
method_release_reserve(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    reserve_release();
    Py_RETURN_NONE;
}

PyObject *
method_reserve_was_needed(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyBool_FromLong(reserve_was_needed());
}

/* An answer of texts, as _wire/exception_format.py has it, in memory of its
 * own. */
struct texts {
    uint32_t size;
    char data[1024];
};

static void
add_text(struct texts *texts, const char *text)
{
    uint32_t size = (uint32_t)strnlen(text, 200);
    memcpy(texts->data + texts->size, &size, sizeof(size));
    memcpy(texts->data + texts->size + sizeof(size), text, size);
    texts->size += (uint32_t)sizeof(size) + size;
}

/* The nearest class that is not made by a class statement. */
static const PyTypeObject *
builtin_base(const PyTypeObject *type)
{
    while (type->tp_base != NULL && (type->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
        type = type->tp_base;
    }
    return type;
}

/* Answers what cannot be told in Python, whose memory is full, whose limits
 * are too low, or in which whatever the guest left behind keeps raising. */
static void
answer_in_c(uint64_t id, PyObject *raised)
{
    const PyTypeObject *type = (const PyTypeObject *)raised;
    bool is_memory = PyErr_GivenExceptionMatches(raised, PyExc_MemoryError);
    struct texts texts = {.size = 0};

    add_text(&texts, type->tp_name);
    add_text(&texts, is_memory
                         ? "no memory was left to tell what became of the call"
                         : "it was raised while the call's outcome was told");
    add_text(&texts, "");
    add_text(&texts, builtin_base(type)->tp_name);
    add_text(&texts, "(0");
    const struct frame_header header = {
        .magic = FRAME_MAGIC,
        .kind = FRAME_ERROR,
        .id = id,
        .size = texts.size,
    };
    has_answered = frame_write(WORKER_CALL_FD, &header, texts.data) == 0;
}

/* Whether what runs here is a guest's. */
static bool is_guest;

PyObject *
method_is_guest(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyBool_FromLong(is_guest);
}

PyObject *
method_perform(PyObject *module, PyObject *args)
{
    unsigned long long id;
    PyObject *work, *number;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO!:perform", &work, &PyLong_Type, &number)) {
        return NULL;
    }
    id = PyLong_AsUnsignedLongLong(number);
    is_guest = true;
    PyObject *done = PyObject_CallOneArg(work, number);
    if (done == NULL && !has_begun) {
        reserve_release();
        answer_in_c(id, PyErr_Occurred());
    }
    PyErr_Clear();
    Py_XDECREF(done);
    return PyBool_FromLong(has_answered);
}

static void
linger(void)
{
    (void)poll(NULL, 0, LINGER_MAX_MS);
}

PyObject *
method_await_end(PyObject *module, PyObject *unused)
{
    PyThreadState *threads =
        PyInterpreterState_ThreadHead(PyInterpreterState_Get());

    (void)module;
    (void)unused;
    /* Another thread would go on working after the call: it ends with the
     * process. */
    if (PyThreadState_Next(threads) != NULL) {
        Py_RETURN_NONE;
    }
    Py_BEGIN_ALLOW_THREADS
    linger();
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}
