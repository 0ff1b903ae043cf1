/* The opcodes that name something and make objects by that name.
 *
 * A name is looked up in the table of names.c, then among the classes the
 * caller allowed, and nowhere else: nothing is imported and no attribute is
 * read by a name from the stream.  What is pushed is a capsule that points to
 * the entry; REDUCE, NEWOBJ and BUILD consume it, and it is never part of a
 * result. */
#include <string.h>

#include "extension/decoder/classes.h"
#include "extension/decoder/opcodes.h"

#define CAPSULE_GLOBAL "boxed.global"

PyObject *
decoder_wrap_global(const struct global *global)
{
    return PyCapsule_New((void *)(uintptr_t)global, CAPSULE_GLOBAL, NULL);
}

/* NULL, without an exception, for anything else. */
const struct global *
decoder_global_of(PyObject *value)
{
    if (!PyCapsule_IsValid(value, CAPSULE_GLOBAL)) {
        return NULL;
    }
    return PyCapsule_GetPointer(value, CAPSULE_GLOBAL);
}

/* The dotted name behind a capsule, a new reference. */
PyObject *
decoder_global_name(PyObject *value)
{
    const struct global *global = decoder_global_of(value);
    struct allowed *allowed = decoder_class_of(value);

    if (allowed != NULL) {
        return decoder_class_name(allowed);
    }
    if (global == NULL) {
        return PyUnicode_FromString(Py_TYPE(value)->tp_name);
    }
    return PyUnicode_FromFormat("%s.%s", global->module, global->name);
}

/* For a constructor that was handed what no pickler writes. */
PyObject *
decoder_bad_arguments(struct decoder *d, const struct global *self)
{
    (void)decoder_refuse(d, "value", "bad arguments for %s.%s", self->module,
                         self->name);
    return NULL;
}

/* The only argument, if it is ASCII text. */
PyObject *
decoder_only_text(const struct slot *args)
{
    PyObject *text;

    if (PyTuple_GET_SIZE(args->value) != 1) {
        return NULL;
    }
    text = PyTuple_GET_ITEM(args->value, 0);
    return PyUnicode_CheckExact(text) && PyUnicode_IS_ASCII(text) ? text
                                                                  : NULL;
}

/* An object that exists only once BUILD has brought its state. */
PyObject *
decoder_pend(struct decoder *d, const struct global *self, PyObject *args,
             struct slot *ret)
{
    PyObject *capsule = decoder_wrap_global(self), *pending = NULL;

    d->memory += BYTES_NAME + BYTES_TUPLE;
    if (capsule != NULL) {
        pending = PyTuple_Pack(2, capsule, args);
        Py_DECREF(capsule);
    }
    ret->kind = KIND_PENDING;
    ret->flags = SLOT_INTERNAL;
    return pending;
}

static int
push_global(struct decoder *d, PyObject *module, PyObject *name)
{
    struct slot slot = {.flags = SLOT_INTERNAL};
    const char *module_text = decoder_text(module);
    const char *name_text = decoder_text(name);
    const struct global *global = NULL;

    d->memory += BYTES_NAME;
    if (module_text != NULL && name_text != NULL) {
        global = decoder_resolve(module_text, name_text);
    }
    if (global != NULL) {
        slot.value = decoder_wrap_global(global);
        return decoder_push_slot(d, slot);
    }
    slot.value = decoder_find_class(d, module, name);
    if (slot.value == NULL && !PyErr_Occurred()) {
        return decoder_refuse_unallowed(
            d, PyUnicode_FromFormat("%U.%U", module, name));
    }
    return decoder_push_slot(d, slot);
}

/* Two lines that name what no result may hold: see opcodes.c. */
int
op_global(struct decoder *d)
{
    PyObject *parts[2] = {NULL, NULL}, *name = NULL;
    int i;

    for (i = 0; i < 2; i++) {
        size_t size;
        const unsigned char *line = decoder_take_line(d, &size);
        if (line == NULL) {
            goto error;
        }
        parts[i] = PyUnicode_DecodeUTF8((const char *)line, (Py_ssize_t)size,
                                        "backslashreplace");
        if (parts[i] == NULL) {
            goto error;
        }
    }
    name = PyUnicode_FromFormat("%U.%U", parts[0], parts[1]);
    (void)decoder_refuse_name(d, name, "is not allowed");
error:
    Py_XDECREF(parts[0]);
    Py_XDECREF(parts[1]);
    return -1;
}

int
op_stack_global(struct decoder *d)
{
    PyObject *module, *name;
    int failed;

    if (decoder_need(d, 2) < 0) {
        return -1;
    }
    module = d->stack[d->top - 2].value;
    name = d->stack[d->top - 1].value;
    if (!PyUnicode_CheckExact(module) || !PyUnicode_CheckExact(name)) {
        return decoder_refuse(d, "stack", "a name is no text");
    }
    d->top -= 2;
    failed = push_global(d, module, name);
    Py_DECREF(module);
    Py_DECREF(name);
    return failed;
}

