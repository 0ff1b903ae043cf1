"""The layout of the package: what the modules of each room may import, as
docs/design.rst has it.  What is imported for types alone is not loaded, and
does not count.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from environments import CHECKOUT

pytestmark = pytest.mark.fast

PACKAGE = CHECKOUT / "boxed"
# What an ordinary call never needs, and so nobody imports; but what root has
# set up is read for a call too.
COMMANDS = {"_bench", "_cli", "_doctor", "_install"}
SET_UP = "_install.configuration"
FACE = {
    "_decorator",
    "_errors",
    "_executor",
    "_limits",
    "_options",
    "_outcome",
    "_run",
    "_sandbox",
    "_source",
    "_version",
    "asyncio",
}
CALLER = {"_answers", "_boxed", "_calls", "_live", "_policy", "_wire", *FACE}
# Room: what its modules may import of the package, besides each other.
ROOMS: dict[str, set[str]] = {
    "": CALLER,
    "_wire": {"_boxed"},
    "_guest": {"_boxed", "_wire"},
    "_policy": {"_boxed", "_errors", "_limits", SET_UP},
    "_answers": {"_boxed", "_errors", "_policy", "_wire"},
    "_live": CALLER - FACE | {"_errors", SET_UP},
    "_calls": CALLER - FACE | {"_errors", "_outcome"},
    "_install": {"_boxed", "_policy"},
    "_doctor": {*CALLER, "_guest", SET_UP},
    "_bench": CALLER,
    "integrations": CALLER,
    "_cli": {*CALLER, *COMMANDS, "_guest"},
}
# Of these rooms everything else must be of the standard library; serializers
# are what the caller asks for.
INSIDE = ("_wire", "_guest")
SERIALIZERS = {"cloudpickle", "dill"}


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Those of a module that are carried out, be it late."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        types = isinstance(node, ast.If) and isinstance(node.test, ast.Name)
        if not types or node.test.id != "TYPE_CHECKING":
            yield from imports(node)


def imported(path: Path, package: Path) -> Iterator[str]:
    """Dotted names of what a module imports; those of the package begin with
    a dot."""
    above = path.relative_to(package).parent.parts
    for node in imports(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            start = above[: len(above) + 1 - node.level]
            parts = ["boxed", *start] if node.level else []
            parts += [node.module] if node.module else []
            names = [".".join([*parts, alias.name]) for alias in node.names]
        for name in names:
            top, _, rest = name.partition(".")
            yield f".{rest}" if top == "boxed" else name


def is_allowed(name: str, room: str) -> bool:
    if name[:1] != ".":
        known = getattr(sys, "stdlib_module_names", None)
        is_known = known is None or name.partition(".")[0] in known
        return room not in INSIDE or is_known or name in SERIALIZERS
    allowed = ROOMS[room] | ({room} if room else set())
    return any(f"{name}.".startswith(f".{one}.") for one in allowed)


def wrong(package: Path) -> Iterator[str]:
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        room = inside.parts[0] if len(inside.parts) > 1 else ""
        for name in imported(path, package):
            if not is_allowed(name, room):
                yield f"{inside}: {name}"


def test_no_room_imports_what_it_may_not():
    assert not list(wrong(PACKAGE))


def test_every_room_has_its_rule():
    found = {path.parent for path in PACKAGE.rglob("*.py")}
    assert {path.name for path in found if path.parent == PACKAGE} == {
        *ROOMS
    } - {""}


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("_answers/value.py", "from .._live import box"),
        ("_answers/value.py", "from .. import _live"),
        ("_answers/value.py", "import boxed._live.box"),
        (
            "_policy/tiers.py",
            "def late():\n    from .._calls.call import call",
        ),
        ("_policy/tiers.py", "from .._install.plan import install"),
        ("_guest/worker.py", "from boxed._answers.value import decode"),
        ("_guest/worker.py", "from boxed import run"),
        ("_wire/payload.py", "from boxed._policy import tiers"),
        ("_doctor/attack/sides.py", "from ..._bench import short"),
        ("_run.py", "try:\n    from ._cli import run\nfinally:\n    pass"),
    ],
)
def test_a_forbidden_import_is_seen(tmp_path, file, line):
    """The control."""
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("TYPE_CHECKING = False\n")
    assert not list(wrong(tmp_path))
    path.write_text(f"{line}\n")
    assert len(list(wrong(tmp_path))) == 1
    path.write_text("if TYPE_CHECKING:\n    import boxed._live.box\n")
    assert not list(wrong(tmp_path))


@pytest.mark.skipif(sys.version_info < (3, 10), reason="no list of modules")
def test_a_foreign_module_inside_is_seen(tmp_path):
    (tmp_path / "_guest").mkdir()
    (tmp_path / "_guest" / "main.py").write_text("import numpy\n")
    assert list(wrong(tmp_path)) == ["_guest/main.py: numpy"]


def test_nothing_is_in_the_init_of_a_room():
    """It is not run: see boxed/__init__.py, and the zygote's program."""
    for path in PACKAGE.rglob("__init__.py"):
        assert path.parent == PACKAGE or path.stat().st_size == 0, path
