"""The readers of results against the standard ones, side by side in one run.

For each kind of result the median time of both: ours, and pickle.loads' or
json.loads'.  Rounds alternate between the two, and which goes first, so that a
slow moment of the machine hits both.  Processor time is taken: neither waits
for anything.
"""

import dataclasses
import functools
import itertools
import json
import pickle
import statistics
import time

from boxed import _boxed
from boxed._answers.value import Reading, decode


@dataclasses.dataclass
class Point:
    x: int
    y: float
    name: str


@dataclasses.dataclass
class Slotted:
    __slots__ = ("x", "y")
    x: int
    y: float


def records(count):
    return [
        {
            "id": i,
            "name": f"user {i}",
            "score": i / 7,
            "tags": ["red", "green", str(i)],
            "address": {"city": "Lisbon", "zip": [i, i + 1], "ok": True},
        }
        for i in range(count)
    ]


def results():
    """Name and value of each kind of result."""
    yield "small dict", {"status": "ok", "values": [1, 2.5, None]}
    yield "10^6 ints", list(range(10**6))
    yield "10^6 floats", [i / 3 for i in range(10**6)]
    yield "10^5 strings", [f"line {i} of a text" for i in range(10**5)]
    yield "5*10^4 nested dicts", records(50_000)
    yield "10^5 int keys", {i * 7919: i for i in range(10**5)}
    yield "10^5 tuple keys", {(i, i % 7): i for i in range(10**5)}
    yield "set of 10^5 ints", set(range(10**5))
    yield "10^5 dataclasses", [Point(i, i / 2, "p") for i in range(10**5)]
    yield "10^5 with slots", [Slotted(i, i / 2) for i in range(10**5)]
    yield "100 MB bytes", b"x" * 100_000_000


def json_results():
    yield "json: small dict", {"status": "ok", "values": [1, 2.5, None]}
    yield "json: 10^6 ints", list(range(10**6))
    yield "json: 10^5 floats", [i / 3 for i in range(10**5)]
    yield "json: 10^5 exponents", [i / 3e9 for i in range(10**5)]
    yield "json: 10^5 strings", [f"line {i} of a text" for i in range(10**5)]
    yield "json: 5*10^4 dicts", records(50_000)


def timed(function, repeat):
    start = time.process_time()
    for _ in range(repeat):
        value = function()
    elapsed = time.process_time() - start
    del value
    return elapsed


def readers(name, value):
    """Ours and theirs for one result, both of no argument, and its length."""
    if name.startswith("json"):
        data = json.dumps(value).encode()
        reading = Reading()
        ours = functools.partial(decode, "json", data, reading)
        return ours, functools.partial(json.loads, data), len(data)
    data = pickle.dumps(value, 5)
    allow = {f"{c.__module__}:{c.__qualname__}": c for c in (Point, Slotted)}
    ours = functools.partial(_boxed.decode, data, allow=allow)
    return ours, functools.partial(pickle.loads, data), len(data)


def compare(ours, theirs, size, rounds):
    repeat = 1000 if size < 1000 else 1
    times = {ours: [], theirs: []}
    for i in range(rounds):
        for function in (ours, theirs) if i % 2 else (theirs, ours):
            times[function].append(timed(function, repeat) / repeat)
    return [statistics.median(times[f]) for f in (ours, theirs)]


def measure(rounds=15):
    """Nanoseconds of ours and theirs by kind of result."""
    found = {}
    for name, value in itertools.chain(results(), json_results()):
        ours, theirs = compare(*readers(name, value), rounds)
        found[name] = {"ours_ns": ours * 1e9, "theirs_ns": theirs * 1e9}
    return found
