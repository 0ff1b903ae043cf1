"""What a script has to call, as it is written; it is not run again inside."""

from __future__ import annotations

import asyncio
import functools
import math
from dataclasses import dataclass
from enum import Enum

import grading

from boxed import Sandbox, run

runs = []
runs.append(len(runs))


class Kind(Enum):
    ROUND = "round"


@dataclass
class Shape:
    kind: Kind
    size: float

    def grown(self, by: float) -> Shape:
        return Shape(self.kind, self.size * by)

    @classmethod
    def unit(cls) -> Shape:
        return cls(Kind.ROUND, 1.0)

    def __call__(self, factor):
        return self.size * factor


class Pen:
    class Ink:
        colour = "blue"

    def __init__(self):
        self.ink = Pen.Ink()


def doubled(function):
    @functools.wraps(function)
    def inner(*args):
        return 2 * function(*args)

    return inner


@doubled
def root(x):
    return math.sqrt(x)


def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


def found() -> dict[str, list[Shape]] | None:
    return {"round": [Shape(Kind.ROUND, 2.0)]}


def ink() -> Pen.Ink:
    return Pen().ink


async def later(x):
    await asyncio.sleep(0)
    return x


async def ticks(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


def squares(n):
    for i in range(n):
        yield i * i


def exposed():
    """A module of the script's own, by a global."""
    return grading.marks("ab")


shape = Shape(Kind.ROUND, 2.0)
here = [
    run(lambda x: x + 1, (1,)),
    run(shape.grown, (2,), allow=[Kind]).size,
    run(Shape.unit, allow=[Kind]).kind is Kind.ROUND,
    run(shape, (3,)),
    run(functools.partial(pow, 2), (5,)),
    run(functools.partial(factorial, 4)),
    run(root, (9,)),
    run(found, allow=[Kind])["round"][0] == shape,
    type(run(ink)) is Pen.Ink,
    run(later, (7,)),
    run(ticks, (3,)),
    run(squares, (4,)),
    run(exposed),
]
with Sandbox() as sandbox:
    here.append(list(sandbox.map(shape, range(3))))
    here.append(list(sandbox.map(squares, (1, 2), chunksize=2)))
    here.append(list(sandbox.map(later, "ab", chunksize=2)))
assert runs == [0]
print(*here)
