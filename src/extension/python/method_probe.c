/* What the kernel offers, for `boxed doctor`: asked by calling it. */
#include "extension/python/methods.h"

#include "confine/landlock.h"

PyObject *
method_landlock_abi(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    int abi = landlock_abi();
    return abi < 0 ? method_raise_errno(abi) : PyLong_FromLong(abi);
}
