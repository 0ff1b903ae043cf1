"""The main job in one file, for an interpreter that has no pytest.

Run by test_versions.py with each CPython of the machine.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from math import sqrt
from pathlib import Path

import boxed
from boxed import run


def double(x):
    return 2 * x


def refused(kind, function, *args, **options):
    try:
        value = run(function, args, **options)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}, but {value!r}")


def many_calls() -> None:
    """A Sandbox; rows before one that raises, in a chunk and in a feed."""

    def feed():
        yield from "12"
        raise LookupError

    with boxed.Sandbox(preload=["colorsys"], timeout=30) as sandbox:
        assert sandbox.run(eval, ("'colorsys' in __import__('sys').modules",))
        assert list(sandbox.map(pow, range(9), [2] * 9, chunksize=4)) == [
            n * n for n in range(9)
        ]
        for rows, kind in (
            (["1", "2", "x"], ValueError),
            (feed(), LookupError),
        ):
            found = []
            try:
                found.extend(sandbox.map(int, rows, chunksize=5))
            except kind:
                assert found == [1, 2], found
            else:
                raise AssertionError(f"no {kind.__name__}")


def the_library_comes_first() -> None:
    """What the sandbox itself imports is not the caller's, whose path may
    begin with anything."""
    for serializer in ("json", "pickle"):
        # The caller's own imports are the caller's.
        assert run(sqrt, (4,), serializer=serializer) == 2.0
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o755)
    for name in ("copyreg", "functools", "genericpath", "json", "stat"):
        folder.joinpath(f"{name}.py").write_text("raise RuntimeError")
    sys.path.insert(0, str(folder))
    for serializer in ("json", "pickle"):
        for _ in range(3):
            found = run(os.path.isdir, ("/",), serializer=serializer)
            assert found is True
    del sys.path[0]
    shutil.rmtree(folder)
    look = "__import__('os').environ['A']"
    for _ in range(2):
        assert run(eval, (look,), env={"A": "b"}) == "b"


def main() -> None:
    the_library_comes_first()
    for serializer in ("json", "pickle", "cloudpickle", "dill"):
        assert run(sqrt, (4,), serializer=serializer) == 2.0, serializer
        assert run(double, ([1],), serializer=serializer) == [1, 1]
    k = 3
    assert run(lambda x: x * k, (2,), serializer="cloudpickle") == 6
    values = {1: (2.5, "h\u00e9"), "s": {1}, "f": frozenset([b"x"]), None: 1j}
    for result in (values, [values], bytearray(3), 2**100, True):
        assert run(dict.get, ({0: result}, 0)) == result
    error = refused(ValueError, int, "x")
    assert isinstance(error, boxed.RemoteError) and "int()" in error.message
    assert "invalid literal" in error.traceback
    assert refused(boxed.WorkerDied, os._exit, 3).exitcode == 3
    refused(boxed.CallTimeout, time.sleep, 60, timeout=0.3)
    refused(
        boxed.UnsafeResultError,
        eval,
        "__import__('ipaddress').IPv4Address('1.2.3.4')",
    )
    refused(OSError, open, "/etc/shadow")
    assert run(os.getuid) == 65534
    assert len(run(bytes, (10 << 20,))) == 10 << 20
    data = b"x" * (10 << 20)
    assert run(len, (data,)) == len(data)
    many_calls()
    print("smoke passed", sys.version_info[:3])


if __name__ == "__main__":
    main()
