/* _boxed.landlock_abi(): which Landlock the kernel offers, for `boxed doctor`
 * and for what depends on it.
 *
 * Runs in the caller.  Landlock's own system call is asked, and not the
 * kernel's version. */
#include "extension/python/methods.h"

#include "confine/landlock.h"

PyObject *
method_landlock_abi(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    int abi = landlock_abi();
    return abi < 0 ? method_raise_errno(abi) : PyLong_FromLong(abi);
}
