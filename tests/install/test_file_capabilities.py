"""The extension's part: the capabilities of a file."""

from __future__ import annotations

import os

import pytest
from variants import CAPABILITIES

from boxed import _boxed


def test_file_capabilities(tmp_path):
    """Capabilities can be set, read back and taken away again."""
    if os.geteuid() != 0:
        pytest.skip("only root can set file capabilities")
    path = tmp_path / "file"
    with path.open("wb") as file:
        fd = file.fileno()
        assert _boxed.get_file_capabilities(fd) is None
        _boxed.set_file_capabilities(fd, None)
        _boxed.set_file_capabilities(fd, "cap_setuid,cap_setgid=p")
        assert os.getxattr(path, "security.capability") == CAPABILITIES
        assert _boxed.get_file_capabilities(fd) == "cap_setgid,cap_setuid=p"
        _boxed.set_file_capabilities(fd, None)
        assert _boxed.get_file_capabilities(fd) is None


def test_file_capabilities_refuse(tmp_path):
    """Words that are no capabilities, and closed descriptors, are errors."""
    with (tmp_path / "file").open("wb") as file:
        with pytest.raises(OSError, match="Invalid argument"):
            _boxed.set_file_capabilities(file.fileno(), "cap_nothing=p")
        fd = file.fileno()
    with pytest.raises(OSError, match="Bad file descriptor"):
        _boxed.set_file_capabilities(fd, "cap_setuid=p")
    with pytest.raises(OSError, match="Bad file descriptor"):
        _boxed.get_file_capabilities(fd)
    for wrong in ((), ("x",), (0, 1), (0, "a\0b")):
        with pytest.raises((TypeError, ValueError)):
            _boxed.set_file_capabilities(*wrong)
