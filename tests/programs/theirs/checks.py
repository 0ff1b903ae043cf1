"""Tests of somebody who uses boxed, with what pytest gives them."""

import importlib

import pytest

from boxed import run

CODE = "def solve(x):\n    return x + 1\n"


def twice(x):
    return 2 * x


def test_a_function_of_the_test_module():
    assert run(twice, (4,)) == 8


def test_a_module_in_tmp_path(tmp_path, monkeypatch):
    (tmp_path / "submission.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    submission = importlib.import_module("submission")
    assert run(submission.solve, (1,)) == 2


def test_output_is_captured(capsys):
    run(print, ("hello",))
    assert capsys.readouterr().out == "hello\n"


def test_a_wrong_answer_is_theirs():
    with pytest.raises(TypeError):
        run(twice)
