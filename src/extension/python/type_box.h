/* What other types need to know of a Box. */
#ifndef BOXED_TYPE_BOX_H
#define BOXED_TYPE_BOX_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Where a Box counts its users; NULL with a TypeError for anything else. */
Py_ssize_t *type_box_users(PyObject *object);

#endif
