"""Run by test_map."""

import operator

from harness import Sandbox, refused

from boxed import RemoteError

for serializer in ("json", "pickle", "cloudpickle", "dill"):
    with Sandbox(serializer=serializer) as sandbox:
        count = 10000 if serializer == "pickle" else 300
        values = sandbox.map(operator.neg, range(count), chunksize=count // 20)
        assert list(values) == [-n for n in range(count)]
        found, rows = [], [1, 2, 0, 4, 5, 6, 7, 8]
        values = sandbox.map(divmod, [8] * 8, rows, chunksize=5)

        def collect(values=values, found=found):
            for value in values:
                found.append(tuple(value))

        error = refused(ZeroDivisionError, collect)
        assert isinstance(error, RemoteError), error
        assert found == [(8, 0), (4, 0)], found
        assert list(values) == []
