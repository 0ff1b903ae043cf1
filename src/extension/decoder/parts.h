/* What the files of the decoder share; nothing outside them includes this.
 *
 * One value on the stack is a slot: the object, the depth of the graph below
 * it, and whether the stream may still fill it.  A container may be filled
 * only in the slot where it was made and only until something else refers to
 * it.  That one rule keeps the graph free of cycles and every recorded depth
 * exact, so nothing deeper than max_depth is ever built, hashed, compared or
 * freed. */
#ifndef BOXED_DECODER_PARTS_H
#define BOXED_DECODER_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "extension/decoder/decoder.h"

#pragma GCC visibility push(hidden)

/* How a slot may still be filled; DONE also for everything fetched from the
 * memo. */
enum slot_kind {
    KIND_DONE,
    KIND_LIST,
    KIND_DICT,
    KIND_SET,
    KIND_ORDERED_DICT,
    KIND_DEQUE,
    KIND_INSTANCE, /* of an allowed class, waits for its state */
    KIND_PENDING,  /* (global, arguments): an object only after BUILD */
    KIND_COUNT,
};

enum slot_flag {
    /* A global, or a tuple that holds one: never part of a result. */
    SLOT_INTERNAL = 1,
    /* What the keys of this dict or set are, see keys.c. */
    SLOT_KEY_NUMPY = 2,
    SLOT_KEY_DEEP = 4,
    /* Memo entries: fetched at least once. */
    SLOT_REFERENCED = 8,
    /* Of a dict or set: a guest chooses the hashes of some keys. */
    SLOT_KEY_CHOSEN = 16,
};

struct slot {
    PyObject *value; /* owned */
    uint32_t memo;   /* 1 + index of its memo entry; 0: not memoised */
    uint16_t depth;
    uint8_t kind;
    uint8_t flags;
};

/* Bytes of an empty object, as CPython and its allocator round them; those of
 * Python 3.9 to 3.14 differ by a few. */
enum footprint {
    BYTES_NUMBER = 32,
    BYTES_TEXT = 64,
    BYTES_BYTES = 48,
    BYTES_BYTEARRAY = 80,
    BYTES_VIEW = 320, /* a memoryview and what it shares with others */
    BYTES_TUPLE = 48,
    BYTES_LIST = 64,
    BYTES_DICT = 64,
    BYTES_SET = 224,
    BYTES_SMALL = 64, /* range, slice, dates and times */
    BYTES_NAME = 80,  /* a capsule */
    BYTES_ITEM = 8,
    /* A list grows by an eighth, and its items are collected in another. */
    BYTES_LIST_ITEM = 17,
};

/* Classes and functions of fixed modules, fetched when first needed. */
enum fixed_id {
    FIXED_DECIMAL,
    FIXED_FRACTION,
    FIXED_UUID,
    FIXED_SAFE_UUID,
    FIXED_DEQUE,
    FIXED_COUNTER,
    FIXED_DEFAULTDICT,
    FIXED_POSIX_PATH,
    FIXED_PURE_POSIX_PATH,
    FIXED_PURE_WINDOWS_PATH,
    FIXED_ENUM_META,
    FIXED_ENUM,
    FIXED_NUMPY_NDARRAY,
    FIXED_NUMPY_DTYPE,
    FIXED_NUMPY_GENERIC,
    FIXED_NUMPY_VOID,
    FIXED_NUMPY_FROMBUFFER,
    FIXED_COUNT,
};

struct table; /* dict_table.c */

struct collisions {
    uint8_t *counts;
    size_t size; /* a power of two */
    size_t seen;
};

/* Room for small results, so that they need no allocation. */
struct small_room {
    struct slot stack[32];
    struct slot memo[32];
    size_t marks[8];
};

struct decoder {
    const struct decoder_options *options;
    const unsigned char *start;
    const unsigned char *pos;
    const unsigned char *limit; /* end of the frame, or of the data */
    const unsigned char *end;
    bool in_frame;

    struct slot *stack;
    size_t top;
    size_t stack_size;
    size_t *marks;
    size_t mark_count;
    size_t marks_size;
    size_t fence; /* the last mark: nothing below it may be popped */
    struct slot *memo;
    size_t memo_count;
    size_t memo_size;

    struct small_room *small;

