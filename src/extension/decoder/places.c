/* Which places of a table are taken, and the walk to a free one, as CPython
 * makes it: for dict_table.c and set_table.c, which charge for each step. */
#include "extension/decoder/tables.h"

/* Steps that each walk may take for nothing.  Keys that differ in their high
 * bits only need up to thirteen. */
#define STEPS_FREE 8

static bool
is_taken(const uint64_t *taken, size_t place)
{
    return taken[place / 64] >> (place % 64) & 1;
}

uint64_t *
decoder_new_places(size_t size)
{
    uint64_t *taken = PyMem_Calloc(size / 64 + 1, sizeof(*taken));

    if (taken == NULL) {
        (void)PyErr_NoMemory();
    }
    return taken;
}

int
decoder_charge_steps(struct decoder *d, size_t steps)
{
    return steps <= STEPS_FREE ? 0
                               : decoder_charge_work(d, steps - STEPS_FREE);
}

/* The place where a key of that hash goes; all but `run` neighbours of each
 * place tried count as a step.  At least a third of the places is free, and
 * after thirteen steps each is tried in turn, so the walk ends. */
int
decoder_walk(struct decoder *d, const uint64_t *taken, size_t mask,
             Py_hash_t hash, size_t run, size_t *ret_place)
{
    size_t perturb = (size_t)hash, start = perturb & mask, steps = 0, place;

    for (;; steps++) {
        size_t last = start + run <= mask ? start + run : start;
        for (place = start; place <= last; place++) {
            if (!is_taken(taken, place)) {
                *ret_place = place;
                return decoder_charge_steps(d, steps);
            }
        }
        perturb >>= PERTURB_SHIFT;
        start = (start * 5 + perturb + 1) & mask;
    }
}
