/* Foreseeing what an insertion into a dict or a set will cost.
 *
 * Hashes of numbers and of tuples are not keyed by a secret, so a guest can
 * choose keys whose hashes all differ and that still meet each other: each
 * walks the same long chain of taken places.  One insertion is then as long as
 * the table, and a move into a larger table, which the interpreter makes in
 * one go, as its square.
 *
 * So a walk is made here first, over bits that say which places are taken, and
 * charged; what costs too much is refused before the interpreter begins.  All
 * moves of many keys are foreseen.  Single insertions are from the moment on
 * when keys take longer than they should: the clock says when to look, and
 * never what is refused.
 *
 * The order in which places are tried and the moments of growth are those of
 * CPython 3.9 to 3.14; test_decoder_tables.py compares both with the
 * interpreter that it runs on. */
#ifndef BOXED_DECODER_TABLES_H
#define BOXED_DECODER_TABLES_H

#include "extension/decoder/parts.h"

/* The fuzzer has lower ones, since its streams are short. */
#ifndef TABLE_SMALL
/* Up to so many keys, the worst chains cost less than the keys themselves. */
#define TABLE_SMALL 64
/* Up to so many, a move of the worst chains takes some ten milliseconds, and
 * is the first thing to be noticed by the clock. */
#define MOVE_SMALL 4096
/* What keys may take before each is looked at, in nanoseconds: a few times
 * what most take, and something for what else the machine does. */
#define KEY_TIMER_BASE 2000000
#define KEY_TIMER_KEY  500
#endif
#define SIZE_MIN      8
#define PERTURB_SHIFT 5

#pragma GCC visibility push(hidden)

/* key_timer.c */
#define KEY_TIMER_EACH 32
void decoder_start_key_timer(struct decoder *d, size_t size);
int decoder_check_key_timer(struct decoder *d);

static inline int
decoder_count_key(struct decoder *d)
{
    return ++d->timer_keys < KEY_TIMER_EACH ? 0 : decoder_check_key_timer(d);
}

/* places.c: which places of a table are taken, a bit for each.  `run`: of how
 * many neighbours each place is looked at before the walk jumps on. */
uint64_t *decoder_new_places(size_t size);
int decoder_charge_steps(struct decoder *d, size_t steps);
int decoder_walk(struct decoder *d, const uint64_t *taken, size_t mask,
                 Py_hash_t hash, size_t run, size_t *ret_place);

static inline void
decoder_take_place(uint64_t *taken, size_t place)
{
    taken[place / 64] |= UINT64_C(1) << (place % 64);
}

/* Finds a place and takes it. */
static inline int
decoder_put(struct decoder *d, uint64_t *taken, size_t mask, Py_hash_t hash,
            size_t run)
{
    size_t place = (size_t)hash & mask;

    if (taken[place / 64] >> (place % 64) & 1 &&
        decoder_walk(d, taken, mask, hash, run, &place) < 0) {
        return -1;
    }
    decoder_take_place(taken, place);
    return 0;
}

/* dict_table.c; a hash of -1 is not known yet */
int decoder_foresee_dict(struct decoder *d, const struct slot *target,
                         PyObject *key, Py_hash_t hash);
void decoder_inserted(struct decoder *d, const struct slot *target,
                      Py_ssize_t before);

/* How large the table of a dict of so many keys is, which were only added. One
 * that held texts alone at first may have a larger one, and then grows later;
 * but not at another number of keys. */
static inline size_t
decoder_table_size(size_t count)
{
    return (size_t)1 << (64 - __builtin_clzll(count | 7));
}

static inline bool
decoder_foresees_dict(const struct decoder *d, const struct slot *target)
{
    size_t count = (size_t)PyDict_GET_SIZE(target->value);

    return target->flags & SLOT_KEY_CHOSEN &&
           (d->wary || (count >= MOVE_SMALL &&
                        count == decoder_table_size(count) * 2 / 3));
}

/* set_table.c */
int decoder_foresee_set(struct decoder *d, PyObject *set, PyObject *key,
                        Py_hash_t hash);

/* Whether it is moved when one more key has been added. */
static inline bool
decoder_set_grows(PyObject *set)
{
    const PySetObject *table = (const PySetObject *)set;

    return (table->fill + 1) * 5 >= table->mask * 3;
}

static inline bool
decoder_foresees_set(const struct decoder *d, const struct slot *target)
{
    return target->flags & SLOT_KEY_CHOSEN &&
           (d->wary || (PySet_GET_SIZE(target->value) >= MOVE_SMALL &&
                        decoder_set_grows(target->value)));
}

#pragma GCC visibility pop
#endif
