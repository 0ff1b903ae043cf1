"""Each advice is carried out by a test, and none is given beside them."""

from __future__ import annotations

import ast
import importlib

import pytest
from advising import CARRIED
from environments import CHECKOUT

from boxed._policy.advice import ADVICE

pytestmark = pytest.mark.fast

PARTS = ("launcher", "tiers", "shortages", "grants")


def test_every_advice_is_carried_out():
    for part in PARTS:
        importlib.import_module(f"test_advice_{part}")
    assert set(ADVICE) == CARRIED


def is_advised(node: ast.expr) -> bool:
    """Whether an expression is an advice, nothing, or passes one on."""
    if isinstance(node, ast.IfExp):
        return is_advised(node.body) and is_advised(node.orelse)
    if isinstance(node, ast.BoolOp):
        return all(map(is_advised, node.values))
    if isinstance(node, ast.Call):
        # What is said of modules is carried out where they are tested.
        return isinstance(node.func, ast.Name) and node.func.id in (
            "advice",
            "why_missing",
        )
    return isinstance(node, ast.Name) or (
        isinstance(node, ast.Constant) and node.value == ""
    )


#: The table, what root alone runs, and what is told of a machine by itself.
STATING = (
    "advice.py",
    "missing_modules.py",
    "plan.py",
    "uid_ranges.py",
)


@pytest.mark.parametrize(
    "path",
    sorted((CHECKOUT / "boxed").rglob("*.py")),
    ids=lambda path: str(path.relative_to(CHECKOUT / "boxed")),
)
def test_no_message_advises_anything_else(path):
    """A remedy is one of the table's, and the words that name commands or a
    choice stand nowhere else."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "remedy":
            assert is_advised(node.value), ast.unparse(node.value)
    if path.name in STATING:
        return
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) in docstrings:
                continue
            for word in ("sudo ", "chmod ", "ulimit", "pip install"):
                assert word not in node.value, node.value
