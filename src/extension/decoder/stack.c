/* The value stack, its marks and the memo.
 *
 * All three grow with what the stream really holds: MEMOIZE takes the next
 * number, so no index allocates anything. */
#include <string.h>

#include "extension/decoder/opcodes.h"

static int
grow(struct decoder *d, void **array, size_t *size, size_t width,
     const void *small)
{
    bool borrowed = *array == small;
    void *grown;

    if (decoder_charge_memory(d, *size * (borrowed ? 2 : 1) * width) < 0) {
        return -1;
    }
    grown = PyMem_Realloc(borrowed ? NULL : *array, *size * 2 * width);
    if (grown == NULL) {
        (void)PyErr_NoMemory();
        return -1;
    }
    if (borrowed) {
        memcpy(grown, small, *size * width);
    }
    *array = grown;
    *size *= 2;
    return 0;
}

static void
free_grown(void *array, const void *small)
{
    if (array != small) {
        PyMem_Free(array);
    }
}

int
decoder_grow_stack(struct decoder *d)
{
    return grow(d, (void **)&d->stack, &d->stack_size, sizeof(*d->stack),
                d->small->stack);
}

int
op_mark(struct decoder *d)
{
    if (d->mark_count == d->marks_size &&
        grow(d, (void **)&d->marks, &d->marks_size, sizeof(*d->marks),
             d->small->marks) < 0) {
        return -1;
    }
    d->marks[d->mark_count++] = d->top;
    d->fence = d->top;
    return 0;
}

int
decoder_pop_mark(struct decoder *d, size_t *ret_start)
{
    if (d->mark_count == 0) {
        return decoder_refuse(d, "stack", "a mark is missing");
    }
    *ret_start = d->marks[--d->mark_count];
    d->fence = d->mark_count == 0 ? 0 : d->marks[d->mark_count - 1];
    return 0;
}

/* That many values above the last mark. */
int
decoder_need(struct decoder *d, size_t count)
{
    if (d->top - d->fence < count) {
        return decoder_refuse(d, "stack", "a value is missing");
    }
    return 0;
}

void
decoder_pop_to(struct decoder *d, size_t top)
{
    while (d->top > top) {
        Py_DECREF(d->stack[--d->top].value);
    }
}

/* The slot at `index` if the stream may still fill what is in it.  `index` is
 * what a caller computed as "just below"; it may have wrapped around. */
struct slot *
decoder_fillable(struct decoder *d, size_t index)
{
    struct slot *slot;

    if (index >= d->top || index < d->fence) {
        (void)decoder_refuse(d, "stack", "a value is missing");
        return NULL;
    }
    slot = &d->stack[index];
    if (slot->kind == KIND_DONE) {
        (void)decoder_refuse(d, "fill", "a finished value is changed");
        return NULL;
    }
    if (slot->memo != 0 && d->memo[slot->memo - 1].flags & SLOT_REFERENCED) {
        (void)decoder_refuse(d, "cycle", "a value that contains itself");
        return NULL;
    }
    return slot;
}

int
decoder_memoize(struct decoder *d)
{
    struct slot *slot;

    if (decoder_need(d, 1) < 0) {
        return -1;
    }
    if (d->memo_count == d->memo_size &&
        grow(d, (void **)&d->memo, &d->memo_size, sizeof(*d->memo),
             d->small->memo) < 0) {
        return -1;
    }
    slot = &d->stack[d->top - 1];
    if (d->memo_count >= UINT32_MAX || slot->memo != 0) {
        return decoder_refuse(d, "memo", "one value is memoised twice");
    }
    Py_INCREF(slot->value);
    d->memo[d->memo_count] = (struct slot){
        .value = slot->value,
        .depth = slot->depth,
        .flags = slot->flags & SLOT_INTERNAL,
    };
    slot->memo = (uint32_t)++d->memo_count;
    return 0;
}

int
decoder_fetch(struct decoder *d, size_t index)
{
    struct slot *entry;

    if (index >= d->memo_count) {
        return decoder_refuse(d, "memo", "memo entry %zu does not exist",
                              index);
    }
    entry = &d->memo[index];
    entry->flags |= SLOT_REFERENCED;
    Py_INCREF(entry->value);
    return decoder_push_slot(d, (struct slot){
                                    .value = entry->value,
                                    .depth = entry->depth,
                                    .flags = entry->flags & SLOT_INTERNAL,
                                });
}

static int
read_index(struct decoder *d, unsigned width, size_t *ret_index)
{
    const unsigned char *bytes = decoder_take(d, width);

    if (bytes == NULL) {
        return -1;
    }
    *ret_index = decoder_little(bytes, width);
    return 0;
}

int
op_memoize(struct decoder *d)
{
    return decoder_memoize(d);
}

int
op_binget(struct decoder *d)
{
    size_t index;

    return read_index(d, 1, &index) < 0 ? -1 : decoder_fetch(d, index);
}

int
op_long_binget(struct decoder *d)
{
    size_t index;

    return read_index(d, 4, &index) < 0 ? -1 : decoder_fetch(d, index);
}

void
decoder_clear(struct decoder *d)
{
    PyObject *type, *value, *traceback;
    size_t i;

    /* Freeing runs with no exception set, as finalizers expect. */
    PyErr_Fetch(&type, &value, &traceback);
    decoder_pop_to(d, 0);
    for (i = 0; i < d->memo_count; i++) {
        Py_DECREF(d->memo[i].value);
    }
    for (i = 0; i < FIXED_COUNT; i++) {
        Py_XDECREF(d->fixed[i]);
    }
    Py_XDECREF(d->plain_dtype);
    decoder_clear_classes(d);
    free_grown(d->stack, d->small->stack);
    free_grown(d->marks, d->small->marks);
    free_grown(d->memo, d->small->memo);
    PyMem_Free(d->collisions.counts);
    decoder_clear_tables(d);
    PyErr_Restore(type, value, traceback);
}
