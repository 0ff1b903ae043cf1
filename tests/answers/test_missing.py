"""What is added to a guest's error for a module that the caller has."""

from __future__ import annotations

import itertools

import pytest

from boxed import Sandbox, SetupError, run
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
        ModuleNotFoundError("any words", name="spread"),
        import_places.current(("/usr",)),
        "full",
    )
    assert ("chmod" in said) is closed
    assert len(seen) < 2 * missing_modules._MOST_LOOKED


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        (ModuleNotFoundError("any words", name="spread"), True),
        (ModuleNotFoundError("any words", name="spread.mod"), True),
        (ModuleNotFoundError("No module named 'spread'"), False),
        (ImportError("No module named 'spread'", name="spread"), False),
        (ModuleNotFoundError("", name="spread."), False),
        (ModuleNotFoundError("", name="spread/mod"), False),
        (ModuleNotFoundError("", name="../spread"), False),
        (ModuleNotFoundError("", name="spread" + "x" * 10_000), False),
        (PermissionError(13, "any words", "{}/mod.py"), True),
        (PermissionError(1, "Permission denied", "{}/mod.py"), False),
        (PermissionError(13, "Permission denied", "{}/data.txt"), False),
        (PermissionError(13, "Permission denied", b"{}/mod.py"), False),
        (PermissionError(13, "Permission denied", "{}/none.py"), False),
        (PermissionError(13, "Permission denied", "/etc/mod.py"), False),
        (PermissionError("[Errno 13] Permission denied: '{}/mod.py'"), False),
    ],
)
def test_attributes_say_which_module_and_no_message(spread, error, is_told):
    """Neither a message's words nor another type's attributes count."""
    if isinstance(getattr(error, "filename", None), str):
        error.filename = error.filename.format(spread)
    places = import_places.current(("/usr",))
    said = missing_modules.why_missing(error, places, "rootless")
    assert (said is not None) is is_told


def test_an_import_of_the_sandbox_says_the_same(spread):
    """The zygote tells which module it is, with all that it tells."""
    with pytest.raises(SetupError) as failed:
        run(abs, (1,), imports=["spread.mod"], path=[])
    assert "ModuleNotFoundError: No module named 'spread'" in str(failed.value)
    assert f"the caller has it at {spread}" in failed.value.remedy


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


FORGING = """
import sys

frame = sys._getframe()
while "exception_texts" not in frame.f_globals:
    frame = frame.f_back
frame.f_globals["pack"] = lambda texts: bytes([9, 0, 0, 0]) + b"short"
raise ImportError
"""


def test_what_an_import_forges_is_an_error_of_the_set_up(
    tmp_path, monkeypatch
):
    """Imports run in the zygote, and may have it tell anything."""
    (tmp_path / "forging.py").write_text(FORGING)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SetupError, match="malformed: a text is cut") as failed:
        run(abs, (1,), imports=["forging"])
    assert failed.value.stage == "imports"