static PyObject *
call_global(struct decoder *d, const struct global *global, bool reduce,
            const struct slot *args, struct slot *ret)
{
    if (global->make == NULL || (!reduce && global->build == NULL)) {
        (void)decoder_refuse_unallowed(
            d, PyUnicode_FromFormat("%s.%s", global->module, global->name));
        return NULL;
    }
    if (args->flags & SLOT_INTERNAL && !global->names) {
        (void)decoder_refuse_internal(d, args->value);
        return NULL;
    }
    return global->make(d, global, args, ret);
}

static PyObject *
call_class(struct decoder *d, struct allowed *allowed, const struct slot *args,
           struct slot *ret)
{
    if (allowed->form == FORM_BUILT) {
        return decoder_build(d, allowed, args, ret);
    }
    if (decoder_class_is_enum(allowed)) {
        return decoder_enum_member(d, allowed, args->value);
    }
    (void)decoder_refuse_name(
        d, decoder_class_name(allowed),
        "is rebuilt by calling it, which is not done for results");
    return NULL;
}

/* What REDUCE and NEWOBJ share: a name and a tuple give way to a value. */
static int
apply(struct decoder *d, bool reduce)
{
    struct slot ret = {.kind = KIND_DONE}, *callee, *args;
    const struct global *global;
    struct allowed *allowed;

    if (decoder_need(d, 2) < 0) {
        return -1;
    }
    callee = &d->stack[d->top - 2];
    args = &d->stack[d->top - 1];
    global = decoder_global_of(callee->value);
    allowed = decoder_class_of(callee->value);
    if ((global == NULL && allowed == NULL) ||
        !PyTuple_CheckExact(args->value)) {
        return decoder_refuse(d, "stack", "a call without name or arguments");
    }
    if (global != NULL) {
        ret.value = call_global(d, global, reduce, args, &ret);
    }
    else {
        ret.value = reduce ? call_class(d, allowed, args, &ret)
                           : decoder_new_instance(d, allowed, args, &ret);
    }
    if (ret.value == NULL) {
        return -1;
    }
    decoder_pop_to(d, d->top - 2);
    return decoder_push_slot(d, ret);
}

int
op_reduce(struct decoder *d)
{
    return apply(d, true);
}

int
op_newobj(struct decoder *d)
{
    return apply(d, false);
}

/* Written only for a class that wants keyword arguments for its __new__,
 * which is never run. */
int
op_newobj_ex(struct decoder *d)
{
    if (decoder_need(d, 3) < 0) {
        return -1;
    }
    return decoder_refuse_name(
        d, decoder_global_name(d->stack[d->top - 3].value),
        "is rebuilt with keyword arguments, which is not done for results");
}

/* (class, base, base's own value): how object.__reduce__() makes an instance,
 * which a class's own __reduce__ may have asked, whatever the protocol. */
MAKE(make_reconstructed)
{
    PyObject *class, *base, *value;
    const struct global *base_global, *class_global;
    struct allowed *allowed;

    if (PyTuple_GET_SIZE(args->value) != 3) {
        return decoder_bad_arguments(d, self);
    }
    class = PyTuple_GET_ITEM(args->value, 0);
    base = PyTuple_GET_ITEM(args->value, 1);
    value = PyTuple_GET_ITEM(args->value, 2);
    base_global = decoder_global_of(base);
    class_global = decoder_global_of(class);
    allowed = decoder_class_of(class);
    if (base_global != NULL && allowed != NULL) {
        ret->depth = args->depth;
        return decoder_rebuild_instance(d, allowed, base_global->name, value,
                                        ret);
    }
    if (base_global != NULL && class_global != NULL &&
        class_global->make == make_uuid && value == Py_None &&
        strcmp(base_global->name, "object") == 0) {
        return decoder_pend(d, class_global, value, ret);
    }
    return decoder_bad_arguments(d, self);
}

/* A pending object gives way to the real one, in its slot and in the memo. */
static int
build_pending(struct decoder *d, struct slot *slot, const struct slot *state)
{
    const struct global *global =
        decoder_global_of(PyTuple_GET_ITEM(slot->value, 0));
    PyObject *args = PyTuple_GET_ITEM(slot->value, 1), *made;

    made = global->build(d, args, state);
    if (made == NULL) {
        return -1;
    }
    slot->flags = 0;
    slot->depth = state->depth;
    if (slot->memo != 0) {
        struct slot *entry = &d->memo[slot->memo - 1];
        entry->flags = 0;
        entry->depth = state->depth;
        Py_INCREF(made);
        Py_SETREF(entry->value, made);
    }
    Py_SETREF(slot->value, made);
    return 0;
}

int
op_build(struct decoder *d)
{
    struct slot *target, *state;
    int failed;

    if (decoder_need(d, 2) < 0 ||
        (target = decoder_fillable(d, d->top - 2)) == NULL) {
        return -1;
    }
    state = &d->stack[d->top - 1];
    if (state->flags & SLOT_INTERNAL) {
        return decoder_refuse_internal(d, state->value);
    }
    if (target->kind == KIND_PENDING) {
        failed = build_pending(d, target, state);
    }
    else if (target->kind == KIND_INSTANCE) {
        failed = decoder_set_state(
            d, decoder_class_of_type(d, Py_TYPE(target->value)), target,
            state);
    }
    else {
        failed = decoder_refuse(d, "fill", "state for a builtin container");
    }
    target->kind = KIND_DONE;
    if (failed == 0) {
        decoder_pop_to(d, d->top - 1);
    }
    return failed;
}
