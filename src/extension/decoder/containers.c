/* Opcodes that make and fill lists, tuples, dicts and sets.
 *
 * What is filled must be innermost and still open (parts.h), keys are checked
 * (keys.c), and insertions are foreseen (tables.h), before the interpreter
 * does any of it. */
#include "extension/decoder/opcodes.h"
#include "extension/decoder/tables.h"

/* What an OrderedDict has for each key, beside the dict. */
#define BYTES_NODE 128

static int
push_empty(struct decoder *d, PyObject *made, enum slot_kind kind,
           size_t bytes)
{
    d->memory += bytes;
    return decoder_push_slot(
        d, (struct slot){.value = made, .depth = 1, .kind = (uint8_t)kind});
}

int
op_empty_list(struct decoder *d)
{
    return push_empty(d, PyList_New(0), KIND_LIST, BYTES_LIST);
}

int
op_empty_dict(struct decoder *d)
{
    return push_empty(d, PyDict_New(), KIND_DICT, BYTES_DICT);
}

int
op_empty_set(struct decoder *d)
{
    return push_empty(d, PySet_New(NULL), KIND_SET, BYTES_SET);
}

int
op_empty_tuple(struct decoder *d)
{
    return decoder_push_slot(
        d, (struct slot){.value = PyTuple_New(0), .depth = 1});
}

/* The depth of what holds the values from `start` on; names among them are
 * refused. */
static int
inspect_items(struct decoder *d, size_t start, unsigned *ret_depth)
{
    unsigned depth = 0, flags = 0;
    size_t i;

    for (i = start; i < d->top; i++) {
        depth = d->stack[i].depth > depth ? d->stack[i].depth : depth;
        flags |= d->stack[i].flags;
    }
    if (flags & SLOT_INTERNAL) {
        for (i = start; !(d->stack[i].flags & SLOT_INTERNAL); i++) {
        }
        return decoder_refuse_internal(d, d->stack[i].value);
    }
    *ret_depth = depth + 1;
    return 0;
}

static int
collect_tuple(struct decoder *d, size_t start)
{
    size_t i, count = d->top - start;
    struct slot made = {.value = PyTuple_New((Py_ssize_t)count)};
    unsigned depth = 0;

    if (made.value == NULL) {
        return -1;
    }
    d->memory += BYTES_TUPLE + count * BYTES_ITEM;
    for (i = 0; i < count; i++) {
        const struct slot *item = &d->stack[start + i];
        depth = item->depth > depth ? item->depth : depth;
        made.flags |= item->flags & SLOT_INTERNAL;
        PyTuple_SET_ITEM(made.value, (Py_ssize_t)i, item->value);
    }
    d->top = start;
    if (decoder_set_depth(d, &made, depth + 1) < 0) {
        Py_DECREF(made.value);
        return -1;
    }
    return decoder_push_slot(d, made);
}

int
op_tuple(struct decoder *d)
{
    size_t start;

    return decoder_pop_mark(d, &start) < 0 ? -1 : collect_tuple(d, start);
}

int
op_tuple1(struct decoder *d)
{
    return decoder_need(d, 1) < 0 ? -1 : collect_tuple(d, d->top - 1);
}

int
op_tuple2(struct decoder *d)
{
    return decoder_need(d, 2) < 0 ? -1 : collect_tuple(d, d->top - 2);
}

int
op_tuple3(struct decoder *d)
{
    return decoder_need(d, 3) < 0 ? -1 : collect_tuple(d, d->top - 3);
}

/* Moves the values from `start` on into a new list. */
static PyObject *
take_list(struct decoder *d, size_t start)
{
    size_t i, count = d->top - start;
    PyObject *list = PyList_New((Py_ssize_t)count);

    if (list == NULL) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        PyList_SET_ITEM(list, (Py_ssize_t)i, d->stack[start + i].value);
    }
    d->top = start;
    return list;
}

static int
fill_list(struct decoder *d, PyObject *list, size_t start)
{
    Py_ssize_t size = PyList_GET_SIZE(list);
    PyObject *items;
    int failed;

    if (d->top - start == 1) {
        return PyList_Append(list, d->stack[start].value);
    }
    items = take_list(d, start);
    failed = items == NULL ? -1 : PyList_SetSlice(list, size, size, items);
    Py_XDECREF(items);
    return failed;
}

