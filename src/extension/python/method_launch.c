/* _boxed.send(), receive() and forget(): messages on a sandbox's sockets while
 * it starts, and what a forked child does first.
 *
 * Runs in the caller, and in the zygote as it starts.  Gives the GIL up around
 * whatever can block. */
#include "extension/python/methods.h"

#include <poll.h>
#include <sys/socket.h>

#include "extension/caller/fork_hook.h"
#include "shared/deadline.h"
#include "shared/fd.h"

PyObject *
method_forget(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    fork_hook_run_all();
    Py_RETURN_NONE;
}

PyObject *
method_send(PyObject *module, PyObject *args)
{
    int fd;
    Py_buffer data;
    ssize_t put;

    (void)module;
    if (!PyArg_ParseTuple(args, "iy*:send", &fd, &data)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    do {
        put = send(fd, data.buf, (size_t)data.len, MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    if (put < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

/* One message, -EAGAIN after the deadline, or -errno. */
static ssize_t
receive_until(int fd, char *to, size_t size, deadline_ns deadline)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    int ready = poll(&watched, 1, deadline_left_ms(deadline));
    if (ready <= 0) {
        return ready < 0 ? -errno : -EAGAIN;
    }
    ssize_t got = recv(fd, to, size, MSG_DONTWAIT);
    return got < 0 ? -errno : got;
}

PyObject *
method_receive(PyObject *module, PyObject *args)
{
    int fd;
    Py_ssize_t limit;
    long long deadline;
    ssize_t got;

    (void)module;
    if (!PyArg_ParseTuple(args, "inL:receive", &fd, &limit, &deadline)) {
        return NULL;
    }
    PyObject *message = PyBytes_FromStringAndSize(NULL, limit);
    if (message == NULL) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        got = receive_until(fd, PyBytes_AS_STRING(message), (size_t)limit,
                            deadline);
        Py_END_ALLOW_THREADS
    } while (got == -EINTR && PyErr_CheckSignals() == 0);
    if (got < 0) {
        Py_DECREF(message);
        if (PyErr_Occurred()) {
            return NULL;
        }
        if (got == -EAGAIN) {
            Py_RETURN_NONE;
        }
        return method_raise_errno((int)got);
    }
    if (_PyBytes_Resize(&message, got) != 0) {
        return NULL;
    }
    return message;
}
