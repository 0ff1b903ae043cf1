/* Feeds the decoder of results with whatever libFuzzer makes up.
 *
 * An embedded interpreter supplies the objects; the decoder is compiled in, so
 * that its coverage steers the fuzzer.  What was accepted is then inspected:
 * only known types, no deeper than allowed, and equal to what pickle.loads
 * makes of the same bytes.  See README.rst for how to build and run. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>

#include "extension/decoder/decoder.h"

#define MAX_DEPTH 50

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char PRELUDE[] =
    "import collections, dataclasses, datetime, decimal, enum, fractions\n"
    "import pathlib, pickle, sys, types, uuid, warnings\n"
    "warnings.simplefilter('ignore')\n"
    "try:\n"
    "    import numpy\n"
    "except ImportError:\n"
    "    numpy = None\n"
    "class DecodeError(ValueError): pass\n"
    "@dataclasses.dataclass\n"
    "class Point:\n"
    "    x: object = 0\n"
    "class Slots:\n"
    "    __slots__ = ('a', 'b')\n"
    "class State:\n"
    "    def __setstate__(self, state): self.state = state\n"
    "Pair = collections.namedtuple('Pair', 'a b')\n"
    "class Color(enum.Enum):\n"
    "    RED = 1\n"
    "    BLUE = 'b'\n"
    "made = (Point, Slots, State, Pair, Color)\n"
    "module = types.ModuleType('m')\n"
    "for c in made:\n"
    "    c.__module__ = 'm'\n"
    "    setattr(module, c.__name__, c)\n"
    "sys.modules['m'] = module\n"
    "allow = {'m:' + c.__name__: c for c in made}\n"
    "states = {'m:State': None}\n"
    "def build(*parts): return list(parts)\n"
    "def refuse(*parts): raise ValueError(parts)\n"
    "module.build, module.refuse = build, refuse\n"
    "build.__module__ = refuse.__module__ = 'm'\n"
    "def weighed(left, *parts):\n"
    "    if len(parts) > 5: raise MemoryError\n"
    "    return build(*parts), 64 + 8 * len(parts)\n"
    "builders = {'m:build': weighed, 'm:refuse': refuse}\n"
    "scalars = (type(None), bool, int, float, complex, str, bytes,\n"
    "    bytearray, range, slice, memoryview, datetime.date, datetime.time,\n"
    "    datetime.datetime, datetime.timedelta, datetime.timezone,\n"
    "    decimal.Decimal, fractions.Fraction, uuid.UUID,\n"
    "    pathlib.PosixPath, pathlib.PurePosixPath,\n"
    "    pathlib.PureWindowsPath)\n"
    "if numpy is not None:\n"
    "    scalars += (numpy.ndarray, numpy.dtype, numpy.generic)\n"
    "sequences = (list, tuple, set, frozenset, collections.deque, Pair)\n"
    "dicts = (dict, collections.OrderedDict, collections.Counter,\n"
    "    collections.defaultdict)\n"
    "def children(value):\n"
    "    kind = type(value)\n"
    "    if kind in sequences:\n"
    "        return list(value) + list(getattr(value, '__dict__', {}))\n"
    "    if kind in dicts:\n"
    "        return list(value) + list(value.values())\n"
    "    if kind in (Point, State):\n"
    "        return list(vars(value)) + list(vars(value).values())\n"
    "    if kind is Slots:\n"
    "        return [getattr(value, n) for n in 'ab' if hasattr(value, n)]\n"
    "    assert isinstance(value, scalars + (Color,)), kind\n"
    "    return []\n"
    "def inspect(value, limit):\n"
    "    seen = {}\n"
    "    def depth(value):\n"
    "        if id(value) not in seen:\n"
    "            inner = children(value)\n"
    "            seen[id(value)] = 0\n"
    "            seen[id(value)] = max(map(depth, inner), default=-1) + 1\n"
    "        return seen[id(value)]\n"
    "    assert depth(value) <= limit\n"
    "def compare(value, data):\n"
    "    if b'num' in data or b'dill' in data:\n"
    "        return\n"
    "    other = pickle.loads(data)\n"
    "    assert type(other) is type(value), (value, other)\n"
    "    if len(data) < 300:\n"
    "        assert repr(other) == repr(value) or '0x' in repr(value), (\n"
    "            value, other)\n"
    "def accepted(value, data, limit):\n"
    "    inspect(value, limit)\n"
    "    compare(value, data)\n";

static PyObject *module, *allow, *states, *builders, *buffers, *accepted;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    Py_Initialize();
    if (PyRun_SimpleString(PRELUDE) < 0) {
        abort();
    }
    module = PyImport_AddModule("__main__");
    allow = PyObject_GetAttrString(module, "allow");
    states = PyObject_GetAttrString(module, "states");
    builders = PyObject_GetAttrString(module, "builders");
    accepted = PyObject_GetAttrString(module, "accepted");
    buffers = Py_BuildValue("(yN)", "12345678",
                            PyByteArray_FromStringAndSize("87654321", 8));
    if (allow == NULL || states == NULL || builders == NULL ||
        accepted == NULL || buffers == NULL) {
        abort();
    }
    return 0;
}

static void
check_accepted(PyObject *result, const uint8_t *data, size_t size)
{
    PyObject *done =
        PyObject_CallFunction(accepted, "Oy#i", result, (const char *)data,
                              (Py_ssize_t)size, MAX_DEPTH);

    if (done == NULL) {
        PyErr_Print();
        abort();
    }
    Py_DECREF(done);
}

static void
decode_once(const uint8_t *data, size_t size, PyObject *out_of_band)
{
    struct decoder_options options = {
        .module = module,
        .allow = allow,
        .states = states,
        .builders = builders,
        .buffers = out_of_band,
        .max_depth = MAX_DEPTH,
        .max_memory = 64 << 20,
        .max_digits = 400,
    };
    PyObject *result = decoder_decode(&options, data, size);

    if ((result == NULL) != (PyErr_Occurred() != NULL)) {
        abort();
    }
    if (result == NULL) {
        PyErr_Clear();
        return;
    }
    if (out_of_band == NULL) {
        check_accepted(result, data, size);
    }
    Py_DECREF(result);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decode_once(data, size, NULL);
    decode_once(data, size, buffers);
    return 0;
}
