/* The fixed table of names that a stream may use, and the fixed classes behind
 * it.
 *
 * A class is fetched from its module, by a name that is written here, when a
 * stream first needs it.  Modules of the standard library are imported; numpy
 * is only taken if the caller has imported it already. */
#include <stdlib.h>
#include <string.h>

#include "extension/decoder/parts.h"

static const struct {
    const char *module;
    const char *name;
    bool must_be_loaded;
} FIXED[FIXED_COUNT] = {
    [FIXED_DECIMAL] = {"decimal", "Decimal", false},
    [FIXED_FRACTION] = {"fractions", "Fraction", false},
    [FIXED_UUID] = {"uuid", "UUID", false},
    [FIXED_SAFE_UUID] = {"uuid", "SafeUUID", false},
    [FIXED_DEQUE] = {"collections", "deque", false},
    [FIXED_COUNTER] = {"collections", "Counter", false},
    [FIXED_DEFAULTDICT] = {"collections", "defaultdict", false},
    [FIXED_POSIX_PATH] = {"pathlib", "PosixPath", false},
    [FIXED_PURE_POSIX_PATH] = {"pathlib", "PurePosixPath", false},
    [FIXED_PURE_WINDOWS_PATH] = {"pathlib", "PureWindowsPath", false},
    [FIXED_ENUM_META] = {"enum", "EnumMeta", false},
    [FIXED_ENUM] = {"enum", "Enum", false},
    [FIXED_NUMPY_NDARRAY] = {"numpy", "ndarray", true},
    [FIXED_NUMPY_DTYPE] = {"numpy", "dtype", true},
    [FIXED_NUMPY_GENERIC] = {"numpy", "generic", true},
    [FIXED_NUMPY_VOID] = {"numpy", "void", true},
    [FIXED_NUMPY_FROMBUFFER] = {"numpy", "frombuffer", true},
};

/* Modules that mean one in the table: numpy 1's, and where Python 3.13 keeps
 * its paths. */
static const struct {
    const char *module;
    const char *meaning;
} MODULE_ALIASES[] = {
    {"numpy.core.multiarray", "numpy._core.multiarray"},
    {"numpy.core.numeric", "numpy._core.numeric"},
    {"pathlib._local", "pathlib"},
};

#define NAMED(in_module, called) .module = (in_module), .name = (called)

