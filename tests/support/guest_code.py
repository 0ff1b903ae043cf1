"""Code of guests, which is sent as text."""

from __future__ import annotations

import re
from pathlib import Path

from environments import SUPPORT

#: See beside/within.py.
WITHIN = (SUPPORT / "beside" / "within.py").read_text()


def guest_code(path: Path) -> str:
    """That of a file, with WITHIN in the place of its import."""
    text, count = re.subn(
        r"^from within import .*\n",
        lambda _: WITHIN,
        path.read_text(),
        flags=re.MULTILINE,
    )
    assert count == 1, path
    return text
