"""Launchers with a wall taken out."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path

from compiling import compile_c
from environments import CHECKOUT

CAPABILITIES = struct.pack("<5I", 0x02000000, 0xC0, 0, 0, 0)


def grant(path: Path, effective: bool = False) -> None:
    """Give a file of root's what `boxed setup` gives the launcher."""
    data = bytearray(CAPABILITIES)
    data[0] |= effective
    path.chmod(0o755)
    os.setxattr(path, "security.capability", bytes(data))


class Variants:
    """Launchers with a wall taken out: builds patched copies of the sources,
    to show that the tests notice what the wall is for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources = [
            path
            for part in ("shared", "confine", "launcher")
            for path in sorted((CHECKOUT / "src" / part).glob("*.c"))
        ]
        self._built: dict[str, Path] = {}

    def _compile(self, source: Path, to: Path, flags: Sequence[str]) -> None:
        common = ["-O1", "-g", "-fPIE", "-w"]
        compile_c(*common, *flags, "-c", source, "-o", to)

    def build(
        self,
        name: str,
        edits: Sequence[tuple[str, str, str]] = (),
        flags: Sequence[str] = (),
    ) -> Path:
        """A launcher, with its capabilities, in which each edit's (file, old,
        new) is made; OLD must be there exactly once."""
        if name not in self._built:
            self._built[name] = self._build(name, edits, flags)
        return self._built[name]

    def _build(self, name, edits, flags) -> Path:
        folder = self.folder / name
        folder.mkdir()
        plain = self.folder / ("plain-" + "-".join(flags).replace("/", "_"))
        plain.mkdir(exist_ok=True)
        objects = []
        for source in self.sources:
            mine = [edit for edit in edits if edit[0] == source.name]
            made = (folder if mine else plain) / f"{source.stem}.o"
            if mine:
                text = source.read_text()
                for _, old, new in mine:
                    assert text.count(old) == 1, (source, old)
                    text = text.replace(old, new)
                source = folder / source.name
                source.write_text(text)
            if not made.exists():
                self._compile(source, made, flags)
            objects.append(made)
        path = folder / "python_boxed"
        compile_c(*flags, "-pie", *objects, "-lcap", "-o", path)
        grant(path)
        return path