    long countdown;    /* work until the next look at the clock */
    double next_check; /* when to look for signals; 0: not yet set */
    size_t memory;     /* what all made so far takes, about */
    size_t max_memory;
    size_t copy_left; /* what constructors may still copy */
    size_t work_left; /* what hashing keys may still cost */
    struct collisions collisions;
    struct table *tables; /* of the large dicts that are being filled */
    size_t table_count;
    size_t tables_size;
    int64_t timer_start; /* the time, in nanoseconds; 0: nobody looks */
    int64_t timer_keys;  /* since then */
    int64_t timer_left;  /* below zero: keys take longer than they should */
    bool wary;           /* foresee the insertion of each key */
    Py_ssize_t next_buffer;

    PyObject *fixed[FIXED_COUNT];
    PyObject *plain_dtype; /* the last one without anything to check */
    struct allowed *allowed;
    bool refused; /* the exception set is a DecodeError */
    bool foreign; /* the exception set is not ours to translate */
};

/* A global the decoder knows: what REDUCE and NEWOBJ make of it, and what
 * BUILD makes of an instance that `make` left pending. */
struct global {
    const char *module;
    const char *name;
    PyObject *(*make)(struct decoder *d, const struct global *self,
                      const struct slot *args, struct slot *ret);
    PyObject *(*build)(struct decoder *d, PyObject *args,
                       const struct slot *state);
    int fixed;             /* enum fixed_id for constructors that share code */
    PyTypeObject *factory; /* as the default_factory of a defaultdict */
    bool names;            /* `make` takes arguments that hold names */
};

/* limits.c */
int decoder_refuse(struct decoder *d, const char *reason, const char *format,
                   ...);
int decoder_refuse_name(struct decoder *d, PyObject *name, const char *why);
int decoder_refuse_unallowed(struct decoder *d, PyObject *name);
int decoder_refuse_code(struct decoder *d, PyObject *name, const char *method);
int decoder_refuse_internal(struct decoder *d, PyObject *value);
int decoder_truncated(struct decoder *d);
int decoder_tick(struct decoder *d);
int decoder_charge_copy(struct decoder *d, Py_ssize_t units);
int decoder_charge_memory(struct decoder *d, size_t bytes);
size_t decoder_dict_bytes(Py_ssize_t before, size_t added);
size_t decoder_set_bytes(Py_ssize_t before, size_t added);
int decoder_charge_int(struct decoder *d, PyObject *value);
int decoder_charge_work(struct decoder *d, size_t units);
int decoder_set_depth(struct decoder *d, struct slot *slot, unsigned depth);

/* stack.c */
int decoder_grow_stack(struct decoder *d);
struct slot *decoder_fillable(struct decoder *d, size_t index);
int decoder_memoize(struct decoder *d);
int decoder_fetch(struct decoder *d, size_t index);
void decoder_pop_to(struct decoder *d, size_t top);
int decoder_pop_mark(struct decoder *d, size_t *ret_start);
int decoder_need(struct decoder *d, size_t count);
void decoder_clear(struct decoder *d);

/* input.c */
const unsigned char *decoder_take_line(struct decoder *d, size_t *ret_size);
const unsigned char *decoder_take_counted(struct decoder *d, unsigned width,
                                          size_t *ret_size);
int decoder_read_size(struct decoder *d, unsigned width, size_t *ret_size);
const char *decoder_text(PyObject *value);
PyObject *decoder_parse_int(struct decoder *d, const char *text, size_t size);
PyObject *decoder_parse_int_str(struct decoder *d, PyObject *text,
                                Py_ssize_t start, Py_ssize_t end);

/* keys.c */
int decoder_check_key(struct decoder *d, struct slot *owner, PyObject *key,
                      Py_hash_t *ret_hash);
int decoder_check_lookup(struct decoder *d, PyObject *value);
int decoder_add_to_set(struct decoder *d, struct slot *owner, PyObject *item);

/* dict_table.c */
int decoder_foresee_copy(struct decoder *d, PyObject *dict);
void decoder_clear_tables(struct decoder *d);

/* globals.c */
const struct global *decoder_global_of(PyObject *value);
PyObject *decoder_wrap_global(const struct global *global);
PyObject *decoder_global_name(PyObject *value);
PyObject *decoder_bad_arguments(struct decoder *d, const struct global *self);
PyObject *decoder_only_text(const struct slot *args);
PyObject *decoder_pend(struct decoder *d, const struct global *self,
                       PyObject *args, struct slot *ret);

/* names.c */
const struct global *decoder_find_global(const char *module, const char *name);
const struct global *decoder_resolve(const char *module, const char *name);
PyObject *decoder_fixed(struct decoder *d, enum fixed_id id);