/* Sorted by module, then name.  clang-format would spread it over pages. */
/* clang-format off */
static const struct global GLOBALS[] = {
    {NAMED("builtins", "bool"), .factory = &PyBool_Type},
    {NAMED("builtins", "bytearray"), .make = make_bytearray},
    {NAMED("builtins", "bytes"), .make = make_bytes, .factory = &PyBytes_Type},
    {NAMED("builtins", "complex"), .make = make_complex},
    {NAMED("builtins", "dict"), .factory = &PyDict_Type},
    {NAMED("builtins", "float"), .factory = &PyFloat_Type},
    {NAMED("builtins", "frozenset"), .make = make_frozenset},
    {NAMED("builtins", "getattr"), .make = make_enum_member, .names = true},
    {NAMED("builtins", "int"), .factory = &PyLong_Type},
    {NAMED("builtins", "list"), .factory = &PyList_Type},
    {NAMED("builtins", "object")},
    {NAMED("builtins", "range"), .make = make_range},
    {NAMED("builtins", "set"), .make = make_set, .factory = &PySet_Type},
    {NAMED("builtins", "slice"), .make = make_slice},
    {NAMED("builtins", "str"), .factory = &PyUnicode_Type},
    {NAMED("builtins", "tuple"), .factory = &PyTuple_Type},
    {NAMED("collections", "Counter"), .make = make_counter},
    {NAMED("collections", "OrderedDict"), .make = make_ordered_dict},
    {NAMED("collections", "defaultdict"), .make = make_defaultdict,
     .names = true},
    {NAMED("collections", "deque"), .make = make_deque},
    {NAMED("copyreg", "_reconstructor"), .make = make_reconstructed,
     .names = true},
    {NAMED("datetime", "date"), .make = make_date},
    {NAMED("datetime", "datetime"), .make = make_datetime},
    {NAMED("datetime", "time"), .make = make_time},
    {NAMED("datetime", "timedelta"), .make = make_timedelta},
    {NAMED("datetime", "timezone"), .make = make_timezone},
    {NAMED("decimal", "Decimal"), .make = make_decimal},
    {NAMED("dill._dill", "_create_array"), .make = make_dill_array,
     .names = true},
    {NAMED("dill._dill", "_create_namedtuple"), .make = make_dill_named_tuple},
    {NAMED("dill._dill", "_eval_repr"), .make = make_dill_range},
    {NAMED("dill._dill", "_load_type"), .make = make_dill_type},
    {NAMED("fractions", "Fraction"), .make = make_fraction},
    {NAMED("numpy", "dtype"), .make = make_numpy_dtype,
     .build = build_numpy_dtype},
    {NAMED("numpy", "ndarray")},
    {NAMED("numpy._core.multiarray", "_reconstruct"), .make = make_numpy_array,
     .build = build_numpy_array, .names = true},
    {NAMED("numpy._core.multiarray", "scalar"), .make = make_numpy_scalar},
    {NAMED("numpy._core.numeric", "_frombuffer"), .make = make_numpy_view},
    {NAMED("pathlib", "PosixPath"), .make = make_path,
     .fixed = FIXED_POSIX_PATH},
    {NAMED("pathlib", "PurePosixPath"), .make = make_path,
     .fixed = FIXED_PURE_POSIX_PATH},
    {NAMED("pathlib", "PureWindowsPath"), .make = make_path,
     .fixed = FIXED_PURE_WINDOWS_PATH},
    {NAMED("uuid", "UUID"), .make = make_uuid, .build = build_uuid},
};
/* clang-format on */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int
compare_names(const void *wanted, const void *entry)
{
    const struct global *left = wanted, *right = entry;
    int order = strcmp(left->module, right->module);

    return order != 0 ? order : strcmp(left->name, right->name);
}

const struct global *
decoder_find_global(const char *module, const char *name)
{
    struct global wanted = {.module = module, .name = name};

    return bsearch(&wanted, GLOBALS, LENGTH(GLOBALS), sizeof(GLOBALS[0]),
                   compare_names);
}

static const char *
meant_by_module(const char *module)
{
    size_t i;

    for (i = 0; i < LENGTH(MODULE_ALIASES); i++) {
        if (strcmp(module, MODULE_ALIASES[i].module) == 0) {
            return MODULE_ALIASES[i].meaning;
        }
    }
    return module;
}

/* The same for a name as the stream writes it. */
const struct global *
decoder_resolve(const char *module, const char *name)
{
    return decoder_find_global(meant_by_module(module), name);
}

static PyObject *
find_loaded(struct decoder *d, const char *name)
{
    PyObject *key = PyUnicode_FromString(name), *module;

    if (key == NULL) {
        return NULL;
    }
    module = PyImport_GetModule(key);
    if (module == NULL && !PyErr_Occurred()) {
        (void)decoder_refuse_name(
            d, key, "values need that module imported by the caller");
        return NULL;
    }
    Py_DECREF(key);
    return module;
}

/* Borrowed; it stays for the rest of the decode. */
PyObject *
decoder_fixed(struct decoder *d, enum fixed_id id)
{
    PyObject *module;

    if (d->fixed[id] != NULL) {
        return d->fixed[id];
    }
    module = FIXED[id].must_be_loaded
                 ? find_loaded(d, FIXED[id].module)
                 : PyImport_ImportModule(FIXED[id].module);
    if (module == NULL) {
        return NULL;
    }
    d->fixed[id] = PyObject_GetAttrString(module, FIXED[id].name);
    Py_DECREF(module);
    return d->fixed[id];
}
