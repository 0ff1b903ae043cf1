/* What the decoder knows of a class that the caller allowed. */
#ifndef BOXED_DECODER_CLASSES_H
#define BOXED_DECODER_CLASSES_H

#include "extension/decoder/parts.h"

#pragma GCC visibility push(hidden)

enum class_form {
    FORM_PLAIN,       /* made by object.__new__ */
    FORM_TUPLE,       /* by tuple.__new__, from one tuple */
    FORM_NAMED_TUPLE, /* the same, from its fields */
    FORM_ENUM,        /* never made, only looked up */
    FORM_BUILT,       /* no class: a function of the caller's */
};

struct allowed {
    struct allowed *next;
    PyTypeObject *type; /* owned; NULL for a function */
    PyObject *builder;  /* owned; NULL for a class */
    PyObject *name;     /* owned, dotted */
    enum class_form form;
    Py_ssize_t fields;
    bool is_key; /* an Enum whose members hash and compare as any other's */
    /* Its own, or a base's other than object's, if the caller permits that it
     * runs; owned, or NULL. */
    PyObject *setstate;
    /* What a __setstate__ that a library generated would set, a tuple; owned,
     * or NULL. */
    PyObject *names;
};

PyObject *decoder_type_lookup(PyTypeObject *type, PyObject *name);
PyObject *decoder_lookup_text(PyTypeObject *type, const char *text);

/* built.c */
PyObject *decoder_build(struct decoder *d, struct allowed *allowed,
                        const struct slot *args, struct slot *ret);

#pragma GCC visibility pop
#endif