/* classes.c */
PyObject *decoder_find_class(struct decoder *d, PyObject *module,
                             PyObject *name);
struct allowed *decoder_class_of(PyObject *value);
struct allowed *decoder_class_of_type(struct decoder *d, PyTypeObject *type);
PyObject *decoder_class_name(const struct allowed *allowed);
bool decoder_class_is_enum(const struct allowed *allowed);
bool decoder_class_is_key(const struct allowed *allowed);
void decoder_clear_classes(struct decoder *d);

/* instances.c */
PyObject *decoder_new_instance(struct decoder *d, struct allowed *allowed,
                               const struct slot *args, struct slot *ret);
PyObject *decoder_rebuild_instance(struct decoder *d, struct allowed *allowed,
                                   const char *base, PyObject *value,
                                   struct slot *ret);
PyObject *decoder_enum_member(struct decoder *d, struct allowed *allowed,
                              PyObject *args);

/* state.c */
int decoder_set_state(struct decoder *d, struct allowed *allowed,
                      struct slot *target, const struct slot *state);

/* times.c */
bool decoder_is_time(PyObject *value);

/* Constructors: builtins.c, dill.c, times.c, stdlib.c, numpy_dtype.c,
 * numpy_array.c */
#define MAKE(function)                                                        \
    PyObject *function(struct decoder *d, const struct global *self,          \
                       const struct slot *args, struct slot *ret)
#define BUILD(function)                                                       \
    PyObject *function(struct decoder *d, PyObject *args,                     \
                       const struct slot *state)
MAKE(make_bytes);
MAKE(make_bytearray);
MAKE(make_complex);
MAKE(make_range);
MAKE(make_slice);
MAKE(make_set);
MAKE(make_frozenset);
MAKE(make_reconstructed);
MAKE(make_enum_member);
MAKE(make_dill_type);
MAKE(make_dill_range);
MAKE(make_dill_array);
MAKE(make_dill_named_tuple);
MAKE(make_date);
MAKE(make_time);
MAKE(make_datetime);
MAKE(make_timedelta);
MAKE(make_timezone);
MAKE(make_decimal);
MAKE(make_fraction);
MAKE(make_path);
MAKE(make_deque);
MAKE(make_counter);
MAKE(make_defaultdict);
MAKE(make_ordered_dict);
MAKE(make_uuid);
BUILD(build_uuid);
MAKE(make_numpy_dtype);
BUILD(build_numpy_dtype);
MAKE(make_numpy_array);
BUILD(build_numpy_array);
MAKE(make_numpy_scalar);
MAKE(make_numpy_view);
int numpy_check_shape(struct decoder *d, PyObject *shape,
                      Py_ssize_t *ret_count);

/* numpy_fields.c */
#define NUMPY_FIELDS_MAX 4096
int numpy_check_fields(struct decoder *d, PyObject *dtype);
int numpy_check_data(struct decoder *d, PyObject *dtype, PyObject *source);

/* Takes the reference to `value`, also on failure; NULL is passed on. */
static inline int
decoder_push_slot(struct decoder *d, struct slot slot)
{
    if (slot.value == NULL) {
        return -1;
    }
    if (d->top == d->stack_size && decoder_grow_stack(d) < 0) {
        Py_DECREF(slot.value);
        return -1;
    }
    d->stack[d->top++] = slot;
    return 0;
}

static inline int
decoder_push(struct decoder *d, PyObject *value)
{
    return decoder_push_slot(d, (struct slot){.value = value});
}

/* The same for an object that was made for it and takes so much memory; more
 * than is allowed is noticed at the next tick. */
static inline int
decoder_push_new(struct decoder *d, PyObject *value, size_t bytes)
{
    d->memory += bytes;
    return decoder_push(d, value);
}

/* NULL after a refusal when fewer than `count` bytes are left. */
static inline const unsigned char *
decoder_take(struct decoder *d, size_t count)
{
    const unsigned char *taken = d->pos;

    if ((size_t)(d->limit - taken) < count) {
        (void)decoder_truncated(d);
        return NULL;
    }
    d->pos += count;
    return taken;
}

static inline size_t
decoder_little(const unsigned char *bytes, unsigned width)
{
    size_t value = 0;

    while (width > 0) {
        value = value << 8 | bytes[--width];
    }
    return value;
}

#pragma GCC visibility pop
#endif
