"""Classes of the script itself, one with annotations that are text."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, NamedTuple

from boxed import run


class Colour(Enum):
    RED = 1


class Size(NamedTuple):
    width: int


@dataclass
class Paper:
    kinds: ClassVar[int] = 0
    size: Size
    colours: list[Colour] = field(default_factory=list)


def paint(paper: Paper) -> Paper:
    return Paper(Size(paper.size.width + 1), [*paper.colours, Colour.RED])


if __name__ == "__main__":
    painted = run(paint, (Paper(Size(3)),), allow=[Paper, Size, Colour])
    print(painted.size.width, painted.colours[0].name)