/* A deque is filled by its own extend(): it has no interface in C. */
static int
fill_deque(struct decoder *d, PyObject *deque, size_t start)
{
    PyObject *items = take_list(d, start), *done = NULL;

    if (items != NULL) {
        done = PyObject_CallMethod(deque, "extend", "(O)", items);
        Py_DECREF(items);
    }
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int
fill_sequence(struct decoder *d, struct slot *target, size_t start)
{
    if (target->kind != KIND_LIST && target->kind != KIND_DEQUE) {
        return decoder_refuse(d, "fill", "items for what is no list");
    }
    /* The first item takes four places. */
    if (decoder_charge_memory(d, BYTES_NUMBER +
                                     (d->top - start) * BYTES_LIST_ITEM) < 0) {
        return -1;
    }
    return target->kind == KIND_LIST ? fill_list(d, target->value, start)
                                     : fill_deque(d, target->value, start);
}

static int
add_pair(struct decoder *d, struct slot *target, const struct slot *pair)
{
    PyObject *key = pair[0].value, *value = pair[1].value;
    Py_ssize_t before = PyDict_GET_SIZE(target->value);
    Py_hash_t hash = -1;
    int failed;

    if ((!PyUnicode_CheckExact(key) &&
         decoder_check_key(d, target, key, &hash) < 0) ||
        (decoder_foresees_dict(d, target) &&
         decoder_foresee_dict(d, target, key, hash) < 0)) {
        return -1;
    }
    failed = target->kind == KIND_DICT
                 ? PyDict_SetItem(target->value, key, value)
                 : PyObject_SetItem(target->value, key, value);
    if (failed == 0 && d->wary && target->flags & SLOT_KEY_CHOSEN) {
        decoder_inserted(d, target, before);
    }
    return failed;
}

static int
fill_dict(struct decoder *d, struct slot *target, size_t start)
{
    size_t i, count = (d->top - start) / 2;
    size_t bytes = target->kind == KIND_ORDERED_DICT ? count * BYTES_NODE : 0;

    if ((target->kind != KIND_DICT && target->kind != KIND_ORDERED_DICT) ||
        (d->top - start) % 2 != 0) {
        return decoder_refuse(d, "fill", "items for what is no dict");
    }
    bytes += decoder_dict_bytes(PyDict_GET_SIZE(target->value), count);
    if (decoder_charge_memory(d, bytes) < 0) {
        return -1;
    }
    decoder_start_key_timer(d, (size_t)PyDict_GET_SIZE(target->value) + count);
    for (i = start; i < d->top; i += 2) {
        if (add_pair(d, target, &d->stack[i]) < 0 ||
            decoder_count_key(d) < 0) {
            return -1;
        }
    }
    return decoder_check_key_timer(d);
}

static int
add_to_set(struct decoder *d, struct slot *target, size_t start)
{
    size_t i, count = d->top - start;
    size_t bytes = decoder_set_bytes(PySet_GET_SIZE(target->value), count);

    if (decoder_charge_memory(d, bytes) < 0) {
        return -1;
    }
    decoder_start_key_timer(d, (size_t)PySet_GET_SIZE(target->value) + count);
    for (i = start; i < d->top; i++) {
        if (decoder_add_to_set(d, target, d->stack[i].value) < 0 ||
            decoder_count_key(d) < 0) {
            return -1;
        }
    }
    return decoder_check_key_timer(d);
}

static int
fill_set(struct decoder *d, struct slot *target, size_t start)
{
    if (target->kind != KIND_SET) {
        return decoder_refuse(d, "fill", "items for what is no set");
    }
    return add_to_set(d, target, start);
}

/* Puts the values from `start` on into the container below them. */
static int
fill_from(struct decoder *d, size_t start,
          int (*fill)(struct decoder *d, struct slot *target, size_t start))
{
    struct slot *target = decoder_fillable(d, start - 1);
    unsigned depth;
    int failed;

    if (target == NULL || inspect_items(d, start, &depth) < 0 ||
        decoder_set_depth(d, target, depth) < 0) {
        return -1;
    }
    failed = fill(d, target, start);
    decoder_pop_to(d, start);
    return failed;
}

static int
fill_from_mark(struct decoder *d,
               int (*fill)(struct decoder *d, struct slot *target,
                           size_t start))
{
    size_t start;

    return decoder_pop_mark(d, &start) < 0 ? -1 : fill_from(d, start, fill);
}

int
op_append(struct decoder *d)
{
    return decoder_need(d, 2) < 0 ? -1
                                  : fill_from(d, d->top - 1, fill_sequence);
}

int
op_appends(struct decoder *d)
{
    return fill_from_mark(d, fill_sequence);
}

int
op_setitem(struct decoder *d)
{
    return decoder_need(d, 3) < 0 ? -1 : fill_from(d, d->top - 2, fill_dict);
}

int
op_setitems(struct decoder *d)
{
    return fill_from_mark(d, fill_dict);
}

int
op_additems(struct decoder *d)
{
    return fill_from_mark(d, fill_set);
}

int
op_frozenset(struct decoder *d)
{
    struct slot made = {.kind = KIND_DONE};
    unsigned depth = 0;
    size_t start;

    if (decoder_pop_mark(d, &start) < 0 ||
        inspect_items(d, start, &depth) < 0 ||
        decoder_set_depth(d, &made, depth) < 0) {
        return -1;
    }
    d->memory += BYTES_SET;
    made.value = PyFrozenSet_New(NULL);
    if (made.value != NULL && add_to_set(d, &made, start) < 0) {
        Py_CLEAR(made.value);
    }
    decoder_pop_to(d, start);
    made.flags = 0;
    return decoder_push_slot(d, made);
}
