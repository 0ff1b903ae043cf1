/* The functions and types of boxed._boxed: who implements what. */
#ifndef BOXED_METHODS_H
#define BOXED_METHODS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <errno.h>

/* method_launch.c, type_box.c: the caller, starting a sandbox */
extern PyType_Spec type_box_spec;
PyObject *method_forget(PyObject *module, PyObject *unused);
PyObject *method_send(PyObject *module, PyObject *args);
PyObject *method_receive(PyObject *module, PyObject *args);

/* type_call.c, type_call_end.c: the caller, one call */
extern PyType_Spec type_call_spec;
PyObject *type_call_await_ends(PyObject *module, PyObject *deadline);

/* type_seat.c, type_latch.c: the caller, calls and threads among themselves */
extern PyType_Spec type_seat_spec;
extern PyType_Spec type_latch_spec;
PyObject *type_seat_counts(PyObject *module, PyObject *unused);

/* method_serve.c: the zygote */
PyObject *method_serve(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *method_memory_ruler(PyObject *module, PyObject *unused);
PyObject *method_seal(PyObject *module, PyObject *unused);

/* method_work.c: a worker */
PyObject *method_await_request(PyObject *module, PyObject *args);
PyObject *method_refuse_request(PyObject *module, PyObject *unused);
PyObject *method_await_end(PyObject *module, PyObject *unused);
PyObject *method_read_request(PyObject *module, PyObject *args);
PyObject *method_answer(PyObject *module, PyObject *args);
PyObject *method_rehearse_answer(PyObject *module, PyObject *unused);
PyObject *method_release_reserve(PyObject *module, PyObject *unused);
PyObject *method_reserve_was_needed(PyObject *module, PyObject *unused);
PyObject *method_perform(PyObject *module, PyObject *args);
PyObject *method_is_guest(PyObject *module, PyObject *unused);

/* method_host_call.c: a worker, in the guest's name */
PyObject *method_host_call(PyObject *module, PyObject *args);

/* method_store.c: caller and worker, what is too large for a socket */
PyObject *method_new_store(PyObject *module, PyObject *args);
PyObject *method_close_store(PyObject *module, PyObject *owner);
PyObject *method_write_store(PyObject *module, PyObject *args);
PyObject *method_seal_store(PyObject *module, PyObject *args);
PyObject *method_ask_store(PyObject *module, PyObject *args);

/* type_memory.c: the same, being read */
extern PyType_Spec type_memory_spec;

/* method_probe.c: the caller, diagnosing the machine */
PyObject *method_landlock_abi(PyObject *module, PyObject *unused);

/* method_paths.c: the caller, before each call */
PyObject *method_identities(PyObject *module, PyObject *paths);

/* method_file_capabilities.c: root, setting up the launcher */
PyObject *method_set_file_capabilities(PyObject *module, PyObject *args);
PyObject *method_get_file_capabilities(PyObject *module, PyObject *args);

/* method_json.c: the caller, before reading a result as JSON */
PyObject *method_json_bounds(PyObject *module, PyObject *data);

/* method_decode.c: the caller, reading results */
PyObject *method_decode(PyObject *module, PyObject *const *args,
                        Py_ssize_t count, PyObject *keywords);
int method_decode_exec(PyObject *module);

/* Raises OSError for a negative errno; returns NULL. */
static inline PyObject *
method_raise_errno(int error)
{
    errno = -error;
    return PyErr_SetFromErrno(PyExc_OSError);
}

/* None for 0; otherwise the same. */
static inline PyObject *
method_none_or_raise(int error)
{
    if (error != 0) {
        return method_raise_errno(error);
    }
    Py_RETURN_NONE;
}

#endif
