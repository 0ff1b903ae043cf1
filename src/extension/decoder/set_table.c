/* Foresees insertions into sets; tables.h says why.  The table of a set can be
 * read, so unlike a dict's it is not kept a second time. */
#include "extension/decoder/tables.h"

/* Neighbours that a set tries before it jumps on. */
#define SET_RUN 9

/* As decoder_walk(), over the table of a set itself. */
static int
walk_set(struct decoder *d, const PySetObject *set, Py_hash_t hash,
         size_t *ret_place)
{
    size_t mask = (size_t)set->mask, perturb = (size_t)hash;
    size_t start = perturb & mask, steps = 0, place;

    for (;; steps++) {
        size_t last = start + SET_RUN <= mask ? start + SET_RUN : start;
        for (place = start; place <= last; place++) {
            if (set->table[place].key == NULL) {
                *ret_place = place;
                return decoder_charge_steps(d, steps);
            }
        }
        perturb >>= PERTURB_SHIFT;
        start = (start * 5 + perturb + 1) & mask;
    }
}

/* A set moves its keys in the order of their places; the new one is at
 * `place` by then. */
static int
foresee_move(struct decoder *d, const PySetObject *set, Py_hash_t hash,
             size_t place)
{
    size_t used = (size_t)set->used + 1, size = SIZE_MIN, i;
    uint64_t *taken;
    int failed = 0;

    while (size <= (used > 50000 ? used * 2 : used * 4)) {
        size *= 2;
    }
    taken = decoder_new_places(size);
    if (taken == NULL) {
        return -1;
    }
    for (i = 0; failed == 0 && i <= (size_t)set->mask; i++) {
        if (i != place && set->table[i].key == NULL) {
            continue;
        }
        failed = decoder_put(d, taken, size - 1,
                             i == place ? hash : set->table[i].hash, SET_RUN);
    }
    PyMem_Free(taken);
    return failed;
}

/* For a set that grows, or of which each key is looked at. */
int
decoder_foresee_set(struct decoder *d, PyObject *set, PyObject *key,
                    Py_hash_t hash)
{
    const PySetObject *table = (const PySetObject *)set;
    size_t place;
    int known;

    if (table->used < TABLE_SMALL) {
        return 0;
    }
    if (hash == -1 && (hash = PyObject_Hash(key)) == -1) {
        return -1;
    }
    if (walk_set(d, table, hash, &place) < 0) {
        return -1;
    }
    if (!decoder_set_grows(set)) {
        return 0;
    }
    known = PySet_Contains(set, key);
    return known != 0 ? (known < 0 ? -1 : 0)
                      : foresee_move(d, table, hash, place);
}
