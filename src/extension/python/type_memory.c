/* boxed._boxed.Memory: the bytes of a sealed store, mapped, not copied.
 *
 * Runs in the caller and in the worker.  What Python makes of it, memoryviews
 * and numpy arrays, holds a reference, and the last one unmaps it. */
#include "extension/python/methods.h"

#include <sys/mman.h>

#include "extension/wire/store.h"

struct memory_object {
    PyObject_HEAD
    void *start;
    size_t size;
};

static PyObject *
new_memory(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    int store;

    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "Memory takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "i:Memory", &store)) {
        return NULL;
    }
    struct memory_object *self =
        (struct memory_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    int error = store_map(store, &self->start, &self->size);
    if (error == 0) {
        return (PyObject *)self;
    }
    Py_DECREF(self);
    return error == -ENOMEM ? PyErr_NoMemory() : method_raise_errno(error);
}

static void
dealloc_memory(PyObject *object)
{
    struct memory_object *self = (struct memory_object *)object;
    PyTypeObject *type = Py_TYPE(object);

    if (self->start != NULL) {
        (void)munmap(self->start, self->size);
    }
    type->tp_free(object);
    Py_DECREF(type);
}

static int
export_memory(PyObject *object, Py_buffer *view, int flags)
{
    struct memory_object *self = (struct memory_object *)object;
    return PyBuffer_FillInfo(view, object, self->start, (Py_ssize_t)self->size,
                             0, flags);
}

static PyType_Slot memory_slots[] = {
    {Py_tp_new, new_memory},
    {Py_tp_dealloc, dealloc_memory},
    {Py_bf_getbuffer, export_memory},
    {0, NULL},
};

PyType_Spec type_memory_spec = {
    .name = "boxed._boxed.Memory",
    .basicsize = sizeof(struct memory_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = memory_slots,
};
