"""Code that is sent, or given to an interpreter, as text."""

from __future__ import annotations

import re
from pathlib import Path

from environments import SUPPORT

BESIDE = SUPPORT / "beside"
#: See beside/within.py.
WITHIN = (BESIDE / "within.py").read_text()


def guest_code(path: Path) -> str:
    """That of a file, with the text of modules that are next to it, or in
    `beside`, in the place of their import."""

    def text_of(match: re.Match[str]) -> str:
        for folder in (path.parent, BESIDE):
            module = folder / f"{match[1]}.py"
            if module.exists():
                return module.read_text()
        return match[0]

    text = path.read_text()
    return re.sub(r"^from (\w+) import .*\n", text_of, text, flags=re.M)
