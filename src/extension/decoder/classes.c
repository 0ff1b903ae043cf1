/* The classes that the caller allowed, and the caller's functions that build
 * others.
 *
 * What may be done with a class is found out once, when a stream first names
 * it.  Whether an instance can be made without calling the class is asked of
 * the interpreter, which refuses it where the layout of a C base would stay
 * uninitialised. */
#include "extension/decoder/classes.h"

#define CAPSULE_CLASS "boxed.class"
#define BYTES_CLASS   192

/* Along the MRO without `object`; no descriptor and no metaclass is asked.
 * A new reference, or NULL without an exception where there is none. */
PyObject *
decoder_type_lookup(PyTypeObject *type, PyObject *name)
{
    Py_ssize_t i;

    for (i = 0; i < PyTuple_GET_SIZE(type->tp_mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(type->tp_mro, i);
        PyObject *names, *found;
        if (base == &PyBaseObject_Type) {
            continue;
        }
#if PY_VERSION_HEX >= 0x030C0000
        names = PyType_GetDict(base);
#else
        names = base->tp_dict;
        Py_XINCREF(names);
#endif
        found = names == NULL ? NULL : PyDict_GetItemWithError(names, name);
        Py_XINCREF(found);
        Py_XDECREF(names);
        if (found != NULL || PyErr_Occurred()) {
            return found;
        }
    }
    return NULL;
}

PyObject *
decoder_lookup_text(PyTypeObject *type, const char *text)
{
    PyObject *name = PyUnicode_FromString(text), *found = NULL;

    if (name != NULL) {
        found = decoder_type_lookup(type, name);
        Py_DECREF(name);
    }
    return found;
}

struct allowed *
decoder_class_of(PyObject *value)
{
    if (!PyCapsule_IsValid(value, CAPSULE_CLASS)) {
        return NULL;
    }
    return PyCapsule_GetPointer(value, CAPSULE_CLASS);
}

static struct allowed *
find_builder(const struct decoder *d, const PyObject *builder)
{
    struct allowed *allowed = d->allowed;

    while (allowed != NULL && allowed->builder != builder) {
        allowed = allowed->next;
    }
    return allowed;
}

struct allowed *
decoder_class_of_type(struct decoder *d, PyTypeObject *type)
{
    struct allowed *allowed = d->allowed;

    while (allowed != NULL && allowed->type != type) {
        allowed = allowed->next;
    }
    return allowed;
}

PyObject *
decoder_class_name(const struct allowed *allowed)
{
    Py_INCREF(allowed->name);
    return allowed->name;
}

bool
decoder_class_is_enum(const struct allowed *allowed)
{
    return allowed->form == FORM_ENUM;
}

bool
decoder_class_is_key(const struct allowed *allowed)
{
    return allowed->is_key;
}

/* Why a class cannot be made: the builtin type that it extends, mostly. */
static const char *
unmakeable(PyTypeObject *type)
{
    static PyTypeObject *const BASES[] = {
        &PyLong_Type,  &PyFloat_Type,     &PyComplex_Type, &PyUnicode_Type,
        &PyBytes_Type, &PyByteArray_Type, &PyList_Type,    &PyDict_Type,
        &PySet_Type,   &PyFrozenSet_Type,
    };
    size_t i;

    for (i = 0; i < sizeof(BASES) / sizeof(BASES[0]); i++) {
        if (PyType_IsSubtype(type, BASES[i])) {
            return "extends a builtin type, which a result does not hold;"
                   " return the plain value";
        }
    }
    return "cannot be made without calling it";
}

/* __new__ as Python sees it checks what the slot behind it takes on trust. */
static int
try_new(PyTypeObject *base, PyTypeObject *type)
{
    PyObject *made =
        PyObject_CallMethod((PyObject *)base, "__new__", "O", type);

    if (made == NULL) {
        return -1;
    }
    Py_DECREF(made);
    return 0;
}

static int
classify_tuple(struct allowed *allowed)
{
    PyObject *fields = decoder_lookup_text(allowed->type, "_fields");

    if (fields == NULL && PyErr_Occurred()) {
        return -1;
    }
    allowed->form = FORM_TUPLE;
    if (fields != NULL && PyTuple_CheckExact(fields)) {
        allowed->form = FORM_NAMED_TUPLE;
        allowed->fields = PyTuple_GET_SIZE(fields);
    }
    Py_XDECREF(fields);
    return try_new(&PyTuple_Type, allowed->type);
}

/* Whether the class, or a base other than object, has such a method. */
static int
defines(PyTypeObject *type, const char *method)
{
    PyObject *found = decoder_lookup_text(type, method);

    if (found == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    Py_DECREF(found);
    return 1;
}

/* A decode runs two methods of a class without anybody's asking: __setstate__,
 * and __del__, also of an instance that is refused in the end.  Either gets
 * what a guest chose, and may do what it likes with it.  `state` is what the
 * caller says of the class, or NULL. */
static int
settle_code(struct decoder *d, struct allowed *allowed, PyObject *state)
{
    int sets = defines(allowed->type, "__setstate__");
    int deletes = sets < 0 ? -1 : defines(allowed->type, "__del__");

    if (deletes < 0) {
        return -1;
    }
    if (state == Py_None) {
        allowed->setstate = decoder_lookup_text(allowed->type, "__setstate__");
        return allowed->setstate == NULL && PyErr_Occurred() ? -1 : 0;
    }
    if (deletes || (sets && (state == NULL || !PyTuple_CheckExact(state)))) {
        return decoder_refuse_code(d, decoder_class_name(allowed),
                                   deletes ? "__del__" : "__setstate__");
    }
    if (sets) {
        Py_INCREF(state);
        allowed->names = state;
    }
    return 0;
}

/* Whether a method is a builtin type's, or the one that all Enums have. */
static int
is_standard(PyTypeObject *type, PyTypeObject *root, const char *method)
{
    PyObject *found = decoder_lookup_text(type, method);
    PyObject *usual = decoder_lookup_text(root, method);
    int same = found == NULL || found == usual ||
               Py_IS_TYPE(found, &PyWrapperDescr_Type);

    Py_XDECREF(found);
    Py_XDECREF(usual);
    return PyErr_Occurred() ? -1 : same;
}

/* A member among keys meets what the guest sent. */
static int
settle_key(struct decoder *d, struct allowed *allowed)
{
    PyObject *root = decoder_fixed(d, FIXED_ENUM);
    int same = root == NULL ? -1
                            : is_standard(allowed->type, (PyTypeObject *)root,
                                          "__hash__");

    if (same > 0) {
        same = is_standard(allowed->type, (PyTypeObject *)root, "__eq__");
    }
    allowed->is_key = same > 0;
    return same < 0 ? -1 : 0;
}

static int
classify(struct decoder *d, struct allowed *allowed, PyObject *state)
{
    PyObject *enum_meta = decoder_fixed(d, FIXED_ENUM_META);

    if (enum_meta == NULL) {
        return -1;
    }
    if (PyObject_TypeCheck((PyObject *)allowed->type,
                           (PyTypeObject *)enum_meta)) {
        allowed->form = FORM_ENUM;
        return settle_key(d, allowed);
    }
    if (settle_code(d, allowed, state) < 0) {
        return -1;
    }
    if (PyType_IsSubtype(allowed->type, &PyTuple_Type)) {
        return classify_tuple(allowed);
    }
    allowed->form = FORM_PLAIN;
    return try_new(&PyBaseObject_Type, allowed->type);
}

/* A new entry, with a reference of its own to either. */
static struct allowed *
new_entry(struct decoder *d, PyTypeObject *type, PyObject *builder,
          PyObject *name)
{
    struct allowed *allowed = PyMem_Calloc(1, sizeof(*allowed));

    if (allowed == NULL) {
        (void)PyErr_NoMemory();
        return NULL;
    }
    d->memory += BYTES_CLASS;
    Py_XINCREF(type);
    Py_XINCREF(builder);
    Py_INCREF(name);
    allowed->type = type;
    allowed->builder = builder;
    allowed->name = name;
    allowed->form = FORM_BUILT;
    allowed->next = d->allowed;
    d->allowed = allowed;
    return allowed;
}

static struct allowed *
add_class(struct decoder *d, PyObject *type, PyObject *state, PyObject *name)
{
    struct allowed *allowed;

    if (!PyType_Check(type)) {
        d->foreign = true;
        (void)PyErr_Format(PyExc_TypeError, "allow: %U is no class", name);
        return NULL;
    }
    allowed = new_entry(d, (PyTypeObject *)type, NULL, name);
    if (allowed != NULL && classify(d, allowed, state) < 0) {
        if (!d->refused && PyErr_ExceptionMatches(PyExc_TypeError)) {
            (void)decoder_refuse_name(d, decoder_class_name(allowed),
                                      unmakeable(allowed->type));
        }
        return NULL;
    }
    return allowed;
}

/* Its value in a dict that may be NULL; borrowed. */
static PyObject *
look_up(PyObject *table, PyObject *module, PyObject *name)
{
    PyObject *key, *found;

    if (table == NULL) {
        return NULL;
    }
    key = PyUnicode_FromFormat("%U:%U", module, name);
    if (key == NULL) {
        return NULL;
    }
    found = PyDict_GetItemWithError(table, key);
    Py_DECREF(key);
    return found;
}

static struct allowed *
find_entry(struct decoder *d, PyObject *module, PyObject *name)
{
    PyObject *type = look_up(d->options->allow, module, name);
    PyObject *builder = NULL, *state = NULL, *dotted;
    struct allowed *allowed = NULL;

    if (type != NULL) {
        state = look_up(d->options->states, module, name);
    }
    else if (!PyErr_Occurred()) {
        builder = look_up(d->options->builders, module, name);
    }
    if ((type == NULL && builder == NULL) || PyErr_Occurred()) {
        return NULL;
    }
    allowed = type != NULL ? decoder_class_of_type(d, (PyTypeObject *)type)
                           : find_builder(d, builder);
    if (allowed != NULL) {
        return allowed;
    }
    dotted = PyUnicode_FromFormat("%U.%U", module, name);
    if (dotted == NULL) {
        return NULL;
    }
    allowed = type != NULL ? add_class(d, type, state, dotted)
                           : new_entry(d, NULL, builder, dotted);
    Py_DECREF(dotted);
    return allowed;
}

/* A capsule, or NULL: without an exception if the class is not allowed. */
PyObject *
decoder_find_class(struct decoder *d, PyObject *module, PyObject *name)
{
    struct allowed *allowed = find_entry(d, module, name);

    return allowed == NULL ? NULL
                           : PyCapsule_New(allowed, CAPSULE_CLASS, NULL);
}

void
decoder_clear_classes(struct decoder *d)
{
    while (d->allowed != NULL) {
        struct allowed *allowed = d->allowed;
        d->allowed = allowed->next;
        Py_XDECREF(allowed->type);
        Py_XDECREF(allowed->builder);
        Py_XDECREF(allowed->setstate);
        Py_XDECREF(allowed->names);
        Py_DECREF(allowed->name);
        PyMem_Free(allowed);
    }
}
