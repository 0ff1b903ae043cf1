"""A program whose calls are stamped; run by stages.py.

    python -S staged.py PACKAGES TIER ROUNDS

Prints JSON: the stamps of the first call and of ROUNDS later ones, each a
list of [who, name, start, end] in nanoseconds.
"""

import json
import sys
import time

clock = time.monotonic_ns
# What a guest runs to read the number of its call, and the stamps.
READ = """[
    (lambda library, types: (
        types.c_uint64.in_dll(library, 'own_call').value,
        types.string_at(
            types.c_void_p.in_dll(library, 'stages').value, SIZE)))(
        __import__('ctypes').CDLL(PATH), __import__('ctypes'))
][0]"""
PARTS, MAX_STAMPS, STAMP = 5, 80, 48
HEADER = 8 + 8 * PARTS
SIZE = HEADER + PARTS * MAX_STAMPS * STAMP


class Caller:
    """Stamps around the caller's steps, by replacing what it calls."""

    def __init__(self):
        self.stamps = []

    def timed(self, name, function):
        def stamped(*args, **kwargs):
            start = clock()
            try:
                return function(*args, **kwargs)
            finally:
                self.stamps.append(["caller", name, start, clock()])

        return stamped

    def replace(self, owner, name, shown):
        setattr(owner, name, self.timed(shown, getattr(owner, name)))


class StampedCall:
    """In place of _boxed.Call, which cannot be subclassed."""

    def __init__(self, caller, live):
        self._live = live
        for name in ("wait", "close"):
            shown = {"wait": "wait for the answer", "close": "close the call"}
            method = caller.timed(shown[name], getattr(live, name))
            setattr(self, name, method)

    def __getattr__(self, name):
        return getattr(self._live, name)


def stamp_caller(caller):
    from boxed import (
        _boxed,
        _run,
    )
    from boxed._calls import call as calls
    from boxed._live import prefork
    from boxed._live.box import Box
    from boxed._live.prefork import Standbys
    from boxed._policy import (
        import_places,
        mounts,
    )

    caller.replace(_run, "encode", "encode the request")
    caller.replace(calls, "decode", "decode the answer")
    caller.replace(import_places, "current", "look at sys.path")
    caller.replace(mounts, "entries", "what the guest sees")
    caller.replace(_boxed, "Box", "spawn the launcher")
    caller.replace(_boxed, "receive", "wait for ready")
    opening = caller.timed("open the call", Box.open_call)
    Box.open_call = lambda *args: StampedCall(caller, opening(*args))
    # One is enough: the stamps of a few calls are kept.
    prefork.MOST = 1
    taking = caller.timed("take a standby", Standbys.take)

    def take(self):
        live = taking(self)
        return live and StampedCall(caller, live)

    Standbys.take = take
    caller.replace(Standbys, "prepare", "sockets for the next standby")
    caller.replace(Standbys, "open", "have the next standby forked")
    return calls


def parse(own, raw):
    """The stamps of a zygote's start, and of the call before OWN."""
    words = memoryview(raw)[:HEADER].cast("Q")
    parts = []
    for part in (0, 1 + (own - 1) % (PARTS - 1)):
        stamps = []
        for index in range(words[1 + part]):
            at = HEADER + (part * MAX_STAMPS + index) * STAMP
            name = raw[at : at + 32].partition(b"\0")[0].decode()
            start, end = memoryview(raw)[at + 32 : at + 48].cast("Q")
            stamps.append(["zygote" if part == 0 else "worker", name, start])
            stamps[-1].append(end)
        parts.append(stamps)
    return parts


def launcher_stamps(box):
    for line in box.log_text().splitlines():
        name, start, end = line.split()
        yield ["launcher", name, int(start), int(end)]


def main():
    packages, tier, rounds = sys.argv[1:]
    sys.path[0] = packages
    caller = Caller()
    begin = clock()
    caller.timed("import boxed", __import__)("boxed")
    from boxed import run

    def rest():
        # What the first call imports, before it spawns anything.
        import _pickle  # noqa: F401

        from boxed._calls import call as calls  # noqa: F401
        from boxed._policy import policy, target_user  # noqa: F401

    caller.timed("imports of the first call", rest)()
    stamp_caller(caller)
    from boxed import _boxed
    from boxed._live import registry

    read = READ.replace("PATH", repr(_boxed.__file__))
    read = read.replace("SIZE", str(SIZE))

    def call():
        start = clock()
        ran = run(clock, isolation=tier)
        end = clock()
        own = [["caller", "whole call", start, end]]
        own += [["worker", "the function runs", ran, ran]]
        own += caller.stamps
        caller.stamps = []
        # Long enough for the next standby to be ready.
        time.sleep(0.05)
        started, worked = parse(*run(eval, (read,), isolation=tier))
        time.sleep(0.05)
        caller.stamps = []
        return started, own + worked

    started, first = call()
    (slot,) = registry.shared.slots.values()
    first += started + list(launcher_stamps(slot.box))
    first.append(["caller", "begin", begin, begin])
    later = [call()[1] for _ in range(int(rounds))]
    print(json.dumps({"first": first, "later": later}))


if __name__ == "__main__":
    main()
