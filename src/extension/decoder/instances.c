/* Makes the instances of allowed classes, and finds the members of Enums.
 *
 * An instance is made by object.__new__ or tuple.__new__, never by calling the
 * class or its own __new__; that this is safe was asked by classes.c. */
#include <string.h>

#include "extension/decoder/classes.h"

/* Of an instance, beside what its class says. */
#define BYTES_INSTANCE 80

/* A tuple may hold names among its items; they must not reach an instance.
 * Only tuples can, and no deeper than max_depth. */
static int
refuse_names(struct decoder *d, PyObject *value)
{
    Py_ssize_t i;

    if (PyCapsule_CheckExact(value)) {
        return decoder_refuse_internal(d, value);
    }
    for (i = 0; PyTuple_CheckExact(value) && i < PyTuple_GET_SIZE(value);
         i++) {
        if (decoder_charge_work(d, 1) < 0 ||
            refuse_names(d, PyTuple_GET_ITEM(value, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
new_tuple(struct decoder *d, struct allowed *allowed, PyObject *items)
{
    PyObject *wrapped, *made;

    if (!PyTuple_CheckExact(items) ||
        (allowed->form == FORM_NAMED_TUPLE &&
         PyTuple_GET_SIZE(items) != allowed->fields)) {
        (void)decoder_refuse(d, "value", "wrong fields for %U", allowed->name);
        return NULL;
    }
    if (decoder_charge_copy(d, PyTuple_GET_SIZE(items)) < 0) {
        return NULL;
    }
    d->memory += BYTES_INSTANCE + (size_t)PyTuple_GET_SIZE(items) * BYTES_ITEM;
    wrapped = PyTuple_Pack(1, items);
    if (wrapped == NULL) {
        return NULL;
    }
    made = PyTuple_Type.tp_new(allowed->type, wrapped, NULL);
    Py_DECREF(wrapped);
    return made;
}

static PyObject *
new_plain(struct decoder *d, struct allowed *allowed)
{
    PyObject *none = PyTuple_New(0), *made = NULL;

    d->memory += BYTES_INSTANCE + (size_t)allowed->type->tp_basicsize;
    if (none != NULL) {
        made = PyBaseObject_Type.tp_new(allowed->type, none, NULL);
        Py_DECREF(none);
    }
    return made;
}

PyObject *
decoder_new_instance(struct decoder *d, struct allowed *allowed,
                     const struct slot *args, struct slot *ret)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args->value);

    ret->kind = KIND_INSTANCE;
    ret->depth = args->depth;
    if (args->flags & SLOT_INTERNAL && refuse_names(d, args->value) < 0) {
        return NULL;
    }
    if (allowed->form == FORM_PLAIN && count == 0) {
        return new_plain(d, allowed);
    }
    if (allowed->form == FORM_NAMED_TUPLE) {
        return new_tuple(d, allowed, args->value);
    }
    if (allowed->form == FORM_TUPLE && count == 1) {
        return new_tuple(d, allowed, PyTuple_GET_ITEM(args->value, 0));
    }
    (void)decoder_refuse_name(
        d, decoder_class_name(allowed),
        allowed->form == FORM_BUILT
            ? "holds something that is not sent in a result"
            : "is rebuilt with arguments for its __new__");
    return NULL;
}

/* As copyreg._reconstructor does; `value` is what the base was made from.  A
 * pickler names the base that the class is laid out by.  For any other,
 * copyreg would run that base's constructor, or fail. */
PyObject *
decoder_rebuild_instance(struct decoder *d, struct allowed *allowed,
                         const char *base, PyObject *value, struct slot *ret)
{
    ret->kind = KIND_INSTANCE;
    if (refuse_names(d, value) < 0) {
        return NULL;
    }
    if (allowed->form == FORM_PLAIN && value == Py_None &&
        strcmp(base, "object") == 0) {
        ret->depth = 1;
        return new_plain(d, allowed);
    }
    if ((allowed->form == FORM_TUPLE || allowed->form == FORM_NAMED_TUPLE) &&
        strcmp(base, "tuple") == 0) {
        return new_tuple(d, allowed, value);
    }
    (void)decoder_refuse(d, "value", "%U is not rebuilt from %s",
                         allowed->name, base);
    return NULL;
}

/* A member by its key in one of the two tables that every Enum keeps. */
static PyObject *
find_member(struct decoder *d, struct allowed *allowed, const char *table,
            PyObject *key)
{
    PyObject *members = decoder_lookup_text(allowed->type, table),
             *member = NULL;

    if (members != NULL && PyDict_CheckExact(members)) {
        member = PyDict_GetItemWithError(members, key);
    }
    Py_XINCREF(member);
    Py_XDECREF(members);
    if (member == NULL && !PyErr_Occurred()) {
        (void)decoder_refuse(d, "value", "%U has no such member",
                             allowed->name);
    }
    return member;
}

/* A member with exactly that value.  Neither _missing_ nor the making of
 * combined flags is run: both are the class's own, and the latter grows it. */
PyObject *
decoder_enum_member(struct decoder *d, struct allowed *allowed, PyObject *args)
{
    PyObject *value;

    if (PyTuple_GET_SIZE(args) != 1) {
        (void)decoder_refuse(d, "value", "bad arguments for %U",
                             allowed->name);
        return NULL;
    }
    value = PyTuple_GET_ITEM(args, 0);
    if (decoder_check_lookup(d, value) < 0) {
        return NULL;
    }
    return find_member(d, allowed, "_value2member_map_", value);
}

/* getattr(class, name), as CPython 3.11.0 to 3.11.3 writes a member of an
 * allowed Enum; nothing else is fetched by a name of the guest's choosing. */
PyObject *
make_enum_member(struct decoder *d, const struct global *self,
                 const struct slot *args, struct slot *ret)
{
    struct allowed *allowed = NULL;

    (void)ret;
    if (PyTuple_GET_SIZE(args->value) == 2 &&
        PyUnicode_CheckExact(PyTuple_GET_ITEM(args->value, 1))) {
        allowed = decoder_class_of(PyTuple_GET_ITEM(args->value, 0));
    }
    if (allowed == NULL || !decoder_class_is_enum(allowed)) {
        (void)decoder_refuse_unallowed(
            d, PyUnicode_FromFormat("%s.%s", self->module, self->name));
        return NULL;
    }
    return find_member(d, allowed, "_member_map_",
                       PyTuple_GET_ITEM(args->value, 1));
}
