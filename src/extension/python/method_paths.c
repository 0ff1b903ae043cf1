/* _boxed.identities(): which files paths lead to.
 *
 * Runs in the caller, which asks it of every entry of sys.path before each
 * call: so it is one step for all of them, without an object for each, and
 * without the GIL around what the file system may take. */
#include "extension/python/methods.h"

#include <sys/stat.h>

/* A directory's time changes when a name comes, goes or leads elsewhere. */
struct identity {
    dev_t device;
    ino_t inode;
    struct timespec modified;
};

static struct identity
identity_of(const char *path)
{
    struct stat found;
    struct identity ret = {0};

    /* Zeros for what is not there: no file has inode 0. */
    if (stat(path, &found) == 0) {
        ret = (struct identity){found.st_dev, found.st_ino, found.st_mtim};
    }
    return ret;
}

/* A tuple of bytes in; as bytes, one identity for each. */
PyObject *
method_identities(PyObject *Py_UNUSED(module), PyObject *paths)
{
    PyObject *all;

    if (!PyTuple_CheckExact(paths)) {
        PyErr_SetString(PyExc_TypeError, "identities() takes a tuple");
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(paths);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!PyBytes_Check(PyTuple_GET_ITEM(paths, i))) {
            PyErr_SetString(PyExc_TypeError, "a path must be bytes");
            return NULL;
        }
    }
    all = PyBytes_FromStringAndSize(
        NULL, count * (Py_ssize_t)sizeof(struct identity));
    if (all == NULL) {
        return NULL;
    }
    struct identity *identities =
        (struct identity *)(void *)PyBytes_AS_STRING(all);
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count; i++) {
        identities[i] =
            identity_of(PyBytes_AS_STRING(PyTuple_GET_ITEM(paths, i)));
    }
    Py_END_ALLOW_THREADS
    return all;
}
