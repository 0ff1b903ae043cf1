"""Run by test_buffers."""

import numpy as np


def give(kind, size):
    if kind == "bytes":
        return b"ab" * (size // 2)
    if kind == "bytearray":
        return bytearray(b"ab" * (size // 2))
    if kind == "text":
        return "ab" * (size // 2)
    if kind == "C":
        return np.arange(size, dtype="u1").reshape(-1, 64)
    if kind == "F":
        return np.arange(size // 8).reshape(64, -1).T
    if kind == "strided":
        return np.arange(size // 2)[::4]
    if kind == "structured":
        return np.ones(size // 16, [("a", "<i8"), ("b", ">f8")])
    small = {"small": [1, "two", np.arange(3), b"x" * 70000]}
    large = [np.full(size + n, n, "u1") for n in range(5)]
    return [small, b"y" * size, large, bytearray(size), large[0]]


def same(one, two):
    assert type(one) is type(two)
    if isinstance(one, dict):
        return same([*one.items()], [*two.items()])
    if isinstance(one, (list, tuple)):
        return all(map(same, one, two)) and len(one) == len(two)
    if isinstance(one, np.ndarray):
        assert one.dtype == two.dtype and one.flags.writeable
        assert one.flags.f_contiguous >= two.flags.f_contiguous
        return np.array_equal(one, two)
    return one == two


if __name__ == "__main__":
    from harness import run
    from stores import descriptors, mapped

    from boxed._wire.payload import LARGE

    def check(kind, size, serializer="pickle"):
        value = run(give, (kind, size), serializer=serializer)
        assert same(value, give(kind, size)), (kind, size)
        value = run(len, (give(kind, size),), serializer=serializer)
        assert value == len(give(kind, size)), (kind, size)

    for kind in (
        "bytes",
        "bytearray",
        "text",
        "C",
        "F",
        "strided",
        "structured",
        "many",
    ):
        for size in (LARGE - 512, LARGE, LARGE + 512):
            check(kind, size)
    serializers = ("pickle", "cloudpickle", "dill", "json")
    for serializer in serializers:
        check("text", 64, serializer)
    before = descriptors()
    for serializer in serializers:
        check("text", 3 * LARGE, serializer)
    for serializer in ("cloudpickle", "dill"):
        check("many", LARGE, serializer)
        check("F", LARGE, serializer)
    assert not mapped() and descriptors() == before
