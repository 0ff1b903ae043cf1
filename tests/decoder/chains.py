"""Keys whose hashes all differ and that walk one chain of a dict's table, and
how a dict and a set of this interpreter place their keys."""

import functools
import sys

import numpy as np

STEP = 5
RUN = 9


def places(hashed, mask):
    """Where a dict looks for a key, one place after the other."""
    perturb = hashed & (2**64 - 1)
    place = perturb & mask
    while True:
        yield place
        perturb >>= STEP
        place = (5 * place + perturb + 1) & mask


def runs(hashed, mask):
    """Where a set does."""
    for start in places(hashed, mask):
        last = start + RUN if start + RUN <= mask else start
        yield from range(start, last + 1)


def put(taken, hashed, walk):
    """Take the first free place for a hash."""
    mask = len(taken) - 1
    place = next(p for p in walk(hashed, mask) if taken[p] is None)
    taken[place] = hashed


class Dict:
    """The table of a dict of whole numbers, or of texts until one comes."""

    def __init__(self):
        self.taken = [None] * 8
        self.order = []

    def usable(self):
        return len(self.taken) * 2 // 3

    def move(self):
        size = 8
        while size < len(self.order) * 3:
            size *= 2
        self.taken = [None] * size
        for hashed in self.order:
            put(self.taken, hashed, places)

    def add(self, hashed):
        if len(self.order) == self.usable():
            self.move()
        put(self.taken, hashed, places)
        self.order.append(hashed)


class Set:
    """The table of a set of whole numbers."""

    def __init__(self):
        self.taken = [None] * 8
        self.used = 0

    def add(self, hashed):
        put(self.taken, hashed, runs)
        self.used += 1
        if self.used * 5 >= (len(self.taken) - 1) * 3:
            self.move()

    def move(self):
        size, wanted = 8, self.used * (2 if self.used > 50000 else 4)
        while size <= wanted:
            size *= 2
        before, self.taken = self.taken, [None] * size
        for hashed in before:
            if hashed is not None:
                put(self.taken, hashed, runs)


BITS = 16
SIZE = 1 << BITS
PREFIX = SIZE * 62 // 100
ATTACKERS = SIZE * 2 // 3 - PREFIX - 50


@functools.lru_cache(1)
def cycle():
    """The places in the order in which a walk ends by trying them."""
    order, place = [], 0
    for _ in range(SIZE):
        order.append(place)
        place = (5 * place + 1) & (SIZE - 1)
    return np.array(order)


@functools.lru_cache(1)
def chain():
    """(keys that are their own places, keys that walk along them)."""
    mask, order = SIZE - 1, cycle()
    rank = np.empty(SIZE, np.int64)
    rank[order] = np.arange(SIZE)
    taken = np.zeros(SIZE, bool)
    taken[order[:PREFIX]] = True
    random, found = np.random.default_rng(1), []
    while sum(map(len, found)) < ATTACKERS:
        hashes = random.integers(1, 1 << 60, 1 << 18)
        at, perturb = hashes & mask, hashes.copy()
        for _ in range(13):
            good = taken[at]
            hashes, at, perturb = hashes[good], at[good], perturb[good]
            perturb >>= STEP
            at = (5 * at + perturb + 1) & mask
        # It still has half of the chain before it.
        found.append(hashes[taken[at] & (rank[at] < PREFIX // 2)])
    attackers = np.unique(np.concatenate(found))
    random.shuffle(attackers)
    return order[:PREFIX].tolist(), attackers[:ATTACKERS].tolist()


# Of tuples, from Python 3.8 on: xxHash, and no secret.
WORD = 2**64
ONE, TWO, FIVE = (
    11400714785074694791,
    14029467366897019727,
    2870177450012600261,
)
BACK = pow(ONE, -1, WORD), pow(TWO, -1, WORD)


def tuple_of_hash(hashed):
    """A pair of numbers with that hash."""
    mixed = (hashed - (2 ^ (FIVE ^ 3527539))) * BACK[0] % WORD
    wanted = (mixed >> 31 | mixed << 33) % WORD
    first = 0
    while True:
        turned = (FIVE + first * TWO) % WORD
        turned = (turned << 31 | turned >> 33) % WORD * ONE % WORD
        second = (wanted - turned) * BACK[1] % WORD
        second -= WORD if second >> 63 else 0
        # Not every number has itself for a hash.
        if second != -1 and abs(second) < sys.hash_info.modulus:
            return first, second
        first += 1
