"""The classes that a return annotation lets into a result."""

from __future__ import annotations

import collections
import datetime
import functools
import pathlib
import typing
from dataclasses import dataclass
from typing import Any, Generic, Literal, NewType, Optional, TypeVar, Union

import pytest

from boxed import Sandbox, UnsafeResultError, run
from boxed._calls.returned import returned_classes

T = TypeVar("T")


@dataclass
class Point:
    x: int


@dataclass
class Line:
    ends: list[Point]


class Held(Generic[T]):
    def __init__(self, value: Any) -> None:
        self.value = value


Named = NewType("Named", Point)


def annotated(annotation: Any) -> Any:
    def function() -> Any:
        return Point(1)

    function.__annotations__["return"] = annotation
    return function


@pytest.mark.parametrize(
    ("annotation", "classes"),
    [
        (Point, {Point}),
        ("Point", {Point}),
        (list[Point], {Point}),
        ("list[Point]", {Point}),
        (list["Point"], {Point}),
        (Optional[Point], {Point}),
        (Union[int, "Point", Line], {Point, Line}),
        ("dict[str, tuple[Point, ...]] | None", {Point}),
        (Held[Point], {Held, Point}),
        (Named, {Point}),
        (typing.Annotated[Point, Line], {Point}),
        (Literal["Line"], set()),
        ("Literal['Line', 'Point']", set()),
        (Any, set()),
        (T, set()),
        (None, set()),
        (object, set()),
        (int, set()),
        (pathlib.Path, set()),
        (datetime.datetime, set()),
        (collections.OrderedDict, set()),
        ("no_such_name", set()),
        ("1 // 0", set()),
        (3, set()),
    ],
)
def test_returned_classes(annotation, classes):
    """Those it names, and none of the standard library's, some of which a
    result may not hold whatever it is."""
    assert set(returned_classes(annotated(annotation))) == classes


def test_of_what_is_called():
    """Functions, methods, partials, objects, and what has no annotation."""

    class Own:
        def method(self) -> Point:
            return Point(1)

        @staticmethod
        def of_none() -> Point:
            return Point(1)

        __call__ = method

    def local() -> Own:
        return Own()

    class Odd:
        __annotations__ = property(lambda self: 1 // 0)

        def __call__(self):
            return None

    one = Own()
    for function in (one, one.method, Own.of_none, Own.method):
        assert returned_classes(function) == (Point,)
    assert returned_classes(functools.partial(Own.method, one)) == (Point,)
    assert returned_classes(functools.partial(one)) == (Point,)
    assert returned_classes(Own) == ()
    assert returned_classes(abs) == ()
    assert returned_classes(lambda: 1) == ()
    assert returned_classes(Odd()) == ()
    # A text is evaluated where the function was defined.
    assert returned_classes(local) in ((Own,), ())


def point() -> Point:
    return Point(1)


def point_of(x) -> Point | None:
    return Point(x)


def line() -> Line:
    return Line([Point(1)])


def any_point():
    return Point(1)


def forged() -> Point:
    return Line([])


def test_a_result_of_the_class():
    """What is annotated comes back; and from map()."""
    assert run(point) == Point(1)
    with Sandbox() as sandbox:
        assert sandbox.run(point) == Point(1)
        assert sandbox.call(point).value == Point(1)
        assert list(sandbox.map(point_of, [1, 2])) == [Point(1), Point(2)]


def test_nothing_else_does():
    """Neither without an annotation, nor of another class, nor what the class
    holds; nor with the strict serializers."""
    for function in (any_point, forged, line):
        with pytest.raises(UnsafeResultError):
            run(function)
    assert run(line, allow=[Point]) == Line([Point(1)])
    for serializer in ("pickle", "cloudpickle", "dill"):
        with pytest.raises(UnsafeResultError):
            run(point, serializer=serializer)


def test_one_function_allows_nothing_for_another():
    """Of the same Sandbox."""
    with Sandbox() as sandbox:
        assert sandbox.run(point) == Point(1)
        with pytest.raises(UnsafeResultError):
            sandbox.run(any_point)
