/* What may be a dict key or a set item, and what hashing and comparing it may
 * cost.
 *
 * Only types whose hash and equality are known, so that an insertion runs no
 * code of anyone's choosing.  Two bounds besides.  Of nodes visited in all,
 * because a small stream can describe a tuple of 2**30 leaves.  Of keys with
 * one hash in one container, because the hashes of numbers and tuples are
 * easily made to collide; those of str and bytes are keyed by a secret.  What
 * keys of different hashes cost is foreseen: see tables.h. */
#include <math.h>

#include "extension/decoder/tables.h"

/* Keys of one dict or set that may share a hash. */
#define COLLISIONS_MAX 64
/* Few counters stay in the cache, and four keys to each are far from 64. */
#define COUNTERS_MIN 1024
#define COUNTER_KEYS 4
#define BIG_INT_WORK 64
/* Below it, the hash of an int is the int. */
#define INT_HASHED_AS_SELF (1LL << 60)

struct key {
    size_t nodes;
    unsigned depth;
    bool numpy;
};

static int walk_key(struct decoder *d, PyObject *value, unsigned level,
                    struct key *key);

static int
refuse_key(struct decoder *d, PyObject *value)
{
    PyObject *type = (PyObject *)Py_TYPE(value);
    PyObject *module = PyObject_GetAttrString(type, "__module__");
    PyObject *name = NULL;

    if (module != NULL && PyUnicode_Check(module)) {
        name = PyUnicode_FromFormat("%U.%s", module, Py_TYPE(value)->tp_name);
    }
    if (module == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(module);
    if (name == NULL) {
        return -1;
    }
    (void)decoder_refuse(d, "keys", "%U cannot be a key or set item", name);
    Py_DECREF(name);
    return -1;
}

static bool
is_plain(PyTypeObject *type)
{
    return type == &PyUnicode_Type || type == &PyBytes_Type ||
           type == &PyBool_Type || type == &PyFloat_Type ||
           type == &PyComplex_Type || type == Py_TYPE(Py_None);
}

static int
walk_frozenset(struct decoder *d, PyObject *items, unsigned level,
               struct key *key)
{
    PyObject *iterator, *item;
    int failed = decoder_charge_work(d, (size_t)PySet_GET_SIZE(items));

    if (failed < 0 || (iterator = PyObject_GetIter(items)) == NULL) {
        return -1;
    }
    while (failed == 0 && (item = PyIter_Next(iterator)) != NULL) {
        failed = walk_key(d, item, level, key);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    return failed < 0 || PyErr_Occurred() ? -1 : 0;
}

static int
walk_tuple(struct decoder *d, PyObject *tuple, unsigned level, struct key *key)
{
    Py_ssize_t i, size = PyTuple_GET_SIZE(tuple);

    if (decoder_charge_work(d, (size_t)size) < 0) {
        return -1;
    }
    for (i = 0; i < size; i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);
        if (is_plain(Py_TYPE(item))) {
            key->nodes++;
        }
        else if (walk_key(d, item, level, key) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A tuple, or a named tuple that kept a tuple's hash and equality. */
static bool
is_tuple(PyTypeObject *type)
{
    return type == &PyTuple_Type ||
           (PyType_IsSubtype(type, &PyTuple_Type) &&
            type->tp_hash == PyTuple_Type.tp_hash &&
            type->tp_richcompare == PyTuple_Type.tp_richcompare);
}

/* Library types with a good hash, each known only once it has been made. */
static bool
is_library(struct decoder *d, PyObject *value)
{
    static const enum fixed_id KEYS[] = {
        FIXED_DECIMAL,    FIXED_FRACTION,        FIXED_UUID,
        FIXED_POSIX_PATH, FIXED_PURE_POSIX_PATH, FIXED_PURE_WINDOWS_PATH,
    };
    size_t i;

    for (i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        if ((PyObject *)Py_TYPE(value) == d->fixed[KEYS[i]]) {
            return true;
        }
    }
    return decoder_is_time(value);
}

static bool
is_numpy_scalar(struct decoder *d, PyObject *value)
{
    PyObject *generic = d->fixed[FIXED_NUMPY_GENERIC];
    PyObject *record = d->fixed[FIXED_NUMPY_VOID];

    return generic != NULL && record != NULL &&
           PyObject_TypeCheck(value, (PyTypeObject *)generic) &&
           !PyObject_TypeCheck(value, (PyTypeObject *)record);
}

static bool
is_enum_member(struct decoder *d, PyObject *value)
{
    struct allowed *allowed = decoder_class_of_type(d, Py_TYPE(value));

    return allowed != NULL && decoder_class_is_key(allowed);
}

static bool
is_small_int(PyObject *value)
{
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);

    return overflow == 0 && number > -INT_HASHED_AS_SELF &&
           number < INT_HASHED_AS_SELF;
}

static int
walk_int(struct decoder *d, PyObject *value, struct key *key)
{
    if (is_small_int(value)) {
        return 0;
    }
    key->nodes += BIG_INT_WORK;
    return decoder_charge_work(d, BIG_INT_WORK);
}

/* Whoever holds `value` has paid for the visit.  Recursion is bounded: no
 * object is nested deeper than max_depth. */
static int
walk_key(struct decoder *d, PyObject *value, unsigned level, struct key *key)
{
    PyTypeObject *type = Py_TYPE(value);

    key->nodes++;
    if (is_plain(type)) {
        return 0;
    }
    if (type == &PyLong_Type) {
        return walk_int(d, value, key);
    }
    if (is_tuple(type) || type == &PyFrozenSet_Type) {
        key->depth = level + 1 > key->depth ? level + 1 : key->depth;
        return type == &PyFrozenSet_Type
                   ? walk_frozenset(d, value, level + 1, key)
                   : walk_tuple(d, value, level + 1, key);
    }
    if (is_library(d, value) || is_enum_member(d, value)) {
        key->nodes += BIG_INT_WORK;
        return decoder_charge_work(d, BIG_INT_WORK);
    }
    if (is_numpy_scalar(d, value)) {
        key->numpy = true;
        return 0;
    }
    return refuse_key(d, value);
}

/* Comparing a numpy scalar with a tuple makes an array of the tuple, nested
 * ones and all, so one that holds others must not be where a scalar is. */
static int
check_company(struct decoder *d, struct slot *owner, const struct key *key)
{
    unsigned flags = owner->flags;

    flags |= key->numpy ? SLOT_KEY_NUMPY : 0;
    flags |= key->depth > 1 ? SLOT_KEY_DEEP : 0;
    owner->flags = (uint8_t)flags;
    if (flags & SLOT_KEY_NUMPY && flags & SLOT_KEY_DEEP) {
        return decoder_refuse(d, "keys",
                              "numpy scalars beside nested tuples as keys");
    }
    return 0;
}

/* The counters grow with the number of keys and start afresh each time. */
static int
grow_counters(struct collisions *collisions)
{
    size_t size = collisions->size == 0 ? COUNTERS_MIN : collisions->size * 4;
    uint8_t *counts = PyMem_Calloc(size, sizeof(*counts));

    if (counts == NULL) {
        (void)PyErr_NoMemory();
        return -1;
    }
    PyMem_Free(collisions->counts);
    collisions->counts = counts;
    collisions->size = size;
    return 0;
}

/* Counts keys by (container, hash).  Few keys share a counter by chance, hence
 * a high count means one hash used again and again. */
static int
count_collision(struct decoder *d, const struct slot *owner, Py_hash_t hash,
                size_t nodes)
{
    struct collisions *collisions = &d->collisions;
    uint64_t mixed = (uint64_t)hash ^ ((uintptr_t)owner->value >> 4) *
                                          UINT64_C(0x9e3779b97f4a7c15);
    uint8_t *count;

    if (++collisions->seen > collisions->size * COUNTER_KEYS &&
        grow_counters(collisions) < 0) {
        return -1;
    }
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
    count = &collisions->counts[(mixed >> 32) & (collisions->size - 1)];
    if (++*count > COLLISIONS_MAX) {
        return decoder_refuse(d, "keys", "too many keys have the same hash");
    }
    return *count < 16 ? 0 : decoder_charge_work(d, nodes * *count);
}

/* Whether no more than a few values of its type share its hash: small ints
 * two, floats one for each 61 binary exponents, bytes by chance. */
static bool
hashes_apart(PyObject *value)
{
    if (PyLong_CheckExact(value)) {
        return is_small_int(value);
    }
    if (PyFloat_CheckExact(value)) {
        return !isnan(PyFloat_AS_DOUBLE(value));
    }
    return PyBytes_CheckExact(value);
}

int
decoder_check_key(struct decoder *d, struct slot *owner, PyObject *value,
                  Py_hash_t *ret_hash)
{
    struct key key = {0};
    Py_hash_t hash;

    owner->flags |= PyBytes_CheckExact(value) ? 0 : SLOT_KEY_CHOSEN;
    if (hashes_apart(value)) {
        return 0;
    }
    if (walk_key(d, value, 0, &key) < 0 || check_company(d, owner, &key) < 0) {
        return -1;
    }
    hash = PyObject_Hash(value);
    if (hash == -1) {
        return -1;
    }
    *ret_hash = hash;
    return count_collision(d, owner, hash, key.nodes);
}

int
decoder_add_to_set(struct decoder *d, struct slot *owner, PyObject *item)
{
    Py_hash_t hash = -1;

    if ((!PyUnicode_CheckExact(item) &&
         decoder_check_key(d, owner, item, &hash) < 0) ||
        (decoder_foresees_set(d, owner) &&
         decoder_foresee_set(d, owner->value, item, hash) < 0)) {
        return -1;
    }
    return PySet_Add(owner->value, item);
}

/* Checks a value that is only looked up, in a dict of the caller's. */
int
decoder_check_lookup(struct decoder *d, PyObject *value)
{
    struct key key = {0};

    return walk_key(d, value, 1, &key);
}
