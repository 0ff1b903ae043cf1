"""Rows of strangers through a function that nobody has read: each row by
itself, in an executor's place.

    python pipeline.py

A row that kills its process, never ends or takes all memory fails alone; the
others do not notice.
"""

from __future__ import annotations

import json
from concurrent.futures import as_completed

from boxed import Limits, RemoteError, SandboxExecutor

ROWS = [
    *({"name": f"row {n}", "values": [n, n + 1, n + 2]} for n in range(30)),
    {"name": "text", "values": ["a", "b"]},
    {"name": "nothing", "values": []},
    {"name": "exit", "values": "__import__('os')._exit(0)"},
    {"name": "signal", "values": "__import__('os').kill(0, 9)"},
    {"name": "endless", "values": "iter(int, 1)"},
    {"name": "memory", "values": "bytearray(1 << 40)"},
    {"name": "nested", "values": "[" * 500},
]


def mean(row: str) -> float:
    """Runs in the sandbox: parses what it should not trust, and worse."""
    import json

    values = json.loads(row)["values"]
    if isinstance(values, str):
        values = eval(values)
    return sum(values) / len(values)


def main() -> None:
    good, bad = {}, {}
    limits = Limits(memory="128M", output="10K")
    with SandboxExecutor(timeout=1, limits=limits, imports=["json"]) as pool:
        futures = {pool.submit(mean, json.dumps(row)): row for row in ROWS}
        for future in as_completed(futures):
            name = str(futures[future]["name"])
            error = future.exception()
            if error is None:
                good[name] = future.result()
            elif isinstance(error, RemoteError):
                bad[name] = error.type_name
            else:
                bad[name] = type(error).__name__
    print(f"{len(good)} rows, mean of means {sum(good.values()) / len(good)}")
    for name in sorted(bad):
        print(f"{name:8} {bad[name]}")


if __name__ == "__main__":
    main()
