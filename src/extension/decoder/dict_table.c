/* Foresees insertions into dicts; tables.h says why.
 *
 * The table of a dict cannot be read.  So its places are kept here a second
 * time, for those dicts of which each key is foreseen.  Only innermost
 * containers are filled, so the tables of those being filled are a stack. */
#include "extension/decoder/tables.h"

/* From here on, the first key that is no text moves a dict of texts. */
#define TEXT_TABLES (PY_VERSION_HEX >= 0x030B0000)

struct table {
    PyObject *owner; /* owned */
    size_t index;    /* of its slot on the stack */
    size_t mask;
    size_t count;
    uint64_t *taken;
    Py_hash_t *hashes; /* of the keys, in their order */
    Py_hash_t hash;    /* of the key to come, and its place */
    size_t place;
    size_t charged;
    bool only_text;
    bool copy; /* of a dict: made for all keys at once */
};

static size_t
usable(size_t mask)
{
    return ((mask + 1) << 1) / 3;
}

/* Moves a dict's keys, in their order, into a table for three times as many.
 */
static int
move(struct decoder *d, struct table *table)
{
    size_t size = SIZE_MIN, i, bytes;
    Py_hash_t *hashes;

    while (size < table->count * 3) {
        size *= 2;
    }
    bytes = size / 8 + usable(size - 1) * sizeof(*hashes);
    if (decoder_charge_memory(d, bytes) < 0) {
        return -1;
    }
    d->memory -= table->charged;
    table->charged = bytes;
    hashes = PyMem_Realloc(table->hashes, usable(size - 1) * sizeof(*hashes));
    if (hashes == NULL) {
        (void)PyErr_NoMemory();
        return -1;
    }
    table->hashes = hashes;
    PyMem_Free(table->taken);
    table->mask = size - 1;
    table->taken = decoder_new_places(size);
    if (table->taken == NULL) {
        return -1;
    }
    for (i = 0; i < table->count; i++) {
        if (decoder_put(d, table->taken, table->mask, hashes[i], 0) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Finds the place of a key that is to come; `known` is asked where a key that
 * is there already moves nothing, and NULL says that it is new. */
static int
prepare(struct decoder *d, struct table *table, PyObject *key, Py_hash_t hash,
        PyObject *known)
{
    bool is_text = PyUnicode_CheckExact(key);
    int found;

    table->hash = hash;
    table->only_text = table->only_text || (table->count == 0 && !table->copy);
    if (table->only_text && !is_text) {
        table->only_text = false;
        if (known != NULL && (found = PyDict_Contains(known, key)) != 0) {
            return found < 0 ? -1
                             : decoder_refuse(d, "keys", "a key comes twice");
        }
        if (TEXT_TABLES && table->count > 0 && move(d, table) < 0) {
            return -1;
        }
    }
    if (decoder_walk(d, table->taken, table->mask, hash, 0, &table->place) <
        0) {
        return -1;
    }
    if (table->count < usable(table->mask)) {
        return 0;
    }
    if (known != NULL && (found = PyDict_Contains(known, key)) != 0) {
        return found < 0 ? -1 : 0;
    }
    return move(d, table) < 0 ? -1
                              : decoder_walk(d, table->taken, table->mask,
                                             hash, 0, &table->place);
}

static void
keep(struct table *table)
{
    decoder_take_place(table->taken, table->place);
    table->hashes[table->count++] = table->hash;
}

static void
drop(struct decoder *d, struct table *table)
{
    Py_XDECREF(table->owner);
    PyMem_Free(table->taken);
    PyMem_Free(table->hashes);
    d->memory -= table->charged;
}

void
decoder_clear_tables(struct decoder *d)
{
    while (d->table_count > 0) {
        drop(d, &d->tables[--d->table_count]);
    }
    PyMem_Free(d->tables);
    d->tables = NULL;
}

/* The keys that a dict has, one after the other, as they came. */
static int
replay(struct decoder *d, struct table *table, PyObject *dict)
{
    Py_ssize_t position = 0;
    PyObject *key;

    if (move(d, table) < 0) {
        return -1;
    }
    while (PyDict_Next(dict, &position, &key, NULL)) {
        Py_hash_t hash = PyObject_Hash(key);
        if (hash == -1 || prepare(d, table, key, hash, NULL) < 0) {
            return -1;
        }
        keep(table);
    }
    return 0;
}

static struct table *
push_table(struct decoder *d, PyObject *owner, size_t index)
{
    struct table *grown, *table;

    if (d->table_count == d->tables_size) {
        size_t size = d->tables_size == 0 ? 4 : d->tables_size * 2;
        if (decoder_charge_memory(d, size * sizeof(*grown)) < 0) {
            return NULL;
        }
        grown = PyMem_Realloc(d->tables, size * sizeof(*grown));
        if (grown == NULL) {
            (void)PyErr_NoMemory();
            return NULL;
        }
        d->tables = grown;
        d->tables_size = size;
    }
    table = &d->tables[d->table_count++];
    *table = (struct table){.index = index, .owner = owner};
    Py_INCREF(owner);
    return replay(d, table, owner) < 0 ? NULL : table;
}

/* Those above the slot belong to what it is filled with by now. */
static struct table *
table_of(struct decoder *d, const struct slot *target)
{
    size_t index = (size_t)(target - d->stack);

    while (d->table_count > 0) {
        struct table *last = &d->tables[d->table_count - 1];
        if (last->index == index && last->owner == target->value) {
            return last;
        }
        if (last->index < index) {
            break;
        }
        drop(d, last);
        d->table_count--;
    }
    return push_table(d, target->value, index);
}

/* Moves all keys of a full dict into a table of twice the size. */
static int
foresee_growth(struct decoder *d, PyObject *dict, PyObject *new_key)
{
    size_t size = decoder_table_size((size_t)PyDict_GET_SIZE(dict)) * 2;
    int known = PyDict_Contains(dict, new_key);
    Py_ssize_t position = 0;
    uint64_t *taken;
    PyObject *key;

    if (known != 0) {
        return known < 0 ? -1 : 0;
    }
    taken = decoder_new_places(size);
    while (taken != NULL && PyDict_Next(dict, &position, &key, NULL)) {
        Py_hash_t hash = PyObject_Hash(key);
        if (hash == -1 || decoder_put(d, taken, size - 1, hash, 0) < 0) {
            known = -1;
            break;
        }
    }
    PyMem_Free(taken);
    return taken == NULL ? -1 : known;
}

/* The same for a dict. */
int
decoder_foresee_dict(struct decoder *d, const struct slot *target,
                     PyObject *key, Py_hash_t hash)
{
    struct table *table;

    if (!d->wary) {
        return foresee_growth(d, target->value, key);
    }
    if (PyDict_GET_SIZE(target->value) < TABLE_SMALL) {
        return 0;
    }
    table = table_of(d, target);
    if (table == NULL || (hash == -1 && (hash = PyObject_Hash(key)) == -1)) {
        return -1;
    }
    return prepare(d, table, key, hash, target->value);
}

/* After the insertion that was foreseen; `before`: how many keys there were.
 */
void
decoder_inserted(struct decoder *d, const struct slot *target,
                 Py_ssize_t before)
{
    if (before >= TABLE_SMALL && PyDict_GET_SIZE(target->value) > before) {
        keep(&d->tables[d->table_count - 1]);
    }
}

/* For a copy: its table may be smaller than that of the dict. */
int
decoder_foresee_copy(struct decoder *d, PyObject *dict)
{
    struct table table = {.copy = true};
    int failed = 0;

    if (PyDict_GET_SIZE(dict) >= TABLE_SMALL) {
        failed = replay(d, &table, dict);
        drop(d, &table);
    }
    return failed;
}
