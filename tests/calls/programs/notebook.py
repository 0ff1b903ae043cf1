"""Run by test_by_value: cells as users write them, executed by a kernel."""

import nbformat
from nbclient import NotebookClient

CELLS = (
    "from dataclasses import dataclass\nfrom boxed import Sandbox, run",
    "@dataclass\nclass Point:\n    x: int\n    y: int = 0",
    "def moved(point: Point, by: int) -> Point:\n"
    "    return Point(point.x + by, point.y)",
    "run(moved, (Point(1), 2))",
    "def moved(point: Point, by: int) -> Point:\n"
    "    return Point(point.x - by, point.y)\n"
    "with Sandbox() as sandbox:\n"
    "    moves = list(sandbox.map(moved, [Point(1)], [2]))",
    "assert type(moves[0]) is Point\nmoves[0]",
    "run(lambda: print('from inside'))",
    "try:\n    run(lambda: 1 // 0)\n"
    "except ZeroDivisionError as error:\n    print(type(error).__name__)",
)
notebook = nbformat.v4.new_notebook(
    cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS]
)
NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
for cell in notebook.cells:
    for output in cell.outputs:
        text = output.get("text") or output["data"]["text/plain"]
        print(text.strip())
