"""What is added to a guest's error for a module that the caller has."""

from __future__ import annotations

import itertools

import pytest

from boxed import Sandbox, run
from boxed._answers import missing_modules
from boxed._policy import import_places

IMPORT = "import spread.mod"


@pytest.fixture
def spread(tmp_path, monkeypatch):
    """A namespace package that the caller has and did not import."""
    (tmp_path / "spread").mkdir()
    (tmp_path / "spread" / "mod.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / "spread"


def test_run_and_map_say_the_same(spread):
    """A chunk's failure comes by another way than a call's."""
    with pytest.raises(ModuleNotFoundError) as alone:
        run(exec, (IMPORT,))
    assert str(spread) in str(alone.value)
    assert "imports=['spread']" in str(alone.value)
    with Sandbox() as sandbox, pytest.raises(ModuleNotFoundError) as mapped:
        list(sandbox.map(exec, [IMPORT]))
    assert str(mapped.value) == str(alone.value)
    with Sandbox(imports=["spread"]) as sandbox:
        assert list(sandbox.map(exec, [IMPORT])) == [None]


@pytest.mark.parametrize("closed", [False, True])
def test_a_guest_does_not_have_all_files_looked_at(
    spread, monkeypatch, closed
):
    """The name is its own choice: one directory of the path may be a whole
    file system."""
    seen = []
    endless = ((f"/x/{number}", True) for number in itertools.count())
    monkeypatch.setattr(missing_modules, "_modules_in", lambda top: endless)
    monkeypatch.setattr(
        missing_modules,
        "_lacks",
        lambda path, bits: bool(seen.append(path)) | closed,
    )
    said = missing_modules.why_missing(
        "No module named 'spread'", import_places.current(("/usr",)), "full"
    )
    assert ("chmod" in said) is closed
    assert len(seen) < 2 * missing_modules._MOST_LOOKED


def test_what_is_looked_at(tmp_path):
    """Modules and directories, to any depth; nothing that is hidden."""
    inner = tmp_path / "top" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "top").chmod(0o755)
    inner.chmod(0o755)
    module = inner / "mod.py"
    module.touch(0o644)
    (inner / "data.txt").touch(0o600)
    # As an editor locks a file with.
    (inner / ".#mod.py").symlink_to("nobody@nowhere")
    top = str(tmp_path / "top")
    assert not missing_modules._holds_closed(top)
    module.chmod(0o600)
    assert missing_modules._holds_closed(top)
    module.chmod(0o644)
    inner.chmod(0o700)
    assert missing_modules._holds_closed(top)
