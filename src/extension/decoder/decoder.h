/* Reads a pickle stream that an untrusted guest wrote: the whole of the
 * decoder's interface.
 *
 * Runs in the caller with the GIL held, so everything here may call Python,
 * and allocates within budgets.  It imports and calls nothing that the stream
 * names, only what its own tables and the caller's options allow.  It depends
 * on Python and on nothing else of boxed, so that it can be fuzzed alone. */
#ifndef BOXED_DECODER_H
#define BOXED_DECODER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define BOXED_DEPTH_DEFAULT  200
#define BOXED_DEPTH_MAX      1000
#define BOXED_DIGITS_DEFAULT 4300

/* What a value may take in memory, whatever max_memory says: so much, and so
 * many times the length of the stream.  Honest results mostly need 2 to 20
 * times their length; the densest are empty lists, 50 times, and sets, 120
 * times. */
#define BOXED_MEMORY_BASE   ((size_t)64 << 20)
#define BOXED_MEMORY_FACTOR 32

struct decoder_options {
    /* Its attribute DecodeError is the exception for a refused stream: called
     * with one message, then given the attributes `reason`, `type_name` and
     * `option`: that of the caller's by which the type would be read. */
    PyObject *module;
    /* NULL, or an exact dict of "module:qualname" -> class. */
    PyObject *allow;
    /* NULL, or an exact dict with the same keys, for allowed classes with code
     * of their own that a decode would run, __setstate__ or __del__.  None: it
     * may run.  A tuple of names: __setstate__ was generated and sets these
     * attributes, which is done without it.  A class without an entry is
     * refused. */
    PyObject *states;
    /* NULL, or an exact dict of "module:qualname" -> function that makes a
     * value.  Its arguments are the bytes that there is room for, and those in
     * the stream, which are plain data and otherwise unchecked.  It returns
     * (value, bytes taken), or raises MemoryError before it would take more;
     * the value must not be nested deeper than the arguments. */
    PyObject *builders;
    /* NULL, or an exact tuple of bytes-like objects: the out-of-band data of
     * protocol 5. */
    PyObject *buffers;
    size_t max_depth;  /* 1 .. BOXED_DEPTH_MAX */
    size_t max_memory; /* bytes, beside the stream and the buffers */
    size_t max_digits;
    int has_deadline;
    double deadline; /* CLOCK_MONOTONIC, seconds */
};

/* Returns a new reference, or NULL with an exception set: DecodeError,
 * MemoryError, or what a signal handler raised.  The bytes and the buffers
 * must not change while this runs.  Needs the GIL, and lets others have it
 * now and then: nothing that is being made can be reached by them. */
PyObject *decoder_decode(const struct decoder_options *options,
                         const unsigned char *data, size_t size);

#endif
