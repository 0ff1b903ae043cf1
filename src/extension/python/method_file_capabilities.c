/* set_file_capabilities and get_file_capabilities of boxed._boxed.
 *
 * They call the file system once each and keep the GIL meanwhile: `boxed
 * setup`, their only user, has one thread. */
#include "extension/python/methods.h"

#include "extension/install/file_capabilities.h"

/* All capabilities by name, each with its own flags, need less than this. */
#define TEXT_MAX 4096

PyObject *
method_set_file_capabilities(PyObject *Py_UNUSED(module), PyObject *args)
{
    int fd, error;
    const char *text;
    if (!PyArg_ParseTuple(args, "iz:set_file_capabilities", &fd, &text)) {
        return NULL;
    }
    if (text == NULL) {
        error = file_capabilities_clear(fd);
    }
    else {
        error = file_capabilities_set(fd, text);
    }
    return method_none_or_raise(error);
}

PyObject *
method_get_file_capabilities(PyObject *Py_UNUSED(module), PyObject *args)
{
    int fd;
    char text[TEXT_MAX];
    if (!PyArg_ParseTuple(args, "i:get_file_capabilities", &fd)) {
        return NULL;
    }
    int error = file_capabilities_get(fd, text, sizeof(text));
    if (error == -ENODATA) {
        Py_RETURN_NONE;
    }
    if (error != 0) {
        return method_raise_errno(error);
    }
    return PyUnicode_FromString(text);
}
