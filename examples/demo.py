"""The first calls: one function, five serializers, and what is refused."""

from __future__ import annotations

import os
from math import sqrt

from boxed import BoxedError, run

SERIALIZERS = ("auto", "json", "pickle", "cloudpickle", "dill")


def main() -> None:
    for serializer in SERIALIZERS:
        value = run(sqrt, args=(4,), serializer=serializer)
        print(f"run(sqrt, args=(4,), serializer={serializer!r}) -> {value!r}")
    factor = 6
    product = run(lambda x: x * factor, (7,))
    print(f"a closure -> {product!r}")
    print(
        f"os.getuid() -> {run(os.getuid)!r} to the guest, {os.getuid()} to you"
    )
    attempts = (
        (open, ("/etc/shadow",)),
        (os.kill, (1, 9)),
        (os.fork, ()),
    )
    for function, args in attempts:
        try:
            outcome = repr(run(function, args))
        except BoxedError as error:
            outcome = f"{type(error).__name__}: {error}"
        given = ", ".join(map(repr, args))
        print(f"{function.__name__}({given}) -> {outcome}")


if __name__ == "__main__":
    main()
