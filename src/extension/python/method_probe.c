/* _boxed.landlock_abi(): what the kernel offers, for `boxed doctor` and for
 * what depends on it.  The kernel is asked, by the call itself, and not its
 * version. */
#include "extension/python/methods.h"

#include "confine/landlock.h"

PyObject *
method_landlock_abi(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    int abi = landlock_abi();
    return abi < 0 ? method_raise_errno(abi) : PyLong_FromLong(abi);
}
