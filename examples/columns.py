"""Formulas of strangers over many rows: one sandbox, results as they come.

A formula that fails is reported, and the others go on; one that never ends
is stopped.
"""

from __future__ import annotations

from boxed import BoxedError, Sandbox

FORMULAS = {
    "mean": "sum(row) / len(row)",
    "spread": "max(row) - min(row)",
    "norm": "float(numpy.linalg.norm(row))",
    "typo": "sum(rows)",
    "spy": "open('/etc/shadow').read()",
    "endless": "[n for n in iter(int, 1)]",
}
ROWS = [[n, n * n, n**3] for n in range(2000)]


def evaluate(formula: str, row: list[float]) -> float:
    """Runs in the sandbox only, so the formula may be anything."""
    import numpy

    return eval(formula, {"numpy": numpy, "row": row})


def main() -> None:
    with Sandbox(preload=["numpy"], timeout=2) as sandbox:
        for name, formula in FORMULAS.items():
            column = [formula] * len(ROWS)
            results = sandbox.map(evaluate, column, ROWS, chunksize=500)
            try:
                print(f"{name}: {sum(results):.6g}")
            except BoxedError as error:
                print(f"{name}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
