/* Gives an allowed instance its state: BUILD.
 *
 * Attributes go straight into the instance's dict, and into slots by the
 * member descriptors that the class itself made for them.  Neither __setattr__
 * nor a property is run, so `__class__`, `__dict__` and the class cannot be
 * reached.  A class's own __setstate__ is run: the caller allowed the class,
 * and the class asked for it. */
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

static int
set_slot(struct decoder *d, struct allowed *allowed, PyObject *instance,
         PyObject *name, PyObject *value)
{
    PyObject *member;
    int failed;

    if (check_name(d, allowed, name) < 0) {
        return -1;
    }
    member = decoder_type_lookup(allowed->type, name);
    if (member == NULL && PyErr_Occurred()) {
        return -1;
    }
    if (member == NULL || !Py_IS_TYPE(member, &PyMemberDescr_Type) ||
        ((PyMemberDescrObject *)member)->d_member->type != T_OBJECT_EX) {
        Py_XDECREF(member);
        return decoder_refuse(d, "state", "%U has no such slot",
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

static int
run_setstate(PyObject *instance, PyObject *state)
{
    PyObject *done =
        PyObject_CallMethod(instance, "__setstate__", "(O)", state);

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
    if (allowed->has_setstate) {
        return run_setstate(target->value, state->value);
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
