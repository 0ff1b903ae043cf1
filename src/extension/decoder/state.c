/* Gives an allowed instance its state: BUILD.
 *
 * Attributes go straight into the instance's dict, and into slots by the
 * member descriptors that the class itself made for them.  Neither __setattr__
 * nor a property is run, so `__class__`, `__dict__` and the class cannot be
 * reached.  A class's own __setstate__ is run where the caller permits just
 * that; for one that dataclasses or attrs generated, what it sets is set here.
 */
#include "extension/decoder/classes.h"

#include <structmember.h>

/* The dict of an instance, and its keys. */
#define BYTES_ATTRIBUTES 96

static bool
is_special_name(PyObject *name)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(name);

    return size >= 4 && PyUnicode_READ_CHAR(name, 0) == '_' &&
           PyUnicode_READ_CHAR(name, 1) == '_' &&
           PyUnicode_READ_CHAR(name, size - 1) == '_' &&
           PyUnicode_READ_CHAR(name, size - 2) == '_';
}

static int
check_name(struct decoder *d, struct allowed *allowed, PyObject *name)
{
    if (!PyUnicode_CheckExact(name) || is_special_name(name)) {
        return decoder_refuse(d, "state", "bad attribute name for %U",
                              allowed->name);
    }
    return 0;
}

static int
set_attributes(struct decoder *d, struct allowed *allowed, PyObject *instance,
               PyObject *state)
{
    PyObject *attributes = PyObject_GenericGetDict(instance, NULL);
    PyObject *name, *value;
    Py_ssize_t position = 0;
    int failed = 0;

    if (attributes == NULL) {
        return decoder_refuse(d, "state", "%U takes no attributes",
                              allowed->name);
    }
    d->memory += BYTES_ATTRIBUTES +
                 decoder_dict_bytes(0, (size_t)PyDict_GET_SIZE(state));
    while (failed == 0 && PyDict_Next(state, &position, &name, &value)) {
        failed = check_name(d, allowed, name);
        if (failed == 0) {
            failed = PyDict_SetItem(attributes, name, value);
        }
    }
    Py_DECREF(attributes);
    return failed;
}

/* The descriptor of a slot, a new reference; NULL, without an exception, where
 * the class has no such one. */
static PyObject *
find_slot(struct allowed *allowed, PyObject *name)
{
    PyObject *member = decoder_type_lookup(allowed->type, name);

    if (member != NULL &&
        (!Py_IS_TYPE(member, &PyMemberDescr_Type) ||
         ((PyMemberDescrObject *)member)->d_member->type != T_OBJECT_EX)) {
        Py_CLEAR(member);
    }
    return member;
}

static int
set_slot(struct decoder *d, struct allowed *allowed, PyObject *instance,
         PyObject *name, PyObject *value)
{
    PyObject *member;
    int failed;

    if (check_name(d, allowed, name) < 0) {
        return -1;
    }
    member = find_slot(allowed, name);
    if (member == NULL) {
        return PyErr_Occurred()
                   ? -1
                   : decoder_refuse(d, "state", "%U has no such slot",
                                    allowed->name);
    }
    failed = PyMemberDescr_Type.tp_descr_set(member, instance, value);
    Py_DECREF(member);
    return failed;
}

static int
set_slots(struct decoder *d, struct allowed *allowed, PyObject *instance,
          PyObject *state)
{
    PyObject *name, *value;
    Py_ssize_t position = 0;
    int failed = 0;

    while (failed == 0 && PyDict_Next(state, &position, &name, &value)) {
        failed = set_slot(d, allowed, instance, name, value);
    }
    return failed;
}

/* A slot where the class has one of that name, and an attribute else. */
static int
set_named(struct decoder *d, struct allowed *allowed, PyObject *instance,
          PyObject *name, PyObject *value)
{
    PyObject *member = find_slot(allowed, name), *attributes;
    int failed = -1;

    if (member != NULL) {
        Py_DECREF(member);
        return set_slot(d, allowed, instance, name, value);
    }
    if (PyErr_Occurred() || check_name(d, allowed, name) < 0) {
        return -1;
    }
    d->memory += BYTES_ATTRIBUTES + decoder_dict_bytes(0, 1);
    attributes = PyObject_GenericGetDict(instance, NULL);
    if (attributes != NULL) {
        failed = PyDict_SetItem(attributes, name, value);
        Py_DECREF(attributes);
    }
    return failed;
}

/* The state that dataclasses generates is a list of the values, and that of
 * attrs a dict of those that are set. */
static int
set_names(struct decoder *d, struct allowed *allowed, PyObject *instance,
          PyObject *state)
{
    Py_ssize_t i, count = PyTuple_GET_SIZE(allowed->names);
    bool listed = PyList_CheckExact(state) && PyList_GET_SIZE(state) == count;
    int failed = 0;

    if (!listed && !PyDict_CheckExact(state)) {
        return decoder_refuse(d, "state", "%U cannot take its state",
                              allowed->name);
    }
    for (i = 0; failed == 0 && i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(allowed->names, i);
        PyObject *value = listed ? PyList_GET_ITEM(state, i)
                                 : PyDict_GetItemWithError(state, name);
        if (value != NULL) {
            failed = set_named(d, allowed, instance, name, value);
        }
        else if (PyErr_Occurred()) {
            failed = -1;
        }
    }
    return failed;
}

/* Runs the method of the class; an instance is not asked for one of its own.
 */
static int
run_setstate(struct allowed *allowed, PyObject *instance, PyObject *state)
{
    PyObject *setstate = allowed->setstate, *bound, *done = NULL;
    descrgetfunc bind = Py_TYPE(setstate)->tp_descr_get;

    if (bind == NULL) {
        bound = setstate;
        Py_INCREF(bound);
    }
    else {
        bound = bind(setstate, instance, (PyObject *)Py_TYPE(instance));
    }
    if (bound != NULL) {
        done = PyObject_CallFunctionObjArgs(bound, state, NULL);
        Py_DECREF(bound);
    }
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static bool
is_dict_or_none(PyObject *value)
{
    return value == Py_None || PyDict_CheckExact(value);
}

/* A dict, or a pair: dict or None, then the slots as a dict or None. */
static int
split_state(PyObject *state, PyObject **ret_attributes, PyObject **ret_slots)
{
    *ret_attributes = state;
    *ret_slots = Py_None;
    if (PyTuple_CheckExact(state) && PyTuple_GET_SIZE(state) == 2) {
        *ret_attributes = PyTuple_GET_ITEM(state, 0);
        *ret_slots = PyTuple_GET_ITEM(state, 1);
    }
    return is_dict_or_none(*ret_attributes) && is_dict_or_none(*ret_slots)
               ? 0
               : -1;
}

int
decoder_set_state(struct decoder *d, struct allowed *allowed,
                  struct slot *target, const struct slot *state)
{
    PyObject *attributes, *slots;

    if (decoder_set_depth(d, target, state->depth + 1u) < 0) {
        return -1;
    }
    if (allowed->setstate != NULL) {
        return run_setstate(allowed, target->value, state->value);
    }
    if (allowed->names != NULL) {
        return set_names(d, allowed, target->value, state->value);
    }
    if (split_state(state->value, &attributes, &slots) < 0) {
        return decoder_refuse(d, "state", "%U cannot take its state",
                              allowed->name);
    }
    if (attributes != Py_None &&
        (decoder_charge_copy(d, PyDict_GET_SIZE(attributes)) < 0 ||
         set_attributes(d, allowed, target->value, attributes) < 0)) {
        return -1;
    }
    return slots == Py_None ? 0 : set_slots(d, allowed, target->value, slots);
}
