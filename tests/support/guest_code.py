"""Code of guests, which is sent as text."""

from __future__ import annotations

from environments import SUPPORT

#: See beside/within.py.
WITHIN = (SUPPORT / "beside" / "within.py").read_text()
